/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is in a LiveKit room: livekit/room.h.
 */
#include <math.h>
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "livekit/room.h"

#define MAX_PARTICIPANTS 4096
#define MAX_TRACKS 64
#define MAX_TEXT 1024

static LiveKitRoom *room;
/* What the callbacks were called with: "+sid", "*sid" and "-sid". */
static GString *events;
static guint n_present;         /* by the callbacks */
static const LiveKitParticipant *latest;        /* who was told of last, if in */

static void
add_event (gchar sign, const LiveKitParticipant * participant)
{
  g_string_append_printf (events, "%s%c%s", events->len == 0 ? "" : " ", sign,
      participant->sid);
}

/* The room is as it tells: so many are in it, and the tracks of @participant are
 * @owner's. */
static void
check_room (const LiveKitParticipant * participant,
    const LiveKitParticipant * owner)
{
  guint i;

  fail_unless_equals_int (livekit_room_get_n_participants (room), n_present);
  for (i = 0; i < participant->tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);
    const LiveKitParticipant *found = NULL;

    fail_unless (livekit_room_find_track (room, track->sid, &found) ==
        (owner == NULL ? NULL : track), "%s is another track", track->sid);
    fail_unless (found == owner, "%s is somebody else's", track->sid);
  }
}

static void
on_joined (const LiveKitParticipant * participant, gpointer user_data)
{
  fail_unless (user_data == &room);
  n_present++;
  latest = participant;
  check_room (participant, participant);
  add_event ('+', participant);
}

static void
on_updated (const LiveKitParticipant * participant, gpointer user_data)
{
  latest = participant;
  check_room (participant, participant);
  add_event ('*', participant);
}

static void
on_left (const LiveKitParticipant * participant, gpointer user_data)
{
  n_present--;
  latest = NULL;
  check_room (participant, NULL);
  add_event ('-', participant);
}

static void
setup (void)
{
  static const LiveKitRoomCallbacks callbacks = {
    on_joined, on_updated, on_left
  };

  events = g_string_new (NULL);
  n_present = 0;
  latest = NULL;
  room = livekit_room_new (&callbacks, &room);
}

static void
teardown (void)
{
  livekit_room_free (room);
  g_string_free (events, TRUE);
}

static void
expect_events (const gchar * expected)
{
  fail_unless (g_str_equal (events->str, expected), "\"%s\" instead of \"%s\"",
      events->str, expected);
  g_string_truncate (events, 0);
}

typedef struct
{
  const gchar *sid;
  const gchar *identity;
  guint32 version;
  gint state;
} Person;

#define ACTIVE LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE
#define GONE LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED

/* A copy, so that the room is seen to keep nothing of it. */
static void
update_with_tracks (const Person * person, Livekit__TrackInfo ** tracks,
    gsize n_tracks)
{
  g_autofree gchar *sid = g_strdup (person->sid);
  g_autofree gchar *identity = g_strdup (person->identity);
  Livekit__ParticipantInfo info = LIVEKIT__PARTICIPANT_INFO__INIT;
  Livekit__ParticipantInfo *infos[] = { &info };

  info.sid = sid;
  info.identity = identity;
  info.version = person->version;
  info.state = (Livekit__ParticipantInfo__State) person->state;
  info.tracks = tracks;
  info.n_tracks = n_tracks;
  livekit_room_update (room, infos, 1);
}

static void
update (const gchar * sid, const gchar * identity, guint32 version, gint state)
{
  const Person person = { sid, identity, version, state };

  update_with_tracks (&person, NULL, 0);
}

GST_START_TEST (test_life)
{
  fail_unless_equals_int (livekit_room_get_n_participants (room), 0);
  update ("PA_1", "bob", 1, ACTIVE);
  expect_events ("+PA_1");
  update ("PA_2", "eve", 1, LIVEKIT__PARTICIPANT_INFO__STATE__JOINING);
  expect_events ("+PA_2");
  fail_unless_equals_int (livekit_room_get_n_participants (room), 2);
  update ("PA_1", "bob", 2, ACTIVE);
  expect_events ("*PA_1");
  fail_unless_equals_string (latest->identity, "bob");
  fail_unless_equals_int (latest->version, 2);
  fail_unless_equals_int (latest->tracks->len, 0);
  update ("PA_1", "bob", 3, GONE);
  expect_events ("-PA_1");
  fail_unless_equals_int (livekit_room_get_n_participants (room), 1);
  update ("PA_1", "bob", 4, GONE);
  expect_events ("");
}

