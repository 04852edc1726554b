/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The source pads of matrixrtcsrc: which track each of them belongs to, and how they
 * come and go. Lives on the worker thread; those functions that don't say so
 * themselves.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstmatrixrtc-enumtypes.h"
#include "gstmatrixrtcsrc.h"
#include "gstmatrixrtcsrcgaps.h"
#include "gstmatrixrtcsrcpad.h"
#include "gstmatrixrtcsrcpads.h"

struct _GstMatrixRtcSrcPads
{
  GstElement *element;          /* holds us */
  MatrixRtcLoop *loop;
  GHashTable *pads;             /* track sid -> GstMatrixRtcSrcPad */
  GstMatrixRtcSrcGaps *gaps;    /* NULL below PAUSED */
  guint n_audio_pads;           /* made so far */
  guint n_video_pads;
  guint group_id;
  GstClockTime longest_gap;     /* under the element's OBJECT_LOCK: of pads that
                                 * have gone */
};

GstMatrixRtcSrcPads *
gst_matrix_rtc_src_pads_new (GstElement * element)
{
  GstMatrixRtcSrcPads *pads = g_new0 (GstMatrixRtcSrcPads, 1);

  pads->element = element;
  pads->pads = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      gst_object_unref);
  return pads;
}

void
gst_matrix_rtc_src_pads_free (GstMatrixRtcSrcPads * pads)
{
  g_hash_table_unref (pads->pads);
  g_clear_pointer (&pads->loop, matrix_rtc_loop_unref);
  g_free (pads);
}

static void
pads_set_longest_gap (GstMatrixRtcSrcPads * pads, GstClockTime longest)
{
  GST_OBJECT_LOCK (pads->element);
  pads->longest_gap = longest;
  GST_OBJECT_UNLOCK (pads->element);
}

/* For a call on @loop, before that runs. Packets may be @latency late. */
void
gst_matrix_rtc_src_pads_start (GstMatrixRtcSrcPads * pads,
    MatrixRtcLoop * loop, GstClockTime latency)
{
  pads->gaps = gst_matrix_rtc_src_gaps_new (pads->element, loop, latency);
  pads->loop = matrix_rtc_loop_ref (loop);
  pads->n_audio_pads = pads->n_video_pads = 0;
  pads->group_id = gst_util_group_id_next ();
  pads_set_longest_gap (pads, 0);
}

static gboolean
remove_pad (GstElement * element, GstPad * pad, gpointer user_data)
{
  gst_element_remove_pad (element, pad);
  return TRUE;
}

/* When the call has ended; with all pads down, in READY. */
void
gst_matrix_rtc_src_pads_clear (GstMatrixRtcSrcPads * pads)
{
  pads_set_longest_gap (pads, gst_matrix_rtc_src_pads_get_longest_gap (pads));
  g_clear_pointer (&pads->gaps, gst_matrix_rtc_src_gaps_free);
  gst_element_foreach_src_pad (pads->element, remove_pad, NULL);
  g_hash_table_remove_all (pads->pads);
  g_clear_pointer (&pads->loop, matrix_rtc_loop_unref);
}

/* On the thread that sets it. The application may keep the pad for longer than us. */
static void
on_video_quality (GstMatrixRtcSrcPad * pad, GParamSpec * pspec,
    GstMatrixRtcSrc * src)
{
  g_autofree gchar *track_sid = NULL;
  GstMatrixRtcVideoQuality quality;

  g_object_get (pad, "track-sid", &track_sid, "video-quality", &quality, NULL);
  gst_matrix_rtc_src_set_track_quality (src, track_sid, quality);
}

/* On the thread that links or unlinks it. */
static void
on_link (GstPad * pad, GstPad * peer, GstMatrixRtcSrc * src)
{
  gst_matrix_rtc_src_take_link (src, pad);
}

static gboolean
set_collection (GstElement * element, GstPad * pad, gpointer collection)
{
  gst_matrix_rtc_src_pad_set_collection (GST_MATRIX_RTC_SRC_PAD (pad),
      collection);
  return TRUE;
}

/* On all pads. */
void
gst_matrix_rtc_src_pads_set_collection (GstMatrixRtcSrcPads * pads,
    GstStreamCollection * collection)
{
  gst_element_foreach_src_pad (pads->element, set_collection, collection);
}

