/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One SFU connection: the state machine of Element Call's Connection. Gets an
 * OpenID token from the homeserver, trades it at the authorization service for
 * the SFU's address and a token, joins, and keeps the media peer beside it. An
 * error is a state too. Lives on the worker thread.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include "debug.h"
#include "connection.h"
#include "matrixrtcerror.h"
#include "livekit/candidate.h"
#include "livekit/signalclient.h"
#include "livekit/url.h"
#include "matrix/openid.h"
#include "sfu/authorization.h"

#define GST_CAT_DEFAULT matrixrtc_connection_debug

/* LiveKit's has 43 bytes. */
#define MAX_SIF_TRAILER 256

struct _Connection
{
  /* Constant. */
  HttpClient *http;
  RtcPeerSettings peer_settings;
  guint timeout_ms;
  MatrixAccount *account;
  gchar *service_url;           /* of the SFU itself without an account */
  gchar *room_id;
  gchar *slot_id;
  gchar *member_id;
  gboolean force_old_jwt_endpoint;
  gchar *livekit_token;
  ConnectionCallbacks callbacks;
  gpointer user_data;

  GstMatrixRtcConnectionState state;

  /* Of one attempt, from start to stop or failure. */
  GCancellable *cancellable;
  GSource *phase_timer;
  SfuConfig *config;
  LiveKitSignal *signal;
  LiveKitRoom *room;
  GBytes *sif_trailer;          /* of the frames that this SFU makes, or NULL */
  RtcPeer *peer;
  gboolean is_joined;
};

/* Does in the background what the first connection would have to wait for. */
void
connection_prepare (GstElement * element)
{
  rtc_peer_prepare (element);
}

Connection *
connection_new (const ConnectionSettings * settings,
    const ConnectionCallbacks * callbacks, gpointer user_data)
{
  Connection *connection = g_rc_box_new0 (Connection);

  connection->http = http_client_ref (settings->http);
  connection->peer_settings = settings->peer;
  connection->timeout_ms = settings->timeout_ms;
  if (settings->account != NULL)
    connection->account = matrix_account_ref (settings->account);
  connection->service_url = g_strdup (settings->account != NULL ?
      settings->service_url : settings->livekit_url);
  connection->room_id = g_strdup (settings->room_id);
  connection->slot_id = g_strdup (settings->slot_id);
  connection->member_id = g_strdup (settings->member_id);
  connection->force_old_jwt_endpoint = settings->force_old_jwt_endpoint;
  connection->livekit_token = g_strdup (settings->livekit_token);
  connection->callbacks = *callbacks;
  connection->user_data = user_data;
  return connection;
}

static void
connection_clear (Connection * connection)
{
  http_client_unref (connection->http);
  g_clear_pointer (&connection->account, matrix_account_unref);
  g_free (connection->service_url);
  g_free (connection->room_id);
  g_free (connection->slot_id);
  g_free (connection->member_id);
  g_free (connection->livekit_token);
  g_clear_object (&connection->cancellable);
  g_clear_pointer (&connection->config, sfu_config_free);
  g_clear_pointer (&connection->room, livekit_room_free);
  g_clear_pointer (&connection->sif_trailer, g_bytes_unref);
}

static void
connection_unref (Connection * connection)
{
  g_rc_box_release_full (connection, (GDestroyNotify) connection_clear);
}

const gchar *
connection_get_service_url (Connection * connection)
{
  return connection->service_url;
}

/* Who we are on the SFU, by our token; NULL until there is one. */
const gchar *
connection_get_identity (Connection * connection)
{
  return connection->config == NULL ? NULL : connection->config->identity;
}

const gchar *
connection_get_room_name (Connection * connection)
{
  return connection->config == NULL ? NULL : connection->config->room;
}

/* State */

static void
connection_set_state (Connection * connection,
    GstMatrixRtcConnectionState state, const GError * error)
{
  GstMatrixRtcConnectionState old = connection->state;

  if (old == state)
    return;
  connection->state = state;
  connection->callbacks.state_changed (old, state, error,
      connection->user_data);
}

/* Ends whatever is under way. The peer's elements stay until the element that
 * holds them is down. */
static void
connection_cancel (Connection * connection)
{
  matrix_rtc_clear_source (&connection->phase_timer);
  if (connection->cancellable != NULL)
    g_cancellable_cancel (connection->cancellable);
  if (connection->peer != NULL)
    rtc_peer_abandon (connection->peer);
  if (connection->signal != NULL)
    livekit_signal_abandon (connection->signal);
  g_clear_pointer (&connection->signal, livekit_signal_unref);
}

