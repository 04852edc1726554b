/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Offers to one subscriber and the life of its m-lines, as LiveKit has it: one
 * open offer at a time, a track that ends leaves its line behind, and the next
 * of the same kind moves in once an answer has made the line inactive. */

#include "testcall-private.h"

#include <string.h>

static void try_offer (Session * session);

void
line_free (Line * line)
{
  if (line->output)
    feed_detach (line->track->feed, line->output);
  if (line->track)
    track_unref (line->track);
  g_free (line);
}

static Line *
get_line (Session * session, guint i)
{
  return g_ptr_array_index (session->lines, i);
}

static Line *
add_line (Session * session, OfferKind kind)
{
  Line *line = g_new0 (Line, 1);

  line->kind = kind;
  line->source = kind == OFFER_APPLICATION ? -1 :
      (gint) peer_add_source (session->peer, kind);
  g_ptr_array_add (session->lines, line);
  return line;
}

static void
stop_line (Session * session, Line * line)
{
  if (!line->output)
    return;
  feed_detach (line->track->feed, line->output);
  line->output = NULL;
  if (!line->paused)
    seen_add (&session->call->seen, TESTCALL_OPEN_LINES, -1);
  line->paused = FALSE;
}

static void
pause_line (Session * session, Line * line)
{
  gboolean paused;

  if (!line->output)
    return;
  paused = subscription_is_paused (session, line->track);
  if (paused == line->paused)
    return;
  line->paused = paused;
  feed_set_paused (line->track->feed, line->output, paused);
  seen_add (&session->call->seen, TESTCALL_OPEN_LINES, paused ? -1 : 1);
}

/* As the subscriber has set it for its tracks. */
void
negotiation_pause_lines (Session * session)
{
  guint i;

  for (i = 0; i < session->lines->len; i++)
    pause_line (session, get_line (session, i));
}

static void
vacate_line (Session * session, Line * line)
{
  stop_line (session, line);
  g_clear_pointer (&line->track, track_unref);
}

/* --- Which payload type a track may use ---------------------------------- */

static guint
pick_pt (const Track * track, const gboolean * allowed)
{
  if (track_kind (track) == OFFER_AUDIO)
    return allowed[OFFER_PT_OPUS] ? OFFER_PT_OPUS : 0;
  if (track->codec == TESTCALL_VP8)
    return allowed[OFFER_PT_VP8] ? OFFER_PT_VP8 : 0;
  if (track->codec == TESTCALL_VP9)
    return allowed[OFFER_PT_VP9] ? OFFER_PT_VP9 : 0;
  if (track->codec == TESTCALL_H265)
    return allowed[OFFER_PT_H265] ? OFFER_PT_H265 : 0;
  if (allowed[OFFER_PT_H264])
    return OFFER_PT_H264;
  return allowed[OFFER_PT_H264_MODE0] ? OFFER_PT_H264_MODE0 : 0;
}

static void
refuse_track (Session * session, const Track * track)
{
  Livekit__SubscriptionResponse response = LIVEKIT__SUBSCRIPTION_RESPONSE__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;

  if (!g_hash_table_add (session->refused, g_strdup (track->sid)))
    return;
  response.track_sid = track->sid;
  response.err = LIVEKIT__SUBSCRIPTION_ERROR__SE_CODEC_UNSUPPORTED;
  message.message_case =
      LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIPTION_RESPONSE;
  message.subscription_response = &response;
  session_send (session, TESTCALL_N_STEPS, &message);
  seen_add (&session->call->seen, TESTCALL_SAW_CODEC_REFUSED, 1);
}

/* --- Tracks into lines --------------------------------------------------- */

static gboolean
has_line (Session * session, const Track * track)
{
  guint i;

  for (i = 0; i < session->lines->len; i++) {
    if (get_line (session, i)->track == track)
      return TRUE;
  }
  return FALSE;
}

static Line *
find_free_line (Session * session, OfferKind kind)
{
  guint i;

  for (i = 0; i < session->lines->len; i++) {
    Line *line = get_line (session, i);

    if (line->kind == kind && !line->track && line->reusable)
      return line;
  }
  return NULL;
}

static void
place_track (Session * session, Track * track)
{
  OfferKind kind = track_kind (track);
  gboolean frozen = kind == OFFER_AUDIO ? session->codecs.audio_frozen :
      session->codecs.video_frozen;
  Line *line;

  if (g_hash_table_contains (session->refused, track->sid)
      || !subscription_wants (session, track) || has_line (session, track))
    return;
  if (frozen && pick_pt (track, session->codecs.allowed) == 0) {
    refuse_track (session, track);
    return;
  }
  line = find_free_line (session, kind);
  if (!line)
    line = add_line (session, kind);
  line->track = track_ref (track);
  line->reusable = FALSE;
  /* Even, so that the RTX SSRC behind it is nobody else's. */
  line->ssrc = (g_random_int () | 1) ^ 1;
}

