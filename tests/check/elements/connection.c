/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state machine of the connection: every way in, and every refusal that
 * Element Call tells apart, over the wire of the embedded call.
 */
#include "fixture.h"

/* A label may have 63 letters: nobody is asked for it. */
#define NO_NAME \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid"

#include <glib/gstdio.h>
#include <string.h>

GST_START_TEST (test_through_matrix)
{
  g_autofree gchar *states = NULL;
  g_autofree gchar *body = NULL;

  receiver_go_through_matrix (receiver);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      "connected");
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_READY);
  states = receiver_get_states (receiver);
  fail_unless_equals_string (states, "initialized>fetching-config "
      "fetching-config>connecting connecting>connected connected>stopped ");

  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_WHOAMI), 1);
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_OPENID), 1);
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_GET_TOKEN), 1);
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_SFU_GET), 0);
  /* Integers stay integers, and only the four known fields go on. */
  body = testcall_get_last_body (call, "/livekit/jwt/get_token");
  fail_unless (strstr (body, "\"expires_in\":3600") != NULL, "%s", body);
  /* We said goodbye. */
  fail_unless (testcall_wait_for (call, TESTCALL_SAW_LEAVE, 1, DEADLINE_MS));
  fail_unless_equals_int (testcall_get_last_leave_reason (call), 1);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_identity_is_told)
{
  g_autoptr (GstStructure) message = NULL;
  g_autofree gchar *identity = NULL;

  receiver_go_through_matrix (receiver);
  g_object_set (receiver_get_src (receiver), "force-old-jwt-endpoint", TRUE,
      NULL);
  receiver_play (receiver);
  do {
    g_clear_pointer (&message, gst_structure_free);
    message =
        receiver_wait_for_message (receiver, "matrixrtc-connection-state");
    fail_unless (message != NULL);
  } while (g_strcmp0 (gst_structure_get_string (message, "new"),
          "connected") != 0);
  identity = g_strdup_printf ("%s:%s", testcall_get_user_id (call),
      testcall_get_device_id (call));
  fail_unless_equals_string (gst_structure_get_string (message, "identity"),
      identity);
  fail_unless_equals_string (gst_structure_get_string (message, "room"),
      testcall_get_room_alias (call));
  fail_unless_equals_string (gst_structure_get_string (message, "service-url"),
      testcall_get_service_url (call));
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_GET_TOKEN), 0);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_fallback_to_sfu_get)
{
  const TestcallFault absent = {.status = 404,.body = "404 page not found\n",
    .content_type = "text/plain"
  };
  g_autofree gchar *service_url =
      g_strconcat (testcall_get_service_url (call), "//", NULL);

  testcall_set_fault (call, TESTCALL_STEP_GET_TOKEN, &absent);
  receiver_go_through_matrix (receiver);
  g_object_set (receiver_get_src (receiver), "livekit-service-url",
      service_url, NULL);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_GET_TOKEN), 1);
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_SFU_GET), 1);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_known_ids_spare_whoami)
{
  receiver_go_through_matrix (receiver);
  g_object_set (receiver_get_src (receiver),
      "user-id", testcall_get_user_id (call),
      "device-id", "OTHERDEVICE", "member-id", "member-1", NULL);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_WHOAMI), 0);
  fail_unless (testcall_wait_for (call, TESTCALL_SAW_JOIN, 1, DEADLINE_MS));
  {
    g_autofree gchar *identity = testcall_get_last_identity (call);
    g_autofree gchar *expected = testcall_hash (testcall_get_user_id (call),
        "OTHERDEVICE", "member-1", NULL);
    fail_unless_equals_string (identity, expected);
  }
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_token_file)
{
  g_autofree gchar *path = NULL;
  g_autofree gchar *text =
      g_strdup_printf ("  %s\r\n\n", testcall_get_access_token (call));
  gint fd = g_file_open_tmp ("matrixrtc-token-XXXXXX", &path, NULL);

  fail_unless (fd >= 0);
  g_close (fd, NULL);
  fail_unless (g_file_set_contents (path, text, -1, NULL));
  receiver_go_through_matrix (receiver);
  g_object_set (receiver_get_src (receiver), "access-token", NULL,
      "access-token-file", path, NULL);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  g_remove (path);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_rate_limit_is_waited_out)
{
  const TestcallFault limited = {.times = 2,.status = 429,
    .body = "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":20}"
  };

  testcall_set_fault (call, TESTCALL_STEP_OPENID, &limited);
  receiver_go_through_matrix (receiver);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_OPENID), 3);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_restart_takes_fresh_tokens)
{
  GstElement *pipeline = receiver_get_pipeline (receiver);
  guint i;

  receiver_go_through_matrix (receiver);
  for (i = 1; i <= 3; i++) {
    receiver_play (receiver);
    fail_unless (receiver_wait_for_state (receiver, "connected"));
    gst_element_set_state (pipeline, GST_STATE_READY);
    fail_unless_equals_string (receiver_get_connection_state (receiver),
        "stopped");
    /* Again is no second stop. */
    gst_element_set_state (pipeline, GST_STATE_READY);
    fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_OPENID), i);
    fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_GET_TOKEN), i);
  }
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SESSIONS, 0,
          DEADLINE_MS));
  fixture_teardown ();
}

