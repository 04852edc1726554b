/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shows who is in a call and how well it comes here, one line for each participant,
 * anew each second.
 *
 *   call-monitor PROPERTY=VALUE...
 *
 * The properties are those of matrixrtcsrc, for example homeserver=...,
 * access-token-file=... and room-id=... . Ends with the
 * call, or on an interrupt. What isn't a terminal gets line after line.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <glib-unix.h>
#include <gst/gst.h>
#include "callsource.h"

#define NAME_LENGTH 20
#define CLEAR_TERMINAL "\033[H\033[J"

typedef struct
{
  GMainLoop *loop;
  GstElement *pipeline;
  GstElement *src;
  gboolean is_terminal;
  GHashTable *speakers;         /* identities */
  GHashTable *qualities;        /* identity -> word */
  GstStructure *last;           /* statistics of the time before */
  int status;
} Monitor;

/* Lists of structures */

static guint
list_length (const GstStructure * structure, const gchar * field)
{
  const GValue *list = gst_structure_get_value (structure, field);

  return list == NULL ? 0 : gst_value_list_get_size (list);
}

static const GstStructure *
list_item (const GstStructure * structure, const gchar * field, guint i)
{
  return gst_value_get_structure (gst_value_list_get_value
      (gst_structure_get_value (structure, field), i));
}

/* The first in the list with this text, or NULL. */
static const GstStructure *
list_find (const GstStructure * structure, const gchar * list,
    const gchar * field, const gchar * text)
{
  guint i;

  for (i = 0; i < list_length (structure, list); i++) {
    const GstStructure *item = list_item (structure, list, i);

    if (g_strcmp0 (gst_structure_get_string (item, field), text) == 0)
      return item;
  }
  return NULL;
}

static guint64
get_count (const GstStructure * structure, const gchar * field)
{
  guint64 count = 0;

  if (structure != NULL)
    gst_structure_get_uint64 (structure, field, &count);
  return count;
}

/* One line */

/* Others choose their names: nothing in them moves the cursor. */
static gchar *
make_printable (const gchar * name)
{
  GString *text = g_string_new (NULL);
  glong i;

  for (i = 0; *name != '\0' && i < NAME_LENGTH; i++) {
    gunichar c = g_utf8_get_char (name);

    g_string_append_unichar (text, g_unichar_isprint (c) ? c : '?');
    name = g_utf8_next_char (name);
  }
  for (; i < NAME_LENGTH; i++)
    g_string_append_c (text, ' ');
  return g_string_free (text, FALSE);
}

/* Percent of the packets since the time before. */
static gdouble
get_loss (Monitor * monitor, const GstStructure * track)
{
  const GstStructure *before = list_find (monitor->last, "tracks", "track-sid",
      gst_structure_get_string (track, "track-sid"));
  gdouble lost = (gdouble) get_count (track, "packets-lost")
      - get_count (before, "packets-lost");
  gdouble received = (gdouble) get_count (track, "packets-received")
      - get_count (before, "packets-received");

  return lost <= 0 || received < 0 ? 0 : 100 * lost / (lost + received);
}

static void
append_pictures (GString * line, const GstStructure * track)
{
  gdouble fps = 0;
  guint width, height;

  gst_structure_get_double (track, "frames-per-second", &fps);
  g_string_append_printf (line, " %2.0f fps", fps);
  if (gst_structure_get (track, "frame-width", G_TYPE_UINT, &width,
          "frame-height", G_TYPE_UINT, &height, NULL))
    g_string_append_printf (line, " x %ux%u", width, height);
}

static const gchar *
get_nick (const GValue * value)
{
  GEnumClass *klass = g_type_class_ref (G_VALUE_TYPE (value));
  const gchar *nick =
      g_enum_get_value (klass, g_value_get_enum (value))->value_nick;

  g_type_class_unref (klass);
  return nick;
}

static const gchar *
get_title (const GstStructure * published)
{
  const gchar *source =
      get_nick (gst_structure_get_value (published, "source"));

  if (g_str_equal (source, "screen-share"))
    return "screen";
  if (g_str_equal (source, "screen-share-audio"))
    return "screen's audio";
  return gst_structure_get_string (published, "kind");
}