GST_END_TEST;

GST_START_TEST (test_versions)
{
  static const Person bob = { "PA_1", "bob", 7, ACTIVE };
  Livekit__TrackInfo info = LIVEKIT__TRACK_INFO__INIT;
  Livekit__TrackInfo *infos[] = { &info };
  const LiveKitParticipant *owner = NULL;

  info.sid = (gchar *) "TR_1";
  update_with_tracks (&bob, infos, 1);
  update_with_tracks (&bob, infos, 1);
  expect_events ("+PA_1 *PA_1");
  update ("PA_1", "bob", 6, ACTIVE);
  update ("PA_1", "bob", 0, ACTIVE);
  expect_events ("");
  fail_unless (livekit_room_find_track (room, "TR_1", &owner) != NULL);
  fail_unless_equals_int (owner->version, 7);
  update ("PA_1", "bob", G_MAXUINT32, ACTIVE);
  expect_events ("*PA_1");
  /* The new session begins to count anew. */
  update ("PA_2", "bob", 1, ACTIVE);
  expect_events ("-PA_1 +PA_2");
}

GST_END_TEST;

/* With our protocol version the server says nothing of the former session. */
GST_START_TEST (test_rejoin)
{
  update ("PA_1", "bob", 5, ACTIVE);
  update ("PA_9", "eve", 1, ACTIVE);
  update ("PA_2", "bob", 1, ACTIVE);
  expect_events ("+PA_1 +PA_9 -PA_1 +PA_2");
  fail_unless_equals_int (livekit_room_get_n_participants (room), 2);
  /* It may come late all the same. */
  update ("PA_1", "bob", 6, GONE);
  expect_events ("");
  update ("PA_2", "bob", 2, GONE);
  expect_events ("-PA_2");
}

GST_END_TEST;

GST_START_TEST (test_local)
{
  Livekit__ParticipantInfo local = LIVEKIT__PARTICIPANT_INFO__INIT;
  gchar identity[] = "recorder";

  local.sid = (gchar *) "PA_0";
  local.identity = identity;
  livekit_room_set_local (room, &local);
  memset (identity, 'x', strlen (identity));
  update ("PA_0", "recorder", 1, ACTIVE);
  update ("PA_7", "recorder", 1, ACTIVE);
  update ("PA_0", "recorder", 2, GONE);
  expect_events ("");
  update ("PA_1", "Recorder", 1, ACTIVE);
  expect_events ("+PA_1");
  /* A new join may give us another identity. */
  local.identity = (gchar *) "recorder2";
  livekit_room_set_local (room, &local);
  update ("PA_2", "recorder", 1, ACTIVE);
  expect_events ("+PA_2");
}

GST_END_TEST;

GST_START_TEST (test_without_sid)
{
  update ("", "bob", 1, ACTIVE);
  update ("", "bob", 1, GONE);
  expect_events ("");
}

GST_END_TEST;

/* States of the future are no leaving. */
GST_START_TEST (test_unknown_state)
{
  update ("PA_1", "bob", 1, 4);
  update ("PA_1", "bob", 2, -1);
  update ("PA_1", "bob", 3, G_MAXINT);
  expect_events ("+PA_1 *PA_1 *PA_1");
}

GST_END_TEST;

typedef struct
{
  gint type;
  gint source;
  gint encryption;
  gint expected_source;         /* -1: no track of ours */
  gboolean is_audio;
  gboolean encrypted;
} TrackRow;

