/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which tracks nobody takes: demand.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "demand.h"

static void
expect_unwanted (Demand * demand, gint64 now, const gchar * expected)
{
  g_autoptr (GHashTable) sids = demand_get_unwanted (demand, now);
  g_auto (GStrv) words = g_strsplit (expected, " ", -1);
  guint i, n = *expected == '\0' ? 0 : g_strv_length (words);

  fail_unless_equals_int (g_hash_table_size (sids), n);
  for (i = 0; i < n; i++)
    fail_unless (g_hash_table_contains (sids, words[i]));
}

GST_START_TEST (test_patience)
{
  g_autoptr (Demand) demand = demand_new (200);

  expect_unwanted (demand, 1000, "");
  fail_unless_equals_int64 (demand_get_next_change (demand, 1000), -1);
  fail_unless (demand_set_used (demand, "a", FALSE, 1000));
  fail_unless (demand_set_used (demand, "b", FALSE, 1100));
  fail_unless_equals_int64 (demand_get_next_change (demand, 1100), 1200);
  expect_unwanted (demand, 1199, "");
  expect_unwanted (demand, 1200, "a");
  fail_unless_equals_int64 (demand_get_next_change (demand, 1200), 1300);
  expect_unwanted (demand, 1300, "a b");
  fail_unless_equals_int64 (demand_get_next_change (demand, 1300), -1);
  fail_unless (demand_set_used (demand, "a", TRUE, 1400));
  expect_unwanted (demand, 2000, "b");
}

GST_END_TEST;

/* What is said again changes nothing: it has been so for as long. */
GST_START_TEST (test_again)
{
  g_autoptr (Demand) demand = demand_new (200);

  fail_if (demand_set_used (demand, "a", TRUE, 1000));
  fail_unless (demand_set_used (demand, "a", FALSE, 1000));
  fail_if (demand_set_used (demand, "a", FALSE, 1150));
  expect_unwanted (demand, 1200, "a");
  /* Taken for a moment: from the start. */
  fail_unless (demand_set_used (demand, "a", TRUE, 1250));
  fail_unless (demand_set_used (demand, "a", FALSE, 1250));
  expect_unwanted (demand, 1449, "");
  expect_unwanted (demand, 1450, "a");
}

GST_END_TEST;

static gboolean
is_a (gpointer sid, gpointer value, gpointer user_data)
{
  return g_str_equal (sid, "a");
}

GST_START_TEST (test_forget)
{
  g_autoptr (Demand) demand = demand_new (200);

  demand_set_used (demand, "a", FALSE, 0);
  demand_set_used (demand, "b", FALSE, 0);
  demand_forget (demand, is_a, NULL);
  expect_unwanted (demand, 1000, "b");
}

GST_END_TEST;

static Suite *
demand_suite (void)
{
  Suite *suite = suite_create ("demand");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_patience);
  tcase_add_test (tc, test_again);
  tcase_add_test (tc, test_forget);
  return suite;
}

GST_CHECK_MAIN (demand);
