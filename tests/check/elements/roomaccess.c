/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A room is all that is given: its homeserver, its id, whether the account is in it
 * and the authorization service of its call are found, against the embedded call.
 */
#include "fixture.h"

#include <string.h>

#define STOP_LIMIT_US (3 * G_USEC_PER_SEC)
#define FORBIDDEN "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"no\"}"
#define UNRECOGNIZED "{\"errcode\":\"M_UNRECOGNIZED\",\"error\":\"unknown\"}"

static void
check_count (TestcallSaw what, guint64 expected)
{
  fail_unless_equals_uint64 (testcall_count (call, what), expected);
}

static void
check_connects (void)
{
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  check_count (TESTCALL_SAW_GET_TOKEN, 1);
}

/* @debug: what the debug text has to name, NULL: anything. */
static void
check_fails (const gchar * code, gint gst_code, guint http_status,
    const gchar * debug)
{
  g_autoptr (GstMessage) message = NULL;
  const GstStructure *details;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  guint status = 0;

  receiver_play (receiver);
  message = receiver_wait_for_error (receiver);
  fail_unless (message != NULL, "no error came");
  gst_message_parse_error (message, &error, &text);
  gst_message_parse_error_details (message, &details);
  GST_INFO ("%s (%s)", error->message, text);
  fail_unless_equals_string (gst_structure_get_string (details, "code"), code);
  g_assert_error (error, GST_RESOURCE_ERROR, gst_code);
  gst_structure_get_uint (details, "http-status", &status);
  fail_unless_equals_int (status, http_status);
  if (debug != NULL)
    fail_unless (strstr (text, debug) != NULL, "no “%s” in: %s", debug,
        text);
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      "failed");
  check_count (TESTCALL_SAW_GET_TOKEN, 0);
}

static void
set_fault (TestcallStep step, guint status, const gchar * body)
{
  const TestcallFault fault = {.status = status,.body = body };

  testcall_set_fault (call, step, &fault);
}

/* The room */

GST_START_TEST (test_room_alone)
{
  g_autofree gchar *states = NULL;

  receiver_go_by_room (receiver);
  check_connects ();
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_READY);
  states = receiver_get_states (receiver);
  fail_unless_equals_string (states, "initialized>fetching-config "
      "fetching-config>connecting connecting>connected connected>stopped ");
  check_count (TESTCALL_SAW_WHOAMI, 1);
  check_count (TESTCALL_SAW_MEMBERSHIP, 1);
  check_count (TESTCALL_SAW_STATE, 1);
  check_count (TESTCALL_SAW_TRANSPORTS, 1);
  check_count (TESTCALL_SAW_ROOM_JOIN, 0);
  check_count (TESTCALL_SAW_WELL_KNOWN, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* All is known: nobody is asked. */
GST_START_TEST (test_room_with_all)
{
  testcall_set_member (call, FALSE);
  receiver_go_through_matrix (receiver);
  check_connects ();
  check_count (TESTCALL_SAW_MEMBERSHIP, 0);
  check_count (TESTCALL_SAW_STATE, 0);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_alias)
{
  g_autofree gchar *body = NULL;
  g_autofree gchar *quoted = g_strdup_printf ("\"room_id\":\"%s\"",
      testcall_get_room_id (call));

  receiver_go_by_room (receiver);
  g_object_set (receiver_get_src (receiver), "room-id",
      testcall_get_room_name (call), NULL);
  if (__i__ == 1)
    g_object_set (receiver_get_src (receiver), "livekit-service-url",
        testcall_get_service_url (call), NULL);
  check_connects ();
  check_count (TESTCALL_SAW_DIRECTORY, 1);
  check_count (TESTCALL_SAW_MEMBERSHIP, 1);
  check_count (TESTCALL_SAW_STATE, 1 - __i__);
  body = testcall_get_last_body (call, "/livekit/jwt/get_token");
  fail_unless (strstr (body, quoted) != NULL, "%s", body);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_unknown_alias)
{
  receiver_go_by_room (receiver);
  g_object_set (receiver_get_src (receiver), "room-id", "#no/?such:b", NULL);
  check_fails ("MISSING_MATRIX_RTC_TRANSPORT", GST_RESOURCE_ERROR_NOT_FOUND,
      404, "M_NOT_FOUND");
  check_count (TESTCALL_SAW_DIRECTORY, 1);
  check_count (TESTCALL_SAW_MEMBERSHIP, 0);
  fail_unless_equals_int (testcall_count_path (call,
          "/_matrix/client/v3/directory/room/#no/?such:b"), 1);
  fixture_teardown ();
}

GST_END_TEST;

static void
give_key (const gchar * room_id)
{
  g_autofree gchar *json = g_strdup_printf ("{\"keys\":{\"index\":0,\"key\":"
      "\"AAAAAAAAAAAAAAAAAAAAAA\"},\"member\":{\"claimed_device_id\":"
      "\"ANADEVICE\"},\"room_id\":\"%s\",\"sent_ts\":1}", room_id);

  g_signal_emit_by_name (receiver_get_src (receiver), "handle-encryption-keys",
      "@ana:testcall.example", "ANADEVICE", json);
}

static gboolean
has_warning (void)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (receiver_get_pipeline
      (receiver));
  g_autoptr (GstMessage) message =
      gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);

  return message != NULL;
}

