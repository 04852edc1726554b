/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which layer of each video a session has asked its server for, and of which tracks
 * nothing at all for now. A server that nobody asks sends the highest. Pure.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "qualities.h"

#define UNASKED GST_MATRIX_RTC_VIDEO_QUALITY_HIGH

struct _LiveKitQualities
{
  GHashTable *asked;            /* sid -> guint: a quality or off */
};

static GHashTable *
qualities_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

LiveKitQualities *
livekit_qualities_new (void)
{
  LiveKitQualities *qualities = g_new0 (LiveKitQualities, 1);

  qualities->asked = qualities_new ();
  return qualities;
}

void
livekit_qualities_free (LiveKitQualities * qualities)
{
  g_hash_table_unref (qualities->asked);
  g_free (qualities);
}

static guint
find_quality (GHashTable * qualities, const gchar * sid, guint otherwise)
{
  gpointer quality;

  return g_hash_table_lookup_extended (qualities, sid, NULL, &quality) ?
      GPOINTER_TO_UINT (quality) : otherwise;
}

/* There are no layers of audio. */
static guint
choose_quality (const LiveKitTrack * track, guint usual, GHashTable * wishes,
    GHashTable * off)
{
  if (g_hash_table_contains (off, track->sid))
    return LIVEKIT_QUALITY_OFF;
  return track->is_audio ? UNASKED : find_quality (wishes, track->sid, usual);
}

/* What the server has to be told now that @usual is wanted of each video of @tracks,
 * which are all that there are, of LiveKitTrack, but of those in @wishes (sid ->
 * GstMatrixRtcVideoQuality) what stands there, and nothing of those in @off, a set:
 * the sids are appended to those of the
 * LIVEKIT_N_QUALITIES arrays in @changed, and live as long as the tracks'. */
void
livekit_qualities_update (LiveKitQualities * qualities,
    const GPtrArray * tracks, GstMatrixRtcVideoQuality usual,
    GHashTable * wishes, GHashTable * off, GPtrArray ** changed)
{
  g_autoptr (GHashTable) former = g_steal_pointer (&qualities->asked);
  guint i;

  qualities->asked = qualities_new ();
  for (i = 0; i < tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (tracks, i);
    guint quality = choose_quality (track, usual, wishes, off);

    if (quality != UNASKED)
      g_hash_table_insert (qualities->asked, g_strdup (track->sid),
          GUINT_TO_POINTER (quality));
    if (quality != find_quality (former, track->sid, UNASKED))
      g_ptr_array_add (changed[quality], track->sid);
  }
}

/* The sids of what is off, as they are until the next update. */
GPtrArray *
livekit_qualities_get_off (LiveKitQualities * qualities)
{
  GPtrArray *sids = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer sid, quality;

  g_hash_table_iter_init (&iter, qualities->asked);
  while (g_hash_table_iter_next (&iter, &sid, &quality)) {
    if (GPOINTER_TO_UINT (quality) == LIVEKIT_QUALITY_OFF)
      g_ptr_array_add (sids, sid);
  }
  return sids;
}
