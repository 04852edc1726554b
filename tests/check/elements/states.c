/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The element by itself: properties, states without a call, stops in every phase
 * of one, and that nothing is left of it.
 */
#include "fixture.h"

#include <string.h>

/* What an application feels as a hang, with room for a slow machine. */
#define STOP_LIMIT_US (3 * G_USEC_PER_SEC)

GST_START_TEST (test_defaults)
{
  GstElement *src = receiver_get_src (receiver);
  g_autofree gchar *slot_id = NULL;
  g_autofree gchar *homeserver = NULL;
  g_autofree gchar *user_agent = NULL;
  guint latency, timeout;
  gboolean ssl_strict, force, join_room;
  gint output, policy;

  g_object_get (src, "slot-id", &slot_id, "homeserver", &homeserver,
      "user-agent", &user_agent, "latency", &latency, "timeout", &timeout,
      "ssl-strict", &ssl_strict, "force-old-jwt-endpoint", &force,
      "join-room", &join_room,
      "output", &output, "ice-transport-policy", &policy, NULL);
  fail_unless_equals_string (slot_id, "m.call#ROOM");
  fail_unless (homeserver == NULL);
  fail_unless (g_str_has_prefix (user_agent, "gst-matrixrtc/"));
  fail_unless_equals_int (latency, 200);
  fail_unless_equals_int (timeout, 15);
  fail_unless (ssl_strict);
  fail_if (force);
  fail_if (join_room);
  fail_unless_equals_int (output, 0);
  fail_unless_equals_int (policy, 0);
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      "initialized");
  fail_unless (GST_OBJECT_FLAG_IS_SET (src, GST_ELEMENT_FLAG_SOURCE));
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_secrets_are_write_only)
{
  static const gchar *const secrets[] = { "access-token", "livekit-token" };
  GObjectClass *klass = G_OBJECT_GET_CLASS (receiver_get_src (receiver));
  guint i;

  for (i = 0; i < G_N_ELEMENTS (secrets); i++) {
    GParamSpec *pspec = g_object_class_find_property (klass, secrets[i]);

    fail_unless (pspec != NULL);
    fail_unless (pspec->flags & G_PARAM_WRITABLE);
    fail_if (pspec->flags & G_PARAM_READABLE);
  }
  fixture_teardown ();
}

GST_END_TEST;

typedef struct
{
  const gchar *code;
  const gchar *set[8];          /* names and values */
} BadSettings;

static const BadSettings bad_settings[] = {
  {"UNKNOWN_ERROR", {NULL}},
  {"OPEN_ID_ERROR", {"room-id", "!a:b", NULL}},
  {"OPEN_ID_ERROR", {"room-id", "!a:b", "homeserver", "http://127.0.0.1:9",
          NULL}},
  {"OPEN_ID_ERROR", {"room-id", "!a:b", "homeserver", "http://127.0.0.1:9",
              "access-token-file", "/nonexistent/token", "livekit-service-url",
          "http://127.0.0.1:9"}},
  {"UNKNOWN_ERROR", {"room-id", "a:b", "homeserver", "http://127.0.0.1:9",
          "access-token", "t", NULL}},
  {"OPEN_ID_ERROR", {"room-id", "!a", "access-token", "t", NULL}},
  {"OPEN_ID_ERROR", {"room-id", "!a:", "access-token", "t", NULL}},
  {"OPEN_ID_ERROR", {"room-id", "!a:b/c", "access-token", "t", NULL}},
  {"OPEN_ID_ERROR", {"room-id", "!a:b", "access-token", "t", "user-id", "@a",
          NULL}},
  {"LIVEKIT_CONNECTION", {"livekit-url", "ws://127.0.0.1:9", NULL}},
  {"LIVEKIT_CONNECTION", {"livekit-url", "ws://127.0.0.1:9", "livekit-token",
          "no.jwt", NULL}},
  {"UNKNOWN_ERROR", {"livekit-url", "ws://127.0.0.1:9", "livekit-token",
              "a.b.c",
          "ssl-ca-file", "/nonexistent/ca.pem", NULL}},
};