static void
place_tracks (Session * session)
{
  GPtrArray *people = session->call->people;
  guint i, j;

  for (i = 0; i < people->len; i++) {
    Person *person = g_ptr_array_index (people, i);

    if (g_strcmp0 (person->identity, session->identity) == 0)
      continue;
    for (j = 0; j < person->tracks->len; j++)
      place_track (session, g_ptr_array_index (person->tracks, j));
  }
}

/* --- Sending an offer ---------------------------------------------------- */

static OfferLine *
describe_lines (Session * session)
{
  OfferLine *lines = g_new0 (OfferLine, session->lines->len);
  guint i;

  for (i = 0; i < session->lines->len; i++) {
    Line *line = get_line (session, i);

    lines[i].kind = line->kind;
    line->offered = line->track != NULL;
    if (!line->track)
      continue;
    lines[i].stream = line->track->cname;
    lines[i].track = line->track->sid;
    lines[i].ssrc = line->ssrc;
  }
  return lines;
}

static gchar *
make_offer_text (Session * session, const FaultSlot * fault)
{
  OfferTransport transport;
  g_autofree OfferLine *lines = describe_lines (session);
  g_autofree gchar *text = NULL;

  peer_get_transport (session->peer, &transport);
  transport.version = ++session->sdp_version;
  text = offer_text (&transport, lines, session->lines->len, &session->codecs);
  if (fault && fault->fault.sdp == TESTCALL_SDP_NO_MID)
    return offer_without_mid (text);
  if (fault && fault->fault.sdp == TESTCALL_SDP_TEXT && fault->body)
    return g_strndup (g_bytes_get_data (fault->body, NULL),
        g_bytes_get_size (fault->body));
  return g_steal_pointer (&text);
}

static void
mid_entry_free (gpointer data)
{
  Livekit__MidEntry *entry = data;

  g_free (entry->key);
  g_free (entry);
}

static GPtrArray *
make_mid_map (Session * session)
{
  GPtrArray *map = g_ptr_array_new_with_free_func (mid_entry_free);
  guint i;

  for (i = 0; i < session->lines->len; i++) {
    Line *line = get_line (session, i);
    Livekit__MidEntry *entry;

    if (!line->track)
      continue;
    entry = g_new (Livekit__MidEntry, 1);
    livekit__mid_entry__init (entry);
    entry->key = g_strdup_printf ("%u", i);
    entry->value = line->track->sid;
    g_ptr_array_add (map, entry);
  }
  return map;
}

static void
send_offer (Session * session)
{
  const FaultSlot *fault = faults_peek (session->call, TESTCALL_STEP_OFFER);
  g_autofree gchar *text = NULL;
  g_autoptr (GPtrArray) map = make_mid_map (session);
  Livekit__SessionDescription offer = LIVEKIT__SESSION_DESCRIPTION__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;

  session->preparing = FALSE;
  session->offer_open = TRUE;
  session->offered_path = TRUE;
  session->offer_id++;
  text = make_offer_text (session, fault);
  offer.type = (gchar *) "offer";
  offer.sdp = text;
  offer.id = session->offer_id + (fault ? fault->fault.id_offset : 0);
  offer.n_mid_to_track_id = map->len;
  offer.mid_to_track_id = (Livekit__MidEntry **) map->pdata;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER;
  message.offer = &offer;
  seen_offer (&session->call->seen, text, offer.id);
  session_send (session, TESTCALL_STEP_OFFER, &message);
  trickle_send (session);
}

/* Where there has been no path yet, what was offered for it holds; the socket
 * that it was told on is gone. */
static void
restart_ice (Session * session)
{
  session->restart = FALSE;
  if (!session->offered_path)
    return;
  trickle_forget (session);
  if (session->connected) {
    session->reconnecting = TRUE;
    peer_restart_ice (session->peer);
  }
  peer_tell_candidates (session->peer);
}

static void
try_offer (Session * session)
{
  gboolean tracks;

  if (!session->dirty || session->offer_open || session->accepting
      || session->preparing
      || session->call->frozen || !session->peer || !session->socket)
    return;
  tracks = session->data_offered
      || session->call->first_offer == TESTCALL_OFFER_TRACKS_AT_ONCE;
  session->dirty = !tracks;
  if (!session->data_offered)
    add_line (session, OFFER_APPLICATION);
  session->data_offered = TRUE;
  if (tracks)
    place_tracks (session);
  if (session->restart)
    restart_ice (session);

  session->preparing = TRUE;
  if (peer_needs_negotiation (session->peer))
    peer_negotiate (session->peer);
  else
    send_offer (session);
}

void
negotiation_needed (Session * session)
{
  session->dirty = TRUE;
  try_offer (session);
}

void
negotiation_drop_track (Session * session, Track * track)
{
  guint i;

  for (i = 0; i < session->lines->len; i++) {
    if (get_line (session, i)->track == track)
      vacate_line (session, get_line (session, i));
  }
}

/* --- Answers ------------------------------------------------------------- */

