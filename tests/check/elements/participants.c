/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What participants tell of themselves, against the embedded call.
 */
#include "fixture.h"

#define ANA "@ana:testcall.example:ANADEVICE"
#define BEN "@ben:testcall.example:BENDEVICE"
#define JOINED "matrixrtc-participant-joined"
#define UPDATED "matrixrtc-participant-updated"
#define LEFT "matrixrtc-participant-left"

static void
start (void)
{
  receiver_go_direct (receiver);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
}

static void
start_with_ana (void)
{
  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  start ();
}

static GstStructure *
wait_for (const gchar * name)
{
  GstStructure *message = receiver_wait_for_message (receiver, name);

  fail_unless (message != NULL, "no %s", name);
  return message;
}

/* "key=value" of each attribute. */
static gchar *
describe_attributes (const GstStructure * participant)
{
  const GValue *list = gst_structure_get_value (participant, "attributes");
  GString *text = g_string_new (NULL);
  guint i;

  fail_unless (GST_VALUE_HOLDS_LIST (list));
  for (i = 0; i < gst_value_list_get_size (list); i++) {
    const GstStructure *attribute =
        gst_value_get_structure (gst_value_list_get_value (list, i));

    g_string_append_printf (text, "%s%s=%s", i == 0 ? "" : ", ",
        gst_structure_get_string (attribute, "key"),
        gst_structure_get_string (attribute, "value"));
  }
  return g_string_free (text, FALSE);
}

static void
check (const GstStructure * participant, const gchar * name,
    const gchar * metadata, const gchar * attributes)
{
  g_autofree gchar *told = describe_attributes (participant);

  fail_unless_equals_string (gst_structure_get_string (participant, "identity"),
      ANA);
  fail_unless_equals_string (gst_structure_get_string (participant, "name"),
      name);
  fail_unless_equals_string (gst_structure_get_string (participant, "metadata"),
      metadata);
  fail_unless_equals_string (told, attributes);
}

static void
check_property (const gchar * name, const gchar * metadata,
    const gchar * attributes)
{
  g_autoptr (GstStructure) snapshot = NULL;
  const GValue *list;

  g_object_get (receiver_get_src (receiver), "participants", &snapshot, NULL);
  list = gst_structure_get_value (snapshot, "participants");
  fail_unless_equals_int (gst_value_list_get_size (list), 1);
  check (gst_value_get_structure (gst_value_list_get_value (list, 0)), name,
      metadata, attributes);
}

GST_START_TEST (test_joined)
{
  g_autoptr (GstStructure) joined = NULL;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  testcall_set_metadata (call, "ana", "{\"hand\":true}");
  testcall_set_attribute (call, "ana", "two words", "");
  testcall_set_attribute (call, "ana", "lk.publish_on_behalf",
      "\xf0\x9f\x98\x80");
  receiver_go_direct (receiver);
  receiver_play (receiver);
  joined = wait_for (JOINED);
  check (joined, "ana", "{\"hand\":true}",
      "lk.publish_on_behalf=\xf0\x9f\x98\x80, two words=");
  check_property ("ana", "{\"hand\":true}",
      "lk.publish_on_behalf=\xf0\x9f\x98\x80, two words=");
  fixture_teardown ();
}

GST_END_TEST;

static gboolean
has_name (GPtrArray * pads, gpointer name)
{
  g_autofree gchar *told = NULL;

  if (pads->len == 0)
    return FALSE;
  g_object_get (((ReceiverPad *) g_ptr_array_index (pads, 0))->pad,
      "participant-name", &told, NULL);
  return g_strcmp0 (told, name) == 0;
}

/* Each of the changes is told. */
GST_START_TEST (test_updated)
{
  g_autoptr (GstStructure) renamed = NULL;
  g_autoptr (GstStructure) described = NULL;
  g_autoptr (GstStructure) attributed = NULL;
  g_autoptr (GstStructure) cleared = NULL;
  g_autofree gchar *sid = NULL;

  start_with_ana ();
  sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  fail_unless (receiver_wait_for_track (receiver, sid) != NULL);
  testcall_set_display_name (call, "ana", "Ana B.");
  renamed = wait_for (UPDATED);
  check (renamed, "Ana B.", "", "");
  fail_unless (receiver_wait_until (receiver, has_name, (gpointer) "Ana B."));
  testcall_set_metadata (call, "ana", "on the phone");
  described = wait_for (UPDATED);
  check (described, "Ana B.", "on the phone", "");
  testcall_set_attribute (call, "ana", "hand", "up");
  attributed = wait_for (UPDATED);
  check (attributed, "Ana B.", "on the phone", "hand=up");
  check_property ("Ana B.", "on the phone", "hand=up");
  testcall_set_attribute (call, "ana", "hand", NULL);
  testcall_set_metadata (call, "ana", "");
  do {
    g_clear_pointer (&cleared, gst_structure_free);
    cleared = wait_for (UPDATED);
  } while (*gst_structure_get_string (cleared, "metadata") != '\0');
  check (cleared, "Ana B.", "", "");
  fixture_teardown ();
}

GST_END_TEST;

/* However often somebody changes something; at last as it is. */
GST_START_TEST (test_rate)
{
  const guint n_sent = 1000;
  g_autofree gchar *last = g_strdup_printf ("%u", n_sent);
  guint n_told = 0;
  gint64 begin, end;
  gboolean is_last = FALSE;
  guint i;

  start_with_ana ();
  begin = g_get_monotonic_time ();
  for (i = 1; i <= n_sent; i++) {
    g_autofree gchar *metadata = g_strdup_printf ("%u", i);

    testcall_set_metadata (call, "ana", metadata);
  }
  while (!is_last) {
    g_autoptr (GstStructure) message = wait_for (UPDATED);

    n_told++;
    is_last = g_strcmp0 (gst_structure_get_string (message, "metadata"),
        last) == 0;
  }
  end = g_get_monotonic_time ();
  fail_unless (n_told <= 2 + (end - begin) / 250000, "%u messages in %d ms",
      n_told, (gint) ((end - begin) / 1000));
  fixture_teardown ();
}

