/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * So many things a second: ratelimit.h.
 */
#include <gst/check/gstcheck.h>
#include "ratelimit.h"

#define SECOND G_USEC_PER_SEC

static guint
take_all (RateLimit * limit, guint per_second, gint64 now)
{
  guint n = 0;

  while (rate_limit_take (limit, per_second, now))
    n++;
  return n;
}

GST_START_TEST (test_burst)
{
  RateLimit limit = { 0 };

  fail_unless_equals_int (take_all (&limit, 10, 0), 10);
  fail_unless_equals_int (take_all (&limit, 10, SECOND / 10 - 1), 0);
  fail_unless_equals_int (take_all (&limit, 10, SECOND / 10), 1);
  fail_unless_equals_int (take_all (&limit, 10, SECOND / 2), 4);
  /* What wasn't used up for a long time isn't saved. */
  fail_unless_equals_int (take_all (&limit, 10, 100 * SECOND), 10);
}

GST_END_TEST;

/* Whoever keeps to the rate is never refused, whenever that begins. */
GST_START_TEST (test_steady)
{
  RateLimit limit = { 0 };
  gint64 now = G_GINT64_CONSTANT (1000000) * SECOND;
  guint i;

  for (i = 0; i < 1000; i++, now += SECOND / 10)
    fail_unless (rate_limit_take (&limit, 10, now), "number %u", i);
}

GST_END_TEST;

/* What is refused doesn't count: after a flood it goes on as before. */
GST_START_TEST (test_flood)
{
  RateLimit limit = { 0 };
  gint64 now;
  guint n = 0;

  for (now = 0; now < 10 * SECOND; now += SECOND / 1000)
    n += rate_limit_take (&limit, 100, now);
  fail_unless (n >= 1099 && n <= 1100, "%u in ten seconds", n);
}

GST_END_TEST;

static Suite *
ratelimit_suite (void)
{
  Suite *suite = suite_create ("ratelimit");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_burst);
  tcase_add_test (tc, test_steady);
  tcase_add_test (tc, test_flood);
  return suite;
}

GST_CHECK_MAIN (ratelimit);
