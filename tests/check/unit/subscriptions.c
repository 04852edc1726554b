/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a server is asked to send: livekit/subscriptions.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "livekit/subscriptions.h"

#define AUDIO GST_MATRIX_RTC_MEDIA_AUDIO
#define VIDEO GST_MATRIX_RTC_MEDIA_VIDEO
#define ALL GST_MATRIX_RTC_MEDIA_ALL

static LiveKitRoom *room;

static void
ignore (const LiveKitParticipant * participant, gpointer user_data)
{
}

static void
setup (void)
{
  static const LiveKitRoomCallbacks callbacks = { ignore, ignore, ignore };

  room = livekit_room_new (&callbacks, NULL);
}

static void
teardown (void)
{
  livekit_room_free (room);
}

typedef struct
{
  const gchar *sid;             /* NULL: the end of a list */
  gboolean is_audio;
  GstMatrixRtcTrackSource source;
} Published;

/* What bob publishes, and no more. */
static void
publish (const Published * published)
{
  static guint32 version;
  Livekit__TrackInfo tracks[8];
  Livekit__TrackInfo *track_pointers[8];
  Livekit__ParticipantInfo info = LIVEKIT__PARTICIPANT_INFO__INIT;
  Livekit__ParticipantInfo *infos[] = { &info };
  guint i;

  for (i = 0; published[i].sid != NULL; i++) {
    tracks[i] = (Livekit__TrackInfo) LIVEKIT__TRACK_INFO__INIT;
    tracks[i].sid = (gchar *) published[i].sid;
    tracks[i].type = published[i].is_audio ? LIVEKIT__TRACK_TYPE__AUDIO :
        LIVEKIT__TRACK_TYPE__VIDEO;
    tracks[i].source = (Livekit__TrackSource) published[i].source;
    track_pointers[i] = &tracks[i];
  }
  info.sid = (gchar *) "PA_1";
  info.identity = (gchar *) "bob";
  info.version = ++version;
  info.tracks = track_pointers;
  info.n_tracks = i;
  livekit_room_update (room, infos, 1);
}

static void
append_sids (GString * text, gchar sign, const GPtrArray * sids)
{
  guint i;

  for (i = 0; i < sids->len; i++)
    g_string_append_printf (text, "%s%c%s", text->len == 0 ? "" : " ", sign,
        (const gchar *) g_ptr_array_index (sids, i));
}

/* "+sid -sid": what the server is told when @media is wanted. */
static void
expect_told (LiveKitSubscriptions * subscriptions, GstMatrixRtcMedia media,
    const gchar * expected)
{
  g_autoptr (LiveKitSelection) selection = livekit_selection_new (media);
  g_autoptr (GPtrArray) tracks = livekit_room_get_tracks (room);
  g_autoptr (GPtrArray) subscribe = g_ptr_array_new ();
  g_autoptr (GPtrArray) unsubscribe = g_ptr_array_new ();
  g_autoptr (GString) told = g_string_new (NULL);

  livekit_subscriptions_update (subscriptions, tracks, selection, subscribe,
      unsubscribe);
  append_sids (told, '+', subscribe);
  append_sids (told, '-', unsubscribe);
  fail_unless_equals_string (told->str, expected);
}

static const Published both[] = {
  {"TR_A", TRUE, GST_MATRIX_RTC_TRACK_SOURCE_MICROPHONE},
  {"TR_V", FALSE, GST_MATRIX_RTC_TRACK_SOURCE_CAMERA},
  {NULL, FALSE, GST_MATRIX_RTC_TRACK_SOURCE_UNKNOWN},
};

GST_START_TEST (test_automatic)
{
  g_autoptr (LiveKitSubscriptions) subscriptions =
      livekit_subscriptions_new (TRUE);
  g_autoptr (GPtrArray) exceptions = NULL;

  publish (both);
  expect_told (subscriptions, ALL, "");
  expect_told (subscriptions, AUDIO, "-TR_V");
  expect_told (subscriptions, AUDIO, "");
  fail_unless (livekit_subscriptions_are_automatic (subscriptions));
  exceptions = livekit_subscriptions_get_exceptions (subscriptions);
  fail_unless_equals_int (exceptions->len, 1);
  fail_unless_equals_string (g_ptr_array_index (exceptions, 0), "TR_V");
  expect_told (subscriptions, VIDEO, "+TR_V -TR_A");
  expect_told (subscriptions, ALL, "+TR_A");
  expect_told (subscriptions, 0, "-TR_A -TR_V");
  livekit_subscriptions_forget (subscriptions);
  expect_told (subscriptions, 0, "-TR_A -TR_V");
}

GST_END_TEST;

GST_START_TEST (test_by_hand)
{
  g_autoptr (LiveKitSubscriptions) subscriptions =
      livekit_subscriptions_new (FALSE);

  expect_told (subscriptions, AUDIO, "");
  publish (both);
  expect_told (subscriptions, AUDIO, "+TR_A");
  expect_told (subscriptions, AUDIO, "");
  expect_told (subscriptions, ALL, "+TR_V");
  expect_told (subscriptions, VIDEO, "-TR_A");
}

GST_END_TEST;

/* A track that has ended may come again. */
GST_START_TEST (test_ended)
{
  g_autoptr (LiveKitSubscriptions) subscriptions =
      livekit_subscriptions_new (FALSE);
  g_autoptr (GPtrArray) exceptions = NULL;

  publish (both);
  expect_told (subscriptions, AUDIO, "+TR_A");
  publish (&both[1]);
  expect_told (subscriptions, AUDIO, "");
  exceptions = livekit_subscriptions_get_exceptions (subscriptions);
  fail_unless_equals_int (exceptions->len, 0);
  publish (both);
  expect_told (subscriptions, AUDIO, "+TR_A");
}

GST_END_TEST;

/* What a former session has told may be gone. */
GST_START_TEST (test_stale)
{
  g_autoptr (LiveKitSubscriptions) subscriptions =
      livekit_subscriptions_new (FALSE);

  publish (both);
  livekit_room_make_stale (room);
  expect_told (subscriptions, ALL, "");
}

GST_END_TEST;

static Suite *
subscriptions_suite (void)
{
  Suite *suite = suite_create ("subscriptions");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_automatic);
  tcase_add_test (tc, test_by_hand);
  tcase_add_test (tc, test_ended);
  tcase_add_test (tc, test_stale);
  return suite;
}

GST_CHECK_MAIN (subscriptions);
