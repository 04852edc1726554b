/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

const gchar *matrix_id_get_server_name (const gchar * id);
const gchar *matrix_server_name_choose (const gchar * user_id,
    const gchar * room);
gchar *matrix_server_name_to_url (const gchar * server_name);

const gchar *matrix_well_known_get_homeserver (JsonObject * well_known,
    const gchar ** reason);
const gchar *matrix_well_known_get_service_url (JsonObject * well_known);

G_END_DECLS
