/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "receiver.h"

G_BEGIN_DECLS

/* What may become of a call whose server is hostile: it goes on, or it ends
 * with one error that has a code. */

/* Instead of a code: either is right. */
#define OUTCOME_ANY "*"

void outcome_watch (Receiver * receiver);
void outcome_connect (TestCall * call, Receiver * receiver);
void outcome_check (TestCall * call, Receiver * receiver, const gchar * name,
    const gchar * code);
void outcome_check_restart (TestCall * call, Receiver * receiver);

G_END_DECLS
