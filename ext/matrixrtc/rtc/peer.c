/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The media peer of one SFU: a webrtcbin, the negotiation that keeps it in step
 * with the SFU, and the streams that come out of it. Lives on the worker thread;
 * webrtcbin's own threads only post to it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/webrtc/webrtc.h>
#include "../debug.h"
#include "datachannels.h"
#include "ice.h"
#include "iceagent.h"
#include "negotiation.h"
#include "peer.h"
#include "rtpbin.h"
#include "silence.h"
#include "transport.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

/* What a stop may wait for TURN servers. */
#define ICE_CLOSE_TIMEOUT_MS 500

/* When media is back after an ICE restart, what was lost on the way is known. */
#define HURRY_MS 500

struct _RtcPeer
{
  MatrixRtcLoop *loop;
  GstBin *bin;
  RtcPeerCallbacks callbacks;   /* all NULL once abandoned */
  gpointer user_data;

  GstElement *webrtcbin;
  guint latency_ms;

  GMutex lock;                  /* a leaf: nothing is called under it */
  GCond taken_down;
  gboolean is_taking_down;      /* under lock */

  RtcIce *ice;
  gboolean is_hurried;          /* the jitter buffers wait for little */
  GSource *hurry_timer;         /* until they needn't be any more */
  RtcSilence *silence;
  RtcNegotiation *negotiation;
  RtcStreams *streams;
  RtcDataChannels *data_channels;
};

static void
peer_clear (RtcPeer * peer)
{
  matrix_rtc_loop_unref (peer->loop);
  gst_object_unref (peer->webrtcbin);
  g_mutex_clear (&peer->lock);
  g_cond_clear (&peer->taken_down);
}

static void
peer_unref (RtcPeer * peer)
{
  g_atomic_rc_box_release_full (peer, (GDestroyNotify) peer_clear);
}

static void
peer_fail (RtcPeer * peer, const gchar * debug)
{
  if (peer->callbacks.failed != NULL)
    peer->callbacks.failed (debug, peer->user_data);
}

/* Streams */

/* Of what is off nothing comes, and perhaps not even reports. */
static void
peer_note_expectation (RtcPeer * peer)
{
  rtc_silence_set_expecting (peer->silence,
      rtc_streams_are_expected (peer->streams));
}

/* Media may be here before webrtcbin says how it came. */
static void
on_stream_come (gpointer user_data)
{
  RtcPeer *peer = user_data;

  peer_note_expectation (peer);
  rtc_ice_take_connected (peer->ice);
}

static void
on_stream_gone (gpointer user_data)
{
  peer_note_expectation (user_data);
}

static void
on_track_ready (const gchar * track_sid, gpointer user_data)
{
  RtcPeer *peer = user_data;

  peer->callbacks.track_ready (track_sid, peer->user_data);
}

static void
on_track_ended (const gchar * track_sid, gpointer user_data)
{
  RtcPeer *peer = user_data;

  peer->callbacks.track_ended (track_sid, peer->user_data);
}

static void
on_track_failed (const gchar * track_sid, const gchar * debug,
    gpointer user_data)
{
  RtcPeer *peer = user_data;

  peer->callbacks.track_failed (track_sid, debug, peer->user_data);
}

static const RtcStreamsCallbacks streams_callbacks = {
  on_stream_come, on_stream_gone, on_track_ready, on_track_ended,
  on_track_failed
};

/* The tracks that come in. */
RtcStreams *
rtc_peer_get_streams (RtcPeer * peer)
{
  return peer->streams;
}

/* Negotiation */

static void
on_offer_begun (GPtrArray * sections, gpointer user_data)
{
  RtcPeer *peer = user_data;

  rtc_streams_begin_offer (peer->streams, sections);
}

static void
on_offer_answered (GPtrArray * sections, const gchar * sdp, guint32 offer_id,
    gpointer user_data)
{
  RtcPeer *peer = user_data;

  rtc_streams_allow_offer (peer->streams);
  peer->callbacks.answer (sdp, offer_id, peer->user_data);
  rtc_streams_match (peer->streams);
}

