/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../gstmatrixrtc-enums.h"
#include "../http/client.h"
#include "livekit.pb-c.h"

G_BEGIN_DECLS

typedef struct _LiveKitSignal LiveKitSignal;

/* A session that the socket is opened for again. */
typedef struct
{
  const gchar *sid;             /* of us, as the join has named it */
  Livekit__ReconnectReason reason;
} LiveKitResume;

/* Called on the worker thread. */
typedef struct
{
  /* Anything but the join, pongs and tokens, which the client keeps itself. */
  void (*message) (const Livekit__SignalResponse * message, gpointer user_data);
  /* The socket is gone, once, not by livekit_signal_leave_async(). @leave is
   * what the server said before, or NULL. */
  void (*closed) (const Livekit__LeaveRequest * leave, const gchar * debug,
      gpointer user_data);
  /* How long a ping and its pong have taken, in us. */
  void (*round_trip) (gint64 round_trip, gpointer user_data);
} LiveKitSignalCallbacks;

LiveKitSignal *livekit_signal_new (HttpClient * http,
    const LiveKitSignalCallbacks * callbacks, gpointer user_data);
LiveKitSignal *livekit_signal_ref (LiveKitSignal * signal);
void livekit_signal_unref (LiveKitSignal * signal);
void livekit_signal_abandon (LiveKitSignal * signal);

void livekit_signal_connect_async (LiveKitSignal * signal, const gchar * url,
    const gchar * jwt, gboolean auto_subscribe, const LiveKitResume * resume,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data);
Livekit__SignalResponse *livekit_signal_connect_finish (GAsyncResult * result,
    GError ** error);
void livekit_signal_set_pings (LiveKitSignal * signal, gint32 interval_s,
    gint32 timeout_s);
const gchar *livekit_signal_get_token (LiveKitSignal * signal);

void livekit_signal_send_answer (LiveKitSignal * signal, const gchar * sdp,
    guint32 offer_id);
void livekit_signal_send_candidate (LiveKitSignal * signal,
    const gchar * candidate_init);
void livekit_signal_send_subscription (LiveKitSignal * signal,
    const GPtrArray * track_sids, gboolean subscribe);
void livekit_signal_send_off (LiveKitSignal * signal,
    const GPtrArray * track_sids);
void livekit_signal_send_video_quality (LiveKitSignal * signal,
    const GPtrArray * track_sids, GstMatrixRtcVideoQuality quality);
void livekit_signal_send_sync_state (LiveKitSignal * signal,
    const GPtrArray * track_sids, gboolean subscribe, const GPtrArray * off,
    const gchar * offer, const gchar * answer);
void livekit_signal_send_leave (LiveKitSignal * signal);
void livekit_signal_leave_async (LiveKitSignal * signal, guint timeout_ms,
    GAsyncReadyCallback callback, gpointer user_data);

gchar *livekit_describe_leave (const Livekit__LeaveRequest * leave);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveKitSignal, livekit_signal_unref)

G_END_DECLS
