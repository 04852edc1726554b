/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The media side of the self-test's client: a receiving webrtcbin, which is
 * helped where it can't do what LiveKit wants. */

#include "selftest-client.h"
#include "offer.h"

#include <gst/sdp/sdp.h>
#include <gst/video/video.h>
#include <gst/rtp/gstrtpbuffer.h>
#include <gst/webrtc/webrtc.h>
#include <nice/agent.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_ID 1
#define COMPONENT_ID 1

typedef struct
{
  Client *client;
  guint32 ssrc;
} Pad;

/* --- Frames -------------------------------------------------------------- */

static GstPadProbeReturn
on_packet (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Pad *state = user_data;
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

  if (gst_rtp_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), GST_MAP_READ, &rtp)) {
    state->ssrc = gst_rtp_buffer_get_ssrc (&rtp);
    gst_rtp_buffer_unmap (&rtp);
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Pad *state = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gpointer key = GUINT_TO_POINTER (state->ssrc);
  Frames *frames;

  g_mutex_lock (&state->client->lock);
  frames = g_hash_table_lookup (state->client->frames, key);
  if (!frames) {
    frames = g_new0 (Frames, 1);
    g_hash_table_insert (state->client->frames, key, frames);
  }
  frames->frames++;
  if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    frames->key_frames++;
  g_mutex_unlock (&state->client->lock);
  g_main_context_wakeup (NULL);
  return GST_PAD_PROBE_OK;
}

static const gchar *
depayloader_of (GstPad * pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const gchar *name = caps ? gst_structure_get_string (gst_caps_get_structure
      (caps, 0), "encoding-name") : NULL;

  if (g_strcmp0 (name, "H264") == 0)
    return "rtph264depay";
  return g_strcmp0 (name, "OPUS") == 0 ? "rtpopusdepay" : "rtpvp8depay";
}

static void
on_pad (GstElement * webrtc, GstPad * pad, Client * client)
{
  GstElement *depay, *sink;
  g_autoptr (GstPad) depay_sink = NULL;
  g_autoptr (GstPad) depay_src = NULL;
  Pad *state;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  state = g_new0 (Pad, 1);
  state->client = client;
  depay = gst_element_factory_make (depayloader_of (pad), NULL);
  sink = gst_element_factory_make ("fakesink", NULL);
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add_many (GST_BIN (client->pipeline), depay, sink, NULL);
  gst_element_link (depay, sink);
  depay_sink = gst_element_get_static_pad (depay, "sink");
  depay_src = gst_element_get_static_pad (depay, "src");
  gst_pad_add_probe (depay_sink, GST_PAD_PROBE_TYPE_BUFFER, on_packet, state,
      g_free);
  gst_pad_add_probe (depay_src, GST_PAD_PROBE_TYPE_BUFFER, on_frame, state,
      NULL);
  gst_element_sync_state_with_parent (sink);
  gst_element_sync_state_with_parent (depay);
  gst_pad_link (pad, depay_sink);
}

Frames
client_get_frames (Client * client, guint32 ssrc)
{
  Frames none = { 0 };
  const Frames *frames;

  g_mutex_lock (&client->lock);
  frames = g_hash_table_lookup (client->frames, GUINT_TO_POINTER (ssrc));
  if (frames)
    none = *frames;
  g_mutex_unlock (&client->lock);
  return none;
}

static void
ask_pad (const GValue * value, gpointer user_data)
{
  gst_pad_send_event (g_value_get_object (value),
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, FALSE,
          0));
}

void
client_ask_key_frame (Client * client)
{
  GstIterator *pads = gst_element_iterate_src_pads (client->webrtc);

  gst_iterator_foreach (pads, ask_pad, NULL);
  gst_iterator_free (pads);
}

/* --- Candidates ---------------------------------------------------------- */

typedef struct
{
  Client *client;
  gchar *candidate;
} Trickle;

