/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The element's states up and down at random while the call around it changes, and
 * faults come and go, at random. Now and then all is made good, and the element has
 * to be in the call with all its tracks, or say that it isn't. STRESS_SEED names
 * another run than the usual ones, STRESS_STEPS another length.
 */
#include "../elements/fixture.h"
#include "dice.h"
#include "leftovers.h"

#include <stdlib.h>

#define N_STEPS 40
#define TEST_LIMIT_S 300
#define SHORT_TIMEOUT_S 2
#define LONG_TIMEOUT_S 15

/* One change of state, with room for a slow machine. */
#define STEP_LIMIT_US (10 * G_USEC_PER_SEC)
/* A buffer or two may have been under way when all was made good. */
#define N_BUFFERS 5

static const guint seeds[] = { 20261123, 1, 2, 3, 4 };

static gint n_errors;           /* on the bus */
static gint n_failures;         /* as the states tell */

/* Messages, in the threads that post them. None is kept: it would keep what it is
 * from. When nobody took them off the bus, one run in twenty left a
 * TransportReceiveBin behind: its webrtcbin had gone down seconds before its ICE
 * changed state. Whose reference that is isn't proved. */
static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_atomic_int_inc (&n_errors);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT) {
    GST_INFO ("%" GST_PTR_FORMAT, structure);
    if (g_strcmp0 (gst_structure_get_string (structure, "new"), "failed") == 0)
      g_atomic_int_inc (&n_failures);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* States */

static gboolean
check_pads_so_far (GPtrArray * pads, gpointer user_data)
{
  guint i;

  for (i = 0; i < pads->len; i++) {
    const ReceiverPad *pad = g_ptr_array_index (pads, i);

    fail_if (pad->went_back, "%s went back in time", pad->track_sid);
    fail_if (pad->lacks_eos, "%s had no EOS", pad->track_sid);
  }
  return TRUE;
}

static void
check_down (void)
{
  fail_unless_equals_int (receiver_count_pads (receiver), 0);
  fail_unless_equals_int (g_atomic_int_get (&n_errors),
      g_atomic_int_get (&n_failures));
  /* Who reads nothing doesn't see who is gone. */
  testcall_stall_sockets (call, FALSE);
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SOCKETS, 0,
          DEADLINE_MS));
}

static void
set_state (GstState state)
{
  GstElement *pipeline = receiver_get_pipeline (receiver);
  gint64 start = g_get_monotonic_time ();
  gint64 duration;

  /* An error that is posted while a bin goes up makes that a failure. */
  if (gst_element_set_state (pipeline, state) == GST_STATE_CHANGE_FAILURE) {
    fail_unless (state > GST_STATE_READY);
    fail_unless_equals_string (receiver_get_connection_state (receiver),
        "failed");
  }
  duration = g_get_monotonic_time () - start;
  fail_unless (duration < STEP_LIMIT_US, "%s took %" G_GINT64_FORMAT " us",
      gst_element_state_get_name (state), duration);
  receiver_wait_until (receiver, check_pads_so_far, NULL);
  if (state <= GST_STATE_READY)
    check_down ();
  if (state == GST_STATE_NULL)
    receiver_forget_pads (receiver);
}

static void
change_state (void)
{
  static const GstState states[] = {
    GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING,
    GST_STATE_PLAYING, GST_STATE_PLAYING
  };

  set_state (states[dice_throw (G_N_ELEMENTS (states))]);
}

/* Up to something of the call has been seen, or not at all. Errors count as
 * something: the call around may be any. */
static void
wait_or_not (void)
{
  static const TestcallSaw whats[] = {
    TESTCALL_SAW_UPGRADE, TESTCALL_SAW_JOIN, TESTCALL_SAW_RESUME,
    TESTCALL_SAW_OFFER, TESTCALL_SAW_ANSWER, TESTCALL_SAW_CONNECTED
  };
  guint which = dice_throw (G_N_ELEMENTS (whats) + 2);

  if (which < G_N_ELEMENTS (whats))
    testcall_wait_for (call, whats[which],
        testcall_count (call, whats[which]) + 1, 500);
}

/* Peace */

static gboolean
is_over (void)
{
  const gchar *state = receiver_get_connection_state (receiver);

  return g_str_equal (state, "failed") || g_str_equal (state, "disconnected");
}

typedef struct
{
  GPtrArray *track_sids;        /* that are in the call */
  GHashTable *counts;           /* ReceiverPad -> buffers when peace began */
} Peace;

static const ReceiverPad *
find_pad (GPtrArray * pads, const gchar * track_sid)
{
  guint i;

  for (i = 0; i < pads->len; i++) {
    const ReceiverPad *pad = g_ptr_array_index (pads, i);
    g_autofree gchar *now = NULL;

    g_object_get (pad->pad, "track-sid", &now, NULL);
    if (!pad->is_removed && g_str_equal (now, track_sid))
      return pad;
  }
  return NULL;
}

static gboolean
has_media (GPtrArray * pads, const gchar * track_sid, GHashTable * counts)
{
  const ReceiverPad *pad = find_pad (pads, track_sid);

  return pad != NULL && pad->n_buffers >= N_BUFFERS
      + GPOINTER_TO_UINT (g_hash_table_lookup (counts, pad));
}

static guint
count_pads (GPtrArray * pads)
{
  guint i, n = 0;

  for (i = 0; i < pads->len; i++)
    n += !((ReceiverPad *) g_ptr_array_index (pads, i))->is_removed;
  return n;
}

