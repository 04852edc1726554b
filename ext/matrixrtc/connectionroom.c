/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The room that a connection is in, through all its sessions: who is there, whose
 * tracks are shown, and who, in a new session, still may come back.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "connectionroom.h"
#include "debug.h"
#include "demand.h"

#define GST_CAT_DEFAULT matrixrtc_connection_debug

/* How long those who were there before are waited for, with their tracks, in the
 * same room and in one that was made anew. They have to find out too. */
#define SETTLE_TIMEOUT_MS 3000
#define NEW_ROOM_SETTLE_TIMEOUT_MS 10000

/* An application that wants other layers wants them of several videos at once. */
#define REQUEST_DELAY_MS 20

/* How long what was given out may be left alone before it isn't sent any more. */
#define UNUSED_TIMEOUT (2 * G_TIME_SPAN_SECOND)

/* Several are told at once. */
#define UNUSED_SLACK_MS 50

/* Tracks come by the dozen. Who waits for pads doesn't wait for this. */
#define TELL_DELAY_MS 100

struct _ConnectionRoom
{
  Handover *handover;           /* of the tracks that are given out */
  GstMatrixRtcOutput output;
  LiveKitSelection *selection;  /* that is wanted */
  GHashTable *told;             /* the ids of the streams that were told last */
  GSource *tell_timer;          /* while more may come */
  guint32 selection_seqnum;     /* of what wasn't asked yet, or invalid */
  GstMatrixRtcVideoQuality usual_quality;
  GHashTable *qualities;        /* sid -> quality, where it isn't the usual one */
  GSource *request_timer;       /* while wishes are gathered */
  Demand *demand;               /* who takes what */
  GSource *demand_timer;        /* until something has been unused for long */
  ConnectionRoomCallbacks callbacks;
  gpointer user_data;

  LiveKitRoom *participants;
  Activity *activity;           /* theirs */
  Packets *packets;             /* that they send */
  Session *session;             /* the present one, or NULL */
  gchar *sid;                   /* of the newest join; NULL before */
  gboolean is_new;              /* not the one that we were in before */
  GSource *settle_timer;        /* while those who are missing may come back */
};

/* What may be chosen */

static void
add_streams (ConnectionRoom * room, const LiveKitParticipant * participant,
    GHashTable * ids)
{
  guint i;

  for (i = 0; i < participant->tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);

    if (livekit_selection_allows (room->selection, track))
      g_hash_table_add (ids, g_strdup (track->stream_id));
  }
}

/* The ids of the streams. */
static GHashTable *
room_list_streams (ConnectionRoom * room)
{
  GHashTable *ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  g_autoptr (GPtrArray) participants =
      livekit_room_get_participants (room->participants);
  guint i;

  for (i = 0; i < participants->len; i++)
    add_streams (room, g_ptr_array_index (participants, i), ids);
  return ids;
}

static void
room_tell_tracks (ConnectionRoom * room)
{
  g_autoptr (GPtrArray) participants =
      livekit_room_get_participants (room->participants);

  matrix_rtc_clear_source (&room->tell_timer);
  g_hash_table_unref (room->told);
  room->told = room_list_streams (room);
  room->callbacks.tracks_changed (participants, room->selection,
      room->user_data);
}

