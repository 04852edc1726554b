/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One RTP stream that webrtcbin gives: held back at webrtcbin's pad until it is
 * known whose it is, then behind its receiver until somebody takes it, and taken
 * apart again down to rtpbin's jitter buffer when its track ends, which webrtcbin
 * never does by itself.
 *
 * A stream is made on a streaming thread and used on the worker thread. What may
 * block on a streaming thread (the EOS, and stopping elements) runs on GStreamer's
 * pool, counted in the host's n_tasks; one stream has one such task at a time.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/video/video.h>
#include "../debug.h"
#include "elements.h"
#include "stream.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

/* A lost request for a key frame is made good by the next. */
#define KEY_FRAME_INTERVAL_MS 500

struct _RtcStream
{
  RtcStreamHost *host;          /* outlives all its streams */
  GstPad *rtp_pad;              /* of webrtcbin */
  guint32 ssrc;
  gulong block_id;              /* valid while the host holds the stream */

  gchar *track_sid;             /* NULL until bound */
  GArray *ssrcs;                /* with the retransmissions' */
  RtcStreamCallbacks callbacks; /* all NULL once forgotten */
  gpointer user_data;
  GstMatrixRtcReceiver *receiver;
  GSource *key_frame_timer;
  gboolean is_ready;
  gboolean is_exposed;
  gboolean is_ending;
};

void
rtc_stream_host_init (RtcStreamHost * host, MatrixRtcLoop * loop,
    GstBin * bin, GstElement * webrtcbin, RtcSsrcFilter * ssrc_filter,
    const GstMatrixRtcReceiverSettings * receivers)
{
  host->loop = loop;
  host->bin = bin;
  host->webrtcbin = webrtcbin;
  host->ssrc_filter = ssrc_filter;
  host->receivers = *receivers;
  host->stats = rtc_peer_stats_new (receivers->stats, webrtcbin);
  g_mutex_init (&host->lock);
  g_cond_init (&host->task_done);
  host->n_tasks = 0;
  host->held = g_ptr_array_new ();
  host->is_closed = FALSE;
}

void
rtc_stream_host_clear (RtcStreamHost * host)
{
  g_mutex_clear (&host->lock);
  g_cond_clear (&host->task_done);
  g_ptr_array_unref (host->held);
  rtc_peer_stats_unref (host->stats);
}

/* Waits for what goes on in the background. With the bin's pads flushing, as
 * they are in READY, that is soon. */
void
rtc_stream_host_wait (RtcStreamHost * host)
{
  g_mutex_lock (&host->lock);
  while (host->n_tasks > 0)
    g_cond_wait (&host->task_done, &host->lock);
  g_mutex_unlock (&host->lock);
}

static GstPadProbeReturn
block_pad (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return GST_PAD_PROBE_OK;
}

/* Lets go what is held back at webrtcbin's pad. */
static void
stream_release_block (RtcStream * stream)
{
  gboolean was_held;

  g_mutex_lock (&stream->host->lock);
  was_held = g_ptr_array_remove_fast (stream->host->held, stream);
  g_mutex_unlock (&stream->host->lock);
  if (!was_held)
    return;
  gst_pad_remove_probe (stream->rtp_pad, stream->block_id);
  rtc_stream_unref (stream);
}

/* Any thread, before webrtcbin goes down: it waits for the threads that are held
 * back at its pads. What is held back is dropped, and so is what comes. */
void
rtc_stream_host_close (RtcStreamHost * host)
{
  g_autoptr (GPtrArray) streams =
      g_ptr_array_new_with_free_func ((GDestroyNotify) rtc_stream_unref);
  guint i;

  g_mutex_lock (&host->lock);
  host->is_closed = TRUE;
  for (i = 0; i < host->held->len; i++)
    g_ptr_array_add (streams,
        rtc_stream_ref (g_ptr_array_index (host->held, i)));
  g_mutex_unlock (&host->lock);
  for (i = 0; i < streams->len; i++) {
    RtcStream *stream = g_ptr_array_index (streams, i);

    rtc_pad_drop_data (stream->rtp_pad);
    stream_release_block (stream);
  }
}

