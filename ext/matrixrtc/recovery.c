/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a lost connection is got back: what a server's last word or a failure means,
 * and how long to wait before the next attempt. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstmatrixrtc-enums.h"
#include "matrixrtcerror.h"
#include "recovery.h"

/* A server that ends our session means it, unless the reason is one of its own. */
static Recovery
recovery_from_disconnect (Livekit__DisconnectReason reason)
{
  switch (reason) {
    case LIVEKIT__DISCONNECT_REASON__ROOM_DELETED:
    case LIVEKIT__DISCONNECT_REASON__ROOM_CLOSED:
      return RECOVERY_END_CALL;
    case LIVEKIT__DISCONNECT_REASON__SERVER_SHUTDOWN:
    case LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH:
    case LIVEKIT__DISCONNECT_REASON__MIGRATION:
    case LIVEKIT__DISCONNECT_REASON__SIGNAL_CLOSE:
    case LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT:
    case LIVEKIT__DISCONNECT_REASON__MEDIA_FAILURE:
    case LIVEKIT__DISCONNECT_REASON__JOIN_FAILURE:
      return RECOVERY_RECONNECT;
    default:
      return RECOVERY_GIVE_UP;
  }
}

/* NULL: the socket is gone without a word. */
Recovery
recovery_from_leave (const Livekit__LeaveRequest * leave)
{
  if (leave == NULL)
    return RECOVERY_RESUME;
  switch (leave->action) {
    case LIVEKIT__LEAVE_REQUEST__ACTION__RESUME:
      return RECOVERY_RESUME;
    case LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT:
      return RECOVERY_RECONNECT;
    default:
      return recovery_from_disconnect (leave->reason);
  }
}

/* Of a resume, or of a step of a reconnect. A resume is tried again where no server
 * has heard of it. Who may not come in has a token that's too old for a resume, and
 * with a new one no business there. */
Recovery
recovery_from_error (const GError * error, gboolean is_resuming)
{
  guint status = matrix_rtc_error_get_http_status (error);
  gboolean is_refused = status == 401 || status == 403;

  if (!is_resuming)
    return is_refused ? RECOVERY_GIVE_UP : RECOVERY_RECONNECT;
  return !is_refused && (error->code == GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION
      || error->code == GST_MATRIX_RTC_ERROR_INSUFFICIENT_CAPACITY) ?
      RECOVERY_RESUME : RECOVERY_RECONNECT;
}

/* Before the @attempt-th attempt, from 0 on: as LiveKit's client for browsers. The
 * random part keeps all clients of a server from coming back at once. */
guint
recovery_get_delay_ms (guint attempt)
{
  static const guint delays[] = { 0, 300, 1200, 2700, 4800, 7000 };
  guint delay = delays[MIN (attempt, G_N_ELEMENTS (delays) - 1)];

  return attempt < 2 ? delay : delay + g_random_int_range (0, 1000);
}
