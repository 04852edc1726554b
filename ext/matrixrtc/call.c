/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One call: the account that joins it, the connection to its SFU, and who is in
 * it, in the words of the element. Lives on the worker thread; those functions
 * that don't say so themselves.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include "debug.h"
#include "call.h"
#include "connection.h"
#include "gstmatrixrtc-enumtypes.h"
#include "matrixrtcerror.h"
#include "matrix/identity.h"

#define GST_CAT_DEFAULT matrixrtc_call_debug

#define MAX_TOKEN_SIZE (64 * 1024)

/* Leaving tells the SFU and waits for its answer; it needn't wait long. */
#define LEAVE_TIMEOUT_MS 1000
#define STOP_TIMEOUT_MS 2000

struct _Call
{
  CallSettings settings;
  GstBin *bin;
  MatrixRtcLoop *loop;
  CallCallbacks callbacks;
  gpointer user_data;

  Connection *connection;       /* NULL until the settings have proved right */
  GHashTable *participants;     /* sid -> GstStructure */
};

/* Settings */

void
call_settings_copy (CallSettings * dest, const CallSettings * src)
{
  *dest = *src;
  dest->homeserver = g_strdup (src->homeserver);
  dest->access_token = g_strdup (src->access_token);
  dest->access_token_file = g_strdup (src->access_token_file);
  dest->user_id = g_strdup (src->user_id);
  dest->device_id = g_strdup (src->device_id);
  dest->member_id = g_strdup (src->member_id);
  dest->room_id = g_strdup (src->room_id);
  dest->slot_id = g_strdup (src->slot_id);
  dest->livekit_service_url = g_strdup (src->livekit_service_url);
  dest->livekit_url = g_strdup (src->livekit_url);
  dest->livekit_token = g_strdup (src->livekit_token);
  dest->ssl_ca_file = g_strdup (src->ssl_ca_file);
  dest->proxy = g_strdup (src->proxy);
  dest->user_agent = g_strdup (src->user_agent);
}

void
call_settings_clear (CallSettings * settings)
{
  g_free (settings->homeserver);
  g_free (settings->access_token);
  g_free (settings->access_token_file);
  g_free (settings->user_id);
  g_free (settings->device_id);
  g_free (settings->member_id);
  g_free (settings->room_id);
  g_free (settings->slot_id);
  g_free (settings->livekit_service_url);
  g_free (settings->livekit_url);
  g_free (settings->livekit_token);
  g_free (settings->ssl_ca_file);
  g_free (settings->proxy);
  g_free (settings->user_agent);
  memset (settings, 0, sizeof (*settings));
}

/* Before the first call of a process. Any thread. */
void
call_prepare (GstElement * element)
{
  connection_prepare (element);
}

Call *
call_new (const CallSettings * settings, GstBin * bin, MatrixRtcLoop * loop,
    const CallCallbacks * callbacks, gpointer user_data)
{
  Call *call = g_new0 (Call, 1);

  call_settings_copy (&call->settings, settings);
  call->bin = bin;
  call->loop = matrix_rtc_loop_ref (loop);
  call->callbacks = *callbacks;
  call->user_data = user_data;
  call->participants = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) gst_structure_free);
  return call;
}

/* When the worker has ended and the media elements are down. */
void
call_free (Call * call)
{
  g_clear_pointer (&call->connection, connection_free);
  g_hash_table_unref (call->participants);
  call_settings_clear (&call->settings);
  matrix_rtc_loop_unref (call->loop);
  g_free (call);
}

/* State */

static GstStructure *
call_new_details (Call * call)
{
  GstStructure *details = gst_structure_new_empty ("details");

  if (call->connection == NULL)
    return details;
  gst_structure_set (details, "service-url", G_TYPE_STRING,
      connection_get_service_url (call->connection), NULL);
  if (connection_get_identity (call->connection) != NULL)
    gst_structure_set (details, "identity", G_TYPE_STRING,
        connection_get_identity (call->connection), NULL);
  if (connection_get_room_name (call->connection) != NULL)
    gst_structure_set (details, "room", G_TYPE_STRING,
        connection_get_room_name (call->connection), NULL);
  return details;
}

