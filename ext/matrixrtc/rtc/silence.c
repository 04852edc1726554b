/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notices that nothing comes in any more. An SFU sends reports for each track every
 * few seconds, also for muted ones, so that a path without any packet is dead,
 * long before libnice finds out.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "silence.h"

#define CHECK_INTERVAL_MS 1000

/* Three reports, and some patience with a busy server. */
#define MAX_SILENT_CHECKS 12

/* Shared with the probes, on streaming threads. */
typedef struct
{
  gint n_packets;               /* atomic */
} Counter;

struct _RtcSilence
{
  GstElement *webrtcbin;
  Counter *counter;
  GSource *timer;
  void (*silent) (gpointer user_data);
  gpointer user_data;
  gboolean is_expecting;
  gint n_packets;               /* at the last check */
  guint n_silent_checks;
};

static void
unref_counter (gpointer counter)
{
  g_atomic_rc_box_release (counter);
}

static void
unref_counter_closure (gpointer counter, GClosure * closure)
{
  unref_counter (counter);
}

static GstPadProbeReturn
count_packet (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Counter *counter = user_data;

  g_atomic_int_inc (&counter->n_packets);
  return GST_PAD_PROBE_OK;
}

/* rtpbin has such a pad for what comes in of each kind, once it is wanted. */
static void
on_rtpbin_pad_added (GstElement * rtpbin, GstPad * pad, gpointer counter)
{
  if (g_str_has_prefix (GST_PAD_NAME (pad), "recv_rtp_sink_")
      || g_str_has_prefix (GST_PAD_NAME (pad), "recv_rtcp_sink_"))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
        GST_PAD_PROBE_TYPE_BUFFER_LIST, count_packet,
        g_atomic_rc_box_acquire (counter), unref_counter);
}

/* Below PLAYING a live source passes nothing. */
static gboolean
silence_is_silent (RtcSilence * silence)
{
  gint n_packets = g_atomic_int_get (&silence->counter->n_packets);
  gboolean is_silent = n_packets == silence->n_packets;

  silence->n_packets = n_packets;
  return is_silent && silence->is_expecting
      && GST_STATE (silence->webrtcbin) == GST_STATE_PLAYING;
}

static gboolean
on_check (gpointer user_data)
{
  RtcSilence *silence = user_data;

  if (!silence_is_silent (silence))
    silence->n_silent_checks = 0;
  else if (++silence->n_silent_checks == MAX_SILENT_CHECKS)
    silence->silent (silence->user_data);
  return G_SOURCE_CONTINUE;
}

/* Before the first offer. @silent is called on the worker thread, once for each
 * silence, and may free us. */
RtcSilence *
rtc_silence_new (MatrixRtcLoop * loop, GstElement * webrtcbin,
    void (*silent) (gpointer user_data), gpointer user_data)
{
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (webrtcbin), "rtpbin");
  RtcSilence *silence = g_new0 (RtcSilence, 1);

  silence->webrtcbin = gst_object_ref (webrtcbin);
  silence->counter = g_atomic_rc_box_new0 (Counter);
  silence->silent = silent;
  silence->user_data = user_data;
  g_signal_connect_data (rtpbin, "pad-added", G_CALLBACK (on_rtpbin_pad_added),
      g_atomic_rc_box_acquire (silence->counter), unref_counter_closure, 0);
  silence->timer = matrix_rtc_loop_add_timeout (loop, CHECK_INTERVAL_MS,
      on_check, silence);
  return silence;
}

/* Whether there is anything that could come in. */
void
rtc_silence_set_expecting (RtcSilence * silence, gboolean expecting)
{
  silence->is_expecting = expecting;
}

void
rtc_silence_free (RtcSilence * silence)
{
  matrix_rtc_clear_source (&silence->timer);
  unref_counter (silence->counter);
  gst_object_unref (silence->webrtcbin);
  g_free (silence);
}
