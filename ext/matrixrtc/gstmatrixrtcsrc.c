/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-matrixrtcsrc
 * @title: matrixrtcsrc
 *
 * Joins a MatrixRTC call, as Element Call makes them, and gives every remote
 * participant's audio and video as source pads. Nothing is sent to the call.
 *
 * The way into a call is a Matrix account: #matrixrtcsrc:homeserver,
 * #matrixrtcsrc:access-token-file, #matrixrtcsrc:room-id and
 * #matrixrtcsrc:livekit-service-url. With #matrixrtcsrc:livekit-url and
 * #matrixrtcsrc:livekit-token the element goes straight to a LiveKit server
 * instead, and no Matrix is involved.
 *
 * The element starts to connect when it goes from READY to PAUSED and doesn't
 * block for it. What happens then is told by the #matrixrtcsrc:connection-state
 * property, by messages named `matrixrtc-connection-state`, and if it fails by
 * an error message whose details hold a `code`. Media flows in PLAYING; an SFU
 * drops a receiver that stays in PAUSED for more than some seconds.
 *
 * A source pad belongs to one remote track. It appears with the first frame that
 * can be decoded, has its caps by then, and gets an EOS and is removed when the
 * track ends. Pads that aren't linked are no error.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -e matroskamux name=mux ! filesink location=call.mkv \
 *     matrixrtcsrc name=call homeserver=https://matrix.example.org \
 *         access-token-file=token room-id='!abc:example.org' \
 *         livekit-service-url=https://rtc.example.org/livekit/jwt \
 *     call.audio_0 ! queue ! mux. call.video_0 ! video/x-vp8 ! queue ! mux.
 * ]| Records the first participant's voice and picture until interrupted.
 * |[
 * gst-launch-1.0 matrixrtcsrc name=call livekit-url=ws://127.0.0.1:7880 \
 *         livekit-token=$TOKEN call.video_0 ! decodebin ! autovideosink
 * ]| Shows the first participant of a room on a LiveKit server.
 *
 * Since: 0.1.0
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include "debug.h"
#include "call.h"
#include "matrixrtcerror.h"
#include "gstmatrixrtc-enumtypes.h"
#include "gstmatrixrtcelement.h"
#include "gstmatrixrtcsrc.h"
#include "gstmatrixrtcsrckeys.h"
#include "gstmatrixrtcsrcpad.h"
#include "gstmatrixrtcsrcsettings.h"

#define GST_CAT_DEFAULT matrixrtc_src_debug

/* Who may touch what: settings, state, last_error and participants are under the
 * OBJECT_LOCK, which is never held while anything is posted, notified or
 * emitted. loop and call belong to the thread that changes the state, what
 * follows to the worker thread. */
struct _GstMatrixRtcSrc
{
  GstBin parent;

  E2eeCall *encryption;         /* constant; of use in any thread */

  CallSettings settings;
  GstMatrixRtcConnectionState state;
  GError *last_error;
  GstStructure *participants;
  gboolean is_eos;              /* an application has ended us: no new pads */

  MatrixRtcLoop *loop;          /* both NULL below PAUSED, set under OBJECT_LOCK */
  Call *call;

  GHashTable *pads;             /* track sid -> GstMatrixRtcSrcPad */
  guint n_audio_pads;           /* made so far */
  guint n_video_pads;
  guint group_id;
};

enum
{
  PROP_0,
  PROP_CONNECTION_STATE,
  PROP_LAST_ERROR,
  PROP_PARTICIPANTS,
  N_PROPS
};

G_STATIC_ASSERT (N_PROPS <= GST_MATRIX_RTC_SRC_FIRST_SETTING);

static GParamSpec *properties[N_PROPS];

static GstStaticPadTemplate audio_template =
    GST_STATIC_PAD_TEMPLATE ("audio_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS ("audio/x-opus; application/x-rtp, media=(string)audio"));

static GstStaticPadTemplate video_template =
    GST_STATIC_PAD_TEMPLATE ("video_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS ("video/x-vp8; video/x-vp9; video/x-av1; "
        "video/x-h264, stream-format=(string)byte-stream, "
        "alignment=(string)au; "
        "video/x-h265, stream-format=(string)byte-stream, "
        "alignment=(string)au; application/x-rtp, media=(string)video"));

