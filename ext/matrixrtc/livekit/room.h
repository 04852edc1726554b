/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../gstmatrixrtc-enums.h"
#include "livekit.pb-c.h"

G_BEGIN_DECLS

/* All strings of these are valid UTF-8, and never NULL. */
typedef struct
{
  gchar *sid;
  gchar *stream_id;             /* see streamids.h; of one track in the room */
  gchar *name;
  gchar *mime_type;
  gboolean is_audio;
  gboolean muted;
  gboolean encrypted;
  guint width;                  /* 0: not known */
  guint height;
  GstMatrixRtcTrackSource source;
} LiveKitTrack;

/* How well a participant is connected, worst first. */
typedef enum
{
  LIVEKIT_QUALITY_UNKNOWN,      /* the server hasn't told */
  LIVEKIT_QUALITY_LOST,
  LIVEKIT_QUALITY_POOR,
  LIVEKIT_QUALITY_GOOD,
  LIVEKIT_QUALITY_EXCELLENT
} LiveKitQuality;

typedef struct
{
  gchar *sid;
  gchar *identity;
  gchar *name;
  gchar *metadata;
  GHashTable *attributes;       /* of strings, key -> value */
  gsize details_size;           /* of both */
  gdouble level;                /* of the voice, up to 1; 0: silent */
  LiveKitQuality quality;
  guint32 version;
  gboolean is_stale;            /* of a former session of ours; may be gone */
  GPtrArray *tracks;            /* of LiveKitTrack */
} LiveKitParticipant;

typedef struct _LiveKitRoom LiveKitRoom;

typedef struct
{
  void (*joined) (const LiveKitParticipant * participant, gpointer user_data);
  /* Also with a new sid, in a new session of ours. */
  void (*updated) (const LiveKitParticipant * participant, gpointer user_data);
  void (*left) (const LiveKitParticipant * participant, gpointer user_data);
} LiveKitRoomCallbacks;

LiveKitRoom *livekit_room_new (const LiveKitRoomCallbacks * callbacks,
    gpointer user_data);
void livekit_room_free (LiveKitRoom * room);

void livekit_room_set_local (LiveKitRoom * room,
    const Livekit__ParticipantInfo * info);
void livekit_room_update (LiveKitRoom * room,
    Livekit__ParticipantInfo ** infos, gsize n_infos);
void livekit_room_make_stale (LiveKitRoom * room);
void livekit_room_drop_stale (LiveKitRoom * room);

gboolean livekit_room_take_speakers (LiveKitRoom * room,
    Livekit__SpeakerInfo ** infos, gsize n_infos);
void livekit_room_forget_speakers (LiveKitRoom * room);
GPtrArray *livekit_room_get_speakers (LiveKitRoom * room);
const LiveKitParticipant *livekit_room_take_quality (LiveKitRoom * room,
    const Livekit__ConnectionQualityInfo * info);

guint livekit_room_get_n_participants (LiveKitRoom * room);
GPtrArray *livekit_room_get_tracks (LiveKitRoom * room);
GPtrArray *livekit_room_get_participants (LiveKitRoom * room);
void livekit_room_set_stream_id (LiveKitRoom * room, const gchar * track_sid,
    const gchar * stream_id);
const LiveKitTrack *livekit_room_find_track (LiveKitRoom * room,
    const gchar * track_sid, const LiveKitParticipant ** owner);
const LiveKitParticipant *livekit_room_find_sid (LiveKitRoom * room,
    const gchar * sid);
const LiveKitParticipant *livekit_room_find_identity (LiveKitRoom * room,
    const gchar * identity);
const LiveKitTrack *livekit_participant_find_track (const LiveKitParticipant *
    participant, const gchar * track_sid);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveKitRoom, livekit_room_free)

G_END_DECLS
