/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One stay in an SFU's room: LiveKit's signalling and the media peer beside it.
 * Signalling may be lost and come back, which restarts ICE and leaves the media
 * as it is. Lives on the worker thread.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include "debug.h"
#include "livekit/candidate.h"
#include "livekit/signalclient.h"
#include "livekit/url.h"
#include "matrixrtcerror.h"
#include "session.h"

#define GST_CAT_DEFAULT matrixrtc_connection_debug

/* LiveKit's has 43 bytes. */
#define MAX_SIF_TRAILER 256

/* A resumed session's offer that restarts ICE comes at once. What comes without
 * it needs no restart. */
#define RESTART_TIMEOUT_MS 2000

struct _Session
{
  HttpClient *http;
  SessionCallbacks callbacks;   /* all NULL once abandoned */
  gpointer user_data;
  RtcPeer *peer;

  gchar *url;
  gchar *token;                 /* secret; the newest */
  gchar *sid;                   /* ours, once joined */
  gint32 ping_interval_s;
  gint32 ping_timeout_s;
  LiveKitSubscriptions *subscriptions;
  LiveKitQualities *qualities;
  GBytes *sif_trailer;          /* of the frames that this SFU makes, or NULL */

  LiveKitSignal *signal;        /* NULL while signalling is lost */
  gboolean is_signal_up;        /* it has had its first message */
  GHashTable *offer_ids;        /* of the offers that came by it */
  GCancellable *cancellable;    /* of the join or resume under way */
  GSource *phase_timer;
  gboolean has_connected;       /* ever */
  gboolean is_resuming;         /* until media can flow again */
  GSource *restart_timer;       /* while a resume waits for its offer */
};

static void
session_clear (Session * session)
{
  http_client_unref (session->http);
  g_free (session->url);
  g_free (session->token);
  g_free (session->sid);
  livekit_subscriptions_free (session->subscriptions);
  livekit_qualities_free (session->qualities);
  g_clear_pointer (&session->sif_trailer, g_bytes_unref);
  g_clear_object (&session->cancellable);
  g_hash_table_unref (session->offer_ids);
}

static void
session_unref (Session * session)
{
  g_atomic_rc_box_release_full (session, (GDestroyNotify) session_clear);
}

/* The tracks that come in. */
RtcStreams *
session_get_streams (Session * session)
{
  return rtc_peer_get_streams (session->peer);
}

/* See rtc_peer_take_media_error(). */
gboolean
session_take_media_error (Session * session, GstObject * source,
    const gchar * debug)
{
  return rtc_peer_take_media_error (session->peer, source, debug);
}

/* The newest one that the server gave; secret. */
const gchar *
session_get_token (Session * session)
{
  return session->token;
}

void
session_set_track_encryption (Session * session, const gchar * identity,
    const gchar * track_sid, gboolean is_encrypted)
{
  const RtcTrackEncryption encryption = {
    .is_encrypted = is_encrypted,
    .identity = identity,
    .track_sid = track_sid,
    .sif_trailer = session->sif_trailer,
  };

  rtc_streams_set_track_encryption (session_get_streams (session), &encryption);
}

/* Ending */

static void
session_keep_token (Session * session)
{
  if (livekit_signal_get_token (session->signal) == NULL)
    return;
  g_free (session->token);
  session->token = g_strdup (livekit_signal_get_token (session->signal));
}

static void
session_stop_waiting (Session * session)
{
  matrix_rtc_clear_source (&session->phase_timer);
  matrix_rtc_clear_source (&session->restart_timer);
  if (session->cancellable != NULL)
    g_cancellable_cancel (session->cancellable);
  session->is_resuming = FALSE;
}

/* Signalling ends, media goes on as long as the server sends it. With @tell the
 * server hears a goodbye in passing, and ends both. */
void
session_hang_up (Session * session, gboolean tell)
{
  session_stop_waiting (session);
  session->is_signal_up = FALSE;
  g_hash_table_remove_all (session->offer_ids);
  if (session->signal == NULL)
    return;
  session_keep_token (session);
  if (tell)
    livekit_signal_send_leave (session->signal);
  livekit_signal_abandon (session->signal);
  g_clear_pointer (&session->signal, livekit_signal_unref);
}

/* No callback comes any more, and no media. Before session_free(), which may have
 * to wait for the element. */
void
session_abandon (Session * session)
{
  memset (&session->callbacks, 0, sizeof (session->callbacks));
  session_hang_up (session, FALSE);
  rtc_peer_abandon (session->peer);
}

