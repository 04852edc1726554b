/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* LiveKit access tokens: HS256 JWTs with LiveKit's grants, made and checked as
 * the real server does. */

#include "testcall-private.h"

#include <string.h>

#define LEEWAY 60               /* seconds, as LiveKit's */

static gchar *
to_base64url (const guint8 * data, gsize length)
{
  gchar *text = g_base64_encode (data, length);
  gchar *end = strchr (text, '=');

  if (end)
    *end = '\0';
  g_strdelimit (text, "+", '-');
  return g_strdelimit (text, "/", '_');
}

static guint8 *
from_base64url (const gchar * text, gsize * length)
{
  g_autofree gchar *padded = g_strconcat (text, &"==="[3 - (4 -
              strlen (text) % 4) % 4], NULL);

  g_strdelimit (padded, "-", '+');
  g_strdelimit (padded, "_", '/');
  return g_base64_decode (padded, length);
}

static gchar *
sign (const gchar * text, const gchar * secret)
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256,
      (const guint8 *) secret, strlen (secret));
  guint8 digest[32];
  gsize length = sizeof (digest);

  g_hmac_update (hmac, (const guint8 *) text, -1);
  g_hmac_get_digest (hmac, digest, &length);
  return to_base64url (digest, length);
}

static JsonNode *
make_claims (const gchar * identity, const gchar * room,
    const TestcallJwtOptions * options)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree gchar *id = g_uuid_string_random ();
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

#define MEMBER(name, type, value) \
  json_builder_set_member_name (builder, name); \
  json_builder_add_##type##_value (builder, value)

  json_builder_begin_object (builder);
  MEMBER ("iss", string, options->issuer ? options->issuer : TESTCALL_ISSUER);
  MEMBER ("sub", string, identity);
  MEMBER ("identity", string, identity);
  MEMBER ("jti", string, id);   /* no two are the same */
  MEMBER ("iat", int, now);
  MEMBER ("nbf", int, now - LEEWAY);
  if (!options->no_exp) {
    MEMBER ("exp", int, now + (options->lifetime ? options->lifetime : 3600));
  }
  json_builder_set_member_name (builder, "video");
  json_builder_begin_object (builder);
  MEMBER ("roomJoin", boolean, !options->no_room_join);
  MEMBER ("room", string, room);
  MEMBER ("canPublish", boolean, TRUE);
  MEMBER ("canSubscribe", boolean, !options->no_subscribe);
  MEMBER ("hidden", boolean, options->hidden);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
#undef MEMBER
  return json_builder_get_root (builder);
}

gchar *
jwt_new (const gchar * identity, const gchar * room,
    const TestcallJwtOptions * options)
{
  static const gchar head[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
  static const TestcallJwtOptions none;
  g_autoptr (JsonNode) claims = make_claims (identity, room,
      options ? options : &none);
  g_autofree gchar *json = json_to_string (claims, FALSE);
  g_autofree gchar *head64 = to_base64url ((const guint8 *) head,
      strlen (head));
  g_autofree gchar *claims64 = to_base64url ((const guint8 *) json,
      strlen (json));
  g_autofree gchar *text = g_strconcat (head64, ".", claims64, NULL);
  g_autofree gchar *mac = sign (text, options && options->secret ?
      options->secret : TESTCALL_SECRET);

  return g_strconcat (text, ".", mac, NULL);
}

/* The claims of three well-formed parts whose signature is ours. */
static JsonObject *
open_token (const gchar * token)
{
  g_auto (GStrv) parts = g_strsplit (token, ".", -1);
  g_autofree gchar *text = NULL;
  g_autofree gchar *mac = NULL;
  g_autofree guint8 *json = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;
  gsize length;

  if (g_strv_length (parts) != 3)
    return NULL;
  text = g_strconcat (parts[0], ".", parts[1], NULL);
  mac = sign (text, TESTCALL_SECRET);
  if (!g_str_equal (mac, parts[2]))
    return NULL;
  json = from_base64url (parts[1], &length);
  if (!json_parser_load_from_data (parser, (const gchar *) json, length, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  return json_object_ref (json_node_get_object (root));
}

JsonObject *
jwt_check (const gchar * token, const gchar ** reason)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (JsonObject) claims = open_token (token);
  const gchar *issuer;
  gint64 expires;

  *reason = "invalid token";
  if (!claims || !json_object_has_member (claims, "video"))
    return NULL;
  issuer = json_object_get_string_member_with_default (claims, "iss", NULL);
  if (g_strcmp0 (issuer, TESTCALL_ISSUER) != 0) {
    *reason = "invalid API key";
    return NULL;
  }
  expires = json_object_get_int_member_with_default (claims, "exp", 0);
  if (expires + LEEWAY < now) {
    *reason = "token is expired";
    return NULL;
  }
  return g_steal_pointer (&claims);
}
