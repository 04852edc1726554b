/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The webrtcbin behind one subscriber. Its callbacks come on its own threads
 * and are posted to the server's context; nothing else is shared. */

#include "peer.h"
#include "media.h"
#include "path.h"
#include "../../ext/matrixrtc/rtc/transport.h"

#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>

#define STEP_INTERVAL_MS 2
#define MAX_STEP_TRIES 50

/* An SFU's are 3 s apart. */
#define REPORT_INTERVAL (500 * GST_MSECOND)

enum
{
  CHANNEL_RELIABLE,
  CHANNEL_LOSSY,
  N_CHANNELS
};

typedef enum
{
  POST_OFFER,
  POST_LOCAL_SET,
  POST_CANDIDATE,
  POST_GATHERED,
  POST_CONNECTED,
  POST_PATH,
  POST_KEY_FRAME,
  POST_CHANNEL_OPEN
} PostKind;

/* An appsrc, owned by the pipeline. */
typedef struct
{
  GstAppSrc *src;
  gint is_starting;             /* atomic: its caps may be on their way */
} Source;

struct _Peer
{
  GMainContext *context;
  const PeerEvents *events;
  gpointer user_data;
  gboolean closed;

  GstElement *pipeline;
  GstElement *webrtc;
  Path *path;
  GObject *data_channels[N_CHANNELS];
  gboolean is_open[N_CHANNELS];
  GQueue messages[N_CHANNELS];  /* GBytes *: until it's open */
  GPtrArray *sources;           /* Source * */
  guint negotiated_sources;
  gboolean negotiated_once;

  GstSDPMessage *local;         /* last offer of webrtcbin, ours in parts */
  GPtrArray *promises;          /* all, for peer_close() */
  gboolean answer_missing;
  GstWebRTCSessionDescription *answer;
  void (*step) (Peer * peer);   /* waits for sources that start */
  GSource *step_timer;
  guint step_tries;
  GQueue early;                 /* candidates before the answer to a restart */
};

typedef struct
{
  Peer *peer;
  PostKind kind;
  GstPromise *promise;
  gchar *text;
  guint source;                 /* or the channel */
} Post;

static void
peer_clear (gpointer data)
{
  Peer *peer = data;
  guint i;

  g_main_context_unref (peer->context);
  g_ptr_array_unref (peer->sources);
  if (peer->local)
    gst_sdp_message_free (peer->local);
  g_queue_clear_full (&peer->early, g_free);
  for (i = 0; i < N_CHANNELS; i++)
    g_queue_clear_full (&peer->messages[i], (GDestroyNotify) g_bytes_unref);
}

static void
peer_release (gpointer peer)
{
  g_atomic_rc_box_release_full (peer, peer_clear);
}

static void
post_free (gpointer data)
{
  Post *post = data;

  if (post->promise)
    gst_promise_unref (post->promise);
  g_free (post->text);
  peer_release (post->peer);
  g_free (post);
}

static GstPromise *promise_new (Peer * peer, PostKind kind);

static void
drop_step (Peer * peer)
{
  if (peer->step_timer)
    g_source_destroy (peer->step_timer);
  g_clear_pointer (&peer->step_timer, g_source_unref);
}

static void
handle_offer (Peer * peer, GstPromise * promise)
{
  const GstStructure *reply = gst_promise_get_reply (promise);
  GstWebRTCSessionDescription *offer = NULL;
  GstPromise *set;

  if (reply)
    gst_structure_get (reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
        &offer, NULL);
  if (!offer) {
    g_warning ("testcall: webrtcbin made no offer");
    return;
  }
  path_put_credentials (peer->path, offer->sdp);
  if (peer->local)
    gst_sdp_message_free (peer->local);
  gst_sdp_message_copy (offer->sdp, &peer->local);
  set = promise_new (peer, POST_LOCAL_SET);
  g_signal_emit_by_name (peer->webrtc, "set-local-description", offer, set);
  gst_promise_unref (set);
  gst_webrtc_session_description_free (offer);
}

