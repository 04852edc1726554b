/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The homeserver's side of the Matrix room: how it is found, who is in it, and
 * what it tells of the call. */

#include "testcall-private.h"

#define CLIENT "/_matrix/client/"
#define DIRECTORY CLIENT "v3/directory/room/"
#define JOIN CLIENT "v3/join/"
#define ROOMS CLIENT "v3/rooms/"
#define MEMBER "/state/m.room.member/"

static void
reply (TestCall * call, SoupServerMessage * msg, TestcallStep step,
    const gchar * body)
{
  faults_reply (call, msg, step, 200, "application/json", body);
}

static void
handle_well_known (TestCall * call, SoupServerMessage * msg)
{
  g_autofree gchar *body = g_strdup_printf ("{\"m.homeserver\":"
      "{\"base_url\":\"%s\"}}", call->url);

  reply (call, msg, TESTCALL_STEP_WELL_KNOWN, body);
}

static void
handle_directory (TestCall * call, SoupServerMessage * msg, const gchar * alias)
{
  g_autofree gchar *body = NULL;

  if (!g_str_equal (alias, call->room_name)) {
    matrix_reply_error (call, msg, TESTCALL_STEP_DIRECTORY, 404, "M_NOT_FOUND",
        "Room alias not found");
    return;
  }
  body = g_strdup_printf ("{\"room_id\":\"%s\",\"servers\":[\"%s\"]}",
      testcall_get_room_id (call), testcall_get_server_name (call));
  reply (call, msg, TESTCALL_STEP_DIRECTORY, body);
}

static void
handle_membership (TestCall * call, SoupServerMessage * msg,
    const gchar * user_id)
{
  if (call->is_member && g_str_equal (user_id, call->user_id))
    reply (call, msg, TESTCALL_STEP_MEMBERSHIP, "{\"membership\":\"join\"}");
  else
    matrix_reply_error (call, msg, TESTCALL_STEP_MEMBERSHIP, 403,
        "M_FORBIDDEN", "You aren't a member of the room");
}

/* Nobody is in the room yet who is refused. */
static void
handle_join (TestCall * call, SoupServerMessage * msg)
{
  const FaultSlot *slot = faults_peek (call, TESTCALL_STEP_ROOM_JOIN);
  g_autofree gchar *body = g_strdup_printf ("{\"room_id\":\"%s\"}",
      testcall_get_room_id (call));

  if (!slot || slot->fault.status == 0)
    call->is_member = TRUE;
  reply (call, msg, TESTCALL_STEP_ROOM_JOIN, body);
}

/* The first to come is the oldest. */
static void
append_person (GString * state, TestCall * call, const Person * person,
    gint64 since)
{
  const gchar *server = testcall_get_server_name (call);
  g_autofree gchar *device = g_ascii_strup (person->name, -1);

  g_string_append_printf (state, "%s{\"type\":\"m.room.member\","
      "\"sender\":\"@%s:%s\",\"state_key\":\"@%s:%s\",\"content\":"
      "{\"membership\":\"join\"}}", state->len > 1 ? "," : "", person->name,
      server, person->name, server);
  g_string_append_printf (state,
      ",{\"type\":\"org.matrix.msc3401.call.member\","
      "\"sender\":\"@%s:%s\",\"state_key\":\"_@%s:%s_%sDEVICE_m.call\","
      "\"origin_server_ts\":%" G_GINT64_FORMAT ",\"content\":"
      "{\"application\":\"m.call\",\"call_id\":\"\",\"scope\":\"m.room\","
      "\"device_id\":\"%sDEVICE\",\"expires\":14400000,\"focus_active\":"
      "{\"type\":\"livekit\",\"focus_selection\":\"multi_sfu\"},"
      "\"foci_preferred\":[{\"type\":\"livekit\",\"livekit_service_url\":"
      "\"%s\",\"livekit_alias\":\"%s\"}]}}", person->name, server,
      person->name, server, device, since, device, call->service_url,
      testcall_get_room_id (call));
}