static gboolean
connection_is_active (Connection * connection)
{
  return connection->state != GST_MATRIX_RTC_CONNECTION_STATE_STOPPED
      && connection->state != GST_MATRIX_RTC_CONNECTION_STATE_FAILED
      && connection->state != GST_MATRIX_RTC_CONNECTION_STATE_DISCONNECTED
      && connection->state != GST_MATRIX_RTC_CONNECTION_STATE_INITIALIZED;
}

/* Takes @error. The SFU is told goodbye in passing: nobody waits for it. */
static void
connection_fail (Connection * connection, GError * error)
{
  g_autoptr (GError) owned = error;

  if (!connection_is_active (connection))
    return;
  GST_INFO ("failed: %s (%s)", error->message,
      matrix_rtc_error_get_debug (error));
  if (connection->signal != NULL)
    livekit_signal_send_leave (connection->signal);
  connection_cancel (connection);
  connection_set_state (connection, GST_MATRIX_RTC_CONNECTION_STATE_FAILED,
      error);
}

static gboolean
on_phase_timeout (gpointer user_data)
{
  Connection *connection = user_data;

  if (connection->state == GST_MATRIX_RTC_CONNECTION_STATE_FETCHING_CONFIG)
    connection_fail (connection, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_OPEN_ID, 0,
            _("The homeserver gives no OpenID token in time."),
            "no success within %u ms", connection->timeout_ms));
  else if (!connection->is_joined)
    connection_fail (connection, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
            _("The LiveKit server doesn't answer in time."),
            "no join within %u ms", connection->timeout_ms));
  else
    connection_fail (connection, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_PEER_CONNECTION_TIMEOUT, 0,
            _("No media path to the LiveKit server could be found."),
            "no media transport within %u ms", connection->timeout_ms));
  return G_SOURCE_REMOVE;
}

static void
connection_start_phase (Connection * connection)
{
  matrix_rtc_clear_source (&connection->phase_timer);
  connection->phase_timer =
      matrix_rtc_loop_add_timeout (connection->peer_settings.loop,
      connection->timeout_ms, on_phase_timeout, connection);
}

/* Tracks: one is shown when its first frame waits and its publisher is known,
 * which come in any order. */

static void
connection_set_track_encryption (Connection * connection,
    const LiveKitParticipant * participant, const LiveKitTrack * track)
{
  const RtcTrackEncryption encryption = {
    .is_encrypted = track->encrypted,
    .identity = participant->identity,
    .track_sid = track->sid,
    .sif_trailer = connection->sif_trailer,
  };

  rtc_peer_set_track_encryption (connection->peer, &encryption);
}

/* Whether the track can be given out in the form that is asked for. */
static gboolean
connection_check_track (Connection * connection, const LiveKitTrack * track)
{
  if (!track->encrypted || connection->peer_settings.receivers.output !=
      GST_MATRIX_RTC_OUTPUT_RTP)
    return TRUE;
  connection->callbacks.track_failed (track->sid, "the track is encrypted, and "
      "what is encrypted are frames: there is no RTP of it to give out",
      connection->user_data);
  rtc_peer_end_track (connection->peer, track->sid);
  return FALSE;
}

static void
connection_show_track (Connection * connection, const gchar * track_sid)
{
  const LiveKitParticipant *participant;
  const LiveKitTrack *track =
      livekit_room_find_track (connection->room, track_sid, &participant);
  g_autofree gchar *msid = NULL;
  g_autoptr (GstPad) pad = NULL;

  if (track == NULL) {
    GST_DEBUG ("track %s has no publisher yet", track_sid);
    return;
  }
  if (!connection_check_track (connection, track))
    return;
  connection_set_track_encryption (connection, participant, track);
  msid = rtc_peer_get_track_msid (connection->peer, track_sid);
  pad = rtc_peer_get_track_pad (connection->peer, track_sid);
  connection->callbacks.track_added (participant, track, msid, pad,
      connection->user_data);
}

static void
on_track_ready (const gchar * track_sid, gpointer user_data)
{
  connection_show_track (user_data, track_sid);
}

static void
on_track_ended (const gchar * track_sid, gpointer user_data)
{
  Connection *connection = user_data;

  connection->callbacks.track_removed (track_sid, connection->user_data);
}

static void
on_track_failed (const gchar * track_sid, const gchar * debug,
    gpointer user_data)
{
  Connection *connection = user_data;

  connection->callbacks.track_failed (track_sid, debug, connection->user_data);
}

/* Lets the frames of a track that track_added told of come out. */
void
connection_start_track (Connection * connection, const gchar * track_sid)
{
  if (connection->peer != NULL)
    rtc_peer_start_track (connection->peer, track_sid);
}

