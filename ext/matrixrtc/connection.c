/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One SFU connection: the state machine of Element Call's Connection. Gets access,
 * joins, and when that is lost gets it back: by resuming the session, or with a
 * new one whose tracks go on where those of the former ended. An error is a state
 * too. Lives on the worker thread.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include "debug.h"
#include "connection.h"
#include "matrixrtcerror.h"
#include "recovery.h"
#include "session.h"

#define GST_CAT_DEFAULT matrixrtc_connection_debug

/* How long, once a new session is connected, a track of the former may take to go
 * on. What doesn't by then is muted. */
#define FORMER_TIMEOUT_MS 5000

/* What libsrtp keeps for each stream, some 30 kB, goes only with the media peer.
 * After so many tracks that have ended it is replaced: when no track comes, or at
 * last in any case. */
#define RENEWAL_TRACKS 1000
#define MAX_ENDED_TRACKS 5000

struct _Connection
{
  /* Constant. */
  HttpClient *http;
  RtcPeerSettings peer_settings;
  guint timeout_ms;
  guint reconnect_timeout_ms;
  SfuAccess *access;
  ConnectionCallbacks callbacks;
  gpointer user_data;

  GstMatrixRtcConnectionState state;
  SfuConfig *config;            /* the newest; NULL before */
  Handover *handover;           /* of the tracks that are given out */
  ConnectionRoom *room;
  Session *session;             /* the present one, or NULL */
  guint n_ended_tracks;         /* of it */

  gboolean has_connected;       /* ever, with media */
  GError *loss;                 /* why it was lost, the last time */
  guint n_attempts;             /* since it was lost */
  GSource *retry_timer;
  GSource *give_up_timer;
  guint n_reconnects;
  guint n_resumes;
};

/* Does in the background what the first connection would have to wait for. */
void
connection_prepare (GstElement * element)
{
  rtc_peer_prepare (element);
}

const gchar *
connection_get_service_url (Connection * connection)
{
  return sfu_access_get_service_url (connection->access);
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

/* Those that succeeded. */
void
connection_get_counts (Connection * connection, guint * n_reconnects,
    guint * n_resumes)
{
  *n_reconnects = connection->n_reconnects;
  *n_resumes = connection->n_resumes;
}

/* State */

/* The last thing to do: the application may stop us from inside. */
static void
connection_set_state (Connection * connection,
    GstMatrixRtcConnectionState state, const GError * error)
{
  if (connection->state == state)
    return;
  connection->state = state;
  connection->callbacks.state_changed (state, error, connection->user_data);
}

static gboolean
connection_is_active (Connection * connection)
{
  return connection->state != GST_MATRIX_RTC_CONNECTION_STATE_STOPPED
      && connection->state != GST_MATRIX_RTC_CONNECTION_STATE_FAILED
      && connection->state != GST_MATRIX_RTC_CONNECTION_STATE_DISCONNECTED
      && connection->state != GST_MATRIX_RTC_CONNECTION_STATE_INITIALIZED;
}

static void
connection_stop_timers (Connection * connection)
{
  matrix_rtc_clear_source (&connection->retry_timer);
  matrix_rtc_clear_source (&connection->give_up_timer);
  connection_room_stop (connection->room);
  sfu_access_cancel (connection->access);
}

/* Ends whatever is under way. The media elements stay until the element that
 * holds them is down. */
static void
connection_cancel (Connection * connection)
{
  connection_stop_timers (connection);
  if (connection->session != NULL)
    session_abandon (connection->session);
  handover_abandon (connection->handover);
}

/* The SFU is told goodbye in passing: nobody waits for it. */
static void
connection_fail (Connection * connection, const GError * error)
{
  if (!connection_is_active (connection))
    return;
  GST_INFO ("failed: %s (%s)", error->message,
      matrix_rtc_error_get_debug (error));
  if (connection->session != NULL)
    session_hang_up (connection->session, TRUE);
  connection_cancel (connection);
  connection_set_state (connection, GST_MATRIX_RTC_CONNECTION_STATE_FAILED,
      error);
}

/* Tracks */

static void
on_track_ready (Session * session, const gchar * track_sid, gpointer user_data)
{
  Connection *connection = user_data;

  if (session == connection->session)
    connection_room_show_track (connection->room, track_sid);
}

static void connection_recover (Connection * connection, Recovery recovery,
    const GError * error);

static void
connection_renew_if_due (Connection * connection)
{
  gboolean is_idle =
      !handover_is_from (connection->handover, connection->session);
  g_autoptr (GError) error = NULL;

  if (connection->state != GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED
      || connection->reconnect_timeout_ms == 0
      || connection->n_ended_tracks < (is_idle ? RENEWAL_TRACKS :
          MAX_ENDED_TRACKS))
    return;
  error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_CONNECTION_LOST, 0,
      _("The media connection is renewed."), "%u tracks have ended",
      connection->n_ended_tracks);
  connection_recover (connection, RECOVERY_RECONNECT, error);
}

