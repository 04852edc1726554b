/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tracks that are given out, whichever session they come from, and which track
 * of a new session goes on where one of a former session ended. Pure functions on
 * what sessions and their room say.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tracktable.h"

struct _TrackTable
{
  GPtrArray *entries;           /* of TrackEntry */
};

static void
track_entry_free (gpointer data)
{
  TrackEntry *entry = data;

  g_free (entry->sid);
  g_free (entry->identity);
  g_free (entry->stream_id);
  g_free (entry);
}

TrackTable *
track_table_new (void)
{
  TrackTable *table = g_new (TrackTable, 1);

  table->entries = g_ptr_array_new_with_free_func (track_entry_free);
  return table;
}

void
track_table_free (TrackTable * table)
{
  g_ptr_array_unref (table->entries);
  g_free (table);
}

TrackEntry *
track_table_add (TrackTable * table, const gchar * identity,
    const LiveKitTrack * track, gpointer session)
{
  TrackEntry *entry = g_new (TrackEntry, 1);

  entry->sid = g_strdup (track->sid);
  entry->identity = g_strdup (identity);
  entry->stream_id = g_strdup (track->stream_id);
  entry->source = track->source;
  entry->is_audio = track->is_audio;
  entry->session = session;
  g_ptr_array_add (table->entries, entry);
  return entry;
}

void
track_table_remove (TrackTable * table, TrackEntry * entry)
{
  g_ptr_array_remove (table->entries, entry);
}

/* The track that comes from @session as @sid, or NULL. */
TrackEntry *
track_table_find (TrackTable * table, const gchar * sid, gpointer session)
{
  guint i;

  for (i = 0; i < table->entries->len; i++) {
    TrackEntry *entry = g_ptr_array_index (table->entries, i);

    if (entry->session == session && g_str_equal (entry->sid, sid))
      return entry;
  }
  return NULL;
}

/* Whether anything comes from @session. */
gboolean
track_table_has_session (TrackTable * table, gpointer session)
{
  guint i;

  for (i = 0; i < table->entries->len; i++) {
    TrackEntry *entry = g_ptr_array_index (table->entries, i);

    if (entry->session == session)
      return TRUE;
  }
  return FALSE;
}

/* All entries, to go through while some are removed. */
GPtrArray *
track_table_dup (TrackTable * table)
{
  GPtrArray *entries = g_ptr_array_sized_new (table->entries->len);

  g_ptr_array_extend (entries, table->entries, NULL, NULL);
  return entries;
}

static gboolean
is_same_source (const TrackEntry * entry, const LiveKitTrack * track)
{
  return entry->source == track->source && entry->is_audio == track->is_audio;
}

/* What of a former session goes on as @track of @session: the same track, or else
 * one of the same publisher and source that isn't published any more. */
TrackEntry *
track_table_find_former (TrackTable * table,
    const LiveKitParticipant * participant, const LiveKitTrack * track,
    gpointer session)
{
  TrackEntry *successor = NULL;
  guint i;

  for (i = 0; i < table->entries->len; i++) {
    TrackEntry *entry = g_ptr_array_index (table->entries, i);

    if (entry->session == session
        || !g_str_equal (entry->identity, participant->identity))
      continue;
    if (g_str_equal (entry->sid, track->sid))
      return entry;
    if (successor == NULL && is_same_source (entry, track)
        && livekit_participant_find_track (participant, entry->sid) == NULL)
      successor = entry;
  }
  return successor;
}

static gboolean
track_table_has_sid (TrackTable * table, const gchar * sid)
{
  guint i;

  for (i = 0; i < table->entries->len; i++) {
    TrackEntry *entry = g_ptr_array_index (table->entries, i);

    if (g_str_equal (entry->sid, sid))
      return TRUE;
  }
  return FALSE;
}

/* Whether @room still has what @entry could go on as, of @selection. */
gboolean
track_table_has_successor (TrackTable * table, const TrackEntry * entry,
    LiveKitRoom * room, const LiveKitSelection * selection)
{
  const LiveKitParticipant *participant =
      livekit_room_find_identity (room, entry->identity);
  guint i;

  if (participant == NULL)
    return FALSE;
  for (i = 0; i < participant->tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);

    if (livekit_selection_wants (selection, track)
        && (g_str_equal (entry->sid, track->sid)
            || (is_same_source (entry, track)
                && !track_table_has_sid (table, track->sid))))
      return TRUE;
  }
  return FALSE;
}
