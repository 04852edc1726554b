/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers the SFU's offers with webrtcbin, one after the other, in the order they
 * come. Each step is a promise of webrtcbin, answered on its thread and taken up
 * again on the worker thread, where all else here lives.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/webrtc/webrtc.h>
#include "../debug.h"
#include "negotiation.h"
#include "rtpbin.h"
#include "sdp.h"
#include "sections.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

/* A server sends one offer at a time; more of them waiting is nonsense. */
#define MAX_WAITING_OFFERS 16

/* One offer, from its arrival to its answer. */
typedef struct
{
  GstSDPMessage *sdp;           /* as it came, but for bad SSRCs */
  GPtrArray *sections;
  guint32 id;
  gchar *text;                  /* as it came */
} Offer;

struct _RtcNegotiation
{
  MatrixRtcLoop *loop;
  GstElement *webrtcbin;
  RtcIce *ice;                  /* the owner's; outlives us */
  RtcNegotiationCallbacks callbacks;
  gpointer user_data;

  GQueue waiting_offers;        /* of Offer */
  Offer *offer;                 /* the one at work, or NULL */
  GstPromise *promise;          /* its present step's */
  GstWebRTCSessionDescription *answer;  /* for offer, once made */
  GstSDPMessage *last_offer;    /* the last one that webrtcbin took */
  guint32 last_offer_id;
  gchar *answered_text;         /* both as they went over the wire */
  gchar *answer_text;
};

static void
offer_free (Offer * offer)
{
  gst_sdp_message_free (offer->sdp);
  g_ptr_array_unref (offer->sections);
  g_free (offer->text);
  g_free (offer);
}

RtcNegotiation *
rtc_negotiation_new (MatrixRtcLoop * loop, GstElement * webrtcbin,
    RtcIce * ice, const RtcNegotiationCallbacks * callbacks, gpointer user_data)
{
  RtcNegotiation *negotiation = g_atomic_rc_box_new0 (RtcNegotiation);

  negotiation->loop = matrix_rtc_loop_ref (loop);
  negotiation->webrtcbin = gst_object_ref (webrtcbin);
  negotiation->ice = ice;
  negotiation->callbacks = *callbacks;
  negotiation->user_data = user_data;
  g_queue_init (&negotiation->waiting_offers);
  return negotiation;
}

/* webrtcbin finishes what it is at: elements that it starts while it goes down
 * would outlive it. That's no longer than it would wait for itself. */
static void
negotiation_finish_step (RtcNegotiation * negotiation)
{
  g_autoptr (GstPromise) promise = g_steal_pointer (&negotiation->promise);

  if (promise != NULL)
    gst_promise_wait (promise);
}

/* No callback comes any more, also if this is called from inside one. Before
 * webrtcbin goes down. */
void
rtc_negotiation_close (RtcNegotiation * negotiation)
{
  negotiation_finish_step (negotiation);
  g_queue_clear_full (&negotiation->waiting_offers,
      (GDestroyNotify) offer_free);
  g_clear_pointer (&negotiation->offer, offer_free);
  g_clear_pointer (&negotiation->answer, gst_webrtc_session_description_free);
  g_clear_pointer (&negotiation->last_offer, gst_sdp_message_free);
}

static void
negotiation_clear (RtcNegotiation * negotiation)
{
  matrix_rtc_loop_unref (negotiation->loop);
  gst_object_unref (negotiation->webrtcbin);
  g_free (negotiation->answered_text);
  g_free (negotiation->answer_text);
}

/* After rtc_negotiation_close(). */
void
rtc_negotiation_unref (RtcNegotiation * negotiation)
{
  g_atomic_rc_box_release_full (negotiation,
      (GDestroyNotify) negotiation_clear);
}

/* The last offer that was answered, and the answer; NULL before. */
void
rtc_negotiation_get_last (RtcNegotiation * negotiation, const gchar ** offer,
    const gchar ** answer)
{
  *offer = negotiation->answered_text;
  *answer = negotiation->answer_text;
}

static void
negotiation_fail (RtcNegotiation * negotiation, const gchar * debug)
{
  negotiation->callbacks.failed (debug, negotiation->user_data);
}