static void
on_negotiation_failed (const gchar * debug, gpointer user_data)
{
  peer_fail (user_data, debug);
}

static const RtcNegotiationCallbacks negotiation_callbacks = {
  on_offer_begun, on_offer_answered, on_negotiation_failed
};

/* @mid_to_track (NULL: not given) is of strings. Offers are answered in the
 * order they come. One that can't be used is a failure of the peer. */
void
rtc_peer_take_offer (RtcPeer * peer, const gchar * sdp, guint32 offer_id,
    GHashTable * mid_to_track)
{
  rtc_negotiation_take_offer (peer->negotiation, sdp, offer_id, mid_to_track);
}

/* The last offer that was answered, and the answer; NULL before. */
void
rtc_peer_get_last_negotiation (RtcPeer * peer, const gchar ** offer,
    const gchar ** answer)
{
  rtc_negotiation_get_last (peer->negotiation, offer, answer);
}

/* The transport */

static void
on_candidate (guint mline, const gchar * candidate, gpointer user_data)
{
  RtcPeer *peer = user_data;

  peer->callbacks.candidate (mline, candidate, peer->user_data);
}

static void
on_restarting (gpointer user_data)
{
  RtcPeer *peer = user_data;

  matrix_rtc_clear_source (&peer->hurry_timer);
  peer->is_hurried = TRUE;
  rtc_rtpbin_hurry (peer->webrtcbin, peer->latency_ms);
}

static gboolean
on_hurry_over (gpointer user_data)
{
  RtcPeer *peer = user_data;

  matrix_rtc_clear_source (&peer->hurry_timer);
  peer->is_hurried = FALSE;
  rtc_rtpbin_relax (peer->webrtcbin, peer->latency_ms);
  return G_SOURCE_REMOVE;
}

static void
on_connected (gpointer user_data)
{
  RtcPeer *peer = user_data;

  matrix_rtc_clear_source (&peer->hurry_timer);
  if (peer->is_hurried)
    peer->hurry_timer = matrix_rtc_loop_add_timeout (peer->loop, HURRY_MS,
        on_hurry_over, peer);
  peer->callbacks.connected (peer->user_data);
}

static void
on_transport_failed (const gchar * debug, gpointer user_data)
{
  peer_fail (user_data, debug);
}

static const RtcIceCallbacks ice_callbacks = {
  on_candidate, on_restarting, on_connected, on_transport_failed
};

static void
on_silent (gpointer user_data)
{
  peer_fail (user_data, "nothing comes in any more");
}

void
rtc_peer_add_candidate (RtcPeer * peer, guint mline, const gchar * candidate)
{
  rtc_ice_add_candidate (peer->ice, mline, candidate);
}

void
rtc_peer_add_ice_server (RtcPeer * peer, const gchar * url,
    const gchar * username, const gchar * credential)
{
  rtc_ice_add_server (peer->ice, url, username, credential);
}

/* Whether the transport is up, and no restart of it under way. */
gboolean
rtc_peer_is_connected (RtcPeer * peer)
{
  return rtc_ice_is_connected (peer->ice);
}

/* Before the first offer: media goes over the loopback interface only. libnice
 * leaves that out as long as there is another. */
void
rtc_peer_set_loopback_only (RtcPeer * peer)
{
  rtc_ice_agent_use_only (peer->webrtcbin, "127.0.0.1");
}

/* Before the first offer. */
void
rtc_peer_set_relay_only (RtcPeer * peer)
{
  g_object_set (peer->webrtcbin, "ice-transport-policy",
      GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY, NULL);
}

/* Data */

static void
on_data (GBytes * message, gboolean is_reliable, gpointer user_data)
{
  RtcPeer *peer = user_data;

  peer->callbacks.data (message, is_reliable, peer->user_data);
}

/* Life */

static void
on_new_transceiver (GstElement * webrtcbin, GObject * transceiver,
    gpointer user_data)
{
  g_object_set (transceiver, "do-nack", TRUE, NULL);
}

