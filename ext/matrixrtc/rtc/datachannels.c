/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The data channels that an SFU opens, of which those are listened to that carry
 * what participants send. Lives on the worker thread; webrtcbin's thread only posts
 * to it, and that no more than may wait there.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/webrtc/webrtc.h>
#include "../debug.h"
#include "datachannels.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

struct _RtcDataChannels
{
  MatrixRtcLoop *loop;
  DataLimits *limits;
  RtcDataFunc func;             /* NULL once closed */
  gpointer user_data;
};

static void
channels_clear (RtcDataChannels * channels)
{
  matrix_rtc_loop_unref (channels->loop);
  data_limits_unref (channels->limits);
}

void
rtc_data_channels_unref (RtcDataChannels * channels)
{
  g_atomic_rc_box_release_full (channels, (GDestroyNotify) channels_clear);
}

static void
channels_unref_closure (gpointer channels, GClosure * closure)
{
  rtc_data_channels_unref (channels);
}

typedef struct
{
  RtcDataChannels *channels;
  GBytes *message;
  gboolean is_reliable;
} Post;

static void
post_free (gpointer data)
{
  Post *post = data;

  g_bytes_unref (post->message);
  rtc_data_channels_unref (post->channels);
  g_free (post);
}

static gboolean
post_run (gpointer data)
{
  Post *post = data;

  if (post->channels->func != NULL)
    post->channels->func (post->message, post->is_reliable,
        post->channels->user_data);
  return G_SOURCE_REMOVE;
}

/* Takes @message. */
static void
channels_post (RtcDataChannels * channels, GBytes * message,
    gboolean is_reliable)
{
  Post *post = g_new (Post, 1);

  post->channels = g_atomic_rc_box_acquire (channels);
  post->message = message;
  post->is_reliable = is_reliable;
  matrix_rtc_loop_invoke (channels->loop, post_run, post, post_free);
}

/* On webrtcbin's thread. @message is NULL if it's empty. */
static void
on_message (GObject * channel, GBytes * message, RtcDataChannels * channels)
{
  g_autofree gchar *label = NULL;
  GBytes *held;

  g_object_get (channel, "label", &label, NULL);
  if (message == NULL || (g_strcmp0 (label, "_reliable") != 0
          && g_strcmp0 (label, "_lossy") != 0))
    return;
  held = data_limits_hold (channels->limits, message);
  if (held != NULL)
    channels_post (channels, held, g_str_equal (label, "_reliable"));
  else if (data_limits_count_drop (channels->limits, g_get_monotonic_time ()))
    GST_WARNING ("more data come in than are taken; some are dropped");
}

/* Its label isn't known yet. webrtcbin holds a lock. */
static void
on_channel (GstElement * webrtcbin, GObject * channel, gboolean is_local,
    RtcDataChannels * channels)
{
  g_signal_connect_data (channel, "on-message-data", G_CALLBACK (on_message),
      g_atomic_rc_box_acquire (channels), channels_unref_closure, 0);
}

/* Before the first offer. Messages that wait count for @limits. */
RtcDataChannels *
rtc_data_channels_new (MatrixRtcLoop * loop, GstElement * webrtcbin,
    DataLimits * limits, RtcDataFunc func, gpointer user_data)
{
  RtcDataChannels *channels = g_atomic_rc_box_new0 (RtcDataChannels);

  channels->loop = matrix_rtc_loop_ref (loop);
  channels->limits = data_limits_ref (limits);
  channels->func = func;
  channels->user_data = user_data;
  g_signal_connect_data (webrtcbin, "prepare-data-channel",
      G_CALLBACK (on_channel), g_atomic_rc_box_acquire (channels),
      channels_unref_closure, 0);
  return channels;
}

/* No message comes any more. */
void
rtc_data_channels_close (RtcDataChannels * channels)
{
  channels->func = NULL;
}
