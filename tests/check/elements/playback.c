/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks at raw pictures and listens to raw sound, whether they are what the
 * embedded call sends: a moving ball and a tone.
 */
#include "playback.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>
#include <math.h>
#include "receiver.h"

/* Samples in which no break of the tone is likely. */
#define BLOCK 4800

Playback *
playback_new (guint frequency)
{
  Playback *playback = g_new0 (Playback, 1);

  g_mutex_init (&playback->lock);
  g_cond_init (&playback->cond);
  playback->frequency = frequency;
  playback->first_pts = GST_CLOCK_TIME_NONE;
  return playback;
}

void
playback_free (Playback * playback)
{
  g_mutex_clear (&playback->lock);
  g_cond_clear (&playback->cond);
  g_free (playback);
}

static void
take_time (Playback * playback, GstBuffer * buffer, GstClockTime * last)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer);

  if (!GST_CLOCK_TIME_IS_VALID (pts))
    return;
  playback->went_back |= *last != 0 && pts < *last;
  *last = pts;
  playback->first_pts = MIN (playback->first_pts, pts);
  playback->last_pts = MAX (playback->last_pts, pts);
}

/* Of the brightness in a grid, enough to see that a ball moves. */
static guint32
make_hash (GstVideoFrame * frame)
{
  const guint8 *plane = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);
  guint32 hash = 0;
  gint x, y;

  for (y = 0; y < GST_VIDEO_FRAME_HEIGHT (frame); y += 4) {
    for (x = 0; x < GST_VIDEO_FRAME_WIDTH (frame); x += 4)
      hash = hash * 31 + (plane[y * stride + x] >> 4);
  }
  return hash;
}

static void
take_picture (Playback * playback, GstCaps * caps, GstBuffer * buffer)
{
  GstVideoInfo info;
  GstVideoFrame frame;
  guint32 hash;

  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  hash = make_hash (&frame);
  gst_video_frame_unmap (&frame);
  playback->n_changes += playback->n_pictures > 0
      && hash != playback->last_picture;
  playback->n_sizes += info.width != playback->width
      || info.height != playback->height;
  playback->n_pictures++;
  playback->last_picture = hash;
  playback->width = info.width;
  playback->height = info.height;
  take_time (playback, buffer, &playback->video_pts);
}

static gdouble
get_sample (const GstAudioInfo * info, const GstMapInfo * map, guint i)
{
  gsize offset = (gsize) i * info->bpf;

  if (GST_AUDIO_INFO_IS_FLOAT (info))
    return *(const gfloat *) (map->data + offset);
  return *(const gint16 *) (map->data + offset) / 32768.0;
}

static void
take_sample (Playback * playback, gdouble sample, gint rate)
{
  gdouble phase = 2 * G_PI * playback->frequency * playback->n_samples / rate;

  playback->energy += sample * sample;
  playback->in_phase += sample * cos (phase);
  playback->in_quadrature += sample * sin (phase);
  if (++playback->n_samples % BLOCK != 0)
    return;
  playback->tone_energy += 2 * (playback->in_phase * playback->in_phase +
      playback->in_quadrature * playback->in_quadrature) / BLOCK;
  playback->in_phase = playback->in_quadrature = 0;
}

static void
take_sound (Playback * playback, GstCaps * caps, GstBuffer * buffer)
{
  GstAudioInfo info;
  GstMapInfo map;
  guint i;

  fail_unless (gst_audio_info_from_caps (&info, caps));
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (i = 0; i < map.size / info.bpf; i++)
    take_sample (playback, get_sample (&info, &map, i), info.rate);
  gst_buffer_unmap (buffer, &map);
  playback->channels = info.channels;
  playback->rate = info.rate;
  take_time (playback, buffer, &playback->audio_pts);
}

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Playback *playback = user_data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  fail_unless (caps != NULL);
  g_mutex_lock (&playback->lock);
  if (gst_structure_has_name (gst_caps_get_structure (caps, 0), "video/x-raw"))
    take_picture (playback, caps, GST_PAD_PROBE_INFO_BUFFER (info));
  else if (gst_structure_has_name (gst_caps_get_structure (caps, 0),
          "audio/x-raw"))
    take_sound (playback, caps, GST_PAD_PROBE_INFO_BUFFER (info));
  g_cond_broadcast (&playback->cond);
  g_mutex_unlock (&playback->lock);
  return GST_PAD_PROBE_OK;
}

/* @pad gives raw media in system memory. */
void
playback_watch (Playback * playback, GstPad * pad)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, playback, NULL);
}

