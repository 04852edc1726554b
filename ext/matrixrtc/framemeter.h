/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "meters.h"

G_BEGIN_DECLS

/* The frames of a video. Zero-initialised. */
typedef struct
{
  guint64 n_frames;
  RateMeter rate;
  FreezeMeter freezes;
} FrameMeter;

guint frame_meter_count (GstPadProbeInfo * info, gboolean is_rtp);
void frame_meter_take (FrameMeter * meter, guint n_frames, gboolean is_muted,
    gint64 now);
void frame_meter_excuse (FrameMeter * meter);
void frame_meter_tell (const FrameMeter * meter, GstStructure * stats);

G_END_DECLS
