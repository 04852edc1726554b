/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Key frames that are wanted of a source pad: at once, by who has missed frames, and
 * from a certain time on, by who asks downstream.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/video/video.h>
#include "gstmatrixrtcsrcpad-private.h"

static gboolean
is_delta_unit (GstPadProbeInfo * info)
{
  return (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
      && GST_BUFFER_FLAG_IS_SET (GST_PAD_PROBE_INFO_BUFFER (info),
      GST_BUFFER_FLAG_DELTA_UNIT);
}

/* Now. */
void
gst_matrix_rtc_src_pad_ask_for_key_frame (GstMatrixRtcSrcPad * self)
{
  gst_pad_send_event (GST_PAD (self),
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, FALSE,
          0));
}

/* Whether a frame can't be decoded by who has missed others. */
gboolean
gst_matrix_rtc_src_pad_lacks_key_frame (GstMatrixRtcSrcPad * self,
    GstPadProbeInfo * info)
{
  if (!g_atomic_int_get (&self->needs_key_frame) || !is_delta_unit (info)) {
    g_atomic_int_set (&self->needs_key_frame, FALSE);
    self->has_asked = FALSE;
    return FALSE;
  }
  if (!self->has_asked)
    gst_matrix_rtc_src_pad_ask_for_key_frame (self);
  self->has_asked = TRUE;
  return TRUE;
}

/* From downstream. Whether @event is a request for later, which isn't passed on. Of RTP
 * nobody here knows which packets are of a key frame. */
gboolean
gst_matrix_rtc_src_pad_keep_key_frame_date (GstMatrixRtcSrcPad * self,
    GstEvent * event)
{
  GstClockTime running_time;

  if (self->is_audio || self->is_rtp
      || !gst_video_event_is_force_key_unit (event)
      || !gst_video_event_parse_upstream_force_key_unit (event, &running_time,
          NULL, NULL) || !GST_CLOCK_TIME_IS_VALID (running_time))
    return FALSE;
  GST_DEBUG_OBJECT (self, "a key frame is wanted from %" GST_TIME_FORMAT " on",
      GST_TIME_ARGS (running_time));
  GST_OBJECT_LOCK (self);
  key_frame_dates_add (&self->key_frame_dates, running_time);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static GstClockTime
pad_get_running_time (GstMatrixRtcSrcPad * self, GstBuffer * buffer)
{
  g_autoptr (GstEvent) event = gst_pad_get_sticky_event (GST_PAD (self),
      GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;

  if (event == NULL)
    return GST_CLOCK_TIME_NONE;
  gst_event_parse_segment (event, &segment);
  return gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));
}

/* With the timestamp that it goes out with. */
void
gst_matrix_rtc_src_pad_look_at_key_frame_dates (GstMatrixRtcSrcPad * self,
    GstPadProbeInfo * info)
{
  GstClockTime running_time;
  gboolean has_dates, is_due;

  GST_OBJECT_LOCK (self);
  has_dates = GST_CLOCK_TIME_IS_VALID (self->key_frame_dates.next);
  GST_OBJECT_UNLOCK (self);
  if (!has_dates
      || !(GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER))
    return;
  running_time = pad_get_running_time (self, GST_PAD_PROBE_INFO_BUFFER (info));
  GST_OBJECT_LOCK (self);
  is_due = key_frame_dates_take_frame (&self->key_frame_dates, running_time,
      !is_delta_unit (info));
  GST_OBJECT_UNLOCK (self);
  if (is_due)
    gst_matrix_rtc_src_pad_ask_for_key_frame (self);
}
