/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LiveKit identities: matrix/identity.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "matrix/identity.h"

typedef struct
{
  const gchar *identity;
  const gchar *user_id;         /* NULL: nothing can be read out */
  const gchar *device_id;
} Row;

static const Row rows[] = {
  {"@bob:example.org:ABCDEFGHIJ", "@bob:example.org", "ABCDEFGHIJ"},
  {"@bob:example.org:8448:ABCDEFGHIJ", "@bob:example.org:8448", "ABCDEFGHIJ"},
  {"@bob:[2001:db8::1]:8448:DEV", "@bob:[2001:db8::1]:8448", "DEV"},
  {"@b=40x/+_.-:example.org:a b/+", "@b=40x/+_.-:example.org", "a b/+"},
  {"@\xc3\xa9:example.org:DEV", "@\xc3\xa9:example.org", "DEV"},
  /* A request to /sfu/get without a device. */
  {"@bob:example.org:", "@bob:example.org", ""},
  /* The hash of /get_token. */
  {"3xz9LLOnWGQJJUjGtSVvsJjURKYT7HP0//37HQ0a+dY", NULL, NULL},
  {"@bob:example.org", NULL, NULL},
  {"@bob", NULL, NULL},
  {"bob:example.org:DEV", NULL, NULL},
  {" @bob:example.org:DEV", NULL, NULL},
  {"@:example.org:DEV", NULL, NULL},
  {"@bob::DEV", NULL, NULL},
  {"@::", NULL, NULL},
  {"@", NULL, NULL},
  {":", NULL, NULL},
  {"", NULL, NULL},
};

GST_START_TEST (test_rows)
{
  const Row *row = &rows[__i__];
  g_autofree gchar *user_id = NULL;
  g_autofree gchar *device_id = NULL;
  gboolean known = matrix_identity_parse (row->identity, &user_id, &device_id);

  fail_unless (known == (row->user_id != NULL), "\"%s\" gave %d",
      row->identity, known);
  fail_unless_equals_string (user_id, row->user_id);
  fail_unless_equals_string (device_id, row->device_id);
}

GST_END_TEST;

static Suite *
identity_suite (void)
{
  Suite *suite = suite_create ("identity");
  TCase *tc = tcase_create ("identity");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_rows, 0, G_N_ELEMENTS (rows));
  return suite;
}

GST_CHECK_MAIN (identity);