static void
call_set_state (Call * call, GstMatrixRtcConnectionState state,
    const GError * error)
{
  g_autoptr (GstStructure) details = call_new_details (call);

  call->callbacks.state_changed (state, error, details, call->user_data);
}

static void
on_state_changed (GstMatrixRtcConnectionState old,
    GstMatrixRtcConnectionState now, const GError * error, gpointer user_data)
{
  call_set_state (user_data, now, error);
}

/* Participants */

static void
set_if_not_null (GstStructure * structure, const gchar * field,
    const gchar * value)
{
  if (value != NULL)
    gst_structure_set (structure, field, G_TYPE_STRING, value, NULL);
}

static void
append_track (GValue * list, const LiveKitTrack * track)
{
  GValue value = G_VALUE_INIT;
  GstStructure *structure = gst_structure_new ("track",
      "sid", G_TYPE_STRING, track->sid,
      "kind", G_TYPE_STRING, track->is_audio ? "audio" : "video",
      "source", GST_TYPE_MATRIX_RTC_TRACK_SOURCE, track->source,
      "muted", G_TYPE_BOOLEAN, track->muted,
      "encrypted", G_TYPE_BOOLEAN, track->encrypted,
      "mime-type", G_TYPE_STRING, track->mime_type, NULL);

  if (track->width != 0 && track->height != 0)
    gst_structure_set (structure, "width", G_TYPE_UINT, track->width,
        "height", G_TYPE_UINT, track->height, NULL);
  g_value_init (&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&value, structure);
  gst_value_list_append_and_take_value (list, &value);
}

/* What the participants property and the messages tell of one participant. */
static GstStructure *
participant_to_structure (const LiveKitParticipant * participant,
    const gchar * name)
{
  GstStructure *structure = gst_structure_new (name,
      "identity", G_TYPE_STRING, participant->identity,
      "sid", G_TYPE_STRING, participant->sid,
      "name", G_TYPE_STRING, participant->name, NULL);
  g_autofree gchar *user_id = NULL;
  g_autofree gchar *device_id = NULL;
  GValue tracks = G_VALUE_INIT;
  guint i;

  matrix_identity_parse (participant->identity, &user_id, &device_id);
  set_if_not_null (structure, "user-id", user_id);
  set_if_not_null (structure, "device-id", device_id);
  g_value_init (&tracks, GST_TYPE_LIST);
  for (i = 0; i < participant->tracks->len; i++)
    append_track (&tracks, g_ptr_array_index (participant->tracks, i));
  gst_structure_take_value (structure, "tracks", &tracks);
  return structure;
}

static void
call_publish_participants (Call * call)
{
  GstStructure *snapshot = gst_structure_new ("matrixrtc-participants",
      "count", G_TYPE_UINT, g_hash_table_size (call->participants), NULL);
  GValue list = G_VALUE_INIT;
  GHashTableIter iter;
  GstStructure *participant;

  g_value_init (&list, GST_TYPE_LIST);
  g_hash_table_iter_init (&iter, call->participants);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & participant)) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, GST_TYPE_STRUCTURE);
    g_value_set_boxed (&value, participant);
    gst_value_list_append_and_take_value (&list, &value);
  }
  gst_structure_take_value (snapshot, "participants", &list);
  call->callbacks.participants_changed (snapshot, call->user_data);
}

static void
call_keep_participant (Call * call, const LiveKitParticipant * participant)
{
  g_hash_table_replace (call->participants, g_strdup (participant->sid),
      participant_to_structure (participant, "participant"));
  call_publish_participants (call);
}