/* The track's stream has to be in the collection. */
void
gst_matrix_rtc_src_pads_add (GstMatrixRtcSrcPads * pads,
    const CallTrack * track, GstPad * target, GstMatrixRtcSrcStreams * streams)
{
  GstPadTemplate *templ =
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS
      (pads->element), track->is_audio ? "audio_%u" : "video_%u");
  g_autofree gchar *name = track->is_audio ?
      g_strdup_printf ("audio_%u", pads->n_audio_pads++) :
      g_strdup_printf ("video_%u", pads->n_video_pads++);
  g_autoptr (GstStream) stream =
      gst_matrix_rtc_src_streams_get (streams, track);
  GstMatrixRtcSrcPad *pad = gst_matrix_rtc_src_pad_new (name, templ, target,
      track, stream, pads->group_id);
  GstMatrixRtcSrc *src = GST_MATRIX_RTC_SRC (pads->element);

  set_collection (pads->element, GST_PAD (pad),
      gst_matrix_rtc_src_streams_get_collection (streams));
  g_object_set (pad, "video-quality",
      gst_matrix_rtc_src_get_video_quality (src), NULL);
  if (!track->is_audio)
    g_signal_connect_object (pad, "notify::video-quality",
        G_CALLBACK (on_video_quality), src, 0);
  g_hash_table_replace (pads->pads, g_strdup (track->sid),
      gst_object_ref (pad));
  g_signal_connect_object (pad, "linked", G_CALLBACK (on_link), src, 0);
  g_signal_connect_object (pad, "unlinked", G_CALLBACK (on_link), src, 0);
  /* It may be that nobody links it. Who stops us then has it freed. */
  gst_matrix_rtc_src_take_link (src, GST_PAD (pad));
  gst_element_add_pad (pads->element, GST_PAD (pad));
}

void
gst_matrix_rtc_src_pads_update (GstMatrixRtcSrcPads * pads,
    const CallTrack * track)
{
  GstMatrixRtcSrcPad *pad = g_hash_table_lookup (pads->pads, track->sid);

  if (pad != NULL)
    gst_matrix_rtc_src_pad_update (pad, track);
}

/* The pad of @track_sid, which isn't ours any more, or NULL. */
static GstPad *
pads_take (GstMatrixRtcSrcPads * pads, const gchar * track_sid)
{
  GstPad *pad = g_hash_table_lookup (pads->pads, track_sid);

  if (pad == NULL)
    return NULL;
  gst_object_ref (pad);
  g_hash_table_remove (pads->pads, track_sid);
  return pad;
}

/* What was @former_sid goes on as @track, out of @target. */
void
gst_matrix_rtc_src_pads_move (GstMatrixRtcSrcPads * pads,
    const gchar * former_sid, const CallTrack * track, GstPad * target)
{
  GstPad *pad = pads_take (pads, former_sid);

  if (pad == NULL)
    return;
  g_hash_table_replace (pads->pads, g_strdup (track->sid), pad);
  gst_matrix_rtc_src_take_link (GST_MATRIX_RTC_SRC (pads->element), pad);
  gst_matrix_rtc_src_pad_move (GST_MATRIX_RTC_SRC_PAD (pad), target, track);
  /* The new track isn't known for it. */
  if (!track->is_audio)
    on_video_quality (GST_MATRIX_RTC_SRC_PAD (pad), NULL,
        GST_MATRIX_RTC_SRC (pads->element));
}

static gboolean
set_quality (GstElement * element, GstPad * pad, gpointer quality)
{
  g_object_set (pad, "video-quality", GPOINTER_TO_INT (quality), NULL);
  return TRUE;
}

/* Of all pads. Any thread. */
void
gst_matrix_rtc_src_pads_set_video_quality (GstMatrixRtcSrcPads * pads,
    GstMatrixRtcVideoQuality quality)
{
  gst_element_foreach_src_pad (pads->element, set_quality,
      GINT_TO_POINTER ((gint) quality));
}

void
gst_matrix_rtc_src_pads_interrupt (GstMatrixRtcSrcPads * pads,
    const gchar * track_sid)
{
  GstMatrixRtcSrcPad *pad = g_hash_table_lookup (pads->pads, track_sid);

  if (pad != NULL)
    gst_matrix_rtc_src_pad_interrupt (pad);
}