/* Packets go out when the line was answered and the path is there. */
static void
start_line (Session * session, Line * line)
{
  guint pt;

  if (line->output || !line->track || !session->connected
      || session->reconnecting)
    return;
  pt = pick_pt (line->track, session->codecs.allowed);
  if (!line->track->feed || pt == 0)
    return;
  line->paused = subscription_is_paused (session, line->track);
  line->output = feed_attach (line->track->feed,
      peer_start_source (session->peer, line->source), pt, line->ssrc,
      line->paused);
  if (!line->paused)
    seen_add (&session->call->seen, TESTCALL_OPEN_LINES, 1);
}

static void
start_lines (Session * session)
{
  guint i;

  for (i = 0; i < session->lines->len; i++) {
    Line *line = get_line (session, i);

    if (line->offered && !line->reusable && line->kind != OFFER_APPLICATION)
      start_line (session, line);
  }
}

static void
apply_line (Session * session, Line * line, const AnswerLine * answer)
{
  if (line->kind == OFFER_APPLICATION)
    return;
  if (!answer->receives || answer->rejected) {
    stop_line (session, line);
    /* The track stays away until its own end; the line is for others. */
    if (line->offered && line->track) {
      g_hash_table_add (session->refused, g_strdup (line->track->sid));
      vacate_line (session, line);
    }
    line->reusable = !answer->rejected;
    return;
  }
  if (!line->track || !line->offered)
    return;
  if (pick_pt (line->track, answer->pts) == 0) {
    refuse_track (session, line->track);
    vacate_line (session, line);
    session->dirty = TRUE;
  }
}

static void
apply_answer (Session * session, const Answer * answer)
{
  g_autofree OfferLine *lines = g_new0 (OfferLine, session->lines->len);
  guint i;

  for (i = 0; i < session->lines->len; i++)
    lines[i].kind = get_line (session, i)->kind;
  answer_freeze_codecs (answer, lines, &session->codecs);
  for (i = 0; i < session->lines->len; i++)
    apply_line (session, get_line (session, i),
        &g_array_index (answer->lines, AnswerLine, i));
}

void
negotiation_answer (Session * session, const Livekit__SessionDescription * text)
{
  Seen *seen = &session->call->seen;
  Answer *answer;

  seen_answer (seen, text->sdp);
  if (!session->offer_open || text->id != session->offer_id) {
    seen_add (seen, TESTCALL_SAW_BAD_ANSWER, 1);
    return;
  }
  answer = answer_new (text->sdp, session->lines->len);
  if (!answer) {
    seen_add (seen, TESTCALL_SAW_BAD_ANSWER, 1);
    return;
  }
  if (!session->call->silent_peer && !peer_hear (session->peer, answer)) {
    seen_add (seen, TESTCALL_SAW_BAD_ANSWER, 1);
    answer_free (answer);
    return;
  }
  seen_add (seen, TESTCALL_SAW_ANSWER, 1);
  if (!session->call->silent_peer) {
    session->offer_open = FALSE;
    session->accepting = TRUE;
    apply_answer (session, answer);
    peer_accept (session->peer, answer);
  }
  answer_free (answer);
}

/* --- The peer's side ----------------------------------------------------- */

static void
on_ready (gpointer user_data)
{
  Session *session = user_data;

  if (!session->restart) {
    send_offer (session);
    return;
  }
  session->preparing = FALSE;
  negotiation_needed (session);
}

static void
on_connected (gpointer user_data)
{
  Session *session = user_data;

  if (session->connected)
    return;
  session->connected = TRUE;
  seen_add (&session->call->seen, TESTCALL_SAW_CONNECTED, 1);
  if (!session->offer_open && !session->accepting)
    start_lines (session);
}

static void
on_restarted (gpointer user_data)
{
  Session *session = user_data;

  session->reconnecting = FALSE;
  seen_add (&session->call->seen, TESTCALL_SAW_RECONNECTED, 1);
  if (!session->offer_open && !session->accepting)
    start_lines (session);
}

static void
on_key_frame (gpointer user_data, guint source)
{
  Session *session = user_data;
  guint i;

  seen_add (&session->call->seen, TESTCALL_SAW_PLI, 1);
  for (i = 0; i < session->lines->len; i++) {
    Line *line = get_line (session, i);

    if (line->source == (gint) source && line->output)
      feed_request_key_frame (line->track->feed);
  }
}

static void
on_accepted (gpointer user_data)
{
  Session *session = user_data;

  session->accepting = FALSE;
  start_lines (session);
  try_offer (session);
}

static const PeerEvents peer_events = {
  on_ready, trickle_candidate, trickle_gathered, on_accepted, on_connected,
  on_restarted, on_key_frame
};

void
negotiation_start (Session * session)
{
  session->peer = peer_new (session->call->context, session->call->base_time,
      &peer_events, session);
  negotiation_needed (session);
}

/* Every resume brings an ICE restart; an offer that was open when the socket
 * went is made again with it. */
void
negotiation_restart (Session * session)
{
  if (!session->peer)
    return;
  session->restart = TRUE;
  session->offer_open = FALSE;
  negotiation_needed (session);
}

void
negotiation_end (Session * session)
{
  guint i;

  for (i = 0; i < session->lines->len; i++)
    vacate_line (session, get_line (session, i));
  g_clear_pointer (&session->peer, peer_close);
}