static void
handle_state (TestCall * call, SoupServerMessage * msg)
{
  GString *state = g_string_new ("[");
  gint64 now = g_get_real_time () / 1000;
  guint i;

  for (i = 0; i < call->people->len; i++)
    append_person (state, call, g_ptr_array_index (call->people, i),
        now - 60000 + i);
  g_string_append_c (state, ']');
  reply (call, msg, TESTCALL_STEP_STATE, state->str);
  g_string_free (state, TRUE);
}

static void
handle_transports (TestCall * call, SoupServerMessage * msg)
{
  g_autofree gchar *body = g_strdup_printf ("{\"rtc_transports\":[{\"type\":"
      "\"livekit\",\"livekit_service_url\":\"%s\"}]}", call->service_url);

  reply (call, msg, TESTCALL_STEP_TRANSPORTS, body);
}

static void
handle_transports_v1 (TestCall * call, SoupServerMessage * msg)
{
  matrix_reply_error (call, msg, TESTCALL_STEP_TRANSPORTS_V1, 404,
      "M_UNRECOGNIZED", "Unrecognized request");
}

static TestcallStep
find_step (TestCall * call, const gchar * method, const gchar * path)
{
  g_autofree gchar *room = g_strconcat (ROOMS, testcall_get_room_id (call),
      NULL);
  gboolean is_get = g_str_equal (method, "GET");

  if (g_str_has_prefix (path, JOIN) && !is_get)
    return TESTCALL_STEP_ROOM_JOIN;
  if (!is_get)
    return TESTCALL_N_STEPS;
  if (g_str_equal (path, "/.well-known/matrix/client"))
    return TESTCALL_STEP_WELL_KNOWN;
  if (g_str_equal (path, CLIENT "versions"))
    return TESTCALL_STEP_VERSIONS;
  if (g_str_has_prefix (path, DIRECTORY))
    return TESTCALL_STEP_DIRECTORY;
  if (g_str_equal (path, CLIENT "unstable/org.matrix.msc4143/rtc/transports"))
    return TESTCALL_STEP_TRANSPORTS;
  if (g_str_equal (path, CLIENT "v1/rtc/transports"))
    return TESTCALL_STEP_TRANSPORTS_V1;
  if (!g_str_has_prefix (path, room))
    return TESTCALL_N_STEPS;
  if (g_str_equal (path + strlen (room), "/state"))
    return TESTCALL_STEP_STATE;
  return g_str_has_prefix (path + strlen (room), MEMBER) ?
      TESTCALL_STEP_MEMBERSHIP : TESTCALL_N_STEPS;
}

gboolean
matrixroom_handle (TestCall * call, SoupServerMessage * msg, const gchar * path)
{
  TestcallStep step = find_step (call, soup_server_message_get_method (msg),
      path);

  if (step == TESTCALL_N_STEPS)
    return FALSE;
  seen_add (&call->seen, (TestcallSaw) step, 1);
  if (step > TESTCALL_STEP_VERSIONS
      && !matrix_check_access_token (call, msg, step))
    return TRUE;
  if (step == TESTCALL_STEP_WELL_KNOWN)
    handle_well_known (call, msg);
  else if (step == TESTCALL_STEP_VERSIONS)
    reply (call, msg, step, "{\"versions\":[\"v1.11\"]}");
  else if (step == TESTCALL_STEP_DIRECTORY)
    handle_directory (call, msg, path + strlen (DIRECTORY));
  else if (step == TESTCALL_STEP_MEMBERSHIP)
    handle_membership (call, msg, strstr (path, MEMBER) + strlen (MEMBER));
  else if (step == TESTCALL_STEP_ROOM_JOIN)
    handle_join (call, msg);
  else if (step == TESTCALL_STEP_STATE)
    handle_state (call, msg);
  else if (step == TESTCALL_STEP_TRANSPORTS)
    handle_transports (call, msg);
  else
    handle_transports_v1 (call, msg);
  return TRUE;
}
