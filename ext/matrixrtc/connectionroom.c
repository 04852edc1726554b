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

#define GST_CAT_DEFAULT matrixrtc_connection_debug

/* How long those who were there before are waited for, with their tracks, in the
 * same room and in one that was made anew. They have to find out too. */
#define SETTLE_TIMEOUT_MS 3000
#define NEW_ROOM_SETTLE_TIMEOUT_MS 10000

/* An application that wants other layers wants them of several videos at once. */
#define REQUEST_DELAY_MS 20

struct _ConnectionRoom
{
  Handover *handover;           /* of the tracks that are given out */
  GstMatrixRtcOutput output;
  GstMatrixRtcMedia media;      /* that is wanted */
  GstMatrixRtcVideoQuality usual_quality;
  GHashTable *qualities;        /* sid -> quality, where it isn't the usual one */
  GSource *request_timer;       /* while wishes are gathered */
  ConnectionRoomCallbacks callbacks;
  gpointer user_data;

  LiveKitRoom *participants;
  Activity *activity;           /* theirs */
  Session *session;             /* the present one, or NULL */
  gchar *sid;                   /* of the newest join; NULL before */
  gboolean is_new;              /* not the one that we were in before */
  GSource *settle_timer;        /* while those who are missing may come back */
};

/* Tracks: one is shown when its first frame waits and its publisher is known,
 * which come in any order. */

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

  if (track == NULL) {
    GST_DEBUG ("track %s has no publisher yet", track_sid);
    return;
  }
  /* Its end is on the way. */
  if (!livekit_track_is_wanted (track, room->media))
    return;
  if (!room_check_track (room, track))
    return;
  rtc_streams_set_track_publisher (session_get_streams (room->session),
      track_sid, participant->identity);
  session_set_track_encryption (room->session, participant->identity,
      track_sid, track->encrypted);
  handover_show_track (room->handover, room->session, participant, track);
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
      room->participants, room->media, participant->identity);
  room->callbacks.participant_left (participant, room->user_data);
  activity_take_left (room->activity, participant);
}

static const LiveKitRoomCallbacks room_callbacks = {
  on_participant_joined, on_participant_updated, on_participant_left
};

/* What the server tells */

static gboolean
is_unknown_track (gpointer sid, gpointer quality, gpointer user_data)
{
  ConnectionRoom *room = user_data;
  const LiveKitParticipant *owner;

  return livekit_room_find_track (room->participants, sid, &owner) == NULL;
}

/* What is wanted is asked for, as far as that isn't said already. */
void
connection_room_request_media (ConnectionRoom * room)
{
  g_autoptr (GPtrArray) tracks = livekit_room_get_tracks (room->participants);

  g_hash_table_foreach_remove (room->qualities, is_unknown_track, room);
  session_update_subscriptions (room->session, tracks, room->media);
  session_update_qualities (room->session, tracks, room->usual_quality,
      room->qualities);
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
        room->participants, room->media, NULL);
  connection_room_request_media (room);
}

void
connection_room_take_update (ConnectionRoom * room,
    Livekit__ParticipantInfo ** infos, gsize n_infos)
{
  livekit_room_update (room->participants, infos, n_infos);
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
  room->media = media;
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

/* Whether nobody else is there. */
gboolean
connection_room_is_empty (ConnectionRoom * room)
{
  return livekit_room_get_n_participants (room->participants) == 0;
}

/* Life */

/* @handover has to outlive us. */
ConnectionRoom *
connection_room_new (Handover * handover, GstMatrixRtcOutput output,
    GstMatrixRtcMedia media, GstMatrixRtcVideoQuality usual_quality,
    const ConnectionRoomCallbacks * callbacks, gpointer user_data)
{
  ConnectionRoom *room = g_new0 (ConnectionRoom, 1);

  room->handover = handover;
  room->output = output;
  room->media = media;
  room->usual_quality = usual_quality;
  room->qualities =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  room->callbacks = *callbacks;
  room->user_data = user_data;
  room->participants = livekit_room_new (&room_callbacks, room);
  room->activity =
      activity_new (room->participants, &callbacks->activity, user_data);
  return room;
}

/* Nobody is waited for any more, and nothing is told. */
void
connection_room_stop (ConnectionRoom * room)
{
  matrix_rtc_clear_source (&room->settle_timer);
  matrix_rtc_clear_source (&room->request_timer);
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
  livekit_room_free (room->participants);
  g_hash_table_unref (room->qualities);
  g_free (room->sid);
  g_free (room);
}