static gboolean
on_peer_retired (gpointer user_data)
{
  Session *session = user_data;

  if (session->callbacks.retired != NULL)
    session->callbacks.retired (session, session->user_data);
  return G_SOURCE_REMOVE;
}

/* Abandons the session and takes its media down in the background, in any state of
 * the element. */
void
session_retire (Session * session)
{
  SessionCallbacks last = {.retired = session->callbacks.retired };

  session_abandon (session);
  session->callbacks = last;
  rtc_peer_retire (session->peer, on_peer_retired,
      g_atomic_rc_box_acquire (session), (GDestroyNotify) session_unref);
}

/* See rtc_peer_free(). */
void
session_free (Session * session)
{
  session_abandon (session);
  rtc_peer_free (session->peer);
  session_unref (session);
}

static void
on_left (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  g_task_return_boolean (task, TRUE);
}

/* Abandons the session, and tells @callback when the server knows or @timeout_ms
 * have passed. */
void
session_leave_async (Session * session, guint timeout_ms,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  g_autoptr (LiveKitSignal) signal = g_steal_pointer (&session->signal);

  session_abandon (session);
  if (signal == NULL)
    on_left (NULL, NULL, task);
  else
    livekit_signal_leave_async (signal, timeout_ms, on_left, task);
}

/* Takes @error. */
static void
session_fail (Session * session, GError * error)
{
  g_autoptr (GError) owned = error;

  session_stop_waiting (session);
  if (session->callbacks.failed != NULL)
    session->callbacks.failed (session, error, session->user_data);
}

static gboolean
on_phase_timeout (gpointer user_data)
{
  Session *session = user_data;

  if (!session->is_signal_up)
    session_fail (session, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
            _("The LiveKit server doesn't answer in time."),
            "not a word in time"));
  else
    session_fail (session, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_PEER_CONNECTION_TIMEOUT, 0,
            _("No media path to the LiveKit server could be found."),
            session->is_resuming ? "no resume in time" :
            "no media transport in time"));
  return G_SOURCE_REMOVE;
}

static void
session_start_phase (Session * session, guint timeout_ms)
{
  matrix_rtc_clear_source (&session->phase_timer);
  session->phase_timer =
      matrix_rtc_add_timeout (timeout_ms, on_phase_timeout, session);
}

/* Signalling */

static void
session_take_offer (Session * session,
    const Livekit__SessionDescription * offer)
{
  g_autoptr (GHashTable) map = g_hash_table_new (g_str_hash, g_str_equal);
  gsize i;

  for (i = 0; i < offer->n_mid_to_track_id; i++)
    g_hash_table_insert (map, offer->mid_to_track_id[i]->key,
        offer->mid_to_track_id[i]->value);
  g_hash_table_add (session->offer_ids, GUINT_TO_POINTER (offer->id));
  rtc_peer_take_offer (session->peer, offer->sdp, offer->id, map);
}

static void
session_take_candidate (Session * session,
    const Livekit__TrickleRequest * trickle)
{
  guint mline;
  g_autofree gchar *candidate = NULL;

  if (trickle->target != LIVEKIT__SIGNAL_TARGET__SUBSCRIBER)
    return;
  candidate = livekit_candidate_from_json (trickle->candidateinit, &mline);
  if (candidate != NULL)
    rtc_peer_add_candidate (session->peer, mline, candidate);
}

static void
session_take_sid (Session * session, const gchar * sid)
{
  g_free (session->sid);
  session->sid = g_strdup (sid);
}

static void
session_take_message (Session * session,
    const Livekit__SignalResponse * message)
{
  switch (message->message_case) {
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER:
      session_take_offer (session, message->offer);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE:
      session_take_candidate (session, message->trickle);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE:
      session->callbacks.updated (session, message->update->participants,
          message->update->n_participants, session->user_data);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_MOVED:
      if (message->room_moved->participant != NULL)
        session_take_sid (session, message->room_moved->participant->sid);
      session->callbacks.moved (session, message->room_moved,
          session->user_data);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SPEAKERS_CHANGED:
      session->callbacks.speakers_changed (session, message->speakers_changed,
          session->user_data);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_CONNECTION_QUALITY:
      session->callbacks.quality_changed (session, message->connection_quality,
          session->user_data);
      break;
    default:
      GST_LOG ("message %d is not for us", (gint) message->message_case);
  }
}

