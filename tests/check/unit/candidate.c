/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ICE candidates in JSON: livekit/candidate.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "http/json.h"
#include "livekit/candidate.h"

#define HOST "candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host"

typedef struct
{
  const gchar *json;
  const gchar *candidate;       /* NULL: refused */
  guint mline;
} Row;

static const Row rows[] = {
  /* As LiveKit writes it. */
  {"{\"candidate\":\"" HOST " ufrag abc\",\"sdpMid\":\"0\","
        "\"sdpMLineIndex\":0,\"usernameFragment\":null}",
      HOST " ufrag abc", 0},
  {"{\"candidate\":\"" HOST "\",\"sdpMLineIndex\":7}", HOST, 7},
  {"{\"candidate\":\"" HOST "\",\"sdpMLineIndex\":65535}", HOST, 65535},
  /* All is bundled, so the first section is as good as any. */
  {"{\"candidate\":\"" HOST "\",\"sdpMid\":\"0\"}", HOST, 0},
  {"{\"candidate\":\"" HOST "\",\"sdpMLineIndex\":null}", HOST, 0},
  {"{\"candidate\":\"" HOST "\",\"sdpMLineIndex\":65536}", NULL, 0},
  {"{\"candidate\":\"" HOST "\",\"sdpMLineIndex\":-1}", NULL, 0},
  {"{\"candidate\":\"" HOST "\",\"sdpMLineIndex\":4294967296}", NULL, 0},
  {"{\"candidate\":\"\",\"sdpMLineIndex\":0}", NULL, 0},
  {"{\"candidate\":\"a=" HOST "\",\"sdpMLineIndex\":0}", NULL, 0},
  {"{\"candidate\":1,\"sdpMLineIndex\":0}", NULL, 0},
  {"{\"candidate\":null,\"sdpMLineIndex\":0}", NULL, 0},
  {"{\"candidate\":[\"" HOST "\"]}", NULL, 0},
  {"{\"sdpMLineIndex\":0}", NULL, 0},
  {"{}", NULL, 0},
  {"[]", NULL, 0},
  {"\"" HOST "\"", NULL, 0},
  {HOST, NULL, 0},
  {"{\"candidate\":\"" HOST "\"", NULL, 0},
  {"", NULL, 0},
};

GST_START_TEST (test_from_json)
{
  const Row *row = &rows[__i__];
  guint mline = 99;
  g_autofree gchar *candidate = livekit_candidate_from_json (row->json, &mline);

  fail_unless (g_strcmp0 (candidate, row->candidate) == 0, "%s gave %s",
      row->json, candidate);
  fail_unless_equals_int (mline, row->candidate == NULL ? 99 : row->mline);
}

GST_END_TEST;

GST_START_TEST (test_size)
{
  gsize size;

  for (size = 1024; size <= 1025; size++) {
    g_autofree gchar *rest = g_strnfill (size - strlen ("candidate:"), 'x');
    g_autofree gchar *text = g_strconcat ("candidate:", rest, NULL);
    g_autofree gchar *json = livekit_candidate_to_json (0, text);
    guint mline;
    g_autofree gchar *candidate = livekit_candidate_from_json (json, &mline);

    fail_unless_equals_int (candidate != NULL, size <= 1024);
  }
}

GST_END_TEST;

GST_START_TEST (test_to_json)
{
  g_autofree gchar *json = livekit_candidate_to_json (3, HOST "\"\\");
  g_autoptr (JsonObject) object =
      http_json_parse_object (json, strlen (json), NULL);
  gint64 mline = -1;

  fail_unless (object != NULL, "%s is no JSON object", json);
  fail_unless_equals_string (http_json_get_string (object, "candidate"),
      HOST "\"\\");
  fail_unless (http_json_get_int (object, "sdpMLineIndex", &mline));
  fail_unless_equals_int64 (mline, 3);
  fail_unless_equals_int (json_object_get_size (object), 2);
}

GST_END_TEST;

static Suite *
candidate_suite (void)
{
  Suite *suite = suite_create ("candidate");
  TCase *tc = tcase_create ("candidate");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_from_json, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tc, test_size);
  tcase_add_test (tc, test_to_json);
  return suite;
}

GST_CHECK_MAIN (candidate);
