/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

gboolean matrix_room_is_alias (const gchar * room);
gchar *matrix_room_alias_make_path (const gchar * alias);
gchar *matrix_room_alias_read (JsonObject * reply, GStrv * servers);

gchar *matrix_room_make_join_path (const gchar * room_id,
    const gchar * const *servers);

G_END_DECLS
