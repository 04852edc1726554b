/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much streams are put off: rtc/alignment.h.
 */
#include <gst/check/gstcheck.h>
#include "rtc/alignment.h"

#define MS G_GINT64_CONSTANT (1000000)
#define S (1000 * MS)

/* Clocks count from 1900, running time from the start. */
#define CLOCK (-4000000000 * S)

enum
{
  ANA_AUDIO = 1,
  ANA_VIDEO,
  BOB_AUDIO,
  BOB_VIDEO,
  N_SSRCS
};

static RtcAlignment *alignment;
static gint64 offsets[N_SSRCS];
static gint64 now;

static void
setup (void)
{
  alignment = rtc_alignment_new ();
  rtc_alignment_set_sender (alignment, ANA_AUDIO, "ana");
  rtc_alignment_set_sender (alignment, ANA_VIDEO, "ana");
  rtc_alignment_set_sender (alignment, BOB_AUDIO, "bob");
  rtc_alignment_set_sender (alignment, BOB_VIDEO, "bob");
  memset (offsets, -1, sizeof (offsets));
  now = 1;
}

static void
teardown (void)
{
  rtc_alignment_free (alignment);
}

static void
note (guint32 ssrc, gint64 offset, gpointer user_data)
{
  fail_unless (offset >= 0);
  offsets[ssrc] = offset;
}

/* A report of @ssrc, and what comes of it for all. */
static void
report (guint32 ssrc, gint64 lateness)
{
  rtc_alignment_take_report (alignment, ssrc, lateness, now);
  rtc_alignment_foreach (alignment, ssrc, note, NULL);
}

static void
check (guint32 ssrc, gint64 offset)
{
  fail_unless (offsets[ssrc] == offset, "%u is put off by %" G_GINT64_FORMAT,
      ssrc, offsets[ssrc]);
}

GST_START_TEST (test_one_alone)
{
  report (ANA_AUDIO, CLOCK + 30 * MS);
  check (ANA_AUDIO, 0);
  check (ANA_VIDEO, -1);
}

GST_END_TEST;

GST_START_TEST (test_latest_counts)
{
  report (ANA_AUDIO, CLOCK + 180 * MS);
  report (ANA_VIDEO, CLOCK + 30 * MS);
  check (ANA_AUDIO, 0);
  check (ANA_VIDEO, 150 * MS);
  report (ANA_AUDIO, CLOCK + 80 * MS);
  check (ANA_VIDEO, 50 * MS);
  report (ANA_VIDEO, CLOCK + 280 * MS);
  check (ANA_AUDIO, 200 * MS);
  check (ANA_VIDEO, 0);
}

GST_END_TEST;

GST_START_TEST (test_latest_goes)
{
  report (ANA_AUDIO, CLOCK + 180 * MS);
  report (ANA_VIDEO, CLOCK + 30 * MS);
  rtc_alignment_remove (alignment, ANA_AUDIO);
  rtc_alignment_foreach (alignment, ANA_VIDEO, note, NULL);
  check (ANA_VIDEO, 0);
  report (ANA_AUDIO, CLOCK + 500 * MS);
  check (ANA_VIDEO, 0);
}

GST_END_TEST;

GST_START_TEST (test_one_clock)
{
  report (ANA_AUDIO, CLOCK + 30 * MS);
  report (BOB_AUDIO, CLOCK + 230 * MS);
  check (ANA_AUDIO, 200 * MS);
  check (BOB_AUDIO, 0);
  report (BOB_VIDEO, CLOCK + 50 * MS);
  check (ANA_AUDIO, 200 * MS);
  check (BOB_VIDEO, 180 * MS);
}

GST_END_TEST;

GST_START_TEST (test_two_clocks)
{
  report (ANA_AUDIO, CLOCK + 180 * MS);
  report (ANA_VIDEO, CLOCK + 30 * MS);
  report (BOB_AUDIO, CLOCK + 3 * S);
  report (BOB_VIDEO, CLOCK + 3 * S + 20 * MS);
  check (ANA_VIDEO, 150 * MS);
  check (ANA_AUDIO, 0);
  check (BOB_AUDIO, 20 * MS);
  check (BOB_VIDEO, 0);
}

GST_END_TEST;

