/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session that is lost, and another whose tracks go on where those of the former
 * ended, against the embedded call.
 */
#include "recovering.h"

GST_START_TEST (test_resume_is_refused)
{
  receiver_go_direct (receiver);
  recovering_start ();
  recovering_reconnect ();
  recovering_check_discont (audio);
  recovering_check_discont (video);
  recovering_check_media ();
  recovering_check_states (SIGNAL_LOST RESUME_REFUSED RECONNECTED);
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_CONNECTED), 2);
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SESSIONS, 1,
          DEADLINE_MS));
  recovering_check_stats (1, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* Nobody tells: nothing comes any more. */
GST_START_TEST (test_media_path_is_dead)
{
  receiver_go_direct (receiver);
  recovering_start ();
  testcall_drop_media (call);
  recovering_wait_for_states ("reconnecting", "connected");
  recovering_check_discont (audio);
  recovering_check_media ();
  recovering_check_states (LOST RECONNECTED);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_several_times)
{
  guint i;

  receiver_go_direct (receiver);
  recovering_start ();
  for (i = 1; i <= 3; i++) {
    recovering_reconnect ();
    fail_unless (receiver_wait_for_discont (receiver, audio, i));
    fail_unless (receiver_wait_for_discont (receiver, video, i));
    recovering_check_media ();
  }
  recovering_check_stats (3, 0);
  fixture_teardown ();
}

GST_END_TEST;

/* A fresh OpenID token, and a new token for the SFU. */
GST_START_TEST (test_through_matrix)
{
  receiver_go_through_matrix (receiver);
  recovering_start ();
  recovering_reconnect ();
  recovering_check_media ();
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_WHOAMI), 1);
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_OPENID), 2);
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_GET_TOKEN), 2);
  fixture_teardown ();
}

GST_END_TEST;

static gchar *
get_sent_token (void)
{
  return testcall_get_last_header (call, "/livekit/sfu/rtc", "Authorization");
}

/* The newest that the SFU has given. */
GST_START_TEST (test_newest_token)
{
  g_autofree gchar *first = NULL;
  g_autofree gchar *resumed = NULL;
  g_autofree gchar *again = NULL;

  receiver_go_direct (receiver);
  testcall_set_resumable (call, TRUE);
  recovering_start ();
  first = get_sent_token ();
  recovering_resume ();
  resumed = get_sent_token ();
  fail_if (g_str_equal (first, resumed));
  testcall_set_resumable (call, FALSE);
  recovering_reconnect ();
  again = get_sent_token ();
  fail_if (g_str_equal (first, again));
  recovering_check_media ();
  fixture_teardown ();
}

GST_END_TEST;

static const TestcallReturn returns[] = {
  TESTCALL_RETURN_AT_ONCE, TESTCALL_RETURN_LATER
};

/* A server that was killed and started again knows nobody: everybody has to come
 * back, some later than we. */
GST_START_TEST (test_restart)
{
  g_autofree gchar *now = NULL;
  g_autofree gchar *shown = NULL;

  receiver_go_direct (receiver);
  recovering_start ();
  testcall_restart (call, returns[__i__]);
  recovering_wait_for_states ("reconnecting", "connected");
  if (returns[__i__] == TESTCALL_RETURN_LATER)
    testcall_return (call, NULL);
  recovering_check_discont (audio);
  recovering_check_discont (video);
  recovering_check_media ();
  recovering_check_states (SIGNAL_LOST RESUME_REFUSED RECONNECTED);
  now = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  g_object_get (audio->pad, "track-sid", &shown, NULL);
  fail_unless_equals_string (now, shown);
  fixture_teardown ();
}

GST_END_TEST;

