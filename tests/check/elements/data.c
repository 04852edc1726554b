/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages with what participants send as data, against the embedded call.
 */
#include <string.h>
#include "fixture.h"

#define DATA "matrixrtc-data"
#define ANA "@ana:testcall.example:ANADEVICE"
#define BEN "@ben:testcall.example:BENDEVICE"

static void
start (void)
{
  receiver_go_direct (receiver);
  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  testcall_join (call, "ben", TESTCALL_AUDIO, TESTCALL_VP8);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
}

static void
send_text (const gchar * name, const gchar * text, gboolean lossy,
    guint sequence)
{
  const TestcallData data = {.payload = text,.length = strlen (text),
    .lossy = lossy,.sequence = sequence
  };

  fail_unless (testcall_send_data (call, name, &data));
}

static GstStructure *
wait_for_data (void)
{
  GstStructure *message = receiver_wait_for_message (receiver, DATA);

  fail_unless (message != NULL, "no more data");
  fail_unless (gst_structure_has_field (message, "service-url"));
  return message;
}

static GBytes *
get_payload (const GstStructure * message)
{
  GBytes *payload;

  fail_unless (gst_structure_get (message, "payload", G_TYPE_BYTES, &payload,
          NULL));
  return payload;
}

static gboolean
has_payload (const GstStructure * message, const gchar * text)
{
  g_autoptr (GBytes) payload = get_payload (message);
  g_autoptr (GBytes) expected = g_bytes_new_static (text, strlen (text));

  return g_bytes_equal (payload, expected);
}

/* The next one that is told is this, and no other. */
static void
wait_for_text (const gchar * identity, const gchar * text)
{
  g_autoptr (GstStructure) message = wait_for_data ();

  fail_unless_equals_string (gst_structure_get_string (message, "identity"),
      identity);
  fail_unless (has_payload (message, text), "not \"%s\"", text);
}

static void
check_field (const GstStructure * message, const gchar * field,
    const gchar * expected)
{
  fail_unless_equals_string (gst_structure_get_string (message, field),
      expected);
}

GST_START_TEST (test_fields)
{
  const TestcallData data = {.topic = "ch\xc3\xa4t",.payload = "a\0b",
    .length = 3,.lossy = __i__
  };
  g_autoptr (GstStructure) message = NULL;
  g_autoptr (GBytes) payload = NULL;
  g_autofree gchar *sid = NULL;
  gboolean is_reliable;

  start ();
  sid = testcall_get_participant_sid (call, "ana");
  fail_unless (testcall_send_data (call, "ana", &data));
  message = wait_for_data ();
  check_field (message, "identity", ANA);
  check_field (message, "sid", sid);
  check_field (message, "name", "ana");
  check_field (message, "user-id", "@ana:testcall.example");
  check_field (message, "device-id", "ANADEVICE");
  check_field (message, "topic", data.topic);
  payload = get_payload (message);
  fail_unless_equals_int (g_bytes_get_size (payload), 3);
  fail_unless (memcmp (g_bytes_get_data (payload, NULL), "a\0b", 3) == 0);
  fail_unless (gst_structure_get_boolean (message, "reliable", &is_reliable));
  fail_unless_equals_int (is_reliable, !data.lossy);
  fixture_teardown ();
}

GST_END_TEST;

/* Without a sender, a topic or a payload. */
GST_START_TEST (test_nothing)
{
  g_autoptr (GstStructure) message = NULL;

  start ();
  send_text (NULL, "", FALSE, 0);
  message = wait_for_data ();
  check_field (message, "identity", "");
  check_field (message, "sid", "");
  check_field (message, "name", "");
  fail_if (gst_structure_has_field (message, "user-id"));
  fail_if (gst_structure_has_field (message, "topic"));
  fail_unless (has_payload (message, ""));
  fixture_teardown ();
}

GST_END_TEST;

/* Only of reliable ones, and of each participant for itself. */
GST_START_TEST (test_repeats)
{
  start ();
  send_text ("ana", "one", FALSE, 1);
  send_text ("ana", "two", FALSE, 2);
  send_text ("ana", "two again", FALSE, 2);
  send_text ("ana", "one again", FALSE, 1);
  send_text ("ben", "uno", FALSE, 1);
  send_text ("ana", "unnumbered", FALSE, 0);
  send_text ("ana", "five", FALSE, 5);
  wait_for_text (ANA, "one");
  wait_for_text (ANA, "two");
  wait_for_text (BEN, "uno");
  wait_for_text (ANA, "unnumbered");
  wait_for_text (ANA, "five");
  send_text ("ana", "lossy", TRUE, 5);
  wait_for_text (ANA, "lossy");
  fixture_teardown ();
}

GST_END_TEST;