static const TrackRow track_rows[] = {
  {0, 2, 0, GST_MATRIX_RTC_TRACK_SOURCE_MICROPHONE, TRUE, FALSE},
  {0, 4, 1, GST_MATRIX_RTC_TRACK_SOURCE_SCREEN_SHARE_AUDIO, TRUE, TRUE},
  {1, 1, 2, GST_MATRIX_RTC_TRACK_SOURCE_CAMERA, FALSE, TRUE},
  {1, 3, 0, GST_MATRIX_RTC_TRACK_SOURCE_SCREEN_SHARE, FALSE, FALSE},
  {1, 0, 0, GST_MATRIX_RTC_TRACK_SOURCE_UNKNOWN, FALSE, FALSE},
  /* Unknown values of enums; an unknown encryption is one. */
  {1, 5, 3, GST_MATRIX_RTC_TRACK_SOURCE_UNKNOWN, FALSE, TRUE},
  {1, -1, -1, GST_MATRIX_RTC_TRACK_SOURCE_UNKNOWN, FALSE, TRUE},
  {0, G_MAXINT, G_MAXINT, GST_MATRIX_RTC_TRACK_SOURCE_UNKNOWN, TRUE, TRUE},
  {0, G_MININT, 0, GST_MATRIX_RTC_TRACK_SOURCE_UNKNOWN, TRUE, FALSE},
  {2, 0, 0, -1, FALSE, FALSE},
  {3, 1, 0, -1, FALSE, FALSE},
  {-1, 1, 0, -1, FALSE, FALSE},
  {G_MAXINT, 1, 0, -1, FALSE, FALSE},
};

GST_START_TEST (test_tracks)
{
  static const Person bob = { "PA_1", "bob", 1, ACTIVE };
  const TrackRow *row = &track_rows[__i__];
  Livekit__TrackInfo info = LIVEKIT__TRACK_INFO__INIT;
  Livekit__TrackInfo *infos[] = { &info };
  const LiveKitParticipant *owner = NULL;
  const LiveKitTrack *track;

  info.sid = (gchar *) "TR_1";
  info.name = (gchar *) "name";
  info.mime_type = (gchar *) "video/VP8";
  info.type = (Livekit__TrackType) row->type;
  info.source = (Livekit__TrackSource) row->source;
  info.encryption = (Livekit__EncryptionType) row->encryption;
  info.muted = TRUE;
  info.width = 1280;
  info.height = G_MAXUINT32;
  update_with_tracks (&bob, infos, 1);
  expect_events ("+PA_1");
  track = livekit_room_find_track (room, "TR_1", &owner);
  fail_unless_equals_int (latest->tracks->len, track != NULL);
  fail_unless_equals_int (track != NULL, row->expected_source >= 0);
  if (track == NULL)
    return;
  fail_unless (owner == latest);
  fail_unless (livekit_participant_find_track (owner, "TR_1") == track);
  fail_unless_equals_string (track->name, "name");
  fail_unless_equals_string (track->mime_type, "video/VP8");
  fail_unless_equals_int (track->source, row->expected_source);
  fail_unless_equals_int (track->is_audio, row->is_audio);
  fail_unless_equals_int (track->encrypted, row->encrypted);
  fail_unless (track->muted, "the track isn't muted");
  fail_unless_equals_int (track->width, 1280);
  fail_unless_equals_int (track->height, 32768);
}

GST_END_TEST;

/* Each update is the whole of a participant. */
GST_START_TEST (test_tracks_end)
{
  Livekit__TrackInfo info = LIVEKIT__TRACK_INFO__INIT;
  Livekit__TrackInfo unnamed = LIVEKIT__TRACK_INFO__INIT;
  Livekit__TrackInfo *infos[] = { &info, &unnamed };
  Person bob = { "PA_1", "bob", 1, ACTIVE };
  const LiveKitParticipant *owner = NULL;

  info.sid = (gchar *) "TR_1";
  update_with_tracks (&bob, infos, G_N_ELEMENTS (infos));
  fail_unless_equals_int (latest->tracks->len, 1);
  fail_unless (livekit_room_find_track (room, "TR_2", &owner) == NULL);
  fail_unless (owner == NULL, "an unknown track has an owner");
  bob.version = 2;
  update_with_tracks (&bob, NULL, 0);
  fail_unless (livekit_room_find_track (room, "TR_1", &owner) == NULL);
  fail_unless_equals_int (latest->tracks->len, 0);
}

GST_END_TEST;

