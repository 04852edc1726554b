/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a source pad gives while nothing comes: GAP events, and media that stand in
 * for what is missing. Who looks after that is in gstmatrixrtcsrcgaps.c.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstmatrixrtcsrcpad-private.h"

/* How long nothing may come before downstream is told so: publishers that don't
 * send silence send something every 400 ms. */
#define AUDIO_PATIENCE (500 * GST_MSECOND)
#define VIDEO_PATIENCE (1500 * GST_MSECOND)
#define MUTED_PATIENCE (100 * GST_MSECOND)

/* No GAP event is shorter. Queues hold a second of what comes beside it. */
#define MIN_AUDIO_FILL (100 * GST_MSECOND)
#define MIN_VIDEO_FILL (500 * GST_MSECOND)

static GstClockTime
pad_get_patience (GstMatrixRtcSrcPad * self)
{
  gboolean muted;

  GST_OBJECT_LOCK (self);
  muted = self->muted;
  GST_OBJECT_UNLOCK (self);
  return muted ? MUTED_PATIENCE :
      self->is_audio ? AUDIO_PATIENCE : VIDEO_PATIENCE;
}

/* Whether nothing has come for so long that downstream should know, and nobody is
 * telling it: gst_matrix_rtc_src_pad_fill() has to follow. Any thread. */
gboolean
gst_matrix_rtc_src_pad_begin_fill (GstMatrixRtcSrcPad * self)
{
  gint64 patience = pad_get_patience (self) / GST_USECOND;
  gint64 now = g_get_monotonic_time ();
  gboolean begins;

  if (!gst_pad_is_linked (GST_PAD (self)))
    return FALSE;
  GST_OBJECT_LOCK (self);
  begins = !self->is_filling && self->last_output != 0
      && !g_atomic_int_get (&self->begins)
      && now - self->last_output > patience;
  self->is_filling |= begins;
  GST_OBJECT_UNLOCK (self);
  return begins;
}

/* What is pushed in place of media that doesn't come, if there is something. Encoded
 * frames that come after it may need others than those that it replaces. */
static void
pad_push_filler (GstMatrixRtcSrcPad * self, GstClockTime pts)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (GST_PAD (self));
  GstBuffer *buffer = caps == NULL ? NULL :
      filler_make_buffer (&self->filler, caps);

  if (buffer == NULL)
    return;
  GST_BUFFER_PTS (buffer) = pts;
  buffer = continuity_take_buffer (&self->continuity, buffer);
  continuity_hold (&self->continuity);
  if (!self->is_audio)
    g_atomic_int_set (&self->needs_key_frame, TRUE);
  self->is_pushing_filler = TRUE;
  gst_pad_push (GST_PAD (self), buffer);
  self->is_pushing_filler = FALSE;
}

/* What has changed downstream may wait for the next frame to come in its format. */
static gboolean
pad_fits_downstream (GstMatrixRtcSrcPad * self)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (GST_PAD (self));

  return caps != NULL && gst_pad_peer_query_accept_caps (GST_PAD (self), caps);
}

static void
pad_push_fill (GstMatrixRtcSrcPad * self, GstClockTime until)
{
  GstEvent *gap = NULL;

  if (pad_fits_downstream (self))
    gap = continuity_bridge (&self->continuity, until,
        self->is_audio ? MIN_AUDIO_FILL : MIN_VIDEO_FILL);
  if (gap != NULL && gst_pad_push_event (GST_PAD (self), gap))
    pad_push_filler (self, until);
}

static GstClockTime
pad_get_position (GstMatrixRtcSrcPad * self, GstClockTime running_time)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (GST_PAD (self), GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;

  if (event == NULL)
    return GST_CLOCK_TIME_NONE;
  gst_event_parse_segment (event, &segment);
  return gst_segment_position_from_running_time (segment, GST_FORMAT_TIME,
      running_time);
}

/* Tells downstream that nothing comes, up to what may still be on its way at
 * @running_time. Not on the worker thread: it may block as any push does. */
void
gst_matrix_rtc_src_pad_fill (GstMatrixRtcSrcPad * self,
    GstClockTime running_time)
{
  GstClockTime patience = pad_get_patience (self);
  g_autoptr (GstProxyPad) internal =
      gst_proxy_pad_get_internal (GST_PROXY_PAD (self));

  /* Who holds the lock has something to push. */
  if (running_time > patience && GST_PAD_STREAM_TRYLOCK (internal)) {
    pad_push_fill (self, pad_get_position (self, running_time - patience));
    GST_PAD_STREAM_UNLOCK (internal);
  }
  GST_OBJECT_LOCK (self);
  self->is_filling = FALSE;
  GST_OBJECT_UNLOCK (self);
}
