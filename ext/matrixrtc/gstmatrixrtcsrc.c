/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-matrixrtcsrc
 * @title: matrixrtcsrc
 *
 * Joins a MatrixRTC call, as Element Call makes them, and gives every remote
 * participant's audio and video as source pads. Nothing is sent to the call.
 *
 * The way into a call is a Matrix account: #matrixrtcsrc:homeserver,
 * #matrixrtcsrc:access-token-file and #matrixrtcsrc:room-id. The SFU is found by
 * the room, see #matrixrtcsrc:livekit-service-url. With #matrixrtcsrc:livekit-url and
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
 * track ends. Pads that aren't linked are no error: after 2 seconds the SFU is asked
 * not to send their tracks. Once linked they go on at once, videos with a key frame.
 *
 * What was sampled at one time has one timestamp on all pads, as soon as the SFU's
 * sender reports tell. While nothing comes out of a pad, for a muted track or a
 * broken network, it gives GAP events, and for encoded output also frames of silence
 * or the last key frame again, marked by `GST_BUFFER_FLAG_GAP`: there are muxers that
 * wait for each of their pads.
 *
 * Who is there is told by #matrixrtcsrc:participants and by messages named
 * `matrixrtc-participant-joined`, `-updated` and `-left`. These have what the
 * property has of one participant; updates are posted at most four times a second
 * for each, with all that has changed up to then, and never before the
 * participant's `-joined` nor after its `-left`. A pad is told at once if its
 * track is muted. Messages named `matrixrtc-active-speakers` have a list
 * `speakers` of all who speak now, the loudest first: structures with `identity`,
 * `sid`, `name` and `level`, from 0 to 1. An empty list says that all are silent.
 * `matrixrtc-connection-quality` has the same fields but the last, and `quality`:
 * `lost`, `poor`, `good` or `excellent`. Both are posted with each change, at most
 * four times a second.
 *
 * Messages named `matrixrtc-data` have what participants send to all or to us over
 * LiveKit's data channels: `identity`, `sid` and `name` of the sender (and
 * `user-id` and `device-id`), `payload` (#GBytes), `topic` (absent if there is
 * none), and whether it was sent `reliable`. Identity and sid are empty if the SFU
 * doesn't tell them, as of what a server sends by itself, and the name of whoever
 * isn't known to be in the call. What is reliable isn't told twice, though an SFU
 * may send it again after a lost connection. A payload has at most 64 KiB, a topic
 * 1 KiB. At most 1000 messages a second are posted, and 200 of one participant;
 * and as long as an application holds 4 MiB of them (1 KiB for each message, and
 * its payload) no more are: it copies what it wants to keep, as a structure also
 * keeps the payload. What is more than that is dropped, which `dropped-data` of
 * #matrixrtcsrc:stats counts. Streams of text or bytes (as chats and
 * transcriptions of LiveKit's SDKs), remote calls and encrypted data aren't told.
 * What is told isn't encrypted from end to end: an SFU could read or forge it.
 *
 * With #matrixrtcsrc:media only some kinds of tracks are received. That may be
 * changed at any time.
 *
 * All tracks of these kinds are offered as a #GstStreamCollection, whether they have
 * a pad or not, in a stream-collection message and event that come anew whenever one
 * of them comes or goes. A `select-streams` event, for the element or up any of its
 * pads, chooses among them by their ids: the SFU sends only these from then on, and
 * the pads of others get an EOS and are removed. A streams-selected message tells
 * when the SFU has been asked, and with each new collection what of it is chosen;
 * pads come with their first frames. Until the element goes to READY nothing else is
 * received, whoever comes, and who is chosen and comes (again) is; applications that
 * never choose receive everything. A stream's id is made of the participant's
 * identity, the kind and the source (`@user:server:DEVICE/video/camera`) and is the
 * same in each run. decodebin3 leaves the choice to us; link each pad to one of its
 * own.
 *
 * A connection that is lost is got back, see #matrixrtcsrc:reconnect-timeout: pads
 * stay, and what comes then goes on with a discontinuity.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -e matroskamux name=mux ! filesink location=call.mkv \
 *     matrixrtcsrc name=call homeserver=https://matrix.example.org \
 *         access-token-file=token room-id='#call:example.org' \
 *     call.audio_0 ! queue ! mux. call.video_0 ! video/x-vp8 ! queue ! mux.
 * ]| Records the first participant's voice and picture until interrupted.
 * |[
 * gst-launch-1.0 matrixrtcsrc name=call livekit-url=ws://127.0.0.1:7880 \
 *         livekit-token=$TOKEN output=decoded \
 *     call.video_0 ! queue ! videoconvert ! autovideosink
 * ]| Shows the first participant of a room on a LiveKit server.
 *
 * Since: 0.1.0
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "debug.h"
#include "call.h"
#include "gstmatrixrtc-enumtypes.h"
#include "gstmatrixrtcelement.h"
#include "gstmatrixrtcsrc.h"
#include "gstmatrixrtcsrckeys.h"
#include "gstmatrixrtcsrcmessages.h"
#include "gstmatrixrtcsrcpad.h"
#include "gstmatrixrtcsrcpads.h"
#include "gstmatrixrtcsrcsettings.h"
#include "gstmatrixrtcsrcstats.h"
#include "gstmatrixrtcsrcstreams.h"

