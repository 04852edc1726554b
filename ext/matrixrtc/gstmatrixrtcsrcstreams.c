/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The streams that matrixrtcsrc offers: one for each track in the call that its media
 * property allows, whether it has a pad or not, in a collection that is replaced when
 * any of them comes or goes. Lives on the worker thread; those functions that don't
 * say so themselves.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include "gstmatrixrtcsrcstreams.h"
#include "rtc/codec.h"

struct _GstMatrixRtcSrcStreams
{
  GstElement *element;          /* holds us */
  GstMatrixRtcOutput output;
  GstStreamCollection *collection;      /* NULL before there was any stream */
  GHashTable *streams;          /* id -> GstStream, of the collection */
  GHashTable *selected;         /* their ids, of those that are chosen */
  gboolean has_choice;          /* somebody has chosen */
  guint32 seqnum;               /* of the choice */
};

static GHashTable *
streams_table_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      gst_object_unref);
}

GstMatrixRtcSrcStreams *
gst_matrix_rtc_src_streams_new (GstElement * element)
{
  GstMatrixRtcSrcStreams *streams = g_new0 (GstMatrixRtcSrcStreams, 1);

  streams->element = element;
  streams->streams = streams_table_new ();
  streams->selected =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return streams;
}

void
gst_matrix_rtc_src_streams_free (GstMatrixRtcSrcStreams * streams)
{
  g_clear_object (&streams->collection);
  g_hash_table_unref (streams->streams);
  g_hash_table_unref (streams->selected);
  g_free (streams);
}

/* For a new call, before its worker runs. Pads give streams in the form of @output. */
void
gst_matrix_rtc_src_streams_start (GstMatrixRtcSrcStreams * streams,
    GstMatrixRtcOutput output)
{
  streams->output = output;
  g_clear_object (&streams->collection);
  g_hash_table_remove_all (streams->streams);
  g_hash_table_remove_all (streams->selected);
  streams->has_choice = FALSE;
  streams->seqnum = GST_SEQNUM_INVALID;
}

/* Streams */

static GstCaps *
make_rtp_caps (const RtcCodec * codec)
{
  return gst_caps_new_simple ("application/x-rtp",
      "media", G_TYPE_STRING, codec->is_audio ? "audio" : "video",
      "encoding-name", G_TYPE_STRING, codec->encoding_name, NULL);
}

/* As far as the announcement tells, or NULL. RED is not what we ask for. */
static GstCaps *
streams_guess_caps (GstMatrixRtcSrcStreams * streams, const CallTrack * track)
{
  const gchar *subtype = strchr (track->mime_type, '/');
  const RtcCodec *codec = subtype == NULL ? NULL : rtc_codec_find
      (g_ascii_strcasecmp (subtype, "/red") == 0 ? "OPUS" : subtype + 1);

  if (codec == NULL)
    return NULL;
  switch (streams->output) {
    case GST_MATRIX_RTC_OUTPUT_RTP:
      return make_rtp_caps (codec);
    case GST_MATRIX_RTC_OUTPUT_DECODED:
      return gst_caps_new_empty_simple (codec->is_audio ? "audio/x-raw" :
          "video/x-raw");
    default:
      return gst_caps_from_string (codec->caps);
  }
}

/* The participant's name, or else the identity. */
static void
set_tags (GstStream * stream, const CallTrack * track)
{
  const gchar *name = *track->participant_name != '\0' ?
      track->participant_name : track->participant_identity;
  g_autoptr (GstTagList) tags = gst_tag_list_new (GST_TAG_TITLE, name, NULL);
  g_autoptr (GstTagList) former = gst_stream_get_tags (stream);

  gst_tag_list_set_scope (tags, GST_TAG_SCOPE_STREAM);
  if (former == NULL || !gst_tag_list_is_equal (former, tags))
    gst_stream_set_tags (stream, tags);
}

static GstStream *
streams_make (GstMatrixRtcSrcStreams * streams, const CallTrack * track)
{
  g_autoptr (GstCaps) caps = streams_guess_caps (streams, track);
  GstStream *stream = gst_stream_new (track->stream_id, caps,
      track->is_audio ? GST_STREAM_TYPE_AUDIO : GST_STREAM_TYPE_VIDEO,
      GST_STREAM_FLAG_NONE);

  set_tags (stream, track);
  return stream;
}

/* Takes over what may change while a track lasts. */
void
gst_matrix_rtc_src_streams_update (GstMatrixRtcSrcStreams * streams,
    const CallTrack * track)
{
  GstStream *stream = g_hash_table_lookup (streams->streams, track->stream_id);

  if (stream != NULL)
    set_tags (stream, track);
}

static gboolean
is_other_stream (GstElement * element, GstPad * pad, gpointer user_data)
{
  GstStream **stream = user_data;
  g_autoptr (GstStream) own = gst_pad_get_stream (pad);

  if (own == NULL || !g_str_equal (gst_stream_get_stream_id (own),
          gst_stream_get_stream_id (*stream)))
    return TRUE;
  gst_object_replace ((GstObject **) stream, GST_OBJECT (own));
  return FALSE;
}

