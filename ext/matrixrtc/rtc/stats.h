/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* The numbers of a call's tracks. */
typedef struct _RtcStats RtcStats;

/* The streams of one webrtcbin among them. */
typedef struct _RtcPeerStats RtcPeerStats;

RtcStats *rtc_stats_new (void);
RtcStats *rtc_stats_ref (RtcStats * stats);
void rtc_stats_unref (RtcStats * stats);
GHashTable *rtc_stats_read (RtcStats * stats);
void rtc_stats_move_track (RtcStats * stats, const gchar * former_sid,
    const gchar * track_sid);
void rtc_stats_drop_track (RtcStats * stats, const gchar * track_sid);

RtcPeerStats *rtc_peer_stats_new (RtcStats * stats, GstElement * webrtcbin);
void rtc_peer_stats_unref (RtcPeerStats * peer);
void rtc_peer_stats_close (RtcPeerStats * peer);
void rtc_peer_stats_bind (RtcPeerStats * peer, guint32 ssrc,
    const gchar * track_sid);
void rtc_peer_stats_give_out (RtcPeerStats * peer, guint32 ssrc);
void rtc_peer_stats_end (RtcPeerStats * peer, guint32 ssrc);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtcStats, rtc_stats_unref)

G_END_DECLS
