/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Server names and what their well-known files tell: matrix/wellknown.h.
 */
#include <string.h>
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "http/json.h"
#include "matrix/wellknown.h"

typedef struct
{
  const gchar *name;
  const gchar *url;             /* NULL: it's no server name */
} Name;

static const Name names[] = {
  {"example.org", "https://example.org"},
  {"example.org:8448", "https://example.org:8448"},
  {"127.0.0.1:65535", "https://127.0.0.1:65535"},
  {"[2001:db8::1]", "https://[2001:db8::1]"},
  {"[::ffff:1.2.3.4]:443", "https://[::ffff:1.2.3.4]:443"},
  {""}, {":"}, {":443"}, {"example.org:"}, {"example.org:65536"},
  {"example.org:999999"}, {"example.org:4 3"}, {"example.org:-1"},
  {"example.org:1:2"}, {"example.org/path"}, {"example.org?a=b"},
  {"example.org#a"}, {"user@example.org"}, {"example.org\\@b"},
  {"example.org%2f"}, {"example.org\r\n"}, {" example.org"}, {"a b"},
  {"ex\xc3\xa4mple.org"}, {"[]"}, {"[::1"}, {"[::1]x"}, {"[::1]]"},
  {"[::1%25lo]"}, {"[a.example]"}, {"::1"},
};

GST_START_TEST (test_names)
{
  g_autofree gchar *url = matrix_server_name_to_url (names[__i__].name);

  fail_unless_equals_string (url, names[__i__].url);
}

GST_END_TEST;

GST_START_TEST (test_long_name)
{
  g_autofree gchar *longest = g_strnfill (255, 'a');
  g_autofree gchar *longer = g_strnfill (256, 'a');
  g_autofree gchar *url = matrix_server_name_to_url (longest);

  fail_unless (url != NULL);
  fail_unless (matrix_server_name_to_url (longer) == NULL);
}

GST_END_TEST;

GST_START_TEST (test_choice)
{
  fail_unless_equals_string (matrix_server_name_choose ("@a:b.c:1", "!r:d"),
      "b.c:1");
  fail_unless_equals_string (matrix_server_name_choose (NULL, "!r:d"), "d");
  fail_unless_equals_string (matrix_server_name_choose (NULL, "#r:d:2"), "d:2");
  fail_unless (matrix_server_name_choose (NULL, "!hash") == NULL);
  /* Where the room is doesn't say where a user without a server is. */
  fail_unless (matrix_server_name_choose ("@a", "!r:d") == NULL);
}

GST_END_TEST;

typedef struct
{
  const gchar *file;
  const gchar *homeserver;      /* NULL: refused */
  const gchar *service_url;     /* NULL: none */
} File;

#define BASE(url) "{\"m.homeserver\":{\"base_url\":" url "}}"
#define FOCI(list) "{\"org.matrix.msc4143.rtc_foci\":" list "}"

static const File files[] = {
  {BASE ("\"https://matrix.example.org\""), "https://matrix.example.org"},
  {BASE ("\"https://example.org/_base/\""), "https://example.org/_base/"},
  {BASE ("\"http://127.0.0.1:8008\""), "http://127.0.0.1:8008"},
  /* The token would go there in clear. */
  {BASE ("\"http://matrix.example.org\"")},
  {BASE ("\"ftp://matrix.example.org\"")}, {BASE ("\"matrix.example.org\"")},
  {BASE ("\"https://a:b@example.org\"")}, {BASE ("\"\"")}, {BASE ("7")},
  {BASE ("null")}, {BASE ("{}")}, {BASE ("[\"https://example.org\"]")},
  {"{\"m.homeserver\":\"https://example.org\"}"},
  {"{\"m.homeserver\":[]}"}, {"{\"m.identity_server\":{\"base_url\":"
        "\"https://example.org\"}}"}, {"{}"},
  {FOCI ("[{\"type\":\"livekit\",\"livekit_service_url\":\"https://a.b/c\"}]"),
      NULL, "https://a.b/c"},
  {FOCI ("[{\"type\":\"other\"}]")}, {FOCI ("{}")}, {FOCI ("7")},
};

GST_START_TEST (test_files)
{
  const File *file = &files[__i__];
  g_autoptr (JsonObject) object =
      http_json_parse_object (file->file, strlen (file->file), NULL);
  const gchar *reason = NULL;

  fail_unless (object != NULL, "%s can't be parsed", file->file);
  fail_unless_equals_string (matrix_well_known_get_homeserver (object,
          &reason), file->homeserver);
  fail_unless ((reason == NULL) == (file->homeserver != NULL));
  fail_unless_equals_string (matrix_well_known_get_service_url (object),
      file->service_url);
}

GST_END_TEST;

static Suite *
wellknown_suite (void)
{
  Suite *suite = suite_create ("wellknown");
  TCase *tc = tcase_create ("wellknown");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_names, 0, G_N_ELEMENTS (names));
  tcase_add_test (tc, test_long_name);
  tcase_add_test (tc, test_choice);
  tcase_add_loop_test (tc, test_files, 0, G_N_ELEMENTS (files));
  return suite;
}

GST_CHECK_MAIN (wellknown);
