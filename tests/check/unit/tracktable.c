/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which track goes on where: tracktable.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "tracktable.h"

#define CAMERA LIVEKIT__TRACK_SOURCE__CAMERA
#define MICROPHONE LIVEKIT__TRACK_SOURCE__MICROPHONE
#define SCREEN LIVEKIT__TRACK_SOURCE__SCREEN_SHARE

/* Two sessions, of which only the addresses count. */
static gint former, present;
static TrackTable *table;
static LiveKitRoom *room;

static void
ignore (const LiveKitParticipant * participant, gpointer user_data)
{
}

static void
setup (void)
{
  static const LiveKitRoomCallbacks callbacks = { ignore, ignore, ignore };

  table = track_table_new ();
  room = livekit_room_new (&callbacks, NULL);
}

static void
teardown (void)
{
  track_table_free (table);
  livekit_room_free (room);
}

/* Ana publishes @sids, separated by spaces: each is of @source. */
static const LiveKitParticipant *
publish (const gchar * sids, Livekit__TrackSource source)
{
  Livekit__ParticipantInfo info = LIVEKIT__PARTICIPANT_INFO__INIT;
  Livekit__ParticipantInfo *infos[] = { &info };
  Livekit__TrackInfo tracks[4];
  Livekit__TrackInfo *pointers[4];
  g_auto (GStrv) words = g_strsplit (sids, " ", -1);
  guint i;

  for (i = 0; words[i] != NULL; i++) {
    tracks[i] = (Livekit__TrackInfo) LIVEKIT__TRACK_INFO__INIT;
    tracks[i].sid = words[i];
    tracks[i].source = source;
    tracks[i].type = source == MICROPHONE ? LIVEKIT__TRACK_TYPE__AUDIO :
        LIVEKIT__TRACK_TYPE__VIDEO;
    pointers[i] = &tracks[i];
  }
  info.sid = (gchar *) "PA_ana";
  info.identity = (gchar *) "ana";
  info.tracks = pointers;
  info.n_tracks = i;
  livekit_room_update (room, infos, 1);
  return livekit_room_find_identity (room, "ana");
}

static const LiveKitTrack *
first_track (const LiveKitParticipant * ana)
{
  return g_ptr_array_index (ana->tracks, 0);
}

static TrackEntry *
give_out (const gchar * sid, Livekit__TrackSource source, gpointer session)
{
  const LiveKitParticipant *ana = publish (sid, source);

  return track_table_add (table, "ana", first_track (ana), session);
}

static gboolean
has_successor (const TrackEntry * entry, GstMatrixRtcMedia media)
{
  g_autoptr (LiveKitSelection) selection = livekit_selection_new (media);

  return track_table_has_successor (table, entry, room, selection);
}

GST_START_TEST (test_find)
{
  TrackEntry *entry = give_out ("TR_1", CAMERA, &former);

  fail_unless (track_table_find (table, "TR_1", &former) == entry);
  fail_unless (track_table_find (table, "TR_1", &present) == NULL);
  fail_unless (track_table_find (table, "TR_2", &former) == NULL);
  fail_unless (track_table_has_session (table, &former));
  fail_if (track_table_has_session (table, &present));
  track_table_remove (table, entry);
  fail_if (track_table_has_session (table, &former));
}

GST_END_TEST;

/* The same track, though another of the same source comes before. */
GST_START_TEST (test_same_track)
{
  const LiveKitParticipant *ana;
  TrackEntry *entry;

  give_out ("TR_0", CAMERA, &former);
  entry = give_out ("TR_1", CAMERA, &former);
  ana = publish ("TR_1", CAMERA);
  fail_unless (track_table_find_former (table, ana, first_track (ana),
          &present) == entry);
}

GST_END_TEST;

GST_START_TEST (test_published_anew)
{
  const LiveKitParticipant *ana;
  TrackEntry *microphone = give_out ("TR_1", MICROPHONE, &former);
  TrackEntry *camera = give_out ("TR_2", CAMERA, NULL);

  ana = publish ("TR_3", CAMERA);
  fail_unless (track_table_find_former (table, ana, first_track (ana),
          &present) == camera);
  ana = publish ("TR_4", MICROPHONE);
  fail_unless (track_table_find_former (table, ana, first_track (ana),
          &present) == microphone);
  ana = publish ("TR_5", SCREEN);
  fail_unless (track_table_find_former (table, ana, first_track (ana),
          &present) == NULL);
}

GST_END_TEST;

/* What still is published goes on as itself. */
GST_START_TEST (test_second_of_a_source)
{
  const LiveKitParticipant *ana;

  give_out ("TR_1", CAMERA, &former);
  ana = publish ("TR_2 TR_1", CAMERA);
  fail_unless (track_table_find_former (table, ana, first_track (ana),
          &present) == NULL);
}

GST_END_TEST;

GST_START_TEST (test_somebody_elses)
{
  const LiveKitParticipant *ana = publish ("TR_1", CAMERA);

  track_table_add (table, "bob", first_track (ana), &former);
  fail_unless (track_table_find_former (table, ana, first_track (ana),
          &present) == NULL);
}

GST_END_TEST;

GST_START_TEST (test_present)
{
  const LiveKitParticipant *ana;

  give_out ("TR_1", CAMERA, &present);
  ana = publish ("TR_2", CAMERA);
  fail_unless (track_table_find_former (table, ana, first_track (ana),
          &present) == NULL);
}

GST_END_TEST;

GST_START_TEST (test_successor)
{
  TrackEntry *entry = give_out ("TR_1", CAMERA, &former);

  fail_unless (has_successor (entry, GST_MATRIX_RTC_MEDIA_ALL));
  publish ("TR_2", CAMERA);
  fail_unless (has_successor (entry, GST_MATRIX_RTC_MEDIA_ALL));
  fail_if (has_successor (entry, GST_MATRIX_RTC_MEDIA_AUDIO));
  publish ("TR_2", SCREEN);
  fail_if (has_successor (entry, GST_MATRIX_RTC_MEDIA_ALL));
  /* It is another's already. */
  give_out ("TR_3", CAMERA, &present);
  fail_if (has_successor (entry, GST_MATRIX_RTC_MEDIA_ALL));
}

GST_END_TEST;

GST_START_TEST (test_publisher_is_gone)
{
  TrackEntry *entry = give_out ("TR_1", CAMERA, &former);

  livekit_room_make_stale (room);
  fail_unless (has_successor (entry, GST_MATRIX_RTC_MEDIA_ALL));
  livekit_room_drop_stale (room);
  fail_if (has_successor (entry, GST_MATRIX_RTC_MEDIA_ALL));
}

GST_END_TEST;

static Suite *
tracktable_suite (void)
{
  Suite *suite = suite_create ("tracktable");
  TCase *tc = tcase_create ("general");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_find);
  tcase_add_test (tc, test_same_track);
  tcase_add_test (tc, test_published_anew);
  tcase_add_test (tc, test_second_of_a_source);
  tcase_add_test (tc, test_somebody_elses);
  tcase_add_test (tc, test_present);
  tcase_add_test (tc, test_successor);
  tcase_add_test (tc, test_publisher_is_gone);
  return suite;
}

GST_CHECK_MAIN (tracktable);
