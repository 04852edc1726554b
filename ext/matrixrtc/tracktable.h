/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "livekit/subscriptions.h"

G_BEGIN_DECLS

/* A track that is given out. */
typedef struct
{
  gchar *sid;                   /* as the session that it comes from knows it */
  gchar *identity;              /* the publisher's */
  gchar *stream_id;             /* the same in all sessions */
  GstMatrixRtcTrackSource source;
  gboolean is_audio;
  gpointer session;             /* where it comes from; NULL: it's interrupted */
} TrackEntry;

typedef struct _TrackTable TrackTable;

TrackTable *track_table_new (void);
void track_table_free (TrackTable * table);

TrackEntry *track_table_add (TrackTable * table, const gchar * identity,
    const LiveKitTrack * track, gpointer session);
void track_table_remove (TrackTable * table, TrackEntry * entry);
TrackEntry *track_table_find (TrackTable * table, const gchar * sid,
    gpointer session);
gboolean track_table_has_session (TrackTable * table, gpointer session);
GPtrArray *track_table_dup (TrackTable * table);

TrackEntry *track_table_find_former (TrackTable * table,
    const LiveKitParticipant * participant, const LiveKitTrack * track,
    gpointer session);
gboolean track_table_has_successor (TrackTable * table,
    const TrackEntry * entry, LiveKitRoom * room,
    const LiveKitSelection * selection);

G_END_DECLS
