/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The config that an authorization service gives, {url, jwt}, and the claims of
 * the JWT that are ours to know. The signature isn't checked: the SFU does
 * that, we have no key. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gio/gio.h>
#include "sfuconfig.h"
#include "../http/base64url.h"
#include "../http/json.h"

#define MAX_JWT_SIZE (64 * 1024)

static gboolean
is_base64url (const gchar * text)
{
  return text[strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
          "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

/* The decoded payload as a JSON object, or NULL. */
static JsonObject *
parse_payload (const gchar * text)
{
  g_autofree gchar *payload = g_malloc (strlen (text) +
      HTTP_BASE64URL_PADDING + 1);
  gsize size;

  strcpy (payload, text);
  if (!is_base64url (text) || !http_base64url_decode_inplace (payload, &size))
    return NULL;
  return http_json_parse_object (payload, size, NULL);
}

/* Reads `sub` and `video.room` of a JWT. Both are NULL where the token doesn't
 * have them, which LiveKit would refuse anyway. Errors never quote the token. */
gboolean
sfu_jwt_read_claims (const gchar * jwt, gchar ** identity, gchar ** room,
    GError ** error)
{
  g_auto (GStrv) parts = NULL;
  g_autoptr (JsonObject) claims = NULL;
  JsonObject *video;

  *identity = *room = NULL;
  if (strlen (jwt) <= MAX_JWT_SIZE)
    parts = g_strsplit (jwt, ".", 5);
  if (parts == NULL || g_strv_length (parts) != 3 || *parts[0] == '\0'
      || *parts[1] == '\0' || *parts[2] == '\0'
      || !is_base64url (parts[0]) || !is_base64url (parts[2])) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "not a JSON Web Token");
    return FALSE;
  }
  claims = parse_payload (parts[1]);
  if (claims == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "the claims of the JSON Web Token can't be read");
    return FALSE;
  }
  *identity = g_strdup (http_json_get_string (claims, "sub"));
  video = http_json_get_object (claims, "video");
  if (video != NULL)
    *room = g_strdup (http_json_get_string (video, "room"));
  return TRUE;
}

static gboolean
url_is_livekit (const gchar * url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  static const gchar *const schemes[] = { "ws", "wss", "http", "https", NULL };

  return uri != NULL && g_strv_contains (schemes, g_uri_get_scheme (uri))
      && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0';
}

SfuConfig *
sfu_config_new (const gchar * url, const gchar * jwt, GError ** error)
{
  g_autoptr (SfuConfig) config = g_new0 (SfuConfig, 1);

  if (!url_is_livekit (url)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "the address of the LiveKit server is no ws, wss, http or https URL");
    return NULL;
  }
  if (!sfu_jwt_read_claims (jwt, &config->identity, &config->room, error))
    return NULL;
  config->url = g_strdup (url);
  config->jwt = g_strdup (jwt);
  return g_steal_pointer (&config);
}

SfuConfig *
sfu_config_new_from_json (JsonObject * object, GError ** error)
{
  const gchar *url = http_json_get_string (object, "url");
  const gchar *jwt = http_json_get_string (object, "jwt");

  if (url == NULL || jwt == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "the answer lacks url or jwt");
    return NULL;
  }
  return sfu_config_new (url, jwt, error);
}

void
sfu_config_free (SfuConfig * config)
{
  g_free (config->url);
  g_free (config->jwt);
  g_free (config->identity);
  g_free (config->room);
  g_free (config);
}
