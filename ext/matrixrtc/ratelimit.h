/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How often something may happen; all zero: it hasn't yet. */
typedef struct
{
  gint64 free_at;               /* when all that was let through is worked off */
} RateLimit;

gboolean rate_limit_take (RateLimit * limit, guint per_second, gint64 now);

G_END_DECLS
