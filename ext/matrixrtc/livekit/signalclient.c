/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LiveKit's signalling: one WebSocket, one protobuf message per frame. Joins,
 * keeps the socket alive and the token fresh, and hands everything else up.
 * Lives on the worker thread.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include <gst/gst.h>
#include "../debug.h"
#include "../loop.h"
#include "signalclient.h"
#include "url.h"
#include "../matrixrtcerror.h"

#define GST_CAT_DEFAULT matrixrtc_signal_debug

/* Offers grow with the room: 100 participants make some 200 KiB. */
#define MAX_MESSAGE_SIZE (4 * 1024 * 1024)

/* For a server that names none, in seconds, and what we take of one that does. */
#define DEFAULT_PING_INTERVAL 5
#define DEFAULT_PING_TIMEOUT 15
#define MAX_PING_SECONDS 300

struct _LiveKitSignal
{
  HttpClient *http;
  LiveKitSignalCallbacks callbacks;     /* all NULL once abandoned */
  gpointer user_data;

  SoupWebsocketConnection *socket;
  gchar *url;
  gchar *jwt;                   /* secret; the newest that the server gave */
  GTask *connect_task;          /* until joined */
  GTask *leave_task;            /* while leaving */
  GSource *leave_timer;
  Livekit__LeaveRequest *leave; /* what the server said, if anything */

  gboolean is_resuming;
  GSource *ping_timer;
  GSource *pong_timer;          /* ends the socket; every message sets it back */
  guint ping_interval_ms;
  guint pong_timeout_ms;
  gint64 rtt_ms;
  gint64 ping_timestamp;        /* of the last ping, as the server echoes it */
  gint64 pinged_at;             /* when that was; us, monotonic */
};

static void signal_end_socket (LiveKitSignal * signal);
static void signal_return_connect_error (LiveKitSignal * signal,
    GError * error);

LiveKitSignal *
livekit_signal_new (HttpClient * http,
    const LiveKitSignalCallbacks * callbacks, gpointer user_data)
{
  LiveKitSignal *signal = g_rc_box_new0 (LiveKitSignal);

  signal->http = http_client_ref (http);
  signal->callbacks = *callbacks;
  signal->user_data = user_data;
  return signal;
}

LiveKitSignal *
livekit_signal_ref (LiveKitSignal * signal)
{
  return g_rc_box_acquire (signal);
}

static void
signal_clear (LiveKitSignal * signal)
{
  signal_end_socket (signal);
  if (signal->leave != NULL)
    livekit__leave_request__free_unpacked (signal->leave, NULL);
  g_free (signal->url);
  g_free (signal->jwt);
  http_client_unref (signal->http);
}

void
livekit_signal_unref (LiveKitSignal * signal)
{
  g_rc_box_release_full (signal, (GDestroyNotify) signal_clear);
}

static GError *
cancelled_error_new (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
      "nobody waits any more");
}

/* No callback comes any more, and the socket is dropped without a word. */
void
livekit_signal_abandon (LiveKitSignal * signal)
{
  memset (&signal->callbacks, 0, sizeof (signal->callbacks));
  if (signal->connect_task != NULL)
    signal_return_connect_error (signal, cancelled_error_new ());
  signal_end_socket (signal);
}

/* The newest token that the server gave; secret. NULL before connecting. */
const gchar *
livekit_signal_get_token (LiveKitSignal * signal)
{
  return signal->jwt;
}

/* Sending */

static void
signal_send (LiveKitSignal * signal, Livekit__SignalRequest * request)
{
  gsize size;
  g_autofree guint8 *data = NULL;

  if (signal->socket == NULL
      || soup_websocket_connection_get_state (signal->socket) !=
      SOUP_WEBSOCKET_STATE_OPEN)
    return;
  size = livekit__signal_request__get_packed_size (request);
  data = g_malloc (size);
  livekit__signal_request__pack (request, data);
  soup_websocket_connection_send_binary (signal->socket, data, size);
}

void
livekit_signal_send_answer (LiveKitSignal * signal, const gchar * sdp,
    guint32 offer_id)
{
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
  Livekit__SessionDescription answer = LIVEKIT__SESSION_DESCRIPTION__INIT;

  answer.type = (gchar *) "answer";
  answer.sdp = (gchar *) sdp;
  answer.id = offer_id;
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_ANSWER;
  request.answer = &answer;
  signal_send (signal, &request);
}

