/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A source pad: one remote track, and what is known of its publisher. Gives the
 * stream a name of its own, makes one stream of what comes from several sessions
 * in turn, and waits for a key frame whenever somebody starts to listen late.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/video/video.h>
#include "gstmatrixrtc-enumtypes.h"
#include "gstmatrixrtcsrcpad-private.h"

/* A frame of audio that doesn't say how long it is, and what may be missing between
 * two. */
#define AUDIO_FRAME (20 * GST_MSECOND)
#define MAX_HOLE (40 * GST_MSECOND)

/**
 * GstMatrixRtcSrcPad:
 *
 * A source pad of #matrixrtcsrc: one track of one remote participant. The pad
 * belongs to that track only; it gets an EOS and is removed when the track ends.
 * It outlives the connection to the SFU: what comes after that was lost goes on
 * with a discontinuity.
 *
 * The properties may be read from any thread. Those that can't be written change on
 * the element's worker thread.
 *
 * Since: 0.1.0
 */

enum
{
  PROP_0,
  PROP_PARTICIPANT_IDENTITY,
  PROP_PARTICIPANT_SID,
  PROP_PARTICIPANT_NAME,
  PROP_USER_ID,
  PROP_MEMBER_DEVICE_ID,
  PROP_TRACK_SID,
  PROP_SOURCE,
  PROP_MUTED,
  PROP_ENCRYPTED,
  PROP_MSID,
  PROP_VIDEO_QUALITY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_TYPE (GstMatrixRtcSrcPad, gst_matrix_rtc_src_pad, GST_TYPE_GHOST_PAD);

static void
gst_matrix_rtc_src_pad_get_property (GObject * object, guint id,
    GValue * value, GParamSpec * pspec)
{
  GstMatrixRtcSrcPad *self = GST_MATRIX_RTC_SRC_PAD (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_PARTICIPANT_IDENTITY:
      g_value_set_string (value, self->participant_identity);
      break;
    case PROP_PARTICIPANT_SID:
      g_value_set_string (value, self->participant_sid);
      break;
    case PROP_PARTICIPANT_NAME:
      g_value_set_string (value, self->participant_name);
      break;
    case PROP_USER_ID:
      g_value_set_string (value, self->user_id);
      break;
    case PROP_MEMBER_DEVICE_ID:
      g_value_set_string (value, self->device_id);
      break;
    case PROP_TRACK_SID:
      g_value_set_string (value, self->track_sid);
      break;
    case PROP_SOURCE:
      g_value_set_enum (value, self->source);
      break;
    case PROP_MUTED:
      g_value_set_boolean (value, self->muted);
      break;
    case PROP_ENCRYPTED:
      g_value_set_boolean (value, self->encrypted);
      break;
    case PROP_MSID:
      g_value_set_string (value, self->msid);
      break;
    case PROP_VIDEO_QUALITY:
      g_value_set_enum (value, self->video_quality);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_matrix_rtc_src_pad_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstMatrixRtcSrcPad *self = GST_MATRIX_RTC_SRC_PAD (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_VIDEO_QUALITY:
      self->video_quality = g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_matrix_rtc_src_pad_finalize (GObject * object)
{
  GstMatrixRtcSrcPad *self = GST_MATRIX_RTC_SRC_PAD (object);

  g_free (self->track_sid);
  g_free (self->participant_identity);
  g_free (self->participant_sid);
  g_free (self->participant_name);
  g_free (self->user_id);
  g_free (self->device_id);
  g_free (self->msid);
  g_clear_object (&self->stream);
  gst_clear_event (&self->stream_start);
  filler_clear (&self->filler);
  G_OBJECT_CLASS (gst_matrix_rtc_src_pad_parent_class)->finalize (object);
}

static void
gst_matrix_rtc_src_pad_class_init (GstMatrixRtcSrcPadClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = gst_matrix_rtc_src_pad_get_property;
  object_class->set_property = gst_matrix_rtc_src_pad_set_property;
  object_class->finalize = gst_matrix_rtc_src_pad_finalize;

  /**
   * GstMatrixRtcSrcPad:participant-identity:
   *
   * The publisher's identity on the SFU. It stays the same when the publisher
   * comes back.
   *
   * Since: 0.1.0
   */
  properties[PROP_PARTICIPANT_IDENTITY] =
      g_param_spec_string ("participant-identity", "Participant identity",
      "The publisher's identity on the SFU", NULL, flags);

  /**
   * GstMatrixRtcSrcPad:participant-sid:
   *
   * The SFU's id of the publisher's present session (`PA_...`). Changes only while
   * the connection to the SFU is got back.
   *
   * Since: 0.1.0
   */
  properties[PROP_PARTICIPANT_SID] =
      g_param_spec_string ("participant-sid", "Participant session id",
      "The SFU's id of the publisher's session", NULL, flags);

  /**
   * GstMatrixRtcSrcPad:participant-name:
   *
   * The name that the SFU tells of the publisher. Empty if it tells none.
   *
   * Since: 0.1.0
   */
  properties[PROP_PARTICIPANT_NAME] =
      g_param_spec_string ("participant-name", "Participant name",
      "The publisher's name on the SFU", NULL, flags);

  /**
   * GstMatrixRtcSrcPad:user-id:
   *
   * The publisher's Matrix user id, where the SFU's identity tells it
   * (`@user:server:DEVICE`); %NULL otherwise.
   *
   * Since: 0.1.0
   */
  properties[PROP_USER_ID] =
      g_param_spec_string ("user-id", "User id",
      "The publisher's Matrix user id, where the identity tells it", NULL,
      flags);

  /**
   * GstMatrixRtcSrcPad:member-device-id:
   *
   * The publisher's Matrix device id, where the SFU's identity tells it; %NULL
   * otherwise.
   *
   * Since: 0.1.0
   */
  properties[PROP_MEMBER_DEVICE_ID] =
      g_param_spec_string ("member-device-id", "Member device id",
      "The publisher's Matrix device id, where the identity tells it", NULL,
      flags);

  /**
   * GstMatrixRtcSrcPad:track-sid:
   *
   * The SFU's id of the track (`TR_...`). Changes only while the connection to the
   * SFU is got back, if the publisher had to publish the track anew.
   *
   * Since: 0.1.0
   */
  properties[PROP_TRACK_SID] =
      g_param_spec_string ("track-sid", "Track id", "The SFU's id of the track",
      NULL, flags);

  /**
   * GstMatrixRtcSrcPad:source:
   *
   * Where the track comes from.
   *
   * Since: 0.1.0
   */
  properties[PROP_SOURCE] =
      g_param_spec_enum ("source", "Source", "Where the track comes from",
      GST_TYPE_MATRIX_RTC_TRACK_SOURCE, GST_MATRIX_RTC_TRACK_SOURCE_UNKNOWN,
      flags);

  /**
   * GstMatrixRtcSrcPad:muted:
   *
   * Whether the publisher has muted the track. Notifies from the worker thread.
   *
   * Since: 0.1.0
   */
  properties[PROP_MUTED] =
      g_param_spec_boolean ("muted", "Muted",
      "Whether the publisher has muted the track", FALSE, flags);

  /**
   * GstMatrixRtcSrcPad:encrypted:
   *
   * Whether the publisher encrypts the track's frames end to end.
   *
   * Since: 0.1.0
   */
  properties[PROP_ENCRYPTED] =
      g_param_spec_boolean ("encrypted", "Encrypted",
      "Whether the track is encrypted end to end", FALSE, flags);

  /**
   * GstMatrixRtcSrcPad:msid:
   *
   * The track's msid in the SFU's offer.
   *
   * Since: 0.1.0
   */
  properties[PROP_MSID] =
      g_param_spec_string ("msid", "MediaStream id",
      "The track's msid in the SFU's offer", NULL, flags);

  /**
   * GstMatrixRtcSrcPad:video-quality:
   *
   * Which layer of a video that has several (simulcast) the SFU sends. It begins as
   * #matrixrtcsrc:video-quality, and may be changed at any time and from any thread;
   * the SFU changes over with the layer's next key frame. Of no effect on audio.
   *
   * Since: 0.1.0
   */
  properties[PROP_VIDEO_QUALITY] =
      g_param_spec_enum ("video-quality", "Video quality",
      "Layer of the video that is received", GST_TYPE_MATRIX_RTC_VIDEO_QUALITY,
      GST_MATRIX_RTC_VIDEO_QUALITY_HIGH,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gst_matrix_rtc_src_pad_init (GstMatrixRtcSrcPad * self)
{
}

/* Events */

/* Whether the caps or segment in @event are those that the pad has. */
static gboolean
pad_is_repeated (GstMatrixRtcSrcPad * self, GstEvent * event)
{
  gboolean is_caps = GST_EVENT_TYPE (event) == GST_EVENT_CAPS;
  g_autoptr (GstEvent) last = NULL;
  const GstSegment *last_segment, *segment;
  GstCaps *last_caps, *caps;

  if (!is_caps && GST_EVENT_TYPE (event) != GST_EVENT_SEGMENT)
    return FALSE;
  last = gst_pad_get_sticky_event (GST_PAD (self), GST_EVENT_TYPE (event), 0);
  if (last == NULL)
    return FALSE;
  if (is_caps) {
    gst_event_parse_caps (last, &last_caps);
    gst_event_parse_caps (event, &caps);
    return gst_caps_is_equal (last_caps, caps);
  }
  gst_event_parse_segment (last, &last_segment);
  gst_event_parse_segment (event, &segment);
  return gst_segment_is_equal (last_segment, segment);
}

/* Audio has no holes: what DTX leaves out before @pts is told. */
static void
pad_bridge_hole (GstMatrixRtcSrcPad * self, GstClockTime pts)
{
  GstEvent *gap = NULL;

  if (self->is_audio)
    gap = continuity_bridge (&self->continuity, pts, MAX_HOLE);
  if (gap != NULL)
    gst_pad_push_event (GST_PAD (self), gap);
}

/* A depayloader tells of a lost packet. */
static void
pad_take_gap (GstMatrixRtcSrcPad * self, GstEvent * event)
{
  GstClockTime start;

  gst_event_parse_gap (event, &start, NULL);
  pad_bridge_hole (self, start);
  continuity_take_gap (&self->continuity, event);
}

/* The stream has the caps that its pad has. */
static void
pad_tell_caps (GstMatrixRtcSrcPad * self, GstEvent * event)
{
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  gst_stream_set_caps (self->stream, caps);
}

/* Goes out with the next buffer, on the streaming thread. */
static void
pad_store_tags (GstMatrixRtcSrcPad * self)
{
  g_autoptr (GstEvent) event =
      gst_event_new_tag (gst_stream_get_tags (self->stream));

  gst_pad_store_sticky_event (GST_PAD (self), event);
}

/* A pad of GStreamer 1.22 forgets its tags with each stream-start, also if the stream is
 * the same. */
static gboolean
pad_push_stream_start (GstMatrixRtcSrcPad * self, GstPad * internal)
{
  gboolean is_taken = gst_pad_event_default (internal, GST_OBJECT (self),
      gst_event_ref (self->stream_start));

  pad_store_tags (self);
  return is_taken;
}

/* What a parser or decoder tells of the stream, with what we know of it. Takes
 * @event. */
static GstEvent *
pad_add_tags (GstMatrixRtcSrcPad * self, GstEvent * event)
{
  g_autoptr (GstTagList) ours = gst_stream_get_tags (self->stream);
  GstTagList *theirs;
  GstEvent *both;

  gst_event_parse_tag (event, &theirs);
  if (gst_tag_list_get_scope (theirs) != GST_TAG_SCOPE_STREAM)
    return event;
  both = gst_event_new_tag (gst_tag_list_merge (ours, theirs,
          GST_TAG_MERGE_KEEP));
  gst_event_unref (event);
  return both;
}

/* Events from inside. A stream-start comes from each new target: downstream sees one
 * stream, with our name. */
static gboolean
internal_event (GstPad * internal, GstObject * parent, GstEvent * event)
{
  GstMatrixRtcSrcPad *self = GST_MATRIX_RTC_SRC_PAD (parent);

  if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START) {
    continuity_break (&self->continuity);
    gst_event_unref (event);
    return pad_push_stream_start (self, internal);
  }
  if (pad_is_repeated (self, event)) {
    gst_event_unref (event);
    return TRUE;
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    pad_tell_caps (self, event);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_GAP)
    pad_take_gap (self, event);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_TAG)
    event = pad_add_tags (self, event);
  return gst_pad_event_default (internal, parent, event);
}

static gboolean
copy_sticky_event (GstPad * target, GstEvent ** event, gpointer user_data)
{
  GstMatrixRtcSrcPad *self = user_data;

  if (GST_EVENT_TYPE (*event) == GST_EVENT_CAPS)
    pad_tell_caps (self, *event);
  gst_pad_store_sticky_event (GST_PAD (self),
      GST_EVENT_TYPE (*event) == GST_EVENT_STREAM_START ?
      self->stream_start : *event);
  return TRUE;
}

/* Buffers */

static void
pad_take_arrival (GstMatrixRtcSrcPad * self, GstPadProbeInfo * info)
{
  guint n_frames = self->is_audio ? 0 : frame_meter_count (info, self->is_rtp);
  gint64 now = g_get_monotonic_time ();

  GST_OBJECT_LOCK (self);
  media_gap_take_arrival (&self->gap, now);
  self->last_output = now;
  if (n_frames > 0)
    frame_meter_take (&self->frames, n_frames, self->muted, now);
  GST_OBJECT_UNLOCK (self);
}

static GstClockTime
probe_get_pts (GstPadProbeInfo * info)
{
  return GST_BUFFER_PTS ((GST_PAD_PROBE_INFO_TYPE (info) &
          GST_PAD_PROBE_TYPE_BUFFER) ? GST_PAD_PROBE_INFO_BUFFER (info) :
      gst_buffer_list_get (GST_PAD_PROBE_INFO_BUFFER_LIST (info), 0));
}

static gboolean
continue_with (GstBuffer ** buffer, guint i, gpointer continuity)
{
  *buffer = continuity_take_buffer (continuity, *buffer);
  return TRUE;
}

static void
pad_continue (GstMatrixRtcSrcPad * self, GstPadProbeInfo * info)
{
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER) {
    info->data = continuity_take_buffer (&self->continuity, info->data);
    return;
  }
  info->data = gst_buffer_list_make_writable (info->data);
  gst_buffer_list_foreach (info->data, continue_with, &self->continuity);
}

static void
pad_keep_picture (GstMatrixRtcSrcPad * self, GstPadProbeInfo * info)
{
  if (!self->is_audio
      && (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER))
    filler_take_buffer (&self->filler, GST_PAD_PROBE_INFO_BUFFER (info));
}

/* A pad that nobody has linked costs nothing but this, and is no error. */
static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstMatrixRtcSrcPad *self = GST_MATRIX_RTC_SRC_PAD (pad);

  if (self->is_pushing_filler)
    return GST_PAD_PROBE_OK;
  if (!gst_pad_is_linked (pad)) {
    g_atomic_int_set (&self->needs_key_frame, TRUE);
    return GST_PAD_PROBE_DROP;
  }
  pad_take_arrival (self, info);
  if (gst_matrix_rtc_src_pad_lacks_key_frame (self, info))
    return GST_PAD_PROBE_DROP;
  if (g_atomic_int_compare_and_exchange (&self->begins, TRUE, FALSE))
    continuity_begin (&self->continuity);
  pad_bridge_hole (self, probe_get_pts (info));
  pad_continue (self, info);
  gst_matrix_rtc_src_pad_look_at_key_frame_dates (self, info);
  pad_keep_picture (self, info);
  return GST_PAD_PROBE_OK;
}

static void
on_linked (GstPad * pad, GstPad * peer, gpointer user_data)
{
  GstMatrixRtcSrcPad *self = GST_MATRIX_RTC_SRC_PAD (pad);

  /* What nobody takes isn't missed, and the SFU may not even send it. */
  GST_OBJECT_LOCK (self);
  media_gap_excuse (&self->gap);
  self->last_output = 0;
  frame_meter_excuse (&self->frames);
  GST_OBJECT_UNLOCK (self);
  g_atomic_int_set (&self->begins, TRUE);
  if (!self->is_audio && g_atomic_int_get (&self->needs_key_frame))
    gst_matrix_rtc_src_pad_ask_for_key_frame (self);
}

/* Who listens next knows nothing of what came up to now, even if nothing is missed. */
static void
on_unlinked (GstPad * pad, GstPad * peer, gpointer user_data)
{
  GstMatrixRtcSrcPad *self = GST_MATRIX_RTC_SRC_PAD (pad);

  g_atomic_int_set (&self->needs_key_frame, TRUE);
}

/* Making */

static GstEvent *
pad_new_stream_start (GstMatrixRtcSrcPad * self, guint group_id)
{
  GstEvent *event =
      gst_event_new_stream_start (gst_stream_get_stream_id (self->stream));

  gst_event_set_group_id (event, group_id);
  gst_event_set_stream (event, self->stream);
  return event;
}

static gboolean
pad_gives_rtp (GstPad * target)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (target);

  return caps != NULL
      && gst_structure_has_name (gst_caps_get_structure (caps, 0),
      "application/x-rtp");
}

static void
pad_set_up_internal (GstMatrixRtcSrcPad * self)
{
  g_autoptr (GstProxyPad) internal =
      gst_proxy_pad_get_internal (GST_PROXY_PAD (self));

  gst_pad_set_event_function (GST_PAD (internal), internal_event);
}

/* From downstream. What is inside has no use for reports of how late buffers come. RTP
 * is as the publisher made it; other formats may be chosen anew. */
static gboolean
src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstMatrixRtcSrcPad *self = GST_MATRIX_RTC_SRC_PAD (pad);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_SELECT_STREAMS:
      if (parent != NULL)
        return gst_element_send_event (GST_ELEMENT (parent), event);
      gst_event_unref (event);
      return FALSE;
    case GST_EVENT_RECONFIGURE:
      if (!self->is_rtp)
        return gst_pad_event_default (pad, parent, event);
      gst_event_unref (event);
      return TRUE;
    case GST_EVENT_QOS:
      gst_event_unref (event);
      return TRUE;
    case GST_EVENT_CUSTOM_UPSTREAM:
      if (!gst_matrix_rtc_src_pad_keep_key_frame_date (self, event))
        return gst_pad_event_default (pad, parent, event);
      gst_event_unref (event);
      return TRUE;
    default:
      return gst_pad_event_default (pad, parent, event);
  }
}