GST_END_TEST;

/* Refusals */

typedef enum
{
  MATRIX,
  DIRECT,
} Way;

typedef struct
{
  Way way;
  TestcallStep step;
  TestcallFault fault;
  const gchar *code;
  gint gst_code;
  guint http_status;
} Refusal;

#define FORBIDDEN "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"no\"}"

static const Refusal refusals[] = {
  {MATRIX, TESTCALL_STEP_WHOAMI, {.status = 401,
          .body = "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"no\"}"},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_NOT_AUTHORIZED, 401},
  {MATRIX, TESTCALL_STEP_WHOAMI, {.body = "{\"user_id\":7}"},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 200},
  {MATRIX, TESTCALL_STEP_WHOAMI, {.status = 200,.body = "<html>"},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 200},
  {MATRIX, TESTCALL_STEP_OPENID, {.status = 403,.body = FORBIDDEN},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_NOT_AUTHORIZED, 403},
  {MATRIX, TESTCALL_STEP_OPENID, {.status = 404,.body = "nothing here"},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 404},
  {MATRIX, TESTCALL_STEP_OPENID, {.stall = TRUE},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 0},
  {MATRIX, TESTCALL_STEP_OPENID, {.bytes_per_second = 1},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 0},
  {MATRIX, TESTCALL_STEP_SFU_GET, {.status = 401,
          .body = "{\"errcode\":\"M_UNAUTHORIZED\",\"error\":\"no\"}"},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_NOT_AUTHORIZED, 401},
  {MATRIX, TESTCALL_STEP_SFU_GET, {.status = 405,.body = ""},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 405},
  {MATRIX, TESTCALL_STEP_SFU_GET, {.status = 500,
          .body = "{\"errcode\":\"M_LOOKUP_FAILED\",\"error\":\"no\"}"},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 500},
  {MATRIX, TESTCALL_STEP_SFU_GET, {.status = 200,
          .body = "{\"url\":\"ftp://x\",\"jwt\":\"a.b.c\"}"},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 200},
  {MATRIX, TESTCALL_STEP_SFU_GET, {.stall = TRUE},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 0},
  {MATRIX, TESTCALL_STEP_SFU_GET, {.cut = TRUE,.cut_after = 30},
      "OPEN_ID_ERROR", GST_RESOURCE_ERROR_OPEN_READ, 0},
  {DIRECT, TESTCALL_STEP_UPGRADE, {.stall = TRUE},
      "LIVEKIT_CONNECTION", GST_RESOURCE_ERROR_OPEN_READ, 0},
  {DIRECT, TESTCALL_STEP_JOIN, {.send = TESTCALL_SEND_NOTHING},
      "LIVEKIT_CONNECTION", GST_RESOURCE_ERROR_OPEN_READ, 0},
  {DIRECT, TESTCALL_STEP_JOIN, {.send = TESTCALL_SEND_CLOSE},
      "LIVEKIT_CONNECTION", GST_RESOURCE_ERROR_OPEN_READ, 0},
  {DIRECT, TESTCALL_STEP_JOIN, {.send = TESTCALL_SEND_DROP},
      "LIVEKIT_CONNECTION", GST_RESOURCE_ERROR_OPEN_READ, 0},
  {DIRECT, TESTCALL_STEP_JOIN, {.send = TESTCALL_SEND_LEAVE,.reason = 7},
      "LIVEKIT_CONNECTION", GST_RESOURCE_ERROR_OPEN_READ, 0},
  {DIRECT, TESTCALL_STEP_JOIN, {.send = TESTCALL_SEND_OVERSIZE,
          .length = 8 * 1024 * 1024},
      "LIVEKIT_CONNECTION", GST_RESOURCE_ERROR_OPEN_READ, 0},
  {DIRECT, TESTCALL_STEP_OFFER, {.sdp = TESTCALL_SDP_NO_MID},
      "LIVEKIT_CONNECTION", GST_RESOURCE_ERROR_OPEN_READ, 0},
  {DIRECT, TESTCALL_STEP_OFFER, {.sdp = TESTCALL_SDP_TEXT,.body = "v=1\r\n"},
      "LIVEKIT_CONNECTION", GST_RESOURCE_ERROR_OPEN_READ, 0},
};

