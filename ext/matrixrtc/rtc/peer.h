/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "../loop.h"
#include "receiver.h"

G_BEGIN_DECLS

typedef struct _RtcPeer RtcPeer;

typedef struct
{
  GstBin *bin;                  /* gets the media elements; outlives the peer */
  MatrixRtcLoop *loop;
  GstMatrixRtcReceiverSettings receivers;
  guint latency_ms;
  gboolean relay_only;
} RtcPeerSettings;

/* Called on the worker thread. */
typedef struct
{
  void (*answer) (const gchar * sdp, guint32 offer_id, gpointer user_data);
  void (*candidate) (guint mline, const gchar * candidate, gpointer user_data);
  /* The transport to the SFU is up. */
  void (*connected) (gpointer user_data);
  /* The peer is of no use any more. */
  void (*failed) (const gchar * debug, gpointer user_data);
  /* A track's first frame waits; answer with rtc_peer_start_track(), now or
   * later. */
  void (*track_ready) (const gchar * track_sid, gpointer user_data);
  /* A track is over. If it was started, it has had its EOS. */
  void (*track_ended) (const gchar * track_sid, gpointer user_data);
  /* One track can't be received. */
  void (*track_failed) (const gchar * track_sid, const gchar * debug,
      gpointer user_data);
} RtcPeerCallbacks;

void rtc_peer_prepare (GstElement * element);
RtcPeer *rtc_peer_new (const RtcPeerSettings * settings,
    const RtcPeerCallbacks * callbacks, gpointer user_data, GError ** error);
void rtc_peer_abandon (RtcPeer * peer);
void rtc_peer_free (RtcPeer * peer);

void rtc_peer_add_ice_server (RtcPeer * peer, const gchar * url,
    const gchar * username, const gchar * credential);
void rtc_peer_set_relay_only (RtcPeer * peer);
void rtc_peer_set_loopback_only (RtcPeer * peer);
void rtc_peer_take_offer (RtcPeer * peer, const gchar * sdp, guint32 offer_id,
    GHashTable * mid_to_track);
void rtc_peer_add_candidate (RtcPeer * peer, guint mline,
    const gchar * candidate);

GStrv rtc_peer_get_track_sids (RtcPeer * peer);
GstPad *rtc_peer_get_track_pad (RtcPeer * peer, const gchar * track_sid);
gchar *rtc_peer_get_track_msid (RtcPeer * peer, const gchar * track_sid);
gboolean rtc_peer_is_track_ready (RtcPeer * peer, const gchar * track_sid);
void rtc_peer_set_track_encryption (RtcPeer * peer,
    const RtcTrackEncryption * encryption);
void rtc_peer_start_track (RtcPeer * peer, const gchar * track_sid);
void rtc_peer_end_track (RtcPeer * peer, const gchar * track_sid);
void rtc_peer_end_started_track (RtcPeer * peer, const gchar * track_sid);
void rtc_peer_end_all_tracks (RtcPeer * peer);

gboolean rtc_peer_take_media_error (RtcPeer * peer, GstElement * child,
    const gchar * debug);

G_END_DECLS