#define GST_CAT_DEFAULT matrixrtc_src_debug

/* Who may touch what: settings, state, last_error, participants and stats are under
 * the OBJECT_LOCK, which is never held while anything is posted, notified or
 * emitted. loop and call belong to the thread that changes the state, what
 * follows to the worker thread. */
struct _GstMatrixRtcSrc
{
  GstBin parent;

  E2eeCall *encryption;         /* constant; of use in any thread */

  CallSettings settings;
  GstMatrixRtcConnectionState state;
  GError *last_error;
  GstStructure *participants;   /* of the last call; the present one tells */
  GstStructure *stats;          /* the same */
  gboolean is_eos;              /* an application has ended us: no new pads */
  guint32 selection_seqnum;     /* of the last select-streams event */

  MatrixRtcLoop *loop;          /* both NULL below PAUSED, set under OBJECT_LOCK */
  Call *call;

  GstMatrixRtcSrcPads *pads;
  GstMatrixRtcSrcStreams *streams;
};

enum
{
  PROP_0,
  PROP_CONNECTION_STATE,
  PROP_LAST_ERROR,
  PROP_PARTICIPANTS,
  PROP_STATS,
  N_PROPS
};

G_STATIC_ASSERT (N_PROPS <= GST_MATRIX_RTC_SRC_FIRST_SETTING);

static GParamSpec *properties[N_PROPS];

static GstStaticPadTemplate audio_template =
    GST_STATIC_PAD_TEMPLATE ("audio_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS ("audio/x-opus; application/x-rtp, media=(string)audio; "
        "audio/x-raw"));

