/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signalling that is lost while the media go on, and the server's last words,
 * against the embedded call.
 */
#include "recovering.h"

static gboolean
is_resume (const gchar * path)
{
  g_autofree gchar *request = testcall_get_last_request (call, path);

  return strstr (request, "reconnect=1&reconnect_reason=1&sid=PA_") != NULL;
}

GST_START_TEST (test_resume)
{
  receiver_go_direct (receiver);
  testcall_set_resumable (call, TRUE);
  recovering_start ();
  recovering_resume ();
  recovering_check_states (SIGNAL_LOST RESUMED);
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_RESUME), 1);
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_JOIN), 1);
  fail_unless (is_resume ("/livekit/sfu/rtc"));
  fail_unless_equals_int (testcall_count_signal (call, 12), 1);
  recovering_check_stats (0, 1);
  fixture_teardown ();
}

GST_END_TEST;

/* Answers carry the new credentials from then on, and the next restart works. */
GST_START_TEST (test_life_goes_on_after_a_resume)
{
  guint i;

  receiver_go_direct (receiver);
  testcall_set_resumable (call, TRUE);
  recovering_start ();
  for (i = 0; i < 3; i++) {
    g_autofree gchar *name = g_strdup_printf ("bob%u", i);
    g_autofree gchar *track_sid = NULL;
    ReceiverPad *pad;

    recovering_resume ();
    testcall_join (call, name, TESTCALL_AUDIO, TESTCALL_VP8);
    track_sid = testcall_get_track_sid (call, name, TESTCALL_AUDIO);
    pad = receiver_wait_for_track (receiver, track_sid);
    fail_unless (pad != NULL && receiver_wait_for_media (receiver, pad));
    fail_unless (testcall_leave (call, name));
    fail_unless (receiver_wait_for_removal (receiver, track_sid));
  }
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_BAD_ANSWER), 0);
  recovering_check_stats (0, 3);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_server_falls_silent)
{
  const TestcallFault nothing = {.send = TESTCALL_SEND_NOTHING };

  testcall_set_ping (call, 1, 3);
  testcall_set_resumable (call, TRUE);
  receiver_go_direct (receiver);
  recovering_start ();
  testcall_set_fault (call, TESTCALL_STEP_PONG, &nothing);
  fail_unless (receiver_wait_for_state (receiver, "signal-reconnecting"));
  testcall_set_fault (call, TESTCALL_STEP_PONG, NULL);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  recovering_check_media ();
  fixture_teardown ();
}

GST_END_TEST;

/* The connection is there, and nothing comes: neither a word nor an end. */
GST_START_TEST (test_half_open)
{
  testcall_set_ping (call, 1, 2);
  testcall_set_resumable (call, TRUE);
  receiver_go_direct (receiver);
  recovering_start ();
  testcall_stall_sockets (call, TRUE);
  recovering_wait_for_states ("signal-reconnecting", "connected");
  recovering_check_media ();
  recovering_check_states (SIGNAL_LOST RESUMED);
  testcall_stall_sockets (call, FALSE);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_nobody_listens_for_a_while)
{
  testcall_set_resumable (call, TRUE);
  receiver_go_direct (receiver);
  recovering_start ();
  testcall_set_listening (call, FALSE);
  testcall_drop_sockets (call, TRUE);
  fail_unless (receiver_wait_for_state (receiver, "signal-reconnecting"));
  recovering_check_media ();
  testcall_set_listening (call, TRUE);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  recovering_check_media ();
  recovering_check_states (SIGNAL_LOST RESUMED);
  fixture_teardown ();
}

GST_END_TEST;

/* The SFU takes us to another room, over the same socket: who is there has new
 * sessions, we have a new token. */
GST_START_TEST (test_moved_room)
{
  g_autofree gchar *sid = NULL;
  g_autofree gchar *request = NULL;

  testcall_set_resumable (call, TRUE);
  receiver_go_direct (receiver);
  recovering_start ();
  testcall_move_room (call);
  fail_unless (receiver_wait_for_message (receiver,
          "matrixrtc-participant-updated") != NULL);
  recovering_check_media ();
  recovering_check_states ("");
  recovering_resume ();
  fail_unless_equals_int (testcall_get_last_token_origin (call),
      TESTCALL_TOKEN_MOVED);
  fixture_teardown ();
}

GST_END_TEST;

/* What the server's last word brings about. */
static const struct
{
  guint reason;
  guint action;
  const gchar *states;
} leaves[] = {
  {8, 1, SIGNAL_LOST RESUMED},  /* MIGRATION, RESUME */
  {14, 1, SIGNAL_LOST RESUMED}, /* TIMEOUT */
  {6, 2, LOST RECONNECTED},     /* STATE_MISMATCH, RECONNECT */
  {3, 0, LOST RECONNECTED},     /* SERVER_SHUTDOWN, DISCONNECT */
  {14, 0, LOST RECONNECTED},    /* TIMEOUT, DISCONNECT */
};

GST_START_TEST (test_leave)
{
  receiver_go_direct (receiver);
  testcall_set_resumable (call, TRUE);
  recovering_start ();
  testcall_send_leave (call, leaves[__i__].reason, leaves[__i__].action);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  recovering_check_media ();
  recovering_check_states (leaves[__i__].states);
  fixture_teardown ();
}

GST_END_TEST;

static const struct
{
  guint reason;
  const gchar *debug;
} final_leaves[] = {
  {2, "DUPLICATE_IDENTITY"},
  {4, "PARTICIPANT_REMOVED"},
  {12, "USER_REJECTED"},
};

GST_START_TEST (test_final_leave)
{
  receiver_go_direct (receiver);
  recovering_start ();
  testcall_send_leave (call, final_leaves[__i__].reason, 0);
  recovering_check_error ("CONNECTION_LOST_ERROR", final_leaves[__i__].debug);
  recovering_check_states ("connected>failed ");
  recovering_check_stats (0, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* Messages and properties */
GST_START_TEST (test_story_is_told)
{
  g_autoptr (GstStructure) told = NULL;
  g_autoptr (GError) last = NULL;

  receiver_go_direct (receiver);
  recovering_start ();
  testcall_send_leave (call, 6, 2);     /* STATE_MISMATCH, RECONNECT */
  told = receiver_wait_for_message (receiver, "matrixrtc-connection-state");
  fail_unless (told != NULL);
  fail_unless_equals_string (gst_structure_get_string (told, "new"),
      "reconnecting");
  fail_unless_equals_string (gst_structure_get_string (told, "code"),
      "CONNECTION_LOST_ERROR");
  fail_unless (strstr (gst_structure_get_string (told, "reason"),
          "STATE_MISMATCH") != NULL);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  g_object_get (receiver_get_src (receiver), "last-error", &last, NULL);
  fail_unless (last != NULL);
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
resume_suite (void)
{
  Suite *suite = suite_create ("resume");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_test (tc, test_resume);
  tcase_add_test (tc, test_life_goes_on_after_a_resume);
  tcase_add_test (tc, test_server_falls_silent);
  tcase_add_test (tc, test_half_open);
  tcase_add_test (tc, test_nobody_listens_for_a_while);
  tcase_add_test (tc, test_moved_room);
  tcase_add_loop_test (tc, test_leave, 0, G_N_ELEMENTS (leaves));
  tcase_add_loop_test (tc, test_final_leave, 0, G_N_ELEMENTS (final_leaves));
  tcase_add_test (tc, test_story_is_told);
  return suite;
}

GST_CHECK_MAIN (resume);
