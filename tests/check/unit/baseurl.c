/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses that servers and events name: http/url.h.
 */
#include <string.h>
#include <gst/check/gstcheck.h>
#include "http/url.h"

typedef struct
{
  const gchar *url;
  gboolean is_base;
  gboolean is_private;          /* of those that are */
} Row;

static const Row rows[] = {
  {"https://matrix.example.org", TRUE, TRUE},
  {"HTTPS://matrix.example.org:8448/", TRUE, TRUE},
  {"https://matrix.example.org/some/path/", TRUE, TRUE},
  {"http://matrix.example.org", TRUE, FALSE},
  {"http://127.0.0.1:8008", TRUE, TRUE},
  {"http://127.1.2.3", TRUE, TRUE},
  {"http://[::1]:8008", TRUE, TRUE},
  {"http://localhost:8008", TRUE, TRUE},
  {"http://LocalHost", TRUE, TRUE},
  {"http://localhost.example.org", TRUE, FALSE},
  {"http://127.0.0.1.example.org", TRUE, FALSE},
  {"http://10.0.0.1", TRUE, FALSE},
  {"http://[fe80::1]", TRUE, FALSE},
  {"", FALSE}, {"/", FALSE}, {"matrix.example.org", FALSE},
  {"//matrix.example.org", FALSE}, {"https:", FALSE}, {"https://", FALSE},
  {"https:///path", FALSE}, {"https://:443/", FALSE},
  {"ws://matrix.example.org", FALSE}, {"file:///etc/passwd", FALSE},
  {"ftp://matrix.example.org", FALSE}, {"httpsx://a", FALSE},
  {"javascript:alert(1)", FALSE},
  {"https://user@example.org", FALSE}, {"https://a:b@example.org", FALSE},
  {"https://example.org?a=b", FALSE}, {"https://example.org/#a", FALSE},
  {"https://example.org/a b", FALSE}, {"https://example.org\r\nX: y", FALSE},
  {"https://example.org/\x7f", FALSE}, {"https://ex\xc3\xa4mple.org", FALSE},
  {"https://example.org/\xff", FALSE}, {"https://example.org:99999", FALSE},
  {"https://[::1", FALSE}, {" https://example.org", FALSE},
};

GST_START_TEST (test_rows)
{
  const Row *row = &rows[__i__];

  fail_unless_equals_int (http_url_is_base (row->url), row->is_base);
  if (row->is_base)
    fail_unless_equals_int (http_url_is_private (row->url), row->is_private);
}

GST_END_TEST;

GST_START_TEST (test_length)
{
  g_autofree gchar *path = g_strnfill (2048, 'a');
  g_autofree gchar *longest = g_strdup_printf ("https://a.b/%.*s", 2048 - 12,
      path);
  g_autofree gchar *longer = g_strconcat (longest, "a", NULL);

  fail_unless_equals_int (strlen (longest), 2048);
  fail_unless (http_url_is_base (longest));
  fail_if (http_url_is_base (longer));
}

GST_END_TEST;

static Suite *
baseurl_suite (void)
{
  Suite *suite = suite_create ("baseurl");
  TCase *tc = tcase_create ("baseurl");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_rows, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tc, test_length);
  return suite;
}

GST_CHECK_MAIN (baseurl);
