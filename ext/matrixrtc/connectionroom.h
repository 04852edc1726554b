/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "activity.h"
#include "handover.h"
#include "packets.h"

G_BEGIN_DECLS

typedef struct _ConnectionRoom ConnectionRoom;

/* Called on the worker thread. */
typedef struct
{
  void (*participant_joined) (const LiveKitParticipant * participant,
      gpointer user_data);
  /* At once; activity tells what needn't be known at once. */
  void (*participant_updated) (const LiveKitParticipant * participant,
      gpointer user_data);
  void (*participant_left) (const LiveKitParticipant * participant,
      gpointer user_data);
  void (*track_failed) (const gchar * track_sid, const gchar * debug,
      gpointer user_data);
  /* What may be chosen has changed: of @participants, which are
   * LiveKitParticipants, what @selection allows. It says what is chosen, too. */
  void (*tracks_changed) (const GPtrArray * participants,
      const LiveKitSelection * selection, gpointer user_data);
  /* What came with @seqnum has been asked of the server. */
  void (*streams_selected) (guint32 seqnum, gpointer user_data);
  ActivityCallbacks activity;
  PacketsTold data;
} ConnectionRoomCallbacks;

ConnectionRoom *connection_room_new (Handover * handover,
    GstMatrixRtcOutput output, GstMatrixRtcMedia media,
    GstMatrixRtcVideoQuality usual_quality, DataLimits * data_limits,
    const ConnectionRoomCallbacks * callbacks, gpointer user_data);
void connection_room_set_session (ConnectionRoom * room, Session * session);
void connection_room_stop (ConnectionRoom * room);
void connection_room_free (ConnectionRoom * room);

void connection_room_take_join (ConnectionRoom * room,
    const Livekit__JoinResponse * join);
void connection_room_take_move (ConnectionRoom * room,
    const Livekit__RoomMovedResponse * moved);
void connection_room_take_update (ConnectionRoom * room,
    Livekit__ParticipantInfo ** infos, gsize n_infos);
void connection_room_take_speakers (ConnectionRoom * room,
    const Livekit__SpeakersChanged * changed);
void connection_room_take_silence (ConnectionRoom * room);
void connection_room_take_quality (ConnectionRoom * room,
    const Livekit__ConnectionQualityUpdate * update);
void connection_room_take_data (ConnectionRoom * room, GBytes * message,
    gboolean is_reliable);
void connection_room_set_media (ConnectionRoom * room,
    GstMatrixRtcMedia media);
void connection_room_select_streams (ConnectionRoom * room,
    const gchar * const *stream_ids, guint32 seqnum);
void connection_room_set_video_quality (ConnectionRoom * room,
    const gchar * track_sid, GstMatrixRtcVideoQuality quality);
void connection_room_set_used (ConnectionRoom * room, const gchar * track_sid,
    gboolean is_used);
void connection_room_request_media (ConnectionRoom * room);
void connection_room_show_track (ConnectionRoom * room,
    const gchar * track_sid);

gboolean connection_room_is_empty (ConnectionRoom * room);
gboolean connection_room_wants_all (ConnectionRoom * room);

G_END_DECLS
