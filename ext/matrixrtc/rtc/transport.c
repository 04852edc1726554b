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

/* Until what is inside has come out. */
static gboolean
wait_for_chain (GstElement * element, GstPad * pad, gpointer user_data)
{
  GST_PAD_STREAM_LOCK (pad);
  GST_PAD_STREAM_UNLOCK (pad);
  return TRUE;
}

static void
stop_receiving (const GValue * item, gpointer user_data)
{
  GstElement *dtlssrtpdemux = g_value_get_object (item);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (dtlssrtpdemux, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, drop_buffer, NULL, NULL);
  gst_element_foreach_sink_pad (dtlssrtpdemux, wait_for_chain, NULL);
}

/* A flush from behind reaches all channels, also one that waits for room. */
static void
stop_sending_data (const GValue * item, gpointer user_data)
{
  GstElement *sctpenc = g_value_get_object (item);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sctpenc, "src");

  gst_pad_send_event (pad, gst_event_new_flush_start ());
  gst_element_foreach_sink_pad (sctpenc, wait_for_chain, NULL);
}

static void
stop_all (GstElement * webrtcbin, const gchar * factory_name,
    GstIteratorForeachFunction stop)
{
  GstIterator *elements = gst_bin_iterate_all_by_element_factory_name
      (GST_BIN (webrtcbin), factory_name);

  while (gst_iterator_foreach (elements, stop, NULL) == GST_ITERATOR_RESYNC)
    gst_iterator_resync (elements);
  gst_iterator_free (elements);
}

/* Before @webrtcbin goes down: no packet is on its way in, and no data channel's
 * on its way out. What one finds where half is down already, on 1.22: srtpdec's
 * first packet wants a stream-start event that has gone (a critical); sctpdec
 * aborts the process over a channel that opens, which also leaves an appsrc
 * behind; sctpenc's association is gone (a crash). */
void
rtc_transport_stop (GstElement * webrtcbin)
{
  stop_all (webrtcbin, "dtlssrtpdemux", stop_receiving);
  stop_all (webrtcbin, "sctpenc", stop_sending_data);
}
