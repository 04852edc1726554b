/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The media peer of one SFU: a webrtcbin, the negotiation that keeps it in step
 * with the SFU, and the streams that come out of it, told apart by what the
 * newest offer says. Lives on the worker thread; webrtcbin's own threads only
 * post to it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/webrtc/webrtc.h>
#include "../debug.h"
#include "iceagent.h"
#include "iceserver.h"
#include "negotiation.h"
#include "peer.h"
#include "rtpbin.h"
#include "sections.h"
#include "ssrcfilter.h"
#include "stream.h"
#include "transport.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

/* What a stop may wait for TURN servers. */
#define ICE_CLOSE_TIMEOUT_MS 500

struct _RtcPeer
{
  RtcStreamHost host;           /* for the streams, and our own way to the loop */
  RtcPeerCallbacks callbacks;   /* all NULL once abandoned */
  gpointer user_data;

  GstElement *webrtcbin;
  RtcSsrcFilter *ssrc_filter;
  gboolean has_stun_server;
  gboolean has_turn_server;
  gboolean is_connected;
  gboolean is_closed;           /* by rtc_peer_free() */

  RtcNegotiation *negotiation;
  GPtrArray *sections;          /* of the newest offer at work or done */
  GPtrArray *streams;           /* of RtcStream */
};

static void
peer_clear (RtcPeer * peer)
{
  matrix_rtc_loop_unref (peer->host.loop);
  gst_object_unref (peer->webrtcbin);
  rtc_ssrc_filter_unref (peer->ssrc_filter);
  rtc_stream_host_clear (&peer->host);
}

static void
peer_unref (RtcPeer * peer)
{
  g_atomic_rc_box_release_full (peer, (GDestroyNotify) peer_clear);
}

static void
peer_unref_closure (gpointer peer, GClosure * closure)
{
  peer_unref (peer);
}

/* What a webrtcbin thread wants done on the worker thread. It isn't done any
 * more once the peer is closed. */
typedef struct
{
  RtcPeer *peer;
  void (*func) (RtcPeer * peer, gpointer data);
  gpointer data;
  GDestroyNotify notify;
} Post;

static void
post_free (Post * post)
{
  if (post->notify != NULL && post->data != NULL)
    post->notify (post->data);
  peer_unref (post->peer);
  g_free (post);
}

static gboolean
post_run (gpointer user_data)
{
  Post *post = user_data;

  if (!post->peer->is_closed)
    post->func (post->peer, post->data);
  return G_SOURCE_REMOVE;
}

static void
peer_post (RtcPeer * peer, void (*func) (RtcPeer *, gpointer), gpointer data,
    GDestroyNotify notify)
{
  Post *post = g_new (Post, 1);

  post->peer = g_atomic_rc_box_acquire (peer);
  post->func = func;
  post->data = data;
  post->notify = notify;
  matrix_rtc_loop_invoke (peer->host.loop, post_run, post,
      (GDestroyNotify) post_free);
}

static void
peer_fail (RtcPeer * peer, const gchar * debug)
{
  if (peer->callbacks.failed != NULL)
    peer->callbacks.failed (debug, peer->user_data);
}

/* Streams */

static RtcStream *
peer_find_stream (RtcPeer * peer, const gchar * track_sid)
{
  guint i;

  for (i = 0; i < peer->streams->len; i++) {
    RtcStream *stream = g_ptr_array_index (peer->streams, i);

    if (g_strcmp0 (rtc_stream_get_track_sid (stream), track_sid) == 0)
      return stream;
  }
  return NULL;
}

static void
on_stream_ready (RtcStream * stream, gpointer user_data)
{
  RtcPeer *peer = user_data;

  GST_DEBUG_OBJECT (peer->webrtcbin, "track %s is ready",
      rtc_stream_get_track_sid (stream));
  if (peer->callbacks.track_ready != NULL)
    peer->callbacks.track_ready (rtc_stream_get_track_sid (stream),
        peer->user_data);
}

