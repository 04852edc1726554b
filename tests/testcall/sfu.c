/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The SFU's door: the WebSocket upgrade, its twin /rtc/validate, and what all
 * subscribers are told. */

#include "testcall-private.h"

#include <string.h>

#define RTC_PATH "/livekit/sfu/rtc"
#define ABSENT "requested room does not exist"

/* --- Who may come in ----------------------------------------------------- */

typedef struct
{
  JsonObject *claims;
  gchar *identity;
  guint status;                 /* 0: welcome */
  const gchar *text;
} Visit;

static void
visit_free (gpointer data)
{
  Visit *visit = data;

  if (visit->claims)
    json_object_unref (visit->claims);
  g_free (visit->identity);
  g_free (visit);
}

static gchar *
find_token (SoupServerMessage * msg, GHashTable * query)
{
  const gchar *header = soup_message_headers_get_one
      (soup_server_message_get_request_headers (msg), "Authorization");

  if (header)
    return g_str_has_prefix (header, "Bearer ") ?
        g_strdup (header + strlen ("Bearer ")) : NULL;
  return query ? g_strdup (g_hash_table_lookup (query, "access_token")) : NULL;
}

static void
refuse (Visit * visit, guint status, const gchar * text)
{
  visit->status = status;
  visit->text = text;
}

static void
check_grants (TestCall * call, Visit * visit)
{
  JsonObject *video = json_object_get_object_member (visit->claims, "video");
  const gchar *room = json_object_get_string_member_with_default (video,
      "room", "");

  if (!json_object_get_boolean_member_with_default (video, "roomJoin", FALSE))
    refuse (visit, 401, "permissions denied");
  else if (*room == '\0')
    refuse (visit, 400, "no room name");
  else if (*visit->identity == '\0')
    refuse (visit, 400, "identity cannot be empty");
  else if (call->room_state == TESTCALL_NODE_LIMIT)
    refuse (visit, 503, "node has exceeded its configured limit");
  else if (call->room_state == TESTCALL_ROOM_ABSENT
      || !g_str_equal (room, call->room_alias))
    refuse (visit, 404, ABSENT);
}

static Visit *
visit_new (TestCall * call, SoupServerMessage * msg, GHashTable * query)
{
  g_autofree gchar *token = find_token (msg, query);
  Visit *visit = g_new0 (Visit, 1);

  if (!token) {
    refuse (visit, 401, "authorization header is missing");
    return visit;
  }
  visit->claims = jwt_check (token, &visit->text);
  if (!visit->claims) {
    visit->status = 401;
    return visit;
  }
  visit->identity = g_strdup (json_object_get_string_member_with_default
      (visit->claims, "sub", ""));
  check_grants (call, visit);
  return visit;
}

/* --- The upgrade --------------------------------------------------------- */

typedef struct
{
  TestCall *call;
  Visit *visit;
  gboolean reconnect;
  gboolean auto_subscribe;
} Arrival;

static void
arrival_free (gpointer data, GClosure * closure)
{
  Arrival *arrival = data;

  visit_free (arrival->visit);
  g_free (arrival);
}

static Session *
find_session (TestCall * call, const gchar * identity)
{
  guint i;

  for (i = 0; i < call->sessions->len; i++) {
    Session *session = g_ptr_array_index (call->sessions, i);

    if (g_str_equal (session->identity, identity) && !session->closing)
      return session;
  }
  return NULL;
}

static void
expel_double (TestCall * call, const gchar * identity)
{
  Session *old = find_session (call, identity);

  if (!old)
    return;
  if (old->socket && !stall_connection_is_stalled (old->connection))
    session_send_leave (old, LIVEKIT__DISCONNECT_REASON__DUPLICATE_IDENTITY,
        LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT);
  else
    session_end (old);
}

static void
welcome (Arrival * arrival, SoupWebsocketConnection * socket,
    StallConnection * connection)
{
  TestCall *call = arrival->call;
  Visit *visit = arrival->visit;
  Session *session = arrival->reconnect && call->resumable ?
      find_session (call, visit->identity) : NULL;
  gboolean resume = session && session->joined;

  if (!session) {
    expel_double (call, visit->identity);
    session = session_new (call, visit->identity, visit->claims,
        arrival->auto_subscribe);
  }
  session_attach (session, socket, connection);
  if (resume)
    session_resume (session);
  else if (arrival->reconnect)
    session_refuse (session);
  else
    session_join (session);
  if (session->joined && !resume && !session->hidden)
    sfu_send_session_update (call, session, FALSE);
}

static void
on_upgraded (SoupServerMessage * msg, Arrival * arrival)
{
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (StallConnection) connection = NULL;
  g_autoptr (SoupWebsocketConnection) socket = NULL;

  if (soup_server_message_get_status (msg) != SOUP_STATUS_SWITCHING_PROTOCOLS)
    return;
  g_object_ref (msg);
  stream = soup_server_message_steal_connection (msg);
  connection = stall_connection_new (soup_server_message_get_socket (msg),
      stream);
  socket = soup_websocket_connection_new (G_IO_STREAM (connection),
      soup_server_message_get_uri (msg), SOUP_WEBSOCKET_CONNECTION_SERVER,
      NULL, NULL, NULL);
  welcome (arrival, socket, connection);
  g_object_unref (msg);
}

static void
reply_text (SoupServerMessage * msg, guint status, const gchar * text)
{
  soup_server_message_set_status (msg, status, NULL);
  soup_server_message_set_response (msg, "text/plain; charset=utf-8",
      SOUP_MEMORY_COPY, text, strlen (text));
}

