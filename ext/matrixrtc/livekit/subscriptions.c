/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which tracks a session has asked its server for: the exceptions from what that
 * sends by itself, which is all or nothing. Pure.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "subscriptions.h"

struct _LiveKitSubscriptions
{
  gboolean auto_subscribe;
  GHashTable *exceptions;       /* of sids */
};

static GHashTable *
sids_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/* With @auto_subscribe the server sends everything by itself, without nothing. */
LiveKitSubscriptions *
livekit_subscriptions_new (gboolean auto_subscribe)
{
  LiveKitSubscriptions *subscriptions = g_new0 (LiveKitSubscriptions, 1);

  subscriptions->auto_subscribe = auto_subscribe;
  subscriptions->exceptions = sids_new ();
  return subscriptions;
}

void
livekit_subscriptions_free (LiveKitSubscriptions * subscriptions)
{
  g_hash_table_unref (subscriptions->exceptions);
  g_free (subscriptions);
}

gboolean
livekit_subscriptions_are_automatic (LiveKitSubscriptions * subscriptions)
{
  return subscriptions->auto_subscribe;
}

/* What the server has to be told now that @selection is wanted of @tracks, which
 * are all that there are, of LiveKitTrack: the sids are appended to @subscribe and
 * @unsubscribe, and live as long as the tracks'. */
void
livekit_subscriptions_update (LiveKitSubscriptions * subscriptions,
    const GPtrArray * tracks, const LiveKitSelection * selection,
    GPtrArray * subscribe, GPtrArray * unsubscribe)
{
  g_autoptr (GHashTable) former = g_steal_pointer (&subscriptions->exceptions);
  guint i;

  subscriptions->exceptions = sids_new ();
  for (i = 0; i < tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (tracks, i);
    gboolean is_wanted = livekit_selection_wants (selection, track);
    gboolean is_exception = is_wanted != subscriptions->auto_subscribe;

    if (is_exception)
      g_hash_table_add (subscriptions->exceptions, g_strdup (track->sid));
    if (is_exception != g_hash_table_contains (former, track->sid))
      g_ptr_array_add (is_wanted ? subscribe : unsubscribe, track->sid);
  }
}

/* The server knows of no exception any more. */
void
livekit_subscriptions_forget (LiveKitSubscriptions * subscriptions)
{
  g_hash_table_remove_all (subscriptions->exceptions);
}

/* Their sids, as they are until the next update. */
GPtrArray *
livekit_subscriptions_get_exceptions (LiveKitSubscriptions * subscriptions)
{
  GPtrArray *sids = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer sid;

  g_hash_table_iter_init (&iter, subscriptions->exceptions);
  while (g_hash_table_iter_next (&iter, &sid, NULL))
    g_ptr_array_add (sids, sid);
  return sids;
}
