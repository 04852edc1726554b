/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "receiver.h"

G_BEGIN_DECLS

/* What each test has: an embedded call, and the element that is to join it. */
extern TestCall *call;
extern Receiver *receiver;

void fixture_setup (void);
void fixture_teardown (void);
TCase *fixture_add_case (Suite * suite, SFun setup);
ReceiverPad *fixture_wait_for_media (const gchar * name, TestcallMedia media);

G_END_DECLS
