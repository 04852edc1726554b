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
#include "callencryption.h"
#include "connection.h"
#include "matrixrtcerror.h"
#include "matrix/identity.h"
#include "participantinfo.h"
#include "roomaccess.h"
#include "structurelist.h"

#define GST_CAT_DEFAULT matrixrtc_call_debug

/* Leaving tells the SFU and waits for its answer; it needn't wait long. */
#define LEAVE_TIMEOUT_MS 1000
#define STOP_TIMEOUT_MS 2000

struct _Call
{
  CallSettings settings;
  E2eeCall *encryption;         /* shared with the element, for several calls */
  GstBin *bin;
  MatrixRtcLoop *loop;
  CallCallbacks callbacks;
  gpointer user_data;

  DataLimits *data_limits;      /* constant; of use in any thread */
  HttpClient *http;             /* NULL until the start */
  RoomAccess *room_access;      /* NULL: the settings tell all of the room */
  Connection *connection;       /* NULL until all is known that it takes */
  GstMatrixRtcConnectionState state;
  GStrv stream_ids;             /* chosen before there was a connection, or NULL */
  guint32 selection_seqnum;
  CallStats *stats;             /* constant; of use in any thread */

  GMutex lock;                  /* a leaf: nothing is called under it */
  GHashTable *participants;     /* under lock: identity -> GstStructure */
  gchar *room_id;               /* under lock; maybe an alias until it's resolved */
};

/* Before the first call of a process. Any thread. */
void
call_prepare (GstElement * element)
{
  connection_prepare (element);
}

Call *
call_new (const CallSettings * settings, E2eeCall * encryption, GstBin * bin,
    MatrixRtcLoop * loop, const CallCallbacks * callbacks, gpointer user_data)
{
  Call *call = g_new0 (Call, 1);

  call_settings_copy (&call->settings, settings);
  call->encryption = e2ee_call_ref (encryption);
  call->bin = bin;
  call->loop = matrix_rtc_loop_ref (loop);
  call->callbacks = *callbacks;
  call->user_data = user_data;
  call->data_limits = data_limits_new ();
  call->stats = call_stats_new ();
  g_mutex_init (&call->lock);
  call->room_id = g_strdup (settings->room_id);
  call->participants = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) gst_structure_free);
  return call;
}

/* When the worker has ended and the media elements are down. */
void
call_free (Call * call)
{
  g_clear_pointer (&call->connection, connection_free);
  g_clear_pointer (&call->room_access, room_access_free);
  g_clear_pointer (&call->http, http_client_unref);
  g_strfreev (call->stream_ids);
  g_free (call->room_id);
  data_limits_unref (call->data_limits);
  call_stats_unref (call->stats);
  g_hash_table_unref (call->participants);
  g_mutex_clear (&call->lock);
  call_settings_clear (&call->settings);
  e2ee_call_unref (call->encryption);
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

  call_stats_take_state (call->stats, state, call->connection == NULL ? NULL :
      connection_get_service_url (call->connection));
  /* Finding the room is the same state as what the connection begins with. */
  if (call->state == state)
    return;
  call->state = state;
  call->callbacks.state_changed (state, error, details, call->user_data);
}

/* Any thread. They may be kept for longer than the call. */
CallStats *
call_get_stats (Call * call)
{
  return call->stats;
}

static void
on_state_changed (GstMatrixRtcConnectionState state, const GError * error,
    gpointer user_data)
{
  Call *call = user_data;
  guint n_reconnects, n_resumes;

  connection_get_counts (call->connection, &n_reconnects, &n_resumes);
  call_stats_take_counts (call->stats, n_reconnects, n_resumes);
  call_set_state (call, state, error);
}

static void
on_round_trip (gint64 round_trip, gpointer user_data)
{
  Call *call = user_data;

  call_stats_take_round_trip (call->stats, round_trip);
}

/* Participants */

/* Any thread. A snapshot for whoever asks: for a large call it is costly. */
GstStructure *
call_get_participants (Call * call)
{
  GValue list = G_VALUE_INIT;
  GHashTableIter iter;
  GstStructure *participant;
  GstStructure *snapshot;

  g_value_init (&list, GST_TYPE_LIST);
  g_mutex_lock (&call->lock);
  snapshot = gst_structure_new ("matrixrtc-participants",
      "count", G_TYPE_UINT, g_hash_table_size (call->participants), NULL);
  g_hash_table_iter_init (&iter, call->participants);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & participant))
    structure_list_append (&list, gst_structure_copy (participant));
  g_mutex_unlock (&call->lock);
  gst_structure_take_value (snapshot, "participants", &list);
  return snapshot;
}

