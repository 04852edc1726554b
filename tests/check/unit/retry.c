/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When a homeserver is asked again: http/retry.h.
 */
#include <gio/gio.h>
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "http/json.h"
#include "http/retry.h"

#define MAX_RETRIES 4
#define NO_RETRY -1
#define NO_HEADER -1

typedef struct
{
  guint status;
  const gchar *body;            /* NULL: no JSON object */
  gint64 retry_after_ms;
  gint64 expected;              /* before the first retry */
} Answer;

#define LIMIT "\"errcode\":\"M_LIMIT_EXCEEDED\""
static const Answer answers[] = {
  /* The header wins over the body, the body over our own. */
  {429, "{" LIMIT ",\"retry_after_ms\":1873}", 2000, 2000},
  {429, "{" LIMIT ",\"retry_after_ms\":1873}", 0, 0},
  {429, "{" LIMIT ",\"retry_after_ms\":1873}", NO_HEADER, 1873},
  {429, "{" LIMIT ",\"retry_after_ms\":0}", NO_HEADER, 0},
  {429, "{" LIMIT "}", NO_HEADER, 2000},
  {429, "{" LIMIT "}", 7000, 7000},
  /* Useless hints. */
  {429, "{" LIMIT ",\"retry_after_ms\":-1}", NO_HEADER, 2000},
  {429, "{" LIMIT ",\"retry_after_ms\":\"5\"}", NO_HEADER, 2000},
  {429, "{" LIMIT ",\"retry_after_ms\":5.5}", NO_HEADER, 2000},
  {429, "{" LIMIT ",\"retry_after_ms\":null}", NO_HEADER, 2000},
  {429, "{" LIMIT ",\"retry_after_ms\":9223372036854775807}", NO_HEADER,
      G_MAXINT32},
  /* The error code counts, whatever the status. */
  {400, "{" LIMIT ",\"retry_after_ms\":10}", NO_HEADER, 10},
  {403, "{" LIMIT "}", 3000, 3000},
  {500, "{" LIMIT "}", 3000, 3000},
  /* A bare 429 is a rate limit, one with another error code isn't. */
  {429, NULL, NO_HEADER, 2000},
  {429, NULL, 3000, 3000},
  {429, "{}", NO_HEADER, 2000},
  {429, "{\"retry_after_ms\":10}", NO_HEADER, 10},
  {429, "{\"errcode\":7}", NO_HEADER, 2000},
  {429, "{\"errcode\":\"M_UNKNOWN\"}", NO_HEADER, 2000},
  {429, "{\"errcode\":\"M_UNKNOWN\",\"retry_after_ms\":10}", NO_HEADER, 10},
  {429, "{\"errcode\":\"M_FORBIDDEN\",\"retry_after_ms\":10}", 3000, NO_RETRY},
  {429, "{\"errcode\":\"\"}", NO_HEADER, NO_RETRY},
  /* Hints are for rate limits only. */
  {500, NULL, NO_HEADER, 2000},
  {500, "{\"errcode\":\"M_UNKNOWN\",\"retry_after_ms\":10}", 30000, 2000},
  {502, NULL, NO_HEADER, 2000},
  {503, "{\"errcode\":\"M_UNKNOWN\"}", 30000, 2000},
  {599, NULL, NO_HEADER, 2000},
  {400, "{\"errcode\":\"M_NOT_JSON\"}", NO_HEADER, NO_RETRY},
  {401, "{\"errcode\":\"M_UNKNOWN_TOKEN\"}", NO_HEADER, NO_RETRY},
  {403, "{\"errcode\":\"M_FORBIDDEN\"}", 3000, NO_RETRY},
  {404, NULL, NO_HEADER, NO_RETRY},
  {499, NULL, NO_HEADER, NO_RETRY},
  /* Neither success nor a redirection is asked for again. */
  {200, "{}", NO_HEADER, NO_RETRY},
  {200, NULL, 3000, NO_RETRY},
  {204, NULL, NO_HEADER, NO_RETRY},
  {302, NULL, NO_HEADER, NO_RETRY},
};