/* @rtp_pad is webrtcbin's new pad, on the thread that adds it. */
RtcStream *
rtc_stream_new (RtcStreamHost * host, GstPad * rtp_pad, guint32 ssrc)
{
  RtcStream *stream = g_atomic_rc_box_new0 (RtcStream);
  gboolean is_closed;

  stream->host = host;
  stream->rtp_pad = gst_object_ref (rtp_pad);
  stream->ssrc = ssrc;
  stream->block_id = gst_pad_add_probe (rtp_pad,
      GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, block_pad, NULL, NULL);

  g_mutex_lock (&host->lock);
  g_ptr_array_add (host->held, rtc_stream_ref (stream));
  is_closed = host->is_closed;
  g_mutex_unlock (&host->lock);
  if (is_closed) {
    rtc_pad_drop_data (stream->rtp_pad);
    stream_release_block (stream);
  }
  return stream;
}

RtcStream *
rtc_stream_ref (RtcStream * stream)
{
  return g_atomic_rc_box_acquire (stream);
}

static void
stream_clear (RtcStream * stream)
{
  g_clear_object (&stream->receiver);
  gst_object_unref (stream->rtp_pad);
  g_free (stream->track_sid);
  g_clear_pointer (&stream->ssrcs, g_array_unref);
}

void
rtc_stream_unref (RtcStream * stream)
{
  g_atomic_rc_box_release_full (stream, (GDestroyNotify) stream_clear);
}

guint32
rtc_stream_get_ssrc (RtcStream * stream)
{
  return stream->ssrc;
}

const gchar *
rtc_stream_get_track_sid (RtcStream * stream)
{
  return stream->track_sid;
}

/* NULL until bound. Has a pad "src". */
GstElement *
rtc_stream_get_receiver (RtcStream * stream)
{
  return stream->receiver == NULL ? NULL : GST_ELEMENT (stream->receiver);
}

/* Whether its first frame waits: to be let out, or for its publisher to be
 * known. */
gboolean
rtc_stream_is_ready (RtcStream * stream)
{
  return stream->is_ready && !stream->is_exposed && !stream->is_ending;
}

/* Whether it can be let out. */
gboolean
rtc_stream_is_complete (RtcStream * stream)
{
  return rtc_stream_is_ready (stream)
      && gst_matrix_rtc_receiver_is_complete (stream->receiver);
}

gboolean
rtc_stream_is_exposed (RtcStream * stream)
{
  return stream->is_exposed;
}

/* Binding and exposing */

/* The SFU has asked for the first key frame itself. */
static gboolean
on_key_frame_timer (gpointer user_data)
{
  RtcStream *stream = user_data;
  g_autoptr (GstPad) pad =
      gst_element_get_static_pad (GST_ELEMENT (stream->receiver), "src");

  gst_pad_send_event (pad,
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, FALSE,
          0));
  return G_SOURCE_CONTINUE;
}

static gboolean
stream_on_ready (gpointer user_data)
{
  RtcStream *stream = user_data;

  if (stream->receiver != NULL
      && gst_matrix_rtc_receiver_is_complete (stream->receiver))
    matrix_rtc_clear_source (&stream->key_frame_timer);
  stream->is_ready = TRUE;
  if (!stream->is_ending && stream->callbacks.ready != NULL)
    stream->callbacks.ready (stream, stream->user_data);
  return G_SOURCE_REMOVE;
}

static void
on_receiver_ready (gpointer user_data)
{
  RtcStream *stream = user_data;

  matrix_rtc_loop_invoke (stream->host->loop, stream_on_ready,
      rtc_stream_ref (stream), (GDestroyNotify) rtc_stream_unref);
}

static gboolean
stream_link_receiver (RtcStream * stream)
{
  g_autoptr (GstPad) sink =
      gst_element_get_static_pad (GST_ELEMENT (stream->receiver), "sink");

  gst_bin_add (stream->host->bin, GST_ELEMENT (stream->receiver));
  return gst_element_sync_state_with_parent (GST_ELEMENT (stream->receiver))
      && gst_pad_link (stream->rtp_pad, sink) == GST_PAD_LINK_OK;
}

