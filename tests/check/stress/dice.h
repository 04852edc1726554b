/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "testcall.h"

G_BEGIN_DECLS

/* All that is random in a run comes from its seed. What is thrown doesn't depend
 * on what the element does, so that a seed is the same run each time but for the
 * speed of things. */

#define DICE_N_NAMES 3
extern const gchar *const dice_names[DICE_N_NAMES];

void dice_set_seed (guint seed);
guint dice_throw (guint n_sides);

void dice_change_people (TestCall * call);
void dice_change_server (TestCall * call);
void dice_set_fault (TestCall * call);
gboolean dice_heal (TestCall * call);

G_END_DECLS
