/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The MatrixRTC authorization service: takes an OpenID token, gives a LiveKit
 * token. As strict as lk-jwt-service, down to unknown fields at any level. */

#include "testcall-private.h"

#include <string.h>

#define PREFIX "/livekit/jwt"

/* A field of a request; children make it an object. */
typedef struct _Field Field;
struct _Field
{
  const gchar *name;
  GType type;                   /* G_TYPE_NONE: an object */
  gboolean required;
  const Field *children;
};

static const Field openid_fields[] = {
  {"access_token", G_TYPE_STRING, TRUE, NULL},
  {"token_type", G_TYPE_STRING, FALSE, NULL},
  {"matrix_server_name", G_TYPE_STRING, TRUE, NULL},
  {"expires_in", G_TYPE_INT64, FALSE, NULL},
  {NULL}
};

static const Field member_fields[] = {
  {"id", G_TYPE_STRING, TRUE, NULL},
  {"claimed_user_id", G_TYPE_STRING, TRUE, NULL},
  {"claimed_device_id", G_TYPE_STRING, TRUE, NULL},
  {NULL}
};

static const Field get_token_fields[] = {
  {"room_id", G_TYPE_STRING, TRUE, NULL},
  {"slot_id", G_TYPE_STRING, TRUE, NULL},
  {"openid_token", G_TYPE_NONE, TRUE, openid_fields},
  {"member", G_TYPE_NONE, TRUE, member_fields},
  {"delay_id", G_TYPE_STRING, FALSE, NULL},
  {"delay_timeout", G_TYPE_INT64, FALSE, NULL},
  {"delay_cs_api_url", G_TYPE_STRING, FALSE, NULL},
  {NULL}
};

static const Field sfu_get_fields[] = {
  {"room", G_TYPE_STRING, TRUE, NULL},
  {"device_id", G_TYPE_STRING, FALSE, NULL},
  {"openid_token", G_TYPE_NONE, TRUE, openid_fields},
  {"delay_id", G_TYPE_STRING, FALSE, NULL},
  {"delay_timeout", G_TYPE_INT64, FALSE, NULL},
  {"delay_cs_api_url", G_TYPE_STRING, FALSE, NULL},
  {NULL}
};

/* --- Hashing ------------------------------------------------------------- */

/* As Go's encoding/json writes it. */
static void
append_json_string (GString * json, const gchar * text)
{
  const gchar *p;

  g_string_append_c (json, '"');
  for (p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (c == '"' || c == '\\')
      g_string_append_printf (json, "\\%c", (gchar) c);
    else if (c == '\n')
      g_string_append (json, "\\n");
    else if (c == '\r')
      g_string_append (json, "\\r");
    else if (c == '\t')
      g_string_append (json, "\\t");
    else if (c < 0x20 || c == '&' || c == '<' || c == '>' || c == 0x2028
        || c == 0x2029)
      g_string_append_printf (json, "\\u%04x", c);
    else
      g_string_append_unichar (json, c);
  }
  g_string_append_c (json, '"');
}

static gchar *
hash_json (const gchar * json)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize length = sizeof (digest);
  gchar *text;

  g_checksum_update (checksum, (const guchar *) json, -1);
  g_checksum_get_digest (checksum, digest, &length);
  text = g_base64_encode (digest, length);
  *strchr (text, '=') = '\0';
  return text;
}

gchar *
testcall_hash (const gchar * first, ...)
{
  g_autoptr (GString) json = g_string_new ("[");
  const gchar *text;
  va_list args;

  va_start (args, first);
  for (text = first; text; text = va_arg (args, const gchar *))
  {
    if (text != first)
      g_string_append_c (json, ',');
    append_json_string (json, text);
  }
  va_end (args);
  g_string_append_c (json, ']');
  return hash_json (json->str);
}

/* --- Reading requests ---------------------------------------------------- */

static const Field *
find_field (const Field * fields, const gchar * name)
{
  for (; fields->name; fields++) {
    if (g_str_equal (fields->name, name))
      return fields;
  }
  return NULL;
}

