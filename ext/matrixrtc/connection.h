/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gstmatrixrtc-enums.h"
#include "livekit/room.h"
#include "matrix/account.h"
#include "rtc/peer.h"

G_BEGIN_DECLS

typedef struct _Connection Connection;

/* Where to connect: through the authorization service at @service_url in the
 * name of @account, or without @account straight to @livekit_url. The strings
 * are copied. */
typedef struct
{
  HttpClient *http;
  RtcPeerSettings peer;
  guint timeout_ms;             /* of each phase */

  MatrixAccount *account;
  const gchar *service_url;
  const gchar *room_id;
  const gchar *slot_id;
  const gchar *member_id;
  gboolean force_old_jwt_endpoint;

  const gchar *livekit_url;
  const gchar *livekit_token;
} ConnectionSettings;

/* Called on the worker thread. */
typedef struct
{
  /* @error is set with GST_MATRIX_RTC_CONNECTION_STATE_FAILED only. */
  void (*state_changed) (GstMatrixRtcConnectionState old,
      GstMatrixRtcConnectionState now, const GError * error,
      gpointer user_data);
  void (*participant_joined) (const LiveKitParticipant * participant,
      gpointer user_data);
  void (*participant_updated) (const LiveKitParticipant * participant,
      gpointer user_data);
  void (*participant_left) (const LiveKitParticipant * participant,
      gpointer user_data);
  /* Comes out of @pad; connection_start_track() lets it. */
  void (*track_added) (const LiveKitParticipant * participant,
      const LiveKitTrack * track, const gchar * msid, GstPad * pad,
      gpointer user_data);
  void (*track_removed) (const gchar * track_sid, gpointer user_data);
  void (*track_failed) (const gchar * track_sid, const gchar * debug,
      gpointer user_data);
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

void connection_start_track (Connection * connection, const gchar * track_sid);
gboolean connection_take_media_error (Connection * connection,
    GstElement * child, const gchar * debug);

G_END_DECLS