static void
on_track_ended (Session * session, const gchar * track_sid, gpointer user_data)
{
  Connection *connection = user_data;

  handover_take_ended (connection->handover, session, track_sid);
  if (session != connection->session)
    return;
  connection->n_ended_tracks++;
  connection_renew_if_due (connection);
}

static void
on_track_failed (Session * session, const gchar * track_sid,
    const gchar * debug, gpointer user_data)
{
  Connection *connection = user_data;

  connection->callbacks.room.track_failed (track_sid, debug,
      connection->user_data);
}

/* Other media are wanted from now on. */
void
connection_set_media (Connection * connection, GstMatrixRtcMedia media)
{
  if (connection_is_active (connection))
    connection_room_set_media (connection->room, media);
}

/* See connection_room_select_streams(). */
void
connection_select_streams (Connection * connection,
    const gchar * const *stream_ids, guint32 seqnum)
{
  if (connection_is_active (connection))
    connection_room_select_streams (connection->room, stream_ids, seqnum);
}

/* See connection_room_set_video_quality(). */
void
connection_set_video_quality (Connection * connection, const gchar * track_sid,
    GstMatrixRtcVideoQuality quality)
{
  if (connection_is_active (connection))
    connection_room_set_video_quality (connection->room, track_sid, quality);
}

/* See connection_room_set_used(). */
void
connection_set_used (Connection * connection, const gchar * track_sid,
    gboolean is_used)
{
  if (connection_is_active (connection))
    connection_room_set_used (connection->room, track_sid, is_used);
}

/* Lets the frames of a track that was added or moved come out. */
void
connection_start_track (Connection * connection, const gchar * track_sid)
{
  if (connection->session != NULL)
    rtc_streams_start_track (session_get_streams (connection->session),
        track_sid);
}

/* An error from inside one of our media elements. FALSE if @source is none. */
gboolean
connection_take_media_error (Connection * connection, GstObject * source,
    const gchar * debug)
{
  if (handover_take_media_error (connection->handover, source, debug))
    return TRUE;
  return connection->session != NULL
      && session_take_media_error (connection->session, source, debug);
}

/* Recovery */

static void
connection_end_call (Connection * connection)
{
  GST_INFO ("the call has ended");
  connection_stop_timers (connection);
  if (connection->session != NULL) {
    session_hang_up (connection->session, FALSE);
    rtc_streams_end_all_tracks (session_get_streams (connection->session));
  }
  handover_end_all (connection->handover);
  connection_set_state (connection,
      GST_MATRIX_RTC_CONNECTION_STATE_DISCONNECTED, NULL);
}