/* @candidate_init is an RTCIceCandidateInit in JSON. */
void
livekit_signal_send_candidate (LiveKitSignal * signal,
    const gchar * candidate_init)
{
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
  Livekit__TrickleRequest trickle = LIVEKIT__TRICKLE_REQUEST__INIT;

  trickle.candidateinit = (gchar *) candidate_init;
  trickle.target = LIVEKIT__SIGNAL_TARGET__SUBSCRIBER;
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRICKLE;
  request.trickle = &trickle;
  signal_send (signal, &request);
}

static void
subscription_init (Livekit__UpdateSubscription * subscription,
    const GPtrArray * track_sids, gboolean subscribe)
{
  livekit__update_subscription__init (subscription);
  subscription->track_sids = (gchar **) track_sids->pdata;
  subscription->n_track_sids = track_sids->len;
  subscription->subscribe = subscribe;
}

/* @track_sids are strings. */
void
livekit_signal_send_subscription (LiveKitSignal * signal,
    const GPtrArray * track_sids, gboolean subscribe)
{
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
  Livekit__UpdateSubscription subscription;

  subscription_init (&subscription, track_sids, subscribe);
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION;
  request.subscription = &subscription;
  signal_send (signal, &request);
}

static void
signal_send_settings (LiveKitSignal * signal,
    Livekit__UpdateTrackSettings * settings, const GPtrArray * track_sids)
{
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;

  settings->track_sids = (gchar **) track_sids->pdata;
  settings->n_track_sids = track_sids->len;
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRACK_SETTING;
  request.track_setting = settings;
  signal_send (signal, &request);
}

/* Nothing of them is sent until a quality is asked for, of audio any. @track_sids are
 * strings. */
void
livekit_signal_send_off (LiveKitSignal * signal, const GPtrArray * track_sids)
{
  Livekit__UpdateTrackSettings settings = LIVEKIT__UPDATE_TRACK_SETTINGS__INIT;

  settings.disabled = TRUE;
  signal_send_settings (signal, &settings, track_sids);
}

/* @track_sids are strings. */
void
livekit_signal_send_video_quality (LiveKitSignal * signal,
    const GPtrArray * track_sids, GstMatrixRtcVideoQuality quality)
{
  Livekit__UpdateTrackSettings settings = LIVEKIT__UPDATE_TRACK_SETTINGS__INIT;

  /* Our enum's values are LiveKit's. */
  settings.quality = (Livekit__VideoQuality) quality;
  signal_send_settings (signal, &settings, track_sids);
}

/* The first thing that a resumed session says: where we stand. @track_sids, of
 * strings, are the exceptions from what the server sends by itself, with @subscribe
 * those that it's asked for; @off are those that it was asked not to send for now.
 * @offer and @answer are the last ones, or NULL. */
void
livekit_signal_send_sync_state (LiveKitSignal * signal,
    const GPtrArray * track_sids, gboolean subscribe, const GPtrArray * off,
    const gchar * offer, const gchar * answer)
{
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
  Livekit__SyncState state = LIVEKIT__SYNC_STATE__INIT;
  Livekit__UpdateSubscription subscription;
  Livekit__SessionDescription last_offer = LIVEKIT__SESSION_DESCRIPTION__INIT;
  Livekit__SessionDescription last_answer = LIVEKIT__SESSION_DESCRIPTION__INIT;

  subscription_init (&subscription, track_sids, subscribe);
  state.subscription = &subscription;
  state.track_sids_disabled = (gchar **) off->pdata;
  state.n_track_sids_disabled = off->len;
  if (offer != NULL && answer != NULL) {
    last_offer.type = (gchar *) "offer";
    last_offer.sdp = (gchar *) offer;
    last_answer.type = (gchar *) "answer";
    last_answer.sdp = (gchar *) answer;
    state.offer = &last_offer;
    state.answer = &last_answer;
  }
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SYNC_STATE;
  request.sync_state = &state;
  signal_send (signal, &request);
}

/* Tells the server that we go. Doesn't close. */
void
livekit_signal_send_leave (LiveKitSignal * signal)
{
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
  Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;

  leave.reason = LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED;
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE;
  request.leave = &leave;
  signal_send (signal, &request);
}

static gboolean
send_ping (gpointer user_data)
{
  LiveKitSignal *signal = user_data;
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
  Livekit__Ping ping = LIVEKIT__PING__INIT;

  signal->pinged_at = g_get_monotonic_time ();
  signal->ping_timestamp = g_get_real_time () / 1000;
  ping.timestamp = signal->ping_timestamp;
  ping.rtt = signal->rtt_ms;
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ;
  request.ping_req = &ping;
  signal_send (signal, &request);
  return G_SOURCE_CONTINUE;
}

