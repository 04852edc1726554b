/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rooms by their names: matrix/roomalias.h.
 */
#include <string.h>
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "http/json.h"
#include "matrix/roomalias.h"

#define JOIN "/_matrix/client/v3/join/"

GST_START_TEST (test_paths)
{
  g_autofree gchar *alias =
      matrix_room_alias_make_path ("#a/b?c%:ex\xc3\xa4mple.org:1");

  fail_unless (matrix_room_is_alias ("#a:b"));
  fail_if (matrix_room_is_alias ("!a:b"));
  fail_if (matrix_room_is_alias (""));
  fail_unless_equals_string (alias, "/_matrix/client/v3/directory/room/"
      "%23a%2Fb%3Fc%25%3Aex%C3%A4mple.org%3A1");
}

GST_END_TEST;

typedef struct
{
  const gchar *room_id;
  const gchar *servers[3];
  const gchar *path;
} Join;

static const Join joins[] = {
  {"!a:b", {"c", "d:1"},
      JOIN "%21a%3Ab?server_name=c&via=c&server_name=d%3A1&via=d%3A1"},
  {"!a:b", {"c&x=y"}, JOIN "%21a%3Ab?server_name=c%26x%3Dy&via=c%26x%3Dy"},
  {"!a/../b", {NULL}, JOIN "%21a%2F..%2Fb"},
};

GST_START_TEST (test_joins)
{
  g_autofree gchar *path = matrix_room_make_join_path (joins[__i__].room_id,
      joins[__i__].servers);

  fail_unless_equals_string (path, joins[__i__].path);
}

GST_END_TEST;

/* The server in the room's own id, if it has one. */
GST_START_TEST (test_join_by_id)
{
  g_autofree gchar *with = matrix_room_make_join_path ("!a:b:1", NULL);
  g_autofree gchar *without = matrix_room_make_join_path ("!hash", NULL);

  fail_unless_equals_string (with,
      JOIN "%21a%3Ab%3A1?server_name=b%3A1&via=b%3A1");
  fail_unless_equals_string (without, JOIN "%21hash");
}

GST_END_TEST;

typedef struct
{
  const gchar *reply;
  const gchar *room_id;         /* NULL: refused */
  const gchar *servers;         /* joined by spaces */
} Reply;

static const Reply replies[] = {
  {"{\"room_id\":\"!a:b\",\"servers\":[\"b\",\"c:1\"]}", "!a:b", "b c:1"},
  {"{\"room_id\":\"!hash\"}", "!hash", ""},
  {"{\"room_id\":\"!a:b\",\"servers\":{}}", "!a:b", ""},
  {"{\"room_id\":\"!a:b\",\"servers\":\"b\"}", "!a:b", ""},
  {"{\"room_id\":\"!a:b\",\"servers\":[7,null,{},[],\"\",\"a/b\","
        "\"c\"]}", "!a:b", "c"},
  {"{\"room_id\":\"!a:b\",\"servers\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]}",
      "!a:b", "1 2 3 4 5"},
  {"{\"room_id\":\"#a:b\"}"}, {"{\"room_id\":\"!\"}"}, {"{\"room_id\":\"\"}"},
  {"{\"room_id\":7}"}, {"{\"room_id\":null}"}, {"{\"room_id\":[\"!a:b\"]}"},
  {"{\"servers\":[\"b\"]}"}, {"{}"},
};

GST_START_TEST (test_replies)
{
  const Reply *reply = &replies[__i__];
  g_autoptr (JsonObject) object =
      http_json_parse_object (reply->reply, strlen (reply->reply), NULL);
  g_auto (GStrv) servers = NULL;
  g_autofree gchar *room_id = NULL;
  g_autofree gchar *joined = NULL;

  fail_unless (object != NULL, "%s can't be parsed", reply->reply);
  room_id = matrix_room_alias_read (object, &servers);
  fail_unless_equals_string (room_id, reply->room_id);
  fail_unless ((servers == NULL) == (room_id == NULL));
  if (servers != NULL)
    joined = g_strjoinv (" ", servers);
  fail_unless_equals_string (joined, reply->servers);
}

GST_END_TEST;

static Suite *
roomalias_suite (void)
{
  Suite *suite = suite_create ("roomalias");
  TCase *tc = tcase_create ("roomalias");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_paths);
  tcase_add_loop_test (tc, test_joins, 0, G_N_ELEMENTS (joins));
  tcase_add_test (tc, test_join_by_id);
  tcase_add_loop_test (tc, test_replies, 0, G_N_ELEMENTS (replies));
  return suite;
}

GST_CHECK_MAIN (roomalias);