static gboolean
take_longest_gap (GstElement * element, GstPad * pad, gpointer longest)
{
  GstClockTime gap =
      gst_matrix_rtc_src_pad_get_longest_gap (GST_MATRIX_RTC_SRC_PAD (pad));

  *(GstClockTime *) longest = MAX (*(GstClockTime *) longest, gap);
  return TRUE;
}

static void
pads_remove_pad (GstMatrixRtcSrcPads * pads, GstPad * pad)
{
  GST_OBJECT_LOCK (pads->element);
  take_longest_gap (pads->element, pad, &pads->longest_gap);
  GST_OBJECT_UNLOCK (pads->element);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (pads->element, pad);
}

/* Of a track that has had its EOS. */
void
gst_matrix_rtc_src_pads_remove (GstMatrixRtcSrcPads * pads,
    const gchar * track_sid)
{
  g_autoptr (GstPad) pad = pads_take (pads, track_sid);

  if (pad != NULL)
    pads_remove_pad (pads, pad);
}

/* A pad on its way out, with nothing behind it. */
typedef struct
{
  GstMatrixRtcSrcPads *pads;    /* only on the worker thread */
  MatrixRtcLoop *loop;
  GstPad *pad;
} EndingPad;

static void
ending_pad_free (gpointer data)
{
  EndingPad *ending = data;

  gst_object_unref (ending->pad);
  matrix_rtc_loop_unref (ending->loop);
  g_free (ending);
}

/* Without a parent it has been removed with all others. */
static gboolean
remove_ended_pad (gpointer data)
{
  EndingPad *ending = data;

  if (GST_OBJECT_PARENT (ending->pad) != NULL)
    pads_remove_pad (ending->pads, ending->pad);
  return G_SOURCE_REMOVE;
}

static void
push_eos (GstElement * element, gpointer data)
{
  EndingPad *ending = data;

  gst_pad_push_event (ending->pad, gst_event_new_eos ());
  matrix_rtc_loop_invoke (ending->loop, remove_ended_pad, ending,
      ending_pad_free);
}

/* Of a track that is over without an EOS, which may have to wait for whoever holds
 * up the last buffer. */
void
gst_matrix_rtc_src_pads_end (GstMatrixRtcSrcPads * pads,
    const gchar * track_sid)
{
  GstPad *pad = pads_take (pads, track_sid);
  EndingPad *ending;

  if (pad == NULL)
    return;
  ending = g_new (EndingPad, 1);
  ending->pads = pads;
  ending->loop = matrix_rtc_loop_ref (pads->loop);
  ending->pad = pad;
  gst_element_call_async (pads->element, push_eos, ending, NULL);
}

/* Whether it's the pad of a track that goes on. */
gboolean
gst_matrix_rtc_src_pads_contain (GstMatrixRtcSrcPads * pads, GstPad * pad)
{
  g_autofree gchar *track_sid = NULL;

  g_object_get (pad, "track-sid", &track_sid, NULL);
  return g_hash_table_lookup (pads->pads, track_sid) == pad;
}

/* Gaps */

static gboolean
watch_gaps (GstElement * element, GstPad * pad, gpointer is_lost)
{
  gst_matrix_rtc_src_pad_watch_gaps (GST_MATRIX_RTC_SRC_PAD (pad),
      GPOINTER_TO_INT (is_lost));
  return TRUE;
}

void
gst_matrix_rtc_src_pads_watch_gaps (GstMatrixRtcSrcPads * pads,
    gboolean is_lost)
{
  gst_element_foreach_src_pad (pads->element, watch_gaps,
      GINT_TO_POINTER (is_lost));
}

/* The longest time without media while a connection was got back. Any thread. */
GstClockTime
gst_matrix_rtc_src_pads_get_longest_gap (GstMatrixRtcSrcPads * pads)
{
  GstClockTime longest;

  GST_OBJECT_LOCK (pads->element);
  longest = pads->longest_gap;
  GST_OBJECT_UNLOCK (pads->element);
  gst_element_foreach_src_pad (pads->element, take_longest_gap, &longest);
  return longest;
}
