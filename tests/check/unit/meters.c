/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is measured over time: meters.h.
 */
#include <gst/check/gstcheck.h>
#include "meters.h"

#define MS G_TIME_SPAN_MILLISECOND
#define START (1000 * G_TIME_SPAN_SECOND)

/* Rates */

GST_START_TEST (test_rate)
{
  RateMeter meter = { 0 };
  guint i;

  fail_unless_equals_uint64 (rate_meter_get (&meter, START), 0);
  for (i = 0; i < 300; i++)
    rate_meter_add (&meter, 40, START + i * 10 * MS);
  /* Of 100 in the last second, whenever one asks. */
  fail_unless_equals_uint64 (rate_meter_get (&meter, START + 3000 * MS), 4000);
  fail_unless_equals_uint64 (rate_meter_get (&meter, START + 2999 * MS), 4000);
  fail_unless_equals_uint64 (rate_meter_get (&meter, START + 3500 * MS), 2000);
  fail_unless_equals_uint64 (rate_meter_get (&meter, START + 4000 * MS), 0);
  fail_unless_equals_uint64 (rate_meter_get (&meter, START + 3500 * MS), 2000);
}

GST_END_TEST;

/* After a silence of any length nothing old counts. */
GST_START_TEST (test_rate_after_silence)
{
  static const gint64 silences[] = { 1100, 1200, 2300, 60000, 86400000 };
  RateMeter meter = { 0 };
  gint64 now = START;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (silences); i++) {
    rate_meter_add (&meter, 1000, now);
    now += silences[i] * MS;
    rate_meter_add (&meter, 7, now);
    fail_unless_equals_uint64 (rate_meter_get (&meter, now + 100 * MS), 7);
  }
}

GST_END_TEST;

/* What comes late counts as what came last. */
GST_START_TEST (test_rate_out_of_order)
{
  RateMeter meter = { 0 };

  rate_meter_add (&meter, 1, START + 100 * MS);
  rate_meter_add (&meter, 2, START);
  fail_unless_equals_uint64 (rate_meter_get (&meter, START + 200 * MS), 3);
  fail_unless_equals_uint64 (rate_meter_get (&meter, START - 5000 * MS), 0);
}

GST_END_TEST;

/* Arrivals */

static ArrivalMeter arrivals;

static void
take_numbers (gint first, gint last)
{
  gint i;

  for (i = first; i <= last; i++)
    fail_unless (arrival_meter_take (&arrivals, i), "%d", i);
}

static void
check_lost (guint64 n)
{
  fail_unless_equals_uint64 (arrivals.n_expected - arrivals.n_arrived, n);
}

static void
setup_arrivals (void)
{
  memset (&arrivals, 0, sizeof (arrivals));
}

GST_START_TEST (test_losses)
{
  setup_arrivals ();
  take_numbers (65000, 65530);
  check_lost (0);
  /* Over the end of the numbers. */
  take_numbers (65536 + 10, 65536 + 20);
  check_lost (15);
  take_numbers (65535, 65536 + 5);
  check_lost (8);
  fail_if (arrival_meter_take (&arrivals, 5));
  fail_if (arrival_meter_take (&arrivals, 65530));
  check_lost (8);
  take_numbers (22, 22 + 70000);
  check_lost (9);
}

GST_END_TEST;

GST_START_TEST (test_large_loss)
{
  setup_arrivals ();
  take_numbers (1, 10);
  take_numbers (2011, 2011);
  check_lost (2000);
  /* The oldest of these are given up. */
  take_numbers (1500, 2010);
  check_lost (1489);
  fail_if (arrival_meter_take (&arrivals, 11));
  check_lost (1489);
}

GST_END_TEST;

/* Who sends begins anew. */
GST_START_TEST (test_jumps)
{
  setup_arrivals ();
  take_numbers (100, 110);
  take_numbers (20000, 20010);
  take_numbers (5, 15);
  check_lost (0);
  fail_if (arrival_meter_take (&arrivals, 15));
  take_numbers (17, 17);
  check_lost (1);
}

GST_END_TEST;

/* Those before the first were none of ours. */
GST_START_TEST (test_early_ones)
{
  setup_arrivals ();
  take_numbers (100, 100);
  fail_if (arrival_meter_take (&arrivals, 99));
  fail_if (arrival_meter_take (&arrivals, 98));
  take_numbers (101, 103);
  check_lost (0);
}

