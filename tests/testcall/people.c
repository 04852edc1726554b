/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The synthetic participants and their tracks. */

#include "testcall-private.h"

#include <string.h>

/* --- Tracks -------------------------------------------------------------- */

static void
track_clear (gpointer data)
{
  Track *track = data;

  feed_free (track->feed);
  g_free (track->sid);
  g_free (track->cname);
}

Track *
track_ref (Track * track)
{
  return g_rc_box_acquire (track);
}

void
track_unref (Track * track)
{
  g_rc_box_release_full (track, track_clear);
}

static gboolean
is_audio (TestcallMedia media)
{
  return (media & (TESTCALL_AUDIO | TESTCALL_SCREEN_AUDIO)) != 0;
}

OfferKind
track_kind (const Track * track)
{
  return is_audio (track->media) ? OFFER_AUDIO : OFFER_VIDEO;
}

gchar *
sid_new (const gchar * prefix)
{
  static const gchar letters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
  gchar random[13] = { 0 };
  guint i;

  for (i = 0; i < sizeof (random) - 1; i++)
    random[i] = letters[g_random_int_range (0, sizeof (letters) - 1)];
  return g_strconcat (prefix, random, NULL);
}

static const gchar *
track_prefix (TestcallMedia media)
{
  switch (media) {
    case TESTCALL_AUDIO:
      return "TR_AM";
    case TESTCALL_VIDEO:
      return "TR_VC";
    case TESTCALL_SCREEN:
      return "TR_VS";
    default:
      return "TR_As";
  }
}

static void
track_rename (Track * track, const Person * person)
{
  g_free (track->sid);
  g_free (track->cname);
  track->sid = sid_new (track_prefix (track->media));
  track->cname = g_strdup_printf ("%s|%s", person->sid, track->sid);
}

Track *
track_new (TestCall * call, const Person * person, TestcallMedia media,
    TestcallCodec codec)
{
  Track *track = g_rc_box_new0 (Track);

  track->media = media;
  track_rename (track, person);
  track->codec = codec;
  track->encrypted = person->encryption != NULL;
  track->feed = feed_new (person->name, media, codec, person->encryption,
      person->delay_ms, call->base_time);
  return track;
}

Track *
person_find_track (const Person * person, TestcallMedia media)
{
  guint i;

  for (i = 0; i < person->tracks->len; i++) {
    Track *track = g_ptr_array_index (person->tracks, i);

    if (track->media == media)
      return track;
  }
  return NULL;
}

/* --- People -------------------------------------------------------------- */

void
person_free (Person * person)
{
  g_free (person->name);
  g_free (person->identity);
  g_free (person->sid);
  g_ptr_array_unref (person->tracks);
  g_clear_pointer (&person->encryption, encryption_unref);
  g_free (person->display_name);
  g_free (person->metadata);
  g_clear_pointer (&person->attributes, g_hash_table_unref);
  g_free (person);
}

Person *
people_find (TestCall * call, const gchar * name)
{
  guint i;

  for (i = 0; i < call->people->len; i++) {
    Person *person = g_ptr_array_index (call->people, i);

    if (g_str_equal (person->name, name))
      return person;
  }
  return NULL;
}

void
person_renew (Person * person, gboolean tracks_too)
{
  guint i;

  g_free (person->sid);
  person->sid = sid_new ("PA_");
  person->version = 1;
  for (i = 0; tracks_too && i < person->tracks->len; i++)
    track_rename (g_ptr_array_index (person->tracks, i), person);
}

static Livekit__TrackSource
track_source (TestcallMedia media)
{
  switch (media) {
    case TESTCALL_AUDIO:
      return LIVEKIT__TRACK_SOURCE__MICROPHONE;
    case TESTCALL_VIDEO:
      return LIVEKIT__TRACK_SOURCE__CAMERA;
    case TESTCALL_SCREEN:
      return LIVEKIT__TRACK_SOURCE__SCREEN_SHARE;
    default:
      return LIVEKIT__TRACK_SOURCE__SCREEN_SHARE_AUDIO;
  }
}

