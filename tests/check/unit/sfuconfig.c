/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The config that an authorization service gives: sfu/sfuconfig.h.
 */
#include <gio/gio.h>
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "http/json.h"
#include "sfu/sfuconfig.h"

#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
#define SIGNATURE "c2lnbmF0dXJl"
#define MAX_JWT_SIZE (64 * 1024)
#define URL "wss://sfu.example.org/livekit/sfu"

/* Unpadded base64url, the claims being any bytes. */
static gchar *
encode (const gchar * data, gsize size)
{
  gchar *text = g_base64_encode ((const guchar *) data, size);
  gchar *padding = strchr (text, '=');

  if (padding != NULL)
    *padding = '\0';
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  return text;
}

static gchar *
jwt_new (const gchar * claims)
{
  g_autofree gchar *payload = encode (claims, strlen (claims));

  return g_strconcat (HEADER ".", payload, "." SIGNATURE, NULL);
}

typedef struct
{
  const gchar *claims;
  const gchar *identity;
  const gchar *room;
} Right;

static const Right right[] = {
  {"{\"iss\":\"devkey\",\"sub\":\"@bob:example.org:ABC\",\"iat\":1,\"nbf\":1,"
        "\"exp\":3601,\"video\":{\"roomJoin\":true,\"room\":\"alias\","
        "\"canPublish\":true,\"canSubscribe\":true}}",
      "@bob:example.org:ABC", "alias"},
  {"{\"sub\":\"3xz9LLOnWGQJJUjGtSVvsJjURKYT7HP0//37HQ0a+dY\","
        "\"video\":{\"room\":\"9YzbCxM8P0fwObUtiQ9m/ujMP9ruNMxS7SOsugBEaxA\"}}",
        "3xz9LLOnWGQJJUjGtSVvsJjURKYT7HP0//37HQ0a+dY",
      "9YzbCxM8P0fwObUtiQ9m/ujMP9ruNMxS7SOsugBEaxA"},
  /* Letters that need both of base64url's own signs. */
  {"{\"sub\":\"\xc3\xbf\xc3\xbe\xc3\xbf?>~\",\"video\":{\"room\":\"?>?>?>\"}}",
      "\xc3\xbf\xc3\xbe\xc3\xbf?>~", "?>?>?>"},
  /* What LiveKit itself would refuse. */
  {"{}", NULL, NULL},
  {"{\"sub\":\"a\"}", "a", NULL},
  {"{\"video\":{\"room\":\"r\"}}", NULL, "r"},
  {"{\"sub\":1,\"video\":{\"room\":2}}", NULL, NULL},
  {"{\"sub\":null,\"video\":null}", NULL, NULL},
  {"{\"sub\":[\"a\"],\"video\":[{\"room\":\"r\"}]}", NULL, NULL},
  {"{\"sub\":{\"a\":\"b\"},\"video\":\"room\"}", NULL, NULL},
  {"{\"sub\":\"a\",\"video\":{\"room\":{\"room\":\"r\"}}}", "a", NULL},
};

GST_START_TEST (test_claims)
{
  const Right *row = &right[__i__];
  g_autofree gchar *jwt = jwt_new (row->claims);
  g_autofree gchar *identity = NULL;
  g_autofree gchar *room = NULL;
  g_autoptr (GError) error = NULL;

  fail_unless (sfu_jwt_read_claims (jwt, &identity, &room, &error),
      "%s was refused", row->claims);
  g_assert_no_error (error);
  fail_unless_equals_string (identity, row->identity);
  fail_unless_equals_string (room, row->room);
}

GST_END_TEST;

/* Base64 of each remainder, of all bytes that it may hold. */
GST_START_TEST (test_lengths)
{
  gsize length;

  for (length = 0; length < 64; length++) {
    g_autofree gchar *fill = g_strnfill (length, '?');
    g_autofree gchar *claims =
        g_strdup_printf ("{\"sub\":\"%s~\xc3\xbf\"}", fill);
    g_autofree gchar *jwt = jwt_new (claims);
    g_autofree gchar *identity = NULL;
    g_autofree gchar *room = NULL;

    fail_unless (sfu_jwt_read_claims (jwt, &identity, &room, NULL),
        "%s was refused", jwt);
    fail_unless_equals_int (strlen (identity), length + 3);
    fail_unless (g_str_has_prefix (identity, fill));
    fail_unless (g_str_has_suffix (identity, "~\xc3\xbf"));
  }
}

