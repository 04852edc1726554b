/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The streams that come out of a webrtcbin, told apart by what the newest offer
 * says, and known by their tracks from then on. Lives on the worker thread;
 * webrtcbin's own threads only post to it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "../debug.h"
#include "elements.h"
#include "sections.h"
#include "ssrcfilter.h"
#include "stream.h"
#include "streams.h"
#include "sync.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

struct _RtcStreams
{
  RtcStreamHost host;           /* for the streams, and our own way to the loop */
  RtcStreamsCallbacks callbacks;        /* all NULL once abandoned */
  gpointer user_data;
  RtcSync *sync;

  GPtrArray *sections;          /* of the newest offer at work or done */
  GPtrArray *all;               /* of RtcStream */
  GHashTable *off;              /* the sids of those that aren't sent */
};

static void
streams_clear (RtcStreams * streams)
{
  matrix_rtc_loop_unref (streams->host.loop);
  gst_object_unref (streams->host.webrtcbin);
  rtc_ssrc_filter_unref (streams->host.ssrc_filter);
  rtc_stream_host_clear (&streams->host);
}

static void
streams_unref (RtcStreams * streams)
{
  g_atomic_rc_box_release_full (streams, (GDestroyNotify) streams_clear);
}

static void
streams_unref_closure (gpointer streams, GClosure * closure)
{
  streams_unref (streams);
}

static RtcStream *
streams_find (RtcStreams * streams, const gchar * track_sid)
{
  guint i;

  for (i = 0; i < streams->all->len; i++) {
    RtcStream *stream = g_ptr_array_index (streams->all, i);

    if (g_strcmp0 (rtc_stream_get_track_sid (stream), track_sid) == 0)
      return stream;
  }
  return NULL;
}

static void
on_stream_ready (RtcStream * stream, gpointer user_data)
{
  RtcStreams *streams = user_data;

  GST_DEBUG_OBJECT (streams->host.webrtcbin, "track %s is ready",
      rtc_stream_get_track_sid (stream));
  if (streams->callbacks.track_ready != NULL)
    streams->callbacks.track_ready (rtc_stream_get_track_sid (stream),
        streams->user_data);
}

static void
on_stream_drained (RtcStream * stream, gpointer user_data)
{
  RtcStreams *streams = user_data;

  GST_DEBUG_OBJECT (streams->host.webrtcbin, "track %s has ended",
      rtc_stream_get_track_sid (stream));
  if (streams->callbacks.track_ended != NULL)
    streams->callbacks.track_ended (rtc_stream_get_track_sid (stream),
        streams->user_data);
  /* Abandoned from inside: rtc_streams_free() does the rest. */
  if (streams->callbacks.track_ended == NULL)
    return;
  rtc_sync_remove (streams->sync, rtc_stream_get_ssrc (stream));
  rtc_stream_dismantle (stream);
  g_ptr_array_remove (streams->all, stream);
  streams->callbacks.gone (streams->user_data);
}

static const RtcStreamCallbacks stream_callbacks = {
  on_stream_ready, on_stream_drained
};

static void
streams_bind (RtcStreams * streams, RtcStream * stream)
{
  RtcSection *section = streams->sections == NULL ? NULL :
      rtc_sections_find_ssrc (streams->sections, rtc_stream_get_ssrc (stream));
  g_autoptr (GError) error = NULL;

  if (section == NULL || section->track_sid == NULL) {
    GST_DEBUG_OBJECT (streams->host.webrtcbin, "SSRC %u is nobody's yet",
        rtc_stream_get_ssrc (stream));
    return;
  }
  GST_DEBUG_OBJECT (streams->host.webrtcbin,
      "SSRC %u in section %s is track %s", rtc_stream_get_ssrc (stream),
      section->mid, section->track_sid);
  if (rtc_stream_bind (stream, section->track_sid, section->ssrcs,
          &stream_callbacks, streams, &error))
    return;
  if (streams->callbacks.track_failed != NULL)
    streams->callbacks.track_failed (section->track_sid, error->message,
        streams->user_data);
  rtc_stream_end (stream);
}