/* What was told before a resume or in the session before isn't told again. */
GST_START_TEST (test_lost_connection)
{
  gboolean is_resumed = __i__;

  testcall_set_resumable (call, is_resumed);
  start ();
  send_text ("ana", "before", FALSE, 7);
  wait_for_text (ANA, "before");
  testcall_drop_sockets (call, is_resumed);
  fail_unless (receiver_wait_for_state (receiver, is_resumed ?
          "signal-reconnecting" : "reconnecting"));
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  send_text ("ana", "again", FALSE, 7);
  send_text ("ana", "after", FALSE, 8);
  wait_for_text (ANA, "after");
  fixture_teardown ();
}

GST_END_TEST;

static const gchar *const not_for_us[] = {
  "\x01",
  "\xff\xff\xff\xff\xff\xff\xff\xff",
  "\x12\x7f",                   /* a user packet longer than the message */
  "\x92\x01\x02\x08\x01",       /* an encrypted packet */
  "\x6a\x02\x0a\x01",           /* a stream's header */
};

GST_START_TEST (test_hostile)
{
  g_autofree gchar *long_topic = g_strnfill (1025, 'x');
  const TestcallData data = {.topic = long_topic,.payload = "",.length = 0 };
  guint i;

  start ();
  for (i = 0; i < G_N_ELEMENTS (not_for_us); i++)
    testcall_send_raw_data (call, FALSE, not_for_us[i], strlen (not_for_us[i]));
  fail_unless (testcall_send_data (call, "ana", &data));
  send_text ("ana", "still here", FALSE, 0);
  wait_for_text (ANA, "still here");
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

static guint64
get_n_dropped (void)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 n_dropped;

  g_object_get (receiver_get_src (receiver), "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "dropped-data", &n_dropped));
  return n_dropped;
}

/* Somebody else is heard through it all the same. */
GST_START_TEST (test_flood)
{
  const guint n_sent = 3000;
  gint64 begin, end;
  guint n_told = 0;
  guint i;

  start ();
  begin = g_get_monotonic_time ();
  for (i = 0; i < n_sent; i++)
    send_text ("ana", "blah", FALSE, 0);
  send_text ("ben", "end", FALSE, 0);
  while (TRUE) {
    g_autoptr (GstStructure) message = wait_for_data ();

    if (has_payload (message, "end"))
      break;
    n_told++;
  }
  end = g_get_monotonic_time ();
  fail_unless (n_told >= 200 && n_told <= 201 + (end - begin) / 5000,
      "%u messages in %d ms", n_told, (gint) ((end - begin) / 1000));
  fail_unless_equals_uint64 (get_n_dropped (), n_sent - n_told);
  fail_unless_equals_int (gst_element_set_state (receiver_get_pipeline
          (receiver), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_uint64 (get_n_dropped (), n_sent - n_told);
  fixture_teardown ();
}

GST_END_TEST;

#define LONG_SIZE 60000

static void
send_long (void)
{
  g_autofree gchar *payload = g_malloc0 (LONG_SIZE);
  const TestcallData data = {.payload = payload,.length = LONG_SIZE };

  fail_unless (testcall_send_data (call, "ana", &data));
}

static void
free_payload (gpointer payload)
{
  g_bytes_unref (payload);
}

/* Keeps what is told until all @n_sent that were sent are told or dropped. */
static void
keep_payloads (GPtrArray * kept, guint n_sent)
{
  g_autoptr (GstBus) bus =
      gst_element_get_bus (receiver_get_pipeline (receiver));
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000LL;

  while (kept->len + get_n_dropped () < n_sent) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (bus, 50 * GST_MSECOND, GST_MESSAGE_ELEMENT);

    if (message != NULL && gst_message_has_name (message, DATA))
      g_ptr_array_add (kept, get_payload (gst_message_get_structure (message)));
    fail_unless (g_get_monotonic_time () < deadline, "%u are told", kept->len);
  }
}

/* An application that frees nothing gets no more at last, and more again when it
 * has freed what it had. */
GST_START_TEST (test_kept_payloads)
{
  const guint n_sent = 80;
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (free_payload);
  guint i;

  start ();
  for (i = 1; i <= n_sent; i++) {
    send_long ();
    keep_payloads (kept, i);
  }
  fail_unless (kept->len * LONG_SIZE > 3 * 1024 * 1024
      && kept->len * LONG_SIZE <= 4 * 1024 * 1024, "%u are kept", kept->len);
  for (i = 0; i < kept->len; i++)
    fail_unless_equals_int (g_bytes_get_size (g_ptr_array_index (kept, i)),
        LONG_SIZE);
  g_ptr_array_set_size (kept, 0);
  send_text ("ana", "more", FALSE, 0);
  wait_for_text (ANA, "more");
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
data_suite (void)
{
  Suite *suite = suite_create ("data");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_loop_test (tc, test_fields, FALSE, TRUE + 1);
  tcase_add_test (tc, test_nothing);
  tcase_add_test (tc, test_repeats);
  tcase_add_loop_test (tc, test_lost_connection, FALSE, TRUE + 1);
  tcase_add_test (tc, test_hostile);
  tcase_add_test (tc, test_flood);
  tcase_add_test (tc, test_kept_payloads);
  return suite;
}

GST_CHECK_MAIN (data);