/* The life of the socket */

static void
signal_end_socket (LiveKitSignal * signal)
{
  matrix_rtc_clear_source (&signal->ping_timer);
  matrix_rtc_clear_source (&signal->pong_timer);
  matrix_rtc_clear_source (&signal->leave_timer);
  if (signal->socket != NULL) {
    g_signal_handlers_disconnect_by_data (signal->socket, signal);
    if (soup_websocket_connection_get_state (signal->socket) ==
        SOUP_WEBSOCKET_STATE_OPEN)
      soup_websocket_connection_close (signal->socket,
          SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
    g_clear_object (&signal->socket);
  }
}

static GError *
connection_error_new (guint http_status, const gchar * debug)
{
  return matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION,
      http_status, _("The connection to the LiveKit server failed."), "%s",
      debug);
}

static void
signal_return_connect_error (LiveKitSignal * signal, GError * error)
{
  g_autoptr (GTask) task = g_steal_pointer (&signal->connect_task);

  signal_end_socket (signal);
  g_task_return_error (task, error);
}

static const gchar *
reason_to_string (Livekit__DisconnectReason reason)
{
  const ProtobufCEnumValue *value =
      protobuf_c_enum_descriptor_get_value
      (&livekit__disconnect_reason__descriptor, reason);

  return value == NULL ? "an unknown reason" : value->name;
}

gchar *
livekit_describe_leave (const Livekit__LeaveRequest * leave)
{
  return g_strdup_printf ("the server ended it: %s",
      reason_to_string (leave->reason));
}

/* Who waits for the socket hears that it's gone: the one who leaves, the one who
 * joins, or our user. */
static void
signal_socket_is_gone (LiveKitSignal * signal, const gchar * debug)
{
  g_rc_box_acquire (signal);
  if (signal->leave_task != NULL) {
    g_autoptr (GTask) task = g_steal_pointer (&signal->leave_task);

    if (signal->connect_task != NULL)
      signal_return_connect_error (signal, cancelled_error_new ());
    signal_end_socket (signal);
    g_task_return_boolean (task, TRUE);
  } else if (signal->connect_task != NULL) {
    signal_return_connect_error (signal, connection_error_new (0, debug));
  } else {
    signal_end_socket (signal);
    if (signal->callbacks.closed != NULL)
      signal->callbacks.closed (signal->leave, debug, signal->user_data);
  }
  livekit_signal_unref (signal);
}

static gboolean
on_pong_timeout (gpointer user_data)
{
  signal_socket_is_gone (user_data, "the server fell silent");
  return G_SOURCE_REMOVE;
}

static void
rearm_pong_timer (LiveKitSignal * signal)
{
  if (signal->pong_timer != NULL)
    g_source_set_ready_time (signal->pong_timer,
        g_get_monotonic_time () + signal->pong_timeout_ms * 1000LL);
}

static guint
ping_ms (gint32 seconds, gint32 fallback)
{
  return (seconds > 0 ? MIN (seconds, MAX_PING_SECONDS) : fallback) * 1000;
}

/* What a join says, which a resumed session has to be told. 0 is not known. */
void
livekit_signal_set_pings (LiveKitSignal * signal, gint32 interval_s,
    gint32 timeout_s)
{
  signal->ping_interval_ms = ping_ms (interval_s, DEFAULT_PING_INTERVAL);
  signal->pong_timeout_ms = ping_ms (timeout_s, DEFAULT_PING_TIMEOUT);
}

static void
signal_start_pings (LiveKitSignal * signal)
{
  signal->pong_timer =
      matrix_rtc_add_timeout (signal->pong_timeout_ms, on_pong_timeout, signal);
  signal->ping_timer =
      matrix_rtc_add_timeout (signal->ping_interval_ms, send_ping, signal);
  /* A resume has other things to say first. */
  if (!signal->is_resuming)
    send_ping (signal);
}

/* Receiving */

static void
free_message (gpointer message)
{
  livekit__signal_response__free_unpacked (message, NULL);
}

static void
signal_return_first_message (LiveKitSignal * signal,
    Livekit__SignalResponse * message)
{
  g_autoptr (GTask) task = g_steal_pointer (&signal->connect_task);

  signal_start_pings (signal);
  g_task_return_pointer (task, message, free_message);
}