G_DEFINE_TYPE (GstMatrixRtcSrc, gst_matrix_rtc_src, GST_TYPE_BIN);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (matrixrtcsrc, "matrixrtcsrc",
    GST_RANK_NONE, GST_TYPE_MATRIX_RTC_SRC,
    gst_matrix_rtc_element_init (plugin));

/* Properties */

static void
gst_matrix_rtc_src_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstMatrixRtcSrc *self = GST_MATRIX_RTC_SRC (object);

  GST_OBJECT_LOCK (self);
  if (!gst_matrix_rtc_src_settings_set (&self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_matrix_rtc_src_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstMatrixRtcSrc *self = GST_MATRIX_RTC_SRC (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_CONNECTION_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_LAST_ERROR:
      g_value_set_boxed (value, self->last_error);
      break;
    case PROP_PARTICIPANTS:
      g_value_set_boxed (value, self->participants);
      break;
    default:
      if (!gst_matrix_rtc_src_settings_get (&self->settings, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

/* For the element's other files. Any thread. */

E2eeCall *
gst_matrix_rtc_src_get_encryption (GstMatrixRtcSrc * self)
{
  return self->encryption;
}

/* NULL: the call is in no room of Matrix. */
gchar *
gst_matrix_rtc_src_dup_room_id (GstMatrixRtcSrc * self)
{
  gchar *room_id = NULL;

  GST_OBJECT_LOCK (self);
  if (!call_settings_is_set (self->settings.livekit_url))
    room_id = g_strdup (self->settings.room_id);
  GST_OBJECT_UNLOCK (self);
  return room_id;
}

/* What the call tells, on the worker thread */

static GstStructure *
state_message_new (GstMatrixRtcConnectionState old,
    GstMatrixRtcConnectionState now, const GError * error,
    const GstStructure * details)
{
  g_autoptr (GEnumClass) klass =
      g_type_class_ref (GST_TYPE_MATRIX_RTC_CONNECTION_STATE);
  GstStructure *message = gst_structure_copy (details);

  gst_structure_set_name (message, "matrixrtc-connection-state");
  gst_structure_set (message,
      "old", G_TYPE_STRING, g_enum_get_value (klass, old)->value_nick,
      "new", G_TYPE_STRING, g_enum_get_value (klass, now)->value_nick, NULL);
  if (error != NULL)
    gst_structure_set (message, "code", G_TYPE_STRING,
        matrix_rtc_error_get_code_nick (error), NULL);
  return message;
}

static void
post_error (GstMatrixRtcSrc * self, const GError * error,
    const GstStructure * details)
{
  GstStructure *error_details = gst_structure_copy (details);
  guint http_status = matrix_rtc_error_get_http_status (error);
  GQuark domain;
  gint code;

  gst_structure_set (error_details, "code", G_TYPE_STRING,
      matrix_rtc_error_get_code_nick (error), NULL);
  if (http_status != 0)
    gst_structure_set (error_details, "http-status", G_TYPE_UINT, http_status,
        NULL);
  matrix_rtc_error_to_gst (error, &domain, &code);
  gst_element_message_full_with_details (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      domain, code, g_strdup (error->message),
      g_strdup (matrix_rtc_error_get_debug (error)), __FILE__, GST_FUNCTION,
      __LINE__, error_details);
}

static void
on_state_changed (GstMatrixRtcConnectionState state, const GError * error,
    const GstStructure * details, gpointer user_data)
{
  GstMatrixRtcSrc *self = user_data;
  GstMatrixRtcConnectionState old;

  GST_OBJECT_LOCK (self);
  old = self->state;
  self->state = state;
  if (error != NULL) {
    g_clear_error (&self->last_error);
    self->last_error = g_error_copy (error);
  }
  GST_OBJECT_UNLOCK (self);

  if (error != NULL)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LAST_ERROR]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONNECTION_STATE]);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), state_message_new (old,
              state, error, details)));
  if (state == GST_MATRIX_RTC_CONNECTION_STATE_FAILED)
    post_error (self, error, details);
}

