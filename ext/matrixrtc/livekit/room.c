/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is in a LiveKit room and which tracks they publish, made from the
 * server's snapshots. The server is trusted with nothing but to be one: counts
 * are bounded, text is made valid. Knows no network.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gst/gst.h>
#include "../debug.h"
#include "room.h"
#include "streamids.h"

#define GST_CAT_DEFAULT matrixrtc_signal_debug

#define MAX_PARTICIPANTS 4096
#define MAX_TRACKS 64           /* of one participant */
#define MAX_TEXT 1024           /* bytes of one name */
#define MAX_DIMENSION 32768

/* In bytes, of one participant and of all. LiveKit's own limits are 64000 for each
 * of both, but nobody says how many participants there are. */
#define MAX_METADATA (64 * 1024)
#define MAX_ATTRIBUTES_SIZE (64 * 1024)
#define MAX_DETAILS (16 * 1024 * 1024)
#define MAX_ATTRIBUTES 128      /* of one participant */

struct _LiveKitRoom
{
  LiveKitRoomCallbacks callbacks;
  gpointer user_data;
  GHashTable *participants;     /* sid -> LiveKitParticipant, all but us */
  gsize details_size;           /* of all participants */
  gchar *local_identity;
};

static gchar *
dup_text (const gchar * text)
{
  return g_utf8_make_valid (text, strnlen (text, MAX_TEXT));
}

static void
track_free (LiveKitTrack * track)
{
  g_free (track->sid);
  g_free (track->stream_id);
  g_free (track->name);
  g_free (track->mime_type);
  g_free (track);
}

static LiveKitTrack *
track_new (const Livekit__TrackInfo * info)
{
  LiveKitTrack *track = g_new0 (LiveKitTrack, 1);

  track->sid = dup_text (info->sid);
  track->name = dup_text (info->name);
  track->mime_type = dup_text (info->mime_type);
  track->is_audio = info->type == LIVEKIT__TRACK_TYPE__AUDIO;
  track->muted = info->muted;
  track->encrypted = info->encryption != LIVEKIT__ENCRYPTION_TYPE__NONE;
  track->width = MIN (info->width, MAX_DIMENSION);
  track->height = MIN (info->height, MAX_DIMENSION);
  /* Our enum's values are LiveKit's. */
  if ((gint) info->source >= 0
      && info->source <= LIVEKIT__TRACK_SOURCE__SCREEN_SHARE_AUDIO)
    track->source = (GstMatrixRtcTrackSource) info->source;
  return track;
}

static void
participant_free (LiveKitParticipant * participant)
{
  g_free (participant->sid);
  g_free (participant->identity);
  g_free (participant->name);
  g_free (participant->metadata);
  g_hash_table_unref (participant->attributes);
  g_ptr_array_unref (participant->tracks);
  g_free (participant);
}

/* What is too long is no better cut off: it would be other JSON, or none. */
static void
participant_take_metadata (LiveKitParticipant * participant,
    const gchar * metadata, gsize available)
{
  if (strlen (metadata) > MIN (MAX_METADATA, available)) {
    GST_INFO ("the metadata of %s are too long", participant->sid);
    metadata = "";
  }
  participant->metadata = g_utf8_make_valid (metadata, -1);
  participant->details_size = strlen (participant->metadata);
}

static void
participant_take_attributes (LiveKitParticipant * participant,
    const Livekit__ParticipantInfo * info, gsize available)
{
  gsize left = MIN (MAX_ATTRIBUTES_SIZE, available);
  gsize n_left_out = 0;
  gsize i;

  for (i = 0; i < info->n_attributes; i++) {
    const Livekit__Attribute *attribute = info->attributes[i];
    gsize size = strlen (attribute->key) + strlen (attribute->value);

    if (size > left
        || g_hash_table_size (participant->attributes) == MAX_ATTRIBUTES) {
      n_left_out++;
      continue;
    }
    left -= size;
    participant->details_size += size;
    g_hash_table_replace (participant->attributes,
        g_utf8_make_valid (attribute->key, -1),
        g_utf8_make_valid (attribute->value, -1));
  }
  if (n_left_out > 0)
    GST_INFO ("%" G_GSIZE_FORMAT " attributes of %s are too many", n_left_out,
        participant->sid);
}

