/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * STUN and TURN servers as webrtcbin wants them: rtc/iceserver.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "rtc/iceserver.h"

typedef struct
{
  const gchar *url;
  const gchar *username;
  const gchar *credential;
  const gchar *expected;        /* NULL: refused */
  RtcIceServerKind kind;
} Row;

static const Row rows[] = {
  {"stun:stun.example.org:3478", NULL, NULL, "stun://stun.example.org:3478",
      RTC_ICE_SERVER_STUN},
  {"stun:stun.example.org", "", "", "stun://stun.example.org",
      RTC_ICE_SERVER_STUN},
  {"STUN:192.0.2.1", "u", "p", "stun://192.0.2.1", RTC_ICE_SERVER_STUN},
  {"stun:[2001:db8::1]:3478", NULL, NULL, "stun://[2001:db8::1]:3478",
      RTC_ICE_SERVER_STUN},
  {"turn:turn.example.org:3478?transport=udp", "user", "pass",
        "turn://user:pass@turn.example.org:3478?transport=udp",
      RTC_ICE_SERVER_TURN},
  {"turns:turn.example.org:443?transport=tcp", "user", "pass",
        "turns://user:pass@turn.example.org:443?transport=tcp",
      RTC_ICE_SERVER_TURN},
  {"Turn:[2001:db8::1]:3478", "user", "pass",
        "turn://user:pass@[2001:db8::1]:3478",
      RTC_ICE_SERVER_TURN},
  /* LiveKit's user names are "<sid>:<time>", its passwords any base62. */
  {"turn:t.example.org", "PA_x:1700000000", "a/b+c=@%?#",
        "turn://PA_x%3A1700000000:a%2Fb%2Bc%3D%40%25%3F%23@t.example.org",
      RTC_ICE_SERVER_TURN},
  {"turn:t.example.org", "\xc3\xa9", "\xff",
      "turn://%C3%A9:%FF@t.example.org", RTC_ICE_SERVER_TURN},
  {"turn:t.example.org", "user", "", "turn://user:@t.example.org",
      RTC_ICE_SERVER_TURN},
  {"turn:t.example.org", NULL, "pass", NULL, 0},
  {"turn:t.example.org", "", "pass", NULL, 0},
  {"turn:t.example.org", "user", NULL, NULL, 0},
  {"turn:", "user", "pass", NULL, 0},
  {"turn://t.example.org", "user", "pass", NULL, 0},
  {"turn:me@t.example.org", "user", "pass", NULL, 0},
  {"turn:t.example.org x", "user", "pass", NULL, 0},
  {"turn:t\xc3\xa9.example.org", "user", "pass", NULL, 0},
  {"stuns:t.example.org", NULL, NULL, NULL, 0},
  {"http:t.example.org", "user", "pass", NULL, 0},
  {":t.example.org", "user", "pass", NULL, 0},
  {"t.example.org", "user", "pass", NULL, 0},
  {"", "user", "pass", NULL, 0},
};

GST_START_TEST (test_rows)
{
  const Row *row = &rows[__i__];
  RtcIceServerKind kind = (RtcIceServerKind) 99;
  g_autofree gchar *url = rtc_ice_server_to_webrtcbin (row->url, row->username,
      row->credential, &kind);

  fail_unless (g_strcmp0 (url, row->expected) == 0, "%s gave %s instead of %s",
      row->url, url, row->expected);
  fail_unless_equals_int (kind, row->expected == NULL ? 99 : row->kind);
}

GST_END_TEST;

GST_START_TEST (test_size)
{
  gsize size;

  for (size = 1024; size <= 1025; size++) {
    g_autofree gchar *host = g_strnfill (size - strlen ("stun:"), 'x');
    g_autofree gchar *text = g_strconcat ("stun:", host, NULL);
    RtcIceServerKind kind;
    g_autofree gchar *url =
        rtc_ice_server_to_webrtcbin (text, NULL, NULL, &kind);

    fail_unless_equals_int (url != NULL, size <= 1024);
  }
}

GST_END_TEST;

static Suite *
iceserver_suite (void)
{
  Suite *suite = suite_create ("iceserver");
  TCase *tc = tcase_create ("iceserver");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_rows, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tc, test_size);
  return suite;
}

GST_CHECK_MAIN (iceserver);