GST_START_TEST (test_text)
{
  g_autofree gchar *long_name = g_strnfill (MAX_TEXT + 1, 'n');
  Livekit__ParticipantInfo info = LIVEKIT__PARTICIPANT_INFO__INIT;
  Livekit__ParticipantInfo *infos[] = { &info };
  Livekit__TrackInfo track = LIVEKIT__TRACK_INFO__INIT;
  Livekit__TrackInfo *tracks[] = { &track };
  const LiveKitTrack *found_track;

  info.sid = (gchar *) "PA_\xff";
  info.identity = (gchar *) "\xc3";
  info.name = long_name;
  info.tracks = tracks;
  info.n_tracks = 1;
  track.sid = (gchar *) "TR_\xed\xa0\x80";
  track.name = (gchar *) "\x80";
  track.mime_type = (gchar *) "\xfe";
  livekit_room_update (room, infos, 1);
  fail_unless_equals_string (latest->sid, "PA_\xef\xbf\xbd");
  fail_unless (g_utf8_validate (latest->identity, -1, NULL));
  fail_unless_equals_int (strlen (latest->name), MAX_TEXT);
  found_track = g_ptr_array_index (latest->tracks, 0);
  fail_unless (g_utf8_validate (found_track->sid, -1, NULL));
  fail_unless (g_utf8_validate (found_track->name, -1, NULL));
  fail_unless (g_utf8_validate (found_track->mime_type, -1, NULL));
  /* And the same bytes mean the same participant. */
  info.state = GONE;
  livekit_room_update (room, infos, 1);
  expect_events ("+PA_\xef\xbf\xbd -PA_\xef\xbf\xbd");
}

GST_END_TEST;

GST_START_TEST (test_too_many_tracks)
{
  static const Person bob = { "PA_1", "bob", 1, ACTIVE };
  Livekit__TrackInfo infos[MAX_TRACKS + 1];
  Livekit__TrackInfo *pointers[MAX_TRACKS + 1];
  guint i;

  for (i = 0; i <= MAX_TRACKS; i++) {
    infos[i] = (Livekit__TrackInfo) LIVEKIT__TRACK_INFO__INIT;
    infos[i].sid = g_strdup_printf ("TR_%u", i);
    pointers[i] = &infos[i];
  }
  update_with_tracks (&bob, pointers, MAX_TRACKS + 1);
  fail_unless_equals_int (latest->tracks->len, MAX_TRACKS);
  for (i = 0; i <= MAX_TRACKS; i++)
    g_free (infos[i].sid);
}

GST_END_TEST;

GST_START_TEST (test_too_many_participants)
{
  guint i;

  for (i = 0; i <= MAX_PARTICIPANTS; i++) {
    g_autofree gchar *sid = g_strdup_printf ("PA_%u", i);
    g_autofree gchar *identity = g_strdup_printf ("bob %u", i);

    update (sid, identity, 1, ACTIVE);
  }
  fail_unless_equals_int (livekit_room_get_n_participants (room),
      MAX_PARTICIPANTS);
  g_string_truncate (events, 0);
  /* Those who are in stay so, may come back, and make room. */
  update ("PA_0", "bob 0", 2, ACTIVE);
  update ("PA_x", "bob 0", 1, ACTIVE);
  update ("PA_1", "bob 1", 2, GONE);
  update ("PA_y", "bob y", 1, ACTIVE);
  update ("PA_z", "bob z", 1, ACTIVE);
  expect_events ("*PA_0 -PA_0 +PA_x -PA_1 +PA_y");
}

GST_END_TEST;

/* One update of many, in the order of the server. */
GST_START_TEST (test_batch)
{
  Livekit__ParticipantInfo infos[4];
  Livekit__ParticipantInfo *pointers[4];
  static const gchar *const sids[] = { "PA_1", "PA_2", "PA_1", "PA_2" };
  static const gint states[] = { ACTIVE, ACTIVE, GONE, ACTIVE };
  guint i;

  for (i = 0; i < 4; i++) {
    infos[i] = (Livekit__ParticipantInfo) LIVEKIT__PARTICIPANT_INFO__INIT;
    infos[i].sid = (gchar *) sids[i];
    infos[i].identity = (gchar *) sids[i];
    infos[i].state = (Livekit__ParticipantInfo__State) states[i];
    pointers[i] = &infos[i];
  }
  livekit_room_update (room, pointers, 4);
  livekit_room_update (room, NULL, 0);
  expect_events ("+PA_1 +PA_2 -PA_1 *PA_2");
}

GST_END_TEST;

/* In a new session of ours: who is there again, with the same sid or another, has
 * never left. */
