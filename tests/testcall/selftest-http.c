/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The embedded call tested from outside: Matrix and authorization requests,
 * tokens, and faults on HTTP. */

#include "selftest-fixture.h"

#include <json-glib/json-glib.h>
#include <string.h>

typedef struct
{
  guint status;
  gchar *body;
  gsize length;
  gchar *retry_after;
} Reply;

static Reply
request (const gchar * method, const gchar * url, const gchar * token,
    const gchar * body)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) msg = soup_message_new (method, url);
  g_autofree gchar *bearer = g_strconcat ("Bearer ", token, NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  Reply reply = { 0 };

  if (token)
    soup_message_headers_append (soup_message_get_request_headers (msg),
        "Authorization", bearer);
  if (body) {
    g_autoptr (GBytes) data = g_bytes_new (body, strlen (body));

    soup_message_set_request_body_from_bytes (msg, "application/json", data);
  }
  g_object_set (session, "timeout", 2, NULL);
  bytes = soup_session_send_and_read (session, msg, NULL, &error);
  reply.status = bytes ? soup_message_get_status (msg) : 0;
  if (bytes)
    reply.body = g_strndup (g_bytes_get_data (bytes, &reply.length),
        g_bytes_get_size (bytes));
  reply.retry_after = g_strdup (soup_message_headers_get_one
      (soup_message_get_response_headers (msg), "Retry-After"));
  return reply;
}

static void
reply_clear (Reply * reply)
{
  g_free (reply->body);
  g_free (reply->retry_after);
}

static gchar *
get_string (const gchar * json, const gchar * member)
{
  g_autoptr (JsonNode) node = json_from_string (json, NULL);

  fail_unless (node != NULL);
  return g_strdup (json_object_get_string_member_with_default
      (json_node_get_object (node), member, NULL));
}

static Reply
post (const gchar * path, const gchar * token, const gchar * body)
{
  g_autofree gchar *url = g_strconcat (testcall_get_url (call), path, NULL);

  return request ("POST", url, token, body);
}

#define WHOAMI "/_matrix/client/v3/account/whoami"

GST_START_TEST (test_homeserver)
{
  fail_unless_equals_int (http_get (WHOAMI, NULL), 401);
  fail_unless_equals_int (http_get (WHOAMI, "wrong"), 401);
  fail_unless_equals_int (http_get (WHOAMI, testcall_get_access_token (call)),
      200);
  fail_unless_equals_int (http_get ("/nothing", NULL), 404);
  testcall_set_reply (call, "GET", "/something", 200, "{}");
  fail_unless_equals_int (http_get ("/something", NULL), 200);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_WHOAMI), 3);
  fail_unless_equals_int (testcall_count_path (call, WHOAMI), 3);
}

GST_END_TEST;

static gchar *
get_openid (void)
{
  g_autofree gchar *user = g_uri_escape_string (testcall_get_user_id (call),
      NULL, FALSE);
  g_autofree gchar *path = g_strdup_printf ("/_matrix/client/v3/user/%s/openid/"
      "request_token", user);
  Reply reply = post (path, testcall_get_access_token (call), "{}");
  gchar *openid = reply.body;

  fail_unless_equals_int (reply.status, 200);
  g_free (reply.retry_after);
  return openid;
}

static void
check_claims (const gchar * jwt, const gchar * identity, const gchar * room)
{
  g_auto (GStrv) parts = g_strsplit (jwt, ".", -1);
  g_autofree gchar *padded = NULL;
  g_autofree gchar *json = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *claims, *video;
  gsize length;

  fail_unless_equals_int (g_strv_length (parts), 3);
  padded = g_strconcat (parts[1], "===", NULL);
  padded[(strlen (parts[1]) + 3) / 4 * 4] = '\0';
  json = (gchar *) g_base64_decode (padded, &length);
  node = json_from_string (json, NULL);
  fail_unless (node != NULL);
  claims = json_node_get_object (node);
  video = json_object_get_object_member (claims, "video");
  fail_unless_equals_string (json_object_get_string_member (claims, "sub"),
      identity);
  fail_unless_equals_string (json_object_get_string_member (video, "room"),
      room);
  fail_unless (json_object_get_int_member (claims, "exp") >
      g_get_real_time () / G_USEC_PER_SEC);
}

GST_START_TEST (test_hash)
{
  g_autofree gchar *room = testcall_hash ("!roomid:example.com", "slot1234",
      NULL);
  g_autofree gchar *identity = testcall_hash ("@alice:example.com",
      "DEVICE123", "memberABC", NULL);

  fail_unless_equals_string (room,
      "O8437W3+jmzMVjoIP3tNwbm+XxHQk2iKpOA7aqw3qSc");
  fail_unless_equals_string (identity,
      "J+T45tGruxc+HrUOqJJlyQSV33m728Cme4+vt8/SWrU");
}

GST_END_TEST;