/* Says whose stream it is, with which SSRCs in all, and lets it run up to the receiver's source pad. */
gboolean
rtc_stream_bind (RtcStream * stream, const gchar * track_sid, GArray * ssrcs,
    const RtcStreamCallbacks * callbacks, gpointer user_data, GError ** error)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (stream->rtp_pad);
  const gchar *media;

  stream->track_sid = g_strdup (track_sid);
  stream->ssrcs = g_array_ref (ssrcs);
  stream->callbacks = *callbacks;
  stream->user_data = user_data;
  rtc_peer_stats_bind (stream->host->stats, stream->ssrc, track_sid);
  if (caps == NULL) {
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the stream has no caps");
    return FALSE;
  }
  stream->receiver =
      gst_matrix_rtc_receiver_new (caps, &stream->host->receivers,
      on_receiver_ready, rtc_stream_ref (stream),
      (GDestroyNotify) rtc_stream_unref, error);
  if (stream->receiver == NULL)
    return FALSE;
  if (!stream_link_receiver (stream)) {
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the stream's receiver can't be linked");
    return FALSE;
  }
  stream_release_block (stream);
  media = gst_structure_get_string (gst_caps_get_structure (caps, 0), "media");
  if (g_strcmp0 (media, "video") == 0)
    stream->key_frame_timer = matrix_rtc_loop_add_timeout (stream->host->loop,
        KEY_FRAME_INTERVAL_MS, on_key_frame_timer, stream);
  return TRUE;
}

/* Once it is bound. */
void
rtc_stream_set_encryption (RtcStream * stream,
    const RtcTrackEncryption * encryption)
{
  if (stream->receiver != NULL)
    gst_matrix_rtc_receiver_set_encryption (stream->receiver, encryption);
}

/* Lets the frames out, once somebody has taken the receiver's source pad. */
void
rtc_stream_unblock (RtcStream * stream)
{
  if (stream->is_ending)
    return;
  stream->is_exposed = TRUE;
  rtc_peer_stats_give_out (stream->host->stats, stream->ssrc);
  gst_matrix_rtc_receiver_unblock (stream->receiver);
}

/* Ending */

static void
stream_task_done (RtcStream * stream)
{
  RtcStreamHost *host = stream->host;

  rtc_stream_unref (stream);
  g_mutex_lock (&host->lock);
  host->n_tasks--;
  g_cond_broadcast (&host->task_done);
  g_mutex_unlock (&host->lock);
}

/* A pad may become idle as late as when webrtcbin goes down. Nobody waits for
 * tasks then, and nothing is left to be done. */
static void
stream_start_task (RtcStream * stream, GstElementCallAsyncFunc func)
{
  gboolean is_closed;

  g_mutex_lock (&stream->host->lock);
  is_closed = stream->host->is_closed;
  if (!is_closed)
    stream->host->n_tasks++;
  g_mutex_unlock (&stream->host->lock);
  if (!is_closed)
    gst_element_call_async (GST_ELEMENT (stream->host->bin), func,
        rtc_stream_ref (stream), NULL);
}

static gboolean
stream_on_drained (gpointer user_data)
{
  RtcStream *stream = user_data;

  if (stream->callbacks.drained != NULL)
    stream->callbacks.drained (stream, stream->user_data);
  return G_SOURCE_REMOVE;
}

static void
stream_push_eos (GstElement * bin, gpointer user_data)
{
  RtcStream *stream = user_data;
  g_autoptr (GstPad) sink =
      gst_element_get_static_pad (GST_ELEMENT (stream->receiver), "sink");

  gst_pad_unlink (stream->rtp_pad, sink);
  gst_pad_send_event (sink, gst_event_new_eos ());
  matrix_rtc_loop_invoke (stream->host->loop, stream_on_drained,
      rtc_stream_ref (stream), (GDestroyNotify) rtc_stream_unref);
  stream_task_done (stream);
}

/* No data passes any more, and none is on its way: the EOS may follow. Not from
 * here, since this may be the jitter buffer's own thread. */