static void
open_channel (Peer * peer, guint channel)
{
  GBytes *message;

  peer->is_open[channel] = TRUE;
  while ((message = g_queue_pop_head (&peer->messages[channel]))) {
    g_signal_emit_by_name (peer->data_channels[channel], "send-data", message);
    g_bytes_unref (message);
  }
}

static gboolean
on_post (gpointer data)
{
  Post *post = data;
  Peer *peer = post->peer;

  if (peer->closed)
    return G_SOURCE_REMOVE;
  switch (post->kind) {
    case POST_OFFER:
      handle_offer (peer, post->promise);
      break;
    case POST_LOCAL_SET:
      peer->events->ready (peer->user_data);
      break;
    case POST_CANDIDATE:
      peer->events->candidate (peer->user_data, post->text);
      break;
    case POST_GATHERED:
      peer->events->gathered (peer->user_data);
      break;
    case POST_CONNECTED:
      peer->events->connected (peer->user_data);
      break;
    case POST_PATH:
      if (path_update (peer->path))
        peer->events->restarted (peer->user_data);
      break;
    case POST_KEY_FRAME:
      peer->events->key_frame (peer->user_data, post->source);
      break;
    case POST_CHANNEL_OPEN:
      open_channel (peer, post->source);
      break;
  }
  return G_SOURCE_REMOVE;
}

static Post *
post_new (Peer * peer, PostKind kind)
{
  Post *post = g_new0 (Post, 1);

  post->peer = g_atomic_rc_box_acquire (peer);
  post->kind = kind;
  return post;
}

/* Always by a source, so that what is posted first is handled first even when
 * the poster owns the context. */
static void
post_send (Post * post)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_post, post, post_free);
  g_source_attach (source, post->peer->context);
}

static void
on_promise (GstPromise * promise, gpointer user_data)
{
  Post *template = user_data;
  Post *post;

  if (gst_promise_wait (promise) != GST_PROMISE_RESULT_REPLIED)
    return;
  post = post_new (template->peer, template->kind);
  post->promise = gst_promise_ref (promise);
  post_send (post);
}

/* All are kept for peer_close(), which waits for them. */
static GstPromise *
promise_keep (Peer * peer, GstPromise * promise)
{
  g_ptr_array_add (peer->promises, gst_promise_ref (promise));
  return promise;
}

static GstPromise *
promise_new (Peer * peer, PostKind kind)
{
  return promise_keep (peer, gst_promise_new_with_change_func (on_promise,
          post_new (peer, kind), post_free));
}

static void
on_candidate (GstElement * webrtc, guint line, const gchar * candidate,
    Peer * peer)
{
  Post *post;

  if (!candidate || !*candidate)
    return;
  post = post_new (peer, POST_CANDIDATE);
  post->text = g_strdup (candidate);
  post_send (post);
}

static void
on_gathering (GstElement * webrtc, GParamSpec * pspec, Peer * peer)
{
  GstWebRTCICEGatheringState state;

  g_object_get (webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    post_send (post_new (peer, POST_GATHERED));
}

static void
on_connection (GstElement * webrtc, GParamSpec * pspec, Peer * peer)
{
  GstWebRTCPeerConnectionState state;

  g_object_get (webrtc, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    post_send (post_new (peer, POST_CONNECTED));
}

static void
on_path_changed (Peer * peer)
{
  post_send (post_new (peer, POST_PATH));
}

static void
on_channel_open (GObject * channel, Peer * peer)
{
  Post *post = post_new (peer, POST_CHANNEL_OPEN);

  post->source = channel == peer->data_channels[CHANNEL_RELIABLE] ?
      CHANNEL_RELIABLE : CHANNEL_LOSSY;
  post_send (post);
}

static void
release_by_closure (gpointer peer, GClosure * closure)
{
  peer_release (peer);
}

static void
create_data_channels (Peer * peer)
{
  guint i;
  g_autoptr (GstStructure) lossy = gst_structure_new ("options", "ordered",
      G_TYPE_BOOLEAN, FALSE, "max-retransmits", G_TYPE_INT, 0, NULL);

  g_signal_emit_by_name (peer->webrtc, "create-data-channel", "_reliable",
      NULL, &peer->data_channels[CHANNEL_RELIABLE]);
  g_signal_emit_by_name (peer->webrtc, "create-data-channel", "_lossy", lossy,
      &peer->data_channels[CHANNEL_LOSSY]);
  for (i = 0; i < N_CHANNELS; i++)
    g_signal_connect_data (peer->data_channels[i], "on-open",
        G_CALLBACK (on_channel_open), g_atomic_rc_box_acquire (peer),
        release_by_closure, 0);
}

static void
connect_signal (Peer * peer, const gchar * name, GCallback callback)
{
  g_signal_connect_data (peer->webrtc, name, callback,
      g_atomic_rc_box_acquire (peer), release_by_closure, 0);
}

static void
hurry_reports (GstBin * rtpbin, GstElement * element, gpointer user_data)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element),
          "rtcp-min-interval"))
    g_object_set (element, "rtcp-min-interval", REPORT_INTERVAL, NULL);
}

