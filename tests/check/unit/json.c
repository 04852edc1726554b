/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON from servers that we don't trust: http/json.h.
 */
#include <gio/gio.h>
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "http/json.h"

#define MAX_DEPTH 32

static JsonObject *
parse (const gchar * text)
{
  return http_json_parse_object (text, strlen (text), NULL);
}

/* @depth arrays and objects, the outermost an object. */
static gchar *
nested (const gchar * before, guint depth)
{
  GString *text = g_string_new (before);
  guint i;

  g_string_append (text, "{\"a\":");
  for (i = 1; i < depth; i++)
    g_string_append_c (text, '[');
  g_string_append_c (text, '1');
  for (i = 1; i < depth; i++)
    g_string_append_c (text, ']');
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

GST_START_TEST (test_depth)
{
  static const guint depths[] = { 1, MAX_DEPTH, MAX_DEPTH + 1, 1000000 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (depths); i++) {
    g_autofree gchar *text = nested ("", depths[i]);
    g_autoptr (JsonObject) object = parse (text);

    fail_unless_equals_int (object != NULL, depths[i] <= MAX_DEPTH);
  }
}

GST_END_TEST;

/* What json-glib skips, or takes for a string, mustn't hide depth from us. */
static const gchar *const hidings[] = {
  "/*\"*/", "// \"\n", "# \"\n", "{\"b\":\"\\\"\",\"c\":", "{'\"':",
  "{\"b\":'\"',\"c\":", "{\"b\":\"\",\"c\":", "{\"b\":'\\'\"',\"c\":",
  "/* \\*/",
};

GST_START_TEST (test_depth_hidden)
{
  g_autofree gchar *text = nested (hidings[__i__], 1000000);
  g_autoptr (JsonObject) object = parse (text);

  fail_unless (object == NULL, "taken after %s", hidings[__i__]);
}

GST_END_TEST;

/* Brackets in strings are no depth. */
GST_START_TEST (test_depth_in_string)
{
  g_autofree gchar *brackets = g_strnfill (100, '[');
  g_autofree gchar *text =
      g_strdup_printf ("{\"a\":\"\\\"%s\",\"b\":\"\\\\\",\"c\":1}", brackets);
  g_autoptr (JsonObject) object = parse (text);
  gint64 value = 0;

  fail_unless (object != NULL, "%s was refused", text);
  fail_unless_equals_int (strlen (http_json_get_string (object, "a")), 101);
  fail_unless_equals_string (http_json_get_string (object, "b"), "\\");
  fail_unless (http_json_get_int (object, "c", &value));
  fail_unless_equals_int64 (value, 1);
}

GST_END_TEST;

typedef struct
{
  const gchar *data;
  gsize length;
} Refused;

#define TEXT(text) {text, sizeof (text) - 1}
static const Refused refused[] = {
  TEXT (""), TEXT (" "), TEXT ("null"), TEXT ("[]"), TEXT ("\"a\""),
  TEXT ("1"), TEXT ("{"), TEXT ("}"), TEXT ("{\"a\""), TEXT ("{\"a\":}"),
  TEXT ("{\"a\":1"), TEXT ("{\"a\":1}}"), TEXT ("{\"a\":\"b}"),
  TEXT ("{\"a\":\"\\"), TEXT ("<html></html>"), TEXT ("{a:1}"),
  TEXT ("{\"a\":1}\0"), TEXT ("\0{\"a\":1}"), TEXT ("{\"a\":\"b\0c\"}"),
  TEXT ("{\"a\":\"\xff\"}"), TEXT ("{\"a\":\"\xc3\"}"),
  TEXT ("{\"\xed\xa0\x80\":1}"), TEXT ("\xc0\xbb{}"), TEXT ("{}{}"),
  TEXT ("{} {}"), TEXT ("{}[]"), TEXT ("{}1"), TEXT ("{},{}"), TEXT ("[]{}"),
  TEXT ("1{}"), TEXT ("\"a\"{}"), TEXT ("var a={}"), TEXT ("}{}"), TEXT ("{]"),
};

GST_START_TEST (test_refused)
{
  const Refused *row = &refused[__i__];
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) object =
      http_json_parse_object (row->data, row->length, &error);

  fail_unless (object == NULL, "\"%s\" was taken", row->data);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  fail_unless (strlen (row->data) < 5
      || strstr (error->message, row->data) == NULL,
      "the error quotes the data: %s", error->message);
}

GST_END_TEST;

/* Only as many bytes are read as there are. */
GST_START_TEST (test_length)
{
  g_autofree gchar *data = g_memdup2 ("{\"a\":1}", 7);
  g_autoptr (JsonObject) object = http_json_parse_object (data, 7, NULL);

  fail_unless (object != NULL, "seven bytes were refused");
}

GST_END_TEST;