GST_START_TEST (test_bad_settings)
{
  const BadSettings *bad = &bad_settings[__i__];
  GstElement *src = receiver_get_src (receiver);
  const GstStructure *details;
  GstMessage *message;
  guint i;

  for (i = 0; i + 1 < G_N_ELEMENTS (bad->set) && bad->set[i] != NULL; i += 2)
    g_object_set (src, bad->set[i], bad->set[i + 1], NULL);
  receiver_play (receiver);
  message = receiver_wait_for_error (receiver);
  fail_unless (message != NULL);
  gst_message_parse_error_details (message, &details);
  fail_unless_equals_string (gst_structure_get_string (details, "code"),
      bad->code);
  gst_message_unref (message);
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      "failed");
  fixture_teardown ();
}

GST_END_TEST;

/* Unconfigured, in the orders that GStreamer's own generic test walks. */
GST_START_TEST (test_up_and_down)
{
  static const GstState orders[][6] = {
    {GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING,
        GST_STATE_PAUSED, GST_STATE_READY},
    {GST_STATE_PLAYING, GST_STATE_NULL, GST_STATE_PAUSED, GST_STATE_NULL,
        GST_STATE_READY, GST_STATE_NULL},
    {GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_PLAYING, GST_STATE_PAUSED,
        GST_STATE_PLAYING, GST_STATE_NULL},
  };
  GstElement *pipeline = receiver_get_pipeline (receiver);
  guint i;

  for (i = 0; i < 6; i++)
    fail_if (gst_element_set_state (pipeline, orders[__i__][i]) ==
        GST_STATE_CHANGE_FAILURE);
  fixture_teardown ();
}

GST_END_TEST;

/* Stopping */

typedef struct
{
  gboolean through_matrix;
  TestcallStep stalls;          /* TESTCALL_N_STEPS: none */
  const gchar *state;           /* to wait for, NULL: stop at once */
} Phase;

static const Phase phases[] = {
  {TRUE, TESTCALL_N_STEPS, NULL},
  {TRUE, TESTCALL_STEP_WHOAMI, "fetching-config"},
  {TRUE, TESTCALL_STEP_OPENID, "fetching-config"},
  {TRUE, TESTCALL_STEP_GET_TOKEN, "fetching-config"},
  {FALSE, TESTCALL_STEP_UPGRADE, "connecting"},
  {FALSE, TESTCALL_STEP_JOIN, "connecting"},
  {FALSE, TESTCALL_STEP_OFFER, "connecting"},
  {FALSE, TESTCALL_N_STEPS, "connecting"},
  {FALSE, TESTCALL_N_STEPS, "connected"},
};

GST_START_TEST (test_stop_in_each_phase)
{
  const Phase *phase = &phases[__i__ / 2];
  const GstState target = __i__ % 2 ? GST_STATE_READY : GST_STATE_NULL;
  const TestcallFault stall = {.stall = TRUE,.send = TESTCALL_SEND_NOTHING };
  GstElement *pipeline = receiver_get_pipeline (receiver);
  gint64 start;

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  if (phase->stalls != TESTCALL_N_STEPS)
    testcall_set_fault (call, phase->stalls, &stall);
  if (phase->through_matrix)
    receiver_go_through_matrix (receiver);
  else
    receiver_go_direct (receiver);
  receiver_play (receiver);
  if (phase->state != NULL)
    fail_unless (receiver_wait_for_state (receiver, phase->state));
  /* The request that stalls is under way. */
  if (phase->stalls < TESTCALL_STEP_JOIN)
    fail_unless (testcall_wait_for (call, (TestcallSaw) phase->stalls, 1,
            DEADLINE_MS));

  start = g_get_monotonic_time ();
  gst_element_set_state (pipeline, target);
  fail_unless (g_get_monotonic_time () - start < STOP_LIMIT_US);
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      "stopped");
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SOCKETS, 0,
          DEADLINE_MS));
  fail_unless_equals_int (receiver_count_pads (receiver), 0);
  fixture_teardown ();
}

