/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes the first packet of a stream come out at once. rtpsession holds the first
 * packet of an SSRC back until a second proves that it's meant, which SRTP has
 * proved already; and a jitter buffer waits its whole latency for packets before
 * the first, of which there are none that we could start with. The latency counts
 * from the first packet on.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "faststart.h"

static void
on_element_added (GstBin * rtpbin, GstElement * element, gpointer user_data)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), "probation"))
    g_object_set (element, "probation", 0, NULL);
}

static GstPadProbeReturn
on_first_packet (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  g_object_set (GST_PAD_PARENT (pad), "latency", GPOINTER_TO_UINT (user_data),
      NULL);
  return GST_PAD_PROBE_REMOVE;
}

static void
on_new_jitterbuffer (GstElement * rtpbin, GstElement * jitterbuffer,
    guint session, guint ssrc, gpointer user_data)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (jitterbuffer, "src");

  g_object_set (jitterbuffer, "latency", 0, "faststart-min-packets", 1, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_first_packet, user_data, NULL);
}

/* Before the first offer. */
void
rtc_fast_start_attach (GstElement * webrtcbin, guint latency_ms)
{
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (webrtcbin), "rtpbin");

  g_signal_connect (rtpbin, "element-added", G_CALLBACK (on_element_added),
      NULL);
  g_signal_connect (rtpbin, "new-jitterbuffer",
      G_CALLBACK (on_new_jitterbuffer), GUINT_TO_POINTER (latency_ms));
}
