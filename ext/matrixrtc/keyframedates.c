/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Key frames that are wanted from a certain time on, by who cuts a video there:
 * splitmuxsink and what is made with it, such as hlssink2. One that comes before is
 * no use to it, and it doesn't ask again. A publisher makes one as soon as it's
 * asked: so it's asked when the time has come.
 *
 * Between the next and the last date others are forgotten. Who asked for them gets
 * one at the last.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "keyframedates.h"

void
key_frame_dates_init (KeyFrameDates * dates)
{
  dates->next = dates->last = GST_CLOCK_TIME_NONE;
}

void
key_frame_dates_add (KeyFrameDates * dates, GstClockTime running_time)
{
  if (!GST_CLOCK_TIME_IS_VALID (dates->next)) {
    dates->next = dates->last = running_time;
  } else {
    dates->next = MIN (dates->next, running_time);
    dates->last = MAX (dates->last, running_time);
  }
}

/* A frame comes. Whether a key frame has to be asked for now. */
gboolean
key_frame_dates_take_frame (KeyFrameDates * dates, GstClockTime running_time,
    gboolean is_key_frame)
{
  if (!GST_CLOCK_TIME_IS_VALID (running_time)
      || !GST_CLOCK_TIME_IS_VALID (dates->next) || running_time < dates->next)
    return FALSE;
  dates->next = dates->last > running_time ? dates->last : GST_CLOCK_TIME_NONE;
  return !is_key_frame;
}