GST_END_TEST;

/* An application may stop us from inside a signal of ours. */
static void
stop_on_pad (GstElement * src, GstPad * pad, gint * n_stops)
{
  if (g_atomic_int_add (n_stops, 1) == 0)
    gst_element_set_state (src, GST_STATE_READY);
}

GST_START_TEST (test_stop_from_pad_added)
{
  GstElement *src = receiver_get_src (receiver);
  gint n_stops = 0;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  receiver_go_direct (receiver);
  g_signal_connect (src, "pad-added", G_CALLBACK (stop_on_pad), &n_stops);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "stopped"));
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SOCKETS, 0,
          DEADLINE_MS));
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_stop_from_pad_removed)
{
  GstElement *src = receiver_get_src (receiver);
  g_autofree gchar *track_sid = NULL;
  gint n_stops = 0;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  track_sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  receiver_go_direct (receiver);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_track (receiver, track_sid) != NULL);
  g_signal_connect (src, "pad-removed", G_CALLBACK (stop_on_pad), &n_stops);
  testcall_leave (call, "ana");
  fail_unless (receiver_wait_for_state (receiver, "stopped"));
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SOCKETS, 0,
          DEADLINE_MS));
  fixture_teardown ();
}

GST_END_TEST;

/* What is left */

static guint
count_entries (const gchar * path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
on_element_gone (gpointer data, GObject * where)
{
  g_atomic_int_add ((gint *) data, -1);
}

static void
watch_webrtcbin (GstBin * bin, GstElement * element, gint * n_alive)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory == NULL || g_strcmp0 (GST_OBJECT_NAME (factory),
          "webrtcbin") != 0)
    return;
  g_atomic_int_inc (n_alive);
  g_object_weak_ref (G_OBJECT (element), on_element_gone, n_alive);
}

static void
run_once (void)
{
  g_autofree gchar *track_sid =
      testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  ReceiverPad *pad;

  receiver_play (receiver);
  pad = receiver_wait_for_track (receiver, track_sid);
  fail_unless (pad != NULL);
  fail_unless (receiver_wait_for_buffers (receiver, pad, 2));
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_NULL);
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SESSIONS, 0,
          DEADLINE_MS));
  receiver_forget_pads (receiver);
}

/* Sessions of the embedded call live in this process too, so it's the second
 * run that is compared with the last: what stays once, stays. */
GST_START_TEST (test_nothing_is_left)
{
  guint n_fds, i;
  gint n_alive = 0;

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_go_direct (receiver);
  g_signal_connect (receiver_get_src (receiver), "element-added",
      G_CALLBACK (watch_webrtcbin), &n_alive);
  run_once ();
  run_once ();
  n_fds = count_entries ("/proc/self/fd");
  for (i = 0; i < 5; i++)
    run_once ();
  fail_unless_equals_int (g_atomic_int_get (&n_alive), 0);
  /* Sockets of the server's side close in their own time; one cycle makes 20. */
  fail_unless (count_entries ("/proc/self/fd") <= n_fds + 10,
      "%u open files after the second run, %u after the seventh", n_fds,
      count_entries ("/proc/self/fd"));
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
states_suite (void)
{
  Suite *suite = suite_create ("states");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_test (tc, test_defaults);
  tcase_add_test (tc, test_secrets_are_write_only);
  tcase_add_loop_test (tc, test_bad_settings, 0, G_N_ELEMENTS (bad_settings));
  tcase_add_loop_test (tc, test_up_and_down, 0, 3);
  tcase_add_loop_test (tc, test_stop_in_each_phase, 0,
      2 * G_N_ELEMENTS (phases));
  tcase_add_test (tc, test_stop_from_pad_added);
  tcase_add_test (tc, test_stop_from_pad_removed);
  tcase_add_test (tc, test_nothing_is_left);
  return suite;
}

GST_CHECK_MAIN (states);