/* At the limit of what is one clock nobody is thrown to and fro. */
GST_START_TEST (test_clocks_nearly_apart)
{
  guint i;

  report (ANA_AUDIO, CLOCK);
  report (BOB_AUDIO, CLOCK + 245 * MS);
  for (i = 0; i < 10; i++) {
    report (BOB_AUDIO, CLOCK + (240 + 5 * i) * MS);
    check (ANA_AUDIO, (240 + 5 * (gint64) i) * MS);
  }
  report (BOB_AUDIO, CLOCK + 600 * MS);
  report (ANA_AUDIO, CLOCK);
  check (ANA_AUDIO, 0);
  check (BOB_AUDIO, 0);
}

GST_END_TEST;

GST_START_TEST (test_wrong_report)
{
  report (ANA_AUDIO, CLOCK);
  report (ANA_VIDEO, CLOCK + 50 * MS);
  check (ANA_AUDIO, 50 * MS);
  report (ANA_VIDEO, 0);
  check (ANA_AUDIO, 50 * MS);
  report (BOB_AUDIO, CLOCK + 20 * MS);
  check (BOB_AUDIO, 0);
  report (ANA_VIDEO, CLOCK + 30 * MS);
  check (ANA_AUDIO, 30 * MS);
}

GST_END_TEST;

GST_START_TEST (test_extremes)
{
  static const gint64 extremes[] = { G_MININT64, G_MAXINT64, 0, G_MININT64 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (extremes); i++) {
    now += 20 * G_USEC_PER_SEC;
    report (BOB_VIDEO, extremes[i]);
    report (ANA_AUDIO, extremes[i]);
    report (ANA_VIDEO, extremes[G_N_ELEMENTS (extremes) - 1 - i]);
    report (BOB_AUDIO, extremes[(i + 1) % G_N_ELEMENTS (extremes)]);
  }
}

GST_END_TEST;

/* Nobody's SSRC, and one that nothing is known of yet. */
GST_START_TEST (test_unknown)
{
  rtc_alignment_take_report (alignment, 99, CLOCK, now);
  rtc_alignment_foreach (alignment, 99, note, NULL);
  rtc_alignment_foreach (alignment, ANA_AUDIO, note, NULL);
  rtc_alignment_remove (alignment, 99);
  check (ANA_AUDIO, -1);
}

GST_END_TEST;

/* The microphone is off for an hour, in which the clocks part by 200 ppm. */
GST_START_TEST (test_drift_while_muted)
{
  guint i;

  report (ANA_AUDIO, CLOCK + 180 * MS);
  report (ANA_VIDEO, CLOCK + 30 * MS);
  for (i = 1; i <= 1200; i++) {
    now += 3 * G_USEC_PER_SEC;
    report (ANA_VIDEO, CLOCK + 30 * MS + i * 600000);
    fail_unless (ABS (offsets[ANA_VIDEO] - 150 * MS) <= 4 * MS);
  }
  report (ANA_AUDIO, CLOCK + 180 * MS + 720 * MS);
  check (ANA_AUDIO, 0);
  check (ANA_VIDEO, 150 * MS);
}

GST_END_TEST;

/* It takes the drift of one at a time, of whoever is there. */
GST_START_TEST (test_drift_of_others)
{
  gint64 drift = 0;
  guint i;

  report (ANA_AUDIO, CLOCK + 180 * MS);
  report (ANA_VIDEO, CLOCK + 30 * MS);
  report (BOB_AUDIO, CLOCK + 30 * MS);
  report (BOB_VIDEO, CLOCK + 30 * MS);
  for (i = 1; i <= 1200; i++) {
    now += 3 * G_USEC_PER_SEC;
    drift += 600000;
    report (ANA_VIDEO, CLOCK + 30 * MS + drift);
    report (BOB_VIDEO, CLOCK + 30 * MS + drift);
    if (i == 300)
      rtc_alignment_remove (alignment, ANA_VIDEO);
    fail_unless (ABS (offsets[BOB_VIDEO] - 150 * MS) <= 8 * MS);
  }
}

GST_END_TEST;

static Suite *
alignment_suite (void)
{
  Suite *suite = suite_create ("alignment");
  TCase *tc = tcase_create ("general");

  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_one_alone);
  tcase_add_test (tc, test_latest_counts);
  tcase_add_test (tc, test_latest_goes);
  tcase_add_test (tc, test_one_clock);
  tcase_add_test (tc, test_two_clocks);
  tcase_add_test (tc, test_clocks_nearly_apart);
  tcase_add_test (tc, test_wrong_report);
  tcase_add_test (tc, test_extremes);
  tcase_add_test (tc, test_unknown);
  tcase_add_test (tc, test_drift_while_muted);
  tcase_add_test (tc, test_drift_of_others);
  suite_add_tcase (suite, tc);
  return suite;
}

GST_CHECK_MAIN (alignment);
