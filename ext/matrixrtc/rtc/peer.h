/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "../datalimits.h"
#include "../loop.h"
#include "streams.h"

G_BEGIN_DECLS

typedef struct _RtcPeer RtcPeer;

typedef struct
{
  GstBin *bin;                  /* gets the media elements; outlives the peer */
  MatrixRtcLoop *loop;
  GstMatrixRtcReceiverSettings receivers;
  DataLimits *data_limits;      /* of the data that waits for the worker */
  guint latency_ms;
  gboolean add_reference_timestamps;
  gboolean relay_only;
} RtcPeerSettings;

/* Called on the worker thread. */
typedef struct
{
  void (*answer) (const gchar * sdp, guint32 offer_id, gpointer user_data);
  void (*candidate) (guint mline, const gchar * candidate, gpointer user_data);
  /* The transport to the SFU is up, for the first time or after a restart. */
  void (*connected) (gpointer user_data);
  /* The peer is of no use any more. */
  void (*failed) (const gchar * debug, gpointer user_data);
  /* See RtcStreamsCallbacks. */
  void (*track_ready) (const gchar * track_sid, gpointer user_data);
  void (*track_ended) (const gchar * track_sid, gpointer user_data);
  void (*track_failed) (const gchar * track_sid, const gchar * debug,
      gpointer user_data);
  /* See RtcDataFunc. */
  void (*data) (GBytes * message, gboolean is_reliable, gpointer user_data);
} RtcPeerCallbacks;

void rtc_peer_prepare (GstElement * element);
RtcPeer *rtc_peer_new (const RtcPeerSettings * settings,
    const RtcPeerCallbacks * callbacks, gpointer user_data, GError ** error);
void rtc_peer_abandon (RtcPeer * peer);
void rtc_peer_retire (RtcPeer * peer, GSourceFunc done, gpointer user_data,
    GDestroyNotify notify);
void rtc_peer_free (RtcPeer * peer);

void rtc_peer_add_ice_server (RtcPeer * peer, const gchar * url,
    const gchar * username, const gchar * credential);
void rtc_peer_set_relay_only (RtcPeer * peer);
void rtc_peer_set_loopback_only (RtcPeer * peer);
void rtc_peer_take_offer (RtcPeer * peer, const gchar * sdp, guint32 offer_id,
    GHashTable * mid_to_track);
void rtc_peer_add_candidate (RtcPeer * peer, guint mline,
    const gchar * candidate);
void rtc_peer_get_last_negotiation (RtcPeer * peer, const gchar ** offer,
    const gchar ** answer);
gboolean rtc_peer_is_connected (RtcPeer * peer);

RtcStreams *rtc_peer_get_streams (RtcPeer * peer);
void rtc_peer_set_off (RtcPeer * peer, const GPtrArray * track_sids);
gboolean rtc_peer_take_media_error (RtcPeer * peer, GstObject * source,
    const gchar * debug);

G_END_DECLS
