/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target: signal messages of a LiveKit server, as protobuf.
 */
#include <gst/gst.h>
#include "fuzz.h"
#include "debug.h"
#include "livekit/candidate.h"
#include "livekit/room.h"

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (NULL, NULL);
  matrix_rtc_debug_init ();
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  return 0;
}

static void
on_attribute (gpointer key, gpointer value, gpointer user_data)
{
  g_assert (g_utf8_validate (key, -1, NULL));
  g_assert (g_utf8_validate (value, -1, NULL));
}

/* Reads all text, so that a sanitizer sees it if it isn't there. */
static void
on_participant (const LiveKitParticipant * participant, gpointer user_data)
{
  guint i;

  g_assert (*participant->sid != '\0');
  g_assert (g_utf8_validate (participant->sid, -1, NULL));
  g_assert (g_utf8_validate (participant->identity, -1, NULL));
  g_assert (g_utf8_validate (participant->name, -1, NULL));
  g_assert (g_utf8_validate (participant->metadata, -1, NULL));
  g_hash_table_foreach (participant->attributes, on_attribute, NULL);
  for (i = 0; i < participant->tracks->len; i++) {
    const LiveKitTrack *track = g_ptr_array_index (participant->tracks, i);

    g_assert (g_utf8_validate (track->sid, -1, NULL));
    g_assert (g_utf8_validate (track->name, -1, NULL));
    g_assert (g_utf8_validate (track->mime_type, -1, NULL));
    g_assert (livekit_participant_find_track (participant, track->sid) != NULL);
  }
}

static void
read_candidate (const Livekit__TrickleRequest * trickle)
{
  guint mline = G_MAXUINT;
  g_autofree gchar *candidate =
      livekit_candidate_from_json (trickle->candidateinit, &mline);

  if (candidate == NULL)
    return;
  g_assert (mline <= G_MAXUINT16);
  g_free (livekit_candidate_to_json (mline, candidate));
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  static const LiveKitRoomCallbacks callbacks = {
    on_participant, on_participant, on_participant
  };
  Livekit__SignalResponse *response =
      livekit__signal_response__unpack (NULL, size, data);
  g_autoptr (LiveKitRoom) room = NULL;
  const LiveKitParticipant *owner;

  if (response == NULL)
    return 0;
  room = livekit_room_new (&callbacks, NULL);
  if (response->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN) {
    const Livekit__JoinResponse *join = response->join;

    if (join->participant != NULL)
      livekit_room_set_local (room, join->participant);
    livekit_room_update (room, join->other_participants,
        join->n_other_participants);
    livekit_room_update (room, join->other_participants,
        join->n_other_participants);
  }
  if (response->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)
    livekit_room_update (room, response->update->participants,
        response->update->n_participants);
  if (response->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE)
    read_candidate (response->trickle);
  livekit_room_find_track (room, "TR_", &owner);
  livekit__signal_response__free_unpacked (response, NULL);
  return 0;
}
