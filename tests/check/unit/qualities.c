/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which layers a server is asked for: livekit/qualities.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "livekit/qualities.h"

#define LOW GST_MATRIX_RTC_VIDEO_QUALITY_LOW
#define MEDIUM GST_MATRIX_RTC_VIDEO_QUALITY_MEDIUM
#define HIGH GST_MATRIX_RTC_VIDEO_QUALITY_HIGH

static LiveKitRoom *room;
static GHashTable *wishes;
static GHashTable *off;
static LiveKitQualities *qualities;

static void
ignore (const LiveKitParticipant * participant, gpointer user_data)
{
}

static void
publish (guint32 version, gsize n_tracks)
{
  Livekit__TrackInfo audio = LIVEKIT__TRACK_INFO__INIT;
  Livekit__TrackInfo camera = LIVEKIT__TRACK_INFO__INIT;
  Livekit__TrackInfo screen = LIVEKIT__TRACK_INFO__INIT;
  Livekit__TrackInfo *tracks[] = { &audio, &camera, &screen };
  Livekit__ParticipantInfo info = LIVEKIT__PARTICIPANT_INFO__INIT;
  Livekit__ParticipantInfo *infos[] = { &info };

  audio.sid = (gchar *) "TR_A";
  camera.sid = (gchar *) "TR_C";
  camera.type = LIVEKIT__TRACK_TYPE__VIDEO;
  screen.sid = (gchar *) "TR_S";
  screen.type = LIVEKIT__TRACK_TYPE__VIDEO;
  info.sid = (gchar *) "PA_1";
  info.identity = (gchar *) "bob";
  info.version = version;
  info.tracks = tracks;
  info.n_tracks = n_tracks;
  livekit_room_update (room, infos, 1);
}

static void
setup (void)
{
  static const LiveKitRoomCallbacks callbacks = { ignore, ignore, ignore };

  room = livekit_room_new (&callbacks, NULL);
  wishes = g_hash_table_new (g_str_hash, g_str_equal);
  off = g_hash_table_new (g_str_hash, g_str_equal);
  qualities = livekit_qualities_new ();
  publish (1, 3);
}

static void
teardown (void)
{
  livekit_qualities_free (qualities);
  g_hash_table_unref (wishes);
  g_hash_table_unref (off);
  livekit_room_free (room);
}

static void
wish (const gchar * sid, GstMatrixRtcVideoQuality quality)
{
  g_hash_table_insert (wishes, (gpointer) sid, GUINT_TO_POINTER (quality));
}

/* "low: sid sid, high: sid": what the server is told when @usual is wanted. */
static void
expect_told (GstMatrixRtcVideoQuality usual, const gchar * expected)
{
  static const gchar *const names[] = { "low", "medium", "high", "off" };
  GPtrArray *changed[LIVEKIT_N_QUALITIES];
  g_autoptr (GPtrArray) tracks = livekit_room_get_tracks (room);
  g_autoptr (GString) told = g_string_new (NULL);
  guint i, j;

  for (i = 0; i < LIVEKIT_N_QUALITIES; i++)
    changed[i] = g_ptr_array_new ();
  livekit_qualities_update (qualities, tracks, usual, wishes, off, changed);
  for (i = 0; i < LIVEKIT_N_QUALITIES; i++) {
    if (changed[i]->len > 0)
      g_string_append_printf (told, "%s%s:", told->len == 0 ? "" : ", ",
          names[i]);
    for (j = 0; j < changed[i]->len; j++)
      g_string_append_printf (told, " %s",
          (const gchar *) g_ptr_array_index (changed[i], j));
    g_ptr_array_unref (changed[i]);
  }
  fail_unless_equals_string (told->str, expected);
}

GST_START_TEST (test_usual)
{
  expect_told (HIGH, "");
  expect_told (LOW, "low: TR_C TR_S");
  expect_told (LOW, "");
  expect_told (MEDIUM, "medium: TR_C TR_S");
  expect_told (HIGH, "high: TR_C TR_S");
}

GST_END_TEST;

GST_START_TEST (test_wishes)
{
  wish ("TR_C", MEDIUM);
  expect_told (HIGH, "medium: TR_C");
  expect_told (LOW, "low: TR_S");
  wish ("TR_S", HIGH);
  wish ("TR_C", LOW);
  expect_told (MEDIUM, "low: TR_C, high: TR_S");
  g_hash_table_remove_all (wishes);
  expect_told (MEDIUM, "medium: TR_C TR_S");
}

GST_END_TEST;

/* There are no layers of audio, and nobody knows tracks that aren't there. */
GST_START_TEST (test_others)
{
  wish ("TR_A", LOW);
  wish ("TR_X", LOW);
  expect_told (HIGH, "");
}

GST_END_TEST;

/* A track that comes again begins anew. */
GST_START_TEST (test_ended)
{
  expect_told (LOW, "low: TR_C TR_S");
  publish (2, 2);
  expect_told (LOW, "");
  publish (3, 3);
  expect_told (LOW, "low: TR_S");
}

GST_END_TEST;

/* Of what is off nothing comes, audio too; what is wished meanwhile comes then. */
GST_START_TEST (test_off)
{
  g_autoptr (GPtrArray) sids = NULL;

  g_hash_table_add (off, (gpointer) "TR_A");
  g_hash_table_add (off, (gpointer) "TR_C");
  g_hash_table_add (off, (gpointer) "TR_X");
  expect_told (HIGH, "off: TR_A TR_C");
  sids = livekit_qualities_get_off (qualities);
  fail_unless_equals_int (sids->len, 2);
  expect_told (HIGH, "");
  wish ("TR_C", LOW);
  expect_told (HIGH, "");
  g_hash_table_remove (off, "TR_C");
  expect_told (HIGH, "low: TR_C");
  g_hash_table_remove (off, "TR_A");
  expect_told (HIGH, "high: TR_A");
  g_clear_pointer (&sids, g_ptr_array_unref);
  sids = livekit_qualities_get_off (qualities);
  fail_unless_equals_int (sids->len, 0);
}

GST_END_TEST;

static Suite *
qualities_suite (void)
{
  Suite *suite = suite_create ("qualities");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_usual);
  tcase_add_test (tc, test_wishes);
  tcase_add_test (tc, test_others);
  tcase_add_test (tc, test_ended);
  tcase_add_test (tc, test_off);
  return suite;
}

GST_CHECK_MAIN (qualities);