/* Promises */

typedef void (*StepFunc) (RtcNegotiation * negotiation,
    const GstStructure * reply);

/* One step of the offer at work, asked of webrtcbin. */
typedef struct
{
  RtcNegotiation *negotiation;
  StepFunc func;
  GstPromise *promise;          /* once answered */
} Step;

static Step *
step_new (RtcNegotiation * negotiation, StepFunc func, GstPromise * promise)
{
  Step *step = g_new0 (Step, 1);

  step->negotiation = g_atomic_rc_box_acquire (negotiation);
  step->func = func;
  if (promise != NULL)
    step->promise = gst_promise_ref (promise);
  return step;
}

static void
step_free (Step * step)
{
  if (step->promise != NULL)
    gst_promise_unref (step->promise);
  rtc_negotiation_unref (step->negotiation);
  g_free (step);
}

static gchar *
promise_describe_error (GstPromise * promise)
{
  const GstStructure *reply;
  g_autoptr (GError) error = NULL;

  if (gst_promise_wait (promise) != GST_PROMISE_RESULT_REPLIED)
    return g_strdup ("webrtcbin gave no answer");
  reply = gst_promise_get_reply (promise);
  if (reply != NULL
      && gst_structure_get (reply, "error", G_TYPE_ERROR, &error, NULL))
    return g_strdup (error->message);
  return NULL;
}

static gboolean
take_step (gpointer user_data)
{
  Step *step = user_data;
  g_autofree gchar *error = NULL;

  /* Closed, or a straggler. */
  if (step->negotiation->offer == NULL)
    return G_SOURCE_REMOVE;
  error = promise_describe_error (step->promise);
  if (error != NULL)
    negotiation_fail (step->negotiation, error);
  else
    step->func (step->negotiation, gst_promise_get_reply (step->promise));
  return G_SOURCE_REMOVE;
}

/* On webrtcbin's thread. */
static void
on_promise (GstPromise * promise, gpointer user_data)
{
  Step *asked = user_data;

  matrix_rtc_loop_invoke (asked->negotiation->loop, take_step,
      step_new (asked->negotiation, asked->func, promise),
      (GDestroyNotify) step_free);
}

/* Asks webrtcbin for one step, with @argument; @func takes its answer. */
static void
negotiation_ask (RtcNegotiation * negotiation, const gchar * step_name,
    gpointer argument, StepFunc func)
{
  negotiation_finish_step (negotiation);
  negotiation->promise = gst_promise_new_with_change_func (on_promise,
      step_new (negotiation, func, NULL), (GDestroyNotify) step_free);
  g_signal_emit_by_name (negotiation->webrtcbin, step_name, argument,
      negotiation->promise);
}

/* The steps of one offer */

static void negotiation_start_next_offer (RtcNegotiation * negotiation);

static void
map_retransmissions (RtcNegotiation * negotiation, const GstSDPMessage * answer)
{
  g_autoptr (GstStructure) map = rtc_sdp_map_retransmissions (answer);

  rtc_rtpbin_map_retransmissions (negotiation->webrtcbin, map);
}

static void
after_set_local (RtcNegotiation * negotiation, const GstStructure * reply)
{
  Offer *offer = g_steal_pointer (&negotiation->offer);
  GstSDPMessage *sdp;

  gst_sdp_message_copy (negotiation->answer->sdp, &sdp);
  g_clear_pointer (&negotiation->answer, gst_webrtc_session_description_free);
  rtc_sections_take_answer (offer->sections, sdp);
  rtc_sections_put_ends (offer->sections, sdp);
  map_retransmissions (negotiation, sdp);
  g_free (negotiation->answer_text);
  negotiation->answer_text = gst_sdp_message_as_text (sdp);
  gst_sdp_message_free (sdp);
  g_free (negotiation->answered_text);
  negotiation->answered_text = g_strdup (offer->text);

  GST_DEBUG_OBJECT (negotiation->webrtcbin, "offer %u is answered", offer->id);
  GST_TRACE_OBJECT (negotiation->webrtcbin, "answer:\n%s",
      negotiation->answer_text);
  negotiation->callbacks.answered (offer->sections, negotiation->answer_text,
      offer->id, negotiation->user_data);
  rtc_ice_take_applied (negotiation->ice, offer->sdp);
  offer_free (offer);
  negotiation_start_next_offer (negotiation);
}

