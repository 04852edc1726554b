/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "livekit/room.h"
#include "session.h"

G_BEGIN_DECLS

typedef struct _Handover Handover;

/* Called on the worker thread. */
typedef struct
{
  /* Comes out of @pad, once it is started. */
  void (*added) (const LiveKitParticipant * participant,
      const LiveKitTrack * track, const gchar * msid, GstPad * pad,
      gpointer user_data);
  /* What was @former_sid goes on out of another pad, once it is started. */
  void (*moved) (const gchar * former_sid,
      const LiveKitParticipant * participant, const LiveKitTrack * track,
      const gchar * msid, GstPad * pad, gpointer user_data);
  /* Nothing comes out of the track's pad any more, until it is moved or lost. */
  void (*interrupted) (const gchar * track_sid, gpointer user_data);
  /* The track is over, with an EOS behind it. */
  void (*removed) (const gchar * track_sid, gpointer user_data);
  /* An interrupted track is over; nobody has sent an EOS. */
  void (*lost) (const gchar * track_sid, gpointer user_data);
} TrackCallbacks;

Handover *handover_new (const TrackCallbacks * callbacks, gpointer user_data);
void handover_abandon (Handover * handover);
void handover_free (Handover * handover);

const gchar *handover_show_track (Handover * handover, Session * session,
    const LiveKitParticipant * participant, const LiveKitTrack * track);
void handover_take_ended (Handover * handover, Session * session,
    const gchar * track_sid);

gboolean handover_is_from (Handover * handover, Session * session);
void handover_take_former (Handover * handover, Session * session);
void handover_take_retired (Handover * handover, Session * session);
void handover_start_deadline (Handover * handover, guint timeout_ms);
void handover_end_missing (Handover * handover, Session * present,
    LiveKitRoom * room, const LiveKitSelection * selection,
    const gchar * identity);
void handover_end_all (Handover * handover);

gboolean handover_take_media_error (Handover * handover, GstObject * source,
    const gchar * debug);

G_END_DECLS
