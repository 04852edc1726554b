/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Participants in the words of properties and messages. Pure functions; each makes
 * a structure called @name.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>
#include <string.h>
#include "gstmatrixrtc-enumtypes.h"
#include "matrix/identity.h"
#include "participantinfo.h"
#include "structurelist.h"

static void
set_if_not_null (GstStructure * structure, const gchar * field,
    const gchar * value)
{
  if (value != NULL)
    gst_structure_set (structure, field, G_TYPE_STRING, value, NULL);
}

/* Who it is. */
static GstStructure *
info_new (const LiveKitParticipant * participant, const gchar * name)
{
  GstStructure *structure = gst_structure_new (name,
      "identity", G_TYPE_STRING, participant->identity,
      "sid", G_TYPE_STRING, participant->sid,
      "name", G_TYPE_STRING, participant->name, NULL);
  g_autofree gchar *user_id = NULL;
  g_autofree gchar *device_id = NULL;

  matrix_identity_parse (participant->identity, &user_id, &device_id);
  set_if_not_null (structure, "user-id", user_id);
  set_if_not_null (structure, "device-id", device_id);
  return structure;
}

static GstStructure *
track_info_new (const LiveKitTrack * track)
{
  GstStructure *structure = gst_structure_new ("track",
      "sid", G_TYPE_STRING, track->sid,
      "kind", G_TYPE_STRING, track->is_audio ? "audio" : "video",
      "source", GST_TYPE_MATRIX_RTC_TRACK_SOURCE, track->source,
      "muted", G_TYPE_BOOLEAN, track->muted,
      "encrypted", G_TYPE_BOOLEAN, track->encrypted,
      "mime-type", G_TYPE_STRING, track->mime_type, NULL);

  if (track->width != 0 && track->height != 0)
    gst_structure_set (structure, "width", G_TYPE_UINT, track->width,
        "height", G_TYPE_UINT, track->height, NULL);
  return structure;
}

static gint
compare_keys (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

/* A list, as keys may be any text, and what names a field of a structure is never
 * forgotten. In the order of their keys. */
static void
take_attributes (GstStructure * structure, GHashTable * attributes)
{
  guint n_keys, i;
  g_autofree gpointer *keys =
      g_hash_table_get_keys_as_array (attributes, &n_keys);
  GValue list = G_VALUE_INIT;

  qsort (keys, n_keys, sizeof (gpointer), compare_keys);
  g_value_init (&list, GST_TYPE_LIST);
  for (i = 0; i < n_keys; i++)
    structure_list_append (&list, gst_structure_new ("attribute",
            "key", G_TYPE_STRING, keys[i], "value", G_TYPE_STRING,
            g_hash_table_lookup (attributes, keys[i]), NULL));
  gst_structure_take_value (structure, "attributes", &list);
}

/* Who it is, what that says of itself, and what is published. */
GstStructure *
participant_info_new (const LiveKitParticipant * participant,
    const gchar * name)
{
  GstStructure *structure = info_new (participant, name);
  GValue tracks = G_VALUE_INIT;
  guint i;

  g_value_init (&tracks, GST_TYPE_LIST);
  for (i = 0; i < participant->tracks->len; i++)
    structure_list_append (&tracks,
        track_info_new (g_ptr_array_index (participant->tracks, i)));
  gst_structure_take_value (structure, "tracks", &tracks);
  gst_structure_set (structure, "metadata", G_TYPE_STRING,
      participant->metadata, NULL);
  take_attributes (structure, participant->attributes);
  return structure;
}

static const gchar *
quality_get_nick (LiveKitQuality quality)
{
  static const gchar *const nicks[] = {
    [LIVEKIT_QUALITY_UNKNOWN] = "unknown",
    [LIVEKIT_QUALITY_LOST] = "lost",
    [LIVEKIT_QUALITY_POOR] = "poor",
    [LIVEKIT_QUALITY_GOOD] = "good",
    [LIVEKIT_QUALITY_EXCELLENT] = "excellent",
  };

  return nicks[quality];
}

/* Who it is, and how well connected. */
GstStructure *
participant_info_new_quality (const LiveKitParticipant * participant,
    const gchar * name)
{
  GstStructure *structure = info_new (participant, name);

  gst_structure_set (structure, "quality", G_TYPE_STRING,
      quality_get_nick (participant->quality), NULL);
  return structure;
}

/* Who it is, and what was sent. */
GstStructure *
participant_info_new_data (const LiveKitParticipant * sender,
    const LiveKitDataPacket * packet, gboolean is_reliable, const gchar * name)
{
  GstStructure *structure = info_new (sender, name);

  set_if_not_null (structure, "topic", packet->topic);
  gst_structure_set (structure, "payload", G_TYPE_BYTES, packet->payload,
      "reliable", G_TYPE_BOOLEAN, is_reliable, NULL);
  return structure;
}

/* Who they are, of LiveKitParticipant, and how loud. */
GstStructure *
participant_info_new_speakers (const GPtrArray * speakers, const gchar * name)
{
  GstStructure *structure = gst_structure_new_empty (name);
  GValue list = G_VALUE_INIT;
  guint i;

  g_value_init (&list, GST_TYPE_LIST);
  for (i = 0; i < speakers->len; i++) {
    const LiveKitParticipant *participant = g_ptr_array_index (speakers, i);
    GstStructure *speaker = info_new (participant, "speaker");

    gst_structure_set (speaker, "level", G_TYPE_DOUBLE, participant->level,
        NULL);
    structure_list_append (&list, speaker);
  }
  gst_structure_take_value (structure, "speakers", &list);
  return structure;
}