static void
call_keep_participant (Call * call, const LiveKitParticipant * participant)
{
  GstStructure *structure = participant_info_new (participant, "participant");

  call_stats_take_participant (call->stats, participant);
  g_mutex_lock (&call->lock);
  g_hash_table_replace (call->participants, g_strdup (participant->identity),
      structure);
  g_mutex_unlock (&call->lock);
}

static void
call_drop_participant (Call * call, const LiveKitParticipant * participant)
{
  call_stats_take_left (call->stats, participant->identity);
  g_mutex_lock (&call->lock);
  g_hash_table_remove (call->participants, participant->identity);
  g_mutex_unlock (&call->lock);
}

/* Takes @message. */
static void
call_tell (Call * call, GstStructure * message)
{
  gst_structure_set (message, "service-url", G_TYPE_STRING,
      connection_get_service_url (call->connection), NULL);
  call->callbacks.message (message, call->user_data);
}

static void
call_tell_of_participant (Call * call, const LiveKitParticipant * participant,
    const gchar * name)
{
  call->callbacks.participants_changed (call->user_data);
  call_tell (call, participant_info_new (participant, name));
}

/* One encrypted track makes it an encrypted call. */
static void
call_note_encryption (Call * call, const LiveKitParticipant * participant)
{
  guint i;

  e2ee_call_set_present (call->encryption, participant->identity);
  for (i = 0; i < participant->tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);

    if (track->encrypted)
      e2ee_call_set_encrypted (call->encryption, TRUE);
  }
}

static void
on_participant_joined (const LiveKitParticipant * participant,
    gpointer user_data)
{
  Call *call = user_data;

  call_note_encryption (call, participant);
  call_keep_participant (call, participant);
  call_tell_of_participant (call, participant, "matrixrtc-participant-joined");
}

static void
on_participant_left (const LiveKitParticipant * participant, gpointer user_data)
{
  Call *call = user_data;

  e2ee_call_forget_keys (call->encryption, participant->identity);
  call_drop_participant (call, participant);
  call_tell_of_participant (call, participant, "matrixrtc-participant-left");
}

static void
on_update_due (const LiveKitParticipant * participant, gpointer user_data)
{
  call_tell_of_participant (user_data, participant,
      "matrixrtc-participant-updated");
}

static void
on_speakers_changed (const GPtrArray * speakers, gpointer user_data)
{
  call_tell (user_data, participant_info_new_speakers (speakers,
          "matrixrtc-active-speakers"));
}

static void
on_quality_changed (const LiveKitParticipant * participant, gpointer user_data)
{
  call_tell (user_data, participant_info_new_quality (participant,
          "matrixrtc-connection-quality"));
}

static void
on_data (const LiveKitParticipant * sender, const LiveKitDataPacket * packet,
    gboolean is_reliable, gpointer user_data)
{
  call_tell (user_data, participant_info_new_data (sender, packet, is_reliable,
          "matrixrtc-data"));
}

/* Data messages that were too many. Any thread. */
guint64
call_get_n_dropped_data (Call * call)
{
  return data_limits_get_n_dropped (call->data_limits);
}

/* Tracks */

typedef void (*CallTrackFunc) (Call * call, const CallTrack * track,
    gpointer data);

/* What @participant and @track tell by themselves, valid as long as they are. */
static CallTrack
call_describe_track (const LiveKitParticipant * participant,
    const LiveKitTrack * track)
{
  CallTrack info = {
    .sid = track->sid,
    .stream_id = track->stream_id,
    .mime_type = track->mime_type,
    .is_audio = track->is_audio,
    .source = track->source,
    .muted = track->muted,
    .encrypted = track->encrypted,
    .participant_identity = participant->identity,
    .participant_sid = participant->sid,
    .participant_name = participant->name,
  };

  return info;
}

