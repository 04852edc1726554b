/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean matrix_identity_parse (const gchar * identity, gchar ** user_id,
    gchar ** device_id);
gchar *matrix_identity_hash (const gchar * user_id, const gchar * device_id,
    const gchar * member_id);

G_END_DECLS