static void
on_message (GstStructure * message, gpointer user_data)
{
  gst_element_post_message (user_data,
      gst_message_new_element (user_data, message));
}

static void
on_participants_changed (GstStructure * participants, gpointer user_data)
{
  GstMatrixRtcSrc *self = user_data;
  GstStructure *former;

  GST_OBJECT_LOCK (self);
  former = self->participants;
  self->participants = participants;
  GST_OBJECT_UNLOCK (self);
  if (former != NULL)
    gst_structure_free (former);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PARTICIPANTS]);
}

/* A name that's the same in each run, for the same participant and source. */
static gchar *
make_stream_id (GstMatrixRtcSrc * self, const CallTrack * track)
{
  g_autoptr (GEnumClass) klass =
      g_type_class_ref (GST_TYPE_MATRIX_RTC_TRACK_SOURCE);
  g_autofree gchar *stream_id =
      g_strdup_printf ("%s/%s/%s", track->participant_identity,
      track->is_audio ? "audio" : "video",
      g_enum_get_value (klass, track->source)->value_nick);
  GHashTableIter iter;
  GstMatrixRtcSrcPad *pad;

  g_hash_table_iter_init (&iter, self->pads);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & pad)) {
    if (g_str_equal (gst_matrix_rtc_src_pad_get_stream_id (pad), stream_id))
      return g_strdup_printf ("%s/%s", stream_id, track->sid);
  }
  return g_steal_pointer (&stream_id);
}

static gboolean
on_track_added (const CallTrack * track, GstPad * target, gpointer user_data)
{
  GstMatrixRtcSrc *self = user_data;
  GstPadTemplate *templ =
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self),
      track->is_audio ? "audio_%u" : "video_%u");
  g_autofree gchar *name = track->is_audio ?
      g_strdup_printf ("audio_%u", self->n_audio_pads++) :
      g_strdup_printf ("video_%u", self->n_video_pads++);
  g_autofree gchar *stream_id = make_stream_id (self, track);
  GstMatrixRtcSrcPad *pad;
  gboolean is_eos;

  GST_OBJECT_LOCK (self);
  is_eos = self->is_eos;
  GST_OBJECT_UNLOCK (self);
  if (is_eos)
    return FALSE;

  pad = gst_matrix_rtc_src_pad_new (name, templ, target, track, stream_id,
      self->group_id);
  g_hash_table_replace (self->pads, g_strdup (track->sid),
      gst_object_ref (pad));
  gst_element_add_pad (GST_ELEMENT (self), GST_PAD (pad));
  return TRUE;
}

static void
on_track_updated (const CallTrack * track, gpointer user_data)
{
  GstMatrixRtcSrc *self = user_data;
  GstMatrixRtcSrcPad *pad = g_hash_table_lookup (self->pads, track->sid);

  if (pad != NULL)
    gst_matrix_rtc_src_pad_update (pad, track);
}

static void
on_track_removed (const gchar * track_sid, gpointer user_data)
{
  GstMatrixRtcSrc *self = user_data;
  g_autoptr (GstPad) pad = NULL;

  if (!g_hash_table_steal_extended (self->pads, track_sid, NULL,
          (gpointer *) & pad))
    return;
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (GST_ELEMENT (self), pad);
}

static void
on_track_failed (const gchar * track_sid, const gchar * debug,
    gpointer user_data)
{
  GstMatrixRtcSrc *self = user_data;

  GST_ELEMENT_WARNING_WITH_DETAILS (self, STREAM, DECODE,
      (_("A track of the call can't be received.")), ("%s: %s", track_sid,
          debug), ("track-sid", G_TYPE_STRING, track_sid, NULL));
}

static const CallCallbacks call_callbacks = {
  .state_changed = on_state_changed,
  .message = on_message,
  .participants_changed = on_participants_changed,
  .track_added = on_track_added,
  .track_updated = on_track_updated,
  .track_removed = on_track_removed,
  .track_failed = on_track_failed,
};