static void
call_tell_participant (Call * call, const LiveKitParticipant * participant,
    const gchar * message)
{
  GstStructure *structure = participant_to_structure (participant, message);

  if (call->connection != NULL)
    gst_structure_set (structure, "service-url", G_TYPE_STRING,
        connection_get_service_url (call->connection), NULL);
  call->callbacks.message (structure, call->user_data);
}

static void
on_participant_joined (const LiveKitParticipant * participant,
    gpointer user_data)
{
  Call *call = user_data;

  call_keep_participant (call, participant);
  call_tell_participant (call, participant, "matrixrtc-participant-joined");
}

static void
on_participant_left (const LiveKitParticipant * participant, gpointer user_data)
{
  Call *call = user_data;

  g_hash_table_remove (call->participants, participant->sid);
  call_publish_participants (call);
  call_tell_participant (call, participant, "matrixrtc-participant-left");
}

/* Tracks */

typedef void (*CallTrackFunc) (Call * call, const CallTrack * track,
    gpointer data);

/* Calls @func with what is known of @track, valid for that long. */
static void
call_with_track (Call * call, const LiveKitParticipant * participant,
    const LiveKitTrack * track, const gchar * msid, CallTrackFunc func,
    gpointer data)
{
  g_autofree gchar *user_id = NULL;
  g_autofree gchar *device_id = NULL;
  CallTrack info = {
    .sid = track->sid,
    .msid = msid,
    .is_audio = track->is_audio,
    .source = track->source,
    .muted = track->muted,
    .encrypted = track->encrypted,
    .participant_identity = participant->identity,
    .participant_sid = participant->sid,
    .participant_name = participant->name,
  };

  matrix_identity_parse (participant->identity, &user_id, &device_id);
  info.user_id = user_id;
  info.device_id = device_id;
  func (call, &info, data);
}

static void
call_update_track (Call * call, const CallTrack * track, gpointer data)
{
  call->callbacks.track_updated (track, call->user_data);
}

static void
on_participant_updated (const LiveKitParticipant * participant,
    gpointer user_data)
{
  Call *call = user_data;
  guint i;

  call_keep_participant (call, participant);
  for (i = 0; i < participant->tracks->len; i++)
    call_with_track (call, participant, g_ptr_array_index (participant->tracks,
            i), NULL, call_update_track, NULL);
  call_tell_participant (call, participant, "matrixrtc-participant-updated");
}

static void
call_add_track (Call * call, const CallTrack * track, gpointer pad)
{
  if (call->callbacks.track_added (track, pad, call->user_data))
    connection_start_track (call->connection, track->sid);
}

static void
on_track_added (const LiveKitParticipant * participant,
    const LiveKitTrack * track, const gchar * msid, GstPad * pad,
    gpointer user_data)
{
  call_with_track (user_data, participant, track, msid, call_add_track, pad);
}

static void
on_track_removed (const gchar * track_sid, gpointer user_data)
{
  Call *call = user_data;

  call->callbacks.track_removed (track_sid, call->user_data);
}

static void
on_track_failed (const gchar * track_sid, const gchar * debug,
    gpointer user_data)
{
  Call *call = user_data;

  call->callbacks.track_failed (track_sid, debug, call->user_data);
}

/* An error from inside @child, an element that we put into the bin. It costs as
 * much of the call as stands on that element. */
void
call_take_media_error (Call * call, GstElement * child, const gchar * debug)
{
  if (call->connection == NULL
      || !connection_take_media_error (call->connection, child, debug))
    GST_WARNING ("an error of %s, which is no part of the call: %s",
        GST_OBJECT_NAME (child), debug);
}

/* Starting */

static gboolean
is_set (const gchar * text)
{
  return text != NULL && *text != '\0';
}

/* A token goes into a header: a line end in it would end the header. */
static gboolean
is_token (const gchar * text)
{
  gsize length = strlen (text);

  return length > 0 && length <= MAX_TOKEN_SIZE && g_str_is_ascii (text)
      && text[strcspn (text, " \t\r\n\v\f")] == '\0';
}

