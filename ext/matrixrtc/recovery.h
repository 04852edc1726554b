/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "livekit/livekit.pb-c.h"
#include <glib.h>

G_BEGIN_DECLS

/* What to do about a connection that is lost. */
typedef enum
{
  RECOVERY_RESUME,              /* the session, with the media that it has */
  RECOVERY_RECONNECT,           /* with a new session and new media */
  RECOVERY_END_CALL,            /* nothing: the call is over */
  RECOVERY_GIVE_UP              /* nothing: it would be of no use */
} Recovery;

Recovery recovery_from_leave (const Livekit__LeaveRequest * leave);
Recovery recovery_from_error (const GError * error, gboolean is_resuming);
guint recovery_get_delay_ms (guint attempt);

G_END_DECLS