/* No field but the known ones, each of its type. */
static gboolean
has_known_shape (JsonObject * object, const Field * fields)
{
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &node)) {
    const Field *field = find_field (fields, name);

    if (!field)
      return FALSE;
    if (field->children) {
      if (!JSON_NODE_HOLDS_OBJECT (node)
          || !has_known_shape (json_node_get_object (node), field->children))
        return FALSE;
    } else if (!JSON_NODE_HOLDS_VALUE (node)
        || json_node_get_value_type (node) != field->type) {
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
has_required (JsonObject * object, const Field * fields)
{
  for (; fields->name; fields++) {
    JsonNode *node = json_object_get_member (object, fields->name);

    if (!fields->required)
      continue;
    if (!node)
      return FALSE;
    if (fields->children) {
      if (!has_required (json_node_get_object (node), fields->children))
        return FALSE;
    } else if (*json_node_get_string (node) == '\0') {
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
has_whole_delay (JsonObject * object)
{
  const gchar *id = json_object_get_string_member_with_default (object,
      "delay_id", "");
  gint64 timeout = json_object_get_int_member_with_default (object,
      "delay_timeout", 0);

  return (*id != '\0') == (timeout > 0);
}

static void
reply_error (TestCall * call, SoupServerMessage * msg, TestcallStep step,
    guint status, const gchar * errcode, const gchar * text)
{
  g_autofree gchar *body = matrix_error (errcode, text);

  faults_reply (call, msg, step, status, "application/json", body);
}

/* NULL: answered. */
static JsonObject *
read_request (TestCall * call, SoupServerMessage * msg, TestcallStep step,
    const Field * fields)
{
  SoupMessageBody *body = soup_server_message_get_request_body (msg);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object = NULL;

  if (json_parser_load_from_data (parser, g_bytes_get_data (bytes, NULL),
          g_bytes_get_size (bytes), NULL) && json_parser_get_root (parser)
      && JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    object = json_node_get_object (json_parser_get_root (parser));
  if (!object || !has_known_shape (object, fields)) {
    reply_error (call, msg, step, 400, "M_NOT_JSON",
        "Error reading request body");
    return NULL;
  }
  if (!has_required (object, fields) || !has_whole_delay (object)) {
    reply_error (call, msg, step, 400, "M_BAD_JSON",
        "The request body is missing required fields");
    return NULL;
  }
  return json_object_ref (object);
}

/* The user of the OpenID token, or NULL. */
static const gchar *
check_openid (TestCall * call, JsonObject * request)
{
  JsonObject *token = json_object_get_object_member (request, "openid_token");
  const gchar *server = json_object_get_string_member (token,
      "matrix_server_name");
  const gchar *secret = json_object_get_string_member (token, "access_token");

  if (!g_str_equal (server, testcall_get_server_name (call))
      || !g_hash_table_contains (call->openid_tokens, secret))
    return NULL;
  return testcall_get_user_id (call);
}

static void
give_token (TestCall * call, SoupServerMessage * msg, TestcallStep step,
    const gchar * identity, const gchar * room)
{
  g_autofree gchar *jwt = jwt_new (identity, room, NULL);
  g_autofree gchar *body = g_strdup_printf ("{\"url\":\"%s\",\"jwt\":\"%s\"}",
      call->sfu_url, jwt);

  faults_reply (call, msg, step, 200, "application/json", body);
}

static void
handle_get_token (TestCall * call, SoupServerMessage * msg)
{
  const TestcallStep step = TESTCALL_STEP_GET_TOKEN;
  g_autoptr (JsonObject) request = read_request (call, msg, step,
      get_token_fields);
  JsonObject *member;
  const gchar *user;
  g_autofree gchar *identity = NULL;
  g_autofree gchar *room = NULL;

  if (!request)
    return;
  member = json_object_get_object_member (request, "member");
  user = check_openid (call, request);
  if (!user || !g_str_equal (user, json_object_get_string_member (member,
              "claimed_user_id"))) {
    reply_error (call, msg, step, 401, "M_UNAUTHORIZED",
        "The request could not be authorised.");
    return;
  }
  identity = testcall_hash (user, json_object_get_string_member (member,
          "claimed_device_id"), json_object_get_string_member (member, "id"),
      NULL);
  room = testcall_hash (json_object_get_string_member (request, "room_id"),
      json_object_get_string_member (request, "slot_id"), NULL);
  give_token (call, msg, step, identity, room);
}

static void
handle_sfu_get (TestCall * call, SoupServerMessage * msg)
{
  const TestcallStep step = TESTCALL_STEP_SFU_GET;
  g_autoptr (JsonObject) request = read_request (call, msg, step,
      sfu_get_fields);
  const gchar *user;
  g_autofree gchar *identity = NULL;
  g_autofree gchar *room = NULL;

  if (!request)
    return;
  user = check_openid (call, request);
  if (!user) {
    reply_error (call, msg, step, 401, "M_UNAUTHORIZED",
        "The request could not be authorised.");
    return;
  }
  identity = g_strconcat (user, ":",
      json_object_get_string_member_with_default (request, "device_id", ""),
      NULL);
  room = testcall_hash (json_object_get_string_member (request, "room"),
      "m.call#ROOM", NULL);
  give_token (call, msg, step, identity, room);
}

gboolean
authorization_handle (TestCall * call, SoupServerMessage * msg,
    const gchar * path)
{
  gboolean get_token = g_str_equal (path, PREFIX "/get_token");

  if (!get_token && !g_str_equal (path, PREFIX "/sfu/get"))
    return FALSE;
  seen_add (&call->seen, get_token ? TESTCALL_SAW_GET_TOKEN :
      TESTCALL_SAW_SFU_GET, 1);
  if (!g_str_equal (soup_server_message_get_method (msg), "POST"))
    faults_reply (call, msg, get_token ? TESTCALL_STEP_GET_TOKEN :
        TESTCALL_STEP_SFU_GET, 405, "text/plain", "");
  else if (get_token)
    handle_get_token (call, msg);
  else
    handle_sfu_get (call, msg);
  return TRUE;
}
