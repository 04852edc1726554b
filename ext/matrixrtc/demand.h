/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _Demand Demand;

Demand *demand_new (gint64 patience);
void demand_free (Demand * demand);

gboolean demand_set_used (Demand * demand, const gchar * track_sid,
    gboolean is_used, gint64 now);
void demand_forget (Demand * demand, GHRFunc is_gone, gpointer user_data);

GHashTable *demand_get_unwanted (Demand * demand, gint64 now);
gint64 demand_get_next_change (Demand * demand, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Demand, demand_free)

G_END_DECLS
