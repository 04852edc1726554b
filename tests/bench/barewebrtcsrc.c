/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is least for a receiver by webrtcbin: the offers of a LiveKit SFU are
 * answered by the code that matrixrtcsrc has for it, and what comes out of
 * webrtcbin are the pads. Of matrixrtcsrc's there is nothing else here but what a
 * webrtcbin needs to stop without a crash, so that matrixrtcsrc can be measured
 * against it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/webrtc/webrtc.h>
#include "barewebrtcsrc.h"

#include "http/client.h"
#include "livekit/candidate.h"
#include "livekit/signalclient.h"
#include "rtc/ice.h"
#include "rtc/negotiation.h"
#include "rtc/transport.h"

struct _BareWebrtcSrc
{
  GstBin parent;

  gchar *url;
  gchar *token;

  MatrixRtcLoop *loop;
  HttpClient *http;
  LiveKitSignal *signal;
  GCancellable *cancellable;
  GstElement *webrtcbin;
  RtcIce *ice;
  RtcNegotiation *negotiation;
  gint n_pads;
};

enum
{
  PROP_0,
  PROP_LIVEKIT_URL,
  PROP_LIVEKIT_TOKEN
};

G_DEFINE_TYPE (BareWebrtcSrc, bare_webrtc_src, GST_TYPE_BIN);

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src_%u",
    GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS ("application/x-rtp"));

static void
bare_webrtc_src_fail (BareWebrtcSrc * self, const gchar * debug)
{
  GST_ELEMENT_ERROR (self, RESOURCE, READ, (NULL), ("%s", debug));
}

/* Negotiation, on the worker thread */

static void
on_offer_begun (GPtrArray * sections, gpointer user_data)
{
}

static void
on_offer_answered (GPtrArray * sections, const gchar * sdp, guint32 offer_id,
    gpointer user_data)
{
  BareWebrtcSrc *self = user_data;

  livekit_signal_send_answer (self->signal, sdp, offer_id);
}

static void
on_failed (const gchar * debug, gpointer user_data)
{
  bare_webrtc_src_fail (user_data, debug);
}

static const RtcNegotiationCallbacks negotiation_callbacks = {
  on_offer_begun, on_offer_answered, on_failed
};

static void
on_candidate (guint mline, const gchar * candidate, gpointer user_data)
{
  BareWebrtcSrc *self = user_data;
  g_autofree gchar *json = livekit_candidate_to_json (mline, candidate);

  livekit_signal_send_candidate (self->signal, json);
}

static void
on_ice_changed (gpointer user_data)
{
}

static const RtcIceCallbacks ice_callbacks = {
  on_candidate, on_ice_changed, on_ice_changed, on_failed
};

/* Signalling, on the worker thread */

static void
on_message (const Livekit__SignalResponse * message, gpointer user_data)
{
  BareWebrtcSrc *self = user_data;
  g_autofree gchar *candidate = NULL;
  guint mline;

  if (message->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER) {
    rtc_negotiation_take_offer (self->negotiation, message->offer->sdp,
        message->offer->id, NULL);
  } else if (message->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE
      && message->trickle->target == LIVEKIT__SIGNAL_TARGET__SUBSCRIBER) {
    candidate =
        livekit_candidate_from_json (message->trickle->candidateinit, &mline);
    if (candidate != NULL)
      rtc_ice_add_candidate (self->ice, mline, candidate);
  }
}

static void
on_closed (const Livekit__LeaveRequest * leave, const gchar * debug,
    gpointer user_data)
{
  bare_webrtc_src_fail (user_data, debug);
}

static void
on_round_trip (gint64 round_trip, gpointer user_data)
{
}

static const LiveKitSignalCallbacks signal_callbacks = {
  on_message, on_closed, on_round_trip
};

static void
on_connected (GObject * source, GAsyncResult * result, gpointer user_data)
{
  BareWebrtcSrc *self = user_data;
  g_autoptr (GError) error = NULL;
  Livekit__SignalResponse *message =
      livekit_signal_connect_finish (result, &error);

  if (message != NULL) {
    livekit_signal_set_pings (self->signal, message->join->ping_interval,
        message->join->ping_timeout);
    livekit__signal_response__free_unpacked (message, NULL);
  } else if (!g_cancellable_is_cancelled (self->cancellable)) {
    bare_webrtc_src_fail (self, error->message);
  }
  gst_object_unref (self);
}

static gboolean
connect_signal (gpointer user_data)
{
  BareWebrtcSrc *self = user_data;

  self->signal = livekit_signal_new (self->http, &signal_callbacks, self);
  livekit_signal_connect_async (self->signal, self->url, self->token, TRUE,
      NULL, self->cancellable, on_connected, gst_object_ref (self));
  return G_SOURCE_REMOVE;
}

