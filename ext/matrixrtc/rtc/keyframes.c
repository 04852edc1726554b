/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests for key frames, as rare as LiveKit's SFU wants them and as often as
 * it takes.
 *
 * A request costs retransmissions: the SFU gives none until a key frame has
 * passed it. A publisher hears of it only if the request before was a while ago,
 * else it's lost. Depayloaders make one for each lost packet, so that nothing
 * would be retransmitted as long as packets get lost: they are thinned out. And
 * the last one may have been lost, or its key frame: it's made again until
 * there is one.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/video/video.h>
#include "../debug.h"
#include "keyframes.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

/* Above the second that the SFU (pli_throttle) lets pass between two. */
#define MIN_INTERVAL (1100 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  gboolean is_sliced;           /* constant */
  gboolean has_begun;           /* the depayloader's thread's, as is_torn */
  gboolean is_torn;             /* packets were lost since the last frame */

  GMutex lock;                  /* a leaf: nothing is called under it */
  gboolean is_wanted;
  gint64 asked_at;              /* monotonic; or 0 */
} KeyFrames;

static void
key_frames_clear (gpointer data)
{
  KeyFrames *key_frames = data;

  g_mutex_clear (&key_frames->lock);
}

static void
key_frames_unref (gpointer key_frames)
{
  g_atomic_rc_box_release_full (key_frames, key_frames_clear);
}

/* Under the lock. */
static gboolean
key_frames_may_ask (KeyFrames * key_frames)
{
  return key_frames->asked_at == 0
      || g_get_monotonic_time () - key_frames->asked_at >= MIN_INTERVAL;
}

/* From the depayloader or from behind it. What comes too early is made good
 * with one of the next frames. */
static GstPadProbeReturn
on_request (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  KeyFrames *key_frames = user_data;
  gboolean passes;

  if (!gst_video_event_is_force_key_unit (GST_PAD_PROBE_INFO_EVENT (info)))
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&key_frames->lock);
  key_frames->is_wanted = TRUE;
  passes = key_frames_may_ask (key_frames);
  if (passes)
    key_frames->asked_at = g_get_monotonic_time ();
  g_mutex_unlock (&key_frames->lock);
  GST_DEBUG_OBJECT (pad, "a key frame is %s", passes ? "asked for" :
      "wanted, but was asked for a moment ago");
  return passes ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

/* The first packet is marked as one after a loss. */
static GstPadProbeReturn
on_packet (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  KeyFrames *key_frames = user_data;
  GstBuffer *packet = GST_PAD_PROBE_INFO_BUFFER (info);

  if (GST_BUFFER_IS_DISCONT (packet) && key_frames->has_begun) {
    key_frames->is_torn = TRUE;
  } else if (GST_BUFFER_IS_DISCONT (packet)) {
    packet = gst_buffer_make_writable (packet);
    GST_BUFFER_FLAG_UNSET (packet, GST_BUFFER_FLAG_DISCONT);
    GST_PAD_PROBE_INFO_DATA (info) = packet;
  }
  key_frames->has_begun = TRUE;
  return GST_PAD_PROBE_OK;
}

/* Whether @frame makes good what was lost before it. Of slices those come out
 * that are there, after a loss in the frame before or in this one. */
static gboolean
key_frames_is_one (KeyFrames * key_frames, GstBuffer * frame)
{
  gboolean is_torn = key_frames->is_sliced && key_frames->is_torn;

  key_frames->is_torn = FALSE;
  return !is_torn && !GST_BUFFER_FLAG_IS_SET (frame,
      GST_BUFFER_FLAG_DELTA_UNIT);
}

static void
ask (GstPad * depayloader_src)
{
  g_autoptr (GstElement) depayloader =
      gst_pad_get_parent_element (depayloader_src);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (depayloader, "sink");

  gst_pad_push_event (sink, gst_video_event_new_upstream_force_key_unit
      (GST_CLOCK_TIME_NONE, FALSE, 0));
}

static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  KeyFrames *key_frames = user_data;
  gboolean is_key_frame = key_frames_is_one (key_frames,
      GST_PAD_PROBE_INFO_BUFFER (info));
  gboolean has_to_ask;

  g_mutex_lock (&key_frames->lock);
  if (is_key_frame)
    key_frames->is_wanted = FALSE;
  has_to_ask = key_frames->is_wanted && key_frames_may_ask (key_frames);
  g_mutex_unlock (&key_frames->lock);
  if (has_to_ask)
    ask (pad);
  return GST_PAD_PROBE_OK;
}

static void
add_probe (GstElement * element, const gchar * pad_name, GstPadProbeType type,
    GstPadProbeCallback callback, KeyFrames * key_frames)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, pad_name);

  gst_pad_add_probe (pad, type, callback,
      g_atomic_rc_box_acquire (key_frames), key_frames_unref);
}

/* @depayloader must get single packets, not lists. @is_sliced if it gives out
 * frames from which packets are missing. */
void
rtc_key_frames_attach (GstElement * depayloader, gboolean is_sliced)
{
  KeyFrames *key_frames = g_atomic_rc_box_new0 (KeyFrames);

  g_mutex_init (&key_frames->lock);
  key_frames->is_sliced = is_sliced;
  key_frames->is_wanted = TRUE;
  add_probe (depayloader, "sink", GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      on_request, key_frames);
  add_probe (depayloader, "sink", GST_PAD_PROBE_TYPE_BUFFER, on_packet,
      key_frames);
  add_probe (depayloader, "src", GST_PAD_PROBE_TYPE_BUFFER, on_frame,
      key_frames);
  key_frames_unref (key_frames);
}