static gboolean
on_give_up (gpointer user_data)
{
  Connection *connection = user_data;
  g_autoptr (GError) error = matrix_rtc_error_new
      (GST_MATRIX_RTC_ERROR_CONNECTION_LOST,
      matrix_rtc_error_get_http_status (connection->loss),
      _("The connection to the call is lost and doesn't come back."),
      "no success within %u ms; at last: %s (%s)",
      connection->reconnect_timeout_ms, connection->loss->message,
      matrix_rtc_error_get_debug (connection->loss));

  connection_fail (connection, error);
  return G_SOURCE_REMOVE;
}

static void connection_fetch (Connection * connection);

/* A server that sends nothing needn't keep the session. */
static void
connection_drop_session (Connection * connection)
{
  Session *session = g_steal_pointer (&connection->session);

  if (session == NULL)
    return;
  connection_room_set_session (connection->room, NULL);
  session_hang_up (session, !handover_is_from (connection->handover, session));
  if (session_get_token (session) != NULL)
    sfu_access_take_token (connection->access, session_get_token (session));
  handover_take_former (connection->handover, session);
}

static gboolean
on_retry (gpointer user_data)
{
  Connection *connection = user_data;

  matrix_rtc_clear_source (&connection->retry_timer);
  if (connection->session != NULL)
    session_resume (connection->session, connection->timeout_ms);
  else
    connection_fetch (connection);
  return G_SOURCE_REMOVE;
}

/* The next attempt, by resuming the session that is there or with a new one. */
static void
connection_retry (Connection * connection)
{
  matrix_rtc_clear_source (&connection->retry_timer);
  connection->retry_timer =
      matrix_rtc_add_timeout (recovery_get_delay_ms (connection->n_attempts++),
      on_retry, connection);
  if (connection->give_up_timer == NULL)
    connection->give_up_timer =
        matrix_rtc_add_timeout (connection->reconnect_timeout_ms, on_give_up,
        connection);
}

static void
connection_note_loss (Connection * connection, const GError * error)
{
  GST_INFO ("lost: %s (%s)", error->message,
      matrix_rtc_error_get_debug (error));
  g_clear_error (&connection->loss);
  connection->loss = g_error_copy (error);
  connection_room_take_silence (connection->room);
}

/* A session can be resumed only while it is the one that was connected. */
static void
connection_recover (Connection * connection, Recovery recovery,
    const GError * error)
{
  gboolean is_reconnecting =
      connection->state == GST_MATRIX_RTC_CONNECTION_STATE_RECONNECTING;

  if (recovery == RECOVERY_END_CALL) {
    connection_end_call (connection);
  } else if (recovery == RECOVERY_GIVE_UP
      || connection->reconnect_timeout_ms == 0) {
    connection_fail (connection, error);
  } else if (recovery == RECOVERY_RESUME && !is_reconnecting) {
    connection_note_loss (connection, error);
    connection_retry (connection);
    connection_set_state (connection,
        GST_MATRIX_RTC_CONNECTION_STATE_SIGNAL_RECONNECTING, error);
  } else {
    /* A new kind of attempt needs no patience. */
    if (!is_reconnecting)
      connection->n_attempts = 0;
    connection_note_loss (connection, error);
    connection_drop_session (connection);
    connection_retry (connection);
    connection_set_state (connection,
        GST_MATRIX_RTC_CONNECTION_STATE_RECONNECTING, error);
  }
}

/* What has never worked isn't tried again: somebody waits to hear of it. */
static void
connection_take_failure (Connection * connection, const GError * error)
{
  if (!connection->has_connected)
    connection_fail (connection, error);
  else
    connection_recover (connection, recovery_from_error (error,
            connection->state ==
            GST_MATRIX_RTC_CONNECTION_STATE_SIGNAL_RECONNECTING), error);
}

/* What the present session tells */

static void
on_joined (Session * session, const Livekit__JoinResponse * join,
    gpointer user_data)
{
  Connection *connection = user_data;

  connection_room_take_join (connection->room, join);
  /* Nobody to wait for: the transport comes up in its own time. */
  if (connection->state == GST_MATRIX_RTC_CONNECTION_STATE_CONNECTING
      && connection_room_is_empty (connection->room))
    connection_set_state (connection,
        GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED, NULL);
}

