/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of MatrixRTC transports: matrix/rtctransport.h.
 */
#include <string.h>
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "http/json.h"
#include "matrix/rtctransport.h"

#define LIVEKIT(url) \
    "{\"type\":\"livekit\",\"livekit_service_url\":\"" url "\"}"

typedef struct
{
  const gchar *list;
  const gchar *url;             /* NULL: none */
} Row;

static const Row rows[] = {
  {"[" LIVEKIT ("https://a.example/jwt") "]", "https://a.example/jwt"},
  {"[" LIVEKIT ("http://127.0.0.1:8080") "]", "http://127.0.0.1:8080"},
  /* The first that we can use. */
  {"[" LIVEKIT ("https://a.example") "," LIVEKIT ("https://b.example") "]",
      "https://a.example"},
  {"[{\"type\":\"other\",\"livekit_service_url\":\"https://a.example\"},"
        LIVEKIT ("https://b.example") "]", "https://b.example"},
  {"[" LIVEKIT ("ftp://a.example") "," LIVEKIT ("https://b.example") "]",
      "https://b.example"},
  {"[null,7,\"x\",[],{},{\"type\":7},{\"type\":\"livekit\"},"
        "{\"type\":\"livekit\",\"livekit_service_url\":[]},"
        LIVEKIT ("https://b.example") "]", "https://b.example"},
  {"[{\"type\":\"livekit\",\"livekit_service_url\":\"https://a.example\","
        "\"livekit_alias\":{},\"more\":[1]}]", "https://a.example"},
  {"[" LIVEKIT ("") "]"}, {"[" LIVEKIT ("a.example") "]"},
  {"[" LIVEKIT ("https://u:p@a.example") "]"},
  {"[" LIVEKIT ("https://a.example/\\r\\n") "]"},
  {"[{\"livekit_service_url\":\"https://a.example\"}]"},
  {"[{\"type\":\"LiveKit\",\"livekit_service_url\":\"https://a.example\"}]"},
  {"[]"}, {"{}"}, {"null"}, {"7"}, {"\"livekit\""},
  {LIVEKIT ("https://a.example")},
};

GST_START_TEST (test_rows)
{
  const Row *row = &rows[__i__];
  g_autofree gchar *text = g_strdup_printf ("{\"list\":%s}", row->list);
  g_autoptr (JsonObject) object =
      http_json_parse_object (text, strlen (text), NULL);

  fail_unless (object != NULL, "%s can't be parsed", text);
  fail_unless_equals_string (matrix_rtc_transport_find (object, "list"),
      row->url);
  fail_unless (matrix_rtc_transport_find (object, "other") == NULL);
}

GST_END_TEST;

static Suite *
rtctransport_suite (void)
{
  Suite *suite = suite_create ("rtctransport");
  TCase *tc = tcase_create ("rtctransport");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_rows, 0, G_N_ELEMENTS (rows));
  return suite;
}

GST_CHECK_MAIN (rtctransport);
