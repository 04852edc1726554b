/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker thread of one element: loop.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "loop.h"

#define N_CALLS 1000
#define N_THREADS 4
#define LIMIT (30 * G_TIME_SPAN_SECOND)

/* What the calls under test write; the lock is for wait_for(). */
typedef struct
{
  MatrixRtcLoop *loop;
  GMutex lock;
  GCond cond;
  guint n_run;
  guint n_freed;
  guint next[N_THREADS];
  gboolean on_loop;
  gboolean out_of_order;
  GThread *thread;
} Fixture;

static Fixture fixture;

static void
setup (void)
{
  memset (&fixture, 0, sizeof (fixture));
  g_mutex_init (&fixture.lock);
  g_cond_init (&fixture.cond);
  fixture.loop = matrix_rtc_loop_new ("test");
}

static void
teardown (void)
{
  matrix_rtc_loop_stop (fixture.loop);
  matrix_rtc_loop_unref (fixture.loop);
  g_mutex_clear (&fixture.lock);
  g_cond_clear (&fixture.cond);
}

static void
count (guint * counter)
{
  g_mutex_lock (&fixture.lock);
  (*counter)++;
  g_cond_signal (&fixture.cond);
  g_mutex_unlock (&fixture.lock);
}

static void
wait_for (const guint * counter, guint value)
{
  gint64 end = g_get_monotonic_time () + LIMIT;

  g_mutex_lock (&fixture.lock);
  while (*counter < value) {
    if (!g_cond_wait_until (&fixture.cond, &fixture.lock, end))
      break;
  }
  fail_unless (*counter == value, "%u instead of %u", *counter, value);
  g_mutex_unlock (&fixture.lock);
}

static gboolean
on_call (gpointer data)
{
  fixture.on_loop = matrix_rtc_loop_is_current (fixture.loop);
  fixture.thread = g_thread_self ();
  count (&fixture.n_run);
  return G_SOURCE_REMOVE;
}

static void
on_freed (gpointer data)
{
  count (&fixture.n_freed);
}

GST_START_TEST (test_thread)
{
  fail_if (matrix_rtc_loop_is_current (fixture.loop),
      "the main thread is the worker");
  matrix_rtc_loop_invoke (fixture.loop, on_call, NULL, on_freed);
  wait_for (&fixture.n_run, 1);
  wait_for (&fixture.n_freed, 1);
  fail_unless (fixture.on_loop, "the call ran outside of the worker");
  fail_unless (fixture.thread != g_thread_self ());
}

GST_END_TEST;

/* A call: which thread posted it, and as which of its own. */
static gboolean
on_ordered (gpointer data)
{
  guint call = GPOINTER_TO_UINT (data);
  guint *next = &fixture.next[call / N_CALLS];

  if (*next != call % N_CALLS)
    fixture.out_of_order = TRUE;
  (*next)++;
  count (&fixture.n_run);
  return G_SOURCE_REMOVE;
}

static gpointer
post_ordered (gpointer data)
{
  guint first = GPOINTER_TO_UINT (data) * N_CALLS;
  guint i;

  for (i = 0; i < N_CALLS; i++)
    matrix_rtc_loop_invoke (fixture.loop, on_ordered,
        GUINT_TO_POINTER (first + i), on_freed);
  return NULL;
}