/* @available: how long metadata and attributes may be, both together. */
static LiveKitParticipant *
participant_new (const Livekit__ParticipantInfo * info, gsize available)
{
  LiveKitParticipant *participant = g_new0 (LiveKitParticipant, 1);
  gsize i;

  participant->sid = dup_text (info->sid);
  participant->identity = dup_text (info->identity);
  participant->name = dup_text (info->name);
  participant->version = info->version;
  participant->attributes =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  participant_take_metadata (participant, info->metadata, available);
  participant_take_attributes (participant, info,
      available - MIN (available, participant->details_size));
  participant->tracks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) track_free);
  for (i = 0; i < MIN (info->n_tracks, MAX_TRACKS); i++) {
    const Livekit__TrackInfo *track = info->tracks[i];

    if (*track->sid != '\0' && (track->type == LIVEKIT__TRACK_TYPE__AUDIO
            || track->type == LIVEKIT__TRACK_TYPE__VIDEO))
      g_ptr_array_add (participant->tracks, track_new (track));
  }
  return participant;
}

LiveKitRoom *
livekit_room_new (const LiveKitRoomCallbacks * callbacks, gpointer user_data)
{
  LiveKitRoom *room = g_new0 (LiveKitRoom, 1);

  room->callbacks = *callbacks;
  room->user_data = user_data;
  room->participants = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) participant_free);
  return room;
}

void
livekit_room_free (LiveKitRoom * room)
{
  g_hash_table_unref (room->participants);
  g_free (room->local_identity);
  g_free (room);
}

/* Updates tell of ourselves too; those are left out. */
void
livekit_room_set_local (LiveKitRoom * room,
    const Livekit__ParticipantInfo * info)
{
  g_free (room->local_identity);
  room->local_identity = dup_text (info->identity);
}

static void
room_remove (LiveKitRoom * room, const gchar * sid)
{
  LiveKitParticipant *participant;

  if (!g_hash_table_steal_extended (room->participants, sid, NULL,
          (gpointer *) & participant))
    return;
  room->details_size -= participant->details_size;
  room->callbacks.left (participant, room->user_data);
  participant_free (participant);
}

static LiveKitParticipant *
room_find_sid (LiveKitRoom * room, const gchar * sid)
{
  return g_hash_table_lookup (room->participants, sid);
}

/* NULL: nobody there has this sid. */
const LiveKitParticipant *
livekit_room_find_sid (LiveKitRoom * room, const gchar * sid)
{
  return room_find_sid (room, sid);
}

/* NULL: nobody there has this identity. */
const LiveKitParticipant *
livekit_room_find_identity (LiveKitRoom * room, const gchar * identity)
{
  GHashTableIter iter;
  LiveKitParticipant *participant;

  g_hash_table_iter_init (&iter, room->participants);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & participant)) {
    if (g_str_equal (participant->identity, identity))
      return participant;
  }
  return NULL;
}

/* Makes room for a participant with a new sid. The server doesn't tell that the
 * participant's former session is gone. If that was met in a former session of
 * ours, nobody has left: everybody had to come back. TRUE if so. */
static gboolean
room_replace_former_session (LiveKitRoom * room,
    const LiveKitParticipant * participant)
{
  const LiveKitParticipant *former =
      livekit_room_find_identity (room, participant->identity);
  g_autofree gchar *sid = former == NULL ? NULL : g_strdup (former->sid);

  if (former == NULL)
    return FALSE;
  if (former->is_stale) {
    room->details_size -= former->details_size;
    g_hash_table_remove (room->participants, sid);
    return TRUE;
  }
  room_remove (room, sid);
  return FALSE;
}

/* Whom the present session hasn't told of has left. */
void
livekit_room_drop_stale (LiveKitRoom * room)
{
  g_autoptr (GPtrArray) sids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  LiveKitParticipant *participant;
  guint i;

  g_hash_table_iter_init (&iter, room->participants);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & participant)) {
    if (participant->is_stale)
      g_ptr_array_add (sids, g_strdup (participant->sid));
  }
  for (i = 0; i < sids->len; i++)
    room_remove (room, g_ptr_array_index (sids, i));
}

