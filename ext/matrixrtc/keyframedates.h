/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* From when on key frames are wanted, in running time. To be made by
 * key_frame_dates_init(). */
typedef struct
{
  GstClockTime next;            /* GST_CLOCK_TIME_NONE: none is wanted */
  GstClockTime last;
} KeyFrameDates;

void key_frame_dates_init (KeyFrameDates * dates);
void key_frame_dates_add (KeyFrameDates * dates, GstClockTime running_time);
gboolean key_frame_dates_take_frame (KeyFrameDates * dates,
    GstClockTime running_time, gboolean is_key_frame);

G_END_DECLS
