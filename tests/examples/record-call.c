/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records a call from C: everybody who comes within the first seconds gets a
 * stream of their own in one Matroska file.
 *
 *   record-call FILE SECONDS PROPERTY=VALUE...
 *
 * The properties are those of matrixrtcsrc, for example homeserver=...,
 * access-token-file=... and room-id=... . Ends after
 * SECONDS, or on an interrupt, with a whole file.
 */
#include <stdlib.h>
#include <string.h>
#include <glib-unix.h>
#include <gst/gst.h>
#include "callsource.h"

/* A muxer takes no more pads once it writes. So what comes is held back until
 * this long after the first. */
#define GATHER_MS 2000

typedef struct
{
  GMainLoop *loop;
  GstElement *pipeline;
  GstElement *mux;

  GMutex lock;
  GList *held;                  /* of Held, under lock */
  gboolean is_recording;        /* under lock */
  gboolean is_ending;
  int status;
} Recorder;

typedef struct
{
  GstPad *pad;
  gulong block_id;
} Held;

static GstPadProbeReturn
hold (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return GST_PAD_PROBE_OK;
}

/* What has to stand between a pad and the muxer. Others come as the muxer wants
 * them. */
static const gchar *
parser_for (GstPad * pad)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  const gchar *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  const gchar *parser = "identity";

  if (g_str_equal (name, "video/x-h264"))
    parser = "h264parse";
  else if (g_str_equal (name, "video/x-h265"))
    parser = "h265parse";
  gst_caps_unref (caps);
  return parser;
}

static void
link_to_muxer (Recorder * recorder, GstPad * pad)
{
  GstElement *parser = gst_element_factory_make (parser_for (pad), NULL);
  GstElement *queue = gst_element_factory_make ("queue", NULL);
  const gchar *kind = g_str_has_prefix (GST_PAD_NAME (pad), "audio") ?
      "audio_%u" : "video_%u";
  GstPad *sink;

  gst_bin_add_many (GST_BIN (recorder->pipeline), parser, queue, NULL);
  gst_element_link (parser, queue);
  gst_element_link_pads (queue, "src", recorder->mux, kind);
  gst_element_sync_state_with_parent (queue);
  gst_element_sync_state_with_parent (parser);
  sink = gst_element_get_static_pad (parser, "sink");
  if (gst_pad_link (pad, sink) != GST_PAD_LINK_OK)
    g_printerr ("%s can't be recorded\n", GST_PAD_NAME (pad));
  gst_object_unref (sink);
}

/* All that have come are linked before any data reaches the muxer. */
static gboolean
start_recording (gpointer user_data)
{
  Recorder *recorder = user_data;
  GList *held, *item;

  g_mutex_lock (&recorder->lock);
  held = recorder->held;
  recorder->held = NULL;
  recorder->is_recording = TRUE;
  g_mutex_unlock (&recorder->lock);

  for (item = held; item != NULL; item = item->next)
    link_to_muxer (recorder, ((Held *) item->data)->pad);
  for (item = held; item != NULL; item = item->next) {
    Held *one = item->data;

    gst_pad_remove_probe (one->pad, one->block_id);
    gst_object_unref (one->pad);
    g_free (one);
  }
  g_print ("recording %u streams\n", g_list_length (held));
  g_list_free (held);
  return G_SOURCE_REMOVE;
}

/* On matrixrtcsrc's own thread: it must not be kept waiting. */
static void
on_pad_added (GstElement * src, GstPad * pad, Recorder * recorder)
{
  Held *one;
  gboolean is_first;

  g_mutex_lock (&recorder->lock);
  if (recorder->is_recording) {
    g_mutex_unlock (&recorder->lock);
    return;
  }
  is_first = recorder->held == NULL;
  one = g_new (Held, 1);
  one->pad = gst_object_ref (pad);
  one->block_id = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
      hold, NULL, NULL);
  recorder->held = g_list_append (recorder->held, one);
  g_mutex_unlock (&recorder->lock);
  if (is_first)
    g_timeout_add (GATHER_MS, start_recording, recorder);
}

static gboolean
end_recording (gpointer user_data)
{
  Recorder *recorder = user_data;

  if (!recorder->is_ending)
    gst_element_send_event (recorder->pipeline, gst_event_new_eos ());
  recorder->is_ending = TRUE;
  return G_SOURCE_CONTINUE;
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Recorder *recorder = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      call_source_print_error (message);
      recorder->status = EXIT_FAILURE;
      g_main_loop_quit (recorder->loop);
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit (recorder->loop);
      break;
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, "matrixrtc-connection-state"))
        g_print ("%s\n", gst_structure_get_string (gst_message_get_structure
                (message), "new"));
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char **argv)
{
  Recorder recorder = {.status = EXIT_SUCCESS };
  GstElement *src, *sink;
  GstBus *bus;

  gst_init (&argc, &argv);
  if (argc < 4) {
    g_printerr ("Usage: %s FILE SECONDS PROPERTY=VALUE...\n", argv[0]);
    return EXIT_FAILURE;
  }
  src = call_source_new (argv + 3);
  recorder.mux = gst_element_factory_make ("matroskamux", NULL);
  sink = gst_element_factory_make ("filesink", NULL);
  if (src == NULL || recorder.mux == NULL || sink == NULL) {
    g_printerr ("matrixrtcsrc, matroskamux or filesink is not installed\n");
    return EXIT_FAILURE;
  }
  g_object_set (sink, "location", argv[1], NULL);

  g_mutex_init (&recorder.lock);
  recorder.loop = g_main_loop_new (NULL, FALSE);
  recorder.pipeline = gst_pipeline_new (NULL);
  gst_bin_add_many (GST_BIN (recorder.pipeline), src, recorder.mux, sink, NULL);
  gst_element_link (recorder.mux, sink);
  g_signal_connect (src, "pad-added", G_CALLBACK (on_pad_added), &recorder);
  bus = gst_element_get_bus (recorder.pipeline);
  gst_bus_add_watch (bus, on_message, &recorder);
  g_unix_signal_add (SIGINT, end_recording, &recorder);
  g_timeout_add_seconds (atoi (argv[2]), end_recording, &recorder);

  gst_element_set_state (recorder.pipeline, GST_STATE_PLAYING);
  g_main_loop_run (recorder.loop);
  gst_element_set_state (recorder.pipeline, GST_STATE_NULL);

  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  gst_object_unref (recorder.pipeline);
  g_main_loop_unref (recorder.loop);
  g_mutex_clear (&recorder.lock);
  /* What GST_TRACERS=leaks finds is told here. */
  gst_deinit ();
  return recorder.status;
}