/* An error from inside one of our media elements. FALSE if @child is none. */
gboolean
connection_take_media_error (Connection * connection, GstElement * child,
    const gchar * debug)
{
  return connection->peer != NULL
      && rtc_peer_take_media_error (connection->peer, child, debug);
}

/* Room */

static void
on_participant_joined (const LiveKitParticipant * participant,
    gpointer user_data)
{
  Connection *connection = user_data;

  connection->callbacks.participant_joined (participant, connection->user_data);
}

static void
on_participant_updated (const LiveKitParticipant * participant,
    gpointer user_data)
{
  Connection *connection = user_data;
  guint i;

  for (i = 0; i < participant->tracks->len; i++)
    connection_set_track_encryption (connection, participant,
        g_ptr_array_index (participant->tracks, i));
  connection->callbacks.participant_updated (participant,
      connection->user_data);
}

static void
on_participant_left (const LiveKitParticipant * participant, gpointer user_data)
{
  Connection *connection = user_data;
  guint i;

  for (i = 0; i < participant->tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);
    rtc_peer_end_track (connection->peer, track->sid);
  }
  connection->callbacks.participant_left (participant, connection->user_data);
}

static const LiveKitRoomCallbacks room_callbacks = {
  on_participant_joined, on_participant_updated, on_participant_left
};

/* A track may have waited for its publisher to be known, and an update may end
 * tracks before the offer that does. */
static void
connection_match_tracks (Connection * connection)
{
  g_auto (GStrv) track_sids = rtc_peer_get_track_sids (connection->peer);
  guint i;

  for (i = 0; track_sids[i] != NULL; i++) {
    const LiveKitParticipant *owner;

    if (livekit_room_find_track (connection->room, track_sids[i], &owner)
        == NULL)
      rtc_peer_end_started_track (connection->peer, track_sids[i]);
    else if (rtc_peer_is_track_ready (connection->peer, track_sids[i]))
      connection_show_track (connection, track_sids[i]);
  }
}

/* Signalling */

static void
connection_take_offer (Connection * connection,
    const Livekit__SessionDescription * offer)
{
  g_autoptr (GHashTable) map = g_hash_table_new (g_str_hash, g_str_equal);
  gsize i;

  for (i = 0; i < offer->n_mid_to_track_id; i++)
    g_hash_table_insert (map, offer->mid_to_track_id[i]->key,
        offer->mid_to_track_id[i]->value);
  rtc_peer_take_offer (connection->peer, offer->sdp, offer->id, map);
}

static void
connection_take_candidate (Connection * connection,
    const Livekit__TrickleRequest * trickle)
{
  guint mline;
  g_autofree gchar *candidate = NULL;

  if (trickle->target != LIVEKIT__SIGNAL_TARGET__SUBSCRIBER)
    return;
  candidate = livekit_candidate_from_json (trickle->candidateinit, &mline);
  if (candidate != NULL)
    rtc_peer_add_candidate (connection->peer, mline, candidate);
}

static void
on_signal_message (const Livekit__SignalResponse * message, gpointer user_data)
{
  Connection *connection = user_data;

  switch (message->message_case) {
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER:
      connection_take_offer (connection, message->offer);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE:
      connection_take_candidate (connection, message->trickle);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE:
      livekit_room_update (connection->room, message->update->participants,
          message->update->n_participants);
      connection_match_tracks (connection);
      break;
    default:
      GST_LOG ("message %d is not for us", (gint) message->message_case);
  }
}

static gboolean
leave_ends_call (const Livekit__LeaveRequest * leave)
{
  return leave != NULL
      && leave->action == LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT
      && (leave->reason == LIVEKIT__DISCONNECT_REASON__ROOM_DELETED
      || leave->reason == LIVEKIT__DISCONNECT_REASON__ROOM_CLOSED);
}

static void
connection_end_call (Connection * connection)
{
  GST_INFO ("the call has ended");
  matrix_rtc_clear_source (&connection->phase_timer);
  rtc_peer_end_all_tracks (connection->peer);
  livekit_signal_abandon (connection->signal);
  g_clear_pointer (&connection->signal, livekit_signal_unref);
  connection_set_state (connection,
      GST_MATRIX_RTC_CONNECTION_STATE_DISCONNECTED, NULL);
}

static void
on_signal_closed (const Livekit__LeaveRequest * leave, const gchar * debug,
    gpointer user_data)
{
  Connection *connection = user_data;

  if (leave_ends_call (leave))
    connection_end_call (connection);
  else
    connection_fail (connection, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_CONNECTION_LOST, 0, leave != NULL ?
            _("The LiveKit server has removed us from the call.") :
            _("The connection to the LiveKit server was lost."), "%s", debug));
}

