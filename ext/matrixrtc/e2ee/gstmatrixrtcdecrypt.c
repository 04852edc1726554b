/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-matrixrtcdecrypt
 * @title: matrixrtcdecrypt
 * @short_description: Decrypts the frames of an encrypted call's track
 *
 * Decrypts what a participant of an encrypted Element Call, or of a LiveKit room
 * with end-to-end encryption, has sent. matrixrtcsrc has one inside for each
 * track; alone it is of use wherever the frames come another way. It stands right
 * behind the depayloader, before any parser: a parser changes bytes that are
 * part of what was encrypted. It takes complete frames only.
 *
 * A frame that can't be decrypted is dropped; on audio a GAP event takes its
 * place. After that, video goes on with a key frame, which is asked for once a
 * frame can be decrypted again. Changes are posted as element messages named
 * `matrixrtc-encryption-state`, with the fields `identity`, `track-sid` and
 * `state`: `ok`, `missing-key`, `key-invalid` or `not-encrypted`.
 *
 * ## Example
 *
 * |[
 * gst-launch-1.0 ... ! rtpopusdepay ! matrixrtcdecrypt passphrase=secret ! opusdec ! ...
 * ]|
 *
 * Since: 0.1.0
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include <gst/video/video.h>
#include "../debug.h"
#include "../gstmatrixrtc-enumtypes.h"
#include "../gstmatrixrtcelement.h"
#include "gstmatrixrtcdecrypt.h"
#include "track.h"

#define GST_CAT_DEFAULT matrixrtc_e2ee_debug

#define DEFAULT_ENCRYPTED TRUE
#define DEFAULT_UNENCRYPTED_MEDIA GST_MATRIX_RTC_UNENCRYPTED_MEDIA_WARN

/* A request for a key frame may be lost. */
#define KEY_FRAME_INTERVAL (GST_SECOND)

#define CAPS "audio/x-opus; video/x-vp8; video/x-vp9; video/x-av1; " \
    "video/x-h264, stream-format=(string)byte-stream, alignment=(string)au; " \
    "video/x-h265, stream-format=(string)byte-stream, alignment=(string)au"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

enum
{
  PROP_0,
  PROP_IDENTITY,
  PROP_TRACK_SID,
  PROP_ENCRYPTED,
  PROP_PASSPHRASE,
  PROP_SIF_TRAILER,
  PROP_UNENCRYPTED_MEDIA,
  PROP_STATS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

typedef enum
{
  STATE_NONE,                   /* before the first frame */
  STATE_OK,
  STATE_MISSING_KEY,
  STATE_KEY_INVALID,
  STATE_NOT_ENCRYPTED,
} State;

struct _GstMatrixRtcDecrypt
{
  GstElement parent;

  GstPad *sink_pad;
  GstPad *src_pad;

  E2eeTrack *track;

  /* Under OBJECT_LOCK. */
  gchar *track_sid;
  GstMatrixRtcUnencryptedMedia unencrypted_media;
  guint64 n_key_frame_requests;