/* Starting and stopping, on the thread that changes the state */

static gboolean
start_call (gpointer user_data)
{
  call_start (user_data);
  return G_SOURCE_REMOVE;
}

static void
gst_matrix_rtc_src_start (GstMatrixRtcSrc * self)
{
  GST_OBJECT_LOCK (self);
  g_clear_error (&self->last_error);
  self->is_eos = FALSE;
  self->loop = matrix_rtc_loop_new ("matrixrtc");
  self->call = call_new (&self->settings, self->encryption, GST_BIN (self),
      self->loop, &call_callbacks, self);
  GST_OBJECT_UNLOCK (self);

  self->n_audio_pads = self->n_video_pads = 0;
  self->group_id = gst_util_group_id_next ();
  matrix_rtc_loop_invoke (self->loop, start_call, self->call, NULL);
}

static void
remove_pad (gpointer track_sid, gpointer pad, gpointer self)
{
  gst_element_remove_pad (self, pad);
}

/* Leaves the call; no protocol runs any more. */
static void
gst_matrix_rtc_src_stop (GstMatrixRtcSrc * self)
{
  call_stop (self->call);
  if (!matrix_rtc_loop_is_current (self->loop))
    matrix_rtc_loop_stop (self->loop);
}

/* A call that was stopped from inside one of its own callbacks. */
typedef struct
{
  GstMatrixRtcSrc *self;
  Call *call;
  MatrixRtcLoop *loop;
} Leftover;

static gboolean
free_leftover (gpointer user_data)
{
  Leftover *leftover = user_data;

  call_free (leftover->call);
  matrix_rtc_loop_stop (leftover->loop);
  matrix_rtc_loop_unref (leftover->loop);
  gst_object_unref (leftover->self);
  g_free (leftover);
  return G_SOURCE_REMOVE;
}

/* Frees @call, which has been stopped, and its loop: at once, or when the
 * worker has come back from us. */
static void
gst_matrix_rtc_src_free_call (GstMatrixRtcSrc * self, Call * call,
    MatrixRtcLoop * loop)
{
  Leftover *leftover;

  if (!matrix_rtc_loop_is_current (loop)) {
    call_free (call);
    matrix_rtc_loop_unref (loop);
    return;
  }
  leftover = g_new (Leftover, 1);
  leftover->self = gst_object_ref (self);
  leftover->call = call;
  leftover->loop = loop;
  matrix_rtc_loop_invoke (loop, free_leftover, leftover, NULL);
}

/* With all pads down, in READY. */
static void
gst_matrix_rtc_src_clean_up (GstMatrixRtcSrc * self)
{
  MatrixRtcLoop *loop;
  Call *call;

  g_hash_table_foreach (self->pads, remove_pad, self);
  g_hash_table_remove_all (self->pads);
  GST_OBJECT_LOCK (self);
  loop = g_steal_pointer (&self->loop);
  call = g_steal_pointer (&self->call);
  GST_OBJECT_UNLOCK (self);
  gst_matrix_rtc_src_free_call (self, call, loop);
}