/* @published is what the publisher tells of the track, @stats what is received. */
static void
append_track (Monitor * monitor, GString * line,
    const GstStructure * published, const GstStructure * stats)
{
  const GstStructure *track = list_find (stats, "tracks", "track-sid",
      gst_structure_get_string (published, "sid"));
  gboolean muted = FALSE;

  gst_structure_get_boolean (published, "muted", &muted);
  g_string_append_printf (line, " | %s %-5s", get_title (published),
      muted ? "muted" : track == NULL ? "-" : "on");
  if (track == NULL)
    return;
  g_string_append_printf (line, " %5" G_GUINT64_FORMAT " kbit/s %4.1f %% lost",
      get_count (track, "bitrate") / 1000, get_loss (monitor, track));
  if (gst_structure_has_field (track, "frames-received"))
    append_pictures (line, track);
}

static void
append_participant (Monitor * monitor, GString * text,
    const GstStructure * participant, const GstStructure * stats)
{
  const gchar *identity = gst_structure_get_string (participant, "identity");
  const gchar *name = gst_structure_get_string (participant, "name");
  const gchar *quality = g_hash_table_lookup (monitor->qualities, identity);
  gchar *printable = make_printable (*name == '\0' ? identity : name);
  guint i;

  g_string_append_printf (text, "%s %s %-9s", printable,
      g_hash_table_contains (monitor->speakers, identity) ? "speaks" :
      "      ", quality == NULL ? "" : quality);
  for (i = 0; i < list_length (participant, "tracks"); i++)
    append_track (monitor, text, list_item (participant, "tracks", i), stats);
  g_string_append_c (text, '\n');
  g_free (printable);
}

/* All lines */

static const gchar *
get_state (Monitor * monitor)
{
  GValue value = G_VALUE_INIT;
  const gchar *nick;

  g_object_get_property (G_OBJECT (monitor->src), "connection-state", &value);
  nick = get_nick (&value);
  g_value_unset (&value);
  return nick;
}

static void
append_connection (Monitor * monitor, GString * text,
    const GstStructure * participants, const GstStructure * stats)
{
  guint n = list_length (participants, "participants");
  guint n_reconnects = 0, n_resumes = 0;
  gdouble round_trip;

  gst_structure_get (stats, "reconnects", G_TYPE_UINT, &n_reconnects,
      "resumes", G_TYPE_UINT, &n_resumes, NULL);
  g_string_append_printf (text, "%s, %u participants, %u reconnects, %u "
      "resumes", get_state (monitor), n, n_reconnects, n_resumes);
  if (list_length (stats, "connections") > 0
      && gst_structure_get_double (list_item (stats, "connections", 0),
          "signal-round-trip-time", &round_trip))
    g_string_append_printf (text, ", %.1f ms there and back",
        1000 * round_trip);
  g_string_append_c (text, '\n');
}

static gboolean
show (gpointer user_data)
{
  Monitor *monitor = user_data;
  GString *text = g_string_new (monitor->is_terminal ? CLEAR_TERMINAL : "");
  GstStructure *participants, *stats;
  guint i;

  g_object_get (monitor->src, "participants", &participants, "stats", &stats,
      NULL);
  append_connection (monitor, text, participants, stats);
  for (i = 0; i < list_length (participants, "participants"); i++)
    append_participant (monitor, text, list_item (participants,
            "participants", i), stats);
  g_print ("%s", text->str);
  g_string_free (text, TRUE);
  gst_structure_free (participants);
  gst_structure_free (monitor->last);
  monitor->last = stats;
  return G_SOURCE_CONTINUE;
}

/* Messages */

static void
take_speakers (Monitor * monitor, const GstStructure * message)
{
  guint i;

  g_hash_table_remove_all (monitor->speakers);
  for (i = 0; i < list_length (message, "speakers"); i++)
    g_hash_table_add (monitor->speakers,
        g_strdup (gst_structure_get_string (list_item (message, "speakers",
                    i), "identity")));
}

static void
take_quality (Monitor * monitor, const GstStructure * message)
{
  g_hash_table_replace (monitor->qualities,
      g_strdup (gst_structure_get_string (message, "identity")),
      g_strdup (gst_structure_get_string (message, "quality")));
}