/* Runs when the fault switch has let the upgrade pass. */
static void
upgrade (TestCall * call, SoupServerMessage * msg, gpointer data)
{
  GHashTable *query = data;
  Arrival *arrival = g_new0 (Arrival, 1);
  const gchar *reconnect = query ? g_hash_table_lookup (query, "reconnect") :
      NULL;

  arrival->call = call;
  arrival->visit = visit_new (call, msg, query);
  arrival->auto_subscribe = !query
      || g_strcmp0 (g_hash_table_lookup (query, "auto_subscribe"), "0") != 0;
  arrival->reconnect = reconnect && (g_str_equal (reconnect, "1")
      || g_str_equal (reconnect, "true"));
  g_signal_connect_data (msg, "wrote-informational", G_CALLBACK (on_upgraded),
      arrival, arrival_free, 0);

  if (arrival->visit->status)
    reply_text (msg, arrival->visit->status, arrival->visit->text);
  else if (call->room_state == TESTCALL_ROOM_FULL)
    reply_text (msg, 500, "could not connect: room is full");
  else if (!soup_websocket_server_process_handshake (msg, NULL, NULL, NULL,
          NULL))
    reply_text (msg, 404, "");
}

static void
validate (TestCall * call, SoupServerMessage * msg, gpointer data)
{
  Visit *visit = visit_new (call, msg, data);

  if (visit->status)
    reply_text (msg, visit->status, visit->text);
  else
    reply_text (msg, 200, "success");
  visit_free (visit);
}

gboolean
sfu_handle (TestCall * call, SoupServerMessage * msg, const gchar * path,
    GHashTable * query)
{
  gboolean is_rtc = g_str_equal (path, RTC_PATH);
  g_autofree gchar *token = NULL;

  if (!is_rtc && !g_str_equal (path, RTC_PATH "/validate"))
    return FALSE;
  seen_add (&call->seen, is_rtc ? TESTCALL_SAW_UPGRADE : TESTCALL_SAW_VALIDATE,
      1);
  token = find_token (msg, query);
  if (is_rtc)
    seen_upgrade (&call->seen, token);
  /* The query lives longer than a delay on the message itself. */
  if (query)
    g_object_set_data_full (G_OBJECT (msg), "query", g_hash_table_ref (query),
        (GDestroyNotify) g_hash_table_unref);
  faults_pass (call, msg, is_rtc ? TESTCALL_STEP_UPGRADE :
      TESTCALL_STEP_VALIDATE, is_rtc ? upgrade : validate, query);
  return TRUE;
}

/* --- To all subscribers -------------------------------------------------- */

void
sfu_send_all (TestCall * call, TestcallStep step,
    const Livekit__SignalResponse * message)
{
  guint i;

  for (i = 0; i < call->sessions->len; i++) {
    Session *session = g_ptr_array_index (call->sessions, i);

    if (session->socket && !session->closing)
      session_send (session, step, message);
  }
}

/* Takes info. */
static void
send_info (TestCall * call, Livekit__ParticipantInfo * info)
{
  Livekit__ParticipantUpdate update = LIVEKIT__PARTICIPANT_UPDATE__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;

  update.n_participants = 1;
  update.participants = &info;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE;
  message.update = &update;
  sfu_send_all (call, TESTCALL_STEP_UPDATE, &message);
  person_info_free (info);
}

/* Who is away hears of it when it comes back. */
static void
note_departure (TestCall * call, const Person * person)
{
  guint i;

  for (i = 0; i < call->sessions->len; i++) {
    Session *session = g_ptr_array_index (call->sessions, i);

    if (!session->socket || session->hung_up
        || stall_connection_is_stalled (session->connection))
      g_ptr_array_add (session->missed, person_info_new (person, TRUE));
  }
}

void
sfu_send_update (TestCall * call, const Person * person, gboolean gone)
{
  if (gone)
    note_departure (call, person);
  send_info (call, person_info_new (person, gone));
}

/* Subscribers are participants without tracks to each other. */
void
sfu_send_session_update (TestCall * call, const Session * of, gboolean gone)
{
  send_info (call, session_info_new (of, gone));
}

void
sfu_tracks_changed (TestCall * call)
{
  guint i;

  for (i = 0; i < call->sessions->len; i++)
    negotiation_needed (g_ptr_array_index (call->sessions, i));
}

void
sfu_track_gone (TestCall * call, Track * track)
{
  guint i;

  for (i = 0; i < call->sessions->len; i++)
    negotiation_drop_track (g_ptr_array_index (call->sessions, i), track);
}

/* --- What the test sends ------------------------------------------------- */

typedef struct
{
  guint reason;
  guint action;
} SendLeave;

static void
do_send_leave (TestCall * call, gpointer data)
{
  const SendLeave *leave = data;
  guint i;

  for (i = 0; i < call->sessions->len; i++) {
    Session *session = g_ptr_array_index (call->sessions, i);

    if (session->socket && !session->closing)
      session_send_leave (session, leave->reason, leave->action);
  }
}

void
testcall_send_leave (TestCall * call, guint reason, guint action)
{
  SendLeave leave = { reason, action };

  testcall_run (call, do_send_leave, &leave);
}

typedef struct
{
  GBytes *bytes;
  gboolean text;
} SendRaw;

static void
do_send_raw (TestCall * call, gpointer data)
{
  const SendRaw *raw = data;
  guint i;

  for (i = 0; i < call->sessions->len; i++) {
    Session *session = g_ptr_array_index (call->sessions, i);

    if (session->socket)
      session_send_bytes (session, raw->bytes, raw->text);
  }
}

void
testcall_send_raw (TestCall * call, gconstpointer data, gsize length,
    gboolean text)
{
  SendRaw raw = { g_bytes_new (data, length), text };

  testcall_run (call, do_send_raw, &raw);
  g_bytes_unref (raw.bytes);
}
