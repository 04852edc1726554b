/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses on a LiveKit server. The token isn't part of them: it goes in a
 * header, which no proxy logs. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gio/gio.h>
#include "url.h"

/* What we speak: the newest protocol whose every message we understand or may
 * ignore. No sdk is named, for unknown ones the server opens a new section
 * instead of changing codecs in place, which webrtcbin couldn't follow. */
#define QUERY "protocol=15&auto_subscribe=%d&adaptive_stream=0&version=" \
    PACKAGE_VERSION

static gchar *
url_build (const gchar * base, const gchar * insecure, const gchar * secure,
    const gchar * suffix, const gchar * query, GError ** error)
{
  g_autoptr (GUri) uri = g_uri_parse (base, G_URI_FLAGS_ENCODED, error);
  const gchar *scheme, *path;
  g_autofree gchar *full_path = NULL;
  gsize length;
  gboolean is_secure;

  if (uri == NULL)
    return NULL;
  scheme = g_uri_get_scheme (uri);
  is_secure = g_str_equal (scheme, "wss") || g_str_equal (scheme, "https");
  if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0'
      || (!is_secure && !g_str_equal (scheme, "ws")
          && !g_str_equal (scheme, "http"))) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "the address of the LiveKit server is no ws, wss, http or https URL");
    return NULL;
  }
  /* The server may live below a path of its own. */
  path = g_uri_get_path (uri);
  length = strlen (path);
  while (length > 0 && path[length - 1] == '/')
    length--;
  full_path = g_strdup_printf ("%.*s%s", (gint) length, path, suffix);
  return g_uri_join (G_URI_FLAGS_ENCODED, is_secure ? secure : insecure, NULL,
      g_uri_get_host (uri), g_uri_get_port (uri), full_path, query, NULL);
}

/* The WebSocket. @base may be ws, wss, http or https. With @auto_subscribe the
 * server sends every track unasked. */
gchar *
livekit_url_for_signalling (const gchar * base, gboolean auto_subscribe,
    GError ** error)
{
  g_autofree gchar *query = g_strdup_printf (QUERY, auto_subscribe);

  return url_build (base, "ws", "wss", "/rtc", query, error);
}

/* The WebSocket of a session that is there already: ours, @sid. @reason is one of
 * LiveKit's ReconnectReason. */
gchar *
livekit_url_for_resuming (const gchar * base, gboolean auto_subscribe,
    const gchar * sid, gint reason, GError ** error)
{
  g_autofree gchar *escaped = g_uri_escape_string (sid, NULL, FALSE);
  g_autofree gchar *query =
      g_strdup_printf (QUERY "&reconnect=1&reconnect_reason=%d&sid=%s",
      auto_subscribe, reason, escaped);

  return url_build (base, "ws", "wss", "/rtc", query, error);
}

/* What answers with an HTTP status why the WebSocket was refused. */
gchar *
livekit_url_for_validation (const gchar * base, GError ** error)
{
  g_autofree gchar *query = g_strdup_printf (QUERY, TRUE);

  return url_build (base, "http", "https", "/rtc/validate", query, error);
}

/* Whether the server is on this machine, and asked over its IPv4 loopback
 * interface. */
gboolean
livekit_url_is_loopback (const gchar * base)
{
  g_autoptr (GUri) uri = g_uri_parse (base, G_URI_FLAGS_ENCODED, NULL);
  const gchar *host = uri == NULL ? NULL : g_uri_get_host (uri);
  g_autoptr (GInetAddress) address = NULL;

  if (host == NULL)
    return FALSE;
  if (g_ascii_strcasecmp (host, "localhost") == 0)
    return TRUE;
  address = g_inet_address_new_from_string (host);
  return address != NULL
      && g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4
      && g_inet_address_get_is_loopback (address);
}
