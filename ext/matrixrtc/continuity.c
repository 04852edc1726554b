/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes one stream of a pad whose media comes from one session after another:
 * a discontinuity that is marked, timestamps that never go back, GAP events for what
 * isn't there, and a measure of what was missed. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "continuity.h"

void
continuity_init (Continuity * continuity, GstClockTime usual_duration)
{
  continuity->usual_duration = usual_duration;
  continuity->is_discont = FALSE;
  continuity->floor = continuity->end = GST_CLOCK_TIME_NONE;
}

/* What comes now comes from elsewhere. */
void
continuity_break (Continuity * continuity)
{
  continuity->is_discont = TRUE;
}

static gboolean
is_below (GstClockTime time, GstClockTime floor)
{
  return GST_CLOCK_TIME_IS_VALID (time) && GST_CLOCK_TIME_IS_VALID (floor)
      && time < floor;
}

static void
continuity_reach (Continuity * continuity, GstClockTime start,
    GstClockTime duration)
{
  GstClockTime end = start + (GST_CLOCK_TIME_IS_VALID (duration) ? duration :
      continuity->usual_duration);

  if (!GST_CLOCK_TIME_IS_VALID (continuity->end) || end > continuity->end)
    continuity->end = end;
}

/* Somebody has said that nothing comes for a while. */
void
continuity_take_gap (Continuity * continuity, GstEvent * gap)
{
  GstClockTime start, duration;

  gst_event_parse_gap (gap, &start, &duration);
  continuity_reach (continuity, start, duration);
}

/* What has gone out up to now is no business of who hears what comes now. */
void
continuity_begin (Continuity * continuity)
{
  continuity->end = GST_CLOCK_TIME_NONE;
}

/* What comes now isn't before the end of what has gone out. */
void
continuity_hold (Continuity * continuity)
{
  continuity->floor = continuity->end;
}

/* The GAP event that says that nothing comes before @until, or NULL: it's no longer
 * than @tolerance. Holds. */
GstEvent *
continuity_bridge (Continuity * continuity, GstClockTime until,
    GstClockTime tolerance)
{
  GstClockTime start = continuity->end;

  if (!GST_CLOCK_TIME_IS_VALID (start) || !GST_CLOCK_TIME_IS_VALID (until)
      || until < start || until - start <= tolerance)
    return NULL;
  continuity->end = until;
  continuity_hold (continuity);
  return gst_event_new_gap (start, until - start);
}

/* Takes @buffer, and gives it back as it may go out. Two sessions need not agree
 * on the time to the last millisecond, and a jitter buffer that learns that packets
 * come earlier takes its time back. */
GstBuffer *
continuity_take_buffer (Continuity * continuity, GstBuffer * buffer)
{
  gboolean is_below_floor =
      is_below (GST_BUFFER_PTS (buffer), continuity->floor);

  if (continuity->is_discont || is_below_floor)
    buffer = gst_buffer_make_writable (buffer);
  if (continuity->is_discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  continuity->is_discont = FALSE;
  if (is_below_floor)
    GST_BUFFER_PTS (buffer) = continuity->floor;
  if (is_below_floor && is_below (GST_BUFFER_DTS (buffer), continuity->floor))
    GST_BUFFER_DTS (buffer) = continuity->floor;
  if (GST_BUFFER_PTS_IS_VALID (buffer)) {
    continuity->floor = GST_BUFFER_PTS (buffer);
    continuity_reach (continuity, continuity->floor,
        GST_BUFFER_DURATION (buffer));
  }
  return buffer;
}

void
media_gap_take_arrival (MediaGap * gap, gint64 now)
{
  if (gap->is_watching && gap->last_arrival != 0)
    gap->longest = MAX (gap->longest, now - gap->last_arrival);
  gap->is_watching = gap->is_watching && !gap->is_ending;
  gap->last_arrival = now;
}

/* The connection is lost. */
void
media_gap_start_watch (MediaGap * gap)
{
  gap->is_watching = TRUE;
  gap->is_ending = FALSE;
}

/* The connection is back. Media may still be on its way. */
void
media_gap_end_watch (MediaGap * gap)
{
  gap->is_ending = TRUE;
}

/* There was a reason for no media to come up to now. */
void
media_gap_excuse (MediaGap * gap)
{
  gap->last_arrival = 0;
}
