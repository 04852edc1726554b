/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages about who speaks and how well everybody is connected, against the
 * embedded call.
 */
#include "fixture.h"

#define SPEAKERS "matrixrtc-active-speakers"
#define QUALITY "matrixrtc-connection-quality"
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

/* "identity level" of each speaker. */
static gchar *
describe_speakers (const GstStructure * message)
{
  const GValue *list = gst_structure_get_value (message, "speakers");
  GString *text = g_string_new (NULL);
  guint i;

  fail_unless (GST_VALUE_HOLDS_LIST (list));
  for (i = 0; i < gst_value_list_get_size (list); i++) {
    const GstStructure *speaker =
        gst_value_get_structure (gst_value_list_get_value (list, i));
    gdouble level;

    fail_unless (gst_structure_get_double (speaker, "level", &level));
    fail_unless (gst_structure_has_field (speaker, "sid"));
    fail_unless (gst_structure_has_field (speaker, "user-id"));
    g_string_append_printf (text, "%s%s %.2f", i == 0 ? "" : ", ",
        gst_structure_get_string (speaker, "identity"), level);
  }
  return g_string_free (text, FALSE);
}

/* Messages are merged: the last one counts. */
static void
wait_for_speakers (const gchar * expected)
{
  g_autofree gchar *told = g_strdup ("nothing");

  while (!g_str_equal (told, expected)) {
    g_autoptr (GstStructure) message =
        receiver_wait_for_message (receiver, SPEAKERS);

    fail_unless (message != NULL, "%s, and then not %s", told, expected);
    fail_unless (gst_structure_has_field (message, "service-url"));
    g_free (told);
    told = describe_speakers (message);
  }
}

GST_START_TEST (test_speakers)
{
  start ();
  testcall_send_speakers (call, "ana", 0.25);
  wait_for_speakers (ANA " 0.25");
  testcall_send_speakers (call, "ben", 0.5);
  wait_for_speakers (BEN " 0.50, " ANA " 0.25");
  testcall_send_speakers (call, "ana", 0);
  wait_for_speakers (BEN " 0.50");
  fail_unless (testcall_leave (call, "ben"));
  wait_for_speakers ("");
  fixture_teardown ();
}

GST_END_TEST;

static gboolean
is_connected (GPtrArray * pads, gpointer user_data)
{
  return g_str_equal (receiver_get_connection_state (receiver), "connected");
}

/* Somebody who speaks when signalling is lost would speak for ever. */
GST_START_TEST (test_lost_signalling)
{
  testcall_set_resumable (call, TRUE);
  start ();
  testcall_send_speakers (call, "ana", 0.25);
  wait_for_speakers (ANA " 0.25");
  testcall_drop_sockets (call, TRUE);
  wait_for_speakers ("");
  fail_unless (receiver_wait_until (receiver, is_connected, NULL));
  testcall_send_speakers (call, "ana", 0.25);
  wait_for_speakers (ANA " 0.25");
  fixture_teardown ();
}

GST_END_TEST;

static void
wait_for_quality (const gchar * identity, const gchar * quality)
{
  g_autoptr (GstStructure) message =
      receiver_wait_for_message (receiver, QUALITY);

  fail_unless (message != NULL, "nothing of %s", identity);
  fail_unless_equals_string (gst_structure_get_string (message, "identity"),
      identity);
  fail_unless_equals_string (gst_structure_get_string (message, "quality"),
      quality);
  fail_unless (gst_structure_has_field (message, "service-url"));
}

GST_START_TEST (test_quality)
{
  start ();
  testcall_send_quality (call, "ana", 3);
  wait_for_quality (ANA, "lost");
  testcall_send_quality (call, "ben", 0);
  wait_for_quality (BEN, "poor");
  /* What is no news isn't told. */
  testcall_send_quality (call, "ben", 0);
  testcall_send_quality (call, "ana", 2);
  wait_for_quality (ANA, "excellent");
  testcall_send_quality (call, "ana", 1);
  wait_for_quality (ANA, "good");
  fixture_teardown ();
}

GST_END_TEST;

/* However often the server tells. */
GST_START_TEST (test_rate)
{
  guint n_told = 0;
  gint64 begin, end;
  guint i;

  start ();
  begin = g_get_monotonic_time ();
  for (i = 1; i <= 1000; i++)
    testcall_send_speakers (call, "ana", i % 2 ? 0.25 : 0.5);
  testcall_send_speakers (call, "ben", 1);
  while (TRUE) {
    g_autoptr (GstStructure) message =
        receiver_wait_for_message (receiver, SPEAKERS);
    g_autofree gchar *told = NULL;

    fail_unless (message != NULL);
    n_told++;
    told = describe_speakers (message);
    if (g_str_equal (told, BEN " 1.00, " ANA " 0.50"))
      break;
  }
  end = g_get_monotonic_time ();
  fail_unless (n_told <= 2 + (end - begin) / 250000, "%u messages in %d ms",
      n_told, (gint) ((end - begin) / 1000));
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
activity_suite (void)
{
  Suite *suite = suite_create ("activity");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_test (tc, test_speakers);
  tcase_add_test (tc, test_lost_signalling);
  tcase_add_test (tc, test_quality);
  tcase_add_test (tc, test_rate);
  return suite;
}

GST_CHECK_MAIN (activity);