static const LiveKitSignalCallbacks signal_callbacks = {
  on_signal_message, on_signal_closed
};

/* Peer. When the call has ended its tracks still come to their ends, but there
 * is no SFU any more that listens. */

static void
on_peer_answer (const gchar * sdp, guint32 offer_id, gpointer user_data)
{
  Connection *connection = user_data;

  if (connection->signal != NULL)
    livekit_signal_send_answer (connection->signal, sdp, offer_id);
}

static void
on_peer_candidate (guint mline, const gchar * candidate, gpointer user_data)
{
  Connection *connection = user_data;
  g_autofree gchar *json = livekit_candidate_to_json (mline, candidate);

  if (connection->signal != NULL)
    livekit_signal_send_candidate (connection->signal, json);
}

static void
on_peer_connected (gpointer user_data)
{
  Connection *connection = user_data;

  if (connection->signal == NULL)
    return;
  matrix_rtc_clear_source (&connection->phase_timer);
  connection_set_state (connection, GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED,
      NULL);
}

static void
on_peer_failed (const gchar * debug, gpointer user_data)
{
  Connection *connection = user_data;

  if (connection->state == GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED)
    connection_fail (connection, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_CONNECTION_LOST, 0,
            _("The media connection to the LiveKit server was lost."), "%s",
            debug));
  else
    connection_fail (connection, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
            _("The connection to the LiveKit server failed."), "%s", debug));
}

static const RtcPeerCallbacks peer_callbacks = {
  on_peer_answer, on_peer_candidate, on_peer_connected, on_peer_failed,
  on_track_ready, on_track_ended, on_track_failed
};

static void
connection_configure_peer (Connection * connection,
    const Livekit__JoinResponse * join)
{
  gsize i, j;

  for (i = 0; i < join->n_ice_servers; i++) {
    const Livekit__ICEServer *server = join->ice_servers[i];

    for (j = 0; j < server->n_urls; j++)
      rtc_peer_add_ice_server (connection->peer, server->urls[j],
          server->username, server->credential);
  }
  g_clear_pointer (&connection->sif_trailer, g_bytes_unref);
  if (join->sif_trailer.len > 0 && join->sif_trailer.len <= MAX_SIF_TRAILER)
    connection->sif_trailer =
        g_bytes_new (join->sif_trailer.data, join->sif_trailer.len);
  if (join->client_configuration != NULL
      && join->client_configuration->force_relay ==
      LIVEKIT__CLIENT_CONFIG_SETTING__ENABLED)
    rtc_peer_set_relay_only (connection->peer);
}

/* Connecting */

static void
connection_take_join (Connection * connection,
    const Livekit__JoinResponse * join)
{
  if (join->participant == NULL) {
    connection_fail (connection, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
            _("The connection to the LiveKit server failed."),
            "the join names no participant"));
    return;
  }
  if (!join->subscriber_primary) {
    connection_fail (connection, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
            _("The token doesn't allow to receive media."),
            "the server won't offer any media: canSubscribe is missing"));
    return;
  }
  GST_INFO ("joined, %" G_GSIZE_FORMAT " others are there",
      join->n_other_participants);
  connection->is_joined = TRUE;
  connection_configure_peer (connection, join);
  connection->room = livekit_room_new (&room_callbacks, connection);
  livekit_room_set_local (connection->room, join->participant);
  livekit_room_update (connection->room, join->other_participants,
      join->n_other_participants);
  connection_start_phase (connection);
  /* Nobody to wait for: the transport comes up in its own time. */
  if (livekit_room_get_n_participants (connection->room) == 0)
    connection_set_state (connection,
        GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED, NULL);
}

static void
on_joined (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Connection *connection = user_data;
  GError *error = NULL;
  Livekit__JoinResponse *join = livekit_signal_connect_finish (result, &error);

  if (connection->state != GST_MATRIX_RTC_CONNECTION_STATE_CONNECTING)
    g_clear_error (&error);
  else if (join != NULL)
    connection_take_join (connection, join);
  else
    connection_fail (connection, error);
  if (join != NULL)
    livekit__join_response__free_unpacked (join, NULL);
  connection_unref (connection);
}

static void
connection_connect (Connection * connection)
{
  connection_set_state (connection, GST_MATRIX_RTC_CONNECTION_STATE_CONNECTING,
      NULL);
  connection_start_phase (connection);
  if (livekit_url_is_loopback (connection->config->url))
    rtc_peer_set_loopback_only (connection->peer);
  connection->signal =
      livekit_signal_new (connection->http, &signal_callbacks, connection);
  livekit_signal_connect_async (connection->signal, connection->config->url,
      connection->config->jwt, connection->cancellable, on_joined,
      g_rc_box_acquire (connection));
}

