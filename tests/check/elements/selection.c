/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which kinds of tracks are received, against the embedded call.
 */
#include "recovering.h"

#define SUBSCRIPTION 6          /* the message's field */

static void
set_media (const gchar * media)
{
  gst_util_set_object_arg (G_OBJECT (receiver_get_src (receiver)), "media",
      media);
}

static gboolean
is_auto_subscribed (void)
{
  g_autofree gchar *request =
      testcall_get_last_request (call, "/livekit/sfu/rtc");

  return strstr (request, "auto_subscribe=1") != NULL;
}

static void
wait_for_lines (guint n)
{
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_LINES, n,
          DEADLINE_MS), "more than %u tracks are sent", n);
}

/* The server isn't asked to send anything else. */
GST_START_TEST (test_audio_only)
{
  receiver_go_direct (receiver);
  set_media ("audio");
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  testcall_join (call, "ben", TESTCALL_VIDEO | TESTCALL_SCREEN, TESTCALL_VP8);
  testcall_join (call, "eve", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  fixture_wait_for_media ("eve", TESTCALL_AUDIO);
  fail_if (is_auto_subscribed ());
  fail_unless_equals_int (testcall_count (call, TESTCALL_OPEN_LINES), 2);
  fail_unless_equals_int (receiver_count_pads (receiver), 2);
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* All is the default, and needs no asking. */
GST_START_TEST (test_default)
{
  receiver_go_direct (receiver);
  recovering_start ();
  fail_unless (is_auto_subscribed ());
  fail_unless_equals_int (testcall_count_signal (call, SUBSCRIPTION), 0);
  fixture_teardown ();
}

GST_END_TEST;

static const gchar *const first_media[] = { "audio", NULL };

/* While it plays, with a server that sends nothing or all by itself. */
GST_START_TEST (test_changes)
{
  gboolean is_manual = first_media[__i__] != NULL;
  ReceiverPad *sound, *picture;
  guint i;

  receiver_go_direct (receiver);
  if (is_manual)
    set_media (first_media[__i__]);
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  sound = fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  for (i = 0; i < 3; i++) {
    if (is_manual || i > 0)
      set_media ("audio+video");
    picture = fixture_wait_for_media ("ana", TESTCALL_VIDEO);
    fail_if (picture->first_is_delta);
    set_media ("audio");
    fail_unless (receiver_wait_for_removal (receiver, picture->track_sid));
    fail_unless (picture->is_eos);
    wait_for_lines (1);
  }
  /* What comes later is no other case. */
  testcall_join (call, "ben", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  fixture_wait_for_media ("ben", TESTCALL_AUDIO);
  wait_for_lines (2);
  fail_unless_equals_int (is_auto_subscribed (), !is_manual);
  fail_unless_equals_int (receiver_count_pads (receiver), 2);
  fail_if (sound->is_removed || sound->is_eos);
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_screen_share)
{
  ReceiverPad *pad;

  receiver_go_direct (receiver);
  set_media ("screen-share");
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO | TESTCALL_SCREEN,
      TESTCALL_VP8);
  receiver_play (receiver);
  pad = fixture_wait_for_media ("ana", TESTCALL_SCREEN);
  fail_unless_equals_int (testcall_count (call, TESTCALL_OPEN_LINES), 1);
  fail_unless_equals_int (receiver_count_pads (receiver), 1);
  set_media ("0");
  fail_unless (receiver_wait_for_removal (receiver, pad->track_sid));
  wait_for_lines (0);
  fixture_teardown ();
}

GST_END_TEST;

/* A change while nobody listens counts when somebody does again. */
GST_START_TEST (test_resume)
{
  receiver_go_direct (receiver);
  testcall_set_resumable (call, TRUE);
  recovering_start ();
  testcall_set_listening (call, FALSE);
  testcall_drop_sockets (call, TRUE);
  fail_unless (receiver_wait_for_state (receiver, "signal-reconnecting"));
  set_media ("audio");
  testcall_set_listening (call, TRUE);
  fail_unless (receiver_wait_for_removal (receiver, video->track_sid));
  wait_for_lines (1);
  fail_unless (receiver_wait_for_media (receiver, audio));
  recovering_check_stats (0, 1);
  fixture_teardown ();
}

GST_END_TEST;

/* And in a new session, where a pad may still wait for its track. */
GST_START_TEST (test_reconnect)
{
  receiver_go_direct (receiver);
  recovering_start ();
  recovering_lose ();
  set_media ("audio");
  recovering_let_in ();
  fail_unless (receiver_wait_for_removal (receiver, video->track_sid));
  fail_unless (receiver_wait_for_media (receiver, audio));
  fail_if (audio->is_eos);
  fail_if (is_auto_subscribed ());
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
selection_suite (void)
{
  Suite *suite = suite_create ("selection");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_test (tc, test_audio_only);
  tcase_add_test (tc, test_default);
  tcase_add_loop_test (tc, test_changes, 0, G_N_ELEMENTS (first_media));
  tcase_add_test (tc, test_screen_share);
  tcase_add_test (tc, test_resume);
  tcase_add_test (tc, test_reconnect);
  return suite;
}

GST_CHECK_MAIN (selection);
