/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

JsonObject *http_json_parse_object (const gchar * data, gsize length,
    GError ** error);

const gchar *http_json_node_get_string (JsonNode * node);
const gchar *http_json_get_string (JsonObject * object, const gchar * member);
gboolean http_json_get_int (JsonObject * object, const gchar * member,
    gint64 * value);
JsonObject *http_json_get_object (JsonObject * object, const gchar * member);
JsonArray *http_json_get_array (JsonObject * object, const gchar * member);
gchar *http_json_to_string (JsonObject * object);

typedef void (*HttpJsonElementFunc) (const gchar * text, gsize length,
    gpointer user_data);

gboolean http_json_foreach_element (const gchar * data, gsize length,
    HttpJsonElementFunc func, gpointer user_data);

G_END_DECLS