static GstStaticPadTemplate video_template =
    GST_STATIC_PAD_TEMPLATE ("video_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS ("video/x-vp8; video/x-vp9; video/x-av1; "
        "video/x-h264, stream-format=(string){ byte-stream, avc, avc3 }, "
        "alignment=(string)au; "
        "video/x-h265, stream-format=(string){ byte-stream, hvc1, hev1 }, "
        "alignment=(string)au; application/x-rtp, media=(string)video; "
        "video/x-raw(ANY)"));

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
  GstMatrixRtcMedia media;
  GstMatrixRtcVideoQuality quality;
  gboolean has_quality_changed;

  GST_OBJECT_LOCK (self);
  media = self->settings.media;
  quality = self->settings.video_quality;
  if (!gst_matrix_rtc_src_settings_set (&self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  if (self->call != NULL && self->settings.media != media)
    call_set_media (self->call, self->settings.media);
  has_quality_changed = self->settings.video_quality != quality;
  quality = self->settings.video_quality;
  if (self->call != NULL && has_quality_changed)
    call_set_video_quality (self->call, NULL, quality);
  GST_OBJECT_UNLOCK (self);
  if (has_quality_changed)
    gst_matrix_rtc_src_pads_set_video_quality (self->pads, quality);
}

/* A snapshot for the stats property. */
static GstStructure *
gst_matrix_rtc_src_make_stats (GstMatrixRtcSrc * self)
{
  g_autoptr (CallStats) call = NULL;
  GstStructure *stats = NULL;
  guint64 n_dropped = 0;

  GST_OBJECT_LOCK (self);
  if (self->call != NULL) {
    call = call_stats_ref (call_get_stats (self->call));
    n_dropped = call_get_n_dropped_data (self->call);
  } else {
    stats = gst_structure_copy (self->stats);
  }
  GST_OBJECT_UNLOCK (self);
  if (stats != NULL)
    return stats;
  stats = gst_matrix_rtc_src_stats_read (GST_ELEMENT (self), call);
  gst_structure_set (stats, "longest-media-gap", G_TYPE_UINT64,
      gst_matrix_rtc_src_pads_get_longest_gap (self->pads), "dropped-data",
      G_TYPE_UINT64, n_dropped, NULL);
  return stats;
}

static void
gst_matrix_rtc_src_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstMatrixRtcSrc *self = GST_MATRIX_RTC_SRC (object);

  if (id == PROP_STATS) {
    g_value_take_boxed (value, gst_matrix_rtc_src_make_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_CONNECTION_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_LAST_ERROR:
      g_value_set_boxed (value, self->last_error);
      break;
    case PROP_PARTICIPANTS:
      g_value_take_boxed (value, self->call != NULL ?
          call_get_participants (self->call) :
          gst_structure_copy (self->participants));
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

GstMatrixRtcVideoQuality
gst_matrix_rtc_src_get_video_quality (GstMatrixRtcSrc * self)
{
  GstMatrixRtcVideoQuality quality;

  GST_OBJECT_LOCK (self);
  quality = self->settings.video_quality;
  GST_OBJECT_UNLOCK (self);
  return quality;
}

void
gst_matrix_rtc_src_set_track_quality (GstMatrixRtcSrc * self,
    const gchar * track_sid, GstMatrixRtcVideoQuality quality)
{
  GST_OBJECT_LOCK (self);
  if (self->call != NULL)
    call_set_video_quality (self->call, track_sid, quality);
  GST_OBJECT_UNLOCK (self);
}

/* NULL: the call is in no room of Matrix. */
gchar *
gst_matrix_rtc_src_dup_room_id (GstMatrixRtcSrc * self)
{
  gchar *room_id = NULL;

  GST_OBJECT_LOCK (self);
  if (!call_settings_is_set (self->settings.livekit_url))
    room_id = self->call != NULL ? call_dup_room_id (self->call) :
        g_strdup (self->settings.room_id);
  GST_OBJECT_UNLOCK (self);
  return room_id;
}

/* What the call tells, on the worker thread */

static void
gst_matrix_rtc_src_watch_gaps (GstMatrixRtcSrc * self,
    GstMatrixRtcConnectionState state)
{
  gboolean is_lost =
      state == GST_MATRIX_RTC_CONNECTION_STATE_SIGNAL_RECONNECTING
      || state == GST_MATRIX_RTC_CONNECTION_STATE_RECONNECTING;

  if (is_lost || state == GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED)
    gst_matrix_rtc_src_pads_watch_gaps (self->pads, is_lost);
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

  gst_matrix_rtc_src_watch_gaps (self, state);
  if (error != NULL)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LAST_ERROR]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONNECTION_STATE]);
  gst_matrix_rtc_src_post_state (GST_ELEMENT (self), old, state, error,
      details);
  if (state == GST_MATRIX_RTC_CONNECTION_STATE_FAILED)
    gst_matrix_rtc_src_post_error (GST_ELEMENT (self), error, details);
}

static void
on_message (GstStructure * message, gpointer user_data)
{
  gst_matrix_rtc_src_post (user_data, message);
}

static void
on_participants_changed (gpointer user_data)
{
  g_object_notify_by_pspec (user_data, properties[PROP_PARTICIPANTS]);
}

static void
on_tracks_changed (const GArray * tracks, const gchar * room,
    gpointer user_data)
{
  GstMatrixRtcSrc *self = user_data;

  if (!gst_matrix_rtc_src_streams_take_tracks (self->streams, tracks, room))
    return;
  gst_matrix_rtc_src_pads_set_collection (self->pads,
      gst_matrix_rtc_src_streams_get_collection (self->streams));
  gst_matrix_rtc_src_streams_post (self->streams);
}

static void
on_streams_selected (guint32 seqnum, gpointer user_data)
{
  gst_matrix_rtc_src_streams_post_selected
      (GST_MATRIX_RTC_SRC (user_data)->streams, seqnum);
}

static gboolean
on_track_added (const CallTrack * track, GstPad * target, gpointer user_data)
{
  GstMatrixRtcSrc *self = user_data;
  gboolean is_eos;

  GST_OBJECT_LOCK (self);
  is_eos = self->is_eos;
  GST_OBJECT_UNLOCK (self);
  if (is_eos)
    return FALSE;
  gst_matrix_rtc_src_pads_add (self->pads, track, target, self->streams);
  return TRUE;
}

