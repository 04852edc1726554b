/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One stream of what comes from several sessions in turn: continuity.h.
 */
#include <gst/check/gstcheck.h>
#include "continuity.h"

static Continuity continuity;

static void
setup (void)
{
  continuity_init (&continuity);
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

/* What comes from one session is its own business. */
GST_START_TEST (test_untouched)
{
  check (10, 10, FALSE);
  check (30, 30, FALSE);
  check (20, 20, FALSE);
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
  check (30, 30, FALSE);
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
  check (90, 90, FALSE);
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
  tcase_add_test (tc, test_gap);
  tcase_add_test (tc, test_excused_gap);
  return suite;
}

GST_CHECK_MAIN (continuity);