GST_END_TEST;

#define CLAIMS "eyJzdWIiOiJhIn0"        /* {"sub":"a"} */
static const gchar *const wrong[] = {
  "", ".", "..", "...", "....", HEADER, HEADER "." CLAIMS,
  HEADER "." CLAIMS ".", HEADER ".." SIGNATURE, "." CLAIMS "." SIGNATURE,
  HEADER "." CLAIMS "." SIGNATURE ".", "." HEADER "." CLAIMS "." SIGNATURE,
  HEADER "." CLAIMS "." SIGNATURE "." SIGNATURE,
  HEADER "." CLAIMS "." SIGNATURE "." SIGNATURE "." SIGNATURE,
  HEADER "." CLAIMS "." SIGNATURE "....................",
  /* Bad base64: signs, padding, a length that can't be, white space. */
  HEADER ".eyJzdWIiOiJhIn*." SIGNATURE, HEADER "." CLAIMS "=." SIGNATURE,
  HEADER ".eyJzdWIiOiJhI." SIGNATURE, HEADER ".e." SIGNATURE,
  HEADER ". " CLAIMS "." SIGNATURE, HEADER "." CLAIMS "\n." SIGNATURE,
  "h*." CLAIMS "." SIGNATURE, HEADER "." CLAIMS ".s+/",
  "h\xc3\xa9." CLAIMS "." SIGNATURE, " " HEADER "." CLAIMS "." SIGNATURE,
  HEADER "." CLAIMS "." SIGNATURE "\r\nEvil: header",
};

static void
check_refused (const gchar * jwt)
{
  gchar *identity = (gchar *) "unset";
  gchar *room = (gchar *) "unset";
  g_autoptr (GError) error = NULL;

  fail_if (sfu_jwt_read_claims (jwt, &identity, &room, &error),
      "\"%s\" was taken", jwt);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  fail_unless (identity == NULL && room == NULL, "a refused token has claims");
  fail_unless (strlen (jwt) < 10 || strstr (error->message, jwt) == NULL,
      "the error quotes the token");
}

GST_START_TEST (test_wrong)
{
  check_refused (wrong[__i__]);
}

GST_END_TEST;

static const gchar *const wrong_claims[] = {
  "[]", "\"a\"", "1", "null", "a", "{", "{\"sub\":\"a\"", "{\"sub\":\"\xff\"}",
  " ",
};

GST_START_TEST (test_wrong_claims)
{
  g_autofree gchar *jwt = jwt_new (wrong_claims[__i__]);

  check_refused (jwt);
}

GST_END_TEST;

GST_START_TEST (test_claims_with_nul)
{
  static const gchar claims[] = "{\"sub\":\"a\"}\0{\"sub\":\"b\"}";
  g_autofree gchar *payload = encode (claims, sizeof (claims) - 1);
  g_autofree gchar *jwt =
      g_strconcat (HEADER ".", payload, "." SIGNATURE, NULL);

  check_refused (jwt);
}

GST_END_TEST;

GST_START_TEST (test_size)
{
  const gsize rest = strlen (HEADER "." CLAIMS ".");
  gsize size;

  for (size = MAX_JWT_SIZE; size <= MAX_JWT_SIZE + 1; size++) {
    g_autofree gchar *signature = g_strnfill (size - rest, 'a');
    g_autofree gchar *jwt = g_strconcat (HEADER "." CLAIMS ".", signature,
        NULL);
    g_autofree gchar *identity = NULL;
    g_autofree gchar *room = NULL;

    fail_unless_equals_int (sfu_jwt_read_claims (jwt, &identity, &room, NULL),
        size <= MAX_JWT_SIZE);
  }
}

GST_END_TEST;

static const gchar *const right_urls[] = {
  URL, "ws://sfu.example.org", "http://sfu.example.org:7880",
  "https://sfu.example.org/", "WSS://SFU.example.org", "ws://[::1]:7880",
  "ws://127.0.0.1:7880/a/b?c=d",
};

GST_START_TEST (test_right_urls)
{
  g_autofree gchar *jwt = jwt_new (right[0].claims);
  g_autoptr (GError) error = NULL;
  g_autoptr (SfuConfig) config =
      sfu_config_new (right_urls[__i__], jwt, &error);

  g_assert_no_error (error);
  fail_unless (config != NULL, "%s was refused", right_urls[__i__]);
  fail_unless_equals_string (config->url, right_urls[__i__]);
  fail_unless_equals_string (config->jwt, jwt);
  fail_unless_equals_string (config->identity, right[0].identity);
  fail_unless_equals_string (config->room, right[0].room);
}