static gboolean
send_trickle (gpointer user_data)
{
  Trickle *trickle = user_data;
  Livekit__TrickleRequest message = LIVEKIT__TRICKLE_REQUEST__INIT;
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
  g_autofree gchar *json = g_strdup_printf ("{\"candidate\":\"%s\","
      "\"sdpMid\":\"0\",\"sdpMLineIndex\":0}", trickle->candidate);

  message.candidateinit = json;
  message.target = LIVEKIT__SIGNAL_TARGET__SUBSCRIBER;
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRICKLE;
  request.trickle = &message;
  client_send (trickle->client, &request);
  g_free (trickle->candidate);
  g_free (trickle);
  return G_SOURCE_REMOVE;
}

static void
post_trickle (Client * client, const gchar * candidate)
{
  Trickle *trickle = g_new0 (Trickle, 1);

  trickle->client = client;
  trickle->candidate = g_strdup (candidate);
  /* Not invoked, which would be here and now while the main thread rests. */
  g_idle_add_full (G_PRIORITY_DEFAULT, send_trickle, trickle, NULL);
}

static void
on_candidate (GstElement * webrtc, guint line, const gchar * candidate,
    Client * client)
{
  if (candidate && *candidate)
    post_trickle (client, candidate);
}

void
receiver_add_candidate (Client * client, const gchar * json)
{
  static const gchar key[] = "\"candidate\":\"";
  const gchar *start = strstr (json, key);
  g_autofree gchar *candidate = NULL;

  g_assert_nonnull (start);
  start += strlen (key);
  candidate = g_strndup (start, strcspn (start, "\""));
  g_signal_emit_by_name (client->webrtc, "add-ice-candidate", 0, candidate);
}

/* --- Answers ------------------------------------------------------------- */

static gboolean
is_codec_key (const gchar * key)
{
  return g_str_equal (key, "rtpmap") || g_str_equal (key, "fmtp")
      || g_str_equal (key, "rtcp-fb");
}

static void
remove_attributes (GstSDPMedia * media, gboolean directions)
{
  static const gchar *const keys[] = { "sendrecv", "sendonly", "recvonly",
    "inactive", NULL
  };
  guint i = 0;

  while (i < gst_sdp_media_attributes_len (media)) {
    const gchar *key = gst_sdp_media_get_attribute (media, i)->key;

    if (directions ? g_strv_contains (keys, key) : is_codec_key (key))
      gst_sdp_media_remove_attribute (media, i);
    else
      i++;
  }
}

static void
set_direction (GstSDPMedia * media, const gchar * direction)
{
  remove_attributes (media, TRUE);
  gst_sdp_media_add_attribute (media, direction, "");
}

static gboolean
has_track (const GstSDPMedia * media)
{
  return gst_sdp_media_get_attribute_val (media, "sendrecv") != NULL;
}

static gboolean
is_data (const GstSDPMedia * media)
{
  return g_str_equal (gst_sdp_media_get_media (media), "application");
}

/* webrtcbin 1.22 can't change a direction: it sees sendonly for ever. */
static GstSDPMessage *
offer_for_webrtcbin (Client * client, const gchar * text)
{
  GstSDPMessage *sdp;
  guint i;

  if (gst_sdp_message_new_from_text (text, &sdp) != GST_SDP_OK)
    return NULL;
  for (i = 0; i < gst_sdp_message_medias_len (sdp); i++) {
    GstSDPMedia *media = (GstSDPMedia *) gst_sdp_message_get_media (sdp, i);

    if (!is_data (media))
      set_direction (media, "sendonly");
  }
  return sdp;
}

static void
widen_media (GstSDPMedia * media, const GstSDPMedia * offered)
{
  guint i;

  remove_attributes (media, FALSE);
  while (gst_sdp_media_formats_len (media) > 0)
    gst_sdp_media_remove_format (media, 0);
  for (i = 0; i < gst_sdp_media_formats_len (offered); i++)
    gst_sdp_media_add_format (media, gst_sdp_media_get_format (offered, i));
  for (i = 0; i < gst_sdp_media_attributes_len (offered); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (offered, i);

    if (is_codec_key (attribute->key))
      gst_sdp_media_add_attribute (media, attribute->key, attribute->value);
  }
}