/* A new stream, on its way to the worker thread. */
typedef struct
{
  RtcStreams *streams;
  RtcStream *stream;
} NewStream;

static void
new_stream_free (gpointer data)
{
  NewStream *added = data;

  rtc_stream_unref (added->stream);
  streams_unref (added->streams);
  g_free (added);
}

static gboolean
take_new_stream (gpointer data)
{
  NewStream *added = data;
  RtcStreams *streams = added->streams;

  if (streams->callbacks.track_ready == NULL)
    return G_SOURCE_REMOVE;
  g_ptr_array_add (streams->all, rtc_stream_ref (added->stream));
  streams->callbacks.come (streams->user_data);
  if (streams->callbacks.track_ready == NULL)
    return G_SOURCE_REMOVE;
  streams_bind (streams, added->stream);
  return G_SOURCE_REMOVE;
}

/* FALSE if @caps don't say. */
static gboolean
caps_get_ssrc (GstCaps * caps, guint32 * ssrc)
{
  return caps != NULL
      && gst_structure_get_uint (gst_caps_get_structure (caps, 0), "ssrc",
      ssrc);
}

/* On a streaming thread: webrtcbin has a new stream. */
static void
on_pad_added (GstElement * webrtcbin, GstPad * pad, RtcStreams * streams)
{
  g_autoptr (GstCaps) caps = NULL;
  NewStream *added;
  guint32 ssrc;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  caps = gst_pad_get_current_caps (pad);
  if (!caps_get_ssrc (caps, &ssrc)) {
    GST_WARNING_OBJECT (pad, "a stream without SSRC");
    return;
  }
  added = g_new (NewStream, 1);
  added->streams = g_atomic_rc_box_acquire (streams);
  added->stream = rtc_stream_new (&streams->host, pad, ssrc);
  matrix_rtc_loop_invoke (streams->host.loop, take_new_stream, added,
      new_stream_free);
}

/* Life */

/* Once there is an rtpbin in @webrtcbin, and before any stream. */
RtcStreams *
rtc_streams_new (MatrixRtcLoop * loop, GstBin * bin, GstElement * webrtcbin,
    const GstMatrixRtcReceiverSettings * receivers,
    const RtcStreamsCallbacks * callbacks, gpointer user_data)
{
  RtcStreams *streams = g_atomic_rc_box_new0 (RtcStreams);

  rtc_stream_host_init (&streams->host, matrix_rtc_loop_ref (loop), bin,
      gst_object_ref (webrtcbin), rtc_ssrc_filter_new (), receivers);
  streams->callbacks = *callbacks;
  streams->user_data = user_data;
  streams->all =
      g_ptr_array_new_with_free_func ((GDestroyNotify) rtc_stream_unref);
  streams->off = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  rtc_ssrc_filter_attach (streams->host.ssrc_filter, webrtcbin);
  streams->sync = rtc_sync_new (loop, webrtcbin);
  g_signal_connect_data (webrtcbin, "pad-added", G_CALLBACK (on_pad_added),
      g_atomic_rc_box_acquire (streams), streams_unref_closure, 0);
  return streams;
}

/* On the worker thread, before the elements go down: no callback comes any more,
 * and no media. The elements stay until rtc_streams_take_down(). */
void
rtc_streams_abandon (RtcStreams * streams)
{
  guint i;

  rtc_stream_host_close (&streams->host);
  rtc_peer_stats_close (streams->host.stats);
  memset (&streams->callbacks, 0, sizeof (streams->callbacks));
  for (i = 0; i < streams->all->len; i++)
    rtc_stream_forget (g_ptr_array_index (streams->all, i));
}

/* Once abandoned, on any thread. What blocks here are threads that are held up
 * downstream of us. */
