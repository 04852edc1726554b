/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the streams of tracks are called: the same in each run, for the same
 * participant and source. Who publishes a source twice has the second one named by
 * its track too, which is the same only as long as we are in the call. Pure.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "streamids.h"

/* The nicks of GstMatrixRtcTrackSource, which is registered above us. */
static const gchar *const sources[] = {
  "unknown", "camera", "microphone", "screen-share", "screen-share-audio"
};

static gchar *
make_stream_id (const LiveKitParticipant * participant,
    const LiveKitTrack * track)
{
  return g_strdup_printf ("%s/%s/%s", participant->identity,
      track->is_audio ? "audio" : "video", sources[track->source]);
}

/* The name of a second track of the same source that @former published, if nobody
 * has it any more; or NULL. */
static const gchar *
find_free_id (const LiveKitParticipant * former, const LiveKitTrack * track,
    GHashTable * used)
{
  guint i;

  for (i = 0; former != NULL && i < former->tracks->len; i++) {
    const LiveKitTrack *known = g_ptr_array_index (former->tracks, i);

    if (known->is_audio == track->is_audio && known->source == track->source
        && !g_hash_table_contains (used, known->stream_id))
      return known->stream_id;
  }
  return NULL;
}

static gchar *
make_new_stream_id (const LiveKitParticipant * participant,
    const LiveKitParticipant * former, const LiveKitTrack * track,
    GHashTable * used)
{
  g_autofree gchar *stream_id = make_stream_id (participant, track);
  const gchar *free_id;

  if (!g_hash_table_contains (used, stream_id))
    return g_steal_pointer (&stream_id);
  free_id = find_free_id (former, track, used);
  if (free_id != NULL)
    return g_strdup (free_id);
  return g_strdup_printf ("%s/%s", stream_id, track->sid);
}

static void
keep_stream_ids (LiveKitParticipant * participant,
    const LiveKitParticipant * former, GHashTable * used)
{
  guint i;

  for (i = 0; i < participant->tracks->len; i++) {
    LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);
    const LiveKitTrack *known =
        livekit_participant_find_track (former, track->sid);

    if (known == NULL)
      continue;
    g_free (track->stream_id);
    track->stream_id = g_strdup (known->stream_id);
    g_hash_table_add (used, track->stream_id);
  }
}

/* Names the tracks of @participant, who may be known already, as @former: then what
 * is published still, or instead, keeps its name. */
void
livekit_stream_ids_assign (LiveKitParticipant * participant,
    const LiveKitParticipant * former)
{
  g_autoptr (GHashTable) used = g_hash_table_new (g_str_hash, g_str_equal);
  guint i;

  if (former != NULL && !g_str_equal (former->identity, participant->identity))
    former = NULL;
  if (former != NULL)
    keep_stream_ids (participant, former, used);
  for (i = 0; i < participant->tracks->len; i++) {
    LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);

    if (track->stream_id != NULL)
      continue;
    track->stream_id = make_new_stream_id (participant, former, track, used);
    g_hash_table_add (used, track->stream_id);
  }
}
