/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the test lets the synthetic participants do, and what it asks of
 * them. */

#include "testcall-private.h"

static void
person_changed (TestCall * call, Person * person)
{
  person->version++;
  sfu_send_update (call, person, FALSE);
}

typedef struct
{
  const gchar *name;
  const gchar *identity;
  TestcallMedia media;
  TestcallCodec codec;
  gboolean muted;
  gboolean garbled;
  guint width, height;
  guint index;
  guint delay_ms;
  guint one_in;
  E2eeKey *key;
  gboolean done;
  gchar *text;
} Move;

static void
add_tracks (TestCall * call, Person * person, TestcallMedia media,
    TestcallCodec codec)
{
  guint bit;

  for (bit = TESTCALL_AUDIO; bit <= TESTCALL_SCREEN_AUDIO; bit <<= 1) {
    if (media & bit)
      g_ptr_array_add (person->tracks, track_new (call, person, bit, codec));
  }
}

void
people_add (TestCall * call, Person * person)
{
  g_ptr_array_add (call->people, person);
  person_changed (call, person);
  sfu_tracks_changed (call);
}

static Person *
find_absent (TestCall * call, const gchar * name)
{
  guint i;

  for (i = 0; i < call->absent->len; i++) {
    Person *person = g_ptr_array_index (call->absent, i);

    if (g_str_equal (person->name, name))
      return person;
  }
  return NULL;
}

static void
do_join (TestCall * call, gpointer data)
{
  const Move *move = data;
  Person *person;

  if (people_find (call, move->name) || find_absent (call, move->name))
    return;
  person = g_new0 (Person, 1);
  person->name = g_strdup (move->name);
  person->identity = g_strdup (move->identity);
  person->sid = sid_new ("PA_");
  person->tracks = g_ptr_array_new_with_free_func ((GDestroyNotify)
      track_unref);
  add_tracks (call, person, move->media, move->codec);
  people_add (call, person);
}

void
testcall_join_as (TestCall * call, const gchar * name, const gchar * identity,
    TestcallMedia media, TestcallCodec codec)
{
  Move move = {.name = name,.identity = identity,.media = media,.codec = codec
  };

  testcall_run (call, do_join, &move);
}

void
testcall_join (TestCall * call, const gchar * name, TestcallMedia media,
    TestcallCodec codec)
{
  g_autofree gchar *device = g_ascii_strup (name, -1);
  g_autofree gchar *identity = g_strdup_printf ("@%s:%s:%sDEVICE", name,
      testcall_get_server_name (call), device);

  testcall_join_as (call, name, identity, media, codec);
}

static void
remove_track (TestCall * call, Person * person, Track * track)
{
  sfu_track_gone (call, track);
  g_ptr_array_remove (person->tracks, track);
}

static void
do_leave (TestCall * call, gpointer data)
{
  Move *move = data;
  Person *person = people_find (call, move->name);

  move->done = person
      || g_ptr_array_remove (call->absent, find_absent (call, move->name));
  if (!person)
    return;
  while (person->tracks->len > 0)
    remove_track (call, person, g_ptr_array_index (person->tracks, 0));
  person->version++;
  sfu_send_update (call, person, TRUE);
  g_ptr_array_remove (call->people, person);
  sfu_tracks_changed (call);
}

gboolean
testcall_leave (TestCall * call, const gchar * name)
{
  Move move = {.name = name };

  testcall_run (call, do_leave, &move);
  return move.done;
}

static void
do_publish (TestCall * call, gpointer data)
{
  Move *move = data;
  Person *person = people_find (call, move->name);

  if (!person || person_find_track (person, move->media))
    return;
  move->done = TRUE;
  add_tracks (call, person, move->media, move->codec);
  person_changed (call, person);
  sfu_tracks_changed (call);
}

gboolean
testcall_publish (TestCall * call, const gchar * name, TestcallMedia track,
    TestcallCodec codec)
{
  Move move = {.name = name,.media = track,.codec = codec };

  testcall_run (call, do_publish, &move);
  return move.done;
}

static void
do_unpublish (TestCall * call, gpointer data)
{
  Move *move = data;
  Person *person = people_find (call, move->name);
  Track *track = person ? person_find_track (person, move->media) : NULL;

  if (!track)
    return;
  move->done = TRUE;
  remove_track (call, person, track);
  person_changed (call, person);
  sfu_tracks_changed (call);
}

gboolean
testcall_unpublish (TestCall * call, const gchar * name, TestcallMedia track)
{
  Move move = {.name = name,.media = track };

  testcall_run (call, do_unpublish, &move);
  return move.done;
}

static void
do_set_muted (TestCall * call, gpointer data)
{
  Move *move = data;
  Person *person = people_find (call, move->name);
  Track *track = person ? person_find_track (person, move->media) : NULL;

  if (!track)
    return;
  move->done = TRUE;
  track->muted = move->muted;
  if (track->feed)
    feed_set_muted (track->feed, move->muted);
  person_changed (call, person);
}