GST_END_TEST;

static void
on_notify (GObject * src, GParamSpec * pspec, gint * n_told)
{
  g_atomic_int_inc (n_told);
}

/* Nor are those who watch the property told more often. */
GST_START_TEST (test_notifications)
{
  gint n_told = 0;
  guint n_messages = 0;
  guint i;

  start_with_ana ();
  g_signal_connect (receiver_get_src (receiver), "notify::participants",
      G_CALLBACK (on_notify), &n_told);
  for (i = 0; i < 100; i++)
    testcall_set_metadata (call, "ana", i % 2 == 0 ? "even" : "odd");
  testcall_set_metadata (call, "ana", "last");
  while (TRUE) {
    g_autoptr (GstStructure) message = wait_for (UPDATED);

    n_messages++;
    if (g_str_equal (gst_structure_get_string (message, "metadata"), "last"))
      break;
  }
  fail_unless_equals_int (g_atomic_int_get (&n_told), n_messages);
  fixture_teardown ();
}

GST_END_TEST;

/* '+', '*' or '-' for @message, if it's one of @identity. */
static gchar
get_sign (GstMessage * message, const gchar * identity)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (g_strcmp0 (gst_structure_get_string (structure, "identity"), identity)
      != 0)
    return '\0';
  if (gst_structure_has_name (structure, JOINED))
    return '+';
  if (gst_structure_has_name (structure, UPDATED))
    return '*';
  return gst_structure_has_name (structure, LEFT) ? '-' : '\0';
}

/* All that is told of ben until ana is told of as @last. */
static gchar *
get_signs (const gchar * last)
{
  g_autoptr (GstBus) bus =
      gst_element_get_bus (receiver_get_pipeline (receiver));
  GString *signs = g_string_new (NULL);
  gboolean is_over = FALSE;

  while (!is_over) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
        DEADLINE_MS * GST_MSECOND, GST_MESSAGE_ELEMENT);

    fail_unless (message != NULL, "\"%s\", and no end", signs->str);
    if (get_sign (message, BEN) != '\0')
      g_string_append_c (signs, get_sign (message, BEN));
    is_over = get_sign (message, ANA) == '*'
        && g_str_equal (gst_structure_get_string (gst_message_get_structure
            (message), "name"), last);
  }
  return g_string_free (signs, FALSE);
}

/* Whoever comes and goes is told of at once, and of nothing before or after. */
GST_START_TEST (test_order)
{
  const guint n_rounds = 20;
  g_autoptr (GRegex) order = g_regex_new ("^(\\+\\**-)*$", 0, 0, NULL);
  g_autofree gchar *signs = NULL;
  g_autofree gchar *late_signs = NULL;
  guint n_left = 0;
  guint i, j;

  start_with_ana ();
  for (i = 0; i < n_rounds; i++) {
    testcall_join (call, "ben", 0, TESTCALL_VP8);
    for (j = 0; j < 5; j++)
      testcall_set_metadata (call, "ben", j % 2 == 0 ? "even" : "odd");
    testcall_leave (call, "ben");
  }
  testcall_set_display_name (call, "ana", "almost over");
  signs = get_signs ("almost over");
  /* With this all is told that waited with the one before. */
  testcall_set_display_name (call, "ana", "over");
  late_signs = get_signs ("over");
  fail_unless_equals_string (late_signs, "");
  fail_unless (g_regex_match (order, signs, 0, NULL), "\"%s\"", signs);
  for (i = 0; signs[i] != '\0'; i++)
    n_left += signs[i] == '-';
  fail_unless_equals_int (n_left, n_rounds);
  fixture_teardown ();
}

GST_END_TEST;

static void
on_muted (GObject * pad, GParamSpec * pspec, GString * told)
{
  gboolean muted;

  g_object_get (pad, "muted", &muted, NULL);
  g_string_append_c (told, muted ? 'm' : 'u');
}

/* Pads aren't made to wait: between two messages they are told of each change. */
GST_START_TEST (test_pads_at_once)
{
  g_autofree gchar *sid = NULL;
  g_autoptr (GString) told = g_string_new (NULL);
  ReceiverPad *pad;
  guint i;

  start_with_ana ();
  sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  pad = receiver_wait_for_track (receiver, sid);
  fail_unless (pad != NULL);
  g_signal_connect (pad->pad, "notify::muted", G_CALLBACK (on_muted), told);
  for (i = 0; i < 4; i++)
    testcall_set_muted (call, "ana", TESTCALL_AUDIO, i % 2 == 0);
  testcall_set_metadata (call, "ana", "done");
  while (TRUE) {
    g_autoptr (GstStructure) message = wait_for (UPDATED);

    if (g_str_equal (gst_structure_get_string (message, "metadata"), "done"))
      break;
  }
  fail_unless_equals_string (told->str, "mumu");
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
participants_suite (void)
{
  Suite *suite = suite_create ("participants");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_test (tc, test_joined);
  tcase_add_test (tc, test_updated);
  tcase_add_test (tc, test_rate);
  tcase_add_test (tc, test_notifications);
  tcase_add_test (tc, test_order);
  tcase_add_test (tc, test_pads_at_once);
  return suite;
}

GST_CHECK_MAIN (participants);