/* Sender reports tell, soon and often, when media was sampled, as those of
 * browsers do; not when it was sent. */
static void
set_up_reports (GstElement * webrtc)
{
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (webrtc), "rtpbin");

  g_object_set (rtpbin, "rtcp-sync-send-time", FALSE, NULL);
  g_signal_connect (rtpbin, "element-added", G_CALLBACK (hurry_reports), NULL);
}

Peer *
peer_new (GMainContext * context, GstClockTime base_time,
    const PeerEvents * events, gpointer user_data)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  Peer *peer = g_atomic_rc_box_new0 (Peer);

  peer->context = g_main_context_ref (context);
  peer->events = events;
  peer->user_data = user_data;
  peer->sources = g_ptr_array_new_with_free_func (g_free);
  peer->promises =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_promise_unref);
  peer->pipeline = gst_pipeline_new (NULL);
  peer->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  if (!peer->webrtc)
    g_error ("testcall: no webrtcbin");
  g_object_set (peer->webrtc, "bundle-policy",
      GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
  gst_bin_add (GST_BIN (peer->pipeline), peer->webrtc);
  gst_pipeline_use_clock (GST_PIPELINE (peer->pipeline), clock);
  gst_element_set_start_time (peer->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (peer->pipeline, base_time);

  set_up_reports (peer->webrtc);
  connect_signal (peer, "on-ice-candidate", G_CALLBACK (on_candidate));
  connect_signal (peer, "notify::ice-gathering-state",
      G_CALLBACK (on_gathering));
  connect_signal (peer, "notify::connection-state", G_CALLBACK (on_connection));
  peer->path = path_new (peer->webrtc, G_CALLBACK (on_path_changed),
      g_atomic_rc_box_acquire (peer), release_by_closure);
  gst_element_set_state (peer->pipeline, GST_STATE_PLAYING);
  create_data_channels (peer);
  return peer;
}

static void
wait_for_promise (gpointer promise, gpointer user_data)
{
  gst_promise_wait (promise);
}

void
peer_close (Peer * peer)
{
  guint i;

  peer->closed = TRUE;
  drop_step (peer);
  g_clear_pointer (&peer->answer, gst_webrtc_session_description_free);
  g_signal_handlers_disconnect_by_data (peer->webrtc, peer);
  /* Elements that webrtcbin starts while it goes down would outlive it. */
  g_ptr_array_foreach (peer->promises, wait_for_promise, NULL);
  rtc_transport_stop (peer->webrtc);
  gst_element_set_state (peer->pipeline, GST_STATE_NULL);
  g_clear_pointer (&peer->promises, g_ptr_array_unref);
  for (i = 0; i < N_CHANNELS; i++) {
    g_signal_handlers_disconnect_by_data (peer->data_channels[i], peer);
    g_clear_object (&peer->data_channels[i]);
  }
  g_clear_pointer (&peer->path, path_free);
  gst_object_unref (peer->pipeline);
  peer_release (peer);
}

static GstPadProbeReturn
on_upstream (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Post *template = user_data;
  Post *post;
  gboolean is_fir = FALSE;

  if (!gst_event_has_name (GST_PAD_PROBE_INFO_EVENT (info), "GstForceKeyUnit"))
    return GST_PAD_PROBE_OK;
  /* A FIR has its SSRC where LiveKit doesn't look. */
  gst_video_event_parse_upstream_force_key_unit (GST_PAD_PROBE_INFO_EVENT
      (info), NULL, &is_fir, NULL);
  if (is_fir)
    return GST_PAD_PROBE_DROP;
  post = post_new (template->peer, POST_KEY_FRAME);
  post->source = template->source;
  post_send (post);
  return GST_PAD_PROBE_DROP;
}

static void
watch_key_frames (Peer * peer, GstElement * src, guint source)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (src, "src");
  Post *template = post_new (peer, POST_KEY_FRAME);

  template->source = source;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream,
      template, post_free);
}

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer source)
{
  g_atomic_int_set (&((Source *) source)->is_starting, FALSE);
  return GST_PAD_PROBE_OK;
}