static gboolean
on_tell_timer (gpointer user_data)
{
  room_tell_tracks (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
is_same_set (GHashTable * one, GHashTable * other)
{
  GHashTableIter iter;
  gpointer id;

  if (g_hash_table_size (one) != g_hash_table_size (other))
    return FALSE;
  g_hash_table_iter_init (&iter, one);
  while (g_hash_table_iter_next (&iter, &id, NULL)) {
    if (!g_hash_table_contains (other, id))
      return FALSE;
  }
  return TRUE;
}

/* Tells soon, if there is anything to tell by now. */
static void
room_note_tracks (ConnectionRoom * room)
{
  g_autoptr (GHashTable) now = NULL;

  if (room->tell_timer != NULL)
    return;
  now = room_list_streams (room);
  if (!is_same_set (now, room->told))
    room->tell_timer =
        matrix_rtc_add_timeout (TELL_DELAY_MS, on_tell_timer, room);
}

/* Tracks: one is shown when its publisher is known and its first frame waits, once
 * more, behind the decryption. */

/* Whether the track can be given out in the form that is asked for. */
static gboolean
room_check_track (ConnectionRoom * room, const LiveKitTrack * track)
{
  if (!track->encrypted || room->output != GST_MATRIX_RTC_OUTPUT_RTP)
    return TRUE;
  room->callbacks.track_failed (track->sid, "the track is encrypted, and "
      "what is encrypted are frames: there is no RTP of it to give out",
      room->user_data);
  rtc_streams_end_track (session_get_streams (room->session), track->sid);
  return FALSE;
}

void
connection_room_show_track (ConnectionRoom * room, const gchar * track_sid)
{
  const LiveKitParticipant *participant;
  const LiveKitTrack *track =
      livekit_room_find_track (room->participants, track_sid, &participant);
  g_autofree gchar *stream_id = NULL;

  if (track == NULL) {
    GST_DEBUG ("track %s has no publisher yet", track_sid);
    return;
  }
  /* Its end is on the way. */
  if (!livekit_selection_wants (room->selection, track))
    return;
  if (!room_check_track (room, track))
    return;
  rtc_streams_set_track_publisher (session_get_streams (room->session),
      track_sid, participant->identity);
  session_set_track_encryption (room->session, participant->identity,
      track_sid, track->encrypted);
  if (!rtc_streams_is_track_complete (session_get_streams (room->session),
          track_sid))
    return;
  if (!g_hash_table_contains (room->told, track->stream_id))
    room_tell_tracks (room);
  stream_id = g_strdup (handover_show_track (room->handover, room->session,
          participant, track));
  livekit_room_set_stream_id (room->participants, track_sid, stream_id);
  room_note_tracks (room);
}

/* Participants */

static void
on_participant_joined (const LiveKitParticipant * participant,
    gpointer user_data)
{
  ConnectionRoom *room = user_data;

  room->callbacks.participant_joined (participant, room->user_data);
}

static void
on_participant_updated (const LiveKitParticipant * participant,
    gpointer user_data)
{
  ConnectionRoom *room = user_data;
  guint i;

  for (i = 0; i < participant->tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);

    session_set_track_encryption (room->session, participant->identity,
        track->sid, track->encrypted);
  }
  room->callbacks.participant_updated (participant, room->user_data);
  activity_take_updated (room->activity, participant);
}

static void
on_participant_left (const LiveKitParticipant * participant, gpointer user_data)
{
  ConnectionRoom *room = user_data;
  guint i;

  for (i = 0; i < participant->tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);

    rtc_streams_end_track (session_get_streams (room->session), track->sid);
  }
  handover_end_missing (room->handover, room->session,
      room->participants, room->selection, participant->identity);
  room->callbacks.participant_left (participant, room->user_data);
  activity_take_left (room->activity, participant);
}

static const LiveKitRoomCallbacks room_callbacks = {
  on_participant_joined, on_participant_updated, on_participant_left
};

/* What the server tells */

static gboolean
is_unknown_track (gpointer sid, gpointer value, gpointer user_data)
{
  ConnectionRoom *room = user_data;
  const LiveKitParticipant *owner;

  return livekit_room_find_track (room->participants, sid, &owner) == NULL;
}

static void
room_confirm_selection (ConnectionRoom * room)
{
  guint32 seqnum = room->selection_seqnum;

  room->selection_seqnum = GST_SEQNUM_INVALID;
  if (seqnum != GST_SEQNUM_INVALID)
    room->callbacks.streams_selected (seqnum, room->user_data);
}

/* What is wanted is asked for, as far as that isn't said already. */
void
connection_room_request_media (ConnectionRoom * room)
{
  g_autoptr (GPtrArray) tracks = livekit_room_get_tracks (room->participants);
  g_autoptr (GHashTable) off = NULL;
  gboolean is_asked;

  g_hash_table_foreach_remove (room->qualities, is_unknown_track, room);
  demand_forget (room->demand, is_unknown_track, room);
  off = demand_get_unwanted (room->demand, g_get_monotonic_time ());
  is_asked = session_update_subscriptions (room->session, tracks,
      room->selection);
  session_update_qualities (room->session, tracks, room->usual_quality,
      room->qualities, off);
  if (is_asked)
    room_confirm_selection (room);
}

/* A track may have waited for its publisher to be known, and an update may end
 * tracks before the offer that does. */