/* Without the answer to selectable decodebin3 would choose by itself from the whole
 * collection: the first stream of each type, whichever it is given. */
static gboolean
src_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_SELECTABLE)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_selectable (query, TRUE);
  return TRUE;
}

/* A pad for @stream, what comes out of @target, whose caps are known. */
GstMatrixRtcSrcPad *
gst_matrix_rtc_src_pad_new (const gchar * name, GstPadTemplate * templ,
    GstPad * target, const CallTrack * track, GstStream * stream,
    guint group_id)
{
  GstMatrixRtcSrcPad *self = g_object_new (GST_TYPE_MATRIX_RTC_SRC_PAD,
      "name", name, "direction", GST_PAD_SRC, "template", templ, NULL);

  self->track_sid = g_strdup (track->sid);
  self->participant_identity = g_strdup (track->participant_identity);
  self->participant_sid = g_strdup (track->participant_sid);
  self->participant_name = g_strdup (track->participant_name);
  self->user_id = g_strdup (track->user_id);
  self->device_id = g_strdup (track->device_id);
  self->msid = g_strdup (track->msid);
  self->source = track->source;
  self->is_audio = track->is_audio;
  continuity_init (&self->continuity, self->is_audio ? AUDIO_FRAME : 0);
  key_frame_dates_init (&self->key_frame_dates);
  self->muted = track->muted;
  self->encrypted = track->encrypted;
  self->stream = gst_object_ref (stream);
  self->stream_start = pad_new_stream_start (self, group_id);
  self->is_rtp = pad_gives_rtp (target);

  pad_set_up_internal (self);
  gst_pad_set_event_function (GST_PAD (self), src_event);
  gst_pad_set_query_function (GST_PAD (self), src_query);
  gst_pad_add_probe (GST_PAD (self), GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_buffer, NULL, NULL);
  g_signal_connect (self, "linked", G_CALLBACK (on_linked), NULL);
  g_signal_connect (self, "unlinked", G_CALLBACK (on_unlinked), NULL);
  gst_ghost_pad_set_target (GST_GHOST_PAD (self), target);
  gst_pad_set_active (GST_PAD (self), TRUE);
  gst_pad_sticky_events_foreach (target, copy_sticky_event, self);
  pad_store_tags (self);
  return self;
}