static void
on_stream_drained (RtcStream * stream, gpointer user_data)
{
  RtcPeer *peer = user_data;

  GST_DEBUG_OBJECT (peer->webrtcbin, "track %s has ended",
      rtc_stream_get_track_sid (stream));
  if (peer->callbacks.track_ended != NULL)
    peer->callbacks.track_ended (rtc_stream_get_track_sid (stream),
        peer->user_data);
  /* Abandoned from inside: rtc_peer_free() does the rest. */
  if (peer->callbacks.track_ended == NULL)
    return;
  rtc_stream_dismantle (stream);
  g_ptr_array_remove (peer->streams, stream);
}

static const RtcStreamCallbacks stream_callbacks = {
  on_stream_ready, on_stream_drained
};

static void
peer_bind_stream (RtcPeer * peer, RtcStream * stream)
{
  RtcSection *section = peer->sections == NULL ? NULL :
      rtc_sections_find_ssrc (peer->sections, rtc_stream_get_ssrc (stream));
  g_autoptr (GError) error = NULL;

  if (section == NULL || section->track_sid == NULL) {
    GST_DEBUG_OBJECT (peer->webrtcbin, "SSRC %u is nobody's yet",
        rtc_stream_get_ssrc (stream));
    return;
  }
  GST_DEBUG_OBJECT (peer->webrtcbin, "SSRC %u in section %s is track %s",
      rtc_stream_get_ssrc (stream), section->mid, section->track_sid);
  if (rtc_stream_bind (stream, section->track_sid, section->ssrcs,
          &stream_callbacks, peer, &error))
    return;
  if (peer->callbacks.track_failed != NULL)
    peer->callbacks.track_failed (section->track_sid, error->message,
        peer->user_data);
  rtc_stream_end (stream);
}

/* Ends the streams that the newest offer doesn't know any more, and gives those
 * their tracks that it does know now. */
static void
peer_match_streams (RtcPeer * peer)
{
  guint i;

  for (i = 0; i < peer->streams->len; i++) {
    RtcStream *stream = g_ptr_array_index (peer->streams, i);
    const gchar *track_sid = rtc_stream_get_track_sid (stream);
    RtcSection *section =
        rtc_sections_find_ssrc (peer->sections, rtc_stream_get_ssrc (stream));

    if (track_sid == NULL)
      peer_bind_stream (peer, stream);
    else if (section == NULL || g_strcmp0 (section->track_sid, track_sid) != 0)
      rtc_stream_end (stream);
  }
}

static void
peer_take_connected (RtcPeer * peer)
{
  if (peer->is_connected)
    return;
  peer->is_connected = TRUE;
  if (peer->callbacks.connected != NULL)
    peer->callbacks.connected (peer->user_data);
}

/* Media may be here before webrtcbin says how it came. */
static void
peer_take_stream (RtcPeer * peer, gpointer data)
{
  RtcStream *stream = data;

  peer_take_connected (peer);
  if (peer->callbacks.track_ready == NULL)
    return;
  g_ptr_array_add (peer->streams, rtc_stream_ref (stream));
  peer_bind_stream (peer, stream);
}

static gboolean
pad_get_ssrc (GstPad * pad, guint32 * ssrc)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  return caps != NULL
      && gst_structure_get_uint (gst_caps_get_structure (caps, 0), "ssrc",
      ssrc);
}

/* On a streaming thread: webrtcbin has a new stream. */
static void
on_pad_added (GstElement * webrtcbin, GstPad * pad, RtcPeer * peer)
{
  guint32 ssrc;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  if (!pad_get_ssrc (pad, &ssrc)) {
    GST_WARNING_OBJECT (pad, "a stream without SSRC");
    return;
  }
  peer_post (peer, peer_take_stream, rtc_stream_new (&peer->host, pad, ssrc),
      (GDestroyNotify) rtc_stream_unref);
}