GST_START_TEST (test_authorization)
{
  g_autofree gchar *openid = get_openid ();
  g_autofree gchar *member = g_strdup_printf ("{\"id\":\"m1\","
      "\"claimed_user_id\":\"%s\",\"claimed_device_id\":\"D\"}",
      testcall_get_user_id (call));
  g_autofree gchar *good = g_strdup_printf ("{\"room_id\":\"%s\","
      "\"slot_id\":\"m.call#ROOM\",\"openid_token\":%s,\"member\":%s}",
      testcall_get_room_id (call), openid, member);
  g_autofree gchar *unknown = g_strdup_printf ("{\"more\":1,%s", good + 1);
  g_autofree gchar *legacy = g_strdup_printf ("{\"room\":\"%s\","
      "\"device_id\":\"D\",\"openid_token\":%s}", testcall_get_room_id (call),
      openid);
  g_autofree gchar *identity = testcall_hash (testcall_get_user_id (call), "D",
      "m1", NULL);
  g_autofree gchar *plain = g_strconcat (testcall_get_user_id (call), ":D",
      NULL);
  g_autofree gchar *jwt = NULL;
  g_autofree gchar *legacy_jwt = NULL;
  g_autofree gchar *url = NULL;
  g_autofree gchar *errcode = NULL;
  Reply reply = post ("/livekit/jwt/get_token", NULL, good);

  fail_unless_equals_int (reply.status, 200);
  jwt = get_string (reply.body, "jwt");
  url = get_string (reply.body, "url");
  fail_unless_equals_string (url, testcall_get_sfu_url (call));
  check_claims (jwt, identity, testcall_get_room_alias (call));
  reply_clear (&reply);

  reply = post ("/livekit/jwt/sfu/get", NULL, legacy);
  fail_unless_equals_int (reply.status, 200);
  legacy_jwt = get_string (reply.body, "jwt");
  check_claims (legacy_jwt, plain, testcall_get_room_alias (call));
  reply_clear (&reply);

  reply = post ("/livekit/jwt/get_token", NULL, unknown);
  fail_unless_equals_int (reply.status, 400);
  errcode = get_string (reply.body, "errcode");
  fail_unless_equals_string (errcode, "M_NOT_JSON");
  reply_clear (&reply);

  /* Two known shapes are not interchangeable. */
  reply = post ("/livekit/jwt/sfu/get", NULL, good);
  fail_unless_equals_int (reply.status, 400);
  reply_clear (&reply);
  fail_unless_equals_int (http_get ("/livekit/jwt/get_token", NULL), 405);
  fail_unless_equals_int (http_get ("/livekit/sfu/rtc/validate", jwt), 200);
  fail_unless_equals_int (http_get ("/livekit/sfu/rtc", jwt), 404);
}

GST_END_TEST;

GST_START_TEST (test_tokens)
{
  static const TestcallJwtOptions bad[] = {
    {.lifetime = -3600}, {.secret = "another"}, {.issuer = "nobody"},
    {.no_exp = TRUE}, {.no_room_join = TRUE}
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree gchar *jwt = testcall_make_jwt (call, "me", &bad[i]);

    fail_unless_equals_int (http_get ("/livekit/sfu/rtc/validate", jwt), 401);
  }
  fail_unless_equals_int (http_get ("/livekit/sfu/rtc/validate", NULL), 401);
  fail_unless_equals_int (http_get ("/livekit/sfu/rtc/validate", "x.y.z"), 401);
}

GST_END_TEST;

GST_START_TEST (test_http_faults)
{
  const gchar *token = testcall_get_access_token (call);
  g_autofree gchar *url = g_strconcat (testcall_get_url (call), WHOAMI, NULL);
  TestcallFault fault = {.status = 429,.body = "\xff{[[[[",.headers =
        "Retry-After: 7\r\n",.times = 1
  };
  Reply reply;
  gint64 start;

  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  reply = request ("GET", url, token, NULL);
  fail_unless_equals_int (reply.status, 429);
  fail_unless_equals_string (reply.retry_after, "7");
  fail_unless_equals_int (reply.length, 6);
  reply_clear (&reply);
  fail_unless_equals_int (http_get (WHOAMI, token), 200);

  fault = (TestcallFault) {
  .cut = TRUE,.cut_after = 0};
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  fail_unless_equals_int (http_get (WHOAMI, token), 0);

  fault = (TestcallFault) {
  .cut = TRUE,.cut_after = 150,.body =
        "a body that is longer than what is left of it, by some way, so that "
        "the end of the connection comes before the end of the body"};
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  /* libsoup gives what came and no error. */
  reply = request ("GET", url, token, NULL);
  fail_unless (reply.length < strlen (fault.body));
  reply_clear (&reply);

  fault = (TestcallFault) {
  .bytes_per_second = 1000};
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  start = g_get_monotonic_time ();
  fail_unless_equals_int (http_get (WHOAMI, token), 200);
  fail_unless (g_get_monotonic_time () - start > 100 * 1000);

  fault = (TestcallFault) {
  .delay_ms = 200};
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  start = g_get_monotonic_time ();
  fail_unless_equals_int (http_get (WHOAMI, token), 200);
  fail_unless (g_get_monotonic_time () - start >= 200 * 1000);

  fault = (TestcallFault) {
  .stall = TRUE};
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  fail_unless_equals_int (http_get (WHOAMI, token), 0);
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, NULL);
  fail_unless_equals_int (http_get (WHOAMI, token), 200);
}

GST_END_TEST;

static Suite *
testcall_http_suite (void)
{
  Suite *s = suite_create ("testcall-http");
  TCase *tcase = selftest_tcase_new ("http");

  suite_add_tcase (s, tcase);
  tcase_add_test (tcase, test_homeserver);
  tcase_add_test (tcase, test_hash);
  tcase_add_test (tcase, test_authorization);
  tcase_add_test (tcase, test_tokens);
  tcase_add_test (tcase, test_http_faults);
  return s;
}

GST_CHECK_MAIN (testcall_http);
