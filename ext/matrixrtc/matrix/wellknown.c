/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a server name tells: where its homeserver is, and its MatrixRTC transports,
 * as `.well-known/matrix/client` has them. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include "rtctransport.h"
#include "wellknown.h"
#include "../http/json.h"
#include "../http/url.h"

#define MAX_NAME_SIZE 255
#define MAX_PORT_SIZE 5
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* The part behind the first colon, which may be empty. NULL: the id has none, as
 * those of rooms of version 12. */
const gchar *
matrix_id_get_server_name (const gchar * id)
{
  const gchar *colon = strchr (id, ':');

  return colon == NULL ? NULL : colon + 1;
}

/* Whose well-known file tells the homeserver, or NULL. An access token doesn't say
 * whose it is before the homeserver is known: without @user_id an account is taken
 * to be where its @room is. */
const gchar *
matrix_server_name_choose (const gchar * user_id, const gchar * room)
{
  return matrix_id_get_server_name (user_id != NULL ? user_id : room);
}

/* How long the host is that @name begins with: a DNS name, an IPv4 address, or an
 * IPv6 address in brackets. 0: none. */
static gsize
host_get_length (const gchar * name)
{
  gsize length;

  if (*name != '[')
    return strspn (name, LETTERS DIGITS "-.");
  length = strspn (name + 1, "ABCDEFabcdef" DIGITS ":.");
  return length > 0 && name[length + 1] == ']' ? length + 2 : 0;
}

static gboolean
is_port (const gchar * text)
{
  const gsize length = strspn (text, DIGITS);

  return length > 0 && length <= MAX_PORT_SIZE && text[length] == '\0'
      && g_ascii_strtoull (text, NULL, 10) <= G_MAXUINT16;
}

/* Free of anything that would lead to another path or host. NULL: it's no server
 * name. */
gchar *
matrix_server_name_to_url (const gchar * server_name)
{
  const gsize length = host_get_length (server_name);

  if (length == 0 || length > MAX_NAME_SIZE
      || (server_name[length] != '\0' && (server_name[length] != ':'
              || !is_port (server_name + length + 1))))
    return NULL;
  return g_strconcat ("https://", server_name, NULL);
}

/* NULL: it names none that we could ask, for @reason. The access token goes there,
 * so that it must be a way on which nobody else can read it. */
const gchar *
matrix_well_known_get_homeserver (JsonObject * well_known,
    const gchar ** reason)
{
  JsonObject *homeserver = http_json_get_object (well_known, "m.homeserver");
  const gchar *url = homeserver == NULL ? NULL :
      http_json_get_string (homeserver, "base_url");

  if (url == NULL)
    *reason = "it has no base_url of m.homeserver";
  else if (!http_url_is_base (url))
    *reason = "the base_url of m.homeserver is no http or https URL";
  else if (!http_url_is_private (url))
    *reason = "the base_url of m.homeserver isn't https";
  else
    return url;
  return NULL;
}

/* Element Call before 0.24 asked here, and servers are still set up for it. NULL:
 * none. */
const gchar *
matrix_well_known_get_service_url (JsonObject * well_known)
{
  return matrix_rtc_transport_find (well_known, "org.matrix.msc4143.rtc_foci");
}