/* Goes out with the next buffer, on the streaming thread. */
void
gst_matrix_rtc_src_pad_set_collection (GstMatrixRtcSrcPad * self,
    GstStreamCollection * collection)
{
  g_autoptr (GstEvent) event = gst_event_new_stream_collection (collection);

  gst_pad_store_sticky_event (GST_PAD (self), event);
}

/* Whether it changes. */
static gboolean
replace_text (gchar ** text, const gchar * now)
{
  if (g_strcmp0 (*text, now) == 0)
    return FALSE;
  g_free (*text);
  *text = g_strdup (now);
  return TRUE;
}

/* Takes over what may change while a track lasts. */
void
gst_matrix_rtc_src_pad_update (GstMatrixRtcSrcPad * self,
    const CallTrack * track)
{
  gboolean muted, encrypted, name;

  GST_OBJECT_LOCK (self);
  muted = self->muted != track->muted;
  self->muted = track->muted;
  if (muted) {
    media_gap_excuse (&self->gap);
    frame_meter_excuse (&self->frames);
  }
  encrypted = self->encrypted != track->encrypted;
  self->encrypted = track->encrypted;
  name = replace_text (&self->participant_name, track->participant_name);
  GST_OBJECT_UNLOCK (self);

  if (muted && !track->muted && !self->is_audio)
    gst_matrix_rtc_src_pad_ask_for_key_frame (self);
  if (muted)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MUTED]);
  if (encrypted)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ENCRYPTED]);
  if (name) {
    g_object_notify_by_pspec (G_OBJECT (self),
        properties[PROP_PARTICIPANT_NAME]);
    pad_store_tags (self);
  }
}

