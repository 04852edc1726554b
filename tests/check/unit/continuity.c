/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One stream of what comes from several sessions in turn: continuity.h.
 */
#include <gst/check/gstcheck.h>
#include "continuity.h"

#define USUAL_DURATION 20

static Continuity continuity;

static void
setup (void)
{
  continuity_init (&continuity, USUAL_DURATION);
}

/* Sends a buffer of @pts and says what becomes of it. */
static GstClockTime
pass (GstClockTime pts, gboolean * is_discont)
{
  GstBuffer *buffer = gst_buffer_new ();
  GstClockTime passed;

  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = pts;
  buffer = continuity_take_buffer (&continuity, buffer);
  *is_discont = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  passed = GST_BUFFER_PTS (buffer);
  fail_unless (GST_BUFFER_DTS (buffer) == passed);
  gst_buffer_unref (buffer);
  return passed;
}

static void
check (GstClockTime pts, GstClockTime passed, gboolean is_discont)
{
  gboolean discont;

  fail_unless_equals_uint64 (pass (pts, &discont), passed);
  fail_unless_equals_int (discont, is_discont);
}

GST_START_TEST (test_untouched)
{
  check (10, 10, FALSE);
  check (30, 30, FALSE);
  check (30, 30, FALSE);
  check (GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, FALSE);
}

GST_END_TEST;

GST_START_TEST (test_discont)
{
  continuity_break (&continuity);
  check (10, 10, TRUE);
  check (20, 20, FALSE);
  continuity_break (&continuity);
  check (35, 35, TRUE);
  check (40, 40, FALSE);
}

GST_END_TEST;

GST_START_TEST (test_never_back)
{
  check (100, 100, FALSE);
  continuity_break (&continuity);
  check (GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, TRUE);
  check (80, 100, FALSE);
  check (99, 100, FALSE);
  check (100, 100, FALSE);
  check (120, 120, FALSE);
  check (119, 120, FALSE);
}

GST_END_TEST;

/* A buffer that somebody else holds too isn't written to. */
GST_START_TEST (test_shared)
{
  GstBuffer *buffer = gst_buffer_new ();
  GstBuffer *passed;

  continuity_break (&continuity);
  passed = continuity_take_buffer (&continuity, gst_buffer_ref (buffer));
  fail_unless (passed != buffer);
  fail_if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (passed);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

static void
check_bridge (GstClockTime until, GstClockTime tolerance, GstClockTime start)
{
  GstEvent *event = continuity_bridge (&continuity, until, tolerance);
  GstClockTime timestamp, duration;

  fail_unless (event != NULL);
  gst_event_parse_gap (event, &timestamp, &duration);
  fail_unless_equals_uint64 (timestamp, start);
  fail_unless_equals_uint64 (duration, until - start);
  gst_event_unref (event);
}

GST_START_TEST (test_bridge)
{
  fail_if (continuity_bridge (&continuity, 100, 0));
  check (100, 100, FALSE);
  fail_if (continuity_bridge (&continuity, GST_CLOCK_TIME_NONE, 0));
  fail_if (continuity_bridge (&continuity, 50, 0));
  fail_if (continuity_bridge (&continuity, 100 + USUAL_DURATION + 40, 40));
  check_bridge (200, 40, 100 + USUAL_DURATION);
  fail_if (continuity_bridge (&continuity, 200, 0));
  check_bridge (300, 40, 200);
}

GST_END_TEST;

/* Late packets don't come out before the end of what was said to be empty. */
GST_START_TEST (test_late_for_bridge)
{
  check (100, 100, FALSE);
  check_bridge (300, 0, 100 + USUAL_DURATION);
  check (280, 300, FALSE);
  check (310, 310, FALSE);
  continuity_break (&continuity);
  check (305, 310, TRUE);
  check_bridge (400, 0, 310 + USUAL_DURATION);
  continuity_break (&continuity);
  check (390, 400, TRUE);
}

GST_END_TEST;

/* A frame that fills is no reason for others to come before it. */
GST_START_TEST (test_hold)
{
  check (100, 100, FALSE);
  check_bridge (300, 0, 100 + USUAL_DURATION);
  check (300, 300, FALSE);
  continuity_hold (&continuity);
  check (280, 300 + USUAL_DURATION, FALSE);
  check (330, 330, FALSE);
}

GST_END_TEST;

/* Who begins to listen isn't told of what was before. */
GST_START_TEST (test_begin)
{
  check (100, 100, FALSE);
  continuity_begin (&continuity);
  fail_if (continuity_bridge (&continuity, 500, 0));
  check (90, 100, FALSE);
  check_bridge (500, 0, 100 + USUAL_DURATION);
}

GST_END_TEST;

/* A depayloader has told of a lost packet. */
GST_START_TEST (test_gap_of_others)
{
  GstEvent *gap = gst_event_new_gap (120, 20);

  check (100, 100, FALSE);
  continuity_take_gap (&continuity, gap);
  fail_if (continuity_bridge (&continuity, 150, 20));
  check_bridge (200, 20, 140);
  gst_event_unref (gap);
}

GST_END_TEST;

GST_START_TEST (test_gap)
{
  MediaGap gap = { 0 };

  media_gap_take_arrival (&gap, 1000);
  media_gap_take_arrival (&gap, 9000);
  fail_unless (gap.longest == 0);
  media_gap_start_watch (&gap);
  media_gap_take_arrival (&gap, 9500);
  fail_unless (gap.longest == 500);
  media_gap_end_watch (&gap);
  media_gap_take_arrival (&gap, 12000);
  fail_unless (gap.longest == 2500);
  media_gap_take_arrival (&gap, 99000);
  fail_unless (gap.longest == 2500);
}

GST_END_TEST;

/* Nothing comes of a muted track. */
GST_START_TEST (test_excused_gap)
{
  MediaGap gap = { 0 };

  media_gap_take_arrival (&gap, 1000);
  media_gap_start_watch (&gap);
  media_gap_excuse (&gap);
  media_gap_take_arrival (&gap, 9000);
  media_gap_take_arrival (&gap, 9100);
  fail_unless (gap.longest == 100);
}

GST_END_TEST;

static Suite *
continuity_suite (void)
{
  Suite *suite = suite_create ("continuity");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, NULL);
  tcase_add_test (tc, test_untouched);
  tcase_add_test (tc, test_discont);
  tcase_add_test (tc, test_never_back);
  tcase_add_test (tc, test_shared);
  tcase_add_test (tc, test_bridge);
  tcase_add_test (tc, test_late_for_bridge);
  tcase_add_test (tc, test_begin);
  tcase_add_test (tc, test_hold);
  tcase_add_test (tc, test_gap_of_others);
  tcase_add_test (tc, test_gap);
  tcase_add_test (tc, test_excused_gap);
  return suite;
}

GST_CHECK_MAIN (continuity);
