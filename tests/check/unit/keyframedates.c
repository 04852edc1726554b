/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When a key frame is asked for: keyframedates.h.
 */
#include <gst/check/gstcheck.h>
#include "keyframedates.h"

static KeyFrameDates dates;

static gboolean
take (guint seconds, gboolean is_key_frame)
{
  return key_frame_dates_take_frame (&dates, seconds * GST_SECOND,
      is_key_frame);
}

static void
add (guint seconds)
{
  key_frame_dates_add (&dates, seconds * GST_SECOND);
}

GST_START_TEST (test_none)
{
  key_frame_dates_init (&dates);
  fail_if (take (0, FALSE));
  fail_if (take (100, FALSE));
}

GST_END_TEST;

GST_START_TEST (test_one)
{
  key_frame_dates_init (&dates);
  add (2);
  fail_if (take (1, FALSE));
  fail_if (take (1, TRUE));
  fail_if (key_frame_dates_take_frame (&dates, GST_CLOCK_TIME_NONE, FALSE));
  fail_unless (take (2, FALSE));
  fail_if (take (3, FALSE));
}

GST_END_TEST;

/* Frames may be left out; and one that comes by itself will do. */
GST_START_TEST (test_late)
{
  key_frame_dates_init (&dates);
  add (2);
  fail_unless (take (5, FALSE));
  add (6);
  fail_if (take (7, TRUE));
  fail_if (take (8, FALSE));
  add (3);
  fail_unless (take (9, FALSE));
}

GST_END_TEST;

GST_START_TEST (test_several)
{
  key_frame_dates_init (&dates);
  add (4);
  add (2);
  add (3);
  fail_unless (take (2, FALSE));
  fail_if (take (3, FALSE));
  fail_unless (take (4, FALSE));
  fail_if (take (5, FALSE));
  add (6);
  add (8);
  fail_unless (take (9, FALSE));
  fail_if (take (10, FALSE));
}

GST_END_TEST;

static Suite *
keyframedates_suite (void)
{
  Suite *suite = suite_create ("keyframedates");
  TCase *tests = tcase_create ("general");

  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_none);
  tcase_add_test (tests, test_one);
  tcase_add_test (tests, test_late);
  tcase_add_test (tests, test_several);
  return suite;
}

GST_CHECK_MAIN (keyframedates);
