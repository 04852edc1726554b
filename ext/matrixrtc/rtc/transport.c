/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transports of a webrtcbin: what comes in from the network, and the data
 * channels that nobody asked for.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "transport.h"

static void
keep_channel (GstElement * webrtcbin, GObject * channel, gboolean is_local,
    gpointer channels)
{
  g_ptr_array_add (channels, g_object_ref (channel));
}

static void
free_channels (gpointer channels, GClosure * closure)
{
  g_ptr_array_unref (channels);
}

/* Keeps the data channels that the other side opens as long as @webrtcbin, which
 * itself lets go of one that closes while the thread of its appsrc may still use
 * it. webrtcbin holds its lock while it tells of a new one. */
void
rtc_transport_keep_data_channels (GstElement * webrtcbin)
{
  g_signal_connect_data (webrtcbin, "prepare-data-channel",
      G_CALLBACK (keep_channel), g_ptr_array_new_with_free_func
      (g_object_unref), free_channels, 0);
}

static GstPadProbeReturn
drop_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

static void
stop_receiving (const GValue * item, gpointer user_data)
{
  GstElement *element = g_value_get_object (item);
  GstElementFactory *factory = gst_element_get_factory (element);
  g_autoptr (GstPad) sink = NULL;

  if (factory == NULL
      || g_strcmp0 (GST_OBJECT_NAME (factory), "dtlssrtpdemux") != 0)
    return;
  sink = gst_element_get_static_pad (element, "sink");
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, drop_buffer, NULL, NULL);
  /* Until what is inside has come out. */
  GST_PAD_STREAM_LOCK (sink);
  GST_PAD_STREAM_UNLOCK (sink);
}

/* Before @webrtcbin goes down: no packet is on its way through its elements any
 * more. What one finds there half down, on 1.22: srtpdec's first packet wants a
 * stream-start event that has gone (a critical), and a data channel that opens
 * aborts the process in sctpdec, finds sctpenc without its association, or leaves
 * an appsrc behind. */
void
rtc_transport_stop_receiving (GstElement * webrtcbin)
{
  GstIterator *elements = gst_bin_iterate_recurse (GST_BIN (webrtcbin));

  while (gst_iterator_foreach (elements, stop_receiving, NULL) ==
      GST_ITERATOR_RESYNC)
    gst_iterator_resync (elements);
  gst_iterator_free (elements);
}