/* Negotiation */

static void
on_offer_begun (GPtrArray * sections, gpointer user_data)
{
  RtcPeer *peer = user_data;

  g_clear_pointer (&peer->sections, g_ptr_array_unref);
  peer->sections = g_ptr_array_ref (sections);
  rtc_ssrc_filter_restrict (peer->ssrc_filter, sections);
  peer_match_streams (peer);
}

static void
on_offer_answered (GPtrArray * sections, const gchar * sdp, guint32 offer_id,
    gpointer user_data)
{
  RtcPeer *peer = user_data;

  rtc_ssrc_filter_set_allowed (peer->ssrc_filter, sections);
  peer->callbacks.answer (sdp, offer_id, peer->user_data);
  peer_match_streams (peer);
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

/* ICE */

typedef struct
{
  guint mline;
  gchar *candidate;
} Candidate;

static void
candidate_free (Candidate * candidate)
{
  g_free (candidate->candidate);
  g_free (candidate);
}

static void
peer_send_candidate (RtcPeer * peer, gpointer data)
{
  Candidate *candidate = data;

  if (peer->callbacks.candidate != NULL)
    peer->callbacks.candidate (candidate->mline, candidate->candidate,
        peer->user_data);
}

static void
on_ice_candidate (GstElement * webrtcbin, guint mline, const gchar * text,
    RtcPeer * peer)
{
  Candidate *candidate;

  if (text == NULL || *text == '\0')
    return;
  candidate = g_new (Candidate, 1);
  candidate->mline = mline;
  candidate->candidate = g_strdup (text);
  peer_post (peer, peer_send_candidate, candidate,
      (GDestroyNotify) candidate_free);
}

void
rtc_peer_add_candidate (RtcPeer * peer, guint mline, const gchar * candidate)
{
  g_signal_emit_by_name (peer->webrtcbin, "add-ice-candidate", mline,
      candidate);
}

/* @url is of the kind that LiveKit gives (RFC 7064, 7065). webrtcbin takes one
 * STUN server, the first. */
void
rtc_peer_add_ice_server (RtcPeer * peer, const gchar * url,
    const gchar * username, const gchar * credential)
{
  RtcIceServerKind kind;
  g_autofree gchar *server =
      rtc_ice_server_to_webrtcbin (url, username, credential, &kind);
  gboolean taken;

  if (server == NULL) {
    GST_WARNING_OBJECT (peer->webrtcbin, "an ICE server can't be used");
  } else if (kind == RTC_ICE_SERVER_TURN) {
    g_signal_emit_by_name (peer->webrtcbin, "add-turn-server", server, &taken);
    peer->has_turn_server = TRUE;
  } else if (!peer->has_stun_server) {
    g_object_set (peer->webrtcbin, "stun-server", server, NULL);
    peer->has_stun_server = TRUE;
  }
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

/* In PAUSED a live source passes no data, so DTLS can't finish there: the ICE
 * connection is all that can be had. */
static gboolean
peer_transport_is_up (RtcPeer * peer)
{
  GstWebRTCPeerConnectionState state;
  GstWebRTCICEConnectionState ice_state;

  g_object_get (peer->webrtcbin, "connection-state", &state,
      "ice-connection-state", &ice_state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    return TRUE;
  return GST_STATE_TARGET (peer->webrtcbin) < GST_STATE_PLAYING
      && (ice_state == GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED
      || ice_state == GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED);
}

static void
peer_check_connection (RtcPeer * peer, gpointer data)
{
  GstWebRTCPeerConnectionState state;

  g_object_get (peer->webrtcbin, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED) {
    peer_fail (peer, "the media transport failed");
  } else if (peer_transport_is_up (peer)) {
    peer_take_connected (peer);
  }
}

static void
on_connection_state (GstElement * webrtcbin, GParamSpec * pspec, RtcPeer * peer)
{
  peer_post (peer, peer_check_connection, NULL, NULL);
}

/* Life */

static void
on_new_transceiver (GstElement * webrtcbin, GObject * transceiver,
    RtcPeer * peer)
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

static void
peer_connect (RtcPeer * peer, const gchar * signal, GCallback callback)
{
  g_signal_connect_data (peer->webrtcbin, signal, callback,
      g_atomic_rc_box_acquire (peer), peer_unref_closure, 0);
}

static void
peer_connect_signals (RtcPeer * peer)
{
  peer_connect (peer, "pad-added", G_CALLBACK (on_pad_added));
  peer_connect (peer, "on-ice-candidate", G_CALLBACK (on_ice_candidate));
  peer_connect (peer, "on-new-transceiver", G_CALLBACK (on_new_transceiver));
  peer_connect (peer, "notify::connection-state",
      G_CALLBACK (on_connection_state));
  peer_connect (peer, "notify::ice-connection-state",
      G_CALLBACK (on_connection_state));
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
  peer->ssrc_filter = rtc_ssrc_filter_new ();
  rtc_stream_host_init (&peer->host, matrix_rtc_loop_ref (settings->loop),
      settings->bin, webrtcbin, peer->ssrc_filter, &settings->receivers);
  peer->streams =
      g_ptr_array_new_with_free_func ((GDestroyNotify) rtc_stream_unref);
  peer->negotiation = rtc_negotiation_new (settings->loop, webrtcbin,
      &negotiation_callbacks, peer);

  g_object_set (webrtcbin, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE,
      "latency", settings->latency_ms, NULL);
  rtc_ice_agent_disable_upnp (webrtcbin);
  rtc_rtpbin_adapt (webrtcbin, settings->latency_ms);
  rtc_transport_keep_data_channels (webrtcbin);
  if (settings->relay_only)
    rtc_peer_set_relay_only (peer);
  rtc_ssrc_filter_attach (peer->ssrc_filter, webrtcbin);
  peer_connect_signals (peer);
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

/* On the worker thread, before the elements go down: no callback comes any more.
 * The elements stay until rtc_peer_free(). */
void
rtc_peer_abandon (RtcPeer * peer)
{
  guint i;

  rtc_stream_host_close (&peer->host);
  rtc_negotiation_close (peer->negotiation);
  rtc_transport_stop (peer->webrtcbin);
  memset (&peer->callbacks, 0, sizeof (peer->callbacks));
  for (i = 0; i < peer->streams->len; i++)
    rtc_stream_forget (g_ptr_array_index (peer->streams, i));
}

static void
peer_remove_webrtcbin (RtcPeer * peer)
{
  if (peer->has_turn_server)
    rtc_ice_agent_close (peer->webrtcbin, ICE_CLOSE_TIMEOUT_MS);
  gst_element_set_locked_state (peer->webrtcbin, TRUE);
  gst_element_set_state (peer->webrtcbin, GST_STATE_NULL);
  if (GST_OBJECT_PARENT (peer->webrtcbin) == GST_OBJECT (peer->host.bin))
    gst_bin_remove (peer->host.bin, peer->webrtcbin);
}

/* On the worker thread, or when the worker doesn't run any more; with the element
 * that holds the media down in READY. */
void
rtc_peer_free (RtcPeer * peer)
{
  guint i;

  peer->is_closed = TRUE;
  rtc_stream_host_close (&peer->host);
  rtc_stream_host_wait (&peer->host);
  for (i = 0; i < peer->streams->len; i++) {
    RtcStream *stream = g_ptr_array_index (peer->streams, i);

    rtc_stream_forget (stream);
    rtc_stream_remove_receiver (stream);
  }
  peer_remove_webrtcbin (peer);
  g_signal_handlers_disconnect_by_data (peer->webrtcbin, peer);
  g_ptr_array_unref (peer->streams);
  rtc_negotiation_close (peer->negotiation);
  rtc_negotiation_unref (peer->negotiation);
  g_clear_pointer (&peer->sections, g_ptr_array_unref);
  peer_unref (peer);
}

/* Tracks */

/* The tracks that come in, started or not. */
GStrv
rtc_peer_get_track_sids (RtcPeer * peer)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint i;

  for (i = 0; i < peer->streams->len; i++) {
    const gchar *track_sid =
        rtc_stream_get_track_sid (g_ptr_array_index (peer->streams, i));

    if (track_sid != NULL)
      g_strv_builder_add (builder, track_sid);
  }
  return g_strv_builder_end (builder);
}

/* Where the track comes out, or NULL. */
GstPad *
rtc_peer_get_track_pad (RtcPeer * peer, const gchar * track_sid)
{
  RtcStream *stream = peer_find_stream (peer, track_sid);

  return stream == NULL || rtc_stream_get_receiver (stream) == NULL ? NULL :
      gst_element_get_static_pad (rtc_stream_get_receiver (stream), "src");
}

/* The track's msid in the newest offer, or NULL. */
gchar *
rtc_peer_get_track_msid (RtcPeer * peer, const gchar * track_sid)
{
  RtcSection *section = peer->sections == NULL ? NULL :
      rtc_sections_find_track (peer->sections, track_sid);

  return section == NULL ? NULL : g_strdup (section->msid);
}

/* Whether the track's first frame waits to be taken. */
gboolean
rtc_peer_is_track_ready (RtcPeer * peer, const gchar * track_sid)
{
  RtcStream *stream = peer_find_stream (peer, track_sid);

  return stream != NULL && rtc_stream_is_ready (stream);
}

/* Before the track is started, and whenever it changes. */
void
rtc_peer_set_track_encryption (RtcPeer * peer,
    const RtcTrackEncryption * encryption)
{
  RtcStream *stream = peer_find_stream (peer, encryption->track_sid);

  if (stream != NULL)
    rtc_stream_set_encryption (stream, encryption);
}

/* Lets the frames of a ready track out. */
void
rtc_peer_start_track (RtcPeer * peer, const gchar * track_sid)
{
  RtcStream *stream = peer_find_stream (peer, track_sid);

  if (stream != NULL)
    rtc_stream_unblock (stream);
}

void
rtc_peer_end_track (RtcPeer * peer, const gchar * track_sid)
{
  RtcStream *stream = peer_find_stream (peer, track_sid);

  if (stream != NULL)
    rtc_stream_end (stream);
}

/* Ends a track only if it was started: others may not be known yet. */
void
rtc_peer_end_started_track (RtcPeer * peer, const gchar * track_sid)
{
  RtcStream *stream = peer_find_stream (peer, track_sid);

  if (stream != NULL && rtc_stream_is_exposed (stream))
    rtc_stream_end (stream);
}

void
rtc_peer_end_all_tracks (RtcPeer * peer)
{
  guint i;

  for (i = 0; i < peer->streams->len; i++)
    rtc_stream_end (g_ptr_array_index (peer->streams, i));
}

/* An error of one of our elements: it costs the one track, or if it's
 * webrtcbin's the peer. FALSE if @child is none of ours. */
gboolean
rtc_peer_take_media_error (RtcPeer * peer, GstElement * child,
    const gchar * debug)
{
  guint i;

  if (child == peer->webrtcbin) {
    peer_fail (peer, debug);
    return TRUE;
  }
  for (i = 0; i < peer->streams->len; i++) {
    RtcStream *stream = g_ptr_array_index (peer->streams, i);

    if (rtc_stream_get_receiver (stream) != child)
      continue;
    if (peer->callbacks.track_failed != NULL)
      peer->callbacks.track_failed (rtc_stream_get_track_sid (stream), debug,
          peer->user_data);
    rtc_stream_end (stream);
    return TRUE;
  }
  return FALSE;
}