static void
room_match_tracks (ConnectionRoom * room)
{
  RtcStreams *streams = session_get_streams (room->session);
  g_auto (GStrv) track_sids = rtc_streams_get_track_sids (streams);
  guint i;

  for (i = 0; track_sids[i] != NULL; i++) {
    const LiveKitParticipant *owner;

    if (livekit_room_find_track (room->participants, track_sids[i], &owner)
        == NULL)
      rtc_streams_end_started_track (streams, track_sids[i]);
    else if (rtc_streams_is_track_ready (streams, track_sids[i]))
      connection_room_show_track (room, track_sids[i]);
  }
  if (room->settle_timer == NULL)
    handover_end_missing (room->handover, room->session,
        room->participants, room->selection, NULL);
  room_note_tracks (room);
  connection_room_request_media (room);
}

void
connection_room_take_update (ConnectionRoom * room,
    Livekit__ParticipantInfo ** infos, gsize n_infos)
{
  livekit_room_update (room->participants, infos, n_infos);
  activity_tell_updates (room->activity);
  room_match_tracks (room);
}

void
connection_room_take_speakers (ConnectionRoom * room,
    const Livekit__SpeakersChanged * changed)
{
  activity_take_speakers (room->activity, changed);
}

void
connection_room_take_quality (ConnectionRoom * room,
    const Livekit__ConnectionQualityUpdate * update)
{
  activity_take_quality (room->activity, update);
}

/* Of a data channel. */
void
connection_room_take_data (ConnectionRoom * room, GBytes * message,
    gboolean is_reliable)
{
  packets_take (room->packets, message, is_reliable, g_get_monotonic_time ());
}

/* The server tells nothing any more, for now. */
void
connection_room_take_silence (ConnectionRoom * room)
{
  activity_take_silence (room->activity);
}

/* Who has not come back by now has left. */
static void
room_settle (ConnectionRoom * room)
{
  matrix_rtc_clear_source (&room->settle_timer);
  room->is_new = FALSE;
  livekit_room_drop_stale (room->participants);
  room_match_tracks (room);
}

static gboolean
on_settle_timeout (gpointer user_data)
{
  room_settle (user_data);
  return G_SOURCE_REMOVE;
}

/* Whether a server that has named @sid in a join has kept the room since the join
 * before. */
static gboolean
room_take_sid (ConnectionRoom * room, const gchar * sid)
{
  gboolean is_same = room->sid == NULL || g_str_equal (room->sid, sid);

  g_free (room->sid);
  room->sid = g_strdup (sid);
  return is_same;
}

static void
room_take_participants (ConnectionRoom * room,
    const Livekit__ParticipantInfo * local, Livekit__ParticipantInfo ** others,
    gsize n_others)
{
  livekit_room_set_local (room->participants, local);
  livekit_room_make_stale (room->participants);
  livekit_room_update (room->participants, others, n_others);
  activity_tell_updates (room->activity);
}

void
connection_room_take_join (ConnectionRoom * room,
    const Livekit__JoinResponse * join)
{
  if (!room_take_sid (room, join->room == NULL ? "" : join->room->sid))
    room->is_new = TRUE;
  room_take_participants (room, join->participant, join->other_participants,
      join->n_other_participants);
  room->settle_timer = matrix_rtc_add_timeout (room->is_new ?
      NEW_ROOM_SETTLE_TIMEOUT_MS : SETTLE_TIMEOUT_MS, on_settle_timeout, room);
  room_note_tracks (room);
  connection_room_request_media (room);
}

/* We are in another room now. */
void
connection_room_take_move (ConnectionRoom * room,
    const Livekit__RoomMovedResponse * moved)
{
  if (moved->room != NULL)
    room_take_sid (room, moved->room->sid);
  room_take_participants (room, moved->participant, moved->other_participants,
      moved->n_other_participants);
  room_settle (room);
}

/* Other media are wanted from now on. */
void
connection_room_set_media (ConnectionRoom * room, GstMatrixRtcMedia media)
{
  livekit_selection_set_media (room->selection, media);
  if (room->session != NULL)
    room_match_tracks (room);
}

/* Of the wanted media only these streams are wanted from now on. */
void
connection_room_select_streams (ConnectionRoom * room,
    const gchar * const *stream_ids, guint32 seqnum)
{
  livekit_selection_set_streams (room->selection, stream_ids);
  room->selection_seqnum = seqnum;
  room_tell_tracks (room);
  if (room->session != NULL)
    room_match_tracks (room);
}