/* What comes out of @target, another session's, goes on here: @track. */
void
gst_matrix_rtc_src_pad_move (GstMatrixRtcSrcPad * self, GstPad * target,
    const CallTrack * track)
{
  gboolean track_sid, participant_sid, msid;

  GST_OBJECT_LOCK (self);
  track_sid = replace_text (&self->track_sid, track->sid);
  participant_sid =
      replace_text (&self->participant_sid, track->participant_sid);
  msid = replace_text (&self->msid, track->msid);
  GST_OBJECT_UNLOCK (self);
  gst_ghost_pad_set_target (GST_GHOST_PAD (self), target);

  if (track_sid)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TRACK_SID]);
  if (participant_sid)
    g_object_notify_by_pspec (G_OBJECT (self),
        properties[PROP_PARTICIPANT_SID]);
  if (msid)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MSID]);
  gst_matrix_rtc_src_pad_update (self, track);
}

/* Nothing comes any more from where it came up to now. */
void
gst_matrix_rtc_src_pad_interrupt (GstMatrixRtcSrcPad * self)
{
  gst_ghost_pad_set_target (GST_GHOST_PAD (self), NULL);
}

/* Measures what of the media is missing, from the connection's loss until it is
 * back. */
void
gst_matrix_rtc_src_pad_watch_gaps (GstMatrixRtcSrcPad * self, gboolean is_lost)
{
  GST_OBJECT_LOCK (self);
  if (is_lost)
    media_gap_start_watch (&self->gap);
  else
    media_gap_end_watch (&self->gap);
  GST_OBJECT_UNLOCK (self);
}

