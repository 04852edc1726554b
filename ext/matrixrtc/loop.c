/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker thread of one element. All protocol state lives on it, so nothing
 * there needs a lock: other threads only post calls, which run in the order
 * they were posted.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "loop.h"

struct _MatrixRtcLoop
{
  GMainContext *context;
  GMainLoop *main_loop;
  GMutex lock;                  /* a leaf but for GLib's own */
  gboolean is_closed;           /* under lock: what is posted now never runs */
  /* Only the one who made the loop stops it, so only that thread reads this. */
  GThread *thread;
};

static gpointer
loop_thread (gpointer data)
{
  MatrixRtcLoop *loop = data;

  g_main_context_push_thread_default (loop->context);
  g_main_loop_run (loop->main_loop);
  g_mutex_lock (&loop->lock);
  loop->is_closed = TRUE;
  g_mutex_unlock (&loop->lock);
  /* Cancelled operations still have to report, or what they hold leaks. */
  while (g_main_context_iteration (loop->context, FALSE));
  g_main_context_pop_thread_default (loop->context);
  matrix_rtc_loop_unref (loop);
  return NULL;
}

MatrixRtcLoop *
matrix_rtc_loop_new (const gchar * name)
{
  MatrixRtcLoop *loop = g_atomic_rc_box_new0 (MatrixRtcLoop);

  g_mutex_init (&loop->lock);
  loop->context = g_main_context_new ();
  loop->main_loop = g_main_loop_new (loop->context, FALSE);
  loop->thread = g_thread_new (name, loop_thread, matrix_rtc_loop_ref (loop));
  return loop;
}

MatrixRtcLoop *
matrix_rtc_loop_ref (MatrixRtcLoop * loop)
{
  return g_atomic_rc_box_acquire (loop);
}

static void
loop_clear (MatrixRtcLoop * loop)
{
  g_main_loop_unref (loop->main_loop);
  g_main_context_unref (loop->context);
  g_mutex_clear (&loop->lock);
}

void
matrix_rtc_loop_unref (MatrixRtcLoop * loop)
{
  g_atomic_rc_box_release_full (loop, (GDestroyNotify) loop_clear);
}

static gboolean
loop_quit (gpointer data)
{
  MatrixRtcLoop *loop = data;

  g_main_loop_quit (loop->main_loop);
  return G_SOURCE_REMOVE;
}

/* Ends the thread and waits for it. From the thread itself (an application that
 * stops the pipeline from inside one of our signals) there is nothing to wait
 * for: the thread ends when it comes back from there. */
void
matrix_rtc_loop_stop (MatrixRtcLoop * loop)
{
  GThread *thread = g_steal_pointer (&loop->thread);

  if (thread == NULL)
    return;
  /* Posted, not called: a quit before the run would be forgotten. */
  matrix_rtc_loop_invoke (loop, loop_quit, loop, NULL);
  if (thread == g_thread_self ())
    g_thread_unref (thread);
  else
    g_thread_join (thread);
}

/* Runs @func once on the worker thread, also if called from there: a call never
 * runs inside another. After the loop has ended only @notify is called: a source
 * that nobody runs would keep @data, and what it holds, for ever. */
void
matrix_rtc_loop_invoke (MatrixRtcLoop * loop, GSourceFunc func, gpointer data,
    GDestroyNotify notify)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, data, notify);
  g_mutex_lock (&loop->lock);
  if (!loop->is_closed)
    g_source_attach (source, loop->context);
  g_mutex_unlock (&loop->lock);
}

static GSource *
add_timeout (GMainContext * context, guint interval_ms, GSourceFunc func,
    gpointer data)
{
  GSource *source = g_timeout_source_new (interval_ms);

  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, context);
  return source;
}

/* The caller owns the returned source; see matrix_rtc_clear_source(). */
GSource *
matrix_rtc_loop_add_timeout (MatrixRtcLoop * loop, guint interval_ms,
    GSourceFunc func, gpointer data)
{
  return add_timeout (loop->context, interval_ms, func, data);
}

/* The same, on the loop that the calling thread runs. */
GSource *
matrix_rtc_add_timeout (guint interval_ms, GSourceFunc func, gpointer data)
{
  return add_timeout (g_main_context_get_thread_default (), interval_ms, func,
      data);
}

gboolean
matrix_rtc_loop_is_current (MatrixRtcLoop * loop)
{
  return g_main_context_is_owner (loop->context);
}

void
matrix_rtc_clear_source (GSource ** source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}