static void
make_dtls_certificate (GstElement * element, gpointer user_data)
{
  GstElement *dtlsdec = gst_element_factory_make ("dtlsdec", NULL);

  g_clear_object (&dtlsdec);
}

/* The first DTLS element of a process makes an RSA key, which takes up to half a
 * second: it is made in the background, on one of @element's threads, before
 * anybody has to wait for it. Any thread. */
void
rtc_peer_prepare (GstElement * element)
{
  gst_element_call_async (element, make_dtls_certificate, NULL, NULL);
}

/* Makes webrtcbin and starts it in the state of @settings->bin. */
RtcPeer *
rtc_peer_new (const RtcPeerSettings * settings,
    const RtcPeerCallbacks * callbacks, gpointer user_data, GError ** error)
{
  GstElement *webrtcbin = gst_element_factory_make ("webrtcbin", NULL);
  RtcPeer *peer;

  if (webrtcbin == NULL) {
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "webrtcbin is not installed");
    return NULL;
  }
  peer = g_atomic_rc_box_new0 (RtcPeer);
  peer->callbacks = *callbacks;
  peer->user_data = user_data;
  peer->webrtcbin = gst_object_ref_sink (webrtcbin);
  peer->loop = matrix_rtc_loop_ref (settings->loop);
  peer->bin = settings->bin;
  g_mutex_init (&peer->lock);
  g_cond_init (&peer->taken_down);
  peer->latency_ms = settings->latency_ms;
  peer->ice = rtc_ice_new (settings->loop, webrtcbin, &ice_callbacks, peer);
  peer->silence = rtc_silence_new (settings->loop, webrtcbin, on_silent, peer);
  peer->negotiation = rtc_negotiation_new (settings->loop, webrtcbin, peer->ice,
      &negotiation_callbacks, peer);

  g_object_set (webrtcbin, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE,
      "latency", settings->latency_ms, NULL);
  rtc_rtpbin_adapt (webrtcbin, settings->latency_ms,
      settings->add_reference_timestamps);
  rtc_transport_keep_data_channels (webrtcbin);
  peer->data_channels = rtc_data_channels_new (settings->loop, webrtcbin,
      settings->data_limits, on_data, peer);
  if (settings->relay_only)
    rtc_peer_set_relay_only (peer);
  peer->streams = rtc_streams_new (settings->loop, settings->bin, webrtcbin,
      &settings->receivers, &streams_callbacks, peer);
  g_signal_connect (webrtcbin, "on-new-transceiver",
      G_CALLBACK (on_new_transceiver), NULL);
  if (!gst_bin_add (settings->bin, webrtcbin)
      || !gst_element_sync_state_with_parent (webrtcbin)) {
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_STATE_CHANGE,
        "webrtcbin doesn't start; are the nice, dtls, srtp and sctp plugins "
        "installed?");
    rtc_peer_free (peer);
    return NULL;
  }
  return peer;
}

/* On the worker thread, before the elements go down: no callback comes any more,
 * and no media. The elements stay until rtc_peer_free(). */
void
rtc_peer_abandon (RtcPeer * peer)
{
  rtc_streams_abandon (peer->streams);
  matrix_rtc_clear_source (&peer->hurry_timer);
  g_clear_pointer (&peer->silence, rtc_silence_free);
  rtc_ice_close (peer->ice);
  rtc_negotiation_close (peer->negotiation);
  rtc_data_channels_close (peer->data_channels);
  rtc_transport_stop (peer->webrtcbin);
  memset (&peer->callbacks, 0, sizeof (peer->callbacks));
}

static void
peer_remove_webrtcbin (RtcPeer * peer)
{
  if (rtc_ice_has_turn_server (peer->ice))
    rtc_ice_agent_close (peer->webrtcbin, ICE_CLOSE_TIMEOUT_MS);
  gst_element_set_locked_state (peer->webrtcbin, TRUE);
  gst_element_set_state (peer->webrtcbin, GST_STATE_NULL);
  if (GST_OBJECT_PARENT (peer->webrtcbin) == GST_OBJECT (peer->bin))
    gst_bin_remove (peer->bin, peer->webrtcbin);
}