/* TRUE: not those that the offer before had. */
static gboolean
has_new_credentials (Client * client, const GstSDPMessage * offer)
{
  const gchar *ufrag = gst_sdp_media_get_attribute_val
      (gst_sdp_message_get_media (offer, 0), "ice-ufrag");
  gboolean restart = client->remote_ufrag
      && !g_str_equal (client->remote_ufrag, ufrag);

  g_free (client->remote_ufrag);
  client->remote_ufrag = g_strdup (ufrag);
  return restart;
}

static void
restart_ice (Client * client, const GstSDPMessage * offer)
{
  const GstSDPMedia *media = gst_sdp_message_get_media (offer, 0);

  g_clear_pointer (&client->ufrag, g_free);
  g_clear_pointer (&client->pwd, g_free);
  nice_agent_restart_stream (client->agent, STREAM_ID);
  nice_agent_get_local_credentials (client->agent, STREAM_ID, &client->ufrag,
      &client->pwd);
  nice_agent_set_remote_credentials (client->agent, STREAM_ID,
      gst_sdp_media_get_attribute_val (media, "ice-ufrag"),
      gst_sdp_media_get_attribute_val (media, "ice-pwd"));
}

static void
trickle_again (Client * client)
{
  GSList *candidates = nice_agent_get_local_candidates (client->agent,
      STREAM_ID, COMPONENT_ID);
  GSList *item;

  for (item = candidates; item; item = item->next) {
    g_autofree gchar *line = nice_agent_generate_local_candidate_sdp
        (client->agent, item->data);

    post_trickle (client, line + strlen ("a="));
  }
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
}

static void
send_answer (Client * client, const GstSDPMessage * answer,
    const GstSDPMessage * offer, guint id)
{
  Livekit__SessionDescription description = LIVEKIT__SESSION_DESCRIPTION__INIT;
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
  GstSDPMessage *text;
  guint i;

  gst_sdp_message_copy (answer, &text);
  for (i = 0; i < gst_sdp_message_medias_len (text); i++) {
    GstSDPMedia *media = (GstSDPMedia *) gst_sdp_message_get_media (text, i);

    if (!is_data (media) && !has_track (gst_sdp_message_get_media (offer, i)))
      set_direction (media, "inactive");
  }
  offer_put_credentials (text, client->ufrag, client->pwd);
  g_free (client->last_answer);
  client->last_answer = gst_sdp_message_as_text (text);
  gst_sdp_message_free (text);
  description.type = (gchar *) "answer";
  description.sdp = client->last_answer;
  description.id = id;
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_ANSWER;
  request.answer = &description;
  client_send (client, &request);
}

static GstWebRTCSessionDescription *
create_answer (Client * client, const GstSDPMessage * offer)
{
  GstPromise *promise = gst_promise_new ();
  GstWebRTCSessionDescription *answer = NULL;
  guint i;

  g_signal_emit_by_name (client->webrtc, "create-answer", NULL, promise);
  gst_promise_wait (promise);
  gst_structure_get (gst_promise_get_reply (promise), "answer",
      GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, NULL);
  gst_promise_unref (promise);
  g_assert_nonnull (answer);
  for (i = 0; client->wide && i < gst_sdp_message_medias_len (offer); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (offer, i);

    if (!is_data (media))
      widen_media ((GstSDPMedia *) gst_sdp_message_get_media (answer->sdp, i),
          media);
  }
  offer_put_credentials (answer->sdp, client->ufrag, client->pwd);
  return answer;
}

static void
set_description (Client * client, const gchar * signal,
    GstWebRTCSessionDescription * description)
{
  GstPromise *promise = gst_promise_new ();

  g_signal_emit_by_name (client->webrtc, signal, description, promise);
  gst_promise_wait (promise);
  gst_promise_unref (promise);
}

/* Setting webrtcbin's local description puts older credentials back: the
 * restart comes behind it. */
