/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fixture.h"

G_BEGIN_DECLS

/* What connection-state messages tell, as in recovering_check_states(). */
#define SIGNAL_LOST "connected>signal-reconnecting "
#define RESUMED "signal-reconnecting>connected "
#define RESUME_REFUSED "signal-reconnecting>reconnecting "
#define LOST "connected>reconnecting "
#define RECONNECTED "reconnecting>connected "

/* Ana's, once recovering_start() has been called. */
extern ReceiverPad *audio;
extern ReceiverPad *video;

void recovering_start (void);
void recovering_check_states (const gchar * expected);
void recovering_check_media (void);
void recovering_wait_for_states (const gchar * first, const gchar * second);
void recovering_check_error (const gchar * code, const gchar * reason);
void recovering_check_discont (ReceiverPad * pad);
void recovering_reconnect (void);
void recovering_lose (void);
void recovering_let_in (void);
void recovering_check_stats (guint reconnects, guint resumes);
void recovering_resume (void);

G_END_DECLS
