/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What streams are called: livekit/streamids.h, as a room uses it.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "livekit/room.h"

#define CAMERA LIVEKIT__TRACK_SOURCE__CAMERA
#define MICROPHONE LIVEKIT__TRACK_SOURCE__MICROPHONE

static LiveKitRoom *room;
static guint32 version;

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

/* In session @sid Ana publishes @tracks, separated by spaces: of her camera, but for
 * those that begin with a, and no others. */
static void
publish (const gchar * sid, const gchar * tracks)
{
  Livekit__ParticipantInfo info = LIVEKIT__PARTICIPANT_INFO__INIT;
  Livekit__ParticipantInfo *infos[] = { &info };
  Livekit__TrackInfo track_infos[8];
  Livekit__TrackInfo *pointers[8];
  g_auto (GStrv) sids = g_strsplit (tracks, " ", -1);
  guint i;

  for (i = 0; sids[i] != NULL && *sids[i] != '\0'; i++) {
    gboolean is_audio = *sids[i] == 'a';

    track_infos[i] = (Livekit__TrackInfo) LIVEKIT__TRACK_INFO__INIT;
    track_infos[i].sid = sids[i];
    track_infos[i].type = is_audio ? LIVEKIT__TRACK_TYPE__AUDIO :
        LIVEKIT__TRACK_TYPE__VIDEO;
    track_infos[i].source = is_audio ? MICROPHONE : CAMERA;
    pointers[i] = &track_infos[i];
  }
  info.sid = (gchar *) sid;
  info.identity = (gchar *) "ana";
  info.version = ++version;
  info.tracks = pointers;
  info.n_tracks = i;
  livekit_room_update (room, infos, 1);
}

static void
expect (const gchar * track_sid, const gchar * stream_id)
{
  const LiveKitParticipant *owner;
  const LiveKitTrack *track = livekit_room_find_track (room, track_sid, &owner);

  fail_unless (track != NULL);
  fail_unless_equals_string (track->stream_id, stream_id);
}

GST_START_TEST (test_sources)
{
  publish ("PA_1", "a v");
  expect ("a", "ana/audio/microphone");
  expect ("v", "ana/video/camera");
  publish ("PA_1", "v a");
  expect ("a", "ana/audio/microphone");
  expect ("v", "ana/video/camera");
}

GST_END_TEST;

/* A track that comes instead of another, at once, later, or when its publisher has
 * come back. */
GST_START_TEST (test_published_anew)
{
  publish ("PA_1", "v1");
  publish ("PA_1", "v2");
  expect ("v2", "ana/video/camera");
  publish ("PA_1", "");
  publish ("PA_1", "v3");
  expect ("v3", "ana/video/camera");
  publish ("PA_2", "v4");
  expect ("v4", "ana/video/camera");
}

GST_END_TEST;

/* Each has its own name, and none changes by what the others do. */
GST_START_TEST (test_second_of_a_source)
{
  publish ("PA_1", "v1");
  publish ("PA_1", "v2 v1");
  expect ("v1", "ana/video/camera");
  expect ("v2", "ana/video/camera/v2");
  publish ("PA_1", "v2");
  expect ("v2", "ana/video/camera/v2");
  publish ("PA_1", "v3 v2");
  expect ("v3", "ana/video/camera");
  expect ("v2", "ana/video/camera/v2");
  /* The server has lost all, and so both come anew. */
  livekit_room_make_stale (room);
  publish ("PA_2", "v4 v5");
  expect ("v4", "ana/video/camera");
  expect ("v5", "ana/video/camera/v2");
}

GST_END_TEST;

GST_START_TEST (test_set)
{
  publish ("PA_1", "v1 v2");
  livekit_room_set_stream_id (room, "v2", "ana/video/camera");
  expect ("v1", "ana/video/camera/v2");
  expect ("v2", "ana/video/camera");
  livekit_room_set_stream_id (room, "v2", "ana/video/camera");
  expect ("v2", "ana/video/camera");
  livekit_room_set_stream_id (room, "v1", "other");
  expect ("v1", "other");
  livekit_room_set_stream_id (room, "nobody's", "other");
}

GST_END_TEST;

/* The same track twice, and somebody else under a known sid. */
GST_START_TEST (test_hostile)
{
  Livekit__TrackInfo track = LIVEKIT__TRACK_INFO__INIT;
  Livekit__TrackInfo *tracks[] = { &track };
  Livekit__ParticipantInfo info = LIVEKIT__PARTICIPANT_INFO__INIT;
  Livekit__ParticipantInfo *infos[] = { &info };

  publish ("PA_1", "v1 v1");
  publish ("PA_1", "v1 v1 v2");
  expect ("v1", "ana/video/camera");
  track.sid = (gchar *) "v1";
  track.type = LIVEKIT__TRACK_TYPE__VIDEO;
  track.source = (Livekit__TrackSource) 77;
  info.sid = (gchar *) "PA_1";
  info.identity = (gchar *) "eve";
  info.version = ++version;
  info.tracks = tracks;
  info.n_tracks = 1;
  livekit_room_update (room, infos, 1);
  expect ("v1", "eve/video/unknown");
}

GST_END_TEST;

static Suite *
streamids_suite (void)
{
  Suite *suite = suite_create ("streamids");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_sources);
  tcase_add_test (tc, test_published_anew);
  tcase_add_test (tc, test_second_of_a_source);
  tcase_add_test (tc, test_set);
  tcase_add_test (tc, test_hostile);
  return suite;
}

GST_CHECK_MAIN (streamids);