static void
answer_offer (Client * client, const GstSDPMessage * offer, guint id)
{
  GstWebRTCSessionDescription *answer;
  gboolean restart = has_new_credentials (client, offer)
      && !client->keeps_path;

  if (client->forgets_restart) {
    g_clear_pointer (&client->ufrag, g_free);
    g_clear_pointer (&client->pwd, g_free);
  }
  answer = create_answer (client, offer);
  set_description (client, "set-local-description", answer);
  if (restart)
    restart_ice (client, offer);
  send_answer (client, answer->sdp, offer, id);
  if (restart)
    trickle_again (client);
  gst_webrtc_session_description_free (answer);
}

static void
handle_offer (Client * client, const Livekit__SessionDescription * offer)
{
  GstWebRTCSessionDescription *description;
  GstSDPMessage *sdp;

  g_free (client->last_offer);
  client->last_offer = g_strdup (offer->sdp);
  description = gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_OFFER,
      offer_for_webrtcbin (client, offer->sdp));
  set_description (client, "set-remote-description", description);
  gst_webrtc_session_description_free (description);
  gst_sdp_message_new_from_text (offer->sdp, &sdp);
  answer_offer (client, sdp, offer->id);
  gst_sdp_message_free (sdp);
}

/* Waiting inside is fine: webrtcbin works on its own thread. */
void
receiver_take_offer (Client * client, Livekit__SignalResponse * message)
{
  handle_offer (client, message->offer);
  livekit__signal_response__free_unpacked (message, NULL);
}

/* --- Life ---------------------------------------------------------------- */

/* No multicast into the network around. */
static void
take_agent (Client * client)
{
  g_autoptr (GObject) ice = NULL;

  g_object_get (client->webrtc, "ice-agent", &ice, NULL);
  g_object_get (ice, "agent", &client->agent, NULL);
  g_object_set (client->agent, "upnp", FALSE, NULL);
}

void
receiver_start (Client * client)
{
  client->frames = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  client->pipeline = gst_pipeline_new (NULL);
  client->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  g_object_set (client->webrtc, "bundle-policy",
      GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
  gst_bin_add (GST_BIN (client->pipeline), client->webrtc);
  take_agent (client);
  g_signal_connect (client->webrtc, "pad-added", G_CALLBACK (on_pad), client);
  g_signal_connect (client->webrtc, "on-ice-candidate",
      G_CALLBACK (on_candidate), client);
  gst_element_set_state (client->pipeline, GST_STATE_PLAYING);
}

void
receiver_stop (Client * client)
{
  gst_element_set_state (client->pipeline, GST_STATE_NULL);
  /* What was posted from there is still ours to free. */
  while (g_main_context_iteration (NULL, FALSE));
  g_object_unref (client->agent);
  gst_object_unref (client->pipeline);
  g_hash_table_unref (client->frames);
  g_free (client->last_offer);
  g_free (client->last_answer);
  g_free (client->remote_ufrag);
  g_free (client->ufrag);
  g_free (client->pwd);
}

/* --- What the last offer says -------------------------------------------- */

static gchar *
find_section (Client * client, const gchar * track_sid)
{
  g_auto (GStrv) sections = NULL;
  guint i;

  if (!client->last_offer || !track_sid)
    return NULL;
  sections = g_strsplit (client->last_offer, "\r\nm=", -1);
  for (i = 1; sections[i]; i++) {
    if (strstr (sections[i], track_sid))
      return g_strdup (sections[i]);
  }
  return NULL;
}

guint32
client_get_ssrc (Client * client, const gchar * track_sid)
{
  g_autofree gchar *section = find_section (client, track_sid);
  const gchar *line = section ? strstr (section, "\r\na=ssrc:") : NULL;

  return line ? strtoul (line + strlen ("\r\na=ssrc:"), NULL, 10) : 0;
}

gchar *
client_get_mid (Client * client, const gchar * track_sid)
{
  g_autofree gchar *section = find_section (client, track_sid);
  const gchar *line = section ? strstr (section, "\r\na=mid:") : NULL;

  if (!line)
    return NULL;
  line += strlen ("\r\na=mid:");
  return g_strndup (line, strcspn (line, "\r"));
}
