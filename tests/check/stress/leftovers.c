/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects are told by GStreamer's leaks tracer, threads by the kernel.
 */
#include "leftovers.h"

#include <gst/check/gstcheck.h>
#include <gst/gsttracer.h>
#include <unistd.h>

/* How long a thread may take to end that nobody joins. */
#define END_LIMIT_US (20 * G_USEC_PER_SEC)
#define LOOK_INTERVAL_US 20000

/* GLib's and GStreamer's own for the life of the process, or until they were idle
 * for a while. "pool-" are threads of thread pools. */
static const gchar *const lasting_threads[] = {
  "gmain", "gdbus", "dconf worker", "pool-", "GstSystemClock",
#ifdef __SANITIZE_THREAD__
  "stress-states",              /* ThreadSanitizer's has the program's name */
#endif
  NULL
};

/* Before GStreamer is initialised. The tracer has a thread, and ThreadSanitizer
 * can't follow a process that forks with one. */
void
leftovers_init (void)
{
  g_setenv ("GST_TRACERS", "leaks", FALSE);
#ifdef __SANITIZE_THREAD__
  g_setenv ("CK_FORK", "no", TRUE);
#endif
}

/* Objects */

static GstTracer *
find_leaks_tracer (void)
{
  GList *tracers = gst_tracing_get_active_tracers ();
  GstTracer *found = NULL;
  GList *item;

  for (item = tracers; item != NULL; item = item->next) {
    if (g_str_equal (G_OBJECT_TYPE_NAME (item->data), "GstLeaksTracer"))
      found = gst_object_ref (item->data);
  }
  g_list_free_full (tracers, gst_object_unref);
  fail_unless (found != NULL, "no leaks tracer");
  return found;
}

/* The DTLS plugin keeps an agent for the life of the process. */
static gboolean
is_leak (const GValue * object)
{
  return !g_str_equal (G_VALUE_TYPE_NAME (object), "GstDtlsAgent");
}

/* The types of all objects that are alive. The tracer's list is kept: it has no
 * references of its own, but would drop some. Nor are the objects looked at, which
 * may be about to go. */
static gchar *
describe_objects (GstTracer * tracer)
{
  GString *text = g_string_new (NULL);
  GstStructure *info = NULL;
  const GValue *list;
  guint i;

  g_signal_emit_by_name (tracer, "get-live-objects", &info);
  list = gst_structure_get_value (info, "live-objects-list");
  for (i = 0; i < gst_value_list_get_size (list); i++) {
    const GstStructure *leak =
        gst_value_get_structure (gst_value_list_get_value (list, i));
    const GValue *object = gst_structure_get_value (leak, "object");

    if (is_leak (object))
      g_string_append_printf (text, "%s\n", G_VALUE_TYPE_NAME (object));
  }
  return g_string_free (text, FALSE);
}

/* Threads */

static gboolean
is_lasting (const gchar * name)
{
  guint i;

  for (i = 0; lasting_threads[i] != NULL; i++) {
    if (g_str_has_prefix (name, lasting_threads[i]))
      return TRUE;
  }
  return FALSE;
}

/* One line for each thread that is neither the one that asks nor lasts. */
static gchar *
describe_threads (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  g_autofree gchar *self = g_strdup_printf ("%d", getpid ());
  GString *text = g_string_new (NULL);
  const gchar *task;

  while (tasks != NULL && (task = g_dir_read_name (tasks)) != NULL) {
    g_autofree gchar *path =
        g_build_filename ("/proc/self/task", task, "comm", NULL);
    g_autofree gchar *name = NULL;

    if (!g_str_equal (task, self)
        && g_file_get_contents (path, &name, NULL, NULL) && !is_lasting (name))
      g_string_append (text, name);
  }
  return g_string_free (text, FALSE);
}

/* What isn't a leak by is_leak() would make the tracer fail the test at exit. */
static void
ignore_at_exit (void)
{
  gst_check_add_log_filter (NULL, G_LOG_LEVEL_WARNING,
      g_regex_new ("^Leaks detected", 0, 0, NULL), NULL, NULL, NULL);
}

/* With all that the tracer knows of them under GST_DEBUG=GST_TRACER:7, which is
 * where they came from if GST_TRACERS asks for it. */
static void
fail_with (GstTracer * tracer, const gchar * objects, const gchar * threads)
{
  g_signal_emit_by_name (tracer, "log-live-objects");
  fail ("still alive:\n%sthreads:\n%s", objects, threads);
}

/* Some threads end by themselves and have nobody to tell: that is looked for again
 * and again. */
void
leftovers_check (void)
{
  g_autoptr (GstTracer) tracer = find_leaks_tracer ();
  gint64 deadline = g_get_monotonic_time () + END_LIMIT_US;

  ignore_at_exit ();
  gst_task_cleanup_all ();
  while (TRUE) {
    g_autofree gchar *objects = describe_objects (tracer);
    g_autofree gchar *threads = describe_threads ();

    if (*objects == '\0' && *threads == '\0')
      return;
    if (g_get_monotonic_time () > deadline)
      fail_with (tracer, objects, threads);
    g_usleep (LOOK_INTERVAL_US);
  }
}
