/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * STUN and TURN servers: from the form of RFC 7064 and 7065 that the SFU gives
 * to the one of webrtcbin, which has the credentials inside. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include "iceserver.h"

#define MAX_URL_SIZE 1024

/* NULL for what is no usable server. The answer is as secret as @credential. */
gchar *
rtc_ice_server_to_webrtcbin (const gchar * url, const gchar * username,
    const gchar * credential, RtcIceServerKind * kind)
{
  const gchar *colon = strchr (url, ':');
  g_autofree gchar *scheme = NULL;
  g_autofree gchar *user = NULL;
  g_autofree gchar *password = NULL;

  if (colon == NULL || colon[1] == '\0' || strlen (url) > MAX_URL_SIZE
      || strpbrk (colon + 1, "/@ ") != NULL || !g_str_is_ascii (url))
    return NULL;
  scheme = g_ascii_strdown (url, colon - url);
  if (g_str_equal (scheme, "stun")) {
    *kind = RTC_ICE_SERVER_STUN;
    return g_strdup_printf ("stun://%s", colon + 1);
  }
  if (!g_str_equal (scheme, "turn") && !g_str_equal (scheme, "turns"))
    return NULL;
  if (username == NULL || *username == '\0' || credential == NULL)
    return NULL;
  *kind = RTC_ICE_SERVER_TURN;
  user = g_uri_escape_string (username, NULL, FALSE);
  password = g_uri_escape_string (credential, NULL, FALSE);
  return g_strdup_printf ("%s://%s:%s@%s", scheme, user, password, colon + 1);
}