  /* Of the streaming thread. */
  gboolean has_codec;
  gboolean is_audio;
  State state;
  guint n_bad_tags;             /* in a row */
  gboolean wait_for_key_frame;
  GstClockTime key_frame_asked; /* monotonic; or GST_CLOCK_TIME_NONE */
  gboolean discont;
};

G_DEFINE_TYPE (GstMatrixRtcDecrypt, gst_matrix_rtc_decrypt, GST_TYPE_ELEMENT);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (matrixrtcdecrypt, "matrixrtcdecrypt",
    GST_RANK_NONE, GST_TYPE_MATRIX_RTC_DECRYPT,
    gst_matrix_rtc_element_init (plugin));

/* State, posted on changes only */

static gchar *
dup_track_sid (GstMatrixRtcDecrypt * self)
{
  gchar *track_sid;

  GST_OBJECT_LOCK (self);
  track_sid = g_strdup (self->track_sid);
  GST_OBJECT_UNLOCK (self);
  return track_sid;
}

static void
post_state (GstMatrixRtcDecrypt * self, State state)
{
  static const gchar *const names[] = {
    [STATE_OK] = "ok",
    [STATE_MISSING_KEY] = "missing-key",
    [STATE_KEY_INVALID] = "key-invalid",
    [STATE_NOT_ENCRYPTED] = "not-encrypted",
  };
  g_autofree gchar *identity = NULL;
  g_autofree gchar *track_sid = NULL;
  GstStructure *structure;

  if (self->state == state)
    return;
  self->state = state;
  identity = e2ee_track_dup_identity (self->track);
  track_sid = dup_track_sid (self);
  structure = gst_structure_new ("matrixrtc-encryption-state",
      "identity", G_TYPE_STRING, identity, "track-sid", G_TYPE_STRING,
      track_sid, "state", G_TYPE_STRING, names[state], NULL);
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, structure);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

static void
warn_of_plain_track (GstMatrixRtcDecrypt * self)
{
  g_autofree gchar *identity = e2ee_track_dup_identity (self->track);
  g_autofree gchar *track_sid = dup_track_sid (self);

  GST_ELEMENT_WARNING_WITH_DETAILS (self, STREAM, DECRYPT,
      (_("A participant sends media without encryption in an encrypted call.")),
      ("track %s of %s", track_sid, identity),
      ("track-sid", G_TYPE_STRING, track_sid,
          "participant-identity", G_TYPE_STRING, identity, NULL));
}

static void
note_result (GstMatrixRtcDecrypt * self, E2eeResult result)
{
  if (result == E2EE_RESULT_BAD_TAG)
    self->n_bad_tags++;
  else if (result == E2EE_RESULT_DECRYPTED)
    self->n_bad_tags = 0;

  if (result == E2EE_RESULT_DECRYPTED)
    post_state (self, STATE_OK);
  else if (result == E2EE_RESULT_MISSING_KEY)
    post_state (self, STATE_MISSING_KEY);
  else if ((result == E2EE_RESULT_INVALID_KEY
          && self->state != STATE_MISSING_KEY)
      || self->n_bad_tags > E2EE_FAILURE_TOLERANCE)
    post_state (self, STATE_KEY_INVALID);
}

/* Key frames */

static void
ask_for_key_frame (GstMatrixRtcDecrypt * self)
{
  GstClockTime now = gst_util_get_timestamp ();

  if (GST_CLOCK_TIME_IS_VALID (self->key_frame_asked)
      && now - self->key_frame_asked < KEY_FRAME_INTERVAL)
    return;
  self->key_frame_asked = now;
  GST_OBJECT_LOCK (self);
  self->n_key_frame_requests++;
  GST_OBJECT_UNLOCK (self);
  gst_pad_push_event (self->sink_pad,
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, FALSE,
          0));
}

/* Whether a decoder that missed frames can't take @buffer. */
static gboolean
has_to_wait (GstMatrixRtcDecrypt * self, GstBuffer * buffer)
{
  if (!self->wait_for_key_frame)
    return FALSE;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT)) {
    ask_for_key_frame (self);
    return TRUE;
  }
  self->wait_for_key_frame = FALSE;
  self->key_frame_asked = GST_CLOCK_TIME_NONE;
  return FALSE;
}

/* Data */

/* Instead of @buffer, so that nobody downstream waits for it. */
static GstFlowReturn
push_gap (GstMatrixRtcDecrypt * self, GstBuffer * buffer)
{
  if (self->is_audio && GST_BUFFER_PTS_IS_VALID (buffer))
    gst_pad_push_event (self->src_pad, gst_event_new_gap (GST_BUFFER_PTS
            (buffer), GST_BUFFER_DURATION (buffer)));
  self->discont = TRUE;
  return GST_FLOW_OK;
}

/* Takes @buffer. */
static GstFlowReturn
push_frame (GstMatrixRtcDecrypt * self, GstBuffer * buffer)
{
  if (self->discont) {
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    self->discont = FALSE;
  }
  return gst_pad_push (self->src_pad, buffer);
}

static GstFlowReturn
chain_encrypted (GstMatrixRtcDecrypt * self, GstBuffer * buffer)
{
  E2eeResult result;
  g_autoptr (GstBuffer) plain =
      e2ee_track_decrypt (self->track, buffer, &result);

  note_result (self, result);
  if (plain == NULL) {
    GST_LOG_OBJECT (self, "dropped, result %d: %" GST_PTR_FORMAT, result,
        buffer);
    if (result != E2EE_RESULT_SIF_DROP)
      self->wait_for_key_frame = !self->is_audio;
    return push_gap (self, buffer);
  }
  if (has_to_wait (self, plain))
    return push_gap (self, buffer);
  return push_frame (self, g_steal_pointer (&plain));
}