static HttpReply *
reply_new (const Answer * answer)
{
  HttpReply *reply = g_new0 (HttpReply, 1);

  reply->status = answer->status;
  reply->retry_after_ms = answer->retry_after_ms;
  if (answer->body != NULL) {
    reply->json =
        http_json_parse_object (answer->body, strlen (answer->body), NULL);
    fail_unless (reply->json != NULL, "%s can't be parsed", answer->body);
  }
  return reply;
}

GST_START_TEST (test_answers)
{
  const Answer *answer = &answers[__i__];
  g_autoptr (HttpReply) reply = reply_new (answer);
  gint64 delay = http_retry_delay_ms (reply, NULL, 0);

  fail_unless (delay == answer->expected, "%u %s, header %" G_GINT64_FORMAT
      " gave %" G_GINT64_FORMAT, answer->status, answer->body,
      answer->retry_after_ms, delay);
  fail_unless_equals_int64 (http_retry_delay_ms (reply, NULL, MAX_RETRIES),
      NO_RETRY);
}

GST_END_TEST;

static const gint64 waits[] = { 2000, 4000, 8000, 16000, NO_RETRY, NO_RETRY };

GST_START_TEST (test_growth)
{
  static const Answer server_error = { 500, NULL, NO_HEADER, 0 };
  static const Answer rate_limit = { 429, NULL, NO_HEADER, 0 };
  static const Answer hint = { 429, NULL, 2500, 0 };
  g_autoptr (HttpReply) failed = reply_new (&server_error);
  g_autoptr (HttpReply) limited = reply_new (&rate_limit);
  g_autoptr (HttpReply) hinted = reply_new (&hint);
  g_autoptr (GError) error =
      g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, "no");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (waits); i++) {
    fail_unless_equals_int64 (http_retry_delay_ms (failed, NULL, i), waits[i]);
    fail_unless_equals_int64 (http_retry_delay_ms (limited, NULL, i), waits[i]);
    fail_unless_equals_int64 (http_retry_delay_ms (NULL, error, i), waits[i]);
    /* What the server says doesn't grow. */
    fail_unless_equals_int64 (http_retry_delay_ms (hinted, NULL, i),
        i < MAX_RETRIES ? 2500 : NO_RETRY);
  }
}

GST_END_TEST;

GST_START_TEST (test_errors)
{
  const struct
  {
    GQuark domain;
    gint code;
    gint64 expected;
  } rows[] = {
    {G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, 2000},
    {G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, 2000},
    {G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE, 2000},
    {G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE, 2000},
    {G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, 2000},
    {G_IO_ERROR, G_IO_ERROR_FAILED, 2000},
    {G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE, 2000},
    {G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, 2000},
    {G_IO_ERROR, G_IO_ERROR_CANCELLED, NO_RETRY},
    /* Element Call doesn't ask again after its own time limit. */
    {G_IO_ERROR, G_IO_ERROR_TIMED_OUT, NO_RETRY},
    /* Would be the same again. */
    {G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE, NO_RETRY},
    {G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, NO_RETRY},
    {G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, NO_RETRY},
    {G_TLS_ERROR, G_TLS_ERROR_NOT_TLS, NO_RETRY},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error =
        g_error_new_literal (rows[i].domain, rows[i].code, "no");
    gint64 delay = http_retry_delay_ms (NULL, error, 0);

    fail_unless (delay == rows[i].expected, "%s %d gave %" G_GINT64_FORMAT,
        g_quark_to_string (rows[i].domain), rows[i].code, delay);
  }
}

GST_END_TEST;

static Suite *
retry_suite (void)
{
  Suite *suite = suite_create ("retry");
  TCase *tc = tcase_create ("retry");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_answers, 0, G_N_ELEMENTS (answers));
  tcase_add_test (tc, test_growth);
  tcase_add_test (tc, test_errors);
  return suite;
}

GST_CHECK_MAIN (retry);