static void
check_error (const gchar * code, gint gst_code, guint http_status)
{
  GstMessage *message = receiver_wait_for_error (receiver);
  const GstStructure *details;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) last_error = NULL;
  guint status = 0;

  fail_unless (message != NULL, "no error came");
  gst_message_parse_error (message, &error, NULL);
  gst_message_parse_error_details (message, &details);
  fail_unless_equals_string (gst_structure_get_string (details, "code"), code);
  fail_unless (error->domain == GST_RESOURCE_ERROR);
  fail_unless_equals_int (error->code, gst_code);
  gst_structure_get_uint (details, "http-status", &status);
  fail_unless_equals_int (status, http_status);
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      "failed");
  g_object_get (receiver_get_src (receiver), "last-error", &last_error, NULL);
  fail_unless (last_error != NULL);
  fail_unless_equals_string (g_quark_to_string (last_error->domain),
      "matrix-rtc-error-quark");
  fail_unless_equals_string (last_error->message, error->message);
  gst_message_unref (message);
}

GST_START_TEST (test_refusal)
{
  const Refusal *refusal = &refusals[__i__];
  const TestcallFault absent = {.status = 405,.body = "" };

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  testcall_set_fault (call, refusal->step, &refusal->fault);
  if (refusal->step == TESTCALL_STEP_SFU_GET)
    testcall_set_fault (call, TESTCALL_STEP_GET_TOKEN, &absent);
  /* A bad offer is no matter of time. */
  if (refusal->step != TESTCALL_STEP_OFFER)
    g_object_set (receiver_get_src (receiver), "timeout", 1, NULL);
  if (refusal->way == MATRIX)
    receiver_go_through_matrix (receiver);
  else
    receiver_go_direct (receiver);
  receiver_play (receiver);
  check_error (refusal->code, refusal->gst_code, refusal->http_status);

  /* And the element can be started again. */
  testcall_set_fault (call, refusal->step, NULL);
  testcall_set_fault (call, TESTCALL_STEP_GET_TOKEN, NULL);
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_READY);
  g_object_set (receiver_get_src (receiver), "timeout", 15, NULL);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  fixture_teardown ();
}

GST_END_TEST;

typedef struct
{
  TestcallRoomState state;
  const gchar *code;
  gint gst_code;
  guint http_status;
} RoomRefusal;

static const RoomRefusal room_refusals[] = {
  {TESTCALL_ROOM_FULL, "INSUFFICIENT_CAPACITY_ERROR", GST_RESOURCE_ERROR_BUSY,
      200},
  {TESTCALL_NODE_LIMIT, "INSUFFICIENT_CAPACITY_ERROR", GST_RESOURCE_ERROR_BUSY,
      503},
  {TESTCALL_ROOM_ABSENT, "SFU_ROOM_CREATION_RESTRICTED",
      GST_RESOURCE_ERROR_NOT_FOUND, 404},
};

