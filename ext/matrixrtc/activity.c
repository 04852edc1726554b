/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is new of those in a room: who speaks, how well they are connected,
 * and what else they tell of themselves. Told as the server tells it, but no more
 * often than an application can bear.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "activity.h"
#include "loop.h"

/* LiveKit's servers tell of voices each 400 ms, of connections each 5 s. */
#define INTERVAL_MS 250

struct _Activity
{
  LiveKitRoom *participants;    /* the owner's */
  ActivityCallbacks callbacks;
  gpointer user_data;

  GSource *timer;               /* after the last telling */
  gboolean have_speakers_changed;
  gboolean does_anybody_speak;  /* as told */
  GHashTable *changed_sids;     /* whose quality has changed */
  GHashTable *updated_sids;     /* of whom something else has */
};

static void
tell_speakers (Activity * activity)
{
  g_autoptr (GPtrArray) speakers =
      livekit_room_get_speakers (activity->participants);
  gboolean did_anybody_speak = activity->does_anybody_speak;

  activity->have_speakers_changed = FALSE;
  activity->does_anybody_speak = speakers->len > 0;
  if (speakers->len > 0 || did_anybody_speak)
    activity->callbacks.speakers_changed (speakers, activity->user_data);
}

static GHashTable *
sids_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/* Of those in @set, which is empty then. Who has left meanwhile isn't told of. The
 * application may stop us from inside. */
static void
tell_of_each (Activity * activity, GHashTable ** set,
    void (*tell) (const LiveKitParticipant *, gpointer))
{
  g_autoptr (GHashTable) sids = g_steal_pointer (set);
  GHashTableIter iter;
  const gchar *sid;

  *set = sids_new ();
  g_hash_table_iter_init (&iter, sids);
  while (g_hash_table_iter_next (&iter, (gpointer *) & sid, NULL)) {
    const LiveKitParticipant *participant =
        livekit_room_find_sid (activity->participants, sid);

    if (participant != NULL)
      tell (participant, activity->user_data);
  }
}

static gboolean
has_news (Activity * activity)
{
  return activity->have_speakers_changed
      || g_hash_table_size (activity->changed_sids) > 0
      || g_hash_table_size (activity->updated_sids) > 0;
}

static gboolean on_timer (gpointer user_data);

/* At once, if there was no news for a while. */
static void
tell_news (Activity * activity)
{
  if (activity->timer != NULL || !has_news (activity))
    return;
  activity->timer = matrix_rtc_add_timeout (INTERVAL_MS, on_timer, activity);
  if (activity->have_speakers_changed)
    tell_speakers (activity);
  tell_of_each (activity, &activity->changed_sids,
      activity->callbacks.quality_changed);
  tell_of_each (activity, &activity->updated_sids,
      activity->callbacks.participant_updated);
}

static gboolean
on_timer (gpointer user_data)
{
  Activity *activity = user_data;

  matrix_rtc_clear_source (&activity->timer);
  tell_news (activity);
  return G_SOURCE_REMOVE;
}

static void
take_change (Activity * activity)
{
  activity->have_speakers_changed = TRUE;
  tell_news (activity);
}

void
activity_take_speakers (Activity * activity,
    const Livekit__SpeakersChanged * changed)
{
  if (livekit_room_take_speakers (activity->participants, changed->speakers,
          changed->n_speakers))
    take_change (activity);
}

/* The server doesn't tell us any more. It will tell of whoever speaks then. */
void
activity_take_silence (Activity * activity)
{
  livekit_room_forget_speakers (activity->participants);
  take_change (activity);
}

void
activity_take_left (Activity * activity, const LiveKitParticipant * participant)
{
  if (participant->level > 0)
    take_change (activity);
}

void
activity_take_quality (Activity * activity,
    const Livekit__ConnectionQualityUpdate * update)
{
  gsize i;

  for (i = 0; i < update->n_updates; i++) {
    const LiveKitParticipant *participant =
        livekit_room_take_quality (activity->participants, update->updates[i]);

    if (participant != NULL)
      g_hash_table_add (activity->changed_sids, g_strdup (participant->sid));
  }
  tell_news (activity);
}

/* Until activity_tell_updates(), so that those of one message of the server are
 * told together. */
void
activity_take_updated (Activity * activity,
    const LiveKitParticipant * participant)
{
  g_hash_table_add (activity->updated_sids, g_strdup (participant->sid));
}

void
activity_tell_updates (Activity * activity)
{
  tell_news (activity);
}

/* @participants has to outlive us. */
Activity *
activity_new (LiveKitRoom * participants, const ActivityCallbacks * callbacks,
    gpointer user_data)
{
  Activity *activity = g_new0 (Activity, 1);

  activity->participants = participants;
  activity->callbacks = *callbacks;
  activity->user_data = user_data;
  activity->changed_sids = sids_new ();
  activity->updated_sids = sids_new ();
  return activity;
}

/* Nothing is told any more until there is more news. */
void
activity_stop (Activity * activity)
{
  matrix_rtc_clear_source (&activity->timer);
  activity->have_speakers_changed = FALSE;
  g_hash_table_remove_all (activity->changed_sids);
  g_hash_table_remove_all (activity->updated_sids);
}

void
activity_free (Activity * activity)
{
  activity_stop (activity);
  g_hash_table_unref (activity->changed_sids);
  g_hash_table_unref (activity->updated_sids);
  g_free (activity);
}