/* Keys are for a room's id, which the alias isn't. */
GST_START_TEST (test_keys_with_alias)
{
  receiver_go_by_room (receiver);
  g_object_set (receiver_get_src (receiver), "room-id",
      testcall_get_room_name (call), NULL);
  check_connects ();
  give_key (testcall_get_room_id (call));
  fail_if (has_warning ());
  give_key (testcall_get_room_name (call));
  fail_unless (has_warning ());
  fixture_teardown ();
}

GST_END_TEST;

static const gchar *const bad_aliases[] = {
  "{}", "[]", "{\"room_id\":7}", "{\"room_id\":\"#a:b\"}", "<html>",
};

GST_START_TEST (test_bad_alias)
{
  set_fault (TESTCALL_STEP_DIRECTORY, 200, bad_aliases[__i__]);
  receiver_go_by_room (receiver);
  g_object_set (receiver_get_src (receiver), "room-id",
      testcall_get_room_name (call), NULL);
  check_fails ("OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 200, NULL);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_not_in_room)
{
  receiver_go_by_room (receiver);
  if (__i__ == 0)
    testcall_set_member (call, FALSE);
  else
    set_fault (TESTCALL_STEP_MEMBERSHIP, 200, "{\"membership\":\"leave\"}");
  check_fails ("OPEN_ID_ERROR", GST_RESOURCE_ERROR_NOT_AUTHORIZED, 403,
      __i__ == 0 ? "M_FORBIDDEN" : "its membership is leave");
  check_count (TESTCALL_SAW_ROOM_JOIN, 0);
  check_count (TESTCALL_SAW_STATE, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* By its id, by its alias, and where there is no need to. */
GST_START_TEST (test_join_room)
{
  g_autofree gchar *path = g_strconcat ("/_matrix/client/v3/join/",
      testcall_get_room_id (call), NULL);
  g_autofree gchar *request = NULL;

  testcall_set_member (call, __i__ == 2);
  receiver_go_by_room (receiver);
  g_object_set (receiver_get_src (receiver), "join-room", TRUE, NULL);
  if (__i__ == 1)
    g_object_set (receiver_get_src (receiver), "room-id",
        testcall_get_room_name (call), NULL);
  check_connects ();
  check_count (TESTCALL_SAW_ROOM_JOIN, __i__ == 2 ? 0 : 1);
  request = testcall_get_last_request (call, path);
  fail_unless ((request == NULL) == (__i__ == 2));
  if (request != NULL)
    fail_unless (strstr (request, "?server_name=testcall.example&"
            "via=testcall.example") != NULL, "%s", request);
  fixture_teardown ();
}

GST_END_TEST;

/* A service that is named doesn't spare the wish to join. */
GST_START_TEST (test_join_room_with_all)
{
  testcall_set_member (call, FALSE);
  receiver_go_through_matrix (receiver);
  g_object_set (receiver_get_src (receiver), "join-room", TRUE, NULL);
  check_connects ();
  check_count (TESTCALL_SAW_ROOM_JOIN, 1);
  check_count (TESTCALL_SAW_STATE, 0);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_join_refused)
{
  testcall_set_member (call, FALSE);
  if (__i__ == 0)
    set_fault (TESTCALL_STEP_ROOM_JOIN, 403, FORBIDDEN);
  else
    set_fault (TESTCALL_STEP_ROOM_JOIN, 404, UNRECOGNIZED);
  receiver_go_by_room (receiver);
  g_object_set (receiver_get_src (receiver), "join-room", TRUE, NULL);
  if (__i__ == 0)
    check_fails ("OPEN_ID_ERROR", GST_RESOURCE_ERROR_NOT_AUTHORIZED, 403,
        "M_FORBIDDEN");
  else
    check_fails ("MISSING_MATRIX_RTC_TRANSPORT", GST_RESOURCE_ERROR_NOT_FOUND,
        404, "M_UNRECOGNIZED");
  check_count (TESTCALL_SAW_STATE, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* Transports */

GST_START_TEST (test_oldest_member)
{
  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  testcall_join (call, "ben", TESTCALL_AUDIO, TESTCALL_VP8);
  set_fault (TESTCALL_STEP_TRANSPORTS, 500, "{}");
  receiver_go_by_room (receiver);
  receiver_play (receiver);
  fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  fixture_wait_for_media ("ben", TESTCALL_AUDIO);
  check_count (TESTCALL_SAW_STATE, 1);
  check_count (TESTCALL_SAW_TRANSPORTS, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* What is wrong with the answers before, and which source is the last. */
typedef struct
{
  guint state_status;
  const gchar *state;
  const gchar *unstable;        /* NULL: none */
  gboolean is_stable;
  gboolean is_well_known;
} Sources;

static const Sources sources[] = {
  {403, FORBIDDEN, "{}", TRUE, FALSE},
  {200, "{}", "{\"rtc_transports\":[]}", TRUE, FALSE},
  {200, "[{\"type\":\"org.matrix.msc3401.call.member\"}]",
      "{\"rtc_transports\":[{\"type\":\"livekit\"}]}", TRUE, FALSE},
  {200, "[]", NULL, TRUE, FALSE},
  {200, "[]", NULL, FALSE, TRUE},
  {404, UNRECOGNIZED, "<html>", FALSE, TRUE},
};

static void
go_securely (void)
{
  const gchar *ca_file = testcall_listen_securely (call);

  receiver_go_by_room (receiver);
  g_object_set (receiver_get_src (receiver), "ssl-ca-file", ca_file, NULL);
}

GST_START_TEST (test_sources)
{
  const Sources *row = &sources[__i__];
  g_autofree gchar *transport =
      g_strdup_printf
      ("[{\"type\":\"livekit\",\"livekit_service_url\":\"%s\"}]",
      testcall_get_service_url (call));
  g_autofree gchar *stable = g_strdup_printf ("{\"rtc_transports\":%s}",
      transport);
  g_autofree gchar *well_known = g_strdup_printf
      ("{\"org.matrix.msc4143.rtc_foci\":%s}", transport);

  set_fault (TESTCALL_STEP_STATE, row->state_status, row->state);
  set_fault (TESTCALL_STEP_TRANSPORTS, row->unstable == NULL ? 404 : 200,
      row->unstable == NULL ? UNRECOGNIZED : row->unstable);
  if (row->is_stable)
    set_fault (TESTCALL_STEP_TRANSPORTS_V1, 200, stable);
  if (row->is_well_known)
    set_fault (TESTCALL_STEP_WELL_KNOWN, 200, well_known);
  go_securely ();
  check_connects ();
  check_count (TESTCALL_SAW_STATE, 1);
  check_count (TESTCALL_SAW_TRANSPORTS, 1);
  check_count (TESTCALL_SAW_TRANSPORTS_V1, 1);
  check_count (TESTCALL_SAW_WELL_KNOWN, row->is_well_known);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_no_transport)
{
  static const gchar *const named[] = {
    "0 live members of the call: HTTP status 403, M_FORBIDDEN",
    "/org.matrix.msc4143/rtc/transports: no LiveKit transport",
    "/v1/rtc/transports: HTTP status 404, M_UNRECOGNIZED",
    ".well-known/matrix/client: no LiveKit transport",
  };

  set_fault (TESTCALL_STEP_STATE, 403, FORBIDDEN);
  set_fault (TESTCALL_STEP_TRANSPORTS, 200, "{}");
  go_securely ();
  check_fails ("MISSING_MATRIX_RTC_TRANSPORT", GST_RESOURCE_ERROR_NOT_FOUND, 0,
      named[__i__]);
  fixture_teardown ();
}

GST_END_TEST;

/* Nobody serves the last source: that is told at once. */
GST_START_TEST (test_no_web_server)
{
  gint64 start = g_get_monotonic_time ();

  set_fault (TESTCALL_STEP_MEMBERSHIP, 200, "{\"membership\":\"join\"}");
  set_fault (TESTCALL_STEP_TRANSPORTS, 200, "{}");
  receiver_go_by_room (receiver);
  g_object_set (receiver_get_src (receiver), "user-id", "@a:127.0.0.1:1", NULL);
  check_fails ("MISSING_MATRIX_RTC_TRANSPORT", GST_RESOURCE_ERROR_NOT_FOUND, 0,
      "/.well-known/matrix/client: Could not connect");
  fail_unless (g_get_monotonic_time () - start < 5 * G_USEC_PER_SEC);
  fixture_teardown ();
}

GST_END_TEST;

/* A source that hangs costs its time, not the call. */
GST_START_TEST (test_source_stalls)
{
  const TestcallFault stall = {.stall = TRUE };

  testcall_set_fault (call, TESTCALL_STEP_STATE, &stall);
  receiver_go_by_room (receiver);
  g_object_set (receiver_get_src (receiver), "timeout", 1, NULL);
  check_connects ();
  check_count (TESTCALL_SAW_TRANSPORTS, 1);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_rate_limit)
{
  const TestcallFault limited = {.times = 2,.status = 429,
    .body = "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":20}"
  };

  testcall_set_fault (call, TESTCALL_STEP_STATE, &limited);
  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  receiver_go_by_room (receiver);
  receiver_play (receiver);
  fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  check_count (TESTCALL_SAW_STATE, 3);
  check_count (TESTCALL_SAW_TRANSPORTS, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* A large room: more than other answers may have, and a lot of others' events. */
GST_START_TEST (test_large_state)
{
  GString *state = g_string_new ("[{}");
  guint i;

  for (i = 0; i < 10000; i++)
    g_string_append_printf (state, ",{\"type\":\"m.room.member\",\"state_key\":"
        "\"@user%u:testcall.example\",\"content\":{\"membership\":\"join\"}}",
        i);
  g_string_append_printf (state, ",{\"type\":\"org.matrix.msc3401.call.member\""
      ",\"sender\":\"@user9999:testcall.example\",\"origin_server_ts\":%"
      G_GINT64_FORMAT ",\"content\":{\"application\":\"m.call\",\"call_id\":"
      "\"\",\"device_id\":\"D\",\"focus_active\":{\"type\":\"livekit\","
      "\"focus_selection\":\"multi_sfu\"},\"foci_preferred\":[{\"type\":"
      "\"livekit\",\"livekit_service_url\":\"%s\"}]}}]",
      g_get_real_time () / 1000, testcall_get_service_url (call));
  set_fault (TESTCALL_STEP_STATE, 200, state->str);
  g_string_free (state, TRUE);
  receiver_go_by_room (receiver);
  check_connects ();
  check_count (TESTCALL_SAW_TRANSPORTS, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* The homeserver */

GST_START_TEST (test_find_homeserver)
{
  go_securely ();
  g_object_set (receiver_get_src (receiver), "homeserver", NULL, NULL);
  if (__i__ == 0)
    g_object_set (receiver_get_src (receiver), "user-id",
        testcall_get_user_id (call), NULL);
  else
    g_object_set (receiver_get_src (receiver), "room-id",
        testcall_get_room_name (call), NULL);
  check_connects ();
  check_count (TESTCALL_SAW_WELL_KNOWN, 1);
  check_count (TESTCALL_SAW_VERSIONS, 1);
  fixture_teardown ();
}

GST_END_TEST;

/* Its own server name is where a homeserver without the file is. */
GST_START_TEST (test_no_well_known)
{
  set_fault (TESTCALL_STEP_WELL_KNOWN, 404, "not here");
  go_securely ();
  g_object_set (receiver_get_src (receiver), "homeserver", NULL,
      "user-id", testcall_get_user_id (call), NULL);
  check_connects ();
  check_count (TESTCALL_SAW_WELL_KNOWN, 1);
  check_count (TESTCALL_SAW_VERSIONS, 1);
  fixture_teardown ();
}

GST_END_TEST;

typedef struct
{
  TestcallStep step;
  guint status;
  const gchar *body;
  const gchar *debug;
} Missing;

#define BASE(url) "{\"m.homeserver\":{\"base_url\":\"" url "\"}}"

static const Missing missing[] = {
  {TESTCALL_STEP_WELL_KNOWN, 200, "<html>", "not a JSON object"},
  {TESTCALL_STEP_WELL_KNOWN, 200, "", "not a JSON object"},
  {TESTCALL_STEP_WELL_KNOWN, 200, "{}", "no base_url"},
  {TESTCALL_STEP_WELL_KNOWN, 200, BASE ("matrix"), "no http or https URL"},
  {TESTCALL_STEP_WELL_KNOWN, 200, BASE ("http://matrix.invalid"),
      "isn't https"},
  {TESTCALL_STEP_WELL_KNOWN, 403, "{}", "HTTP status 403"},
  {TESTCALL_STEP_WELL_KNOWN, 302, "{}", "HTTP status 302"},
  {TESTCALL_STEP_WELL_KNOWN, 204, "", "HTTP status 204"},
  {TESTCALL_STEP_VERSIONS, 404, "{}", "HTTP status 404"},
  {TESTCALL_STEP_VERSIONS, 200, "<html>", "no list of versions"},
  {TESTCALL_STEP_VERSIONS, 200, "{\"versions\":{}}", "no list of versions"},
};

GST_START_TEST (test_missing_homeserver)
{
  const Missing *row = &missing[__i__];

  set_fault (row->step, row->status, row->body);
  go_securely ();
  g_object_set (receiver_get_src (receiver), "homeserver", NULL,
      "user-id", testcall_get_user_id (call), NULL);
  check_fails ("OPEN_ID_ERROR", row->status == 403 ?
      GST_RESOURCE_ERROR_NOT_AUTHORIZED : GST_RESOURCE_ERROR_OPEN_READ,
      row->status, row->debug);
  check_count (TESTCALL_SAW_WHOAMI, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* Where a redirect leads: elsewhere on the same server, back to itself, and where
 * anybody could answer. */
GST_START_TEST (test_redirect)
{
  static const gchar *const paths[] = {
    "https://%s/elsewhere", "/elsewhere",
    "https://%s/.well-known/matrix/client",
    "http://%s/elsewhere"
  };
  TestcallFault fault = {.status = 302,.body = "" };
  g_autofree gchar *body = g_strdup_printf ("{\"m.homeserver\":"
      "{\"base_url\":\"%s\"}}", testcall_get_url (call));
  g_auto (GStrv) parts = g_strsplit (paths[__i__], "%s", -1);
  g_autofree gchar *location = NULL;
  g_autofree gchar *headers = NULL;

  go_securely ();
  location = g_strjoinv (testcall_get_server_name (call), parts);
  headers = g_strdup_printf ("Location: %s\r\n", location);
  fault.headers = headers;
  testcall_set_fault (call, TESTCALL_STEP_WELL_KNOWN, &fault);
  testcall_set_reply (call, "GET", "/elsewhere", 200, body);
  g_object_set (receiver_get_src (receiver), "homeserver", NULL,
      "user-id", testcall_get_user_id (call), NULL);
  if (__i__ < 2) {
    check_connects ();
    check_count (TESTCALL_SAW_WELL_KNOWN, 1);
  } else {
    check_fails ("OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 302,
        "HTTP status 302");
    check_count (TESTCALL_SAW_WELL_KNOWN, __i__ == 2 ? 6 : 1);
  }
  fail_unless_equals_int (testcall_count_path (call, "/elsewhere"), __i__ < 2);
  fixture_teardown ();
}

GST_END_TEST;

/* Whom nobody vouches for isn't asked for anything. */
GST_START_TEST (test_untrusted_homeserver)
{
  go_securely ();
  g_object_set (receiver_get_src (receiver), "homeserver", NULL,
      "ssl-ca-file", NULL, "user-id", testcall_get_user_id (call), NULL);
  check_fails ("OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 0, NULL);
  check_count (TESTCALL_SAW_WELL_KNOWN, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* No access token is in what is asked before the homeserver is known. */
GST_START_TEST (test_open_questions)
{
  static const gchar *const paths[] = {
    "/.well-known/matrix/client", "/_matrix/client/versions"
  };
  g_autofree gchar *header = NULL;

  go_securely ();
  g_object_set (receiver_get_src (receiver), "homeserver", NULL,
      "user-id", testcall_get_user_id (call), NULL);
  check_connects ();
  header = testcall_get_last_header (call, paths[__i__], "Authorization");
  fail_unless_equals_int (testcall_count_path (call, paths[__i__]), 1);
  fail_unless (header == NULL);
  fixture_teardown ();
}

GST_END_TEST;

/* Stopping, and what comes meanwhile */

static const TestcallStep steps[] = {
  TESTCALL_STEP_WELL_KNOWN, TESTCALL_STEP_VERSIONS, TESTCALL_STEP_WHOAMI,
  TESTCALL_STEP_DIRECTORY, TESTCALL_STEP_MEMBERSHIP, TESTCALL_STEP_ROOM_JOIN,
  TESTCALL_STEP_STATE, TESTCALL_STEP_TRANSPORTS, TESTCALL_STEP_TRANSPORTS_V1,
};

/* Then the same element goes all the way. */
GST_START_TEST (test_stop_in_each_step)
{
  const TestcallStep step = steps[__i__];
  const TestcallFault stall = {.stall = TRUE };
  GstElement *pipeline = receiver_get_pipeline (receiver);
  gint64 start;

  testcall_set_fault (call, step, &stall);
  testcall_set_member (call, FALSE);
  if (step == TESTCALL_STEP_TRANSPORTS_V1)
    set_fault (TESTCALL_STEP_TRANSPORTS, 404, UNRECOGNIZED);
  go_securely ();
  g_object_set (receiver_get_src (receiver), "homeserver", NULL,
      "room-id", testcall_get_room_name (call), "join-room", TRUE, NULL);
  receiver_play (receiver);
  fail_unless (testcall_wait_for (call, (TestcallSaw) step, 1, DEADLINE_MS));
  start = g_get_monotonic_time ();
  gst_element_set_state (pipeline, __i__ % 2 ? GST_STATE_READY :
      GST_STATE_NULL);
  fail_unless (g_get_monotonic_time () - start < STOP_LIMIT_US);
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      "stopped");
  check_count (TESTCALL_SAW_GET_TOKEN, 0);
  testcall_set_fault (call, step, NULL);
  testcall_set_fault (call, TESTCALL_STEP_TRANSPORTS, NULL);
  check_connects ();
  fixture_teardown ();
}

GST_END_TEST;

/* A choice of streams that is made before there is a connection. */
GST_START_TEST (test_early_choice)
{
  const TestcallFault late = {.delay_ms = 500 };
  GList *list = g_list_append (NULL,
      (gpointer) "@ana:testcall.example:ANADEVICE/audio/microphone");

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  testcall_set_fault (call, TESTCALL_STEP_MEMBERSHIP, &late);
  receiver_go_by_room (receiver);
  receiver_play (receiver);
  fail_unless (testcall_wait_for (call, TESTCALL_SAW_MEMBERSHIP, 1,
          DEADLINE_MS));
  fail_unless (gst_element_send_event (receiver_get_src (receiver),
          gst_event_new_select_streams (list)));
  g_list_free (list);
  fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  fail_unless_equals_int (receiver_count_pads (receiver), 1);
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
roomaccess_suite (void)
{
  Suite *suite = suite_create ("roomaccess");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_test (tc, test_room_alone);
  tcase_add_test (tc, test_room_with_all);
  tcase_add_loop_test (tc, test_alias, 0, 2);
  tcase_add_test (tc, test_keys_with_alias);
  tcase_add_test (tc, test_unknown_alias);
  tcase_add_loop_test (tc, test_bad_alias, 0, G_N_ELEMENTS (bad_aliases));
  tcase_add_loop_test (tc, test_not_in_room, 0, 2);
  tcase_add_loop_test (tc, test_join_room, 0, 3);
  tcase_add_test (tc, test_join_room_with_all);
  tcase_add_loop_test (tc, test_join_refused, 0, 2);
  tcase_add_test (tc, test_oldest_member);
  tcase_add_loop_test (tc, test_sources, 0, G_N_ELEMENTS (sources));
  tcase_add_loop_test (tc, test_no_transport, 0, 4);
  tcase_add_test (tc, test_no_web_server);
  tcase_add_test (tc, test_source_stalls);
  tcase_add_test (tc, test_rate_limit);
  tcase_add_test (tc, test_large_state);
  tcase_add_loop_test (tc, test_find_homeserver, 0, 2);
  tcase_add_test (tc, test_no_well_known);
  tcase_add_loop_test (tc, test_missing_homeserver, 0, G_N_ELEMENTS (missing));
  tcase_add_loop_test (tc, test_redirect, 0, 4);
  tcase_add_test (tc, test_untrusted_homeserver);
  tcase_add_loop_test (tc, test_open_questions, 0, 2);
  tcase_add_loop_test (tc, test_stop_in_each_step, 0, G_N_ELEMENTS (steps));
  tcase_add_test (tc, test_early_choice);
  return suite;
}

GST_CHECK_MAIN (roomaccess);