GST_START_TEST (test_room_refusal)
{
  const RoomRefusal *refusal = &room_refusals[__i__];

  testcall_set_room_state (call, refusal->state);
  receiver_go_direct (receiver);
  receiver_play (receiver);
  check_error (refusal->code, refusal->gst_code, refusal->http_status);
  fixture_teardown ();
}

GST_END_TEST;

/* The status of the validation request counts, whatever the upgrade got. */
GST_START_TEST (test_validation_counts)
{
  const TestcallFault broken = {.status = 502,.body = "bad gateway" };
  const TestcallFault busy = {.status = 429,.body = "" };

  testcall_set_fault (call, TESTCALL_STEP_UPGRADE, &broken);
  testcall_set_fault (call, TESTCALL_STEP_VALIDATE, &busy);
  receiver_go_direct (receiver);
  receiver_play (receiver);
  check_error ("INSUFFICIENT_CAPACITY_ERROR", GST_RESOURCE_ERROR_BUSY, 429);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_wrong_livekit_token)
{
  const TestcallJwtOptions options = {.secret = "another" };
  g_autofree gchar *jwt = testcall_make_jwt (call, "recorder", &options);

  g_object_set (receiver_get_src (receiver),
      "livekit-url", testcall_get_sfu_url (call), "livekit-token", jwt, NULL);
  receiver_play (receiver);
  check_error ("LIVEKIT_CONNECTION", GST_RESOURCE_ERROR_OPEN_READ, 401);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_token_without_subscribe)
{
  const TestcallJwtOptions options = {.no_subscribe = TRUE };
  g_autofree gchar *jwt = testcall_make_jwt (call, "recorder", &options);

  g_object_set (receiver_get_src (receiver),
      "livekit-url", testcall_get_sfu_url (call), "livekit-token", jwt, NULL);
  receiver_play (receiver);
  check_error ("LIVEKIT_CONNECTION", GST_RESOURCE_ERROR_OPEN_READ, 0);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_no_media_path)
{
  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  testcall_set_silent_peer (call, TRUE);
  g_object_set (receiver_get_src (receiver), "timeout", 1, NULL);
  receiver_go_direct (receiver);
  receiver_play (receiver);
  check_error ("PEER_CONNECTION_TIMEOUT", GST_RESOURCE_ERROR_OPEN_READ, 0);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_nobody_listens)
{
  g_object_set (receiver_get_src (receiver), "livekit-url", "ws://127.0.0.1:9",
      "livekit-token", "eyJhIjoxfQ.eyJzdWIiOiJhIn0.c2ln", NULL);
  receiver_play (receiver);
  check_error ("LIVEKIT_CONNECTION", GST_RESOURCE_ERROR_OPEN_READ, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* Servers that there is no way to: a name that can't be one, TLS where none is
 * spoken, a port with nobody behind it. %d is the call's port. */
static const struct
{
  Way way;
  const gchar *url;
  const gchar *code;
} unreachables[] = {
  {MATRIX, "http://" NO_NAME, "OPEN_ID_ERROR"},
  {MATRIX, "https://127.0.0.1:%d", "OPEN_ID_ERROR"},
  {MATRIX, "http://127.0.0.1:1", "OPEN_ID_ERROR"},
  {DIRECT, "ws://" NO_NAME, "LIVEKIT_CONNECTION"},
  {DIRECT, "wss://127.0.0.1:%d", "LIVEKIT_CONNECTION"},
  {DIRECT, "ws://127.0.0.1:1", "LIVEKIT_CONNECTION"},
};

GST_START_TEST (test_unreachable)
{
  const gboolean is_direct = unreachables[__i__].way == DIRECT;
  g_autoptr (GUri) uri = g_uri_parse (testcall_get_url (call), G_URI_FLAGS_NONE,
      NULL);
  g_autofree gchar *port = g_strdup_printf ("%d", g_uri_get_port (uri));
  g_auto (GStrv) parts = g_strsplit (unreachables[__i__].url, "%d", -1);
  g_autofree gchar *url = g_strjoinv (port, parts);

  if (is_direct)
    receiver_go_direct (receiver);
  else
    receiver_go_through_matrix (receiver);
  g_object_set (receiver_get_src (receiver), is_direct ? "livekit-url" :
      "homeserver", url, "timeout", 2, NULL);
  receiver_play (receiver);
  check_error (unreachables[__i__].code, GST_RESOURCE_ERROR_OPEN_READ, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* After connecting */

/* Who wants no reconnects hears at once. */
GST_START_TEST (test_connection_lost)
{
  g_object_set (receiver_get_src (receiver), "reconnect-timeout", 0, NULL);
  receiver_go_direct (receiver);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  testcall_drop_sockets (call, FALSE);
  check_error ("CONNECTION_LOST_ERROR", GST_RESOURCE_ERROR_READ, 0);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_pings)
{
  testcall_set_ping (call, 1, 2);
  receiver_go_direct (receiver);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  fail_unless (testcall_wait_for (call, TESTCALL_SAW_PING, 3, DEADLINE_MS));
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_removed_from_the_call)
{
  receiver_go_direct (receiver);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  testcall_send_leave (call, 4, 0);     /* PARTICIPANT_REMOVED, DISCONNECT */
  check_error ("CONNECTION_LOST_ERROR", GST_RESOURCE_ERROR_READ, 0);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_room_closed_ends_the_call)
{
  g_autofree gchar *track_sid = NULL;
  ReceiverPad *pad;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  track_sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  receiver_go_direct (receiver);
  receiver_play (receiver);
  pad = receiver_wait_for_track (receiver, track_sid);
  fail_unless (pad != NULL);
  testcall_send_leave (call, 10, 0);    /* ROOM_CLOSED, DISCONNECT */
  fail_unless (receiver_wait_for_state (receiver, "disconnected"));
  fail_unless (receiver_wait_for_removal (receiver, track_sid));
  fail_unless (pad->is_eos);
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* What is under way when the call ends has nobody to go to any more. */
GST_START_TEST (test_room_closed_during_an_offer)
{
  g_autofree gchar *track_sid = NULL;
  guint64 n_offers;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  track_sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  receiver_go_direct (receiver);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_track (receiver, track_sid) != NULL);
  n_offers = testcall_count (call, TESTCALL_SAW_OFFER);
  testcall_join (call, "bea", TESTCALL_VIDEO, TESTCALL_VP8);
  fail_unless (testcall_wait_for (call, TESTCALL_SAW_OFFER, n_offers + 1,
          DEADLINE_MS));
  testcall_send_leave (call, 10, 0);    /* ROOM_CLOSED, DISCONNECT */
  fail_unless (receiver_wait_for_state (receiver, "disconnected"));
  fail_unless (receiver_wait_for_removal (receiver, track_sid));
  receiver_fail_on_error (receiver);
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      "disconnected");
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
connection_suite (void)
{
  Suite *suite = suite_create ("connection");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_test (tc, test_through_matrix);
  tcase_add_test (tc, test_identity_is_told);
  tcase_add_test (tc, test_fallback_to_sfu_get);
  tcase_add_test (tc, test_known_ids_spare_whoami);
  tcase_add_test (tc, test_token_file);
  tcase_add_test (tc, test_rate_limit_is_waited_out);
  tcase_add_test (tc, test_restart_takes_fresh_tokens);
  tcase_add_loop_test (tc, test_refusal, 0, G_N_ELEMENTS (refusals));
  tcase_add_loop_test (tc, test_room_refusal, 0, G_N_ELEMENTS (room_refusals));
  tcase_add_test (tc, test_validation_counts);
  tcase_add_test (tc, test_wrong_livekit_token);
  tcase_add_test (tc, test_token_without_subscribe);
  tcase_add_test (tc, test_no_media_path);
  tcase_add_test (tc, test_nobody_listens);
  tcase_add_loop_test (tc, test_unreachable, 0, G_N_ELEMENTS (unreachables));
  tcase_add_test (tc, test_connection_lost);
  tcase_add_test (tc, test_pings);
  tcase_add_test (tc, test_removed_from_the_call);
  tcase_add_test (tc, test_room_closed_ends_the_call);
  tcase_add_loop_test (tc, test_room_closed_during_an_offer, 0, 5);
  return suite;
}

GST_CHECK_MAIN (connection);