/* A pad may wait for its track, which nobody publishes just now. */
static GstStream *
streams_find_or_make (GstMatrixRtcSrcStreams * streams, const CallTrack * track)
{
  GstStream *stream = streams_make (streams, track);

  gst_element_foreach_src_pad (streams->element, is_other_stream, &stream);
  return stream;
}

/* Gives the track's stream, which is the one in the collection if there is one. */
GstStream *
gst_matrix_rtc_src_streams_get (GstMatrixRtcSrcStreams * streams,
    const CallTrack * track)
{
  GstStream *stream = g_hash_table_lookup (streams->streams, track->stream_id);

  return stream == NULL ? streams_find_or_make (streams, track) :
      gst_object_ref (stream);
}

/* NULL: there was no stream yet. */
GstStreamCollection *
gst_matrix_rtc_src_streams_get_collection (GstMatrixRtcSrcStreams * streams)
{
  return streams->collection;
}

/* The collection */

static gint
compare_ids (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar **) a, *(const gchar **) b);
}

/* Replaces it, in the order of the ids. */
static void
streams_collect (GstMatrixRtcSrcStreams * streams, const gchar * room)
{
  guint n, i;
  g_autofree gpointer *ids =
      g_hash_table_get_keys_as_array (streams->streams, &n);

  qsort (ids, n, sizeof (gpointer), compare_ids);
  g_clear_object (&streams->collection);
  streams->collection = gst_stream_collection_new (room);
  for (i = 0; i < n; i++)
    gst_stream_collection_add_stream (streams->collection,
        gst_object_ref (g_hash_table_lookup (streams->streams, ids[i])));
}

/* FALSE: what there is to choose is the same as before. */
gboolean
gst_matrix_rtc_src_streams_take_tracks (GstMatrixRtcSrcStreams * streams,
    const GArray * tracks, const gchar * room)
{
  g_autoptr (GHashTable) now = streams_table_new ();
  guint n_kept = 0;
  gboolean has_changed;
  guint i;

  g_hash_table_remove_all (streams->selected);
  for (i = 0; i < tracks->len; i++) {
    const CallTrack *track = &g_array_index (tracks, CallTrack, i);

    if (track->is_selected)
      g_hash_table_add (streams->selected, g_strdup (track->stream_id));
    if (g_hash_table_contains (now, track->stream_id))
      continue;
    if (g_hash_table_contains (streams->streams, track->stream_id))
      n_kept++;
    g_hash_table_insert (now, g_strdup (track->stream_id),
        gst_matrix_rtc_src_streams_get (streams, track));
  }
  has_changed = n_kept != g_hash_table_size (now)
      || n_kept != g_hash_table_size (streams->streams);
  if (!has_changed)
    return FALSE;
  g_hash_table_unref (streams->streams);
  streams->streams = g_steal_pointer (&now);
  streams_collect (streams, room);
  return TRUE;
}

static void
streams_post_selected (GstMatrixRtcSrcStreams * streams)
{
  GstMessage *message =
      gst_message_new_streams_selected (GST_OBJECT (streams->element),
      streams->collection);
  guint n = gst_stream_collection_get_size (streams->collection);
  guint i;

  for (i = 0; i < n; i++) {
    GstStream *stream =
        gst_stream_collection_get_stream (streams->collection, i);

    if (g_hash_table_contains (streams->selected,
            gst_stream_get_stream_id (stream)))
      gst_message_streams_selected_add (message, stream);
  }
  gst_message_set_seqnum (message, streams->seqnum);
  gst_element_post_message (streams->element, message);
}

/* Tells the bus what there is to choose, and what of it is chosen if anybody has
 * chosen. */
void
gst_matrix_rtc_src_streams_post (GstMatrixRtcSrcStreams * streams)
{
  gst_element_post_message (streams->element,
      gst_message_new_stream_collection (GST_OBJECT (streams->element),
          streams->collection));
  if (streams->has_choice)
    streams_post_selected (streams);
}

/* A choice has been made, and counts. Before there is anything to choose that is
 * told with it. */
void
gst_matrix_rtc_src_streams_post_selected (GstMatrixRtcSrcStreams * streams,
    guint32 seqnum)
{
  streams->has_choice = TRUE;
  streams->seqnum = seqnum;
  if (streams->collection != NULL)
    streams_post_selected (streams);
}

/* The ids in a select-streams event. Any thread. */
GStrv
gst_matrix_rtc_src_streams_parse_selection (GstEvent * event)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GList *ids = NULL;
  GList *item;

  gst_event_parse_select_streams (event, &ids);
  for (item = ids; item != NULL; item = item->next)
    g_strv_builder_add (builder, item->data);
  g_list_free_full (ids, g_free);
  return g_strv_builder_end (builder);
}
