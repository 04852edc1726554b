/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which of the tracks that are given out nobody takes: one that is left alone for some
 * time needn't be sent. Pure; times are monotonic, in us.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "demand.h"

struct _Demand
{
  gint64 patience;
  GHashTable *unused;           /* sid -> gint64, since when */
};

Demand *
demand_new (gint64 patience)
{
  Demand *demand = g_new (Demand, 1);

  demand->patience = patience;
  demand->unused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      g_free);
  return demand;
}

void
demand_free (Demand * demand)
{
  g_hash_table_unref (demand->unused);
  g_free (demand);
}

/* Tracks that nothing is said of are used. FALSE: that was known. */
gboolean
demand_set_used (Demand * demand, const gchar * track_sid, gboolean is_used,
    gint64 now)
{
  if (is_used)
    return g_hash_table_remove (demand->unused, track_sid);
  if (g_hash_table_contains (demand->unused, track_sid))
    return FALSE;
  return g_hash_table_insert (demand->unused, g_strdup (track_sid),
      g_memdup2 (&now, sizeof (now)));
}

/* @is_gone is called with the sids. */
void
demand_forget (Demand * demand, GHRFunc is_gone, gpointer user_data)
{
  g_hash_table_foreach_remove (demand->unused, is_gone, user_data);
}

/* The set of the sids of those that have been left alone for long enough. */
GHashTable *
demand_get_unwanted (Demand * demand, gint64 now)
{
  GHashTable *sids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  GHashTableIter iter;
  gpointer sid;
  gint64 *since;

  g_hash_table_iter_init (&iter, demand->unused);
  while (g_hash_table_iter_next (&iter, &sid, (gpointer *) & since)) {
    if (now - *since >= demand->patience)
      g_hash_table_add (sids, g_strdup (sid));
  }
  return sids;
}

/* When the next one will have been; -1: none. */
gint64
demand_get_next_change (Demand * demand, gint64 now)
{
  gint64 next = -1;
  GHashTableIter iter;
  gint64 *since;

  g_hash_table_iter_init (&iter, demand->unused);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & since)) {
    gint64 change = *since + demand->patience;

    if (change > now && (next == -1 || change < next))
      next = change;
  }
  return next;
}
