/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http/client.h"
#include "livekit/qualities.h"
#include "livekit/subscriptions.h"
#include "rtc/peer.h"

G_BEGIN_DECLS

typedef struct _Session Session;

/* Called on the worker thread. */
typedef struct
{
  /* We are in the room. Offers follow. */
  void (*joined) (Session * session, const Livekit__JoinResponse * join,
      gpointer user_data);
  /* Media can flow: for the first time, or again after a resume. */
  void (*connected) (Session * session, gpointer user_data);
  /* Signalling is gone, media may go on. @leave is what the server said, or NULL;
   * @error says it in our words. session_resume() may bring it back. */
  void (*lost) (Session * session, const Livekit__LeaveRequest * leave,
      const GError * error, gpointer user_data);
  /* The session, or a join or resume of it, is of no use any more. */
  void (*failed) (Session * session, const GError * error, gpointer user_data);
  /* Participants as the server tells, we in another room, and what participants
   * do. */
  void (*updated) (Session * session, Livekit__ParticipantInfo ** infos,
      gsize n_infos, gpointer user_data);
  void (*moved) (Session * session, const Livekit__RoomMovedResponse * moved,
      gpointer user_data);
  void (*speakers_changed) (Session * session,
      const Livekit__SpeakersChanged * changed, gpointer user_data);
  void (*quality_changed) (Session * session,
      const Livekit__ConnectionQualityUpdate * update, gpointer user_data);
  /* A message of a participant, see RtcDataFunc. */
  void (*data) (Session * session, GBytes * message, gboolean is_reliable,
      gpointer user_data);
  /* How long a signalling message and its answer have taken, in us. */
  void (*round_trip) (Session * session, gint64 round_trip,
      gpointer user_data);
  /* See RtcStreamsCallbacks. */
  void (*track_ready) (Session * session, const gchar * track_sid,
      gpointer user_data);
  void (*track_ended) (Session * session, const gchar * track_sid,
      gpointer user_data);
  void (*track_failed) (Session * session, const gchar * track_sid,
      const gchar * debug, gpointer user_data);
  /* After session_retire(): session_free() needn't wait any more. */
  void (*retired) (Session * session, gpointer user_data);
} SessionCallbacks;

Session *session_new (HttpClient * http, const RtcPeerSettings * settings,
    gboolean auto_subscribe, const SessionCallbacks * callbacks,
    gpointer user_data, GError ** error);
void session_free (Session * session);

void session_join (Session * session, const gchar * url, const gchar * jwt,
    guint timeout_ms);
void session_resume (Session * session, guint timeout_ms);
void session_hang_up (Session * session, gboolean tell);
void session_leave_async (Session * session, guint timeout_ms,
    GAsyncReadyCallback callback, gpointer user_data);
void session_abandon (Session * session);
void session_retire (Session * session);

gboolean session_update_subscriptions (Session * session,
    const GPtrArray * tracks, const LiveKitSelection * selection);
void session_update_qualities (Session * session, const GPtrArray * tracks,
    GstMatrixRtcVideoQuality usual, GHashTable * wishes, GHashTable * off);

RtcStreams *session_get_streams (Session * session);
gboolean session_take_media_error (Session * session, GstObject * source,
    const gchar * debug);
const gchar *session_get_token (Session * session);
void session_set_track_encryption (Session * session, const gchar * identity,
    const gchar * track_sid, gboolean is_encrypted);

G_END_DECLS
