/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of MatrixRTC transports (MSC4143): the homeserver's, the well-known file's
 * and those of members have the same form. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "rtctransport.h"
#include "../http/json.h"
#include "../http/url.h"

static const gchar *
transport_get_service_url (JsonNode * node)
{
  JsonObject *transport;
  const gchar *url;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  transport = json_node_get_object (node);
  if (g_strcmp0 (http_json_get_string (transport, "type"), "livekit") != 0)
    return NULL;
  url = http_json_get_string (transport, "livekit_service_url");
  return url != NULL && http_url_is_base (url) ? url : NULL;
}

/* The authorization service of the first LiveKit transport in the array @member
 * that we could ask, or NULL. @object keeps it. */
const gchar *
matrix_rtc_transport_find (JsonObject * object, const gchar * member)
{
  JsonArray *transports = http_json_get_array (object, member);
  const gchar *url = NULL;
  guint i;

  for (i = 0; transports != NULL && i < json_array_get_length (transports)
      && url == NULL; i++)
    url = transport_get_service_url (json_array_get_element (transports, i));
  return url;
}
