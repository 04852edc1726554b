/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The homeserver: who am I, an OpenID token, and whose OpenID token is it. */

#include "testcall-private.h"

#define WHOAMI_PATH "/_matrix/client/v3/account/whoami"
#define USERINFO_PATH "/_matrix/federation/v1/openid/userinfo"
#define USER_PREFIX "/_matrix/client/v3/user/"
#define OPENID_SUFFIX "/openid/request_token"

typedef struct
{
  guint status;
  gchar *body;
} CannedReply;

gchar *
matrix_error (const gchar * errcode, const gchar * text)
{
  return g_strdup_printf ("{\"errcode\":\"%s\",\"error\":\"%s\"}", errcode,
      text);
}

void
matrix_reply_error (TestCall * call, SoupServerMessage * msg, TestcallStep step,
    guint status, const gchar * errcode, const gchar * text)
{
  g_autofree gchar *body = matrix_error (errcode, text);

  faults_reply (call, msg, step, status, "application/json", body);
}

gboolean
matrix_check_access_token (TestCall * call, SoupServerMessage * msg,
    TestcallStep step)
{
  const gchar *header = soup_message_headers_get_one
      (soup_server_message_get_request_headers (msg), "Authorization");

  if (!header) {
    matrix_reply_error (call, msg, step, 401, "M_MISSING_TOKEN",
        "Missing access token");
    return FALSE;
  }
  if (!g_str_has_prefix (header, "Bearer ")
      || !g_str_equal (header + strlen ("Bearer "), call->access_token)) {
    matrix_reply_error (call, msg, step, 401, "M_UNKNOWN_TOKEN",
        "Unrecognised access token");
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_method (TestCall * call, SoupServerMessage * msg, TestcallStep step,
    const gchar * method)
{
  if (g_str_equal (soup_server_message_get_method (msg), method))
    return TRUE;
  matrix_reply_error (call, msg, step, 405, "M_UNRECOGNIZED",
      "Unrecognized request");
  return FALSE;
}

static void
handle_whoami (TestCall * call, SoupServerMessage * msg)
{
  g_autofree gchar *body = NULL;

  if (!check_method (call, msg, TESTCALL_STEP_WHOAMI, "GET")
      || !matrix_check_access_token (call, msg, TESTCALL_STEP_WHOAMI))
    return;
  body = g_strdup_printf ("{\"user_id\":\"%s\",\"device_id\":\"%s\","
      "\"is_guest\":false}", testcall_get_user_id (call),
      testcall_get_device_id (call));
  faults_reply (call, msg, TESTCALL_STEP_WHOAMI, 200, "application/json", body);
}

static void
give_openid_token (TestCall * call, SoupServerMessage * msg)
{
  gchar *token = g_uuid_string_random ();
  g_autofree gchar *body = g_strdup_printf ("{\"access_token\":\"%s\","
      "\"token_type\":\"Bearer\",\"matrix_server_name\":\"%s\","
      "\"expires_in\":3600}", token, testcall_get_server_name (call));

  g_hash_table_add (call->openid_tokens, token);
  faults_reply (call, msg, TESTCALL_STEP_OPENID, 200, "application/json", body);
}

static void
handle_openid (TestCall * call, SoupServerMessage * msg, const gchar * user_id)
{
  SoupMessageBody *body = soup_server_message_get_request_body (msg);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  g_autoptr (JsonParser) parser = json_parser_new ();

  if (!check_method (call, msg, TESTCALL_STEP_OPENID, "POST")
      || !matrix_check_access_token (call, msg, TESTCALL_STEP_OPENID))
    return;
  if (!g_str_equal (user_id, testcall_get_user_id (call)))
    matrix_reply_error (call, msg, TESTCALL_STEP_OPENID, 403, "M_FORBIDDEN",
        "Cannot request tokens for other users.");
  else if (!json_parser_load_from_data (parser, g_bytes_get_data (bytes, NULL),
          g_bytes_get_size (bytes), NULL)
      || !json_parser_get_root (parser))
    matrix_reply_error (call, msg, TESTCALL_STEP_OPENID, 400, "M_NOT_JSON",
        "Content not JSON.");
  else
    give_openid_token (call, msg);
}

static void
handle_userinfo (TestCall * call, SoupServerMessage * msg, GHashTable * query)
{
  const gchar *token = query ? g_hash_table_lookup (query, "access_token") :
      NULL;
  g_autofree gchar *body = NULL;

  if (!token || !g_hash_table_contains (call->openid_tokens, token)) {
    matrix_reply_error (call, msg, TESTCALL_STEP_USERINFO, 401,
        "M_UNKNOWN_TOKEN", "Access Token unknown or expired");
    return;
  }
  body = g_strdup_printf ("{\"sub\":\"%s\"}", testcall_get_user_id (call));
  faults_reply (call, msg, TESTCALL_STEP_USERINFO, 200, "application/json",
      body);
}

static gchar *
parse_openid_path (const gchar * path)
{
  gsize prefix = strlen (USER_PREFIX);

  if (!g_str_has_prefix (path, USER_PREFIX)
      || !g_str_has_suffix (path + prefix, OPENID_SUFFIX))
    return NULL;
  return g_strndup (path + prefix,
      strlen (path) - prefix - strlen (OPENID_SUFFIX));
}

gboolean
homeserver_handle (TestCall * call, SoupServerMessage * msg,
    const gchar * path, GHashTable * query)
{
  g_autofree gchar *user_id = parse_openid_path (path);
  g_autofree gchar *key = g_strconcat (soup_server_message_get_method (msg),
      " ", path, NULL);
  const CannedReply *canned = g_hash_table_lookup (call->replies, key);

  if (canned) {
    seen_add (&call->seen, TESTCALL_SAW_OTHER_REQUEST, 1);
    faults_reply (call, msg, TESTCALL_N_STEPS, canned->status,
        "application/json", canned->body);
  } else if (g_str_equal (path, WHOAMI_PATH)) {
    seen_add (&call->seen, TESTCALL_SAW_WHOAMI, 1);
    handle_whoami (call, msg);
  } else if (user_id) {
    seen_add (&call->seen, TESTCALL_SAW_OPENID, 1);
    handle_openid (call, msg, user_id);
  } else if (g_str_equal (path, USERINFO_PATH)) {
    seen_add (&call->seen, TESTCALL_SAW_USERINFO, 1);
    handle_userinfo (call, msg, query);
  } else {
    return FALSE;
  }
  return TRUE;
}

/* --- Canned replies ------------------------------------------------------ */

typedef struct
{
  const gchar *method;
  const gchar *path;
  guint status;
  const gchar *body;
} SetReply;

static void
canned_free (gpointer data)
{
  CannedReply *canned = data;

  g_free (canned->body);
  g_free (canned);
}

static void
do_set_reply (TestCall * call, gpointer data)
{
  const SetReply *set = data;
  gchar *key = g_strconcat (set->method, " ", set->path, NULL);
  CannedReply *canned;

  if (!set->body) {
    g_hash_table_remove (call->replies, key);
    g_free (key);
    return;
  }
  canned = g_new0 (CannedReply, 1);
  canned->status = set->status;
  canned->body = g_strdup (set->body);
  g_hash_table_insert (call->replies, key, canned);
}

void
testcall_set_reply (TestCall * call, const gchar * method, const gchar * path,
    guint status, const gchar * body)
{
  SetReply set = { method, path, status, body };

  testcall_run (call, do_set_reply, &set);
}

GHashTable *
homeserver_replies_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, canned_free);
}