static Source *
source_new (GstElement * src)
{
  Source *source = g_new0 (Source, 1);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (src, "src");

  source->src = GST_APP_SRC (src);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_buffer, source, NULL);
  return source;
}

/* One line may carry either codec in turn. */
static GstCaps *
caps_of_kind (OfferKind kind)
{
  GstCaps *caps;

  if (kind == OFFER_AUDIO)
    return feed_caps (OFFER_PT_OPUS, 0);
  caps = feed_caps (OFFER_PT_VP8, 0);
  gst_caps_append (caps, feed_caps (OFFER_PT_VP9, 0));
  gst_caps_append (caps, feed_caps (OFFER_PT_H264, 0));
  gst_caps_append (caps, feed_caps (OFFER_PT_H264_MODE0, 0));
  gst_caps_append (caps, feed_caps (OFFER_PT_H265, 0));
  return caps;
}

guint
peer_add_source (Peer * peer, OfferKind kind)
{
  GstElement *src = gst_element_factory_make ("appsrc", NULL);
  g_autoptr (GstCaps) caps = caps_of_kind (kind);
  g_autoptr (GstPad) src_pad = NULL;
  g_autoptr (GstPad) sink_pad = NULL;
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  guint source = peer->sources->len;

  g_object_set (src, "is-live", TRUE, "format", GST_FORMAT_TIME, "max-buffers",
      (guint64) 200, "max-bytes", (guint64) 0, "leaky-type", 2, NULL);
  gst_bin_add (GST_BIN (peer->pipeline), src);
  sink_pad = gst_element_request_pad (peer->webrtc,
      gst_element_get_pad_template (peer->webrtc, "sink_%u"), NULL, caps);
  g_object_get (sink_pad, "transceiver", &transceiver, NULL);
  g_object_set (transceiver, "direction",
      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, "codec-preferences",
      caps, NULL);
  src_pad = gst_element_get_static_pad (src, "src");
  gst_pad_link (src_pad, sink_pad);
  watch_key_frames (peer, src, source);
  gst_element_sync_state_with_parent (src);
  g_ptr_array_add (peer->sources, source_new (src));
  return source;
}

GstAppSrc *
peer_start_source (Peer * peer, guint source)
{
  Source *started = g_ptr_array_index (peer->sources, source);

  g_atomic_int_set (&started->is_starting, TRUE);
  return started->src;
}

gboolean
peer_needs_negotiation (Peer * peer)
{
  return !peer->negotiated_once
      || peer->negotiated_sources < peer->sources->len;
}

static gboolean
any_source_starts (Peer * peer)
{
  guint i;

  for (i = 0; i < peer->sources->len; i++) {
    Source *source = g_ptr_array_index (peer->sources, i);

    if (g_atomic_int_get (&source->is_starting))
      return TRUE;
  }
  return FALSE;
}

static gboolean
try_step (gpointer data)
{
  Peer *peer = data;

  if (any_source_starts (peer) && ++peer->step_tries < MAX_STEP_TRIES)
    return G_SOURCE_CONTINUE;
  drop_step (peer);
  peer->step (peer);
  return G_SOURCE_REMOVE;
}

/* webrtcbin reads a line's caps for a new offer, and its mid for new caps, while
 * either may be being replaced: new caps go through before a step or after it.
 * Those of a muted source may never come. */
