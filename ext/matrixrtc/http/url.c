/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses that servers and other people's events name. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gio/gio.h>
#include "url.h"

#define MAX_URL_SIZE 2048

static gboolean
is_printable_ascii (const gchar * text)
{
  for (; *text != '\0'; text++) {
    if (*text <= ' ' || *text > '~')
      return FALSE;
  }
  return TRUE;
}

/* A http or https URL that paths can be appended to. A password in it would end up
 * in messages, which tell whom we ask. */
gboolean
http_url_is_base (const gchar * text)
{
  static const gchar *const schemes[] = { "http", "https", NULL };
  g_autoptr (GUri) uri = NULL;

  if (strlen (text) > MAX_URL_SIZE || !is_printable_ascii (text))
    return FALSE;
  uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  return uri != NULL && g_strv_contains (schemes, g_uri_get_scheme (uri))
      && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0'
      && g_uri_get_userinfo (uri) == NULL && g_uri_get_query (uri) == NULL
      && g_uri_get_fragment (uri) == NULL;
}

/* Whether nobody can read along what is sent there: it goes over TLS, or never
 * leaves this machine. */
gboolean
http_url_is_private (const gchar * url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GInetAddress) address = NULL;

  if (uri == NULL || g_uri_get_host (uri) == NULL)
    return FALSE;
  if (g_str_equal (g_uri_get_scheme (uri), "https")
      || g_ascii_strcasecmp (g_uri_get_host (uri), "localhost") == 0)
    return TRUE;
  address = g_inet_address_new_from_string (g_uri_get_host (uri));
  return address != NULL && g_inet_address_get_is_loopback (address);
}
