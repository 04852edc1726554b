/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LiveKit identities as the authorization service makes them. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
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