/* The longest time without a buffer while the connection was got back. Any
 * thread. */
GstClockTime
gst_matrix_rtc_src_pad_get_longest_gap (GstMatrixRtcSrcPad * self)
{
  gint64 longest;

  GST_OBJECT_LOCK (self);
  longest = self->gap.longest;
  GST_OBJECT_UNLOCK (self);
  return longest * GST_USECOND;
}

/* Statistics */

static void
pad_tell_size (GstMatrixRtcSrcPad * self, GstStructure * stats)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (GST_PAD (self));
  gint width, height;

  if (caps != NULL
      && gst_structure_get (gst_caps_get_structure (caps, 0), "width",
          G_TYPE_INT, &width, "height", G_TYPE_INT, &height, NULL))
    gst_structure_set (stats, "frame-width", G_TYPE_UINT, width,
        "frame-height", G_TYPE_UINT, height, NULL);
}

static GstStructure *
take_track (GHashTable * tracks, const gchar * track_sid)
{
  gpointer stats;
  gpointer sid;

  if (!g_hash_table_steal_extended (tracks, track_sid, &sid, &stats))
    return gst_structure_new_empty ("track");
  g_free (sid);
  return stats;
}

/* The numbers of the pad's track, which are taken out of @tracks (sid ->
 * GstStructure) as far as they are there. Any thread. */
GstStructure *
gst_matrix_rtc_src_pad_read_stats (GstMatrixRtcSrcPad * self,
    GHashTable * tracks)
{
  GstStructure *stats;

  GST_OBJECT_LOCK (self);
  stats = take_track (tracks, self->track_sid);
  gst_structure_set (stats, "track-sid", G_TYPE_STRING, self->track_sid,
      "pad", G_TYPE_STRING, GST_OBJECT_NAME (self), NULL);
  call_stats_tell_owner (stats, self->participant_identity, self->is_audio,
      self->source, self->muted);
  if (!self->is_audio)
    frame_meter_tell (&self->frames, stats);
  GST_OBJECT_UNLOCK (self);
  pad_tell_size (self, stats);
  return stats;
}