static void
on_signal_message (const Livekit__SignalResponse * message, gpointer user_data)
{
  session_take_message (user_data, message);
}

static void
session_lose_signal (Session * session, const Livekit__LeaveRequest * leave,
    const gchar * debug)
{
  g_autoptr (GError) error = matrix_rtc_error_new
      (GST_MATRIX_RTC_ERROR_CONNECTION_LOST, 0, leave != NULL ?
      _("The LiveKit server has removed us from the call.") :
      _("The connection to the LiveKit server was lost."), "%s", debug);

  session_hang_up (session, FALSE);
  session->callbacks.lost (session, leave, error, session->user_data);
}

/* The signalling client keeps @leave no longer than we keep it. */
static void
on_signal_closed (const Livekit__LeaveRequest * leave, const gchar * debug,
    gpointer user_data)
{
  Session *session = user_data;
  g_autoptr (LiveKitSignal) signal = livekit_signal_ref (session->signal);

  session_lose_signal (session, leave, debug);
}

static void
on_signal_round_trip (gint64 round_trip, gpointer user_data)
{
  Session *session = user_data;

  session->callbacks.round_trip (session, round_trip, session->user_data);
}

static const LiveKitSignalCallbacks signal_callbacks = {
  on_signal_message, on_signal_closed, on_signal_round_trip
};

/* The peer. Without signalling it still brings the tracks that it has. */

static void
on_peer_answer (const gchar * sdp, guint32 offer_id, gpointer user_data)
{
  Session *session = user_data;

  /* What was offered before a resume is offered anew; a server might take the
   * answer for the new one's. */
  if (session->signal != NULL && g_hash_table_remove (session->offer_ids,
          GUINT_TO_POINTER (offer_id)))
    livekit_signal_send_answer (session->signal, sdp, offer_id);
}

static void
on_peer_candidate (guint mline, const gchar * candidate, gpointer user_data)
{
  Session *session = user_data;
  g_autofree gchar *json = livekit_candidate_to_json (mline, candidate);

  if (session->signal != NULL)
    livekit_signal_send_candidate (session->signal, json);
}

static void
session_take_connected (Session * session)
{
  session_stop_waiting (session);
  /* Until now the server has forgotten all that it was asked not to send. */
  if (!session->has_connected
      && livekit_subscriptions_are_automatic (session->subscriptions))
    livekit_subscriptions_forget (session->subscriptions);
  session->has_connected = TRUE;
  session->callbacks.connected (session, session->user_data);
}

static void
on_peer_connected (gpointer user_data)
{
  Session *session = user_data;

  if (session->is_signal_up)
    session_take_connected (session);
}

static void
on_peer_failed (const gchar * debug, gpointer user_data)
{
  Session *session = user_data;

  if (session->has_connected)
    session_fail (session, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_CONNECTION_LOST, 0,
            _("The media connection to the LiveKit server was lost."), "%s",
            debug));
  else
    session_fail (session, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
            _("The connection to the LiveKit server failed."), "%s", debug));
}

static void
on_track_ready (const gchar * track_sid, gpointer user_data)
{
  Session *session = user_data;

  session->callbacks.track_ready (session, track_sid, session->user_data);
}

static void
on_track_ended (const gchar * track_sid, gpointer user_data)
{
  Session *session = user_data;

  session->callbacks.track_ended (session, track_sid, session->user_data);
}

static void
on_track_failed (const gchar * track_sid, const gchar * debug,
    gpointer user_data)
{
  Session *session = user_data;

  session->callbacks.track_failed (session, track_sid, debug,
      session->user_data);
}

static void
on_peer_data (GBytes * message, gboolean is_reliable, gpointer user_data)
{
  Session *session = user_data;

  session->callbacks.data (session, message, is_reliable, session->user_data);
}

static const RtcPeerCallbacks peer_callbacks = {
  on_peer_answer, on_peer_candidate, on_peer_connected, on_peer_failed,
  on_track_ready, on_track_ended, on_track_failed, on_peer_data
};

/* Makes the media elements, before anything is connected. With @auto_subscribe the
 * server sends all tracks of which session_update_subscriptions() doesn't say
 * otherwise, without none. */