gboolean
testcall_set_muted (TestCall * call, const gchar * name, TestcallMedia track,
    gboolean muted)
{
  Move move = {.name = name,.media = track,.muted = muted };

  testcall_run (call, do_set_muted, &move);
  return move.done;
}

static void
do_set_pace (TestCall * call, gpointer data)
{
  Move *move = data;
  Person *person = people_find (call, move->name);
  Track *track = person ? person_find_track (person, move->media) : NULL;

  move->done = track && track->feed;
  if (move->done)
    feed_set_pace (track->feed, move->one_in);
}

gboolean
testcall_set_pace (TestCall * call, const gchar * name, TestcallMedia track,
    guint one_in)
{
  Move move = {.name = name,.media = track,.one_in = one_in };

  testcall_run (call, do_set_pace, &move);
  return move.done;
}

/* NULL: nothing of it is sent. */
static Feed *
find_feed (TestCall * call, const Move * move)
{
  Person *person = people_find (call, move->name);
  Track *track = person ? person_find_track (person, move->media) : NULL;

  return track ? track->feed : NULL;
}

static void
do_set_garbled (TestCall * call, gpointer data)
{
  Move *move = data;
  Feed *feed = find_feed (call, move);

  move->done = feed != NULL;
  if (feed)
    feed_set_garbled (feed, move->garbled);
}

gboolean
testcall_set_garbled (TestCall * call, const gchar * name, TestcallMedia track,
    gboolean garbled)
{
  Move move = {.name = name,.media = track,.garbled = garbled };

  testcall_run (call, do_set_garbled, &move);
  return move.done;
}

static void
do_set_delay (TestCall * call, gpointer data)
{
  Move *move = data;
  Person *person = people_find (call, move->name);

  move->done = person != NULL;
  if (person)
    person->delay_ms = move->delay_ms;
}

gboolean
testcall_set_delay (TestCall * call, const gchar * name, guint delay_ms)
{
  Move move = {.name = name,.delay_ms = delay_ms };

  testcall_run (call, do_set_delay, &move);
  return move.done;
}

/* --- What people tell of themselves -------------------------------------- */

typedef struct
{
  const gchar *name;
  gsize text;                   /* offset of what is set in Person; 0: an attribute */
  const gchar *key;
  const gchar *value;
  gboolean done;
} Detail;

static void
set_attribute (Person * person, const gchar * key, const gchar * value)
{
  if (!person->attributes)
    person->attributes =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (value)
    g_hash_table_replace (person->attributes, g_strdup (key), g_strdup (value));
  else
    g_hash_table_remove (person->attributes, key);
}

static void
do_set_detail (TestCall * call, gpointer data)
{
  Detail *detail = data;
  Person *person = people_find (call, detail->name);

  if (!person)
    return;
  detail->done = TRUE;
  if (detail->text == 0) {
    set_attribute (person, detail->key, detail->value);
  } else {
    gchar **text = &G_STRUCT_MEMBER (gchar *, person, detail->text);

    g_free (*text);
    *text = g_strdup (detail->value);
  }
  person_changed (call, person);
}

gboolean
testcall_set_display_name (TestCall * call, const gchar * name,
    const gchar * display_name)
{
  Detail detail = {.name = name,.value = display_name,
    .text = G_STRUCT_OFFSET (Person, display_name)
  };

  testcall_run (call, do_set_detail, &detail);
  return detail.done;
}

gboolean
testcall_set_metadata (TestCall * call, const gchar * name,
    const gchar * metadata)
{
  Detail detail = {.name = name,.value = metadata,
    .text = G_STRUCT_OFFSET (Person, metadata)
  };

  testcall_run (call, do_set_detail, &detail);
  return detail.done;
}

gboolean
testcall_set_attribute (TestCall * call, const gchar * name,
    const gchar * key, const gchar * value)
{
  Detail detail = {.name = name,.key = key,.value = value };

  testcall_run (call, do_set_detail, &detail);
  return detail.done;
}

static void
do_set_size (TestCall * call, gpointer data)
{
  Move *move = data;
  Feed *feed = find_feed (call, move);

  move->done = feed != NULL;
  if (feed)
    feed_set_size (feed, move->width, move->height);
}

gboolean
testcall_set_size (TestCall * call, const gchar * name, TestcallMedia track,
    guint width, guint height)
{
  Move move = {.name = name,.media = track,.width = width,.height = height };

  testcall_run (call, do_set_size, &move);
  return move.done;
}

/* --- Names of things ----------------------------------------------------- */

static void
do_get_identity (TestCall * call, gpointer data)
{
  Move *move = data;
  Person *person = people_find (call, move->name);

  move->text = person ? g_strdup (person->identity) : NULL;
}