/* Pads, on webrtcbin's thread */

static void
on_pad_added (GstElement * webrtcbin, GstPad * pad, BareWebrtcSrc * self)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const gchar *media = caps == NULL ? NULL :
      gst_structure_get_string (gst_caps_get_structure (caps, 0), "media");
  g_autofree gchar *name = g_strdup_printf ("%s_%d", media,
      g_atomic_int_add (&self->n_pads, 1));
  GstPad *ghost = gst_ghost_pad_new (name, pad);

  gst_pad_set_active (ghost, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), ghost);
}

/* Starting and stopping */

static gboolean
bare_webrtc_src_start (BareWebrtcSrc * self)
{
  const HttpClientSettings settings = {.timeout_ms = 15000 };

  self->webrtcbin = gst_element_factory_make ("webrtcbin", NULL);
  self->http = http_client_new (&settings, NULL);
  if (self->webrtcbin == NULL || self->http == NULL)
    return FALSE;
  self->loop = matrix_rtc_loop_new ("bare");
  self->cancellable = g_cancellable_new ();
  g_object_set (self->webrtcbin, "bundle-policy",
      GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
  g_signal_connect (self->webrtcbin, "pad-added", G_CALLBACK (on_pad_added),
      self);
  rtc_transport_keep_data_channels (self->webrtcbin);
  self->ice = rtc_ice_new (self->loop, self->webrtcbin, &ice_callbacks, self);
  self->negotiation = rtc_negotiation_new (self->loop, self->webrtcbin,
      self->ice, &negotiation_callbacks, self);
  gst_bin_add (GST_BIN (self), self->webrtcbin);
  matrix_rtc_loop_invoke (self->loop, connect_signal, self, NULL);
  return TRUE;
}

static gboolean
hang_up (gpointer user_data)
{
  BareWebrtcSrc *self = user_data;

  g_cancellable_cancel (self->cancellable);
  livekit_signal_abandon (self->signal);
  rtc_ice_close (self->ice);
  rtc_negotiation_close (self->negotiation);
  rtc_transport_stop (self->webrtcbin);
  return G_SOURCE_REMOVE;
}

static void
bare_webrtc_src_stop (BareWebrtcSrc * self)
{
  if (self->loop == NULL)
    return;
  matrix_rtc_loop_invoke (self->loop, hang_up, self, NULL);
  matrix_rtc_loop_stop (self->loop);
  gst_element_set_state (self->webrtcbin, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), self->webrtcbin);
  g_clear_pointer (&self->negotiation, rtc_negotiation_unref);
  g_clear_pointer (&self->ice, rtc_ice_unref);
  g_clear_pointer (&self->signal, livekit_signal_unref);
  g_clear_pointer (&self->http, http_client_unref);
  g_clear_pointer (&self->loop, matrix_rtc_loop_unref);
  g_clear_object (&self->cancellable);
}

static GstStateChangeReturn
bare_webrtc_src_change_state (GstElement * element, GstStateChange transition)
{
  BareWebrtcSrc *self = BARE_WEBRTC_SRC (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && !bare_webrtc_src_start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    bare_webrtc_src_stop (self);
  ret = GST_ELEMENT_CLASS (bare_webrtc_src_parent_class)->change_state (element,
      transition);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && ret != GST_STATE_CHANGE_FAILURE)
    ret = GST_STATE_CHANGE_NO_PREROLL;
  return ret;
}

static void
bare_webrtc_src_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  BareWebrtcSrc *self = BARE_WEBRTC_SRC (object);
  gchar **text = prop_id == PROP_LIVEKIT_URL ? &self->url : &self->token;

  g_free (*text);
  *text = g_value_dup_string (value);
}

static void
bare_webrtc_src_finalize (GObject * object)
{
  BareWebrtcSrc *self = BARE_WEBRTC_SRC (object);

  g_free (self->url);
  g_free (self->token);
  G_OBJECT_CLASS (bare_webrtc_src_parent_class)->finalize (object);
}

static void
bare_webrtc_src_class_init (BareWebrtcSrcClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = bare_webrtc_src_set_property;
  object_class->finalize = bare_webrtc_src_finalize;
  element_class->change_state = bare_webrtc_src_change_state;
  g_object_class_install_property (object_class, PROP_LIVEKIT_URL,
      g_param_spec_string ("livekit-url", NULL, NULL, NULL,
          G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_LIVEKIT_TOKEN,
      g_param_spec_string ("livekit-token", NULL, NULL, NULL,
          G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Bare webrtcbin",
      "Source/Network", "A LiveKit room as RTP, by webrtcbin alone", "tests");
}

static void
bare_webrtc_src_init (BareWebrtcSrc * self)
{
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
}
