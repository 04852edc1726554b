/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transports of a webrtcbin: what comes in from the network, and the data
 * channels, which the other side opens.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/webrtc/webrtc.h>
#include "elements.h"
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

/* Until what is inside has come out. */
static gboolean
wait_for_chain (GstElement * element, GstPad * pad, gpointer user_data)
{
  GST_PAD_STREAM_LOCK (pad);
  GST_PAD_STREAM_UNLOCK (pad);
  return TRUE;
}

static void
stop_receiving (GstElement * dtlssrtpdemux, gpointer user_data)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (dtlssrtpdemux, "sink");

  rtc_pad_drop_data (pad);
  gst_element_foreach_sink_pad (dtlssrtpdemux, wait_for_chain, NULL);
}

static gboolean
unlink_channel (GstElement * sctpenc, GstPad * pad, gpointer user_data)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);

  if (peer != NULL)
    gst_pad_unlink (peer, pad);
  return TRUE;
}

/* A flush from behind reaches all channels, also one that waits for room. */
static void
stop_sending_data (GstElement * sctpenc, gpointer user_data)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sctpenc, "src");

  gst_pad_send_event (pad, gst_event_new_flush_start ());
  gst_element_foreach_sink_pad (sctpenc, wait_for_chain, NULL);
  gst_element_foreach_sink_pad (sctpenc, unlink_channel, NULL);
}

/* webrtcbin runs what it has to do under the lock of its properties. */
static void
wait_for_task (GstElement * webrtcbin)
{
  GstWebRTCPeerConnectionState state;

  g_object_get (webrtcbin, "connection-state", &state, NULL);
}

/* Before @webrtcbin goes down: no packet is on its way in, and no data channel's
 * on its way out. What one finds where half is down already, on 1.22: srtpdec's
 * first packet wants a stream-start event that has gone (a critical); sctpdec
 * aborts the process over a channel that opens, which also leaves an appsrc
 * behind; sctpenc's association is gone (a crash).
 *
 * Nor does a channel find its place in sctpenc any more: sctpdec resets all
 * channels when it goes down, and webrtcbin's thread then closes each, by the
 * association that sctpenc frees meanwhile (a crash, or it never returns). */
void
rtc_transport_stop (GstElement * webrtcbin)
{
  rtc_elements_foreach (webrtcbin, "dtlssrtpdemux", stop_receiving, NULL);
  rtc_elements_foreach (webrtcbin, "sctpenc", stop_sending_data, NULL);
  wait_for_task (webrtcbin);
}