static GstPadProbeReturn
on_idle (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  stream_start_task (user_data, stream_push_eos);
  return GST_PAD_PROBE_REMOVE;
}

/* The track is over. What was given out gets an EOS, and then drained is
 * called; the owner dismantles then. A stream that nobody took is drained at
 * once. */
void
rtc_stream_end (RtcStream * stream)
{
  if (stream->is_ending)
    return;
  stream->is_ending = TRUE;
  if (stream->ssrcs != NULL)
    rtc_ssrc_filter_deny (stream->host->ssrc_filter, stream->ssrcs);
  matrix_rtc_clear_source (&stream->key_frame_timer);
  rtc_pad_drop_data (stream->rtp_pad);
  if (stream->is_exposed)
    gst_pad_add_probe (stream->rtp_pad, GST_PAD_PROBE_TYPE_IDLE, on_idle,
        rtc_stream_ref (stream), (GDestroyNotify) rtc_stream_unref);
  else
    matrix_rtc_loop_invoke (stream->host->loop, stream_on_drained,
        rtc_stream_ref (stream), (GDestroyNotify) rtc_stream_unref);
}

static void
clear_ssrc (GstElement * demuxer, gpointer ssrc)
{
  g_signal_emit_by_name (demuxer, "clear-ssrc", GPOINTER_TO_UINT (ssrc));
}

/* rtpbin frees the jitter buffer and its thread with the SSRC, but not the pad
 * that it made for them. */
static void
stream_clear_ssrc (RtcStream * stream)
{
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (stream->host->webrtcbin), "rtpbin");
  g_autoptr (GstPad) pad =
      gst_ghost_pad_get_target (GST_GHOST_PAD (stream->rtp_pad));

  if (rtpbin == NULL)
    return;
  rtc_ssrc_filter_wait (stream->host->ssrc_filter);
  rtc_elements_foreach (rtpbin, "rtpssrcdemux", clear_ssrc,
      GUINT_TO_POINTER (stream->ssrc));
  if (pad != NULL && GST_PAD_PARENT (pad) == rtpbin) {
    gst_pad_set_active (pad, FALSE);
    gst_element_remove_pad (rtpbin, pad);
  }
}

/* Takes the receiver out of the bin. It flushes, so that whoever is held back in
 * it comes out. Stream and receiver hold each other until here. */
void
rtc_stream_remove_receiver (RtcStream * stream)
{
  g_autoptr (GstElement) receiver =
      GST_ELEMENT (g_steal_pointer (&stream->receiver));

  if (receiver == NULL)
    return;
  gst_element_set_locked_state (receiver, TRUE);
  gst_element_set_state (receiver, GST_STATE_NULL);
  if (GST_OBJECT_PARENT (receiver) == GST_OBJECT (stream->host->bin))
    gst_bin_remove (stream->host->bin, receiver);
}

/* webrtcbin keeps its pad, which is of no more use. A webrtcbin that is looking for
 * a pad reads its list of them once more after unlocking it, and would take what
 * lies where the place of a removed pad was. */
static void
stream_take_apart (GstElement * bin, gpointer user_data)
{
  RtcStream *stream = user_data;

  rtc_stream_remove_receiver (stream);
  stream_release_block (stream);
  stream_clear_ssrc (stream);
  gst_pad_set_active (stream->rtp_pad, FALSE);
  if (stream->ssrcs != NULL)
    rtc_ssrc_filter_release (stream->host->ssrc_filter, stream->ssrcs);
  stream_task_done (stream);
}

/* Frees what is behind the stream, in the background. After drained. */
void
rtc_stream_dismantle (RtcStream * stream)
{
  rtc_peer_stats_end (stream->host->stats, stream->ssrc);
  stream_start_task (stream, stream_take_apart);
}

/* No callback comes any more, and no data. */
void
rtc_stream_forget (RtcStream * stream)
{
  rtc_pad_drop_data (stream->rtp_pad);
  memset (&stream->callbacks, 0, sizeof (stream->callbacks));
  matrix_rtc_clear_source (&stream->key_frame_timer);
}
