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
 * A packet is asked for again when one behind it has come, not when it is later than
 * expected: a path that holds packets up would have all of them asked for. With a
 * hundred tracks on a busy machine that took a third of all CPU time, as
 * rtprtxreceive looks at all requests of the last second for each packet.
 *
 * A lost packet is asked for again soon, if not sooner than a round trip: LiveKit's
 * SFU doesn't listen within two round trips, or 100 ms where it knows none, of
 * having sent it. A jitter buffer asks once in the time between two frames, which
 * is a third of all the time that it has.
 *
 * webrtcbin doesn't forget which section an SSRC belongs to. It would when the
 * SSRC falls silent for some seconds, as those of muted tracks do, or says BYE,
 * and then dereferences NULL if another pad is made for it. What it keeps now is
 * some 60 bytes for each SSRC of the connection.
 *
 * webrtcbin doesn't look through all its sections for each new jitter buffer,
 * which it warns of while one of them has no transceiver: what it would set there
 * is set here.
 *
 * What an ICE restart costs is lost: while it lasts the jitter buffers don't wait
 * for it, or the media would be missing for so much longer. Their latency is told
 * downstream as the same all the time, as sinks would follow each change.
 *
 * There is no forward error correction: an SFU never offers any. webrtcbin would
 * give each stream a decoder for it, and have the last packets of each stored;
 * rtpbin keeps both when the stream has ended.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/gst.h>
#include "elements.h"
#include "rtpbin.h"

#define RTCP_MIN_INTERVAL (250 * GST_MSECOND)
#define RTX_MIN_RETRY_MS 20

/* What packets may need to get in order while nobody waits for lost ones. */
#define HURRIED_LATENCY_MS 40

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

/* Behind the jitter buffer's own answer. */
static GstPadProbeReturn
on_answered_query (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  guint latency_ms = GPOINTER_TO_UINT (user_data);
  GstClockTime min, max, missing;
  gboolean is_live;
  guint present_ms;

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_PAD_PROBE_OK;
  g_object_get (GST_PAD_PARENT (pad), "latency", &present_ms, NULL);
  missing = (latency_ms - present_ms) * GST_MSECOND;
  gst_query_parse_latency (query, &is_live, &min, &max);
  gst_query_set_latency (query, is_live, min + missing,
      GST_CLOCK_TIME_IS_VALID (max) ? max + missing : max);
  return GST_PAD_PROBE_OK;
}

static void
on_new_jitterbuffer (GstElement * rtpbin, GstElement * jitterbuffer,
    guint session, guint ssrc, gpointer user_data)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (jitterbuffer, "src");

  g_object_set (jitterbuffer, "latency", 0, "faststart-min-packets", 1,
      "do-retransmission", TRUE, "rtx-next-seqnum", FALSE,
      "rtx-min-retry-timeout", RTX_MIN_RETRY_MS, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_first_packet, user_data, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM |
      GST_PAD_PROBE_TYPE_PULL, on_answered_query, user_data, NULL);
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
rtc_rtpbin_adapt (GstElement * webrtcbin, guint latency_ms,
    gboolean add_reference_timestamps)
{
  static const gchar *const signals[] = {
    "on-bye-ssrc", "on-bye-timeout", "on-sender-timeout", "on-timeout",
    "new-jitterbuffer", "new-storage", "request-fec-decoder-full"
  };
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (webrtcbin), "rtpbin");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (signals); i++)
    disconnect_webrtcbin (rtpbin, webrtcbin, signals[i]);
  g_object_set (rtpbin, "add-reference-timestamp-meta",
      add_reference_timestamps, NULL);
  g_signal_connect (rtpbin, "element-added", G_CALLBACK (on_element_added),
      NULL);
  g_signal_connect (rtpbin, "new-jitterbuffer",
      G_CALLBACK (on_new_jitterbuffer), GUINT_TO_POINTER (latency_ms));
}

static void
set_payload_types (GstElement * rtprtxreceive, gpointer map)
{
  g_object_set (rtprtxreceive, "payload-type-map", map, NULL);
}

/* @map is of the last answer: rtc_sdp_map_retransmissions(). */
void
rtc_rtpbin_map_retransmissions (GstElement * webrtcbin,
    const GstStructure * map)
{
  rtc_elements_foreach (webrtcbin, "rtprtxreceive", set_payload_types,
      (gpointer) map);
}

/* Of a jitter buffer that has had its first packet: before, it has none. */
static void
set_latency (GstElement * jitterbuffer, gpointer latency_ms)
{
  guint present_ms;

  g_object_get (jitterbuffer, "latency", &present_ms, NULL);
  if (present_ms != 0)
    g_object_set (jitterbuffer, "latency", GPOINTER_TO_UINT (latency_ms), NULL);
}

/* Nobody waits long for packets that are missing, until rtc_rtpbin_relax().
 * @latency_ms is that of rtc_rtpbin_adapt(). */
void
rtc_rtpbin_hurry (GstElement * webrtcbin, guint latency_ms)
{
  rtc_elements_foreach (webrtcbin, "rtpjitterbuffer", set_latency,
      GUINT_TO_POINTER (MIN (latency_ms, HURRIED_LATENCY_MS)));
}

void
rtc_rtpbin_relax (GstElement * webrtcbin, guint latency_ms)
{
  rtc_elements_foreach (webrtcbin, "rtpjitterbuffer", set_latency,
      GUINT_TO_POINTER (latency_ms));
}
