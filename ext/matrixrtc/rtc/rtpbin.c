/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Adapts the rtpbin inside a webrtcbin to an SFU's media.
 *
 * The first packet of a stream comes out at once. rtpsession holds the first
 * packet of an SSRC back until a second proves that it's meant, which SRTP has
 * proved already; and a jitter buffer waits its whole latency for packets before
 * the first, of which there are none that we could start with. The latency counts
 * from the first packet on.
 *
 * Requests for key frames and lost packets go out soon. RFC 4585 allows one early
 * between two regular reports, and the first only behind one; rtpsession leaves
 * some 5 seconds between those.
 *
 * webrtcbin doesn't forget which section an SSRC belongs to. It would when the
 * SSRC falls silent for some seconds, as those of muted tracks do, or says BYE,
 * and then dereferences NULL if another pad is made for it. What it keeps now is
 * some 60 bytes for each SSRC of the connection.
 *
 * webrtcbin doesn't look through all its sections for each new jitter buffer,
 * which it warns of while one of them has no transceiver: what it would set there
 * is set here.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/gst.h>
#include "rtpbin.h"

#define RTCP_MIN_INTERVAL (250 * GST_MSECOND)

static void
on_element_added (GstBin * rtpbin, GstElement * element, gpointer user_data)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), "probation"))
    g_object_set (element, "probation", 0, "rtcp-min-interval",
        RTCP_MIN_INTERVAL, NULL);
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

  g_object_set (jitterbuffer, "latency", 0, "faststart-min-packets", 1,
      "do-retransmission", TRUE, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_first_packet, user_data, NULL);
}

/* Takes away what webrtcbin does when rtpbin tells of @signal. */
static void
disconnect_webrtcbin (GstElement * rtpbin, GstElement * webrtcbin,
    const gchar * signal)
{
  g_signal_handlers_disconnect_matched (rtpbin,
      G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_DATA,
      g_signal_lookup (signal, G_OBJECT_TYPE (rtpbin)), 0, NULL, NULL,
      webrtcbin);
}

/* Before the first offer. */
void
rtc_rtpbin_adapt (GstElement * webrtcbin, guint latency_ms)
{
  static const gchar *const signals[] = {
    "on-bye-ssrc", "on-bye-timeout", "on-sender-timeout", "on-timeout",
    "new-jitterbuffer"
  };
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (webrtcbin), "rtpbin");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (signals); i++)
    disconnect_webrtcbin (rtpbin, webrtcbin, signals[i]);
  g_signal_connect (rtpbin, "element-added", G_CALLBACK (on_element_added),
      NULL);
  g_signal_connect (rtpbin, "new-jitterbuffer",
      G_CALLBACK (on_new_jitterbuffer), GUINT_TO_POINTER (latency_ms));
}
