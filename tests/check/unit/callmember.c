/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is in a call by the room's state: matrix/callmember.h.
 */
#include <string.h>
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "http/json.h"
#include "matrix/callmember.h"

#define SLOT "m.call#ROOM"
#define NOW G_GINT64_CONSTANT (1766000000000)
#define HOUR (60 * 60 * 1000)

#define APPLICATION "\"application\":\"m.call\",\"call_id\":\"\""
#define DEVICE "\"device_id\":\"DEV\""
#define FOCUS "\"focus_active\":{\"type\":\"livekit\"," \
    "\"focus_selection\":\"multi_sfu\"}"
#define FOCI "\"foci_preferred\":[{\"type\":\"livekit\"," \
    "\"livekit_service_url\":\"https://a.example\"}]"
#define GOOD APPLICATION "," DEVICE "," FOCUS "," FOCI

typedef struct
{
  const gchar *content;         /* without its braces */
  gint64 created_at;            /* -1: refused */
  gint64 lifetime;
  const gchar *service_url;
} Row;

#define SENT 1000               /* origin_server_ts */
#define FOUR_HOURS (4 * HOUR)
#define REFUSED -1, 0, NULL

static const Row rows[] = {
  {GOOD, SENT, FOUR_HOURS, "https://a.example"},
  {GOOD ",\"created_ts\":7,\"expires\":9,\"scope\":\"m.room\"", 7, 9,
      "https://a.example"},
  {GOOD ",\"created_ts\":7.0,\"expires\":9.5", 7, 9, "https://a.example"},
  {GOOD ",\"expires\":0", SENT, 0, "https://a.example"},
  {"\"application\":\"m.call\",\"call_id\":\"ROOM\"," DEVICE "," FOCUS, SENT,
      FOUR_HOURS, NULL},
  {APPLICATION "," DEVICE ",\"focus_active\":{\"type\":\"livekit\","
        "\"focus_selection\":\"oldest_membership\"}," FOCI, SENT, FOUR_HOURS,
      "https://a.example"},
  /* Members all the same, but where they publish isn't told. */
  {APPLICATION "," DEVICE ",\"focus_active\":{\"type\":\"livekit\"}," FOCI,
      SENT, FOUR_HOURS, NULL},
  {APPLICATION "," DEVICE ",\"focus_active\":{\"type\":\"livekit\","
        "\"focus_selection\":\"other\"}," FOCI, SENT, FOUR_HOURS, NULL},
  {APPLICATION "," DEVICE "," FOCUS ",\"foci_preferred\":7", SENT, FOUR_HOURS,
      NULL},
  {APPLICATION "," DEVICE "," FOCUS ",\"foci_preferred\":[7,{}]", SENT,
      FOUR_HOURS, NULL},
  /* Somebody has left, or it's of another time, call or application. */
  {"", REFUSED}, {"\"memberships\":[{" GOOD "}]", REFUSED},
  {"\"application\":\"m.call\",\"call_id\":\"x\"," DEVICE "," FOCUS, REFUSED},
  {"\"application\":\"m.game\",\"call_id\":\"\"," DEVICE "," FOCUS, REFUSED},
  {"\"call_id\":\"\"," DEVICE "," FOCUS, REFUSED},
  {"\"application\":\"m.call\"," DEVICE "," FOCUS, REFUSED},
  {"\"application\":{\"type\":\"m.call\"},\"call_id\":\"\"," DEVICE "," FOCUS,
      REFUSED},
  {APPLICATION "," FOCUS, REFUSED}, {APPLICATION "," DEVICE, REFUSED},
  {APPLICATION ",\"device_id\":7," FOCUS, REFUSED},
  {APPLICATION ",\"device_id\":\"\"," FOCUS, REFUSED},
  {APPLICATION "," DEVICE ",\"focus_active\":\"livekit\"", REFUSED},
  {APPLICATION "," DEVICE ",\"focus_active\":{\"type\":7}", REFUSED},
  {GOOD ",\"expires\":\"9\"", REFUSED}, {GOOD ",\"expires\":-1", REFUSED},
  {GOOD ",\"expires\":null", REFUSED}, {GOOD ",\"expires\":1e300", REFUSED},
  {GOOD ",\"created_ts\":[]", REFUSED}, {GOOD ",\"created_ts\":-5", REFUSED},
  {GOOD ",\"created_ts\":9223372036854775807", REFUSED},
  {GOOD ",\"expires\":9223372036854775807", REFUSED},
};

