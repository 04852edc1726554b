/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* The timestamps of one pad, whatever is behind it. Zero-initialised but for
 * continuity_init(). Of one thread. */
typedef struct
{
  gboolean is_discont;          /* the next buffer is the first from elsewhere */
  GstClockTime floor;           /* no timestamp goes out before this */
  GstClockTime end;             /* what has gone out reaches to here */
  GstClockTime usual_duration;  /* of a buffer that has none */
} Continuity;

void continuity_init (Continuity * continuity, GstClockTime usual_duration);
void continuity_break (Continuity * continuity);
void continuity_begin (Continuity * continuity);
void continuity_hold (Continuity * continuity);
GstEvent *continuity_bridge (Continuity * continuity, GstClockTime until,
    GstClockTime tolerance);
void continuity_take_gap (Continuity * continuity, GstEvent * gap);
GstBuffer *continuity_take_buffer (Continuity * continuity,
    GstBuffer * buffer);

/* The longest time without a buffer while a connection was got back. */
typedef struct
{
  gint64 last_arrival;          /* us, monotonic; 0: none that counts */
  gboolean is_watching;
  gboolean is_ending;           /* the next buffer ends the watch */
  gint64 longest;               /* us */
} MediaGap;

void media_gap_take_arrival (MediaGap * gap, gint64 now);
void media_gap_start_watch (MediaGap * gap);
void media_gap_end_watch (MediaGap * gap);
void media_gap_excuse (MediaGap * gap);

G_END_DECLS
