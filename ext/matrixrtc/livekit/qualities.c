/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which layer of each video a session has asked its server for. A server that
 * nobody asks sends the highest. Pure.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "qualities.h"

#define UNASKED GST_MATRIX_RTC_VIDEO_QUALITY_HIGH

struct _LiveKitQualities
{
  GHashTable *asked;            /* sid -> GstMatrixRtcVideoQuality */
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

static GstMatrixRtcVideoQuality
find_quality (GHashTable * qualities, const gchar * sid,
    GstMatrixRtcVideoQuality otherwise)
{
  gpointer quality;

  return g_hash_table_lookup_extended (qualities, sid, NULL, &quality) ?
      (GstMatrixRtcVideoQuality) GPOINTER_TO_UINT (quality) : otherwise;
}

/* What the server has to be told now that @usual is wanted of each video of @tracks,
 * which are all that there are, of LiveKitTrack, but of those in @wishes (sid ->
 * GstMatrixRtcVideoQuality) what stands there: the sids are appended to those of the
 * LIVEKIT_N_QUALITIES arrays in @changed, and live as long as the tracks'. */
void
livekit_qualities_update (LiveKitQualities * qualities,
    const GPtrArray * tracks, GstMatrixRtcVideoQuality usual,
    GHashTable * wishes, GPtrArray ** changed)
{
  g_autoptr (GHashTable) former = g_steal_pointer (&qualities->asked);
  guint i;

  qualities->asked = qualities_new ();
  for (i = 0; i < tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (tracks, i);
    GstMatrixRtcVideoQuality quality;

    if (track->is_audio)
      continue;
    quality = find_quality (wishes, track->sid, usual);
    if (quality != UNASKED)
      g_hash_table_insert (qualities->asked, g_strdup (track->sid),
          GUINT_TO_POINTER (quality));
    if (quality != find_quality (former, track->sid, UNASKED))
      g_ptr_array_add (changed[quality], track->sid);
  }
}
