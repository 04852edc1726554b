/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A call in which people come and go for days: its media peer is replaced now and
 * then, when nobody is there to miss anything.
 */
#include "fixture.h"

#define RENEWAL_TRACKS 1000

static guint
count_reconnects (void)
{
  g_autoptr (GstStructure) stats = NULL;
  guint n;

  g_object_get (receiver_get_src (receiver), "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint (stats, "reconnects", &n));
  return n;
}

static void
come_and_go (void)
{
  g_autofree gchar *track_sid = NULL;
  ReceiverPad *pad;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  track_sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  pad = receiver_wait_for_track (receiver, track_sid);
  fail_unless (pad != NULL && receiver_wait_for_buffers (receiver, pad, 1));
  fail_unless (testcall_leave (call, "ana"));
  fail_unless (receiver_wait_for_removal (receiver, track_sid));
  fail_unless (pad->is_eos);
  receiver_fail_on_error (receiver);
}

/* Who wants no reconnects has none. */
static const struct
{
  guint reconnect_timeout;
  guint reconnects;
} rows[] = {
  {60, 1}, {0, 0}
};

GST_START_TEST (test_renewal)
{
  guint i;

  g_object_set (receiver_get_src (receiver), "reconnect-timeout",
      rows[__i__].reconnect_timeout, NULL);
  receiver_go_direct (receiver);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  for (i = 1; i < RENEWAL_TRACKS; i++)
    come_and_go ();
  fail_unless_equals_int (count_reconnects (), 0);
  come_and_go ();
  if (rows[__i__].reconnects > 0)
    fail_unless (receiver_wait_for_state (receiver, "connected"));
  come_and_go ();
  fail_unless_equals_int (count_reconnects (), rows[__i__].reconnects);
  fail_unless (receiver_wait_for_webrtcbins (receiver, 1));
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      "connected");
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
renewal_suite (void)
{
  Suite *suite = suite_create ("renewal");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_set_timeout (tc, 150);
  tcase_add_loop_test (tc, test_renewal, 0, G_N_ELEMENTS (rows));
  return suite;
}

GST_CHECK_MAIN (renewal);