/* Takes @message. A resume may begin with any: the caller decides. */
static void
take_first_message (LiveKitSignal * signal, Livekit__SignalResponse * message)
{
  g_autofree gchar *debug = NULL;

  if (message->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN)
    livekit_signal_set_pings (signal, message->join->ping_interval,
        message->join->ping_timeout);
  if (signal->is_resuming
      || message->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN) {
    signal_return_first_message (signal, message);
    return;
  }
  debug = message->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE ?
      livekit_describe_leave (message->leave) :
      g_strdup ("the first message is no join");
  signal_return_connect_error (signal, connection_error_new (0, debug));
  free_message (message);
}

static void
take_token (LiveKitSignal * signal, const gchar * jwt)
{
  if (*jwt == '\0')
    return;
  g_free (signal->jwt);
  signal->jwt = g_strdup (jwt);
}

static void
take_pong (LiveKitSignal * signal, const Livekit__Pong * pong)
{
  gint64 round_trip = g_get_monotonic_time () - signal->pinged_at;

  if (signal->ping_timestamp == 0
      || pong->last_ping_timestamp != signal->ping_timestamp)
    return;
  signal->ping_timestamp = 0;
  signal->rtt_ms = round_trip / 1000;
  if (signal->callbacks.round_trip != NULL)
    signal->callbacks.round_trip (round_trip, signal->user_data);
}

/* Takes @message. */
static void
take_leave (LiveKitSignal * signal, Livekit__SignalResponse * message)
{
  g_autofree gchar *debug = livekit_describe_leave (message->leave);

  if (signal->leave != NULL)
    livekit__leave_request__free_unpacked (signal->leave, NULL);
  signal->leave = g_steal_pointer (&message->leave);
  message->message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE__NOT_SET;
  free_message (message);
  signal_socket_is_gone (signal, debug);
}

/* Takes @message. */
static void
take_message (LiveKitSignal * signal, Livekit__SignalResponse * message)
{
  switch (message->message_case) {
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN:
      take_token (signal, message->refresh_token);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG_RESP:
      take_pong (signal, message->pong_resp);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE:
      take_leave (signal, message);
      return;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_MOVED:
      take_token (signal, message->room_moved->token);
      /* FALLTHROUGH */
    default:
      if (signal->callbacks.message != NULL)
        signal->callbacks.message (message, signal->user_data);
  }
  free_message (message);
}

static void
on_socket_message (SoupWebsocketConnection * socket,
    SoupWebsocketDataType type, GBytes * bytes, LiveKitSignal * signal)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  Livekit__SignalResponse *message;

  rearm_pong_timer (signal);
  if (type != SOUP_WEBSOCKET_DATA_BINARY)
    return;
  message = livekit__signal_response__unpack (NULL, size, data);
  if (message == NULL) {
    GST_WARNING ("a message of %" G_GSIZE_FORMAT " bytes can't be read", size);
    return;
  }
  g_rc_box_acquire (signal);
  if (signal->connect_task != NULL)
    take_first_message (signal, message);
  else
    take_message (signal, message);
  livekit_signal_unref (signal);
}

static void
on_socket_error (SoupWebsocketConnection * socket, GError * error,
    LiveKitSignal * signal)
{
  GST_INFO ("the socket fails: %s", error->message);
}

static void
on_socket_closed (SoupWebsocketConnection * socket, LiveKitSignal * signal)
{
  signal_socket_is_gone (signal, "the server closed the connection");
}

/* Connecting */

/* What a refusal means, by the status of the validation request, as Element
 * Call reads it. 200 there, after a refused WebSocket, is a full room. */
static GError *
refusal_to_error (guint status)
{
  switch (status) {
    case SOUP_STATUS_OK:
    case HTTP_STATUS_TOO_MANY_REQUESTS:
    case SOUP_STATUS_SERVICE_UNAVAILABLE:
      return matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_INSUFFICIENT_CAPACITY,
          status, _("The call is full, or its server is."),
          "the validation request answered %u", status);
    case SOUP_STATUS_NOT_FOUND:
      return matrix_rtc_error_new
          (GST_MATRIX_RTC_ERROR_SFU_ROOM_CREATION_RESTRICTED, status,
          _("The call doesn't exist on the LiveKit server, and this account "
              "may not start it there."),
          "the validation request answered %u", status);
    case SOUP_STATUS_UNAUTHORIZED:
    case SOUP_STATUS_FORBIDDEN:
      return matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION,
          status, _("The LiveKit server refuses the token."),
          "the validation request answered %u", status);
    default:
      return connection_error_new (status, "the server refused the WebSocket");
  }
}