/* Calls @func with what is known of @track, valid for that long. */
static void
call_with_track (Call * call, const LiveKitParticipant * participant,
    const LiveKitTrack * track, const gchar * msid, CallTrackFunc func,
    gpointer data)
{
  g_autofree gchar *user_id = NULL;
  g_autofree gchar *device_id = NULL;
  CallTrack info = call_describe_track (participant, track);

  info.msid = msid;
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

  call_note_encryption (call, participant);
  call_keep_participant (call, participant);
  for (i = 0; i < participant->tracks->len; i++)
    call_with_track (call, participant, g_ptr_array_index (participant->tracks,
            i), NULL, call_update_track, NULL);
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

typedef struct
{
  const gchar *former_sid;
  GstPad *pad;
} TrackMove;

static void
call_move_track (Call * call, const CallTrack * track, gpointer data)
{
  TrackMove *move = data;

  rtc_stats_move_track (call_stats_get_rtc (call->stats), move->former_sid,
      track->sid);
  call->callbacks.track_moved (move->former_sid, track, move->pad,
      call->user_data);
  connection_start_track (call->connection, track->sid);
}

static void
on_track_moved (const gchar * former_sid,
    const LiveKitParticipant * participant, const LiveKitTrack * track,
    const gchar * msid, GstPad * pad, gpointer user_data)
{
  TrackMove move = { former_sid, pad };

  call_with_track (user_data, participant, track, msid, call_move_track, &move);
}

static void
on_track_interrupted (const gchar * track_sid, gpointer user_data)
{
  Call *call = user_data;

  call->callbacks.track_interrupted (track_sid, call->user_data);
}

/* Whether anybody takes what comes out of the track's pad. On the worker thread. */
void
call_set_used (Call * call, const gchar * track_sid, gboolean is_used)
{
  if (call->connection != NULL)
    connection_set_used (call->connection, track_sid, is_used);
}

/* Who is to have another pad of the track waits for its first frame. */
static void
on_track_lost (const gchar * track_sid, gpointer user_data)
{
  Call *call = user_data;

  call_set_used (call, track_sid, TRUE);
  rtc_stats_drop_track (call_stats_get_rtc (call->stats), track_sid);
  call->callbacks.track_lost (track_sid, call->user_data);
}

static void
on_track_removed (const gchar * track_sid, gpointer user_data)
{
  Call *call = user_data;

  call_set_used (call, track_sid, TRUE);
  call->callbacks.track_removed (track_sid, call->user_data);
}

static void
on_track_failed (const gchar * track_sid, const gchar * debug,
    gpointer user_data)
{
  Call *call = user_data;

  call->callbacks.track_failed (track_sid, debug, call->user_data);
}

static void
call_list_tracks (const LiveKitParticipant * participant,
    const LiveKitSelection * selection, GArray * tracks)
{
  guint i;

  for (i = 0; i < participant->tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);
    CallTrack info = call_describe_track (participant, track);

    if (!livekit_selection_allows (selection, track))
      continue;
    info.is_selected = livekit_selection_wants (selection, track);
    g_array_append_val (tracks, info);
  }
}

static void
on_tracks_changed (const GPtrArray * participants,
    const LiveKitSelection * selection, gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (GArray) tracks = g_array_new (FALSE, FALSE, sizeof (CallTrack));
  guint i;

  for (i = 0; i < participants->len; i++)
    call_list_tracks (g_ptr_array_index (participants, i), selection, tracks);
  call->callbacks.tracks_changed (tracks,
      connection_get_room_name (call->connection), call->user_data);
}

static void
on_streams_selected (guint32 seqnum, gpointer user_data)
{
  Call *call = user_data;

  call->callbacks.streams_selected (seqnum, call->user_data);
}

/* An error of @source, which is inside an element that we put into the bin. It
 * costs as much of the call as stands on that element. */
void
call_take_media_error (Call * call, GstObject * source, const gchar * debug)
{
  if (call->connection == NULL
      || !connection_take_media_error (call->connection, source, debug))
    GST_WARNING ("an error of %s, which is no part of the call: %s",
        GST_OBJECT_NAME (source), debug);
}

typedef struct
{
  Call *call;
  GstMatrixRtcMedia media;
} MediaChange;

static gboolean
take_media (gpointer user_data)
{
  MediaChange *change = user_data;
  Call *call = change->call;

  call->settings.media = change->media;
  if (call->connection != NULL)
    connection_set_media (call->connection, change->media);
  return G_SOURCE_REMOVE;
}

/* Other media are wanted from now on. Any thread. */
void
call_set_media (Call * call, GstMatrixRtcMedia media)
{
  MediaChange *change = g_new (MediaChange, 1);

  change->call = call;
  change->media = media;
  matrix_rtc_loop_invoke (call->loop, take_media, change, g_free);
}

typedef struct
{
  Call *call;
  GStrv stream_ids;
  guint32 seqnum;
} StreamChoice;

