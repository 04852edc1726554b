/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OpenID tokens as the authorization service wants them: matrix/openid.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "http/json.h"
#include "matrix/openid.h"

typedef struct
{
  const gchar *reply;
  const gchar *token;           /* NULL: refused */
} Row;

static const Row rows[] = {
  {"{\"access_token\":\"s3cr\",\"token_type\":\"Bearer\","
        "\"matrix_server_name\":\"example.org\",\"expires_in\":3600}",
      "{\"access_token\":\"s3cr\",\"token_type\":\"Bearer\","
        "\"matrix_server_name\":\"example.org\",\"expires_in\":3600}"},
  /* The service refuses a request for one field that it doesn't know. */
  {"{\"x\":1,\"access_token\":\"s3cr\",\"sub\":\"@a:b\","
        "\"matrix_server_name\":\"example.org\",\"expires_in\":1,\"y\":{}}",
      "{\"access_token\":\"s3cr\",\"token_type\":\"Bearer\","
        "\"matrix_server_name\":\"example.org\",\"expires_in\":1}"},
  /* And for what is no integer where it wants one. */
  {"{\"access_token\":\"s3cr\",\"matrix_server_name\":\"example.org\","
        "\"token_type\":7,\"expires_in\":\"3600\"}",
      "{\"access_token\":\"s3cr\",\"token_type\":\"Bearer\","
        "\"matrix_server_name\":\"example.org\"}"},
  {"{\"access_token\":\"s3cr\",\"matrix_server_name\":\"example.org\","
        "\"expires_in\":3600.5}",
      "{\"access_token\":\"s3cr\",\"token_type\":\"Bearer\","
        "\"matrix_server_name\":\"example.org\"}"},
  {"{\"access_token\":\"s\\\"3\",\"token_type\":\"other\","
        "\"matrix_server_name\":\"[2001:db8::1]:8448\"}",
      "{\"access_token\":\"s\\\"3\",\"token_type\":\"other\","
        "\"matrix_server_name\":\"[2001:db8::1]:8448\"}"},
  {"{\"access_token\":\"s3cr\"}", NULL},
  {"{\"matrix_server_name\":\"example.org\"}", NULL},
  {"{\"access_token\":\"\",\"matrix_server_name\":\"example.org\"}", NULL},
  {"{\"access_token\":\"s3cr\",\"matrix_server_name\":\"\"}", NULL},
  {"{\"access_token\":null,\"matrix_server_name\":\"example.org\"}", NULL},
  {"{\"access_token\":1,\"matrix_server_name\":\"example.org\"}", NULL},
  {"{\"access_token\":\"s3cr\",\"matrix_server_name\":[\"a\"]}", NULL},
  {"{\"errcode\":\"M_FORBIDDEN\",\"error\":\"no\"}", NULL},
  {"{}", NULL},
};

GST_START_TEST (test_rows)
{
  const Row *row = &rows[__i__];
  g_autoptr (JsonObject) reply =
      http_json_parse_object (row->reply, strlen (row->reply), NULL);
  g_autoptr (JsonObject) token = NULL;
  g_autofree gchar *text = NULL;

  fail_unless (reply != NULL, "%s can't be parsed", row->reply);
  token = matrix_openid_pick_token (reply);
  text = token == NULL ? NULL : http_json_to_string (token);
  fail_unless (g_strcmp0 (text, row->token) == 0, "%s gave %s", row->reply,
      text);
}

GST_END_TEST;

static Suite *
openid_suite (void)
{
  Suite *suite = suite_create ("openid");
  TCase *tc = tcase_create ("openid");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_rows, 0, G_N_ELEMENTS (rows));
  return suite;
}

GST_CHECK_MAIN (openid);