static void
take_step (Peer * peer, void (*step) (Peer * peer))
{
  drop_step (peer);
  peer->step = step;
  peer->step_tries = 0;
  peer->step_timer = g_timeout_source_new (STEP_INTERVAL_MS);
  g_source_set_callback (peer->step_timer, try_step, peer, NULL);
  g_source_attach (peer->step_timer, peer->context);
}

static void
create_offer (Peer * peer)
{
  GstPromise *promise = promise_new (peer, POST_OFFER);

  peer->answer_missing = TRUE;
  g_signal_emit_by_name (peer->webrtc, "create-offer", NULL, promise);
  gst_promise_unref (promise);
}

void
peer_negotiate (Peer * peer)
{
  peer->negotiated_once = TRUE;
  peer->negotiated_sources = peer->sources->len;
  take_step (peer, create_offer);
}

static void
give_answer (Peer * peer)
{
  GstPromise *promise = promise_keep (peer, gst_promise_new ());

  g_signal_emit_by_name (peer->webrtc, "set-remote-description", peer->answer,
      promise);
  gst_promise_wait (promise);
  gst_promise_unref (promise);
  g_clear_pointer (&peer->answer, gst_webrtc_session_description_free);
  peer->events->accepted (peer->user_data);
}

static void
add_candidate (gpointer candidate, gpointer peer)
{
  g_signal_emit_by_name (((Peer *) peer)->webrtc, "add-ice-candidate", 0,
      candidate);
}

static void
add_early_candidates (Peer * peer)
{
  g_queue_foreach (&peer->early, add_candidate, peer);
  g_queue_clear_full (&peer->early, g_free);
}

gboolean
peer_hear (Peer * peer, const Answer * answer)
{
  if (!answer->ufrag || !answer->pwd)
    return TRUE;
  if (!path_hear (peer->path, answer->ufrag, answer->pwd))
    return FALSE;
  if (!path_is_restarting (peer->path))
    add_early_candidates (peer);
  return TRUE;
}

void
peer_accept (Peer * peer, const Answer * answer)
{
  if (!answer->ufrag || !answer->pwd || !answer->fingerprint
      || !peer->answer_missing || !peer->local) {
    peer->events->accepted (peer->user_data);
    return;
  }
  peer->answer_missing = FALSE;
  peer->answer = gst_webrtc_session_description_new
      (GST_WEBRTC_SDP_TYPE_ANSWER, answer_for_peer (peer->local, answer));
  take_step (peer, give_answer);
}

void
peer_add_candidate (Peer * peer, const gchar * candidate)
{
  if (path_is_restarting (peer->path))
    g_queue_push_tail (&peer->early, g_strdup (candidate));
  else
    add_candidate ((gpointer) candidate, peer);
}

void
peer_send_data (Peer * peer, gboolean reliable, GBytes * message)
{
  guint channel = reliable ? CHANNEL_RELIABLE : CHANNEL_LOSSY;

  g_queue_push_tail (&peer->messages[channel], g_bytes_ref (message));
  if (peer->is_open[channel])
    open_channel (peer, channel);
}

void
peer_get_transport (Peer * peer, OfferTransport * transport)
{
  const GstSDPMedia *media = gst_sdp_message_get_media (peer->local, 0);

  transport->ufrag = gst_sdp_media_get_attribute_val (media, "ice-ufrag");
  transport->pwd = gst_sdp_media_get_attribute_val (media, "ice-pwd");
  transport->fingerprint =
      gst_sdp_media_get_attribute_val (media, "fingerprint");
  if (!transport->fingerprint)
    transport->fingerprint =
        gst_sdp_message_get_attribute_val (peer->local, "fingerprint");
}

void
peer_restart_ice (Peer * peer)
{
  path_restart (peer->path);
  if (peer->local)
    path_put_credentials (peer->path, peer->local);
}

void
peer_tell_candidates (Peer * peer)
{
  path_tell_candidates (peer->path, peer->events->candidate, peer->user_data);
  peer->events->gathered (peer->user_data);
}

void
peer_cut (Peer * peer)
{
  path_cut (peer->path);
}