static void
on_updated (Session * session, Livekit__ParticipantInfo ** infos,
    gsize n_infos, gpointer user_data)
{
  Connection *connection = user_data;

  if (session != connection->session)
    return;
  connection_room_take_update (connection->room, infos, n_infos);
}

static void
on_moved (Session * session, const Livekit__RoomMovedResponse * moved,
    gpointer user_data)
{
  Connection *connection = user_data;

  if (session != connection->session || moved->participant == NULL)
    return;
  GST_INFO ("moved to another room");
  if (moved->room != NULL) {
    g_free (connection->config->room);
    connection->config->room = g_utf8_make_valid (moved->room->name, -1);
  }
  connection_room_take_move (connection->room, moved);
}

static void
on_speakers_changed (Session * session,
    const Livekit__SpeakersChanged * changed, gpointer user_data)
{
  Connection *connection = user_data;

  if (session == connection->session)
    connection_room_take_speakers (connection->room, changed);
}

static void
on_quality_changed (Session * session,
    const Livekit__ConnectionQualityUpdate * update, gpointer user_data)
{
  Connection *connection = user_data;

  if (session == connection->session)
    connection_room_take_quality (connection->room, update);
}

static void
on_data (Session * session, GBytes * message, gboolean is_reliable,
    gpointer user_data)
{
  Connection *connection = user_data;

  if (session == connection->session)
    connection_room_take_data (connection->room, message, is_reliable);
}

static void
on_round_trip (Session * session, gint64 round_trip, gpointer user_data)
{
  Connection *connection = user_data;

  if (session == connection->session)
    connection->callbacks.round_trip (round_trip, connection->user_data);
}

static void
on_connected (Session * session, gpointer user_data)
{
  Connection *connection = user_data;

  if (session != connection->session)
    return;
  if (connection->state == GST_MATRIX_RTC_CONNECTION_STATE_RECONNECTING)
    connection->n_reconnects++;
  else if (connection->state ==
      GST_MATRIX_RTC_CONNECTION_STATE_SIGNAL_RECONNECTING)
    connection->n_resumes++;
  connection->has_connected = TRUE;
  connection->n_attempts = 0;
  matrix_rtc_clear_source (&connection->give_up_timer);
  handover_start_deadline (connection->handover, FORMER_TIMEOUT_MS);
  connection_room_request_media (connection->room);
  connection_set_state (connection, GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED,
      NULL);
}

static void
on_lost (Session * session, const Livekit__LeaveRequest * leave,
    const GError * error, gpointer user_data)
{
  Connection *connection = user_data;
  Recovery recovery = recovery_from_leave (leave);

  if (session != connection->session)
    return;
  if (recovery != RECOVERY_END_CALL
      && connection->state != GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED
      && !connection->has_connected)
    recovery = RECOVERY_GIVE_UP;
  connection_recover (connection, recovery, error);
}

static void
on_failed (Session * session, const GError * error, gpointer user_data)
{
  Connection *connection = user_data;

  if (session == connection->session)
    connection_take_failure (connection, error);
}

static void
on_retired (Session * session, gpointer user_data)
{
  Connection *connection = user_data;

  handover_take_retired (connection->handover, session);
}

static const SessionCallbacks session_callbacks = {
  .joined = on_joined,
  .connected = on_connected,
  .lost = on_lost,
  .failed = on_failed,
  .updated = on_updated,
  .moved = on_moved,
  .speakers_changed = on_speakers_changed,
  .quality_changed = on_quality_changed,
  .data = on_data,
  .round_trip = on_round_trip,
  .track_ready = on_track_ready,
  .track_ended = on_track_ended,
  .track_failed = on_track_failed,
  .retired = on_retired,
};

