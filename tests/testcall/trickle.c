/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ICE candidates of both sides. */

#include "testcall-private.h"

/* --- Ours ---------------------------------------------------------------- */

static void
send_candidate (Session * session, const gchar * candidate, gboolean final)
{
  Livekit__TrickleRequest trickle = LIVEKIT__TRICKLE_REQUEST__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;
  OfferTransport transport;
  g_autofree gchar *json = NULL;

  if (session->call->silent_peer)
    return;
  peer_get_transport (session->peer, &transport);
  json = g_strdup_printf ("{\"candidate\":\"%s ufrag %s\",\"sdpMid\":\"0\","
      "\"sdpMLineIndex\":0,\"usernameFragment\":null}", candidate,
      transport.ufrag);
  trickle.candidateinit = json;
  trickle.target = LIVEKIT__SIGNAL_TARGET__SUBSCRIBER;
  trickle.final = final;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE;
  message.trickle = &trickle;
  session_send (session, TESTCALL_STEP_TRICKLE, &message);
}

/* Behind the offer that they belong to. Held back by one, so that the last
 * real one says that it is the last. */
void
trickle_send (Session * session)
{
  GQueue *candidates = &session->candidates;

  while (session->offered_path
      && candidates->length > (session->gathered ? 0 : 1)) {
    g_autofree gchar *candidate = g_queue_pop_head (candidates);

    send_candidate (session, candidate, candidates->length == 0);
  }
}

void
trickle_candidate (gpointer user_data, const gchar * candidate)
{
  Session *session = user_data;

  g_queue_push_tail (&session->candidates, g_strdup (candidate));
  trickle_send (session);
}

void
trickle_gathered (gpointer user_data)
{
  Session *session = user_data;

  session->gathered = TRUE;
  trickle_send (session);
}

/* They are for other credentials than those to come. */
void
trickle_forget (Session * session)
{
  session->offered_path = FALSE;
  session->gathered = FALSE;
  g_queue_clear_full (&session->candidates, g_free);
}

/* --- The subscriber's ---------------------------------------------------- */

static gchar *
read_candidate (const gchar * json)
{
  g_autoptr (JsonNode) node = json ? json_from_string (json, NULL) : NULL;
  JsonObject *object = node && JSON_NODE_HOLDS_OBJECT (node) ?
      json_node_get_object (node) : NULL;

  if (!object || !json_object_has_member (object, "candidate"))
    return NULL;
  return g_strdup (json_object_get_string_member_with_default (object,
          "candidate", NULL));
}

void
trickle_receive (Session * session, const Livekit__TrickleRequest * trickle)
{
  g_autofree gchar *candidate = read_candidate (trickle->candidateinit);

  if (!candidate || trickle->target != LIVEKIT__SIGNAL_TARGET__SUBSCRIBER) {
    seen_add (&session->call->seen, TESTCALL_SAW_BAD_TRICKLE, 1);
    return;
  }
  seen_add (&session->call->seen, TESTCALL_SAW_TRICKLE, 1);
  if (session->peer && *candidate && !session->call->silent_peer)
    peer_add_candidate (session->peer, candidate);
}