static void
take_message (Monitor * monitor, const GstStructure * message)
{
  if (gst_structure_has_name (message, "matrixrtc-active-speakers"))
    take_speakers (monitor, message);
  else if (gst_structure_has_name (message, "matrixrtc-connection-quality"))
    take_quality (monitor, message);
  else if (gst_structure_has_name (message, "matrixrtc-participant-left"))
    g_hash_table_remove (monitor->qualities,
        gst_structure_get_string (message, "identity"));
  else if (gst_structure_has_name (message, "matrixrtc-connection-state")
      && g_strcmp0 (gst_structure_get_string (message, "new"),
          "disconnected") == 0)
    g_main_loop_quit (monitor->loop);
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Monitor *monitor = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    call_source_print_error (message);
    monitor->status = EXIT_FAILURE;
    g_main_loop_quit (monitor->loop);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT) {
    take_message (monitor, gst_message_get_structure (message));
  }
  return G_SOURCE_CONTINUE;
}

/* Media: it comes, and goes nowhere. */

/* On matrixrtcsrc's own thread: it must not be kept waiting. */
static void
on_pad_added (GstElement * src, GstPad * pad, Monitor * monitor)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstPad *sink_pad = gst_element_get_static_pad (sink, "sink");

  g_object_set (sink, "async", FALSE, "sync", FALSE, NULL);
  gst_bin_add (GST_BIN (monitor->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  gst_pad_link (pad, sink_pad);
  g_object_set_data_full (G_OBJECT (pad), "sink", gst_object_ref (sink),
      gst_object_unref);
  gst_object_unref (sink_pad);
}

static void
remove_sink (GstElement * pipeline, gpointer sink)
{
  gst_element_set_locked_state (sink, TRUE);
  gst_element_set_state (sink, GST_STATE_NULL);
  if (GST_OBJECT_PARENT (sink) == GST_OBJECT (pipeline))
    gst_bin_remove (GST_BIN (pipeline), sink);
}

static void
on_pad_removed (GstElement * src, GstPad * pad, Monitor * monitor)
{
  GstElement *sink = g_object_steal_data (G_OBJECT (pad), "sink");

  if (sink != NULL)
    gst_element_call_async (monitor->pipeline, remove_sink, sink,
        gst_object_unref);
}

static gboolean
on_interrupt (gpointer user_data)
{
  Monitor *monitor = user_data;

  g_main_loop_quit (monitor->loop);
  return G_SOURCE_CONTINUE;
}

static void
run (Monitor * monitor)
{
  GstBus *bus = gst_element_get_bus (monitor->pipeline);
  guint watch = gst_bus_add_watch (bus, on_message, monitor);
  guint interrupt = g_unix_signal_add (SIGINT, on_interrupt, monitor);
  guint timer = g_timeout_add_seconds (1, show, monitor);

  gst_element_set_state (monitor->pipeline, GST_STATE_PLAYING);
  g_main_loop_run (monitor->loop);
  g_source_remove (watch);
  g_source_remove (interrupt);
  g_source_remove (timer);
  gst_element_set_state (monitor->pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
}

int
main (int argc, char **argv)
{
  Monitor monitor = {.status = EXIT_SUCCESS };

  gst_init (&argc, &argv);
  if (argc < 2) {
    g_printerr ("Usage: %s PROPERTY=VALUE...\n", argv[0]);
    return EXIT_FAILURE;
  }
  monitor.src = call_source_new (argv + 1);
  if (monitor.src == NULL) {
    g_printerr ("matrixrtcsrc is not installed\n");
    return EXIT_FAILURE;
  }
  monitor.loop = g_main_loop_new (NULL, FALSE);
  monitor.pipeline = gst_pipeline_new (NULL);
  monitor.is_terminal = isatty (STDOUT_FILENO);
  monitor.speakers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  monitor.qualities =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  monitor.last = gst_structure_new_empty ("none");
  gst_bin_add (GST_BIN (monitor.pipeline), monitor.src);
  g_signal_connect (monitor.src, "pad-added", G_CALLBACK (on_pad_added),
      &monitor);
  g_signal_connect (monitor.src, "pad-removed", G_CALLBACK (on_pad_removed),
      &monitor);

  run (&monitor);

  gst_object_unref (monitor.pipeline);
  g_main_loop_unref (monitor.loop);
  g_hash_table_unref (monitor.speakers);
  g_hash_table_unref (monitor.qualities);
  gst_structure_free (monitor.last);
  /* What GST_TRACERS=leaks finds is told here. */
  gst_deinit ();
  return monitor.status;
}
