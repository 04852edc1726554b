/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "connectionroom.h"
#include "gstmatrixrtc-enums.h"
#include "handover.h"
#include "sfuaccess.h"

G_BEGIN_DECLS

typedef struct _Connection Connection;

typedef struct
{
  SfuAccessSettings access;
  RtcPeerSettings peer;
  GstMatrixRtcMedia media;
  GstMatrixRtcVideoQuality video_quality;
  guint timeout_ms;             /* of each phase of one attempt */
  guint reconnect_timeout_ms;   /* of all attempts to get it back */
} ConnectionSettings;

/* Called on the worker thread. */
typedef struct
{
  /* @error is why: set with failed, and with the states of a connection that is
   * lost. */
  void (*state_changed) (GstMatrixRtcConnectionState state,
      const GError * error, gpointer user_data);
  /* How long a signalling message and its answer have taken, in us. */
  void (*round_trip) (gint64 round_trip, gpointer user_data);
  ConnectionRoomCallbacks room;
  TrackCallbacks track;         /* connection_start_track() starts them */
} ConnectionCallbacks;

void connection_prepare (GstElement * element);
Connection *connection_new (const ConnectionSettings * settings,
    const ConnectionCallbacks * callbacks, gpointer user_data);
void connection_start (Connection * connection);
void connection_stop_async (Connection * connection, guint timeout_ms,
    GAsyncReadyCallback callback, gpointer user_data);
void connection_free (Connection * connection);

const gchar *connection_get_service_url (Connection * connection);
const gchar *connection_get_identity (Connection * connection);
const gchar *connection_get_room_name (Connection * connection);
void connection_get_counts (Connection * connection, guint * n_reconnects,
    guint * n_resumes);

void connection_set_media (Connection * connection, GstMatrixRtcMedia media);
void connection_select_streams (Connection * connection,
    const gchar * const *stream_ids, guint32 seqnum);
void connection_set_video_quality (Connection * connection, const gchar * track_sid,
    GstMatrixRtcVideoQuality quality);
void connection_set_used (Connection * connection, const gchar * track_sid,
    gboolean is_used);
void connection_start_track (Connection * connection, const gchar * track_sid);
gboolean connection_take_media_error (Connection * connection,
    GstObject * source, const gchar * debug);

G_END_DECLS
