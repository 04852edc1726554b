/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names of rooms: aliases, and which servers can let us in. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "roomalias.h"
#include "wellknown.h"
#include "../http/json.h"

/* Each is a way into the room; a homeserver tries one after the other. */
#define MAX_SERVERS 5

gboolean
matrix_room_is_alias (const gchar * room)
{
  return *room == '#';
}

gchar *
matrix_room_alias_make_path (const gchar * alias)
{
  g_autofree gchar *escaped = g_uri_escape_string (alias, NULL, FALSE);

  return g_strconcat ("/_matrix/client/v3/directory/room/", escaped, NULL);
}

/* The first few that can be server names. */
static GStrv
read_servers (JsonArray * array)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint n_left = MAX_SERVERS;
  guint i;

  for (i = 0; array != NULL && n_left > 0
      && i < json_array_get_length (array); i++) {
    const gchar *name =
        http_json_node_get_string (json_array_get_element (array, i));
    g_autofree gchar *url = name == NULL ? NULL :
        matrix_server_name_to_url (name);

    if (url == NULL)
      continue;
    g_strv_builder_add (builder, name);
    n_left--;
  }
  return g_strv_builder_end (builder);
}

/* The id of the room that the directory's answer names, and @servers that know it.
 * NULL: it names none. */
gchar *
matrix_room_alias_read (JsonObject * reply, GStrv * servers)
{
  const gchar *room_id = http_json_get_string (reply, "room_id");

  *servers = NULL;
  if (room_id == NULL || *room_id != '!' || room_id[1] == '\0')
    return NULL;
  *servers = read_servers (http_json_get_array (reply, "servers"));
  return g_strdup (room_id);
}

/* @servers may be NULL: then the one that made the room, if its id tells. Servers
 * before Matrix 1.12 know only `server_name`, later ones may forget it. */
gchar *
matrix_room_make_join_path (const gchar * room_id, const gchar * const *servers)
{
  const gchar *maker[] = { matrix_id_get_server_name (room_id), NULL };
  g_autofree gchar *escaped = g_uri_escape_string (room_id, NULL, FALSE);
  GString *path = g_string_new ("/_matrix/client/v3/join/");
  guint i;

  g_string_append (path, escaped);
  if (servers == NULL)
    servers = maker;
  for (i = 0; servers[i] != NULL; i++) {
    g_autofree gchar *name = g_uri_escape_string (servers[i], NULL, FALSE);

    g_string_append_printf (path, "%cserver_name=%s&via=%s", i == 0 ? '?' :
        '&', name, name);
  }
  return g_string_free (path, FALSE);
}