void
rtc_streams_take_down (RtcStreams * streams)
{
  guint i;

  rtc_stream_host_wait (&streams->host);
  for (i = 0; i < streams->all->len; i++)
    rtc_stream_remove_receiver (g_ptr_array_index (streams->all, i));
}

/* Once they are taken down, and webrtcbin too. */
void
rtc_streams_free (RtcStreams * streams)
{
  g_signal_handlers_disconnect_by_data (streams->host.webrtcbin, streams);
  rtc_sync_free (streams->sync);
  g_ptr_array_unref (streams->all);
  g_hash_table_unref (streams->off);
  g_clear_pointer (&streams->sections, g_ptr_array_unref);
  streams_unref (streams);
}

/* Offers */

/* Ends the streams that the newest offer doesn't know any more, and gives those
 * their tracks that it does know now. */
void
rtc_streams_match (RtcStreams * streams)
{
  guint i;

  for (i = 0; i < streams->all->len; i++) {
    RtcStream *stream = g_ptr_array_index (streams->all, i);
    const gchar *track_sid = rtc_stream_get_track_sid (stream);
    RtcSection *section = rtc_sections_find_ssrc (streams->sections,
        rtc_stream_get_ssrc (stream));

    if (track_sid == NULL)
      streams_bind (streams, stream);
    else if (section == NULL || g_strcmp0 (section->track_sid, track_sid) != 0)
      rtc_stream_end (stream);
  }
}

/* An offer's turn has come: of the streams that it is the first to name, nothing
 * is let in before it is answered. */
void
rtc_streams_begin_offer (RtcStreams * streams, GPtrArray * sections)
{
  g_clear_pointer (&streams->sections, g_ptr_array_unref);
  streams->sections = g_ptr_array_ref (sections);
  rtc_ssrc_filter_restrict (streams->host.ssrc_filter, sections);
  rtc_streams_match (streams);
}

/* All that the newest offer names may come in. */
void
rtc_streams_allow_offer (RtcStreams * streams)
{
  rtc_ssrc_filter_set_allowed (streams->host.ssrc_filter, streams->sections);
}

/* Tracks */

/* The tracks that come in, started or not. */
GStrv
rtc_streams_get_track_sids (RtcStreams * streams)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint i;

  for (i = 0; i < streams->all->len; i++) {
    const gchar *track_sid =
        rtc_stream_get_track_sid (g_ptr_array_index (streams->all, i));

    if (track_sid != NULL)
      g_strv_builder_add (builder, track_sid);
  }
  return g_strv_builder_end (builder);
}

/* Where the track comes out, or NULL. */
GstPad *
rtc_streams_get_track_pad (RtcStreams * streams, const gchar * track_sid)
{
  RtcStream *stream = streams_find (streams, track_sid);

  return stream == NULL || rtc_stream_get_receiver (stream) == NULL ? NULL :
      gst_element_get_static_pad (rtc_stream_get_receiver (stream), "src");
}

/* The track's msid in the newest offer, or NULL. */
gchar *
rtc_streams_get_track_msid (RtcStreams * streams, const gchar * track_sid)
{
  RtcSection *section = streams->sections == NULL ? NULL :
      rtc_sections_find_track (streams->sections, track_sid);

  return section == NULL ? NULL : g_strdup (section->msid);
}

/* Whether the track's first frame waits, for the track to be taken or for its
 * publisher to be known. */
gboolean
rtc_streams_is_track_ready (RtcStreams * streams, const gchar * track_sid)
{
  RtcStream *stream = streams_find (streams, track_sid);

  return stream != NULL && rtc_stream_is_ready (stream);
}

/* Before the track is started: @publisher's tracks are in step. */
void
rtc_streams_set_track_publisher (RtcStreams * streams, const gchar * track_sid,
    const gchar * publisher)
{
  RtcStream *stream = streams_find (streams, track_sid);

  if (stream != NULL)
    rtc_sync_set_sender (streams->sync, rtc_stream_get_ssrc (stream),
        publisher);
}