/* Into a sink of its own, beside what @pad is of. */
void
playback_link (Playback * playback, GstPad * pad)
{
  g_autoptr (GstElement) element = gst_pad_get_parent_element (pad);
  g_autoptr (GstElement) pipeline =
      GST_ELEMENT (gst_element_get_parent (element));
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (sink, "sink");

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  playback_watch (playback, sink_pad);
  fail_unless_equals_int (gst_pad_link (pad, sink_pad), GST_PAD_LINK_OK);
}

static void
on_pad_added (GstElement * element, GstPad * pad, Playback * playback)
{
  playback_link (playback, pad);
}

/* Whose pads give raw media. */
void
playback_watch_element (Playback * playback, GstElement * element)
{
  g_signal_connect (element, "pad-added", G_CALLBACK (on_pad_added), playback);
}

/* In 1.22 decodebin takes these for plain pictures, too, if it finds them before the
 * decoders, and then nothing plays. */
static void
remove_alpha_decoders (void)
{
  static const gchar *const names[] = {
    "vp8alphadecodebin", "vp9alphadecodebin"
  };
  GstRegistry *registry = gst_registry_get ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GstPluginFeature) feature =
        gst_registry_lookup_feature (registry, names[i]);

    if (feature != NULL)
      gst_registry_remove_feature (registry, feature);
  }
}

/* Plays @description, whose element `decoder` has raw pads. */
GstElement *
playback_start (Playback * playback, const gchar * description)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline;
  g_autoptr (GstElement) decoder = NULL;

  remove_alpha_decoders ();
  pipeline = gst_parse_launch (description, &error);
  fail_unless (error == NULL, "%s: %s", description, error ? error->message :
      "");
  decoder = gst_bin_get_by_name (GST_BIN (pipeline), "decoder");
  playback_watch_element (playback, decoder);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

void
playback_stop (GstElement * pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

/* The same, to its end. */
void
playback_play (Playback * playback, const gchar * description)
{
  GstElement *pipeline = playback_start (playback, description);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus,
      DEADLINE_MS * GST_MSECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  fail_unless (message != NULL, "%s doesn't end", description);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autofree gchar *debug = NULL;

    gst_message_parse_error (message, &error, &debug);
    fail ("%s: %s (%s)", description, error->message, debug);
  }
  gst_message_unref (message);
  playback_stop (pipeline);
}

/* Whatever came up to now. */
void
playback_forget (Playback * playback)
{
  g_mutex_lock (&playback->lock);
  playback->n_pictures = playback->n_changes = playback->n_sizes = 0;
  playback->n_samples = 0;
  playback->energy = playback->tone_energy = 0;
  playback->in_phase = playback->in_quadrature = 0;
  g_mutex_unlock (&playback->lock);
}

gboolean
playback_wait_for_size (Playback * playback, gint width, gint height)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000LL;
  gboolean in_time = TRUE;

  g_mutex_lock (&playback->lock);
  while (in_time && (playback->width != width || playback->height != height))
    in_time = g_cond_wait_until (&playback->cond, &playback->lock, deadline);
  g_mutex_unlock (&playback->lock);
  return in_time;
}

/* FALSE if less came until the deadline. */
gboolean
playback_wait (Playback * playback, guint n_pictures, guint n_samples)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000LL;
  gboolean in_time = TRUE;

  g_mutex_lock (&playback->lock);
  while (in_time && (playback->n_pictures < n_pictures
          || playback->n_samples < n_samples))
    in_time = g_cond_wait_until (&playback->cond, &playback->lock, deadline);
  g_mutex_unlock (&playback->lock);
  return in_time;
}

/* At least @n, moving, of that size. */
void
playback_check_pictures (Playback * playback, guint n, gint width, gint height)
{
  g_mutex_lock (&playback->lock);
  fail_unless (playback->n_pictures >= n, "%u of %u pictures",
      playback->n_pictures, n);
  fail_unless (playback->n_changes >= playback->n_pictures / 2,
      "%u of %u pictures are new", playback->n_changes, playback->n_pictures);
  fail_unless_equals_int (playback->width, width);
  fail_unless_equals_int (playback->height, height);
  fail_if (playback->went_back);
  g_mutex_unlock (&playback->lock);
}

/* At least so much, and nearly nothing but the tone. */
void
playback_check_sound (Playback * playback, guint n_samples)
{
  gdouble share;

  g_mutex_lock (&playback->lock);
  fail_unless (playback->n_samples >= n_samples, "%u of %u samples",
      playback->n_samples, n_samples);
  fail_unless (playback->energy / playback->n_samples > 0.001,
      "it is silent: %f", playback->energy / playback->n_samples);
  share = playback->tone_energy / playback->energy;
  fail_unless (share > 0.5, "the tone's share is %f", share);
  fail_if (playback->went_back);
  g_mutex_unlock (&playback->lock);
}