GST_START_TEST (test_stale)
{
  update ("PA_1", "ana", 3, ACTIVE);
  update ("PA_2", "bob", 1, ACTIVE);
  update ("PA_3", "cem", 1, ACTIVE);
  livekit_room_make_stale (room);
  fail_unless (livekit_room_find_identity (room, "cem")->is_stale);
  g_string_truncate (events, 0);
  update ("PA_1", "ana", 1, ACTIVE);
  update ("PA_x", "bob", 1, ACTIVE);
  update ("PA_4", "dan", 1, ACTIVE);
  fail_if (livekit_room_find_identity (room, "ana")->is_stale);
  fail_if (livekit_room_find_identity (room, "bob")->is_stale);
  expect_events ("*PA_1 *PA_x +PA_4");
  g_string_truncate (events, 0);
  livekit_room_drop_stale (room);
  fail_unless (livekit_room_find_identity (room, "cem") == NULL);
  expect_events ("-PA_3");
  /* And from then on a new sid is somebody who was away. */
  g_string_truncate (events, 0);
  update ("PA_y", "bob", 1, ACTIVE);
  expect_events ("-PA_x +PA_y");
}

GST_END_TEST;

GST_START_TEST (test_stale_make_room)
{
  guint i;

  for (i = 0; i < MAX_PARTICIPANTS; i++) {
    g_autofree gchar *sid = g_strdup_printf ("PA_%u", i);
    g_autofree gchar *identity = g_strdup_printf ("bob %u", i);

    update (sid, identity, 1, ACTIVE);
  }
  livekit_room_make_stale (room);
  update ("PA_7", "bob 7", 1, ACTIVE);
  update ("PA_x", "ana", 1, ACTIVE);
  fail_unless_equals_int (livekit_room_get_n_participants (room), 2);
  fail_unless (livekit_room_find_identity (room, "bob 7") != NULL);
}

GST_END_TEST;

static gboolean
speak (const gchar * sid, gfloat level, gboolean is_active)
{
  Livekit__SpeakerInfo info = LIVEKIT__SPEAKER_INFO__INIT;
  Livekit__SpeakerInfo *infos[] = { &info };

  info.sid = (gchar *) sid;
  info.level = level;
  info.active = is_active;
  return livekit_room_take_speakers (room, infos, 1);
}

/* "identity level" of each, in order. */
static void
expect_speakers (const gchar * expected)
{
  g_autoptr (GPtrArray) speakers = livekit_room_get_speakers (room);
  g_autoptr (GString) text = g_string_new (NULL);
  guint i;

  for (i = 0; i < speakers->len; i++) {
    const LiveKitParticipant *speaker = g_ptr_array_index (speakers, i);

    g_string_append_printf (text, "%s%s %.2f", i == 0 ? "" : " ",
        speaker->identity, speaker->level);
  }
  fail_unless_equals_string (text->str, expected);
}

GST_START_TEST (test_speakers)
{
  update ("PA_1", "bob", 1, ACTIVE);
  update ("PA_2", "eve", 1, ACTIVE);
  update ("PA_3", "ann", 1, ACTIVE);
  expect_speakers ("");
  fail_unless (speak ("PA_1", 0.5, TRUE));
  fail_unless (speak ("PA_2", 0.75, TRUE));
  fail_unless (speak ("PA_3", 0.5, TRUE));
  expect_speakers ("eve 0.75 ann 0.50 bob 0.50");
  fail_if (speak ("PA_2", 0.75, TRUE));
  /* An update is of something else. */
  update ("PA_2", "eve", 2, ACTIVE);
  fail_unless (speak ("PA_3", 0.5, FALSE));
  expect_speakers ("eve 0.75 bob 0.50");
  update ("PA_2", "eve", 3, GONE);
  expect_speakers ("bob 0.50");
  livekit_room_forget_speakers (room);
  expect_speakers ("");
}

GST_END_TEST;

/* Levels that are none, and somebody who isn't there. */
GST_START_TEST (test_bad_speakers)
{
  update ("PA_1", "bob", 1, ACTIVE);
  fail_unless (speak ("PA_1", 7, TRUE));
  expect_speakers ("bob 1.00");
  fail_unless (speak ("PA_1", -1, TRUE));
  expect_speakers ("");
  fail_if (speak ("PA_1", NAN, TRUE));
  fail_unless (speak ("PA_1", INFINITY, TRUE));
  expect_speakers ("bob 1.00");
  fail_if (speak ("PA_2", 0.5, TRUE));
  fail_if (speak ("", 0.5, TRUE));
}

GST_END_TEST;