static void
on_validated (GObject * source, GAsyncResult * result, gpointer user_data)
{
  LiveKitSignal *signal = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HttpReply) reply = http_client_request_finish (result, &error);

  if (signal->connect_task == NULL)
    GST_DEBUG ("nobody waits for the validation any more");
  else if (reply != NULL)
    signal_return_connect_error (signal, refusal_to_error (reply->status));
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    signal_return_connect_error (signal, g_steal_pointer (&error));
  else
    signal_return_connect_error (signal, connection_error_new (0,
            error->message));
  livekit_signal_unref (signal);
}

static void
signal_validate (LiveKitSignal * signal)
{
  g_autofree gchar *url = livekit_url_for_validation (signal->url, NULL);

  http_client_request_async (signal->http, "GET", url, signal->jwt, NULL,
      HTTP_DEFAULT_MAX_SIZE, g_task_get_cancellable (signal->connect_task),
      on_validated, livekit_signal_ref (signal));
}

static void
signal_take_socket (LiveKitSignal * signal, SoupWebsocketConnection * socket)
{
  signal->socket = socket;
  soup_websocket_connection_set_max_incoming_payload_size (socket,
      MAX_MESSAGE_SIZE);
  g_signal_connect (socket, "message", G_CALLBACK (on_socket_message), signal);
  g_signal_connect (socket, "error", G_CALLBACK (on_socket_error), signal);
  g_signal_connect (socket, "closed", G_CALLBACK (on_socket_closed), signal);
}

static void
on_websocket (GObject * session, GAsyncResult * result, gpointer user_data)
{
  LiveKitSignal *signal = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SoupWebsocketConnection) socket =
      soup_session_websocket_connect_finish (SOUP_SESSION (session), result,
      &error);

  if (signal->connect_task == NULL) {
    GST_DEBUG ("nobody waits for the WebSocket any more");
  } else if (g_task_return_error_if_cancelled (signal->connect_task)) {
    g_clear_object (&signal->connect_task);
  } else if (socket != NULL) {
    signal_take_socket (signal, g_steal_pointer (&socket));
  } else {
    GST_INFO ("no WebSocket: %s", error->message);
    signal_validate (signal);
  }
  livekit_signal_unref (signal);
}

/* Opens the WebSocket at @url and waits for the join, or with @resume (NULL: a
 * new session) for whatever comes first. With @auto_subscribe the server sends all
 * tracks that it isn't asked not to send. The cancellable and
 * livekit_signal_abandon() end it; time limits are the caller's. */
void
livekit_signal_connect_async (LiveKitSignal * signal, const gchar * url,
    const gchar * jwt, gboolean auto_subscribe, const LiveKitResume * resume,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SoupMessage) message = NULL;
  g_autofree gchar *socket_url = resume == NULL ?
      livekit_url_for_signalling (url, auto_subscribe, &error) :
      livekit_url_for_resuming (url, auto_subscribe, resume->sid,
      resume->reason, &error);

  signal->is_resuming = resume != NULL;
  signal->connect_task = g_task_new (NULL, cancellable, callback, user_data);
  if (socket_url != NULL)
    message = http_client_new_message (signal->http, "GET", socket_url, jwt,
        &error);
  if (message == NULL) {
    signal_return_connect_error (signal, connection_error_new (0,
            error->message));
    return;
  }
  signal->url = g_strdup (url);
  signal->jwt = g_strdup (jwt);
  soup_session_websocket_connect_async (http_client_get_session (signal->http),
      message, NULL, NULL, G_PRIORITY_DEFAULT, cancellable, on_websocket,
      livekit_signal_ref (signal));
}

/* The first message; free with livekit__signal_response__free_unpacked(). */
Livekit__SignalResponse *
livekit_signal_connect_finish (GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Leaving */

static gboolean
on_leave_timeout (gpointer user_data)
{
  signal_socket_is_gone (user_data, "the server didn't close");
  return G_SOURCE_REMOVE;
}

/* Says goodbye and closes. Ends when the server has closed too, at the latest
 * after @timeout_ms, and never fails. No other callback comes any more. */
void
livekit_signal_leave_async (LiveKitSignal * signal, guint timeout_ms,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  memset (&signal->callbacks, 0, sizeof (signal->callbacks));
  if (signal->socket == NULL || signal->leave_task != NULL) {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
    return;
  }
  g_task_set_task_data (task, livekit_signal_ref (signal),
      (GDestroyNotify) livekit_signal_unref);
  signal->leave_task = task;
  signal->leave_timer =
      matrix_rtc_add_timeout (timeout_ms, on_leave_timeout, signal);
  livekit_signal_send_leave (signal);
  if (soup_websocket_connection_get_state (signal->socket) ==
      SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (signal->socket,
        SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
}