static void
stream_choice_free (gpointer data)
{
  StreamChoice *choice = data;

  g_strfreev (choice->stream_ids);
  g_free (choice);
}

/* Without a connection the room is still looked for, or the call has failed. */
static gboolean
take_choice (gpointer user_data)
{
  StreamChoice *choice = user_data;
  Call *call = choice->call;

  if (call->connection != NULL) {
    connection_select_streams (call->connection,
        (const gchar * const *) choice->stream_ids, choice->seqnum);
  } else {
    g_strfreev (call->stream_ids);
    call->stream_ids = g_steal_pointer (&choice->stream_ids);
    call->selection_seqnum = choice->seqnum;
  }
  return G_SOURCE_REMOVE;
}

/* Takes @stream_ids, those that are wanted from now on. @seqnum comes back in
 * streams_selected. Any thread. */
void
call_select_streams (Call * call, GStrv stream_ids, guint32 seqnum)
{
  StreamChoice *choice = g_new (StreamChoice, 1);

  choice->call = call;
  choice->stream_ids = stream_ids;
  choice->seqnum = seqnum;
  matrix_rtc_loop_invoke (call->loop, take_choice, choice, stream_choice_free);
}

typedef struct
{
  Call *call;
  gchar *track_sid;             /* NULL: all */
  GstMatrixRtcVideoQuality quality;
} QualityChange;

static void
quality_change_free (gpointer data)
{
  QualityChange *change = data;

  g_free (change->track_sid);
  g_free (change);
}

static gboolean
take_quality (gpointer user_data)
{
  QualityChange *change = user_data;
  Call *call = change->call;

  if (change->track_sid == NULL)
    call->settings.video_quality = change->quality;
  if (call->connection != NULL)
    connection_set_video_quality (call->connection, change->track_sid,
        change->quality);
  return G_SOURCE_REMOVE;
}

/* Another layer is wanted of one video, or (NULL) of all. Any thread. */
void
call_set_video_quality (Call * call, const gchar * track_sid,
    GstMatrixRtcVideoQuality quality)
{
  QualityChange *change = g_new (QualityChange, 1);

  change->call = call;
  change->track_sid = g_strdup (track_sid);
  change->quality = quality;
  matrix_rtc_loop_invoke (call->loop, take_quality, change,
      quality_change_free);
}

/* Starting */

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

static const gchar *
get_set (const gchar * text)
{
  return call_settings_is_set (text) ? text : NULL;
}

static const ConnectionCallbacks connection_callbacks = {
  .state_changed = on_state_changed,
  .round_trip = on_round_trip,
  .room.participant_joined = on_participant_joined,
  .room.participant_updated = on_participant_updated,
  .room.participant_left = on_participant_left,
  .room.track_failed = on_track_failed,
  .room.tracks_changed = on_tracks_changed,
  .room.streams_selected = on_streams_selected,
  .room.activity.participant_updated = on_update_due,
  .room.activity.speakers_changed = on_speakers_changed,
  .room.activity.quality_changed = on_quality_changed,
  .room.data = on_data,
  .track.added = on_track_added,
  .track.moved = on_track_moved,
  .track.interrupted = on_track_interrupted,
  .track.removed = on_track_removed,
  .track.lost = on_track_lost,
};

/* @account is NULL for a LiveKit server without Matrix. */
static Connection *
call_new_connection (Call * call, MatrixAccount * account,
    const gchar * room_id, const gchar * service_url)
{
  const CallSettings *settings = &call->settings;
  g_autofree gchar *member_id = call_settings_is_set (settings->member_id) ?
      g_strdup (settings->member_id) : g_uuid_string_random ();
  ConnectionSettings connection_settings;

  connection_settings.access = (SfuAccessSettings) {
  .http = call->http,.timeout_ms = settings->timeout * 1000,.account =
        account,.service_url = service_url,.room_id = room_id,.slot_id =
        settings->slot_id,.member_id = member_id,.force_old_jwt_endpoint =
        settings->force_old_jwt_endpoint,.livekit_url =
        settings->livekit_url,.livekit_token = settings->livekit_token,};
  connection_settings.peer = (RtcPeerSettings) {
  .bin = call->bin,.loop = call->loop,.receivers.output =
        settings->output,.receivers.encryption =
        call->encryption,.receivers.unencrypted_media =
        settings->unencrypted_media,.receivers.stats =
        call_stats_get_rtc (call->stats),.data_limits =
        call->data_limits,.latency_ms =
        settings->latency,.add_reference_timestamps =
        settings->add_reference_timestamp_meta,.relay_only =
        settings->ice_transport_policy ==
        GST_MATRIX_RTC_ICE_TRANSPORT_POLICY_RELAY,};
  connection_settings.media = settings->media;
  connection_settings.video_quality = settings->video_quality;
  connection_settings.timeout_ms = settings->timeout * 1000;
  connection_settings.reconnect_timeout_ms = settings->reconnect_timeout * 1000;
  return connection_new (&connection_settings, &connection_callbacks, call);
}