static const struct
{
  gint told;
  LiveKitQuality quality;       /* UNKNOWN: it stays as it was, good */
} qualities[] = {
  {0, LIVEKIT_QUALITY_POOR},
  {1, LIVEKIT_QUALITY_UNKNOWN},
  {2, LIVEKIT_QUALITY_EXCELLENT},
  {3, LIVEKIT_QUALITY_LOST},
  {4, LIVEKIT_QUALITY_UNKNOWN},
  {-1, LIVEKIT_QUALITY_UNKNOWN},
};

GST_START_TEST (test_quality)
{
  Livekit__ConnectionQualityInfo info = LIVEKIT__CONNECTION_QUALITY_INFO__INIT;
  const LiveKitParticipant *changed;

  update ("PA_1", "bob", 1, ACTIVE);
  info.participant_sid = (gchar *) "PA_1";
  info.quality = LIVEKIT__CONNECTION_QUALITY__GOOD;
  changed = livekit_room_take_quality (room, &info);
  fail_unless (changed == latest);
  fail_unless_equals_int (changed->quality, LIVEKIT_QUALITY_GOOD);
  update ("PA_1", "bob", 2, ACTIVE);
  fail_unless_equals_int (latest->quality, LIVEKIT_QUALITY_GOOD);
  info.quality = (Livekit__ConnectionQuality) qualities[__i__].told;
  changed = livekit_room_take_quality (room, &info);
  if (qualities[__i__].quality == LIVEKIT_QUALITY_UNKNOWN) {
    fail_unless (changed == NULL);
    fail_unless_equals_int (latest->quality, LIVEKIT_QUALITY_GOOD);
  } else {
    fail_unless_equals_int (changed->quality, qualities[__i__].quality);
  }
  info.participant_sid = (gchar *) "PA_2";
  fail_unless (livekit_room_take_quality (room, &info) == NULL);
}

GST_END_TEST;

/* What a participant tells of itself. */

static void
update_with_details (const gchar * sid, guint32 version,
    const gchar * metadata, Livekit__Attribute ** attributes,
    gsize n_attributes)
{
  Livekit__ParticipantInfo info = LIVEKIT__PARTICIPANT_INFO__INIT;
  Livekit__ParticipantInfo *infos[] = { &info };

  info.sid = info.identity = (gchar *) sid;
  info.version = version;
  info.state = (Livekit__ParticipantInfo__State) ACTIVE;
  info.metadata = (gchar *) metadata;
  info.attributes = attributes;
  info.n_attributes = n_attributes;
  livekit_room_update (room, infos, 1);
}

static void
update_with_attribute (guint32 version, const gchar * key, const gchar * value)
{
  Livekit__Attribute attribute = LIVEKIT__ATTRIBUTE__INIT;
  Livekit__Attribute *attributes[] = { &attribute };

  attribute.key = (gchar *) key;
  attribute.value = (gchar *) value;
  update_with_details ("PA_1", version, "", attributes, 1);
}

static void
expect_attribute (const gchar * key, const gchar * value)
{
  fail_unless_equals_string (g_hash_table_lookup (latest->attributes, key),
      value);
}

GST_START_TEST (test_metadata)
{
  const gsize max = 64 * 1024;
  g_autofree gchar *longest = g_strnfill (max, 'x');
  g_autofree gchar *too_long = g_strnfill (max + 1, 'x');

  update ("PA_1", "bob", 1, ACTIVE);
  fail_unless_equals_string (latest->metadata, "");
  update_with_details ("PA_1", 2, longest, NULL, 0);
  fail_unless_equals_string (latest->metadata, longest);
  update_with_details ("PA_1", 3, too_long, NULL, 0);
  fail_unless_equals_string (latest->metadata, "");
  update_with_details ("PA_1", 4, "a\xff" "b", NULL, 0);
  fail_unless_equals_string (latest->metadata, "a\xef\xbf\xbd" "b");
}

GST_END_TEST;

GST_START_TEST (test_attributes)
{
  update_with_attribute (1, "lk.publish_on_behalf", "eve");
  expect_attribute ("lk.publish_on_behalf", "eve");
  update_with_attribute (2, "", "");
  expect_attribute ("lk.publish_on_behalf", NULL);
  expect_attribute ("", "");
  update_with_attribute (3, "a\xff", "\xff");
  expect_attribute ("a\xef\xbf\xbd", "\xef\xbf\xbd");
  update ("PA_1", "PA_1", 4, ACTIVE);
  fail_unless_equals_int (g_hash_table_size (latest->attributes), 0);
}

