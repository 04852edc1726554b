/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LiveKit identities as the authorization service makes them. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <json-glib/json-glib.h>
#include "identity.h"

/* The identities of `/sfu/get` are "@user:server:DEVICE"; the server may have a
 * port. Those of `/get_token` are hashes, out of which nothing can be read:
 * FALSE, as for anybody who has nothing to do with Matrix. */
gboolean
matrix_identity_parse (const gchar * identity, gchar ** user_id,
    gchar ** device_id)
{
  const gchar *first = strchr (identity, ':');
  const gchar *last = strrchr (identity, ':');

  *user_id = *device_id = NULL;
  if (*identity != '@' || first == NULL || first == last
      || first == identity + 1 || last == first + 1)
    return FALSE;
  *user_id = g_strndup (identity, last - identity);
  *device_id = g_strdup (last + 1);
  return TRUE;
}

/* The identity that `/get_token` gives to a member of a call (MSC4195): SHA-256
 * over the three as a JSON array without white space, in base64 without
 * padding. */
gchar *
matrix_identity_hash (const gchar * user_id, const gchar * device_id,
    const gchar * member_id)
{
  g_autoptr (JsonArray) array = json_array_sized_new (3);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree gchar *json = NULL;
  guint8 digest[32];
  gsize size = sizeof (digest);
  gchar *identity;

  json_array_add_string_element (array, user_id);
  json_array_add_string_element (array, device_id);
  json_array_add_string_element (array, member_id);
  json_node_set_array (node, array);
  json = json_to_string (node, FALSE);
  g_checksum_update (checksum, (const guchar *) json, -1);
  g_checksum_get_digest (checksum, digest, &size);
  identity = g_base64_encode (digest, size);
  identity[strcspn (identity, "=")] = '\0';
  return identity;
}
