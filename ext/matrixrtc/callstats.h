/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gstmatrixrtc-enums.h"
#include "livekit/room.h"
#include "rtc/stats.h"

G_BEGIN_DECLS

typedef struct _CallStats CallStats;

CallStats *call_stats_new (void);
CallStats *call_stats_ref (CallStats * stats);
void call_stats_unref (CallStats * stats);
RtcStats *call_stats_get_rtc (CallStats * stats);

void call_stats_take_state (CallStats * stats,
    GstMatrixRtcConnectionState state, const gchar * service_url);
void call_stats_take_counts (CallStats * stats, guint n_reconnects,
    guint n_resumes);
void call_stats_take_round_trip (CallStats * stats, gint64 round_trip);
void call_stats_take_participant (CallStats * stats,
    const LiveKitParticipant * participant);
void call_stats_take_left (CallStats * stats, const gchar * identity);

GstStructure *call_stats_read (CallStats * stats);
GHashTable *call_stats_read_tracks (CallStats * stats);

GstStructure *call_stats_new_empty (void);
void call_stats_tell_owner (GstStructure * stats, const gchar * identity,
    gboolean is_audio, GstMatrixRtcTrackSource source, gboolean muted);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CallStats, call_stats_unref)

G_END_DECLS