static gboolean
on_request_timer (gpointer user_data)
{
  ConnectionRoom *room = user_data;

  matrix_rtc_clear_source (&room->request_timer);
  if (room->session != NULL)
    connection_room_request_media (room);
  return G_SOURCE_REMOVE;
}

/* Another layer is wanted of one video, or (NULL) of all. */
void
connection_room_set_video_quality (ConnectionRoom * room,
    const gchar * track_sid, GstMatrixRtcVideoQuality quality)
{
  if (track_sid == NULL) {
    g_hash_table_remove_all (room->qualities);
    room->usual_quality = quality;
  } else {
    g_hash_table_replace (room->qualities, g_strdup (track_sid),
        GUINT_TO_POINTER (quality));
  }
  if (room->request_timer == NULL)
    room->request_timer =
        matrix_rtc_add_timeout (REQUEST_DELAY_MS, on_request_timer, room);
}

static void room_watch_demand (ConnectionRoom * room);

static gboolean
on_demand_timer (gpointer user_data)
{
  ConnectionRoom *room = user_data;

  room_watch_demand (room);
  if (room->session != NULL)
    connection_room_request_media (room);
  return G_SOURCE_REMOVE;
}

static void
room_watch_demand (ConnectionRoom * room)
{
  gint64 now = g_get_monotonic_time ();
  gint64 next = demand_get_next_change (room->demand, now);

  matrix_rtc_clear_source (&room->demand_timer);
  if (next != -1)
    room->demand_timer = matrix_rtc_add_timeout ((next - now) / 1000 +
        UNUSED_SLACK_MS, on_demand_timer, room);
}

/* Whether anybody takes what comes of the track. It has been given out. */
void
connection_room_set_used (ConnectionRoom * room, const gchar * track_sid,
    gboolean is_used)
{
  if (!demand_set_used (room->demand, track_sid, is_used,
          g_get_monotonic_time ()))
    return;
  room_watch_demand (room);
  if (is_used && room->session != NULL)
    connection_room_request_media (room);
}

/* Whether nobody else is there. */
gboolean
connection_room_is_empty (ConnectionRoom * room)
{
  return livekit_room_get_n_participants (room->participants) == 0;
}

/* Whether the server needn't be asked for anything. */
gboolean
connection_room_wants_all (ConnectionRoom * room)
{
  return livekit_selection_is_all (room->selection);
}

/* Life */

/* @handover has to outlive us. */
ConnectionRoom *
connection_room_new (Handover * handover, GstMatrixRtcOutput output,
    GstMatrixRtcMedia media, GstMatrixRtcVideoQuality usual_quality,
    DataLimits * data_limits, const ConnectionRoomCallbacks * callbacks,
    gpointer user_data)
{
  ConnectionRoom *room = g_new0 (ConnectionRoom, 1);

  room->handover = handover;
  room->output = output;
  room->selection = livekit_selection_new (media);
  room->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  room->usual_quality = usual_quality;
  room->qualities =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  room->demand = demand_new (UNUSED_TIMEOUT);
  room->callbacks = *callbacks;
  room->user_data = user_data;
  room->participants = livekit_room_new (&room_callbacks, room);
  room->activity =
      activity_new (room->participants, &callbacks->activity, user_data);
  room->packets = packets_new (room->participants, data_limits, callbacks->data,
      user_data);
  return room;
}

/* Nobody is waited for any more, and nothing is told. */
void
connection_room_stop (ConnectionRoom * room)
{
  matrix_rtc_clear_source (&room->settle_timer);
  matrix_rtc_clear_source (&room->request_timer);
  matrix_rtc_clear_source (&room->tell_timer);
  matrix_rtc_clear_source (&room->demand_timer);
  activity_stop (room->activity);
}

/* The one that is in the room from now on, or NULL: none. Before the server tells
 * of it. */
void
connection_room_set_session (ConnectionRoom * room, Session * session)
{
  matrix_rtc_clear_source (&room->settle_timer);
  room->session = session;
}

void
connection_room_free (ConnectionRoom * room)
{
  connection_room_stop (room);
  activity_free (room->activity);
  packets_free (room->packets);
  livekit_room_free (room->participants);
  g_hash_table_unref (room->qualities);
  g_hash_table_unref (room->told);
  demand_free (room->demand);
  livekit_selection_free (room->selection);
  g_free (room->sid);
  g_free (room);
}