Session *
session_new (HttpClient * http, const RtcPeerSettings * settings,
    gboolean auto_subscribe, const SessionCallbacks * callbacks,
    gpointer user_data, GError ** error)
{
  Session *session = g_atomic_rc_box_new0 (Session);

  session->http = http_client_ref (http);
  session->callbacks = *callbacks;
  session->user_data = user_data;
  session->offer_ids = g_hash_table_new (NULL, NULL);
  session->subscriptions = livekit_subscriptions_new (auto_subscribe);
  session->qualities = livekit_qualities_new ();
  session->peer = rtc_peer_new (settings, &peer_callbacks, session, error);
  if (session->peer == NULL)
    g_clear_pointer (&session, session_unref);
  return session;
}

/* Subscriptions */

/* Asks for those of @tracks that @selection wants, and for no others. While
 * signalling is lost it does nothing, and tells by FALSE that it has to be called
 * again. */
gboolean
session_update_subscriptions (Session * session, const GPtrArray * tracks,
    const LiveKitSelection * selection)
{
  g_autoptr (GPtrArray) subscribe = g_ptr_array_new ();
  g_autoptr (GPtrArray) unsubscribe = g_ptr_array_new ();

  if (!session->is_signal_up)
    return FALSE;
  livekit_subscriptions_update (session->subscriptions, tracks, selection,
      subscribe, unsubscribe);
  if (subscribe->len > 0)
    livekit_signal_send_subscription (session->signal, subscribe, TRUE);
  if (unsubscribe->len > 0)
    livekit_signal_send_subscription (session->signal, unsubscribe, FALSE);
  return TRUE;
}

static void
session_send_quality (Session * session, const GPtrArray * track_sids,
    guint quality)
{
  if (track_sids->len == 0)
    return;
  if (quality == LIVEKIT_QUALITY_OFF)
    livekit_signal_send_off (session->signal, track_sids);
  else
    livekit_signal_send_video_quality (session->signal, track_sids, quality);
}

static void
session_note_off (Session * session)
{
  g_autoptr (GPtrArray) off = livekit_qualities_get_off (session->qualities);

  rtc_peer_set_off (session->peer, off);
}

/* Asks for the layers that are wanted, see livekit_qualities_update(). While
 * signalling is lost it does nothing, too. */
void
session_update_qualities (Session * session, const GPtrArray * tracks,
    GstMatrixRtcVideoQuality usual, GHashTable * wishes, GHashTable * off)
{
  GPtrArray *changed[LIVEKIT_N_QUALITIES];
  guint i;

  if (!session->is_signal_up)
    return;
  for (i = 0; i < LIVEKIT_N_QUALITIES; i++)
    changed[i] = g_ptr_array_new ();
  livekit_qualities_update (session->qualities, tracks, usual, wishes, off,
      changed);
  for (i = 0; i < LIVEKIT_N_QUALITIES; i++) {
    session_send_quality (session, changed[i], i);
    g_ptr_array_unref (changed[i]);
  }
  session_note_off (session);
}

static void
session_send_sync_state (Session * session)
{
  g_autoptr (GPtrArray) exceptions =
      livekit_subscriptions_get_exceptions (session->subscriptions);
  g_autoptr (GPtrArray) off = livekit_qualities_get_off (session->qualities);
  const gchar *offer, *answer;

  rtc_peer_get_last_negotiation (session->peer, &offer, &answer);
  livekit_signal_send_sync_state (session->signal, exceptions,
      !livekit_subscriptions_are_automatic (session->subscriptions), off,
      offer, answer);
}

/* Joining */

static void
session_configure_peer (Session * session, const Livekit__JoinResponse * join)
{
  gsize i, j;

  for (i = 0; i < join->n_ice_servers; i++) {
    const Livekit__ICEServer *server = join->ice_servers[i];

    for (j = 0; j < server->n_urls; j++)
      rtc_peer_add_ice_server (session->peer, server->urls[j],
          server->username, server->credential);
  }
  if (join->sif_trailer.len > 0 && join->sif_trailer.len <= MAX_SIF_TRAILER)
    session->sif_trailer =
        g_bytes_new (join->sif_trailer.data, join->sif_trailer.len);
  if (join->client_configuration != NULL
      && join->client_configuration->force_relay ==
      LIVEKIT__CLIENT_CONFIG_SETTING__ENABLED)
    rtc_peer_set_relay_only (session->peer);
}

static GError *
check_join (const Livekit__JoinResponse * join)
{
  if (join->participant == NULL)
    return matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
        _("The connection to the LiveKit server failed."),
        "the join names no participant");
  if (!join->subscriber_primary)
    return matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
        _("The token doesn't allow to receive media."),
        "the server won't offer any media: canSubscribe is missing");
  return NULL;
}