static gchar *
read_token_file (const gchar * path, GError ** error)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GError) cause = NULL;

  if (g_file_get_contents (path, &text, NULL, &cause))
    return g_strdup (g_strstrip (text));
  *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, 0,
      _("The access token file can't be read."), "%s", cause->message);
  return NULL;
}

static gchar *
call_get_access_token (const CallSettings * settings, GError ** error)
{
  g_autofree gchar *token = is_set (settings->access_token) ?
      g_strdup (settings->access_token) :
      read_token_file (settings->access_token_file, error);

  if (token == NULL || is_token (token))
    return g_steal_pointer (&token);
  *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, 0,
      _("The Matrix access token can't be one."),
      "it is empty, too long, or has white space inside");
  return NULL;
}

static gboolean
call_check_settings (const CallSettings * settings, GError ** error)
{
  if (is_set (settings->livekit_url)) {
    if (is_set (settings->livekit_token))
      return TRUE;
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
        _("There is no token for the LiveKit server."),
        "livekit-url is set, livekit-token isn't");
  } else if (!is_set (settings->room_id)) {
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_UNKNOWN, 0,
        _("No call is named."), "neither room-id nor livekit-url is set");
  } else if (!is_set (settings->homeserver)) {
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, 0,
        _("No Matrix homeserver is named."), "homeserver isn't set");
  } else if (!is_set (settings->access_token)
      && !is_set (settings->access_token_file)) {
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, 0,
        _("There is no Matrix access token."),
        "neither access-token nor access-token-file is set");
  } else if (!is_set (settings->livekit_service_url)) {
    *error = matrix_rtc_error_new
        (GST_MATRIX_RTC_ERROR_MISSING_MATRIX_RTC_TRANSPORT, 0,
        _("No MatrixRTC authorization service is named."),
        "livekit-service-url isn't set");
  } else {
    return TRUE;
  }
  return FALSE;
}

static HttpClient *
call_new_http_client (const CallSettings * settings, GError ** error)
{
  HttpClientSettings http_settings = {
    .ssl_strict = settings->ssl_strict,
    .ssl_ca_file = settings->ssl_ca_file,
    .proxy = settings->proxy,
    .user_agent = settings->user_agent,
    .timeout_ms = settings->timeout * 1000,
  };
  g_autoptr (GError) cause = NULL;
  HttpClient *http = http_client_new (&http_settings, &cause);

  if (http == NULL)
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_UNKNOWN, 0,
        _("The certificates in ssl-ca-file can't be read."), "%s",
        cause->message);
  return http;
}

static MatrixAccount *
call_new_account (const CallSettings * settings, HttpClient * http,
    GError ** error)
{
  g_autofree gchar *token = call_get_access_token (settings, error);

  if (token == NULL)
    return NULL;
  return matrix_account_new (http, settings->homeserver, token,
      is_set (settings->user_id) ? settings->user_id : NULL,
      is_set (settings->device_id) ? settings->device_id : NULL);
}

static const ConnectionCallbacks connection_callbacks = {
  .state_changed = on_state_changed,
  .participant_joined = on_participant_joined,
  .participant_updated = on_participant_updated,
  .participant_left = on_participant_left,
  .track_added = on_track_added,
  .track_removed = on_track_removed,
  .track_failed = on_track_failed,
};

