/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "livekit/room.h"

G_BEGIN_DECLS

typedef struct _Activity Activity;

/* Called on the worker thread. */
typedef struct
{
  /* With all updates that there were since the last time. Never before somebody was
   * told of as joined, nor after that of leaving. */
  void (*participant_updated) (const LiveKitParticipant * participant,
      gpointer user_data);
  /* @speakers are all who speak now, of LiveKitParticipant, the loudest first. */
  void (*speakers_changed) (const GPtrArray * speakers, gpointer user_data);
  void (*quality_changed) (const LiveKitParticipant * participant,
      gpointer user_data);
} ActivityCallbacks;

Activity *activity_new (LiveKitRoom * participants,
    const ActivityCallbacks * callbacks, gpointer user_data);
void activity_stop (Activity * activity);
void activity_free (Activity * activity);

void activity_take_speakers (Activity * activity,
    const Livekit__SpeakersChanged * changed);
void activity_take_quality (Activity * activity,
    const Livekit__ConnectionQualityUpdate * update);
void activity_take_silence (Activity * activity);
void activity_take_updated (Activity * activity,
    const LiveKitParticipant * participant);
void activity_tell_updates (Activity * activity);
void activity_take_left (Activity * activity,
    const LiveKitParticipant * participant);

G_END_DECLS
