/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is measured over time: rates, freezes, and states. Pure functions, that need
 * no timer: whoever reads says what time it is.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include "meters.h"

/* Rates: a second is so many slots, and one more is being filled. */
#define SLOT (G_TIME_SPAN_SECOND / (RATE_N_SLOTS - 1))

/* Threads may bring their times in another order than they took them. */
static void
rate_meter_advance (RateMeter * meter, gint64 slot)
{
  if (slot - meter->newest >= RATE_N_SLOTS) {
    memset (meter->amounts, 0, sizeof (meter->amounts));
    meter->newest = slot;
  }
  while (meter->newest < slot)
    meter->amounts[++meter->newest % RATE_N_SLOTS] = 0;
}

void
rate_meter_add (RateMeter * meter, guint64 amount, gint64 now)
{
  rate_meter_advance (meter, now / SLOT);
  meter->amounts[meter->newest % RATE_N_SLOTS] += amount;
}

/* In the last second that is over: the slot that is being filled doesn't count. */
guint64
rate_meter_get (const RateMeter * meter, gint64 now)
{
  RateMeter present = *meter;
  guint64 sum = 0;
  guint i;

  rate_meter_advance (&present, now / SLOT);
  for (i = 1; i < RATE_N_SLOTS; i++)
    sum += present.amounts[(present.newest + i) % RATE_N_SLOTS];
  return sum;
}

/* Arrivals. A jump of the numbers that is larger than this is no loss. */
#define MAX_DROPOUT 3000

static void
arrival_meter_begin (ArrivalMeter * meter, guint16 seqnum)
{
  memset (meter->seen, 0, sizeof (meter->seen));
  meter->n_expected++;
  meter->span = 1;
  meter->highest = seqnum;
}

static void
arrival_meter_advance (ArrivalMeter * meter, guint n)
{
  meter->n_expected += n;
  meter->span += n;
  if (n >= ARRIVALS_WINDOW)
    memset (meter->seen, 0, sizeof (meter->seen));
  for (; n > 0; n--) {
    meter->highest++;
    meter->seen[meter->highest % ARRIVALS_WINDOW / 64] &=
        ~(G_GUINT64_CONSTANT (1) << meter->highest % 64);
  }
}

/* FALSE: it has come before, or is too old to say. */
static gboolean
arrival_meter_see (ArrivalMeter * meter, guint16 seqnum)
{
  guint64 *word = &meter->seen[seqnum % ARRIVALS_WINDOW / 64];
  guint64 bit = G_GUINT64_CONSTANT (1) << seqnum % 64;

  if (*word & bit)
    return FALSE;
  *word |= bit;
  meter->n_arrived++;
  return TRUE;
}

/* Whether the packet is one that has not come before. One from before the first
 * doesn't count. */
gboolean
arrival_meter_take (ArrivalMeter * meter, guint16 seqnum)
{
  gint step = (gint16) (seqnum - meter->highest);

  if (meter->n_expected == 0 || step > MAX_DROPOUT || step < -MAX_DROPOUT)
    arrival_meter_begin (meter, seqnum);
  else if (step > 0)
    arrival_meter_advance (meter, step);
  else if (-step >= (gint) MIN (meter->span, ARRIVALS_WINDOW))
    return FALSE;
  return arrival_meter_see (meter, seqnum);
}

/* Freezes, as webrtc-stats defines freezeCount: against the mean of the last
 * frames. Of a few there is no mean to speak of. */
#define MIN_FRAMES 5
#define MIN_INCREASE (150 * G_TIME_SPAN_MILLISECOND)

static gboolean
freeze_meter_is_freeze (const FreezeMeter * meter, gint64 duration)
{
  gint64 mean;

  if (meter->n_durations < MIN_FRAMES)
    return FALSE;
  mean = meter->sum / meter->n_durations;
  return duration >= MAX (3 * mean, mean + MIN_INCREASE);
}

static void
freeze_meter_keep (FreezeMeter * meter, gint64 duration)
{
  if (meter->n_durations == FREEZE_N_FRAMES)
    meter->sum -= meter->durations[meter->next];
  else
    meter->n_durations++;
  meter->durations[meter->next] = duration;
  meter->sum += duration;
  meter->next = (meter->next + 1) % FREEZE_N_FRAMES;
}

void
freeze_meter_take_frame (FreezeMeter * meter, gint64 now)
{
  gint64 duration = now - meter->last_frame;
  gboolean has_last = meter->last_frame != 0;

  meter->last_frame = now;
  if (!has_last)
    return;
  if (freeze_meter_is_freeze (meter, duration)) {
    meter->n_freezes++;
    meter->total += duration;
  }
  freeze_meter_keep (meter, duration);
}

/* There was a reason for no frame to come up to now. */
void
freeze_meter_excuse (FreezeMeter * meter)
{
  meter->last_frame = 0;
}

/* States */

void
state_times_enter (StateTimes * times, GstMatrixRtcConnectionState state,
    gint64 now)
{
  if (times->since != 0)
    times->totals[times->state] += now - times->since;
  times->state = state;
  times->since = now;
}

gint64
state_times_get (const StateTimes * times, GstMatrixRtcConnectionState state,
    gint64 now)
{
  gint64 total = times->totals[state];

  if (times->since != 0 && times->state == state)
    total += now - times->since;
  return total;
}