/* Takes @participant. */
static void
room_insert (LiveKitRoom * room, LiveKitParticipant * participant)
{
  LiveKitParticipant *known = room_find_sid (room, participant->sid);
  gboolean is_known = known != NULL;

  if (is_known && participant->version < known->version && !known->is_stale) {
    participant_free (participant);
    return;
  }
  livekit_stream_ids_assign (participant, is_known ? known :
      livekit_room_find_identity (room, participant->identity));
  if (!is_known)
    is_known = room_replace_former_session (room, participant);
  if (known != NULL) {
    participant->level = known->level;
    participant->quality = known->quality;
    room->details_size -= known->details_size;
  }
  /* A full room doesn't wait for those of a former session. */
  if (!is_known && g_hash_table_size (room->participants) >= MAX_PARTICIPANTS)
    livekit_room_drop_stale (room);
  if (!is_known && g_hash_table_size (room->participants) >= MAX_PARTICIPANTS) {
    GST_WARNING ("over %d participants, one is ignored", MAX_PARTICIPANTS);
    participant_free (participant);
    return;
  }
  room->details_size += participant->details_size;
  g_hash_table_replace (room->participants, participant->sid, participant);
  if (is_known)
    room->callbacks.updated (participant, room->user_data);
  else
    room->callbacks.joined (participant, room->user_data);
}

/* Our session is over: who is there is known anew only when the next has told. */
void
livekit_room_make_stale (LiveKitRoom * room)
{
  GHashTableIter iter;
  LiveKitParticipant *participant;

  g_hash_table_iter_init (&iter, room->participants);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & participant))
    participant->is_stale = TRUE;
}

/* How long the metadata and attributes of @sid may be. */
static gsize
room_get_available (LiveKitRoom * room, const gchar * sid)
{
  const LiveKitParticipant *known = room_find_sid (room, sid);
  gsize others = room->details_size - (known == NULL ? 0 : known->details_size);

  return MAX_DETAILS - MIN (MAX_DETAILS, others);
}

/* Each info is a whole snapshot of one participant. */
void
livekit_room_update (LiveKitRoom * room, Livekit__ParticipantInfo ** infos,
    gsize n_infos)
{
  gsize i;

  for (i = 0; i < n_infos; i++) {
    g_autofree gchar *sid = dup_text (infos[i]->sid);
    g_autofree gchar *identity = dup_text (infos[i]->identity);

    if (*sid == '\0' || g_strcmp0 (identity, room->local_identity) == 0)
      continue;
    if (infos[i]->state == LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED)
      room_remove (room, sid);
    else
      room_insert (room, participant_new (infos[i],
              room_get_available (room, sid)));
  }
}

/* What is told of voices are changes. NaN is silence. */
static gboolean
participant_take_level (LiveKitParticipant * participant,
    const Livekit__SpeakerInfo * info)
{
  gdouble level = info->active && info->level > 0 ? MIN (info->level, 1) : 0;

  if (participant->level == level)
    return FALSE;
  participant->level = level;
  return TRUE;
}

/* Nobody is known to speak any more. */
void
livekit_room_forget_speakers (LiveKitRoom * room)
{
  GHashTableIter iter;
  LiveKitParticipant *participant;

  g_hash_table_iter_init (&iter, room->participants);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & participant))
    participant->level = 0;
}

/* Whether anybody's voice has changed. */
gboolean
livekit_room_take_speakers (LiveKitRoom * room, Livekit__SpeakerInfo ** infos,
    gsize n_infos)
{
  gboolean has_changed = FALSE;
  gsize i;

  for (i = 0; i < n_infos; i++) {
    LiveKitParticipant *participant = room_find_sid (room, infos[i]->sid);

    if (participant != NULL && participant_take_level (participant, infos[i]))
      has_changed = TRUE;
  }
  return has_changed;
}

static gint
compare_levels (gconstpointer a, gconstpointer b)
{
  const LiveKitParticipant *one = *(const LiveKitParticipant **) a;
  const LiveKitParticipant *other = *(const LiveKitParticipant **) b;

  if (one->level != other->level)
    return one->level > other->level ? -1 : 1;
  return strcmp (one->identity, other->identity);
}