/* Whoever doesn't come back isn't waited for for ever. */
GST_START_TEST (test_some_dont_return)
{
  receiver_go_direct (receiver);
  recovering_start ();
  testcall_restart (call, TESTCALL_RETURN_LATER);
  testcall_leave (call, "ana");
  recovering_wait_for_states ("reconnecting", "connected");
  fail_unless (receiver_wait_for_removal (receiver, audio->track_sid));
  fail_unless (receiver_wait_for_removal (receiver, video->track_sid));
  fail_unless (audio->is_eos && video->is_eos);
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_published_anew)
{
  g_autofree gchar *now = NULL;
  g_autofree gchar *shown = NULL;

  receiver_go_direct (receiver);
  recovering_start ();
  recovering_lose ();
  testcall_unpublish (call, "ana", TESTCALL_VIDEO);
  testcall_publish (call, "ana", TESTCALL_VIDEO, TESTCALL_H264);
  recovering_let_in ();
  recovering_check_discont (video);
  recovering_check_media ();
  now = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  g_object_get (video->pad, "track-sid", &shown, NULL);
  fail_unless_equals_string (now, shown);
  fail_if (g_str_equal (now, video->track_sid));
  fixture_teardown ();
}

GST_END_TEST;

/* Others come back, and their tracks go on. */
GST_START_TEST (test_participant_comes_back)
{
  g_autofree gchar *now = NULL;
  g_autofree gchar *shown = NULL;
  g_autofree gchar *states = NULL;

  receiver_go_direct (receiver);
  recovering_start ();
  recovering_lose ();
  testcall_leave (call, "ana");
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  recovering_let_in ();
  recovering_check_discont (audio);
  recovering_check_discont (video);
  recovering_check_media ();
  now = testcall_get_participant_sid (call, "ana");
  g_object_get (video->pad, "participant-sid", &shown, NULL);
  fail_unless_equals_string (now, shown);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_track_is_gone)
{
  receiver_go_direct (receiver);
  recovering_start ();
  recovering_lose ();
  testcall_unpublish (call, "ana", TESTCALL_VIDEO);
  recovering_let_in ();
  fail_unless (receiver_wait_for_removal (receiver, video->track_sid));
  fail_unless (video->is_eos);
  recovering_check_discont (audio);
  fail_unless (receiver_wait_for_media (receiver, audio));
  fail_if (audio->is_eos);
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* A muted track is there without a packet, in the new session too. */
GST_START_TEST (test_muted_track)
{
  const gboolean ends = __i__;

  receiver_go_direct (receiver);
  recovering_start ();
  testcall_set_muted (call, "ana", TESTCALL_VIDEO, TRUE);
  recovering_reconnect ();
  recovering_check_discont (audio);
  /* The former session goes, which has the muted track's elements. */
  fail_unless (receiver_wait_for_webrtcbins (receiver, 1));
  fail_if (video->is_removed || video->is_eos);
  if (ends) {
    testcall_unpublish (call, "ana", TESTCALL_VIDEO);
    fail_unless (receiver_wait_for_removal (receiver, video->track_sid));
    fail_unless (video->is_eos);
  } else {
    testcall_set_muted (call, "ana", TESTCALL_VIDEO, FALSE);
    recovering_check_discont (video);
    recovering_check_media ();
  }
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_rtp)
{
  receiver_go_direct (receiver);
  gst_util_set_object_arg (G_OBJECT (receiver_get_src (receiver)), "output",
      "rtp");
  recovering_start ();
  recovering_reconnect ();
  recovering_check_discont (audio);
  recovering_check_discont (video);
  recovering_check_media ();
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
reconnect_suite (void)
{
  Suite *suite = suite_create ("reconnect");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_test (tc, test_resume_is_refused);
  tcase_add_test (tc, test_media_path_is_dead);
  tcase_add_test (tc, test_several_times);
  tcase_add_test (tc, test_through_matrix);
  tcase_add_test (tc, test_newest_token);
  tcase_add_loop_test (tc, test_restart, 0, G_N_ELEMENTS (returns));
  tcase_add_test (tc, test_some_dont_return);
  tcase_add_test (tc, test_published_anew);
  tcase_add_test (tc, test_participant_comes_back);
  tcase_add_test (tc, test_track_is_gone);
  tcase_add_loop_test (tc, test_muted_track, 0, 2);
  tcase_add_test (tc, test_rtp);
  return suite;
}

GST_CHECK_MAIN (reconnect);