static const gchar *
track_mime_type (const Track * track)
{
  static const gchar *const video[] = {
    [TESTCALL_VP8] = "video/VP8",
    [TESTCALL_H264] = "video/H264",
    [TESTCALL_VP9] = "video/VP9",
    [TESTCALL_H265] = "video/H265"
  };

  return is_audio (track->media) ? "audio/opus" : video[track->codec];
}

static Livekit__TrackInfo *
track_info_new (const Track * track)
{
  Livekit__TrackInfo *info = g_new (Livekit__TrackInfo, 1);

  livekit__track_info__init (info);
  info->sid = g_strdup (track->sid);
  info->muted = track->muted;
  if (track->encrypted)
    info->encryption = LIVEKIT__ENCRYPTION_TYPE__GCM;
  info->source = track_source (track->media);
  info->mime_type = g_strdup (track_mime_type (track));
  info->type = is_audio (track->media) ? LIVEKIT__TRACK_TYPE__AUDIO :
      LIVEKIT__TRACK_TYPE__VIDEO;
  if (!is_audio (track->media)) {
    info->width = track->media == TESTCALL_SCREEN ? 480 : 320;
    info->height = track->media == TESTCALL_SCREEN ? 270 : 240;
  }
  return info;
}

static void
put_attributes (Livekit__ParticipantInfo * info, GHashTable * attributes)
{
  GHashTableIter iter;
  const gchar *key, *value;

  info->attributes = g_new (Livekit__Attribute *,
      g_hash_table_size (attributes));
  g_hash_table_iter_init (&iter, attributes);
  while (g_hash_table_iter_next (&iter, (gpointer *) & key,
          (gpointer *) & value)) {
    Livekit__Attribute *attribute = g_new (Livekit__Attribute, 1);

    livekit__attribute__init (attribute);
    attribute->key = g_strdup (key);
    attribute->value = g_strdup (value);
    info->attributes[info->n_attributes++] = attribute;
  }
}

static const gchar *
person_display_name (const Person * person)
{
  if (person->display_name)
    return person->display_name;
  return person->tracks ? person->name : "";
}

/* A person without a tracks array is a mere subscriber. */
Livekit__ParticipantInfo *
person_info_new (const Person * person, gboolean gone)
{
  Livekit__ParticipantInfo *info = g_new (Livekit__ParticipantInfo, 1);
  guint i;

  livekit__participant_info__init (info);
  info->sid = g_strdup (person->sid);
  info->identity = g_strdup (person->identity);
  info->name = g_strdup (person_display_name (person));
  info->metadata = g_strdup (person->metadata ? person->metadata : "");
  if (person->attributes)
    put_attributes (info, person->attributes);
  info->state = gone ? LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED :
      LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE;
  info->version = person->version;
  if (!person->tracks)
    return info;
  info->is_publisher = person->tracks->len > 0;
  info->n_tracks = person->tracks->len;
  info->tracks = g_new (Livekit__TrackInfo *, info->n_tracks + 1);
  for (i = 0; i < info->n_tracks; i++)
    info->tracks[i] = track_info_new (g_ptr_array_index (person->tracks, i));
  return info;
}

void
person_info_free (Livekit__ParticipantInfo * info)
{
  guint i;

  for (i = 0; i < info->n_tracks; i++) {
    g_free (info->tracks[i]->sid);
    g_free (info->tracks[i]->mime_type);
    g_free (info->tracks[i]);
  }
  g_free (info->tracks);
  for (i = 0; i < info->n_attributes; i++) {
    g_free (info->attributes[i]->key);
    g_free (info->attributes[i]->value);
    g_free (info->attributes[i]);
  }
  g_free (info->attributes);
  g_free (info->metadata);
  g_free (info->sid);
  g_free (info->identity);
  g_free (info->name);
  g_free (info);
}