static MatrixCallMember *
read_event (const gchar * format, const gchar * content)
{
  g_auto (GStrv) parts = g_strsplit (format, "%s", -1);
  g_autofree gchar *text = g_strjoinv (content, parts);
  g_autoptr (JsonObject) event =
      http_json_parse_object (text, strlen (text), NULL);

  fail_unless (event != NULL, "%s can't be parsed", text);
  return matrix_call_member_new (event, SLOT);
}

#define EVENT "{\"type\":\"org.matrix.msc3401.call.member\",\"sender\":" \
    "\"@a:b\",\"state_key\":\"x\",\"origin_server_ts\":1000,\"content\":{%s}}"

GST_START_TEST (test_contents)
{
  const Row *row = &rows[__i__];
  g_autoptr (MatrixCallMember) member = read_event (EVENT, row->content);

  if (row->created_at < 0) {
    fail_unless (member == NULL, "%s is a member", row->content);
    return;
  }
  fail_unless (member != NULL, "%s is no member", row->content);
  fail_unless_equals_string (member->user_id, "@a:b");
  fail_unless_equals_string (member->device_id, "DEV");
  fail_unless_equals_int64 (member->created_at, row->created_at);
  fail_unless_equals_int64 (member->expires_at,
      row->created_at + row->lifetime);
  fail_unless_equals_string (member->service_url, row->service_url);
}

GST_END_TEST;

static const gchar *const bad_events[] = {
  "{\"type\":\"m.other\",\"sender\":\"@a:b\",\"origin_server_ts\":1,"
      "\"content\":{%s}}",
  "{\"sender\":\"@a:b\",\"origin_server_ts\":1,\"content\":{%s}}",
  "{\"type\":\"org.matrix.msc3401.call.member\",\"sender\":7,"
      "\"origin_server_ts\":1,\"content\":{%s}}",
  "{\"type\":\"org.matrix.msc3401.call.member\",\"sender\":\"a:b\","
      "\"origin_server_ts\":1,\"content\":{%s}}",
  "{\"type\":\"org.matrix.msc3401.call.member\",\"origin_server_ts\":1,"
      "\"content\":{%s}}",
  "{\"type\":\"org.matrix.msc3401.call.member\",\"sender\":\"@a:b\","
      "\"content\":{%s}}",
  "{\"type\":\"org.matrix.msc3401.call.member\",\"sender\":\"@a:b\","
      "\"origin_server_ts\":\"1\",\"content\":{%s}}",
  "{\"type\":\"org.matrix.msc3401.call.member\",\"sender\":\"@a:b\","
      "\"origin_server_ts\":1,\"content\":[{%s}]}",
};

GST_START_TEST (test_bad_events)
{
  fail_unless (read_event (bad_events[__i__], GOOD) == NULL);
}

GST_END_TEST;

/* State */

static void
add_user (GString * state, const gchar * name, const gchar * membership)
{
  g_string_append_printf (state, ",{\"type\":\"m.room.member\","
      "\"state_key\":\"@%s:b\",\"content\":{\"membership\":\"%s\"}}", name,
      membership);
}

static void
add_member (GString * state, const gchar * name, gint64 created_at,
    const gchar * url)
{
  g_string_append_printf (state, ",{\"type\":\"org.matrix.msc3401.call.member\""
      ",\"sender\":\"@%s:b\",\"origin_server_ts\":%" G_GINT64_FORMAT
      ",\"content\":{" APPLICATION "," DEVICE "," FOCUS ",\"foci_preferred\":"
      "[{\"type\":\"livekit\",\"livekit_service_url\":\"%s\"}]}}", name,
      created_at, url);
}

/* "@user:server": in their order. */
static gchar *
describe (GPtrArray * members)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint i;

  for (i = 0; i < members->len; i++)
    g_string_append_printf (text, "%s ",
        ((MatrixCallMember *) g_ptr_array_index (members, i))->user_id);
  return g_strdup (text->str);
}