/* Connecting */

/* FALSE: failed. */
static gboolean
connection_make_session (Connection * connection)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (GError) error = NULL;

  connection->session =
      session_new (connection->http, &connection->peer_settings,
      connection_room_wants_all (connection->room), &session_callbacks,
      connection, &cause);
  connection->n_ended_tracks = 0;
  connection_room_set_session (connection->room, connection->session);
  if (connection->session != NULL)
    return TRUE;
  error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_UNKNOWN, 0,
      _("GStreamer's WebRTC elements can't be used."), "%s", cause->message);
  connection_fail (connection, error);
  return FALSE;
}

/* Takes both. */
static void
on_config (SfuConfig * config, GError * error, gpointer user_data)
{
  Connection *connection = user_data;
  g_autoptr (GError) owned = error;

  if (config == NULL) {
    connection_take_failure (connection, error);
    return;
  }
  g_clear_pointer (&connection->config, sfu_config_free);
  connection->config = config;
  if (connection->session == NULL && !connection_make_session (connection))
    return;
  session_join (connection->session, config->url, config->jwt,
      connection->timeout_ms);
  if (connection->state == GST_MATRIX_RTC_CONNECTION_STATE_FETCHING_CONFIG)
    connection_set_state (connection,
        GST_MATRIX_RTC_CONNECTION_STATE_CONNECTING, NULL);
}

static void
connection_fetch (Connection * connection)
{
  sfu_access_fetch (connection->access, on_config, connection);
}

/* Goes from initialized to fetching-config and on. The states tell the rest. */
void
connection_start (Connection * connection)
{
  connection_set_state (connection,
      GST_MATRIX_RTC_CONNECTION_STATE_FETCHING_CONFIG, NULL);
  if (connection_is_active (connection)
      && connection_make_session (connection))
    connection_fetch (connection);
}

/* Life */

Connection *
connection_new (const ConnectionSettings * settings,
    const ConnectionCallbacks * callbacks, gpointer user_data)
{
  Connection *connection = g_new0 (Connection, 1);

  connection->http = http_client_ref (settings->access.http);
  connection->peer_settings = settings->peer;
  connection->timeout_ms = settings->timeout_ms;
  connection->reconnect_timeout_ms = settings->reconnect_timeout_ms;
  connection->access = sfu_access_new (&settings->access);
  connection->callbacks = *callbacks;
  connection->user_data = user_data;
  connection->handover = handover_new (&callbacks->track, user_data);
  connection->room = connection_room_new (connection->handover,
      settings->peer.receivers.output, settings->media,
      settings->video_quality, settings->peer.data_limits, &callbacks->room,
      user_data);
  return connection;
}

/* Leaves the call, from any state, and tells @callback when the server knows or
 * @timeout_ms have passed. The state is stopped at once. */
void
connection_stop_async (Connection * connection, guint timeout_ms,
    GAsyncReadyCallback callback, gpointer user_data)
{
  connection_stop_timers (connection);
  handover_abandon (connection->handover);
  if (connection->session != NULL) {
    session_leave_async (connection->session, timeout_ms, callback, user_data);
  } else {
    g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

    g_task_return_boolean (task, TRUE);
  }
  if (connection->state != GST_MATRIX_RTC_CONNECTION_STATE_INITIALIZED)
    connection_set_state (connection, GST_MATRIX_RTC_CONNECTION_STATE_STOPPED,
        NULL);
}

/* When the worker has ended and the media elements are down, see
 * rtc_peer_free(). */
void
connection_free (Connection * connection)
{
  connection_cancel (connection);
  g_clear_pointer (&connection->session, session_free);
  connection_room_free (connection->room);
  handover_free (connection->handover);
  sfu_access_free (connection->access);
  http_client_unref (connection->http);
  g_clear_pointer (&connection->config, sfu_config_free);
  g_clear_error (&connection->loss);
  g_free (connection);
}