static void
peer_take_down (RtcPeer * peer)
{
  rtc_streams_take_down (peer->streams);
  peer_remove_webrtcbin (peer);
}

/* A peer that goes while the element plays. */
typedef struct
{
  RtcPeer *peer;
  GSourceFunc done;
  gpointer user_data;
  GDestroyNotify notify;
} Retirement;

static void
retire (GstElement * bin, gpointer user_data)
{
  Retirement *retirement = user_data;
  RtcPeer *peer = retirement->peer;

  peer_take_down (peer);
  matrix_rtc_loop_invoke (peer->loop, retirement->done,
      retirement->user_data, retirement->notify);
  g_mutex_lock (&peer->lock);
  peer->is_taking_down = FALSE;
  g_cond_broadcast (&peer->taken_down);
  g_mutex_unlock (&peer->lock);
  peer_unref (peer);
  g_free (retirement);
}

/* On the worker thread, in any state of the element: abandons the peer and takes
 * its elements down in the background. @done is called on the worker thread then,
 * unless the worker has ended; rtc_peer_free() is due in any case. */
void
rtc_peer_retire (RtcPeer * peer, GSourceFunc done, gpointer user_data,
    GDestroyNotify notify)
{
  Retirement *retirement = g_new (Retirement, 1);

  rtc_peer_abandon (peer);
  retirement->peer = g_atomic_rc_box_acquire (peer);
  retirement->done = done;
  retirement->user_data = user_data;
  retirement->notify = notify;
  g_mutex_lock (&peer->lock);
  peer->is_taking_down = TRUE;
  g_mutex_unlock (&peer->lock);
  gst_element_call_async (GST_ELEMENT (peer->bin), retire, retirement, NULL);
}

static void
peer_wait_for_retirement (RtcPeer * peer)
{
  g_mutex_lock (&peer->lock);
  while (peer->is_taking_down)
    g_cond_wait (&peer->taken_down, &peer->lock);
  g_mutex_unlock (&peer->lock);
}

/* When the peer has retired; or on the worker thread, or when the worker doesn't
 * run any more, with the element that holds the media down in READY. */
void
rtc_peer_free (RtcPeer * peer)
{
  rtc_peer_abandon (peer);
  peer_wait_for_retirement (peer);
  peer_take_down (peer);
  rtc_streams_free (peer->streams);
  rtc_negotiation_unref (peer->negotiation);
  rtc_data_channels_unref (peer->data_channels);
  rtc_ice_unref (peer->ice);
  peer_unref (peer);
}

/* The server has been asked to send nothing of these tracks for now. */
void
rtc_peer_set_off (RtcPeer * peer, const GPtrArray * track_sids)
{
  rtc_streams_set_off (peer->streams, track_sids);
  peer_note_expectation (peer);
}

/* Media errors */

/* A call goes on without the data channels, whose elements also complain when an
 * SFU is first to end them. */
static gboolean
is_of_data_channels (GstObject * source)
{
  GstElementFactory *factory = GST_IS_ELEMENT (source) ?
      gst_element_get_factory (GST_ELEMENT (source)) : NULL;

  return factory != NULL
      && g_str_has_prefix (GST_OBJECT_NAME (factory), "sctp");
}

/* An error of @source: inside a receiver it costs the one track, inside webrtcbin
 * the peer. FALSE if it is in none of ours. */
gboolean
rtc_peer_take_media_error (RtcPeer * peer, GstObject * source,
    const gchar * debug)
{
  if (!gst_object_has_as_ancestor (source, GST_OBJECT (peer->webrtcbin)))
    return rtc_streams_take_media_error (peer->streams, source, debug);
  if (!is_of_data_channels (source))
    peer_fail (peer, debug);
  return TRUE;
}
