/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which layers of videos are asked for, against the embedded call.
 */
#include "recovering.h"

#define TRACK_SETTING 7         /* the message's field */

static void
set_quality (gpointer object, const gchar * quality)
{
  gst_util_set_object_arg (G_OBJECT (object), "video-quality", quality);
}

static void
wait_for_settings (guint n)
{
  fail_unless (testcall_wait_for (call, TESTCALL_SAW_OTHER_SIGNAL, n,
          DEADLINE_MS));
  fail_unless_equals_int (testcall_count_signal (call, TRACK_SETTING), n);
}

/* In the last one: UpdateTrackSettings ends with the quality, or the default, 0, is
 * left out. */
static void
check_settings (const gchar * sid, guint quality)
{
  g_autoptr (GBytes) message = testcall_get_last_signal (call, TRACK_SETTING);
  gsize size;
  const guint8 *data = g_bytes_get_data (message, &size);

  fail_unless (g_strstr_len ((const gchar *) data, size, sid) != NULL,
      "nothing of %s", sid);
  fail_unless_equals_int (data[size - 2] == 0x20 ? data[size - 1] : 0, quality);
}

static ReceiverPad *
wait_for_video (const gchar * name)
{
  g_autofree gchar *sid = testcall_get_track_sid (call, name, TESTCALL_VIDEO);
  ReceiverPad *pad = receiver_wait_for_track (receiver, sid);

  fail_unless (pad != NULL && receiver_wait_for_media (receiver, pad));
  return pad;
}

static void
check_pad (ReceiverPad * pad, gint expected)
{
  gint quality;

  g_object_get (pad->pad, "video-quality", &quality, NULL);
  fail_unless_equals_int (quality, expected);
}

/* The server sends the highest layer to whom says nothing. */
GST_START_TEST (test_default)
{
  receiver_go_direct (receiver);
  recovering_start ();
  check_pad (video, 2);
  fail_unless_equals_int (testcall_count_signal (call, TRACK_SETTING), 0);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_element)
{
  ReceiverPad *pad;

  receiver_go_direct (receiver);
  set_quality (receiver_get_src (receiver), "low");
  recovering_start ();
  wait_for_settings (1);
  check_settings (video->track_sid, 0);
  check_pad (video, 0);
  testcall_join (call, "ben", TESTCALL_VIDEO, TESTCALL_VP8);
  pad = wait_for_video ("ben");
  wait_for_settings (2);
  check_settings (pad->track_sid, 0);

  /* All at once, in one message. */
  set_quality (receiver_get_src (receiver), "medium");
  wait_for_settings (3);
  check_settings (pad->track_sid, 1);
  check_settings (video->track_sid, 1);
  check_pad (video, 1);
  check_pad (pad, 1);
  check_pad (audio, 1);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_pad)
{
  ReceiverPad *pad;
  guint i;

  receiver_go_direct (receiver);
  testcall_join (call, "ben", TESTCALL_VIDEO, TESTCALL_VP8);
  recovering_start ();
  pad = wait_for_video ("ben");
  set_quality (pad->pad, "medium");
  wait_for_settings (1);
  check_settings (pad->track_sid, 1);
  check_pad (pad, 1);
  check_pad (video, 2);
  /* Changes of one mind are one message, and audio has no layers. */
  for (i = 0; i < 10; i++) {
    set_quality (video->pad, i % 2 == 0 ? "high" : "low");
    set_quality (audio->pad, "low");
  }
  wait_for_settings (2);
  check_settings (video->track_sid, 0);
  set_quality (pad->pad, "high");
  wait_for_settings (3);
  check_settings (pad->track_sid, 2);
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* An application may keep a pad for longer than the element. */
GST_START_TEST (test_kept_pad)
{
  g_autoptr (GstPad) pad = NULL;

  receiver_go_direct (receiver);
  recovering_start ();
  pad = gst_object_ref (video->pad);
  fixture_teardown ();
  set_quality (pad, "low");
}

GST_END_TEST;

/* A new session knows nothing of it. */
GST_START_TEST (test_reconnect)
{
  receiver_go_direct (receiver);
  recovering_start ();
  set_quality (video->pad, "low");
  wait_for_settings (1);
  recovering_reconnect ();
  wait_for_settings (2);
  check_settings (video->track_sid, 0);
  check_pad (video, 0);
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
quality_suite (void)
{
  Suite *suite = suite_create ("quality");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_test (tc, test_default);
  tcase_add_test (tc, test_element);
  tcase_add_test (tc, test_pad);
  tcase_add_test (tc, test_kept_pad);
  tcase_add_test (tc, test_reconnect);
  return suite;
}

GST_CHECK_MAIN (quality);
