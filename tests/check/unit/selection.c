/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which tracks are wanted: livekit/selection.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "livekit/selection.h"

#define AUDIO GST_MATRIX_RTC_MEDIA_AUDIO
#define VIDEO GST_MATRIX_RTC_MEDIA_VIDEO
#define SCREEN GST_MATRIX_RTC_MEDIA_SCREEN_SHARE
#define ALL GST_MATRIX_RTC_MEDIA_ALL

static const struct
{
  gboolean is_audio;
  GstMatrixRtcTrackSource source;
  GstMatrixRtcMedia media;
} kinds[] = {
  {TRUE, GST_MATRIX_RTC_TRACK_SOURCE_MICROPHONE, AUDIO},
  {TRUE, GST_MATRIX_RTC_TRACK_SOURCE_UNKNOWN, AUDIO},
  {TRUE, GST_MATRIX_RTC_TRACK_SOURCE_CAMERA, AUDIO},
  {FALSE, GST_MATRIX_RTC_TRACK_SOURCE_CAMERA, VIDEO},
  {FALSE, GST_MATRIX_RTC_TRACK_SOURCE_UNKNOWN, VIDEO},
  {FALSE, GST_MATRIX_RTC_TRACK_SOURCE_MICROPHONE, VIDEO},
  {FALSE, GST_MATRIX_RTC_TRACK_SOURCE_SCREEN_SHARE, SCREEN},
  {TRUE, GST_MATRIX_RTC_TRACK_SOURCE_SCREEN_SHARE_AUDIO,
      GST_MATRIX_RTC_MEDIA_SCREEN_SHARE_AUDIO},
};

GST_START_TEST (test_kinds)
{
  g_autoptr (LiveKitSelection) selection = livekit_selection_new (ALL);
  LiveKitTrack track = {.is_audio = kinds[__i__].is_audio,
    .source = kinds[__i__].source
  };

  fail_unless (livekit_selection_wants (selection, &track));
  livekit_selection_set_media (selection, kinds[__i__].media);
  fail_unless (livekit_selection_wants (selection, &track));
  livekit_selection_set_media (selection, ALL & ~kinds[__i__].media);
  fail_if (livekit_selection_wants (selection, &track));
}

GST_END_TEST;

/* What nobody has chosen is all, and what somebody has chosen is only that. */
GST_START_TEST (test_streams)
{
  const gchar *const ids[] = { "ana/video/camera", "bob/audio/microphone",
    NULL
  };
  g_autoptr (LiveKitSelection) selection = livekit_selection_new (ALL);
  LiveKitTrack camera = {.stream_id = (gchar *) "ana/video/camera" };
  LiveKitTrack other = {.stream_id = (gchar *) "eve/video/camera" };

  fail_unless (livekit_selection_is_all (selection));
  livekit_selection_set_streams (selection, ids);
  fail_if (livekit_selection_is_all (selection));
  fail_unless (livekit_selection_wants (selection, &camera));
  fail_if (livekit_selection_wants (selection, &other));
  fail_unless (livekit_selection_allows (selection, &other));

  /* Both have to want it. */
  livekit_selection_set_media (selection, AUDIO);
  fail_if (livekit_selection_wants (selection, &camera));
  fail_if (livekit_selection_allows (selection, &camera));
  livekit_selection_set_media (selection, ALL);
  fail_unless (livekit_selection_wants (selection, &camera));

  livekit_selection_set_streams (selection, &ids[2]);
  fail_if (livekit_selection_wants (selection, &camera));
  fail_if (livekit_selection_is_all (selection));
}

GST_END_TEST;

/* Nobody asks for so many, and they wouldn't be kept. */
GST_START_TEST (test_many)
{
  const guint n = 20000;
  g_autoptr (LiveKitSelection) selection = livekit_selection_new (ALL);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) ids = NULL;
  LiveKitTrack track = { NULL };
  guint i;

  for (i = 0; i < n; i++) {
    g_autofree gchar *id = g_strdup_printf ("%u", i);

    g_strv_builder_add (builder, id);
  }
  ids = g_strv_builder_end (builder);
  livekit_selection_set_streams (selection, (const gchar * const *) ids);
  track.stream_id = (gchar *) "16383";
  fail_unless (livekit_selection_wants (selection, &track));
  track.stream_id = (gchar *) "16384";
  fail_if (livekit_selection_wants (selection, &track));
}

GST_END_TEST;

static Suite *
selection_suite (void)
{
  Suite *suite = suite_create ("selection");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_kinds, 0, G_N_ELEMENTS (kinds));
  tcase_add_test (tc, test_streams);
  tcase_add_test (tc, test_many);
  return suite;
}

GST_CHECK_MAIN (selection);
