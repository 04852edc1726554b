/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a run has left behind when all of it is freed: nothing of GStreamer's, and
 * no thread. */

void leftovers_init (void);
void leftovers_check (void);

G_END_DECLS
