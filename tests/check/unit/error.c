/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The errors of a call: matrixrtcerror.h.
 */
#include <gio/gio.h>
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "matrixrtcerror.h"
#include "gstmatrixrtc-enumtypes.h"

typedef struct
{
  GstMatrixRtcError code;
  guint http_status;
  const gchar *nick;
  gint gst_code;
} Row;

/* The table of the design. */
static const Row rows[] = {
  {GST_MATRIX_RTC_ERROR_OPEN_ID, 0, "OPEN_ID_ERROR",
      GST_RESOURCE_ERROR_OPEN_READ},
  {GST_MATRIX_RTC_ERROR_OPEN_ID, 401, "OPEN_ID_ERROR",
      GST_RESOURCE_ERROR_NOT_AUTHORIZED},
  {GST_MATRIX_RTC_ERROR_OPEN_ID, 403, "OPEN_ID_ERROR",
      GST_RESOURCE_ERROR_NOT_AUTHORIZED},
  {GST_MATRIX_RTC_ERROR_OPEN_ID, 404, "OPEN_ID_ERROR",
      GST_RESOURCE_ERROR_OPEN_READ},
  {GST_MATRIX_RTC_ERROR_OPEN_ID, 500, "OPEN_ID_ERROR",
      GST_RESOURCE_ERROR_OPEN_READ},
  {GST_MATRIX_RTC_ERROR_NO_MATRIX_2_0_AUTHORIZATION_SERVICE, 401,
        "NO_MATRIX_2_0_AUTHORIZATION_SERVICE",
      GST_RESOURCE_ERROR_OPEN_READ},
  {GST_MATRIX_RTC_ERROR_MISSING_MATRIX_RTC_TRANSPORT, 0,
      "MISSING_MATRIX_RTC_TRANSPORT", GST_RESOURCE_ERROR_NOT_FOUND},
  {GST_MATRIX_RTC_ERROR_INSUFFICIENT_CAPACITY, 503,
      "INSUFFICIENT_CAPACITY_ERROR", GST_RESOURCE_ERROR_BUSY},
  {GST_MATRIX_RTC_ERROR_INSUFFICIENT_CAPACITY, 200,
      "INSUFFICIENT_CAPACITY_ERROR", GST_RESOURCE_ERROR_BUSY},
  {GST_MATRIX_RTC_ERROR_SFU_ROOM_CREATION_RESTRICTED, 404,
      "SFU_ROOM_CREATION_RESTRICTED", GST_RESOURCE_ERROR_NOT_FOUND},
  {GST_MATRIX_RTC_ERROR_PEER_CONNECTION_TIMEOUT, 0,
      "PEER_CONNECTION_TIMEOUT", GST_RESOURCE_ERROR_OPEN_READ},
  {GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 401, "LIVEKIT_CONNECTION",
      GST_RESOURCE_ERROR_OPEN_READ},
  {GST_MATRIX_RTC_ERROR_CONNECTION_LOST, 0, "CONNECTION_LOST_ERROR",
      GST_RESOURCE_ERROR_READ},
  {GST_MATRIX_RTC_ERROR_E2EE_KEY, 0, "E2EE_KEY", GST_STREAM_ERROR_DECRYPT},
  {GST_MATRIX_RTC_ERROR_UNKNOWN, 403, "UNKNOWN_ERROR",
      GST_RESOURCE_ERROR_FAILED},
};

GST_START_TEST (test_codes)
{
  const Row *row = &rows[__i__];
  g_autoptr (GError) error =
      matrix_rtc_error_new (row->code, row->http_status, "message", "debug %d",
      7);
  GQuark domain = 0;
  gint code = -1;

  g_assert_error (error, GST_MATRIX_RTC_ERROR, (gint) row->code);
  fail_unless_equals_string (error->message, "message");
  fail_unless_equals_string (matrix_rtc_error_get_code_nick (error), row->nick);
  fail_unless_equals_int (matrix_rtc_error_get_http_status (error),
      row->http_status);
  fail_unless_equals_string (matrix_rtc_error_get_debug (error), "debug 7");
  matrix_rtc_error_to_gst (error, &domain, &code);
  fail_unless_equals_int (domain, row->code == GST_MATRIX_RTC_ERROR_E2EE_KEY ?
      GST_STREAM_ERROR : GST_RESOURCE_ERROR);
  fail_unless_equals_int (code, row->gst_code);
}