static void
after_create_answer (RtcNegotiation * negotiation, const GstStructure * reply)
{
  if (reply == NULL || !gst_structure_get (reply, "answer",
          GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &negotiation->answer, NULL)) {
    negotiation_fail (negotiation, "webrtcbin made no answer");
    return;
  }
  rtc_sdp_widen_answer (negotiation->answer->sdp, negotiation->offer->sdp);
  if (!rtc_ice_take_answer (negotiation->ice, negotiation->offer->sdp,
          negotiation->answer->sdp)) {
    negotiation_fail (negotiation, "ICE can't be restarted");
    return;
  }
  negotiation_ask (negotiation, "set-local-description", negotiation->answer,
      after_set_local);
}

static void
after_set_remote (RtcNegotiation * negotiation, const GstStructure * reply)
{
  g_clear_pointer (&negotiation->last_offer, gst_sdp_message_free);
  gst_sdp_message_copy (negotiation->offer->sdp, &negotiation->last_offer);
  negotiation_ask (negotiation, "create-answer", NULL, after_create_answer);
}

static void
negotiation_start_next_offer (RtcNegotiation * negotiation)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) sections = NULL;
  GstWebRTCSessionDescription *description;
  GstSDPMessage *shown;

  if (negotiation->offer != NULL)
    return;
  negotiation->offer = g_queue_pop_head (&negotiation->waiting_offers);
  if (negotiation->offer == NULL)
    return;
  if (!rtc_sdp_check_offer (negotiation->offer->sdp, negotiation->last_offer,
          &error)) {
    negotiation_fail (negotiation, error->message);
    return;
  }
  sections = g_ptr_array_ref (negotiation->offer->sections);
  negotiation->callbacks.begun (sections, negotiation->user_data);
  if (negotiation->offer == NULL)
    return;

  gst_sdp_message_copy (negotiation->offer->sdp, &shown);
  rtc_sdp_stick_directions (shown);
  description =
      gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_OFFER, shown);
  negotiation_ask (negotiation, "set-remote-description", description,
      after_set_remote);
  gst_webrtc_session_description_free (description);
}

static Offer *
offer_new (const gchar * sdp, guint32 id, GHashTable * mid_to_track,
    GError ** error)
{
  GstSDPMessage *message = rtc_sdp_parse (sdp, error);
  Offer *offer;

  if (message == NULL)
    return NULL;
  rtc_sdp_clean_ssrcs (message);
  rtc_sdp_remove_clocks (message);
  offer = g_new (Offer, 1);
  offer->sdp = message;
  offer->sections = rtc_sections_read (message);
  offer->id = id;
  offer->text = g_strdup (sdp);
  if (mid_to_track != NULL)
    rtc_sections_take_map (offer->sections, mid_to_track);
  return offer;
}

/* @mid_to_track (NULL: not given) is of strings. An offer that can't be used is
 * a failure: without an answer the server never offers anything again. */
void
rtc_negotiation_take_offer (RtcNegotiation * negotiation, const gchar * sdp,
    guint32 offer_id, GHashTable * mid_to_track)
{
  g_autoptr (GError) error = NULL;
  Offer *offer;

  if (offer_id != 0 && offer_id == negotiation->last_offer_id) {
    GST_WARNING_OBJECT (negotiation->webrtcbin, "offer %u comes again",
        offer_id);
    return;
  }
  if (g_queue_get_length (&negotiation->waiting_offers) >= MAX_WAITING_OFFERS) {
    negotiation_fail (negotiation, "too many offers");
    return;
  }
  GST_TRACE_OBJECT (negotiation->webrtcbin, "offer %u:\n%s", offer_id, sdp);
  offer = offer_new (sdp, offer_id, mid_to_track, &error);
  if (offer == NULL) {
    negotiation_fail (negotiation, error->message);
    return;
  }
  negotiation->last_offer_id = offer_id;
  g_queue_push_tail (&negotiation->waiting_offers, offer);
  negotiation_start_next_offer (negotiation);
}