static void
call_connect (Call * call, MatrixAccount * account, const gchar * room_id,
    const gchar * service_url)
{
  call->connection = call_new_connection (call, account, room_id, service_url);
  connection_start (call->connection);
  if (call->stream_ids != NULL)
    connection_select_streams (call->connection,
        (const gchar * const *) call->stream_ids, call->selection_seqnum);
}

static void
call_fail (Call * call, const GError * error)
{
  GST_INFO ("failed: %s (%s)", error->message,
      matrix_rtc_error_get_debug (error));
  call_set_state (call, GST_MATRIX_RTC_CONNECTION_STATE_FETCHING_CONFIG, NULL);
  if (call->state == GST_MATRIX_RTC_CONNECTION_STATE_FETCHING_CONFIG)
    call_set_state (call, GST_MATRIX_RTC_CONNECTION_STATE_FAILED, error);
}

/* Takes @error. */
static void
on_room_found (GError * error, gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (GError) owned = error;
  const gchar *room_id = room_access_get_room_id (call->room_access);

  if (error != NULL) {
    call_fail (call, error);
    return;
  }
  g_mutex_lock (&call->lock);
  g_free (call->room_id);
  call->room_id = g_strdup (room_id);
  g_mutex_unlock (&call->lock);
  call_connect (call, room_access_get_account (call->room_access), room_id,
      room_access_get_service_url (call->room_access));
}

static void
call_find_room (Call * call, const gchar * access_token)
{
  const CallSettings *settings = &call->settings;
  const RoomAccessSettings room_settings = {
    .http = call->http,.timeout_ms = settings->timeout * 1000,
    .homeserver = get_set (settings->homeserver),
    .access_token = access_token,.user_id = get_set (settings->user_id),
    .device_id = get_set (settings->device_id),.room = settings->room_id,
    .slot_id = settings->slot_id,
    .service_url = get_set (settings->livekit_service_url),
    .join_room = settings->join_room,
  };

  call->room_access = room_access_new (&room_settings);
  call_set_state (call, GST_MATRIX_RTC_CONNECTION_STATE_FETCHING_CONFIG, NULL);
  /* The application may have stopped us from inside. */
  if (call->state == GST_MATRIX_RTC_CONNECTION_STATE_FETCHING_CONFIG)
    room_access_find (call->room_access, on_room_found, call);
}

/* FALSE: wrong settings. */
static gboolean
call_enter (Call * call, GError ** error)
{
  const CallSettings *settings = &call->settings;
  g_autofree gchar *token = NULL;
  g_autoptr (MatrixAccount) account = NULL;

  if (!call_settings_check (settings, error)
      || !call_encryption_choose_keys (call->encryption, settings, error))
    return FALSE;
  call->http = call_new_http_client (settings, error);
  if (call->http == NULL)
    return FALSE;
  if (call_settings_is_set (settings->livekit_url)) {
    call_connect (call, NULL, NULL, NULL);
    return TRUE;
  }
  token = call_settings_get_access_token (settings, error);
  if (token == NULL)
    return FALSE;
  if (!call_settings_are_complete (settings)) {
    call_find_room (call, token);
    return TRUE;
  }
  account = matrix_account_new (call->http, settings->homeserver, token,
      get_set (settings->user_id), get_set (settings->device_id));
  call_connect (call, account, settings->room_id,
      settings->livekit_service_url);
  return TRUE;
}

/* Joins the call. Wrong settings are a failed state too. */
void
call_start (Call * call)
{
  g_autoptr (GError) error = NULL;

  if (!call_enter (call, &error))
    call_fail (call, error);
}

/* The room's id, or an alias that isn't resolved yet. Any thread. */
gchar *
call_dup_room_id (Call * call)
{
  gchar *room_id;

  g_mutex_lock (&call->lock);
  room_id = g_strdup (call->room_id);
  g_mutex_unlock (&call->lock);
  return room_id;
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

    if (call->room_access != NULL)
      room_access_cancel (call->room_access);
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