GST_START_TEST (test_space_around)
{
  g_autoptr (JsonObject) object = parse (" \t\r\n{\"a\":[1]}\n \r\t");

  fail_unless (object != NULL, "space around the object was refused");
}

GST_END_TEST;

static const gchar *const surrogates[] = {
  "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800x\\udc00\"}",
  "{\"a\":\"\\udc00\\ud800\"}", "{\"a\":\"x\\ud800y\"}",
  "{\"a\":\"x\\udc00y\"}",
};

/* Escapes can say what UTF-8 can't. */
GST_START_TEST (test_surrogates)
{
  g_autoptr (JsonObject) object = parse (surrogates[__i__]);
  const gchar *value =
      object == NULL ? NULL : http_json_get_string (object, "a");

  fail_unless (value == NULL || g_utf8_validate (value, -1, NULL),
      "%s gave a string that is no UTF-8", surrogates[__i__]);
}

GST_END_TEST;

GST_START_TEST (test_surrogate_pair)
{
  g_autoptr (JsonObject) object = parse ("{\"a\":\"\\ud83d\\ude00\"}");

  fail_unless (object != NULL, "a pair was refused");
  fail_unless_equals_string (http_json_get_string (object, "a"),
      "\xf0\x9f\x98\x80");
}

GST_END_TEST;

typedef struct
{
  const gchar *member;
  gboolean is_string;
  gboolean is_int;
  gboolean is_object;
} Typed;

static const gchar typed_text[] = "{\"string\":\"1\",\"empty\":\"\",\"int\":1,"
    "\"double\":1.0,\"exponent\":1e3,\"true\":true,\"null\":null,"
    "\"array\":[1],\"object\":{\"a\":1}}";

static const Typed typed[] = {
  {"string", TRUE, FALSE, FALSE}, {"empty", TRUE, FALSE, FALSE},
  {"int", FALSE, TRUE, FALSE}, {"double", FALSE, FALSE, FALSE},
  {"exponent", FALSE, FALSE, FALSE}, {"true", FALSE, FALSE, FALSE},
  {"null", FALSE, FALSE, FALSE}, {"array", FALSE, FALSE, FALSE},
  {"object", FALSE, FALSE, TRUE}, {"absent", FALSE, FALSE, FALSE},
  {"", FALSE, FALSE, FALSE},
};

GST_START_TEST (test_types)
{
  const Typed *row = &typed[__i__];
  g_autoptr (JsonObject) object = parse (typed_text);
  gint64 value = -7;

  fail_unless (object != NULL, "the text was refused");
  fail_unless_equals_int (http_json_get_string (object, row->member) != NULL,
      row->is_string);
  fail_unless_equals_int (http_json_get_object (object, row->member) != NULL,
      row->is_object);
  fail_unless_equals_int (http_json_get_int (object, row->member, &value),
      row->is_int);
  fail_unless_equals_int64 (value, row->is_int ? 1 : -7);
}

GST_END_TEST;

GST_START_TEST (test_int_limits)
{
  g_autoptr (JsonObject) object = parse ("{\"max\":9223372036854775807,"
      "\"negative\":-5,\"zero\":0}");
  gint64 value;

  fail_unless (http_json_get_int (object, "max", &value));
  fail_unless_equals_int64 (value, G_MAXINT64);
  fail_unless (http_json_get_int (object, "negative", &value));
  fail_unless_equals_int64 (value, -5);
  fail_unless (http_json_get_int (object, "zero", &value));
  fail_unless_equals_int64 (value, 0);
}

GST_END_TEST;

GST_START_TEST (test_to_string)
{
  static const gchar text[] = "{\"a\":\"\\\"\\\\\\n\xc3\xa9\",\"b\":[1,{}]}";
  g_autoptr (JsonObject) object = parse (text);
  g_autofree gchar *again = NULL;

  fail_unless (object != NULL, "%s was refused", text);
  again = http_json_to_string (object);
  fail_unless_equals_string (again, text);
}

GST_END_TEST;

static Suite *
json_suite (void)
{
  Suite *suite = suite_create ("json");
  TCase *tc = tcase_create ("json");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_depth);
  tcase_add_loop_test (tc, test_depth_hidden, 0, G_N_ELEMENTS (hidings));
  tcase_add_test (tc, test_depth_in_string);
  tcase_add_loop_test (tc, test_refused, 0, G_N_ELEMENTS (refused));
  tcase_add_test (tc, test_length);
  tcase_add_test (tc, test_space_around);
  tcase_add_loop_test (tc, test_surrogates, 0, G_N_ELEMENTS (surrogates));
  tcase_add_test (tc, test_surrogate_pair);
  tcase_add_loop_test (tc, test_types, 0, G_N_ELEMENTS (typed));
  tcase_add_test (tc, test_int_limits);
  tcase_add_test (tc, test_to_string);
  return suite;
}

GST_CHECK_MAIN (json);