static GstStateChangeReturn
gst_matrix_rtc_src_change_state (GstElement * element,
    GstStateChange transition)
{
  GstMatrixRtcSrc *self = GST_MATRIX_RTC_SRC (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY)
    call_prepare (element);
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_matrix_rtc_src_stop (self);

  ret = GST_ELEMENT_CLASS (gst_matrix_rtc_src_parent_class)->change_state
      (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_matrix_rtc_src_clean_up (self);
  else if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    e2ee_call_forget_all_keys (self->encryption);
  if (ret == GST_STATE_CHANGE_FAILURE)
    return ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    gst_matrix_rtc_src_start (self);
  /* Live, also while there is nothing inside yet that says so. */
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      || transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    ret = GST_STATE_CHANGE_NO_PREROLL;
  return ret;
}

/* Events and messages */

static void
push_eos (GstElement * element, gpointer user_data)
{
  gst_pad_push_event (user_data, gst_event_new_eos ());
}

static gboolean
push_eos_in_background (GstElement * element, GstPad * pad, gpointer user_data)
{
  gst_element_call_async (element, push_eos, gst_object_ref (pad),
      gst_object_unref);
  return TRUE;
}

/* An EOS ends all that is given out, so that muxers can write their indexes. It
 * doesn't reach webrtcbin, whose transport it would stop in the middle. */
static gboolean
gst_matrix_rtc_src_send_event (GstElement * element, GstEvent * event)
{
  GstMatrixRtcSrc *self = GST_MATRIX_RTC_SRC (element);

  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return GST_ELEMENT_CLASS (gst_matrix_rtc_src_parent_class)->send_event
        (element, event);
  GST_OBJECT_LOCK (self);
  self->is_eos = TRUE;
  GST_OBJECT_UNLOCK (self);
  gst_element_foreach_src_pad (element, push_eos_in_background, NULL);
  gst_event_unref (event);
  return TRUE;
}

typedef struct
{
  GstMatrixRtcSrc *self;
  MatrixRtcLoop *loop;
  GstElement *child;
  gchar *debug;
} MediaError;

static void
media_error_free (gpointer data)
{
  MediaError *error = data;

  g_clear_pointer (&error->loop, matrix_rtc_loop_unref);
  g_clear_object (&error->child);
  g_free (error->debug);
  g_free (error);
}

static gboolean
take_media_error (gpointer data)
{
  MediaError *error = data;
  Call *call;

  /* The call may have been stopped, and another started, in the meantime. */
  GST_OBJECT_LOCK (error->self);
  call = error->self->loop == error->loop ? error->self->call : NULL;
  GST_OBJECT_UNLOCK (error->self);
  if (call != NULL)
    call_take_media_error (call, error->child, error->debug);
  return G_SOURCE_REMOVE;
}

/* The child of ours that holds @object, or NULL. */
static GstElement *
find_child (GstMatrixRtcSrc * self, GstObject * object)
{
  while (object != NULL && GST_OBJECT_PARENT (object) != GST_OBJECT (self))
    object = GST_OBJECT_PARENT (object);
  return object == NULL ? NULL : gst_object_ref (GST_ELEMENT (object));
}

/* What one inside tells, in our name. */
static GstMessage *
retell (GstMatrixRtcSrc * self, GstMessage * message)
{
  GstMessage *ours = gst_message_new_element (GST_OBJECT (self),
      gst_structure_copy (gst_message_get_structure (message)));

  gst_message_unref (message);
  return ours;
}

/* An error inside is one track's or one connection's: they tell it in their own
 * way, if the worker still runs. */
static void
gst_matrix_rtc_src_handle_message (GstBin * bin, GstMessage * message)
{
  GstMatrixRtcSrc *self = GST_MATRIX_RTC_SRC (bin);
  g_autoptr (GError) cause = NULL;
  MediaError *error;

  if (gst_message_has_name (message, "matrixrtc-encryption-state"))
    message = retell (self, message);
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR) {
    GST_BIN_CLASS (gst_matrix_rtc_src_parent_class)->handle_message (bin,
        message);
    return;
  }
  gst_message_parse_error (message, &cause, NULL);
  GST_WARNING_OBJECT (self, "%s: %s", GST_MESSAGE_SRC_NAME (message),
      cause->message);
  error = g_new0 (MediaError, 1);
  error->self = self;
  error->child = find_child (self, GST_MESSAGE_SRC (message));
  error->debug = g_strdup (cause->message);
  gst_message_unref (message);
  GST_OBJECT_LOCK (self);
  if (self->loop != NULL)
    error->loop = matrix_rtc_loop_ref (self->loop);
  GST_OBJECT_UNLOCK (self);
  if (error->loop != NULL && error->child != NULL)
    matrix_rtc_loop_invoke (error->loop, take_media_error, error,
        media_error_free);
  else
    media_error_free (error);
}

/* Type */

