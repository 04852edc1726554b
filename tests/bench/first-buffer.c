/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long a source element takes from its state change to the first buffer of
 * each of its pads.
 *
 *   first-buffer FACTORY AUDIO-CAPS VIDEO-CAPS
 *
 * Orders come as lines on the standard input:
 *
 *   start NAME=VALUE...  makes a pipeline with the element, and plays it; a
 *                        NAME may be CHILD::NAME, an empty VALUE is NULL
 *   stop                 stops that and frees it
 *
 * The answers are lines on the standard output, times in milliseconds since the
 * state change was asked for:
 *
 *   pad NAME TIME              there is a new pad
 *   first NAME TIME CAPS-NAME  a pad's first buffer
 *   error TEXT                 what the bus says
 *   stopped
 *
 * The pads are linked to a filter with these caps, as elements that decode if
 * they may need to know that they may not. FACTORY may be barewebrtcsrc, which is
 * only here. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>
#include <string.h>
#include "barewebrtcsrc.h"

typedef struct
{
  const gchar *factory;
  GstCaps *audio_caps;
  GstCaps *video_caps;

  GMainLoop *loop;
  GstElement *pipeline;
  gint64 start;
} Bench;

static gdouble
elapsed (Bench * self)
{
  return (g_get_monotonic_time () - self->start) / 1000.0;
}

/* --- the pipeline --- */

static GstPadProbeReturn
take_first_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  gdouble ms = elapsed (user_data);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  g_autofree gchar *name = gst_pad_get_name (pad);
  const gchar *format = "none";

  if (caps)
    format = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  g_print ("first %s %.1f %s\n", name, ms, format);
  return GST_PAD_PROBE_REMOVE;
}

static void
take_pad (GstElement * element, GstPad * pad, Bench * self)
{
  gdouble ms = elapsed (self);
  g_autofree gchar *name = gst_pad_get_name (pad);
  gboolean is_audio = g_str_has_prefix (name, "audio");
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (filter, "sink");

  if (!GST_PAD_IS_SRC (pad))
    return;
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
      take_first_buffer, self, NULL);
  g_object_set (filter, "caps", is_audio ? self->audio_caps : self->video_caps,
      NULL);
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add_many (GST_BIN (self->pipeline), filter, sink, NULL);
  gst_element_link (filter, sink);
  gst_element_sync_state_with_parent (sink);
  gst_element_sync_state_with_parent (filter);
  if (GST_PAD_LINK_FAILED (gst_pad_link (pad, sink_pad)))
    g_print ("error %s can't be linked\n", name);
  g_print ("pad %s %.1f\n", name, ms);
}

static gboolean
take_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, &debug);
    g_print ("error %s: %s\n", GST_MESSAGE_SRC_NAME (message), error->message);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
set_property (GstElement * element, const gchar * assignment)
{
  const gchar *equals = strchr (assignment, '=');
  g_autofree gchar *name = NULL;
  g_autoptr (GObject) object = NULL;
  GParamSpec *pspec = NULL;

  if (!equals)
    return FALSE;
  name = g_strndup (assignment, equals - assignment);
  if (strstr (name, "::") && GST_IS_CHILD_PROXY (element)) {
    if (!gst_child_proxy_lookup (GST_CHILD_PROXY (element), name, &object,
            &pspec))
      return FALSE;
  } else {
    object = g_object_ref (G_OBJECT (element));
    pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (object), name);
  }
  if (!pspec)
    return FALSE;
  if (equals[1])
    gst_util_set_object_arg (object, pspec->name, equals + 1);
  else
    g_object_set (object, pspec->name, NULL, NULL);
  return TRUE;
}

static void
start (Bench * self, gchar ** properties)
{
  GstElement *element = gst_element_factory_make (self->factory, NULL);
  g_autoptr (GstBus) bus = NULL;

  if (!element || self->pipeline) {
    g_print ("error %s\n",
        element ? "already started" : "there is no such element");
    return;
  }
  self->pipeline = gst_pipeline_new (NULL);
  gst_bin_add (GST_BIN (self->pipeline), element);
  bus = gst_element_get_bus (self->pipeline);
  gst_bus_add_watch (bus, take_message, self);
  for (; *properties; properties++)
    if (!set_property (element, *properties))
      g_print ("error can't set %s\n", *properties);
  g_signal_connect (element, "pad-added", G_CALLBACK (take_pad), self);

  self->start = g_get_monotonic_time ();
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_FAILURE)
    g_print ("error the state change failed\n");
}

static void
stop (Bench * self)
{
  g_autoptr (GstBus) bus = NULL;

  if (!self->pipeline)
    return;
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  bus = gst_element_get_bus (self->pipeline);
  gst_bus_remove_watch (bus);
  g_clear_pointer (&self->pipeline, gst_object_unref);
  g_print ("stopped\n");
}

/* --- the orders --- */

static gboolean
take_order (GIOChannel * channel, GIOCondition condition, gpointer user_data)
{
  Bench *self = user_data;
  g_autofree gchar *line = NULL;
  g_auto (GStrv) words = NULL;

  if (g_io_channel_read_line (channel, &line, NULL, NULL, NULL) !=
      G_IO_STATUS_NORMAL) {
    g_main_loop_quit (self->loop);
    return G_SOURCE_REMOVE;
  }
  words = g_strsplit (g_strchomp (line), " ", -1);
  if (g_strcmp0 (words[0], "start") == 0)
    start (self, words + 1);
  else if (g_strcmp0 (words[0], "stop") == 0)
    stop (self);
  else
    g_print ("error unknown order\n");
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char **argv)
{
  Bench self = { 0 };
  GIOChannel *channel;

  gst_init (&argc, &argv);
  gst_element_register (NULL, "barewebrtcsrc", GST_RANK_NONE,
      BARE_TYPE_WEBRTC_SRC);
  if (argc != 4) {
    g_printerr ("Usage: %s FACTORY AUDIO-CAPS VIDEO-CAPS\n", argv[0]);
    return 2;
  }
  self.factory = argv[1];
  self.audio_caps = gst_caps_from_string (argv[2]);
  self.video_caps = gst_caps_from_string (argv[3]);
  if (!self.audio_caps || !self.video_caps) {
    g_printerr ("These are no caps\n");
    return 2;
  }
  self.loop = g_main_loop_new (NULL, FALSE);
  channel = g_io_channel_unix_new (0);
  g_io_add_watch (channel, G_IO_IN | G_IO_HUP, take_order, &self);
  g_print ("ready\n");
  g_main_loop_run (self.loop);

  stop (&self);
  g_io_channel_unref (channel);
  g_main_loop_unref (self.loop);
  gst_caps_unref (self.audio_caps);
  gst_caps_unref (self.video_caps);
  return EXIT_SUCCESS;
}
