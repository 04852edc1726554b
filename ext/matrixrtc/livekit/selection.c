/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which tracks are wanted: those of some kinds of media, and of these, once somebody
 * has chosen, the streams that were named, whether they are there or still to come.
 * Pure.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "../debug.h"
#include "selection.h"

#define GST_CAT_DEFAULT matrixrtc_signal_debug

/* More than the tracks of the largest call. */
#define MAX_STREAMS 16384

struct _LiveKitSelection
{
  GstMatrixRtcMedia media;
  GHashTable *stream_ids;       /* NULL: nobody has chosen any */
};

LiveKitSelection *
livekit_selection_new (GstMatrixRtcMedia media)
{
  LiveKitSelection *selection = g_new0 (LiveKitSelection, 1);

  selection->media = media;
  return selection;
}

void
livekit_selection_free (LiveKitSelection * selection)
{
  g_clear_pointer (&selection->stream_ids, g_hash_table_unref);
  g_free (selection);
}

void
livekit_selection_set_media (LiveKitSelection * selection,
    GstMatrixRtcMedia media)
{
  selection->media = media;
}

/* From now on only these are wanted. */
void
livekit_selection_set_streams (LiveKitSelection * selection,
    const gchar * const *stream_ids)
{
  guint i;

  g_clear_pointer (&selection->stream_ids, g_hash_table_unref);
  selection->stream_ids =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (i = 0; stream_ids[i] != NULL && i < MAX_STREAMS; i++)
    g_hash_table_add (selection->stream_ids, g_strdup (stream_ids[i]));
  if (stream_ids[i] != NULL)
    GST_WARNING ("only the first %d streams are selected", MAX_STREAMS);
}

static GstMatrixRtcMedia
track_get_media (const LiveKitTrack * track)
{
  switch (track->source) {
    case GST_MATRIX_RTC_TRACK_SOURCE_SCREEN_SHARE:
      return GST_MATRIX_RTC_MEDIA_SCREEN_SHARE;
    case GST_MATRIX_RTC_TRACK_SOURCE_SCREEN_SHARE_AUDIO:
      return GST_MATRIX_RTC_MEDIA_SCREEN_SHARE_AUDIO;
    default:
      return track->is_audio ? GST_MATRIX_RTC_MEDIA_AUDIO :
          GST_MATRIX_RTC_MEDIA_VIDEO;
  }
}

/* Whether all is wanted, whatever may come. */
gboolean
livekit_selection_is_all (const LiveKitSelection * selection)
{
  return selection->media == GST_MATRIX_RTC_MEDIA_ALL
      && selection->stream_ids == NULL;
}

/* Whether @track is of the wanted media, so that it can be chosen. */
gboolean
livekit_selection_allows (const LiveKitSelection * selection,
    const LiveKitTrack * track)
{
  return (track_get_media (track) & selection->media) != 0;
}

gboolean
livekit_selection_wants (const LiveKitSelection * selection,
    const LiveKitTrack * track)
{
  return livekit_selection_allows (selection, track)
      && (selection->stream_ids == NULL
      || g_hash_table_contains (selection->stream_ids, track->stream_id));
}