GST_END_TEST;

/* A code that is added has to be added to the table too. */
GST_START_TEST (test_all_codes)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (GST_TYPE_MATRIX_RTC_ERROR);
  guint i, j;

  for (i = 0; i < klass->n_values; i++) {
    for (j = 0; j < G_N_ELEMENTS (rows); j++) {
      if ((gint) rows[j].code == klass->values[i].value)
        break;
    }
    fail_unless (j < G_N_ELEMENTS (rows), "%s isn't tested",
        klass->values[i].value_name);
  }
}

GST_END_TEST;

GST_START_TEST (test_domain)
{
  fail_unless_equals_string (g_quark_to_string (GST_MATRIX_RTC_ERROR),
      "matrix-rtc-error-quark");
  fail_unless (GST_MATRIX_RTC_ERROR == gst_matrix_rtc_error_quark ());
}

GST_END_TEST;

GST_START_TEST (test_copy)
{
  GError *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, 403,
      "message", "%s", "debug");
  g_autoptr (GError) copy = g_error_copy (error);
  g_autoptr (GError) second = NULL;

  fail_unless (matrix_rtc_error_get_debug (copy) !=
      matrix_rtc_error_get_debug (error), "the copy shares its debug text");
  g_error_free (error);
  second = g_error_copy (copy);
  g_prefix_error (&second, "before: ");
  fail_unless_equals_int (matrix_rtc_error_get_http_status (copy), 403);
  fail_unless_equals_string (matrix_rtc_error_get_debug (copy), "debug");
  fail_unless_equals_int (matrix_rtc_error_get_http_status (second), 403);
  fail_unless_equals_string (matrix_rtc_error_get_debug (second), "debug");
  fail_unless_equals_string (second->message, "before: message");
}

GST_END_TEST;

/* As the element's last-error property hands it out. */
GST_START_TEST (test_boxed)
{
  g_autoptr (GError) error =
      matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 500,
      "message", "%s", "debug");
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) copy = G_VALUE_INIT;
  const GError *held;

  g_value_init (&value, G_TYPE_ERROR);
  g_value_init (&copy, G_TYPE_ERROR);
  g_value_set_boxed (&value, error);
  g_value_copy (&value, &copy);
  held = g_value_get_boxed (&copy);
  fail_unless (held != error, "the value holds no copy");
  fail_unless_equals_int (matrix_rtc_error_get_http_status (held), 500);
  fail_unless_equals_string (matrix_rtc_error_get_debug (held), "debug");
}

GST_END_TEST;

/* An error made without our function has nothing beside it. */
GST_START_TEST (test_plain)
{
  g_autoptr (GError) error =
      g_error_new_literal (GST_MATRIX_RTC_ERROR,
      GST_MATRIX_RTC_ERROR_CONNECTION_LOST, "message");

  fail_unless_equals_int (matrix_rtc_error_get_http_status (error), 0);
  fail_unless (matrix_rtc_error_get_debug (error) == NULL);
  fail_unless_equals_string (matrix_rtc_error_get_code_nick (error),
      "CONNECTION_LOST_ERROR");
}

GST_END_TEST;

GST_START_TEST (test_foreign)
{
  g_autoptr (GError) error =
      g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "message");
  GQuark domain = 0;
  gint code = -1;

  fail_unless_equals_int (matrix_rtc_error_get_http_status (error), 0);
  fail_unless (matrix_rtc_error_get_debug (error) == NULL);
  fail_unless_equals_string (matrix_rtc_error_get_code_nick (error),
      "UNKNOWN_ERROR");
  matrix_rtc_error_to_gst (error, &domain, &code);
  fail_unless_equals_int (domain, GST_RESOURCE_ERROR);
  fail_unless_equals_int (code, GST_RESOURCE_ERROR_FAILED);
}

GST_END_TEST;

static Suite *
error_suite (void)
{
  Suite *suite = suite_create ("error");
  TCase *tc = tcase_create ("error");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_codes, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tc, test_all_codes);
  tcase_add_test (tc, test_domain);
  tcase_add_test (tc, test_copy);
  tcase_add_test (tc, test_boxed);
  tcase_add_test (tc, test_plain);
  tcase_add_test (tc, test_foreign);
  return suite;
}

GST_CHECK_MAIN (error);
