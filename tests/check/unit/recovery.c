/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is done about a lost connection: recovery.h.
 */
#include <gst/check/gstcheck.h>
#include "gstmatrixrtc-enums.h"
#include "matrixrtcerror.h"
#include "recovery.h"

#define DISCONNECT LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT
#define RESUME LIVEKIT__LEAVE_REQUEST__ACTION__RESUME
#define RECONNECT LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT
#define REASON(name) LIVEKIT__DISCONNECT_REASON__ ## name

static const struct
{
  gint action;
  gint reason;
  Recovery recovery;
} leaves[] = {
  {DISCONNECT, REASON (CLIENT_INITIATED), RECOVERY_GIVE_UP},
  {DISCONNECT, REASON (DUPLICATE_IDENTITY), RECOVERY_GIVE_UP},
  {DISCONNECT, REASON (PARTICIPANT_REMOVED), RECOVERY_GIVE_UP},
  {DISCONNECT, REASON (UNKNOWN_REASON), RECOVERY_GIVE_UP},
  {DISCONNECT, REASON (USER_REJECTED), RECOVERY_GIVE_UP},
  {DISCONNECT, 4711, RECOVERY_GIVE_UP},
  {DISCONNECT, REASON (ROOM_DELETED), RECOVERY_END_CALL},
  {DISCONNECT, REASON (ROOM_CLOSED), RECOVERY_END_CALL},
  {DISCONNECT, REASON (SERVER_SHUTDOWN), RECOVERY_RECONNECT},
  {DISCONNECT, REASON (STATE_MISMATCH), RECOVERY_RECONNECT},
  {DISCONNECT, REASON (MIGRATION), RECOVERY_RECONNECT},
  {DISCONNECT, REASON (SIGNAL_CLOSE), RECOVERY_RECONNECT},
  {DISCONNECT, REASON (CONNECTION_TIMEOUT), RECOVERY_RECONNECT},
  {DISCONNECT, REASON (MEDIA_FAILURE), RECOVERY_RECONNECT},
  {DISCONNECT, REASON (JOIN_FAILURE), RECOVERY_RECONNECT},
  {RESUME, REASON (CONNECTION_TIMEOUT), RECOVERY_RESUME},
  {RESUME, REASON (ROOM_CLOSED), RECOVERY_RESUME},
  {RECONNECT, REASON (STATE_MISMATCH), RECOVERY_RECONNECT},
  {RECONNECT, REASON (PARTICIPANT_REMOVED), RECOVERY_RECONNECT},
  {4711, REASON (UNKNOWN_REASON), RECOVERY_GIVE_UP},
};

GST_START_TEST (test_leave)
{
  Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;

  leave.action = leaves[__i__].action;
  leave.reason = leaves[__i__].reason;
  fail_unless_equals_int (recovery_from_leave (&leave), leaves[__i__].recovery);
}

GST_END_TEST;

GST_START_TEST (test_no_leave)
{
  fail_unless_equals_int (recovery_from_leave (NULL), RECOVERY_RESUME);
}

GST_END_TEST;

static const struct
{
  GstMatrixRtcError code;
  guint status;
  Recovery resuming;
  Recovery reconnecting;
} errors[] = {
  {GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
      RECOVERY_RESUME, RECOVERY_RECONNECT},
  {GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 500,
      RECOVERY_RESUME, RECOVERY_RECONNECT},
  {GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 401,
      RECOVERY_RECONNECT, RECOVERY_GIVE_UP},
  {GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 403,
      RECOVERY_RECONNECT, RECOVERY_GIVE_UP},
  {GST_MATRIX_RTC_ERROR_INSUFFICIENT_CAPACITY, 503,
      RECOVERY_RESUME, RECOVERY_RECONNECT},
  {GST_MATRIX_RTC_ERROR_SFU_ROOM_CREATION_RESTRICTED, 404,
      RECOVERY_RECONNECT, RECOVERY_RECONNECT},
  {GST_MATRIX_RTC_ERROR_PEER_CONNECTION_TIMEOUT, 0,
      RECOVERY_RECONNECT, RECOVERY_RECONNECT},
  {GST_MATRIX_RTC_ERROR_CONNECTION_LOST, 0,
      RECOVERY_RECONNECT, RECOVERY_RECONNECT},
  {GST_MATRIX_RTC_ERROR_OPEN_ID, 0,
      RECOVERY_RECONNECT, RECOVERY_RECONNECT},
  {GST_MATRIX_RTC_ERROR_OPEN_ID, 502,
      RECOVERY_RECONNECT, RECOVERY_RECONNECT},
  {GST_MATRIX_RTC_ERROR_OPEN_ID, 401,
      RECOVERY_RECONNECT, RECOVERY_GIVE_UP},
};

GST_START_TEST (test_error)
{
  g_autoptr (GError) error = matrix_rtc_error_new (errors[__i__].code,
      errors[__i__].status, "an error", "for a test");

  fail_unless_equals_int (recovery_from_error (error, TRUE),
      errors[__i__].resuming);
  fail_unless_equals_int (recovery_from_error (error, FALSE),
      errors[__i__].reconnecting);
}

GST_END_TEST;

/* At once, soon, and then later each time up to a bound, never all together. */
GST_START_TEST (test_delay)
{
  guint i;
  gboolean differ = FALSE;

  fail_unless_equals_int (recovery_get_delay_ms (0), 0);
  fail_unless_equals_int (recovery_get_delay_ms (1), 300);
  for (i = 0; i < 100; i++) {
    guint third = recovery_get_delay_ms (2);
    guint late = recovery_get_delay_ms (G_MAXUINT - i);

    fail_unless (third >= 1200 && third < 2200);
    fail_unless (late >= 7000 && late < 8000);
    differ |= late != recovery_get_delay_ms (5);
  }
  fail_unless (differ);
}

GST_END_TEST;

static Suite *
recovery_suite (void)
{
  Suite *suite = suite_create ("recovery");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_leave, 0, G_N_ELEMENTS (leaves));
  tcase_add_test (tc, test_no_leave);
  tcase_add_loop_test (tc, test_error, 0, G_N_ELEMENTS (errors));
  tcase_add_test (tc, test_delay);
  return suite;
}

GST_CHECK_MAIN (recovery);