/* Each track has a pad with media, and no pad is there without a track; or there is
 * nothing to wait for any more. */
static gboolean
is_peace (GPtrArray * pads, gpointer user_data)
{
  Peace *peace = user_data;
  guint i;

  if (is_over ())
    return TRUE;
  for (i = 0; i < peace->track_sids->len; i++) {
    if (!has_media (pads, g_ptr_array_index (peace->track_sids, i),
            peace->counts))
      return FALSE;
  }
  return count_pads (pads) == peace->track_sids->len;
}

static gboolean
note_counts (GPtrArray * pads, gpointer counts)
{
  guint i;

  for (i = 0; i < pads->len; i++) {
    ReceiverPad *pad = g_ptr_array_index (pads, i);

    g_hash_table_insert (counts, pad, GUINT_TO_POINTER (pad->n_buffers));
  }
  return TRUE;
}

static void
add_track (GPtrArray * track_sids, const gchar * name, TestcallMedia media)
{
  gchar *track_sid = testcall_get_track_sid (call, name, media);

  if (track_sid != NULL)
    g_ptr_array_add (track_sids, track_sid);
}

static gchar *
describe_pads (GPtrArray * track_sids)
{
  GString *text = g_string_new ("tracks:");
  guint i;

  for (i = 0; i < track_sids->len; i++)
    g_string_append_printf (text, " %s",
        (gchar *) g_ptr_array_index (track_sids, i));
  g_string_append_printf (text, "; %u pads", receiver_count_pads (receiver));
  return g_string_free (text, FALSE);
}

/* FALSE: the call is over instead. */
static gboolean
wait_for_peace (void)
{
  g_autoptr (GPtrArray) track_sids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) counts = g_hash_table_new (NULL, NULL);
  Peace peace = { track_sids, counts };
  guint i;

  for (i = 0; i < DICE_N_NAMES; i++) {
    add_track (track_sids, dice_names[i], TESTCALL_AUDIO);
    add_track (track_sids, dice_names[i], TESTCALL_VIDEO);
  }
  receiver_wait_until (receiver, note_counts, counts);
  if (!receiver_wait_until (receiver, is_peace, &peace)) {
    g_autofree gchar *text = describe_pads (track_sids);

    fail ("no peace: state is %s, %s", receiver_get_connection_state (receiver),
        text);
  }
  return !is_over ();
}

static void
set_timeout (guint seconds)
{
  g_object_set (receiver_get_src (receiver), "timeout", seconds, NULL);
}

/* With time enough for a slow machine. */
static void
restart (void)
{
  set_state (GST_STATE_READY);
  set_timeout (LONG_TIMEOUT_S);
  set_state (GST_STATE_PLAYING);
  set_timeout (SHORT_TIMEOUT_S);
}

/* All is good, and what sessions lack they get with a new one. */
static void
check_peace (void)
{
  if (dice_heal (call))
    testcall_send_leave (call, 0, 2);
  if (GST_STATE_TARGET (receiver_get_pipeline (receiver)) != GST_STATE_PLAYING)
    set_state (GST_STATE_PLAYING);
  if (!wait_for_peace ()) {
    restart ();
    fail_unless (wait_for_peace (), "a good call fails");
  }
  receiver_wait_until (receiver, check_pads_so_far, NULL);
}

/* The test */

static void
set_up (guint seed)
{
  g_autoptr (GstBus) bus = NULL;

  g_print ("STRESS_SEED=%u\n", seed);
  dice_set_seed (seed);
  g_atomic_int_set (&n_errors, 0);
  g_atomic_int_set (&n_failures, 0);
  fixture_setup ();
  bus = gst_element_get_bus (receiver_get_pipeline (receiver));
  gst_bus_set_sync_handler (bus, on_message, NULL, NULL);
  g_object_set (receiver_get_src (receiver), "timeout", SHORT_TIMEOUT_S,
      "reconnect-timeout", 10, NULL);
  if (dice_throw (2))
    receiver_go_through_matrix (receiver);
  else
    receiver_go_direct (receiver);
}

static void
make_step (void)
{
  change_state ();
  dice_change_people (call);
  dice_change_server (call);
  wait_or_not ();
  dice_set_fault (call);
  dice_change_people (call);
  if (dice_throw (6) == 0)
    check_peace ();
}

static guint
get_number (const gchar * variable, guint otherwise)
{
  const gchar *text = g_getenv (variable);

  return text == NULL ? otherwise : strtoul (text, NULL, 10);
}

static void
run (guint seed)
{
  guint n_steps = get_number ("STRESS_STEPS", N_STEPS);
  guint i;

  set_up (seed);
  for (i = 0; i < n_steps; i++) {
    GST_INFO ("step %u", i);
    make_step ();
  }
  check_peace ();
  fixture_teardown ();
  leftovers_check ();
}

GST_START_TEST (test_states)
{
  run (get_number ("STRESS_SEED", seeds[__i__]));
}

GST_END_TEST;

static Suite *
states_suite (void)
{
  Suite *suite = suite_create ("states");
  TCase *tc = tcase_create ("general");
  gint n_runs = g_getenv ("STRESS_SEED") == NULL ? G_N_ELEMENTS (seeds) : 1;

  tcase_set_timeout (tc, TEST_LIMIT_S);
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_states, 0, n_runs);
  return suite;
}

int
main (int argc, char **argv)
{
  leftovers_init ();
  gst_check_init (&argc, &argv);
  return gst_check_run_suite (states_suite (), "states", __FILE__);
}