GST_END_TEST;

/* One that doesn't fit is left out whole, and others stay. */
GST_START_TEST (test_long_attributes)
{
  g_autofree gchar *half = g_strnfill (32 * 1024, 'x');
  g_autofree gchar *other_half = g_strnfill (32 * 1024 - 2, 'x');
  Livekit__Attribute list[3];
  Livekit__Attribute *attributes[] = { &list[0], &list[1], &list[2] };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (list); i++)
    livekit__attribute__init (&list[i]);
  list[0].key = (gchar *) "a";
  list[0].value = half;
  list[1].key = (gchar *) "b";
  list[1].value = half;
  list[2].key = (gchar *) "c";
  list[2].value = other_half;
  update_with_details ("PA_1", 1, "", attributes, G_N_ELEMENTS (list));
  fail_unless_equals_int (g_hash_table_size (latest->attributes), 2);
  expect_attribute ("a", half);
  expect_attribute ("c", other_half);
}

GST_END_TEST;

GST_START_TEST (test_too_many_attributes)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  Livekit__Attribute list[129];
  Livekit__Attribute *attributes[G_N_ELEMENTS (list)];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (list); i++) {
    livekit__attribute__init (&list[i]);
    list[i].key = g_strdup_printf ("%u", i);
    g_ptr_array_add (keys, list[i].key);
    attributes[i] = &list[i];
  }
  update_with_details ("PA_1", 1, "", attributes, G_N_ELEMENTS (list));
  fail_unless_equals_int (g_hash_table_size (latest->attributes), 128);
  expect_attribute ("127", "");
  expect_attribute ("128", NULL);
}

GST_END_TEST;

/* All of them together are bounded, too; of whoever leaves it is given back, and
 * of whoever changes it. */
GST_START_TEST (test_details_of_all)
{
  g_autofree gchar *metadata = g_strnfill (64 * 1024, 'x');
  guint i;

  for (i = 0; i < 256; i++) {
    g_autofree gchar *sid = g_strdup_printf ("PA_%u", i);

    update_with_details (sid, 1, metadata, NULL, 0);
    fail_unless_equals_string (latest->metadata, metadata);
  }
  update_with_details ("PA_x", 1, "x", NULL, 0);
  fail_unless_equals_string (latest->metadata, "");
  update_with_details ("PA_7", 2, metadata, NULL, 0);
  fail_unless_equals_string (latest->metadata, metadata);
  update_with_details ("PA_7", 3, metadata + 1, NULL, 0);
  update_with_details ("PA_x", 2, "x", NULL, 0);
  fail_unless_equals_string (latest->metadata, "x");
  update_with_details ("PA_y", 1, "y", NULL, 0);
  fail_unless_equals_string (latest->metadata, "");
  update ("PA_8", "PA_8", 2, GONE);
  update_with_details ("PA_y", 2, metadata, NULL, 0);
  fail_unless_equals_string (latest->metadata, metadata);
}

GST_END_TEST;

static Suite *
room_suite (void)
{
  Suite *suite = suite_create ("room");
  TCase *tc = tcase_create ("room");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_life);
  tcase_add_test (tc, test_versions);
  tcase_add_test (tc, test_rejoin);
  tcase_add_test (tc, test_local);
  tcase_add_test (tc, test_without_sid);
  tcase_add_test (tc, test_unknown_state);
  tcase_add_loop_test (tc, test_tracks, 0, G_N_ELEMENTS (track_rows));
  tcase_add_test (tc, test_tracks_end);
  tcase_add_test (tc, test_text);
  tcase_add_test (tc, test_too_many_tracks);
  tcase_add_test (tc, test_too_many_participants);
  tcase_add_test (tc, test_batch);
  tcase_add_test (tc, test_stale);
  tcase_add_test (tc, test_stale_make_room);
  tcase_add_test (tc, test_speakers);
  tcase_add_test (tc, test_bad_speakers);
  tcase_add_loop_test (tc, test_quality, 0, G_N_ELEMENTS (qualities));
  tcase_add_test (tc, test_metadata);
  tcase_add_test (tc, test_attributes);
  tcase_add_test (tc, test_long_attributes);
  tcase_add_test (tc, test_too_many_attributes);
  tcase_add_test (tc, test_details_of_all);
  return suite;
}

GST_CHECK_MAIN (room);
