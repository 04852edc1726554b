/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much data a call bears: datalimits.h.
 */
#include <gst/check/gstcheck.h>
#include "datalimits.h"

#define SECOND G_USEC_PER_SEC
#define SIZE (64 * 1024)

static DataLimits *limits;
static GPtrArray *held;

static void
setup (void)
{
  limits = data_limits_new ();
  held = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

static void
teardown (void)
{
  g_ptr_array_unref (held);
  data_limits_unref (limits);
}

static gboolean
hold (gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (size), size);
  GBytes *same = data_limits_hold (limits, bytes);

  if (same == NULL)
    return FALSE;
  fail_unless (g_bytes_equal (same, bytes));
  g_ptr_array_add (held, same);
  return TRUE;
}

static guint
hold_all (gsize size)
{
  guint n = 0;

  while (hold (size))
    n++;
  return n;
}

/* 4 MiB of payloads, each with 1 KiB of its own. */
GST_START_TEST (test_hold)
{
  fail_unless_equals_int (hold_all (SIZE), 4096 / 65);
  fail_unless_equals_int (hold_all (0), 4096 % 65);
  g_ptr_array_set_size (held, 1);
  fail_unless_equals_int (hold_all (SIZE), 4096 / 65 - 1);
  g_ptr_array_set_size (held, 0);
  fail_unless_equals_int (hold_all (0), 4096);
}

GST_END_TEST;

/* An application may keep what it got for longer than the call. */
GST_START_TEST (test_outlive)
{
  fail_unless (hold (SIZE));
  data_limits_unref (limits);
  limits = data_limits_new ();
  g_ptr_array_set_size (held, 0);
  fail_unless (hold (SIZE));
}

GST_END_TEST;

GST_START_TEST (test_admit)
{
  guint n = 0;

  while (data_limits_admit (limits, SECOND))
    n++;
  fail_unless_equals_int (n, 1000);
  fail_unless (data_limits_admit (limits, SECOND + SECOND / 1000));
  fail_if (data_limits_admit (limits, SECOND + SECOND / 1000));
}

GST_END_TEST;

/* A flood is over when nothing was dropped for ten seconds. */
GST_START_TEST (test_floods)
{
  fail_unless_equals_uint64 (data_limits_get_n_dropped (limits), 0);
  fail_unless (data_limits_count_drop (limits, SECOND));
  fail_if (data_limits_count_drop (limits, SECOND));
  fail_if (data_limits_count_drop (limits, 11 * SECOND));
  fail_if (data_limits_count_drop (limits, 21 * SECOND));
  fail_unless (data_limits_count_drop (limits, 31 * SECOND + 1));
  fail_unless_equals_uint64 (data_limits_get_n_dropped (limits), 5);
}

GST_END_TEST;

static Suite *
datalimits_suite (void)
{
  Suite *suite = suite_create ("datalimits");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_hold);
  tcase_add_test (tc, test_outlive);
  tcase_add_test (tc, test_admit);
  tcase_add_test (tc, test_floods);
  return suite;
}

GST_CHECK_MAIN (datalimits);