GST_END_TEST;

/* Freezes */

static FreezeMeter freezes;
static gint64 now;

static void
take_frames (guint n, gint64 interval_ms)
{
  guint i;

  for (i = 0; i < n; i++) {
    now += interval_ms * MS;
    freeze_meter_take_frame (&freezes, now);
  }
}

static void
setup_freezes (void)
{
  memset (&freezes, 0, sizeof (freezes));
  now = START;
}

static void
check_freezes (guint64 n, gint64 total_ms)
{
  fail_unless_equals_uint64 (freezes.n_freezes, n);
  fail_unless_equals_int64 (freezes.total, total_ms * MS);
}

/* At 25 frames/s it's 190 ms, at 10 it's 300. */
GST_START_TEST (test_freeze)
{
  setup_freezes ();
  take_frames (40, 40);
  take_frames (1, 189);
  take_frames (40, 40);
  check_freezes (0, 0);
  take_frames (1, 190);
  take_frames (1, 40);
  check_freezes (1, 190);

  setup_freezes ();
  take_frames (40, 100);
  take_frames (1, 299);
  take_frames (40, 100);
  check_freezes (0, 0);
  take_frames (1, 300);
  take_frames (40, 100);
  take_frames (1, 5000);
  check_freezes (2, 5300);
}

GST_END_TEST;

/* The mean is that of the last 30. */
GST_START_TEST (test_freeze_after_a_change)
{
  setup_freezes ();
  take_frames (50, 200);
  take_frames (FREEZE_N_FRAMES, 20);
  check_freezes (0, 0);
  take_frames (1, 170);
  check_freezes (1, 170);
}

GST_END_TEST;

/* Nothing is usual yet. */
GST_START_TEST (test_no_freeze_at_the_start)
{
  setup_freezes ();
  take_frames (1, 40);
  take_frames (5, 900);
  check_freezes (0, 0);
  take_frames (1, 2700);
  check_freezes (1, 2700);
}

GST_END_TEST;

/* A mute is none, and what is usual stays so. */
GST_START_TEST (test_excuse)
{
  setup_freezes ();
  take_frames (30, 40);
  freeze_meter_excuse (&freezes);
  take_frames (1, 60000);
  take_frames (30, 40);
  check_freezes (0, 0);
  freeze_meter_excuse (&freezes);
  take_frames (1, 60000);
  take_frames (1, 500);
  check_freezes (1, 500);
}

GST_END_TEST;

/* States */

GST_START_TEST (test_states)
{
  StateTimes times = { 0 };

  fail_unless_equals_int64 (state_times_get (&times,
          GST_MATRIX_RTC_CONNECTION_STATE_INITIALIZED, START), 0);
  state_times_enter (&times, GST_MATRIX_RTC_CONNECTION_STATE_CONNECTING, START);
  state_times_enter (&times, GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED,
      START + 5);
  state_times_enter (&times, GST_MATRIX_RTC_CONNECTION_STATE_RECONNECTING,
      START + 30);
  state_times_enter (&times, GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED,
      START + 37);
  fail_unless_equals_int64 (state_times_get (&times,
          GST_MATRIX_RTC_CONNECTION_STATE_CONNECTING, START + 40), 5);
  fail_unless_equals_int64 (state_times_get (&times,
          GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED, START + 40), 28);
  fail_unless_equals_int64 (state_times_get (&times,
          GST_MATRIX_RTC_CONNECTION_STATE_RECONNECTING, START + 40), 7);
  fail_unless_equals_int64 (state_times_get (&times,
          GST_MATRIX_RTC_CONNECTION_STATE_FAILED, START + 40), 0);
}

GST_END_TEST;

static Suite *
meters_suite (void)
{
  Suite *suite = suite_create ("meters");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_rate);
  tcase_add_test (tc, test_rate_after_silence);
  tcase_add_test (tc, test_rate_out_of_order);
  tcase_add_test (tc, test_losses);
  tcase_add_test (tc, test_large_loss);
  tcase_add_test (tc, test_jumps);
  tcase_add_test (tc, test_early_ones);
  tcase_add_test (tc, test_freeze);
  tcase_add_test (tc, test_freeze_after_a_change);
  tcase_add_test (tc, test_no_freeze_at_the_start);
  tcase_add_test (tc, test_excuse);
  tcase_add_test (tc, test_states);
  return suite;
}

GST_CHECK_MAIN (meters);
