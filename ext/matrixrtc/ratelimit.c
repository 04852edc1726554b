/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A limit of so many things a second, which may also come all at once. A pure
 * function; times are microseconds of any clock that doesn't go back.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ratelimit.h"

/* Whether one more is let through. */
gboolean
rate_limit_take (RateLimit * limit, guint per_second, gint64 now)
{
  gint64 free_at = MAX (limit->free_at, now) + G_USEC_PER_SEC / per_second;

  if (free_at > now + G_USEC_PER_SEC)
    return FALSE;
  limit->free_at = free_at;
  return TRUE;
}
