/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which tracks a subscriber wants. */

#include "testcall-private.h"

gboolean
subscription_wants (const Session * session, const Track * track)
{
  return session->auto_subscribe != g_hash_table_contains (session->exceptions,
      track->sid);
}

static void
drop_unwanted (Session * session)
{
  GPtrArray *people = session->call->people;
  guint i, j;

  for (i = 0; i < people->len; i++) {
    Person *person = g_ptr_array_index (people, i);

    for (j = 0; j < person->tracks->len; j++) {
      Track *track = g_ptr_array_index (person->tracks, j);

      if (!subscription_wants (session, track))
        negotiation_drop_track (session, track);
    }
  }
}

void
subscription_take (Session * session,
    const Livekit__UpdateSubscription * update)
{
  gsize i;

  for (i = 0; i < update->n_track_sids; i++) {
    const gchar *sid = update->track_sids[i];

    if (session->auto_subscribe != (gboolean) update->subscribe)
      g_hash_table_add (session->exceptions, g_strdup (sid));
    else
      g_hash_table_remove (session->exceptions, sid);
  }
  drop_unwanted (session);
  negotiation_needed (session);
}

gboolean
subscription_is_paused (const Session * session, const Track * track)
{
  return g_hash_table_contains (session->disabled, track->sid);
}

/* Layers there are none of. */
void
subscription_take_settings (Session * session,
    const Livekit__UpdateTrackSettings * settings)
{
  gsize i;

  for (i = 0; i < settings->n_track_sids; i++) {
    const gchar *sid = settings->track_sids[i];

    if (settings->disabled)
      g_hash_table_add (session->disabled, g_strdup (sid));
    else
      g_hash_table_remove (session->disabled, sid);
  }
  negotiation_pause_lines (session);
}
