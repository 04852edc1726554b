/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The frames of a video in numbers. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/rtp/rtp.h>
#include "framemeter.h"

static gboolean
is_end_of_frame (GstBuffer * packet)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  gboolean is_end;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return FALSE;
  is_end = gst_rtp_buffer_get_marker (&rtp);
  gst_rtp_buffer_unmap (&rtp);
  return is_end;
}

static gboolean
count_end_of_frame (GstBuffer ** packet, guint i, gpointer n_frames)
{
  if (is_end_of_frame (*packet))
    (*(guint *) n_frames)++;
  return TRUE;
}

/* Those that come with @info, a probe's. */
guint
frame_meter_count (GstPadProbeInfo * info, gboolean is_rtp)
{
  guint n_frames = 0;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    return !is_rtp || is_end_of_frame (info->data) ? 1 : 0;
  if (!is_rtp)
    return gst_buffer_list_length (info->data);
  gst_buffer_list_foreach (info->data, count_end_of_frame, &n_frames);
  return n_frames;
}

/* Frames of a video that is muted are stragglers. */
void
frame_meter_take (FrameMeter * meter, guint n_frames, gboolean is_muted,
    gint64 now)
{
  meter->n_frames += n_frames;
  rate_meter_add (&meter->rate, n_frames, now);
  if (!is_muted)
    freeze_meter_take_frame (&meter->freezes, now);
}

/* There was a reason for no frame to come up to now. */
void
frame_meter_excuse (FrameMeter * meter)
{
  freeze_meter_excuse (&meter->freezes);
}

void
frame_meter_tell (const FrameMeter * meter, GstStructure * stats)
{
  gst_structure_set (stats,
      "frames-received", G_TYPE_UINT64, meter->n_frames,
      "frames-per-second", G_TYPE_DOUBLE,
      (gdouble) rate_meter_get (&meter->rate, g_get_monotonic_time ()),
      "freeze-count", G_TYPE_UINT64, meter->freezes.n_freezes,
      "total-freezes-duration", G_TYPE_DOUBLE,
      (gdouble) meter->freezes.total / G_TIME_SPAN_SECOND, NULL);
}