/* The server sends nothing of these, and all others. */
void
rtc_streams_set_off (RtcStreams * streams, const GPtrArray * track_sids)
{
  guint i;

  g_hash_table_remove_all (streams->off);
  for (i = 0; i < track_sids->len; i++)
    g_hash_table_add (streams->off,
        g_strdup (g_ptr_array_index (track_sids, i)));
}

/* Whether any of those that have come is still sent. */
gboolean
rtc_streams_are_expected (RtcStreams * streams)
{
  guint i;

  for (i = 0; i < streams->all->len; i++) {
    const gchar *track_sid =
        rtc_stream_get_track_sid (g_ptr_array_index (streams->all, i));

    if (track_sid == NULL || !g_hash_table_contains (streams->off, track_sid))
      return TRUE;
  }
  return FALSE;
}

/* Whether the track can be taken. It can't be before its encryption is set. */
gboolean
rtc_streams_is_track_complete (RtcStreams * streams, const gchar * track_sid)
{
  RtcStream *stream = streams_find (streams, track_sid);

  return stream != NULL && rtc_stream_is_complete (stream);
}

/* Once it is known, and whenever it changes. */
void
rtc_streams_set_track_encryption (RtcStreams * streams,
    const RtcTrackEncryption * encryption)
{
  RtcStream *stream = streams_find (streams, encryption->track_sid);

  if (stream != NULL)
    rtc_stream_set_encryption (stream, encryption);
}

/* Lets the frames of a ready track out. */
void
rtc_streams_start_track (RtcStreams * streams, const gchar * track_sid)
{
  RtcStream *stream = streams_find (streams, track_sid);

  if (stream != NULL)
    rtc_stream_unblock (stream);
}

/* The track comes from elsewhere now: nothing more of it comes out here, not even
 * its end. */
void
rtc_streams_release_track (RtcStreams * streams, const gchar * track_sid)
{
  RtcStream *stream = streams_find (streams, track_sid);

  if (stream != NULL)
    rtc_stream_forget (stream);
}

void
rtc_streams_end_track (RtcStreams * streams, const gchar * track_sid)
{
  RtcStream *stream = streams_find (streams, track_sid);

  if (stream != NULL)
    rtc_stream_end (stream);
}

/* Ends a track only if it was started: others may not be known yet. */
void
rtc_streams_end_started_track (RtcStreams * streams, const gchar * track_sid)
{
  RtcStream *stream = streams_find (streams, track_sid);

  if (stream != NULL && rtc_stream_is_exposed (stream))
    rtc_stream_end (stream);
}

void
rtc_streams_end_all_tracks (RtcStreams * streams)
{
  guint i;

  for (i = 0; i < streams->all->len; i++)
    rtc_stream_end (g_ptr_array_index (streams->all, i));
}

static RtcStream *
streams_find_source (RtcStreams * streams, GstObject * source)
{
  guint i;

  for (i = 0; i < streams->all->len; i++) {
    RtcStream *stream = g_ptr_array_index (streams->all, i);
    GstElement *receiver = rtc_stream_get_receiver (stream);

    if (receiver != NULL && gst_object_has_as_ancestor (source,
            GST_OBJECT (receiver)))
      return stream;
  }
  return NULL;
}

/* An error of @source: inside a receiver it costs the one track. FALSE if it is
 * in none of ours. */
gboolean
rtc_streams_take_media_error (RtcStreams * streams, GstObject * source,
    const gchar * debug)
{
  RtcStream *stream = streams_find_source (streams, source);

  if (stream == NULL)
    return FALSE;
  if (streams->callbacks.track_failed != NULL)
    streams->callbacks.track_failed (rtc_stream_get_track_sid (stream), debug,
        streams->user_data);
  rtc_stream_end (stream);
  return TRUE;
}