static Connection *
call_new_connection (Call * call, GError ** error)
{
  const CallSettings *settings = &call->settings;
  g_autofree gchar *member_id = is_set (settings->member_id) ?
      g_strdup (settings->member_id) : g_uuid_string_random ();
  g_autoptr (HttpClient) http = NULL;
  g_autoptr (MatrixAccount) account = NULL;
  ConnectionSettings connection_settings;

  if (!call_check_settings (settings, error))
    return NULL;
  http = call_new_http_client (settings, error);
  if (http == NULL)
    return NULL;
  if (!is_set (settings->livekit_url)) {
    account = call_new_account (settings, http, error);
    if (account == NULL)
      return NULL;
  }
  connection_settings = (ConnectionSettings) {
  .http = http,.timeout_ms = settings->timeout * 1000,.account =
        account,.service_url = settings->livekit_service_url,.room_id =
        settings->room_id,.slot_id = settings->slot_id,.member_id =
        member_id,.force_old_jwt_endpoint =
        settings->force_old_jwt_endpoint,.livekit_url =
        settings->livekit_url,.livekit_token =
        settings->livekit_token,.peer.bin = call->bin,.peer.loop =
        call->loop,.peer.output = settings->output,.peer.latency_ms =
        settings->latency,.peer.relay_only =
        settings->ice_transport_policy ==
        GST_MATRIX_RTC_ICE_TRANSPORT_POLICY_RELAY,};
  return connection_new (&connection_settings, &connection_callbacks, call);
}

/* Joins the call. Wrong settings are a failed state too. */
void
call_start (Call * call)
{
  g_autoptr (GError) error = NULL;

  call_publish_participants (call);
  call->connection = call_new_connection (call, &error);
  if (call->connection != NULL) {
    connection_start (call->connection);
    return;
  }
  call_set_state (call, GST_MATRIX_RTC_CONNECTION_STATE_FETCHING_CONFIG, NULL);
  call_set_state (call, GST_MATRIX_RTC_CONNECTION_STATE_FAILED, error);
}

/* Stopping */

static void
call_stop_async (Call * call, GAsyncReadyCallback callback, gpointer user_data)
{
  if (call->connection != NULL) {
    connection_stop_async (call->connection, LEAVE_TIMEOUT_MS, callback,
        user_data);
  } else {
    GTask *task = g_task_new (NULL, NULL, callback, user_data);

    call_set_state (call, GST_MATRIX_RTC_CONNECTION_STATE_STOPPED, NULL);
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
  }
}

/* The wait for a goodbye. The worker may come back after it was given up. */
typedef struct
{
  GMutex lock;
  GCond done_cond;
  gboolean done;
  Call *call;
} StopWait;

static void
stop_wait_clear (StopWait * wait)
{
  g_mutex_clear (&wait->lock);
  g_cond_clear (&wait->done_cond);
}

static void
stop_wait_unref (gpointer wait)
{
  g_atomic_rc_box_release_full (wait, (GDestroyNotify) stop_wait_clear);
}

static void
on_stopped (GObject * source, GAsyncResult * result, gpointer user_data)
{
  StopWait *wait = user_data;

  g_mutex_lock (&wait->lock);
  wait->done = TRUE;
  g_cond_signal (&wait->done_cond);
  g_mutex_unlock (&wait->lock);
  stop_wait_unref (wait);
}

static gboolean
stop_and_tell (gpointer user_data)
{
  StopWait *wait = user_data;

  call_stop_async (wait->call, on_stopped, g_atomic_rc_box_acquire (wait));
  return G_SOURCE_REMOVE;
}

/* Leaves the call and waits until the SFU knows or STOP_TIMEOUT_MS have passed.
 * Any thread; on the worker there is no wait. */
void
call_stop (Call * call)
{
  StopWait *wait = g_atomic_rc_box_new0 (StopWait);
  gint64 deadline = g_get_monotonic_time () + STOP_TIMEOUT_MS * 1000;

  g_mutex_init (&wait->lock);
  g_cond_init (&wait->done_cond);
  wait->call = call;
  /* An application that stops us from inside one of our own signals is on the
   * thread that would have to say goodbye. */
  if (matrix_rtc_loop_is_current (call->loop)) {
    stop_and_tell (wait);
  } else {
    matrix_rtc_loop_invoke (call->loop, stop_and_tell,
        g_atomic_rc_box_acquire (wait), stop_wait_unref);
    g_mutex_lock (&wait->lock);
    while (!wait->done
        && g_cond_wait_until (&wait->done_cond, &wait->lock, deadline));
    g_mutex_unlock (&wait->lock);
  }
  stop_wait_unref (wait);
}