GST_END_TEST;

static const gchar *const wrong_urls[] = {
  "", "sfu.example.org", "/sfu", "//sfu.example.org", "ftp://sfu.example.org",
  "file:///sfu", "javascript:alert(1)", "wss:", "wss://", "wss:///sfu",
  "wss://:443", "wss:sfu.example.org", "wss://[::1", "wss://a:b",
  "wss ://a", "wsss://a",
};

GST_START_TEST (test_wrong_urls)
{
  g_autofree gchar *jwt = jwt_new (right[0].claims);
  g_autoptr (GError) error = NULL;
  g_autoptr (SfuConfig) config =
      sfu_config_new (wrong_urls[__i__], jwt, &error);

  fail_unless (config == NULL, "\"%s\" was taken", wrong_urls[__i__]);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  fail_unless (strstr (error->message, jwt) == NULL,
      "the error quotes the token");
}

GST_END_TEST;

#define JWT HEADER "." CLAIMS "." SIGNATURE
static const gchar *const wrong_answers[] = {
  "{}", "{\"url\":\"" URL "\"}", "{\"jwt\":\"" JWT "\"}",
  "{\"url\":null,\"jwt\":\"" JWT "\"}", "{\"url\":\"" URL "\",\"jwt\":1}",
  "{\"url\":[\"" URL "\"],\"jwt\":\"" JWT "\"}",
  "{\"url\":\"" URL "\",\"jwt\":{\"jwt\":\"" JWT "\"}}",
  "{\"url\":\"\",\"jwt\":\"" JWT "\"}", "{\"url\":\"" URL "\",\"jwt\":\"\"}",
  "{\"url\":\"" URL "\",\"jwt\":\"" HEADER "\"}",
  "{\"errcode\":\"M_UNAUTHORIZED\",\"error\":\"no\"}",
};

static SfuConfig *
config_from_text (const gchar * text, GError ** error)
{
  g_autoptr (JsonObject) object =
      http_json_parse_object (text, strlen (text), NULL);

  fail_unless (object != NULL, "%s can't be parsed", text);
  return sfu_config_new_from_json (object, error);
}

GST_START_TEST (test_wrong_answers)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SfuConfig) config =
      config_from_text (wrong_answers[__i__], &error);

  fail_unless (config == NULL, "%s was taken", wrong_answers[__i__]);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

GST_END_TEST;

/* The config keeps nothing of the answer, and knows its fields only. */
GST_START_TEST (test_right_answer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SfuConfig) config = config_from_text ("{\"more\":[1],"
      "\"url\":\"" URL "\",\"jwt\":\"" JWT "\",\"room\":\"other\"}", &error);

  g_assert_no_error (error);
  fail_unless (config != NULL, "the answer was refused");
  fail_unless_equals_string (config->url, URL);
  fail_unless_equals_string (config->jwt, JWT);
  fail_unless_equals_string (config->identity, "a");
  fail_unless (config->room == NULL, "the room isn't the token's");
}

GST_END_TEST;

static Suite *
sfuconfig_suite (void)
{
  Suite *suite = suite_create ("sfuconfig");
  TCase *tc = tcase_create ("sfuconfig");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_claims, 0, G_N_ELEMENTS (right));
  tcase_add_test (tc, test_lengths);
  tcase_add_loop_test (tc, test_wrong, 0, G_N_ELEMENTS (wrong));
  tcase_add_loop_test (tc, test_wrong_claims, 0, G_N_ELEMENTS (wrong_claims));
  tcase_add_test (tc, test_claims_with_nul);
  tcase_add_test (tc, test_size);
  tcase_add_loop_test (tc, test_right_urls, 0, G_N_ELEMENTS (right_urls));
  tcase_add_loop_test (tc, test_wrong_urls, 0, G_N_ELEMENTS (wrong_urls));
  tcase_add_loop_test (tc, test_wrong_answers, 0, G_N_ELEMENTS (wrong_answers));
  tcase_add_test (tc, test_right_answer);
  return suite;
}

GST_CHECK_MAIN (sfuconfig);
