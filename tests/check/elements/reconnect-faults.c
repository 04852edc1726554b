/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes wrong while a connection is got back, against the embedded call.
 */
#include "recovering.h"

/* Faults on the way back, then none. */
static const struct
{
  TestcallStep step;
  TestcallFault fault;
} passing_faults[] = {
  {TESTCALL_STEP_OPENID, {.status = 500,.times = 2}},
  {TESTCALL_STEP_OPENID, {.status = 429,.times = 2}},
  {TESTCALL_STEP_OPENID, {.cut = TRUE,.times = 2}},
  {TESTCALL_STEP_GET_TOKEN, {.status = 502,.times = 2}},
  {TESTCALL_STEP_GET_TOKEN, {.stall = TRUE,.times = 1}},
  {TESTCALL_STEP_UPGRADE, {.status = 502,.times = 2}},
  {TESTCALL_STEP_UPGRADE, {.status = 503,.times = 2}},
  {TESTCALL_STEP_UPGRADE, {.status = 404,.times = 2}},
  {TESTCALL_STEP_UPGRADE, {.stall = TRUE,.times = 1}},
  {TESTCALL_STEP_UPGRADE, {.bytes_per_second = 1,.times = 1}},
  {TESTCALL_STEP_UPGRADE, {.cut = TRUE,.cut_after = 20,.times = 2}},
  {TESTCALL_STEP_JOIN, {.send = TESTCALL_SEND_NOTHING,.times = 1}},
  {TESTCALL_STEP_JOIN, {.send = TESTCALL_SEND_CLOSE,.times = 2}},
  {TESTCALL_STEP_JOIN, {.send = TESTCALL_SEND_DROP,.times = 2}},
  {TESTCALL_STEP_JOIN, {.send = TESTCALL_SEND_INSTEAD,.body = "no",.times = 1}},
  {TESTCALL_STEP_JOIN, {.send = TESTCALL_SEND_LEAVE,.reason = 7,.action = 2,
          .times = 2}},
  {TESTCALL_STEP_OFFER, {.sdp = TESTCALL_SDP_NO_MID,.times = 1}},
  {TESTCALL_STEP_OFFER, {.send = TESTCALL_SEND_LEAVE,.reason = 6,.action = 2,
          .times = 2}},
  {TESTCALL_STEP_OFFER, {.send = TESTCALL_SEND_DROP,.times = 2}},
  {TESTCALL_STEP_REFRESH_TOKEN, {.send = TESTCALL_SEND_DROP,.times = 2}},
  {TESTCALL_STEP_UPDATE, {.send = TESTCALL_SEND_DROP,.times = 2}},
};

GST_START_TEST (test_passing_fault)
{
  receiver_go_through_matrix (receiver);
  g_object_set (receiver_get_src (receiver), "timeout", 5, NULL);
  recovering_start ();
  testcall_set_fault (call, passing_faults[__i__].step,
      &passing_faults[__i__].fault);
  recovering_reconnect ();
  recovering_check_discont (audio);
  recovering_check_media ();
  recovering_check_states (SIGNAL_LOST RESUME_REFUSED RECONNECTED);
  fixture_teardown ();
}

GST_END_TEST;

/* Giving up */
GST_START_TEST (test_give_up)
{
  g_autoptr (GError) error = NULL;

  g_object_set (receiver_get_src (receiver), "reconnect-timeout", 2, NULL);
  receiver_go_direct (receiver);
  recovering_start ();
  recovering_lose ();
  recovering_check_error ("CONNECTION_LOST_ERROR", "2000 ms");
  recovering_check_states (SIGNAL_LOST "signal-reconnecting>failed ");
  fixture_teardown ();
}

GST_END_TEST;

/* Nobody waits for an account that isn't let in any more. */
GST_START_TEST (test_access_is_withdrawn)
{
  const TestcallFault no = {.status = 401,
    .body = "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"no\"}"
  };

  receiver_go_through_matrix (receiver);
  recovering_start ();
  testcall_set_fault (call, TESTCALL_STEP_OPENID, &no);
  testcall_drop_sockets (call, FALSE);
  recovering_check_error ("OPEN_ID_ERROR", "M_UNKNOWN_TOKEN");
  fixture_teardown ();
}

GST_END_TEST;

static const gchar *const steps[] = {
  "signal-reconnecting", "reconnecting"
};

/* And again from there. */
GST_START_TEST (test_stop_meanwhile)
{
  g_autofree gchar *states = NULL;
  guint i;

  receiver_go_direct (receiver);
  for (i = 0; i < 2; i++) {
    const TestcallFault stall = {.stall = TRUE };

    recovering_start ();
    if (__i__ == 0)
      testcall_set_fault (call, TESTCALL_STEP_UPGRADE, &stall);
    testcall_drop_sockets (call, FALSE);
    fail_unless (receiver_wait_for_state (receiver, steps[__i__]));
    fail_unless_equals_int (gst_element_set_state (receiver_get_pipeline
            (receiver), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    fail_unless_equals_string (receiver_get_connection_state (receiver),
        "stopped");
    testcall_set_fault (call, TESTCALL_STEP_UPGRADE, NULL);
    receiver_forget_pads (receiver);
    fail_unless (testcall_leave (call, "ana"));
  }
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
reconnect_faults_suite (void)
{
  Suite *suite = suite_create ("reconnect-faults");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_loop_test (tc, test_passing_fault, 0,
      G_N_ELEMENTS (passing_faults));
  tcase_add_test (tc, test_give_up);
  tcase_add_test (tc, test_access_is_withdrawn);
  tcase_add_loop_test (tc, test_stop_meanwhile, 0, G_N_ELEMENTS (steps));
  return suite;
}

GST_CHECK_MAIN (reconnect_faults);