/* Calls run in the order they were posted, seen from each who posts. */
GST_START_TEST (test_order)
{
  GThread *threads[N_THREADS];
  guint i;

  for (i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("post", post_ordered, GUINT_TO_POINTER (i));
  for (i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  wait_for (&fixture.n_freed, N_THREADS * N_CALLS);
  fail_unless_equals_int (fixture.n_run, N_THREADS * N_CALLS);
  fail_if (fixture.out_of_order, "a call overtook another");
}

GST_END_TEST;

static gboolean
on_nesting (gpointer data)
{
  matrix_rtc_loop_invoke (fixture.loop, on_call, NULL, on_freed);
  fixture.out_of_order = fixture.n_run > 0;
  return G_SOURCE_REMOVE;
}

/* A call never runs inside another. */
GST_START_TEST (test_nested)
{
  matrix_rtc_loop_invoke (fixture.loop, on_nesting, NULL, NULL);
  wait_for (&fixture.n_run, 1);
  fail_if (fixture.out_of_order, "a call ran inside another");
}

GST_END_TEST;

/* All that was posted before the stop is run, nothing afterwards; data is freed
 * in any case. */
GST_START_TEST (test_stop)
{
  guint i;

  for (i = 0; i < N_CALLS; i++)
    matrix_rtc_loop_invoke (fixture.loop, on_call, NULL, on_freed);
  matrix_rtc_loop_stop (fixture.loop);
  fail_unless_equals_int (fixture.n_run, N_CALLS);
  fail_unless_equals_int (fixture.n_freed, N_CALLS);

  matrix_rtc_loop_invoke (fixture.loop, on_call, NULL, on_freed);
  matrix_rtc_loop_stop (fixture.loop);
  matrix_rtc_loop_unref (fixture.loop);
  fail_unless_equals_int (fixture.n_run, N_CALLS);
  fail_unless_equals_int (fixture.n_freed, N_CALLS + 1);
  fixture.loop = matrix_rtc_loop_new ("teardown");
}

GST_END_TEST;

GST_START_TEST (test_stop_at_once)
{
  guint i;

  for (i = 0; i < 200; i++) {
    g_autoptr (MatrixRtcLoop) loop = matrix_rtc_loop_new ("short");

    matrix_rtc_loop_stop (loop);
  }
}

GST_END_TEST;

static gboolean
on_stop_inside (gpointer data)
{
  MatrixRtcLoop *loop = data;

  matrix_rtc_loop_stop (loop);
  matrix_rtc_loop_unref (loop);
  count (&fixture.n_run);
  return G_SOURCE_REMOVE;
}

/* From inside there is nothing to wait for, and the last reference may go. */
GST_START_TEST (test_stop_inside)
{
  MatrixRtcLoop *loop = matrix_rtc_loop_new ("inside");

  matrix_rtc_loop_invoke (loop, on_stop_inside, loop, on_freed);
  wait_for (&fixture.n_run, 1);
  wait_for (&fixture.n_freed, 1);
}

GST_END_TEST;

static gboolean
on_posting_stop (gpointer data)
{
  MatrixRtcLoop *loop = data;

  matrix_rtc_loop_stop (loop);
  matrix_rtc_loop_invoke (loop, on_call, NULL, on_freed);
  matrix_rtc_loop_unref (loop);
  return G_SOURCE_REMOVE;
}

/* What is posted behind the quit may run or not, but its data is freed. */
GST_START_TEST (test_post_after_stop_inside)
{
  MatrixRtcLoop *loop = matrix_rtc_loop_new ("inside");

  matrix_rtc_loop_invoke (loop, on_posting_stop, loop, NULL);
  wait_for (&fixture.n_freed, 1);
}

GST_END_TEST;

GST_START_TEST (test_timeout)
{
  GSource *source =
      matrix_rtc_loop_add_timeout (fixture.loop, 0, on_call, NULL);

  wait_for (&fixture.n_run, 1);
  fail_unless (fixture.on_loop, "the timer ran outside of the worker");
  matrix_rtc_clear_source (&source);
  fail_unless (source == NULL, "the source wasn't cleared");
  matrix_rtc_clear_source (&source);
}

GST_END_TEST;

static gboolean
on_adding (gpointer data)
{
  GSource **source = data;

  *source = matrix_rtc_add_timeout (0, on_call, NULL);
  return G_SOURCE_REMOVE;
}

/* Who doesn't know the loop is on it all the same. */
GST_START_TEST (test_timeout_of_thread)
{
  GSource *source = NULL;

  matrix_rtc_loop_invoke (fixture.loop, on_adding, &source, NULL);
  wait_for (&fixture.n_run, 1);
  fail_unless (fixture.on_loop, "the timer ran outside of the worker");
  matrix_rtc_clear_source (&source);
}

GST_END_TEST;

/* Timers that are left end with the loop. */
GST_START_TEST (test_timeout_left)
{
  GSource *source =
      matrix_rtc_loop_add_timeout (fixture.loop, G_MAXINT, on_call, NULL);

  matrix_rtc_loop_stop (fixture.loop);
  fail_unless_equals_int (fixture.n_run, 0);
  matrix_rtc_clear_source (&source);
}

GST_END_TEST;

static Suite *
loop_suite (void)
{
  Suite *suite = suite_create ("loop");
  TCase *tc = tcase_create ("loop");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_thread);
  tcase_add_test (tc, test_order);
  tcase_add_test (tc, test_nested);
  tcase_add_test (tc, test_stop);
  tcase_add_test (tc, test_stop_at_once);
  tcase_add_test (tc, test_stop_inside);
  tcase_add_test (tc, test_post_after_stop_inside);
  tcase_add_test (tc, test_timeout);
  tcase_add_test (tc, test_timeout_of_thread);
  tcase_add_test (tc, test_timeout_left);
  return suite;
}

GST_CHECK_MAIN (loop);