/* Who speaks, of LiveKitParticipant, the loudest first. */
GPtrArray *
livekit_room_get_speakers (LiveKitRoom * room)
{
  GPtrArray *speakers = g_ptr_array_new ();
  GHashTableIter iter;
  LiveKitParticipant *participant;

  g_hash_table_iter_init (&iter, room->participants);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & participant)) {
    if (participant->level > 0)
      g_ptr_array_add (speakers, participant);
  }
  g_ptr_array_sort (speakers, compare_levels);
  return speakers;
}

static LiveKitQuality
quality_from_info (const Livekit__ConnectionQualityInfo * info)
{
  switch (info->quality) {
    case LIVEKIT__CONNECTION_QUALITY__LOST:
      return LIVEKIT_QUALITY_LOST;
    case LIVEKIT__CONNECTION_QUALITY__POOR:
      return LIVEKIT_QUALITY_POOR;
    case LIVEKIT__CONNECTION_QUALITY__GOOD:
      return LIVEKIT_QUALITY_GOOD;
    case LIVEKIT__CONNECTION_QUALITY__EXCELLENT:
      return LIVEKIT_QUALITY_EXCELLENT;
    default:
      return LIVEKIT_QUALITY_UNKNOWN;
  }
}

/* Whose connection has changed; NULL: nobody's. */
const LiveKitParticipant *
livekit_room_take_quality (LiveKitRoom * room,
    const Livekit__ConnectionQualityInfo * info)
{
  LiveKitParticipant *participant = room_find_sid (room, info->participant_sid);
  LiveKitQuality quality = quality_from_info (info);

  if (participant == NULL || quality == LIVEKIT_QUALITY_UNKNOWN
      || participant->quality == quality)
    return NULL;
  participant->quality = quality;
  return participant;
}

guint
livekit_room_get_n_participants (LiveKitRoom * room)
{
  return g_hash_table_size (room->participants);
}

const LiveKitTrack *
livekit_participant_find_track (const LiveKitParticipant * participant,
    const gchar * track_sid)
{
  guint i;

  for (i = 0; i < participant->tracks->len; i++) {
    LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);

    if (g_str_equal (track->sid, track_sid))
      return track;
  }
  return NULL;
}

const LiveKitTrack *
livekit_room_find_track (LiveKitRoom * room, const gchar * track_sid,
    const LiveKitParticipant ** owner)
{
  GHashTableIter iter;
  LiveKitParticipant *participant;

  g_hash_table_iter_init (&iter, room->participants);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & participant)) {
    const LiveKitTrack *track =
        livekit_participant_find_track (participant, track_sid);

    if (track != NULL) {
      *owner = participant;
      return track;
    }
  }
  return NULL;
}

/* Of LiveKitTrack, as the present session tells. */
GPtrArray *
livekit_room_get_tracks (LiveKitRoom * room)
{
  GPtrArray *tracks = g_ptr_array_new ();
  GHashTableIter iter;
  LiveKitParticipant *participant;

  g_hash_table_iter_init (&iter, room->participants);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & participant)) {
    if (!participant->is_stale)
      g_ptr_array_extend (tracks, participant->tracks, NULL, NULL);
  }
  return tracks;
}

/* All that there are, of LiveKitParticipant; who may be gone is among them. */
GPtrArray *
livekit_room_get_participants (LiveKitRoom * room)
{
  GPtrArray *participants = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer participant;

  g_hash_table_iter_init (&iter, room->participants);
  while (g_hash_table_iter_next (&iter, NULL, &participant))
    g_ptr_array_add (participants, participant);
  return participants;
}

/* The track goes on where one called @stream_id ended. Who has that name takes the
 * track's. */
void
livekit_room_set_stream_id (LiveKitRoom * room, const gchar * track_sid,
    const gchar * stream_id)
{
  const LiveKitParticipant *owner;
  LiveKitTrack *renamed =
      (LiveKitTrack *) livekit_room_find_track (room, track_sid, &owner);
  guint i;

  if (renamed == NULL || g_str_equal (renamed->stream_id, stream_id))
    return;
  for (i = 0; i < owner->tracks->len; i++) {
    LiveKitTrack *track = g_ptr_array_index (owner->tracks, i);

    if (g_str_equal (track->stream_id, stream_id)) {
      g_free (track->stream_id);
      track->stream_id = g_strdup (renamed->stream_id);
      break;
    }
  }
  g_free (renamed->stream_id);
  renamed->stream_id = g_strdup (stream_id);
}
