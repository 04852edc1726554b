/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much of what participants send as data one call bears: so many messages a
 * second, and so many bytes that the application hasn't done with. Any thread;
 * times are as in ratelimit.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "datalimits.h"
#include "ratelimit.h"

#define MAX_MESSAGES 1000       /* a second */
#define MAX_HELD (4 * 1024 * 1024)

/* What a message costs beside its payload, so that empty ones count too. */
#define MESSAGE_SIZE 1024

/* Without a drop for so long a flood is over. */
#define FLOOD_PAUSE (10 * G_USEC_PER_SEC)

struct _DataLimits
{
  GMutex lock;                  /* a leaf: nothing is called under it */
  gsize held;
  RateLimit rate;
  guint64 n_dropped;
  gint64 last_drop;             /* if there was one */
};

DataLimits *
data_limits_new (void)
{
  DataLimits *limits = g_atomic_rc_box_new0 (DataLimits);

  g_mutex_init (&limits->lock);
  return limits;
}

DataLimits *
data_limits_ref (DataLimits * limits)
{
  return g_atomic_rc_box_acquire (limits);
}

static void
limits_clear (DataLimits * limits)
{
  g_mutex_clear (&limits->lock);
}

void
data_limits_unref (DataLimits * limits)
{
  g_atomic_rc_box_release_full (limits, (GDestroyNotify) limits_clear);
}

/* What goes back when nobody needs the bytes any more. */
typedef struct
{
  DataLimits *limits;
  GBytes *bytes;
} Hold;

static gsize
get_cost (GBytes * bytes)
{
  return g_bytes_get_size (bytes) + MESSAGE_SIZE;
}

static void
hold_free (gpointer data)
{
  Hold *hold = data;

  g_mutex_lock (&hold->limits->lock);
  hold->limits->held -= get_cost (hold->bytes);
  g_mutex_unlock (&hold->limits->lock);
  data_limits_unref (hold->limits);
  g_bytes_unref (hold->bytes);
  g_free (hold);
}

static gboolean
limits_reserve (DataLimits * limits, gsize cost)
{
  gboolean has_room;

  g_mutex_lock (&limits->lock);
  has_room = cost <= MAX_HELD - limits->held;
  if (has_room)
    limits->held += cost;
  g_mutex_unlock (&limits->lock);
  return has_room;
}

/* The same bytes, which count until they are freed; or NULL: too many do
 * already. */
GBytes *
data_limits_hold (DataLimits * limits, GBytes * bytes)
{
  Hold *hold;

  if (!limits_reserve (limits, get_cost (bytes)))
    return NULL;
  hold = g_new (Hold, 1);
  hold->limits = data_limits_ref (limits);
  hold->bytes = g_bytes_ref (bytes);
  return g_bytes_new_with_free_func (g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes), hold_free, hold);
}

/* Whether one more message may be told. */
gboolean
data_limits_admit (DataLimits * limits, gint64 now)
{
  gboolean is_admitted;

  g_mutex_lock (&limits->lock);
  is_admitted = rate_limit_take (&limits->rate, MAX_MESSAGES, now);
  g_mutex_unlock (&limits->lock);
  return is_admitted;
}

/* A message was dropped. TRUE: it's the first one of a flood. */
gboolean
data_limits_count_drop (DataLimits * limits, gint64 now)
{
  gboolean is_first;

  g_mutex_lock (&limits->lock);
  is_first = limits->n_dropped == 0 || now - limits->last_drop > FLOOD_PAUSE;
  limits->n_dropped++;
  limits->last_drop = now;
  g_mutex_unlock (&limits->lock);
  return is_first;
}

guint64
data_limits_get_n_dropped (DataLimits * limits)
{
  guint64 n_dropped;

  g_mutex_lock (&limits->lock);
  n_dropped = limits->n_dropped;
  g_mutex_unlock (&limits->lock);
  return n_dropped;
}