static void
do_get_sid (TestCall * call, gpointer data)
{
  Move *move = data;
  Person *person = people_find (call, move->name);

  move->text = person ? g_strdup (person->sid) : NULL;
}

static void
do_get_track_sid (TestCall * call, gpointer data)
{
  Move *move = data;
  Person *person = people_find (call, move->name);
  Track *track = person ? person_find_track (person, move->media) : NULL;

  move->text = track ? g_strdup (track->sid) : NULL;
}

gchar *
testcall_get_identity (TestCall * call, const gchar * name)
{
  Move move = {.name = name };

  testcall_run (call, do_get_identity, &move);
  return move.text;
}

gchar *
testcall_get_participant_sid (TestCall * call, const gchar * name)
{
  Move move = {.name = name };

  testcall_run (call, do_get_sid, &move);
  return move.text;
}

gchar *
testcall_get_track_sid (TestCall * call, const gchar * name,
    TestcallMedia track)
{
  Move move = {.name = name,.media = track };

  testcall_run (call, do_get_track_sid, &move);
  return move.text;
}

guint
testcall_get_frequency (const gchar * name)
{
  return feed_frequency (name);
}

/* --- Told about people --------------------------------------------------- */

typedef struct
{
  const gchar *name;
  gdouble level;
  guint quality;
} Tell;

static void
do_send_speakers (TestCall * call, gpointer data)
{
  const Tell *tell = data;
  Person *person = people_find (call, tell->name);
  Livekit__SpeakerInfo speaker = LIVEKIT__SPEAKER_INFO__INIT;
  Livekit__SpeakerInfo *list[] = { &speaker };
  Livekit__SpeakersChanged changed = LIVEKIT__SPEAKERS_CHANGED__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;

  if (!person)
    return;
  speaker.sid = person->sid;
  speaker.level = tell->level;
  speaker.active = tell->level > 0;
  changed.n_speakers = 1;
  changed.speakers = list;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SPEAKERS_CHANGED;
  message.speakers_changed = &changed;
  sfu_send_all (call, TESTCALL_N_STEPS, &message);
}

void
testcall_send_speakers (TestCall * call, const gchar * name, gdouble level)
{
  Tell tell = {.name = name,.level = level };

  testcall_run (call, do_send_speakers, &tell);
}

static void
do_send_quality (TestCall * call, gpointer data)
{
  const Tell *tell = data;
  Person *person = people_find (call, tell->name);
  Livekit__ConnectionQualityInfo quality =
      LIVEKIT__CONNECTION_QUALITY_INFO__INIT;
  Livekit__ConnectionQualityInfo *list[] = { &quality };
  Livekit__ConnectionQualityUpdate update =
      LIVEKIT__CONNECTION_QUALITY_UPDATE__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;

  if (!person)
    return;
  quality.participant_sid = person->sid;
  quality.quality = tell->quality;
  quality.score = 3;
  update.n_updates = 1;
  update.updates = list;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_CONNECTION_QUALITY;
  message.connection_quality = &update;
  sfu_send_all (call, TESTCALL_N_STEPS, &message);
}

void
testcall_send_quality (TestCall * call, const gchar * name, guint quality)
{
  Tell tell = {.name = name,.quality = quality };

  testcall_run (call, do_send_quality, &tell);
}

/* --- Encryption ---------------------------------------------------------- */

static void
do_set_key (TestCall * call, gpointer data)
{
  Move *move = data;
  Person *person = people_find (call, move->name);

  move->done = person != NULL;
  if (!person)
    return;
  if (!person->encryption)
    person->encryption = encryption_new ();
  encryption_set_key (person->encryption, move->index, move->key);
}

static gboolean
set_key (TestCall * call, const gchar * name, guint index, E2eeKey * key)
{
  Move move = {.name = name,.index = index,.key = key };

  testcall_run (call, do_set_key, &move);
  e2ee_key_unref (key);
  return move.done;
}

gboolean
testcall_set_media_key (TestCall * call, const gchar * name, guint index,
    GBytes * key)
{
  return set_key (call, name, index, e2ee_key_new_from_bytes (key));
}

gboolean
testcall_set_passphrase (TestCall * call, const gchar * name,
    const gchar * passphrase)
{
  return set_key (call, name, 0, e2ee_key_new_from_passphrase (passphrase));
}

static void
do_deny_encryption (TestCall * call, gpointer data)
{
  Move *move = data;
  Person *person = people_find (call, move->name);
  guint i;

  move->done = person != NULL;
  if (!person)
    return;
  for (i = 0; i < person->tracks->len; i++)
    ((Track *) g_ptr_array_index (person->tracks, i))->encrypted = FALSE;
  person_changed (call, person);
}

gboolean
testcall_deny_encryption (TestCall * call, const gchar * name)
{
  Move move = {.name = name };

  testcall_run (call, do_deny_encryption, &move);
  return move.done;
}
