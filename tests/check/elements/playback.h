/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>

G_BEGIN_DECLS

/* What raw media look and sound like. */
typedef struct
{
  guint n_pictures;
  guint n_changes;              /* pictures that differ from the one before */
  gint width, height;           /* of the last */
  guint n_sizes;                /* changes of them, the first included */
  gint channels, rate;
  guint n_samples;              /* of the first channel, as what follows */
  gdouble energy;
  gdouble tone_energy;
  gboolean went_back;           /* some timestamp was before the one before */
  GstClockTime first_pts, last_pts;     /* of both kinds together */

  guint frequency;              /* of the tone; the rest is private */
  GMutex lock;
  GCond cond;
  gdouble in_phase, in_quadrature;      /* with the tone, in this block */
  guint32 last_picture;
  GstClockTime video_pts, audio_pts;
} Playback;

Playback *playback_new (guint frequency);
void playback_free (Playback * playback);
void playback_watch (Playback * playback, GstPad * pad);
void playback_link (Playback * playback, GstPad * pad);
void playback_watch_element (Playback * playback, GstElement * element);
GstElement *playback_start (Playback * playback, const gchar * description);
void playback_stop (GstElement * pipeline);
void playback_play (Playback * playback, const gchar * description);
void playback_forget (Playback * playback);
gboolean playback_wait_for_size (Playback * playback, gint width, gint height);
gboolean playback_wait (Playback * playback, guint n_pictures,
    guint n_samples);
void playback_check_pictures (Playback * playback, guint n, gint width,
    gint height);
void playback_check_sound (Playback * playback, guint n_samples);

G_END_DECLS