static void
gst_matrix_rtc_src_finalize (GObject * object)
{
  GstMatrixRtcSrc *self = GST_MATRIX_RTC_SRC (object);

  call_settings_clear (&self->settings);
  e2ee_call_unref (self->encryption);
  g_clear_error (&self->last_error);
  g_clear_pointer (&self->participants, gst_structure_free);
  g_hash_table_unref (self->pads);
  G_OBJECT_CLASS (gst_matrix_rtc_src_parent_class)->finalize (object);
}

static void
gst_matrix_rtc_src_init (GstMatrixRtcSrc * self)
{
  self->encryption = e2ee_call_new ();
  gst_matrix_rtc_src_settings_init (&self->settings);
  self->participants = gst_structure_new ("matrixrtc-participants", "count",
      G_TYPE_UINT, 0, NULL);
  self->pads = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      gst_object_unref);
  /* What is inside doesn't make us anything else than a source. */
  gst_bin_set_suppressed_flags (GST_BIN (self),
      GST_ELEMENT_FLAG_SOURCE | GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
}

static void
install_properties (GObjectClass * klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * matrixrtcsrc:connection-state:
   *
   * The state of the connection to the call. Changes and notifies on the worker
   * thread; each change is also posted as a message named
   * `matrixrtc-connection-state`, with the fields `old` and `new`, as far as they
   * are known `service-url`, `identity` and `room`, and after an error `code`.
   *
   * Since: 0.1.0
   */
  properties[PROP_CONNECTION_STATE] =
      g_param_spec_enum ("connection-state", "Connection state",
      "State of the connection to the call",
      GST_TYPE_MATRIX_RTC_CONNECTION_STATE,
      GST_MATRIX_RTC_CONNECTION_STATE_INITIALIZED, flags);

  /**
   * matrixrtcsrc:last-error:
   *
   * Why the connection is in the failed state: a #GError of the domain
   * `matrix-rtc-error-quark`. %NULL before anything failed; cleared at each start.
   *
   * Since: 0.1.0
   */
  properties[PROP_LAST_ERROR] =
      g_param_spec_boxed ("last-error", "Last error",
      "Why the connection failed", G_TYPE_ERROR, flags);

  /**
   * matrixrtcsrc:participants:
   *
   * A snapshot of the remote participants: a structure with the fields `count` and
   * `participants`, a list of structures with `identity`, `sid`, `name`, `user-id`
   * and `device-id` where the identity tells them, and `tracks`, a list of
   * structures with `sid`, `kind`, `source`, `muted`, `encrypted`, `mime-type`,
   * and `width` and `height` where they are known.
   *
   * Since: 0.1.0
   */
  properties[PROP_PARTICIPANTS] =
      g_param_spec_boxed ("participants", "Participants",
      "The remote participants of the call", GST_TYPE_STRUCTURE, flags);

  g_object_class_install_properties (klass, N_PROPS, properties);
  gst_matrix_rtc_src_settings_install (klass);
}

static void
gst_matrix_rtc_src_class_init (GstMatrixRtcSrcClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_matrix_rtc_src_set_property;
  object_class->get_property = gst_matrix_rtc_src_get_property;
  object_class->finalize = gst_matrix_rtc_src_finalize;
  element_class->change_state =
      GST_DEBUG_FUNCPTR (gst_matrix_rtc_src_change_state);
  element_class->send_event = GST_DEBUG_FUNCPTR (gst_matrix_rtc_src_send_event);
  GST_BIN_CLASS (klass)->handle_message =
      GST_DEBUG_FUNCPTR (gst_matrix_rtc_src_handle_message);

  install_properties (object_class);
  gst_matrix_rtc_src_keys_install (klass);
  gst_element_class_add_static_pad_template_with_gtype (element_class,
      &audio_template, GST_TYPE_MATRIX_RTC_SRC_PAD);
  gst_element_class_add_static_pad_template_with_gtype (element_class,
      &video_template, GST_TYPE_MATRIX_RTC_SRC_PAD);
  gst_element_class_set_static_metadata (element_class, "MatrixRTC source",
      "Source/Network/WebRTC",
      "Joins a MatrixRTC call and gives every participant's audio and video",
      "The gst-matrixrtc developers");
}