static GstFlowReturn
chain_plain (GstMatrixRtcDecrypt * self, GstBuffer * buffer)
{
  GstMatrixRtcUnencryptedMedia policy;
  gboolean is_remarkable = e2ee_track_is_call_encrypted (self->track);

  GST_OBJECT_LOCK (self);
  policy = self->unencrypted_media;
  GST_OBJECT_UNLOCK (self);
  e2ee_track_count_plain (self->track);

  if (is_remarkable && self->state != STATE_NOT_ENCRYPTED) {
    post_state (self, STATE_NOT_ENCRYPTED);
    if (policy == GST_MATRIX_RTC_UNENCRYPTED_MEDIA_WARN)
      warn_of_plain_track (self);
  }
  if (is_remarkable && policy == GST_MATRIX_RTC_UNENCRYPTED_MEDIA_DROP)
    return push_gap (self, buffer);
  return push_frame (self, gst_buffer_ref (buffer));
}

static GstFlowReturn
sink_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstMatrixRtcDecrypt *self = GST_MATRIX_RTC_DECRYPT (parent);
  GstFlowReturn ret;

  if (!self->has_codec) {
    gst_buffer_unref (buffer);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  ret = e2ee_track_is_encrypted (self->track) ?
      chain_encrypted (self, buffer) : chain_plain (self, buffer);
  gst_buffer_unref (buffer);
  return ret;
}

static gboolean
codec_from_caps (GstCaps * caps, E2eeCodec * codec)
{
  static const struct
  {
    const gchar *name;
    E2eeCodec codec;
  } codecs[] = {
    {"audio/x-opus", E2EE_CODEC_OPUS},
    {"video/x-vp8", E2EE_CODEC_VP8},
    {"video/x-vp9", E2EE_CODEC_VP9},
    {"video/x-av1", E2EE_CODEC_AV1},
    {"video/x-h264", E2EE_CODEC_H264},
    {"video/x-h265", E2EE_CODEC_H265},
  };
  GstStructure *structure = gst_caps_get_structure (caps, 0);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (gst_structure_has_name (structure, codecs[i].name)) {
      *codec = codecs[i].codec;
      return TRUE;
    }
  }
  return FALSE;
}

static void
take_caps (GstMatrixRtcDecrypt * self, GstCaps * caps)
{
  E2eeCodec codec;

  self->has_codec = codec_from_caps (caps, &codec);
  if (!self->has_codec)
    return;
  self->is_audio = codec == E2EE_CODEC_OPUS;
  e2ee_track_start (self->track, codec);
}

static gboolean
sink_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    take_caps (GST_MATRIX_RTC_DECRYPT (parent), caps);
  }
  return gst_pad_event_default (pad, parent, event);
}

/* State of the element */

static void
reset_stream (GstMatrixRtcDecrypt * self)
{
  self->state = STATE_NONE;
  self->n_bad_tags = 0;
  self->wait_for_key_frame = FALSE;
  self->key_frame_asked = GST_CLOCK_TIME_NONE;
  self->discont = FALSE;
  self->has_codec = FALSE;
  e2ee_track_reset_stats (self->track);
  GST_OBJECT_LOCK (self);
  self->n_key_frame_requests = 0;
  GST_OBJECT_UNLOCK (self);
}

static GstStateChangeReturn
gst_matrix_rtc_decrypt_change_state (GstElement * element,
    GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    reset_stream (GST_MATRIX_RTC_DECRYPT (element));
  return GST_ELEMENT_CLASS (gst_matrix_rtc_decrypt_parent_class)->change_state
      (element, transition);
}

/* Keys */

/* Takes the keys from @call, with those of other tracks, instead of having its
 * own. */
void
gst_matrix_rtc_decrypt_set_call (GstMatrixRtcDecrypt * self, E2eeCall * call)
{
  e2ee_track_set_call (self->track, call);
}

static void
gst_matrix_rtc_decrypt_set_media_key (GstMatrixRtcDecrypt * self, guint index,
    GBytes * bytes)
{
  if (!e2ee_track_set_key (self->track, index, bytes))
    GST_ELEMENT_WARNING (self, STREAM, DECRYPT,
        (_("A media key can't be used.")),
        ("a key has %u bytes and an index below %u", E2EE_RAW_KEY_SIZE,
            E2EE_KEY_RING_SIZE));
}