static void
on_track_updated (const CallTrack * track, gpointer user_data)
{
  GstMatrixRtcSrc *self = user_data;

  gst_matrix_rtc_src_streams_update (self->streams, track);
  gst_matrix_rtc_src_pads_update (self->pads, track);
}

static void
on_track_moved (const gchar * former_sid, const CallTrack * track,
    GstPad * target, gpointer user_data)
{
  gst_matrix_rtc_src_pads_move (GST_MATRIX_RTC_SRC (user_data)->pads,
      former_sid, track, target);
}

static void
on_track_interrupted (const gchar * track_sid, gpointer user_data)
{
  gst_matrix_rtc_src_pads_interrupt (GST_MATRIX_RTC_SRC (user_data)->pads,
      track_sid);
}

static void
on_track_removed (const gchar * track_sid, gpointer user_data)
{
  gst_matrix_rtc_src_pads_remove (GST_MATRIX_RTC_SRC (user_data)->pads,
      track_sid);
}

static void
on_track_lost (const gchar * track_sid, gpointer user_data)
{
  gst_matrix_rtc_src_pads_end (GST_MATRIX_RTC_SRC (user_data)->pads, track_sid);
}

static void
on_track_failed (const gchar * track_sid, const gchar * debug,
    gpointer user_data)
{
  gst_matrix_rtc_src_post_track_failed (user_data, track_sid, debug);
}

static const CallCallbacks call_callbacks = {
  .state_changed = on_state_changed,
  .message = on_message,
  .participants_changed = on_participants_changed,
  .tracks_changed = on_tracks_changed,
  .streams_selected = on_streams_selected,
  .track_added = on_track_added,
  .track_updated = on_track_updated,
  .track_moved = on_track_moved,
  .track_interrupted = on_track_interrupted,
  .track_removed = on_track_removed,
  .track_lost = on_track_lost,
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
  MatrixRtcLoop *loop = matrix_rtc_loop_new ("matrixrtc");
  GstMatrixRtcOutput output;
  GstClockTime latency;

  GST_OBJECT_LOCK (self);
  latency = self->settings.latency * GST_MSECOND;
  output = self->settings.output;
  GST_OBJECT_UNLOCK (self);
  gst_matrix_rtc_src_pads_start (self->pads, loop, latency);
  gst_matrix_rtc_src_streams_start (self->streams, output);
  GST_OBJECT_LOCK (self);
  g_clear_error (&self->last_error);
  self->is_eos = FALSE;
  self->selection_seqnum = GST_SEQNUM_INVALID;
  self->loop = loop;
  self->call = call_new (&self->settings, self->encryption, GST_BIN (self),
      loop, &call_callbacks, self);
  /* Before what other threads ask of the call. */
  matrix_rtc_loop_invoke (loop, start_call, self->call, NULL);
  GST_OBJECT_UNLOCK (self);
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
  GstStructure *stats = gst_matrix_rtc_src_make_stats (self);
  MatrixRtcLoop *loop;
  Call *call;

  GST_OBJECT_LOCK (self);
  gst_structure_free (self->stats);
  self->stats = stats;
  gst_structure_free (self->participants);
  self->participants = call_get_participants (self->call);
  loop = g_steal_pointer (&self->loop);
  call = g_steal_pointer (&self->call);
  GST_OBJECT_UNLOCK (self);
  gst_matrix_rtc_src_pads_clear (self->pads);
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

/* FALSE: there is no call to choose from. What comes from several sinks is one event. */
static gboolean
gst_matrix_rtc_src_select_streams (GstMatrixRtcSrc * self, GstEvent * event)
{
  guint32 seqnum = gst_event_get_seqnum (event);
  GStrv ids = gst_matrix_rtc_src_streams_parse_selection (event);
  gboolean is_running, is_new;

  GST_OBJECT_LOCK (self);
  is_running = self->call != NULL;
  is_new = is_running && self->selection_seqnum != seqnum;
  if (is_new) {
    self->selection_seqnum = seqnum;
    call_select_streams (self->call, ids, seqnum);
  }
  GST_OBJECT_UNLOCK (self);
  if (!is_new)
    g_strfreev (ids);
  return is_running;
}

/* An EOS ends all that is given out, so that muxers can write their indexes. It
 * doesn't reach webrtcbin, whose transport it would stop in the middle. */
static gboolean
gst_matrix_rtc_src_send_event (GstElement * element, GstEvent * event)
{
  GstMatrixRtcSrc *self = GST_MATRIX_RTC_SRC (element);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SELECT_STREAMS) {
    gboolean is_taken = gst_matrix_rtc_src_select_streams (self, event);

    gst_event_unref (event);
    return is_taken;
  }
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
  GstObject *source;
  gchar *debug;
} MediaError;

