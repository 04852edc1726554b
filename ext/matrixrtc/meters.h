/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include "gstmatrixrtc-enums.h"

G_BEGIN_DECLS

/* All times are monotonic, in microseconds. A meter that is all zero is new. */

/* How much came within the last second. */
#define RATE_N_SLOTS 11

typedef struct
{
  gint64 newest;                /* number of the slot that something came in last */
  guint64 amounts[RATE_N_SLOTS];
} RateMeter;

void rate_meter_add (RateMeter * meter, guint64 amount, gint64 now);
guint64 rate_meter_get (const RateMeter * meter, gint64 now);

/* Which packets of a stream have come, by their sequence numbers. */
#define ARRIVALS_WINDOW 1024

typedef struct
{
  guint64 n_expected;           /* from the first to the last, without holes */
  guint64 n_arrived;            /* each once */
  guint span;                   /* expected since the numbers jumped at last */
  guint16 highest;
  guint64 seen[ARRIVALS_WINDOW / 64];   /* of the last numbers up to highest */
} ArrivalMeter;

gboolean arrival_meter_take (ArrivalMeter * meter, guint16 seqnum);

/* How often, and how long in all, a video stood still. */
#define FREEZE_N_FRAMES 30

typedef struct
{
  gint64 last_frame;            /* 0: none that counts */
  gint64 durations[FREEZE_N_FRAMES];    /* the last ones */
  guint n_durations;
  guint next;                   /* where the next one goes */
  gint64 sum;                   /* of durations */

  guint64 n_freezes;
  gint64 total;
} FreezeMeter;

void freeze_meter_take_frame (FreezeMeter * meter, gint64 now);
void freeze_meter_excuse (FreezeMeter * meter);

/* How long a connection has been in each state. */
#define STATE_TIMES_N_STATES (GST_MATRIX_RTC_CONNECTION_STATE_FAILED + 1)

typedef struct
{
  GstMatrixRtcConnectionState state;
  gint64 since;                 /* 0: it has been in none yet */
  gint64 totals[STATE_TIMES_N_STATES];  /* without the time in the present one */
} StateTimes;

void state_times_enter (StateTimes * times, GstMatrixRtcConnectionState state,
    gint64 now);
gint64 state_times_get (const StateTimes * times,
    GstMatrixRtcConnectionState state, gint64 now);

G_END_DECLS
