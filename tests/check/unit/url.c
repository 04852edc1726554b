/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses on a LiveKit server: livekit/url.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "livekit/url.h"

#define QUERY "protocol=15&auto_subscribe=1&adaptive_stream=0&version="

typedef struct
{
  const gchar *base;
  const gchar *signalling;      /* up to the query */
  const gchar *validation;
} Right;

static const Right right[] = {
  {"wss://sfu.example.org", "wss://sfu.example.org/rtc",
      "https://sfu.example.org/rtc/validate"},
  {"https://sfu.example.org", "wss://sfu.example.org/rtc",
      "https://sfu.example.org/rtc/validate"},
  {"ws://sfu.example.org", "ws://sfu.example.org/rtc",
      "http://sfu.example.org/rtc/validate"},
  {"http://sfu.example.org", "ws://sfu.example.org/rtc",
      "http://sfu.example.org/rtc/validate"},
  {"WSS://sfu.example.org", "wss://sfu.example.org/rtc",
      "https://sfu.example.org/rtc/validate"},
  {"wss://sfu.example.org/", "wss://sfu.example.org/rtc",
      "https://sfu.example.org/rtc/validate"},
  {"wss://sfu.example.org/livekit/sfu",
        "wss://sfu.example.org/livekit/sfu/rtc",
      "https://sfu.example.org/livekit/sfu/rtc/validate"},
  {"wss://sfu.example.org/livekit/sfu///",
        "wss://sfu.example.org/livekit/sfu/rtc",
      "https://sfu.example.org/livekit/sfu/rtc/validate"},
  {"ws://localhost:7880", "ws://localhost:7880/rtc",
      "http://localhost:7880/rtc/validate"},
  {"ws://[::1]:7880/x", "ws://[::1]:7880/x/rtc",
      "http://[::1]:7880/x/rtc/validate"},
  /* What is escaped stays so. */
  {"wss://sfu.example.org/a%2Fb%20c", "wss://sfu.example.org/a%2Fb%20c/rtc",
      "https://sfu.example.org/a%2Fb%20c/rtc/validate"},
  /* Query, fragment and user of the base are not LiveKit's. */
  {"wss://me:secret@sfu.example.org/x?a=b#c",
        "wss://sfu.example.org/x/rtc",
      "https://sfu.example.org/x/rtc/validate"},
};

static void
check_url (gchar * url, const gchar * expected)
{
  g_autofree gchar *owned = url;
  g_autofree gchar *start = g_strconcat (expected, "?" QUERY, NULL);

  fail_unless (url != NULL, "%s was refused", expected);
  fail_unless (g_str_has_prefix (url, start), "%s does not begin with %s",
      url, start);
  fail_unless (strlen (url) > strlen (start), "%s has no version", url);
  fail_unless (strchr (url, '#') == NULL, "%s has a fragment", url);
}

GST_START_TEST (test_right)
{
  const Right *row = &right[__i__];
  g_autoptr (GError) error = NULL;

  check_url (livekit_url_for_signalling (row->base, TRUE, &error),
      row->signalling);
  g_assert_no_error (error);
  check_url (livekit_url_for_validation (row->base, &error), row->validation);
  g_assert_no_error (error);
}

GST_END_TEST;

static const gchar *const wrong[] = {
  "", "sfu.example.org", "/rtc", "wss:", "wss:sfu.example.org",
  "ftp://sfu.example.org", "file:///rtc", "unix:/run/sfu", "javascript:1",
  "wss://sfu.example.org:port", "wss://[::1", "wss://sfu.example.org:65536",
  "wss://", "wss:///rtc", "wss://\xff/",
};

GST_START_TEST (test_wrong)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *url =
      livekit_url_for_signalling (wrong[__i__], TRUE, &error);
  g_autofree gchar *validation =
      livekit_url_for_validation (wrong[__i__], NULL);

  fail_unless (url == NULL, "\"%s\" gave %s", wrong[__i__], url);
  fail_unless (error != NULL, "\"%s\" gave no error", wrong[__i__]);
  fail_unless (validation == NULL, "\"%s\" gave %s", wrong[__i__], validation);
}

GST_END_TEST;

GST_START_TEST (test_resuming)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *url =
      livekit_url_for_resuming ("https://sfu.example.org/x", TRUE,
      "PA_a&b", 1, &error);

  fail_unless (g_str_has_prefix (url, "wss://sfu.example.org/x/rtc?" QUERY));
  fail_unless (g_str_has_suffix (url,
          "&reconnect=1&reconnect_reason=1&sid=PA_a%26b"));
  fail_unless (livekit_url_for_resuming ("ftp://sfu.example.org", TRUE, "PA_a",
          1, &error) == NULL);
  fail_unless (error != NULL);
}

GST_END_TEST;

GST_START_TEST (test_without_auto_subscribe)
{
  g_autofree gchar *joining =
      livekit_url_for_signalling ("ws://sfu.example.org", FALSE, NULL);
  g_autofree gchar *resuming =
      livekit_url_for_resuming ("ws://sfu.example.org", FALSE, "PA_a", 1, NULL);

  fail_unless (strstr (joining, "&auto_subscribe=0&") != NULL);
  fail_unless (strstr (resuming, "&auto_subscribe=0&") != NULL);
}

GST_END_TEST;

static Suite *
url_suite (void)
{
  Suite *suite = suite_create ("url");
  TCase *tc = tcase_create ("url");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_right, 0, G_N_ELEMENTS (right));
  tcase_add_loop_test (tc, test_wrong, 0, G_N_ELEMENTS (wrong));
  tcase_add_test (tc, test_resuming);
  tcase_add_test (tc, test_without_auto_subscribe);
  return suite;
}

GST_CHECK_MAIN (url);