/* Properties */

static void
set_track_sid (GstMatrixRtcDecrypt * self, const gchar * track_sid)
{
  GST_OBJECT_LOCK (self);
  g_free (self->track_sid);
  self->track_sid = g_strdup (track_sid == NULL ? "" : track_sid);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_matrix_rtc_decrypt_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstMatrixRtcDecrypt *self = GST_MATRIX_RTC_DECRYPT (object);

  switch (id) {
    case PROP_IDENTITY:
      e2ee_track_set_identity (self->track, g_value_get_string (value));
      break;
    case PROP_TRACK_SID:
      set_track_sid (self, g_value_get_string (value));
      break;
    case PROP_ENCRYPTED:
      e2ee_track_set_encrypted (self->track, g_value_get_boolean (value));
      break;
    case PROP_PASSPHRASE:
      e2ee_track_set_passphrase (self->track, g_value_get_string (value));
      break;
    case PROP_SIF_TRAILER:
      e2ee_track_set_sif_trailer (self->track, g_value_get_boxed (value));
      break;
    case PROP_UNENCRYPTED_MEDIA:
      GST_OBJECT_LOCK (self);
      self->unencrypted_media = g_value_get_enum (value);
      GST_OBJECT_UNLOCK (self);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static GstStructure *
get_stats (GstMatrixRtcDecrypt * self)
{
  E2eeTrackStats stats;
  guint64 n_key_frame_requests;

  e2ee_track_get_stats (self->track, &stats);
  GST_OBJECT_LOCK (self);
  n_key_frame_requests = self->n_key_frame_requests;
  GST_OBJECT_UNLOCK (self);
  return gst_structure_new ("matrixrtc-decrypt-stats",
      "frames-decrypted", G_TYPE_UINT64, stats.decrypted,
      "frames-plain", G_TYPE_UINT64, stats.plain,
      "frames-missing-key", G_TYPE_UINT64, stats.missing_key,
      "frames-failed", G_TYPE_UINT64, stats.failed,
      "frames-server-injected", G_TYPE_UINT64, stats.server,
      "key-frame-requests", G_TYPE_UINT64, n_key_frame_requests, NULL);
}

static void
gst_matrix_rtc_decrypt_get_property (GObject * object, guint id,
    GValue * value, GParamSpec * pspec)
{
  GstMatrixRtcDecrypt *self = GST_MATRIX_RTC_DECRYPT (object);

  switch (id) {
    case PROP_IDENTITY:
      g_value_take_string (value, e2ee_track_dup_identity (self->track));
      break;
    case PROP_TRACK_SID:
      g_value_take_string (value, dup_track_sid (self));
      break;
    case PROP_ENCRYPTED:
      g_value_set_boolean (value, e2ee_track_is_encrypted (self->track));
      break;
    case PROP_UNENCRYPTED_MEDIA:
      GST_OBJECT_LOCK (self);
      g_value_set_enum (value, self->unencrypted_media);
      GST_OBJECT_UNLOCK (self);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, get_stats (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

/* Type */

static void
gst_matrix_rtc_decrypt_finalize (GObject * object)
{
  GstMatrixRtcDecrypt *self = GST_MATRIX_RTC_DECRYPT (object);

  e2ee_track_free (self->track);
  g_free (self->track_sid);
  G_OBJECT_CLASS (gst_matrix_rtc_decrypt_parent_class)->finalize (object);
}

static GstPad *
add_pad (GstMatrixRtcDecrypt * self, GstStaticPadTemplate * templ)
{
  GstPad *pad = gst_pad_new_from_static_template (templ, templ->name_template);

  GST_PAD_SET_PROXY_CAPS (pad);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static void
gst_matrix_rtc_decrypt_init (GstMatrixRtcDecrypt * self)
{
  self->track = e2ee_track_new ();
  self->track_sid = g_strdup ("");
  self->unencrypted_media = DEFAULT_UNENCRYPTED_MEDIA;
  self->state = STATE_NONE;

  self->sink_pad = add_pad (self, &sink_template);
  gst_pad_set_chain_function (self->sink_pad, GST_DEBUG_FUNCPTR (sink_chain));
  gst_pad_set_event_function (self->sink_pad, GST_DEBUG_FUNCPTR (sink_event));
  self->src_pad = add_pad (self, &src_template);
}

static void
install_properties (GObjectClass * klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * matrixrtcdecrypt:identity:
   *
   * The LiveKit identity of the participant whose track it is: the name of the
   * keys, and a field of the messages.
   *
   * Since: 0.1.0
   */
  properties[PROP_IDENTITY] = g_param_spec_string ("identity", "Identity",
      "LiveKit identity of the participant whose track it is", "", flags);

  /**
   * matrixrtcdecrypt:track-sid:
   *
   * The LiveKit sid of the track, a field of the messages.
   *
   * Since: 0.1.0
   */
  properties[PROP_TRACK_SID] = g_param_spec_string ("track-sid", "Track sid",
      "LiveKit sid of the track", "", flags);

  /**
   * matrixrtcdecrypt:encrypted:
   *
   * Whether the track is encrypted, as its publisher says in TrackInfo. Nothing in
   * a frame tells it.
   *
   * Since: 0.1.0
   */
  properties[PROP_ENCRYPTED] = g_param_spec_boolean ("encrypted", "Encrypted",
      "Whether the track is encrypted", DEFAULT_ENCRYPTED, flags);

  /**
   * matrixrtcdecrypt:passphrase:
   *
   * The password of a call that has one for all. Unset, the keys are those of
   * #matrixrtcdecrypt::set-media-key. It is derived at once, which takes some
   * 50 ms, and kept nowhere.
   *
   * Since: 0.1.0
   */
  properties[PROP_PASSPHRASE] = g_param_spec_string ("passphrase",
      "Passphrase", "Password of a call that has one for all", NULL,
      G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);

  /**
   * matrixrtcdecrypt:sif-trailer:
   *
   * What the SFU puts at the end of frames that it makes itself, from its
   * JoinResponse. Unset, none is told from a participant's.
   *
   * Since: 0.1.0
   */
  properties[PROP_SIF_TRAILER] = g_param_spec_boxed ("sif-trailer",
      "SIF trailer", "Mark of the frames that the SFU injects", G_TYPE_BYTES,
      G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);

  /**
   * matrixrtcdecrypt:unencrypted-media:
   *
   * What becomes of a track that isn't encrypted, in a call that is.
   *
   * Since: 0.1.0
   */
  properties[PROP_UNENCRYPTED_MEDIA] = g_param_spec_enum ("unencrypted-media",
      "Unencrypted media", "What to do with plain tracks among encrypted ones",
      GST_TYPE_MATRIX_RTC_UNENCRYPTED_MEDIA, DEFAULT_UNENCRYPTED_MEDIA, flags);

  /**
   * matrixrtcdecrypt:stats:
   *
   * Counts of frames since the start: `frames-decrypted`, `frames-plain`,
   * `frames-missing-key`, `frames-failed`, `frames-server-injected`, and
   * `key-frame-requests`.
   *
   * Since: 0.1.0
   */
  properties[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "Counts of frames", GST_TYPE_STRUCTURE,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (klass, N_PROPS, properties);
}

static void
install_signals (GstMatrixRtcDecryptClass * klass)
{
  /**
   * matrixrtcdecrypt::set-media-key:
   * @decrypt: the element
   * @index: the key's index, 0 to 255
   * @key: the 16 bytes of the key
   *
   * Sets a key of the participant, which frames that name @index are decrypted
   * with from then on. Any thread may emit it. A key that can't be one is a
   * warning on the bus.
   *
   * Since: 0.1.0
   */
  g_signal_new_class_handler ("set-media-key", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_matrix_rtc_decrypt_set_media_key), NULL, NULL, NULL,
      G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_BYTES);
}

static void
gst_matrix_rtc_decrypt_class_init (GstMatrixRtcDecryptClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_matrix_rtc_decrypt_set_property;
  object_class->get_property = gst_matrix_rtc_decrypt_get_property;
  object_class->finalize = gst_matrix_rtc_decrypt_finalize;
  element_class->change_state =
      GST_DEBUG_FUNCPTR (gst_matrix_rtc_decrypt_change_state);

  install_properties (object_class);
  install_signals (klass);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class,
      "MatrixRTC frame decryptor", "Filter/Decryptor",
      "Decrypts the frames of an encrypted call's track",
      "The gst-matrixrtc developers");
}