GST_START_TEST (test_state)
{
  g_autoptr (GString) state = g_string_new ("  [ {}");
  g_autoptr (GPtrArray) members = NULL;
  g_autofree gchar *text = NULL;

  add_user (state, "old", "join");
  add_user (state, "young", "join");
  add_user (state, "none", "join");
  add_user (state, "gone", "leave");
  add_user (state, "late", "join");
  add_member (state, "young", NOW - HOUR, "https://young.example");
  add_member (state, "old", NOW - 2 * HOUR, "https://old.example");
  add_member (state, "none", NOW - 3 * HOUR, "ftp://none.example");
  /* Not in the room any more, never in it, and expired. */
  add_member (state, "gone", NOW - 3 * HOUR, "https://gone.example");
  add_member (state, "never", NOW - 3 * HOUR, "https://never.example");
  add_member (state, "late", NOW - FOUR_HOURS, "https://late.example");
  g_string_append (state, "\n] ");
  members = matrix_call_members_read (state->str, state->len, SLOT, NOW);
  fail_unless (members != NULL);
  text = describe (members);
  fail_unless_equals_string (text, "@none:b @old:b @young:b ");
  fail_unless_equals_string (matrix_call_members_find_service_url (members),
      "https://old.example");
}

GST_END_TEST;

/* What is bad for itself spoils nothing beside it. */
static const gchar *const bad_elements[] = {
  "null", "7", "\"org.matrix.msc3401.call.member ],[ \\\" m.room.member\"",
  "[[{}],[]]", "{\"type\":\"org.matrix.msc3401.call.member\"}", "{\"type\":7}",
  "{\"a\":\"org.matrix.msc3401.call.member\",\"type\":\"m.room.member\"}",
  "{\"type\":\"m.room.member\",\"state_key\":7,\"content\":{}}",
  "{\"type\":\"m.room.member\",\"state_key\":\"@x:y\",\"content\":7}",
  "{\"m.room.member\" \"org.matrix.msc3401.call.member\"}",
  "{\"org.matrix.msc3401.call.member\":\"\xff\"}",
  "{\"org.matrix.msc3401.call.member\":/*,*/1}",
  "{\"org.matrix.msc3401.call.member\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
      "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
};

GST_START_TEST (test_bad_elements)
{
  g_autoptr (GString) state = g_string_new ("[");
  g_autoptr (GPtrArray) members = NULL;
  g_autofree gchar *text = NULL;

  g_string_append (state, bad_elements[__i__]);
  add_member (state, "good", NOW, "https://a.example");
  g_string_append_printf (state, ",%s", bad_elements[__i__]);
  add_user (state, "good", "join");
  g_string_append (state, "]");
  members = matrix_call_members_read (state->str, state->len, SLOT, NOW);
  fail_unless (members != NULL);
  text = describe (members);
  fail_unless_equals_string (text, "@good:b ");
}

GST_END_TEST;

static const gchar *const no_arrays[] = {
  "", " ", "{}", "null", "7", "[", "[{}", "[{},", "[\"]", "[\"\\", "[{]", "]",
};

GST_START_TEST (test_no_array)
{
  fail_unless (matrix_call_members_read (no_arrays[__i__],
          strlen (no_arrays[__i__]), SLOT, NOW) == NULL);
}

GST_END_TEST;

GST_START_TEST (test_empty)
{
  g_autoptr (GPtrArray) members = matrix_call_members_read ("[]", 2, SLOT, NOW);

  fail_unless (members != NULL);
  fail_unless_equals_int (members->len, 0);
  fail_unless (matrix_call_members_find_service_url (members) == NULL);
}

GST_END_TEST;

static Suite *
callmember_suite (void)
{
  Suite *suite = suite_create ("callmember");
  TCase *tc = tcase_create ("callmember");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_contents, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tc, test_bad_events, 0, G_N_ELEMENTS (bad_events));
  tcase_add_test (tc, test_state);
  tcase_add_loop_test (tc, test_bad_elements, 0, G_N_ELEMENTS (bad_elements));
  tcase_add_loop_test (tc, test_no_array, 0, G_N_ELEMENTS (no_arrays));
  tcase_add_test (tc, test_empty);
  return suite;
}

GST_CHECK_MAIN (callmember);