static void
media_error_free (gpointer data)
{
  MediaError *error = data;

  g_clear_pointer (&error->loop, matrix_rtc_loop_unref);
  gst_object_unref (error->source);
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
    call_take_media_error (call, error->source, error->debug);
  return G_SOURCE_REMOVE;
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
    message = gst_matrix_rtc_src_retell (GST_ELEMENT (self), message);
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
  error->source = gst_object_ref (GST_MESSAGE_SRC (message));
  error->debug = g_strdup (cause->message);
  gst_message_unref (message);
  GST_OBJECT_LOCK (self);
  if (self->loop != NULL)
    error->loop = matrix_rtc_loop_ref (self->loop);
  GST_OBJECT_UNLOCK (self);
  if (error->loop != NULL)
    matrix_rtc_loop_invoke (error->loop, take_media_error, error,
        media_error_free);
  else
    media_error_free (error);
}

/* A pad that may have been linked or unlinked. */
typedef struct
{
  GstMatrixRtcSrc *self;
  MatrixRtcLoop *loop;
  GstPad *pad;
} PadLink;

static void
pad_link_free (gpointer data)
{
  PadLink *link = data;

  g_clear_pointer (&link->loop, matrix_rtc_loop_unref);
  gst_object_unref (link->pad);
  g_free (link);
}

static gboolean
take_link (gpointer data)
{
  PadLink *link = data;
  GstMatrixRtcSrc *self = link->self;
  g_autofree gchar *track_sid = NULL;
  Call *call;

  GST_OBJECT_LOCK (self);
  call = self->loop == link->loop ? self->call : NULL;
  GST_OBJECT_UNLOCK (self);
  if (call == NULL || !gst_matrix_rtc_src_pads_contain (self->pads, link->pad))
    return G_SOURCE_REMOVE;
  g_object_get (link->pad, "track-sid", &track_sid, NULL);
  call_set_used (call, track_sid, gst_pad_is_linked (link->pad));
  return G_SOURCE_REMOVE;
}

/* The worker looks whether somebody takes what comes out of @pad. Any thread. */
void
gst_matrix_rtc_src_take_link (GstMatrixRtcSrc * self, GstPad * pad)
{
  PadLink *link = g_new0 (PadLink, 1);

  link->self = self;
  link->pad = gst_object_ref (pad);
  GST_OBJECT_LOCK (self);
  if (self->loop != NULL)
    link->loop = matrix_rtc_loop_ref (self->loop);
  GST_OBJECT_UNLOCK (self);
  if (link->loop != NULL)
    matrix_rtc_loop_invoke (link->loop, take_link, link, pad_link_free);
  else
    pad_link_free (link);
}

/* Type */

static void
gst_matrix_rtc_src_finalize (GObject * object)
{
  GstMatrixRtcSrc *self = GST_MATRIX_RTC_SRC (object);

  call_settings_clear (&self->settings);
  e2ee_call_unref (self->encryption);
  g_clear_error (&self->last_error);
  gst_structure_free (self->participants);
  gst_structure_free (self->stats);
  gst_matrix_rtc_src_pads_free (self->pads);
  gst_matrix_rtc_src_streams_free (self->streams);
  G_OBJECT_CLASS (gst_matrix_rtc_src_parent_class)->finalize (object);
}