/* Fetching the config. A callback whose attempt was cancelled does nothing:
 * whoever cancelled has said what comes instead. */

static void
on_authorized (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Connection *connection = user_data;
  GError *error = NULL;
  SfuConfig *config = sfu_authorization_request_finish (result, &error);

  if (g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result)))) {
    g_clear_error (&error);
    g_clear_pointer (&config, sfu_config_free);
  } else if (config != NULL) {
    connection->config = config;
    connection_connect (connection);
  } else {
    connection_fail (connection, error);
  }
  connection_unref (connection);
}

static void
connection_authorize (Connection * connection, JsonObject * openid_token)
{
  SfuAuthorizationRequest request = {
    .service_url = connection->service_url,
    .room_id = connection->room_id,
    .slot_id = connection->slot_id,
    .user_id = matrix_account_get_user_id (connection->account),
    .device_id = matrix_account_get_device_id (connection->account),
    .member_id = connection->member_id,
    .openid_token = openid_token,
    .force_old_jwt_endpoint = connection->force_old_jwt_endpoint,
  };

  /* The requests to the service have their own limits. */
  matrix_rtc_clear_source (&connection->phase_timer);
  sfu_authorization_request_async (connection->http, &request,
      connection->cancellable, on_authorized, g_rc_box_acquire (connection));
}

static void
on_openid (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Connection *connection = user_data;
  GError *error = NULL;
  g_autoptr (JsonObject) token = matrix_openid_request_finish (result, &error);

  if (g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    g_clear_error (&error);
  else if (token != NULL)
    connection_authorize (connection, token);
  else
    connection_fail (connection, error);
  connection_unref (connection);
}

static void
on_identified (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Connection *connection = user_data;
  GError *error = NULL;
  gboolean identified = matrix_account_identify_finish (result, &error);

  if (g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    g_clear_error (&error);
  else if (identified)
    matrix_openid_request_async (connection->account, connection->cancellable,
        on_openid, g_rc_box_acquire (connection));
  else
    connection_fail (connection, error);
  connection_unref (connection);
}

static void
connection_fetch_config (Connection * connection)
{
  GError *error = NULL;

  if (connection->account != NULL) {
    connection_start_phase (connection);
    matrix_account_identify_async (connection->account,
        connection->cancellable, on_identified, g_rc_box_acquire (connection));
    return;
  }
  connection->config = sfu_config_new (connection->service_url,
      connection->livekit_token, &error);
  if (connection->config != NULL) {
    connection_connect (connection);
    return;
  }
  connection_fail (connection, matrix_rtc_error_new
      (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
          _("The LiveKit URL or token can't be used."), "%s", error->message));
  g_error_free (error);
}

/* Goes from initialized to fetching-config and on. The states tell the rest. */
void
connection_start (Connection * connection)
{
  GError *error = NULL;

  connection->cancellable = g_cancellable_new ();
  connection_set_state (connection,
      GST_MATRIX_RTC_CONNECTION_STATE_FETCHING_CONFIG, NULL);
  connection->peer = rtc_peer_new (&connection->peer_settings, &peer_callbacks,
      connection, &error);
  if (connection->peer != NULL) {
    connection_fetch_config (connection);
    return;
  }
  connection_fail (connection,
      matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_UNKNOWN, 0,
          _("GStreamer's WebRTC elements can't be used."), "%s",
          error->message));
  g_error_free (error);
}

/* Stopping */

static void
on_left (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  g_task_return_boolean (task, TRUE);
}

/* Leaves the call, from any state, and tells @callback when the server knows or
 * @timeout_ms have passed. The state is stopped at once. */
void
connection_stop_async (Connection * connection, guint timeout_ms,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  g_autoptr (LiveKitSignal) signal = g_steal_pointer (&connection->signal);

  connection_cancel (connection);
  if (connection->state != GST_MATRIX_RTC_CONNECTION_STATE_INITIALIZED)
    connection_set_state (connection, GST_MATRIX_RTC_CONNECTION_STATE_STOPPED,
        NULL);
  if (signal == NULL)
    on_left (NULL, NULL, task);
  else
    livekit_signal_leave_async (signal, timeout_ms, on_left, task);
}

/* When the worker has ended and the media elements are down, see
 * rtc_peer_free(). */
void
connection_free (Connection * connection)
{
  connection_cancel (connection);
  g_clear_pointer (&connection->peer, rtc_peer_free);
  connection_unref (connection);
}
