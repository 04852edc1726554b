/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests for key frames: rtc/keyframes.h. An identity stands for a depayloader.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include "rtc/keyframes.h"

#define DEADLINE (5 * G_TIME_SPAN_SECOND)

static GstHarness *harness;

static void
start (gboolean is_sliced)
{
  harness = gst_harness_new ("identity");
  gst_harness_set_src_caps_str (harness, "video/x-vp8");
  rtc_key_frames_attach (harness->element, is_sliced);
}

static void
stop (void)
{
  gst_harness_teardown (harness);
}

static void
push (guint flags)
{
  GstBuffer *buffer = gst_harness_create_buffer (harness, 1);

  GST_BUFFER_FLAG_SET (buffer, flags);
  fail_unless_equals_int (gst_harness_push (harness, buffer), GST_FLOW_OK);
}

static void
push_key_frame (void)
{
  push (0);
}

static void
push_delta (void)
{
  push (GST_BUFFER_FLAG_DELTA_UNIT);
}

static void
request (void)
{
  gst_harness_push_upstream_event (harness,
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE,
          0));
}

static guint
count_requests (void)
{
  GstEvent *event;
  guint n = 0;

  while ((event = gst_harness_try_pull_upstream_event (harness)) != NULL) {
    n += gst_video_event_is_force_key_unit (event);
    gst_event_unref (event);
  }
  return n;
}

/* Frames come until one is asked for; returns after how long. */
static gint64
push_until_asked (void)
{
  gint64 begin = g_get_monotonic_time ();

  while (count_requests () == 0) {
    fail_unless (g_get_monotonic_time () - begin < DEADLINE, "not asked again");
    push_delta ();
    g_usleep (10 * G_TIME_SPAN_MILLISECOND);
  }
  return g_get_monotonic_time () - begin;
}

/* Frames come for longer than it takes to be asked again. */
static void
check_is_content (void)
{
  gint64 begin = g_get_monotonic_time ();

  while (g_get_monotonic_time () - begin < 1.3 * G_TIME_SPAN_SECOND) {
    push_delta ();
    fail_unless_equals_int (count_requests (), 0);
    g_usleep (10 * G_TIME_SPAN_MILLISECOND);
  }
}

/* The depayloader would ask for what is coming anyway. */
GST_START_TEST (test_first_packet)
{
  g_autoptr (GstBuffer) buffer = NULL;

  start (FALSE);
  push (GST_BUFFER_FLAG_DISCONT);
  buffer = gst_harness_pull (harness);
  fail_if (GST_BUFFER_IS_DISCONT (buffer));
  gst_clear_buffer (&buffer);
  push (GST_BUFFER_FLAG_DISCONT);
  buffer = gst_harness_pull (harness);
  fail_unless (GST_BUFFER_IS_DISCONT (buffer));
  push_delta ();
  fail_unless_equals_int (count_requests (), 0);
  stop ();
}

GST_END_TEST;

GST_START_TEST (test_start_without_key_frame)
{
  start (FALSE);
  push_delta ();
  push_delta ();
  fail_unless_equals_int (count_requests (), 1);
  stop ();
}

GST_END_TEST;

GST_START_TEST (test_many_requests)
{
  guint i;

  start (FALSE);
  push_key_frame ();
  for (i = 0; i < 100; i++) {
    request ();
    push_delta ();
  }
  fail_unless_equals_int (count_requests (), 1);
  push_key_frame ();
  request ();
  fail_unless_equals_int (count_requests (), 0);
  stop ();
}

GST_END_TEST;

/* More than a second after the one before, and not once there is one. */
GST_START_TEST (test_again)
{
  start (FALSE);
  push_key_frame ();
  request ();
  fail_unless_equals_int (count_requests (), 1);
  fail_unless (push_until_asked () > G_TIME_SPAN_SECOND);
  push_until_asked ();
  push_key_frame ();
  check_is_content ();
  request ();
  fail_unless_equals_int (count_requests (), 1);
  stop ();
}

GST_END_TEST;

/* Of a key frame in slices some may be missing. */
GST_START_TEST (test_torn_key_frame)
{
  start (TRUE);
  push_key_frame ();
  request ();
  push (GST_BUFFER_FLAG_DISCONT);
  fail_unless_equals_int (count_requests (), 1);
  push_until_asked ();
  push_key_frame ();
  check_is_content ();
  stop ();
}

GST_END_TEST;

static Suite *
keyframes_suite (void)
{
  Suite *suite = suite_create ("keyframes");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_first_packet);
  tcase_add_test (tc, test_start_without_key_frame);
  tcase_add_test (tc, test_many_requests);
  tcase_add_test (tc, test_again);
  tcase_add_test (tc, test_torn_key_frame);
  return suite;
}

GST_CHECK_MAIN (keyframes);