static void
gst_matrix_rtc_src_init (GstMatrixRtcSrc * self)
{
  self->encryption = e2ee_call_new ();
  gst_matrix_rtc_src_settings_init (&self->settings);
  self->participants = gst_structure_new ("matrixrtc-participants", "count",
      G_TYPE_UINT, 0, NULL);
  self->stats = gst_matrix_rtc_src_stats_new ();
  self->pads = gst_matrix_rtc_src_pads_new (GST_ELEMENT (self));
  self->streams = gst_matrix_rtc_src_streams_new (GST_ELEMENT (self));
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
   * are known `service-url`, `identity` and `room`, and where something went wrong
   * `code`, the error's nick, and `reason`, which is for the one who runs it all.
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
   * Why the connection is in the failed state, or what the last reconnect was
   * about: a #GError of the domain `matrix-rtc-error-quark`. %NULL before anything
   * failed; cleared at each start.
   *
   * Since: 0.1.0
   */
  properties[PROP_LAST_ERROR] =
      g_param_spec_boxed ("last-error", "Last error",
      "Why the connection failed or was lost", G_TYPE_ERROR, flags);

  /**
   * matrixrtcsrc:participants:
   *
   * A snapshot of the remote participants: a structure with the fields `count` and
   * `participants`, a list of structures with `identity`, `sid`, `name`, `user-id`
   * and `device-id` where the identity tells them, and `tracks`, a list of
   * structures with `sid`, `kind`, `source`, `muted`, `encrypted`, `mime-type`,
   * and `width` and `height` where they are known. `metadata` is a text of the
   * participant's own, empty if there is none or more than 64 KiB, and `attributes`
   * a list of structures, each with a `key`, which may be any text, and a `value`,
   * in the order of their keys: up to 128, and up to 64 KiB of all. What doesn't fit
   * is left out whole, and so it is where those of all participants together
   * are more than 16 MiB.
   *
   * Since: 0.1.0
   */
  properties[PROP_PARTICIPANTS] =
      g_param_spec_boxed ("participants", "Participants",
      "The remote participants of the call", GST_TYPE_STRUCTURE, flags);

  /**
   * matrixrtcsrc:stats:
   *
   * A snapshot of what there is to count since the start: a structure with the
   * fields `reconnects` and `resumes` (#guint), how often a lost connection was got
   * back with a new session and with the same one, `longest-media-gap`
   * (#guint64), the longest time in nanoseconds without a buffer of a track that
   * wasn't muted, and whose pad was linked, while that went on, and `dropped-data`
   * (#guint64), how many messages that participants sent as data were too many.
   *
   * `connections` is a list of structures, one for each SFU, with `service-url`,
   * `state`, `reconnects` and `resumes` of this one, `state-times`, a structure with
   * the seconds (#gdouble) that it was in each state, by the state's nick, and
   * `signal-round-trip-time`, the seconds (#gdouble) that the last ping of the
   * signalling and its answer took.
   *
   * `tracks` is a list of structures, one for each track that is received. Which
   * it is: `track-sid`, `participant-identity`, `kind` ("audio" or "video"),
   * `source`, `muted`, and `pad`, the name of its pad if it has one. Counters that
   * only grow (#guint64), also beyond a reconnect:
   *
   * * `packets-received`, `bytes-received`, `header-bytes-received`: RTP packets,
   *   retransmitted ones too, the bytes of what they carry, and those around it
   * * `retransmitted-packets-received`: those of the packets that were asked for
   * * `packets-repaired`: those of them that had not come before
   * * `packets-discarded`, `packets-duplicated`: came too late, or once more
   * * `nack-count`, `pli-count`, `fir-count`: requests sent for lost packets and for
   *   key frames
   * * `frames-received`: of a video, those that have reached its pad
   * * `freeze-count`: of a video that wasn't muted, times without a frame for 150 ms
   *   longer than usual and for three times as long
   *
   * And what changes:
   *
   * * `packets-lost` (#guint64): those that have not come up to now. While one may
   *   still be repaired it counts as lost
   * * `bitrate` (#guint64): bits of RTP packets in the last second
   * * `jitter` (#gdouble): of the packets' arrival, in seconds
   * * `total-freezes-duration` (#gdouble): seconds of all freezes
   * * `frames-per-second` (#gdouble): frames in the last second
   * * `frame-width`, `frame-height` (#guint): of the layer that comes, where the
   *   pad's caps tell
   *
   * What isn't known is left out. The names are those of the W3C's webrtc-stats
   * where it has any. It may be read at any time and from any thread; what it costs
   * while nobody reads is to count packets and frames as they pass. After a stop the
   * last snapshot stays until the next start.
   *
   * Since: 0.1.0
   */
  properties[PROP_STATS] =
      g_param_spec_boxed ("stats", "Statistics",
      "The connection and the tracks in numbers", GST_TYPE_STRUCTURE, flags);

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
