/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The element's states up and down at random while the call around it changes at
 * random. STRESS_SEED names another run than the usual one.
 */
#include "../elements/fixture.h"

#include <stdlib.h>

#define SEED 20261123
#define N_STEPS 60
/* One change of state, with room for a slow machine. */
#define STEP_LIMIT_US (10 * G_USEC_PER_SEC)

static const gchar *const names[] = { "ana", "bea", "cyd" };

static GRand *dice;
static gint n_tracks;           /* pads that are there now */

static void
setup (void)
{
  const gchar *text = g_getenv ("STRESS_SEED");
  guint seed = text == NULL ? SEED : strtoul (text, NULL, 10);

  g_print ("STRESS_SEED=%u\n", seed);
  dice = g_rand_new_with_seed (seed);
  fixture_setup ();
}

static void
teardown (void)
{
  fixture_teardown ();
  g_rand_free (dice);
}

static guint
throw (guint n_sides)
{
  return g_rand_int_range (dice, 0, n_sides);
}

/* What changes around the element. Nothing is waited for. */
static void
change_call (void)
{
  const gchar *name = names[throw (G_N_ELEMENTS (names))];
  const TestcallMedia media = throw (2) ? TESTCALL_AUDIO : TESTCALL_VIDEO;

  switch (throw (9)) {
    case 0:
    case 1:
      if (!testcall_leave (call, name))
        testcall_join (call, name, TESTCALL_AUDIO | TESTCALL_VIDEO,
            throw (2) ? TESTCALL_VP8 : TESTCALL_H264);
      break;
    case 2:
      testcall_set_muted (call, name, media, throw (2));
      break;
    case 3:
      if (!testcall_unpublish (call, name, media))
        testcall_publish (call, name, media, TESTCALL_VP8);
      break;
    case 4:
      testcall_drop_sockets (call, throw (2));
      break;
    case 5:
      testcall_drop_media (call);
      break;
    case 6:
      testcall_send_leave (call, throw (18), throw (3));
      break;
    case 7:
      testcall_send_raw (call, "\x1a\x02\x18\x01", 4, FALSE);
      break;
    default:
      break;
  }
}

/* Up to something of the call has been seen, or not at all. Errors count as
 * something: the call around may be any. */
static void
wait_or_not (void)
{
  static const TestcallSaw whats[] = {
    TESTCALL_SAW_UPGRADE, TESTCALL_SAW_JOIN, TESTCALL_SAW_OFFER,
    TESTCALL_SAW_ANSWER, TESTCALL_SAW_CONNECTED
  };
  guint which = throw (G_N_ELEMENTS (whats) + 2);

  if (which < G_N_ELEMENTS (whats))
    testcall_wait_for (call, whats[which],
        testcall_count (call, whats[which]) + 1, 200);
}

static void
change_state (void)
{
  static const GstState states[] = {
    GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING,
    GST_STATE_PLAYING, GST_STATE_PLAYING
  };
  GstState state = states[throw (G_N_ELEMENTS (states))];
  GstElement *pipeline = receiver_get_pipeline (receiver);
  gint64 start = g_get_monotonic_time ();

  /* An error that is posted while a bin goes up makes that a failure. */
  if (gst_element_set_state (pipeline, state) == GST_STATE_CHANGE_FAILURE) {
    fail_unless (state > GST_STATE_READY);
    fail_unless_equals_string (receiver_get_connection_state (receiver),
        "failed");
  }
  fail_unless (g_get_monotonic_time () - start < STEP_LIMIT_US,
      "%s took %" G_GINT64_FORMAT " us", gst_element_state_get_name (state),
      g_get_monotonic_time () - start);
  if (state <= GST_STATE_READY) {
    fail_unless_equals_int (g_atomic_int_get (&n_tracks), 0);
    fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SOCKETS, 0,
            DEADLINE_MS));
  }
  if (state == GST_STATE_NULL)
    receiver_forget_pads (receiver);
}

static void
on_pad_added (GstElement * src, GstPad * pad, gpointer user_data)
{
  g_atomic_int_inc (&n_tracks);
}

static void
on_pad_removed (GstElement * src, GstPad * pad, gpointer user_data)
{
  g_atomic_int_add (&n_tracks, -1);
}

/* Whatever was, a call in peace is one. */
static void
check_peace (void)
{
  g_autofree gchar *track_sid = NULL;
  ReceiverPad *pad;

  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_NULL);
  receiver_forget_pads (receiver);
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SOCKETS, 0,
          DEADLINE_MS));
  testcall_leave (call, "ana");
  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  track_sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  receiver_play (receiver);
  pad = receiver_wait_for_track (receiver, track_sid);
  fail_unless (pad != NULL, "no peace, state is %s",
      receiver_get_connection_state (receiver));
  fail_unless (receiver_wait_for_buffers (receiver, pad, 3));
}

GST_START_TEST (test_states)
{
  GstElement *src = receiver_get_src (receiver);
  guint i;

  g_signal_connect (src, "pad-added", G_CALLBACK (on_pad_added), NULL);
  g_signal_connect (src, "pad-removed", G_CALLBACK (on_pad_removed), NULL);
  g_object_set (src, "timeout", 2, NULL);
  if (__i__)
    receiver_go_through_matrix (receiver);
  else
    receiver_go_direct (receiver);
  for (i = 0; i < N_STEPS; i++) {
    change_state ();
    change_call ();
    wait_or_not ();
    change_call ();
  }
  g_object_set (src, "timeout", 15, NULL);
  check_peace ();
  teardown ();
}

GST_END_TEST;

static Suite *
states_suite (void)
{
  Suite *suite = suite_create ("states");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_loop_test (tc, test_states, 0, 2);
  return suite;
}

GST_CHECK_MAIN (states);