static void
session_take_join (Session * session, const Livekit__JoinResponse * join,
    guint timeout_ms)
{
  GError *error = check_join (join);

  if (error != NULL) {
    session_fail (session, error);
    return;
  }
  GST_INFO ("joined, %" G_GSIZE_FORMAT " others are there",
      join->n_other_participants);
  session_take_sid (session, join->participant->sid);
  session->ping_interval_s = join->ping_interval;
  session->ping_timeout_s = join->ping_timeout;
  session_configure_peer (session, join);
  session_start_phase (session, timeout_ms);
  session->callbacks.joined (session, join, session->user_data);
}

/* Resuming */

/* No restart: the path that there was will do. */
static gboolean
on_no_restart (gpointer user_data)
{
  Session *session = user_data;

  matrix_rtc_clear_source (&session->restart_timer);
  if (rtc_peer_is_connected (session->peer))
    session_take_connected (session);
  return G_SOURCE_REMOVE;
}

static void
session_take_resumed (Session * session,
    const Livekit__SignalResponse * message)
{
  GST_INFO ("resumed");
  session_send_sync_state (session);
  session->restart_timer =
      matrix_rtc_add_timeout (RESTART_TIMEOUT_MS, on_no_restart, session);
  session_take_message (session, message);
}

/* Both */

typedef struct
{
  Session *session;
  GCancellable *cancellable;
  guint timeout_ms;
} Attempt;

static void
attempt_free (Attempt * attempt)
{
  g_object_unref (attempt->cancellable);
  session_unref (attempt->session);
  g_free (attempt);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Attempt, attempt_free);

static void
session_take_first_message (Session * session,
    const Livekit__SignalResponse * message, guint timeout_ms)
{
  g_autofree gchar *debug = NULL;

  session->is_signal_up = TRUE;
  if (!session->is_resuming) {
    session_take_join (session, message->join, timeout_ms);
  } else if (message->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE) {
    debug = livekit_describe_leave (message->leave);
    session_lose_signal (session, message->leave, debug);
  } else if (message->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN) {
    session_fail (session, matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_CONNECTION_LOST, 0,
            _("The connection to the LiveKit server was lost."),
            "the server knows nothing of the session"));
  } else {
    session_take_resumed (session, message);
  }
}

static void
on_first_message (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (Attempt) attempt = user_data;
  GError *error = NULL;
  Livekit__SignalResponse *message =
      livekit_signal_connect_finish (result, &error);

  if (g_cancellable_is_cancelled (attempt->cancellable))
    g_clear_error (&error);
  else if (message != NULL)
    session_take_first_message (attempt->session, message, attempt->timeout_ms);
  else
    session_fail (attempt->session, error);
  if (message != NULL)
    livekit__signal_response__free_unpacked (message, NULL);
}

static void
session_connect (Session * session, const LiveKitResume * resume,
    guint timeout_ms)
{
  Attempt *attempt = g_new (Attempt, 1);

  g_clear_object (&session->cancellable);
  session->cancellable = g_cancellable_new ();
  attempt->session = g_atomic_rc_box_acquire (session);
  attempt->cancellable = g_object_ref (session->cancellable);
  attempt->timeout_ms = timeout_ms;
  session_start_phase (session, timeout_ms);
  session->signal =
      livekit_signal_new (session->http, &signal_callbacks, session);
  livekit_signal_set_pings (session->signal, session->ping_interval_s,
      session->ping_timeout_s);
  livekit_signal_connect_async (session->signal, session->url, session->token,
      livekit_subscriptions_are_automatic (session->subscriptions), resume,
      session->cancellable, on_first_message, attempt);
}

/* Once. joined comes within @timeout_ms, and connected so long after that; or
 * else failed. */
void
session_join (Session * session, const gchar * url, const gchar * jwt,
    guint timeout_ms)
{
  session->url = g_strdup (url);
  session->token = g_strdup (jwt);
  if (livekit_url_is_loopback (url))
    rtc_peer_set_loopback_only (session->peer);
  session_connect (session, NULL, timeout_ms);
}

/* After lost, or after a resume that failed. connected, lost or failed come within
 * @timeout_ms. */
void
session_resume (Session * session, guint timeout_ms)
{
  LiveKitResume resume = { session->sid,
    LIVEKIT__RECONNECT_REASON__RR_SIGNAL_DISCONNECTED
  };

  session_hang_up (session, FALSE);
  session->is_resuming = TRUE;
  session_connect (session, &resume, timeout_ms);
}
