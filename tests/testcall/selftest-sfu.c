/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The embedded call tested from outside: faults on signalling, media and the
 * life of m-lines. */

#include "selftest-fixture.h"

#include <string.h>

GST_START_TEST (test_room_states)
{
  static const struct
  {
    TestcallRoomState state;
    guint upgrade;
    guint validate;
  } rows[] = {
    {TESTCALL_ROOM_FULL, 500, 200}, {TESTCALL_ROOM_ABSENT, 404, 404},
    {TESTCALL_NODE_LIMIT, 503, 503}
  };
  g_autofree gchar *jwt = testcall_make_jwt (call, "me", NULL);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    Client *client;

    testcall_set_room_state (call, rows[i].state);
    client = connect_client ();
    fail_unless (client->socket == NULL);
    fail_unless_equals_int (client->status, rows[i].upgrade);
    client_free (client);
    fail_unless_equals_int (http_get ("/livekit/sfu/rtc/validate", jwt),
        rows[i].validate);
  }
}

GST_END_TEST;

GST_START_TEST (test_signal_faults)
{
  TestcallFault fault = {.send = TESTCALL_SEND_LEAVE,.reason =
        LIVEKIT__DISCONNECT_REASON__JOIN_FAILURE
  };
  Livekit__SignalResponse *message;
  Client *client;

  testcall_set_fault (call, TESTCALL_STEP_JOIN, &fault);
  client = connect_client ();
  message = await_message (client, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
  fail_unless_equals_int (message->leave->reason, fault.reason);
  livekit__signal_response__free_unpacked (message, NULL);
  await_closed (client);
  client_free (client);

  fault = (TestcallFault) {
  .send = TESTCALL_SEND_OVERSIZE,.length = 300000};
  testcall_set_fault (call, TESTCALL_STEP_JOIN, &fault);
  client = connect_client ();
  await_count (client, TESTCALL_SAW_ANSWER, 1);
  fail_unless_equals_int (client->oversize, 300000);
  leave (client);

  fault = (TestcallFault) {
  .send = TESTCALL_SEND_DROP};
  testcall_set_fault (call, TESTCALL_STEP_JOIN, &fault);
  client = connect_client ();
  await_closed (client);
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SESSIONS, 0,
          DEADLINE));
  client_free (client);

  testcall_set_fault (call, TESTCALL_STEP_JOIN, NULL);
  fault = (TestcallFault) {
  .sdp = TESTCALL_SDP_NO_MID};
  testcall_set_fault (call, TESTCALL_STEP_OFFER, &fault);
  client = connect_client ();
  client->passive = TRUE;
  message = await_message (client, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER);
  fail_unless (strstr (message->offer->sdp, "a=mid:") == NULL);
  livekit__signal_response__free_unpacked (message, NULL);
  leave (client);
}

GST_END_TEST;

/* --- Media --------------------------------------------------------------- */

static gboolean
has_offered (Client * client, gpointer sid)
{
  return client_get_ssrc (client, sid) != 0;
}

static void
check_media (void)
{
  g_autofree gchar *audio = NULL;
  g_autofree gchar *video = NULL;
  Client *client;
  Livekit__SignalResponse *message;

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  audio = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  client = connect_client ();
  message = await_message (client, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN);
  fail_unless_equals_int (message->join->n_other_participants, 1);
  fail_unless_equals_string (message->join->other_participants[0]->name, "ana");
  livekit__signal_response__free_unpacked (message, NULL);
  message = await_message (client,
      LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN);
  fail_unless_equals_int (http_get ("/livekit/sfu/rtc/validate",
          message->refresh_token), 200);
  livekit__signal_response__free_unpacked (message, NULL);
  await_frames (client, audio, 20);
  await_frames (client, video, 10);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_LINES), 2);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_BAD_ANSWER), 0);
  leave (client);
  fail_unless_equals_int (testcall_get_last_leave_reason (call),
      LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_LINES), 0);
}

GST_START_TEST (test_media)
{
  check_media ();
}

GST_END_TEST;

GST_START_TEST (test_media_tracks_at_once)
{
  testcall_set_first_offer (call, TESTCALL_OFFER_TRACKS_AT_ONCE);
  check_media ();
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_OFFER), 1);
}

GST_END_TEST;

GST_START_TEST (test_key_frame)
{
  g_autofree gchar *video = NULL;
  Wanted wanted = { NULL, 0, 0 };
  Client *client;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  client = connect_client ();
  await_frames (client, video, 5);
  wanted.sid = video;
  wanted.key_frames = client_get_frames (client, client_get_ssrc (client,
          video)).key_frames + 1;
  client_ask_key_frame (client);
  await_count (client, TESTCALL_SAW_PLI, 1);
  fail_unless (client_run (client, has_frames, &wanted, 5000));
  leave (client);
}

GST_END_TEST;

/* One line, three tracks in turn, the codec changing too. */
GST_START_TEST (test_reuse)
{
  g_autofree gchar *first = NULL;
  g_autofree gchar *second = NULL;
  g_autofree gchar *third = NULL;
  g_autofree gchar *first_mid = NULL;
  g_autofree gchar *second_mid = NULL;
  g_autofree gchar *third_mid = NULL;
  guint32 first_ssrc;
  guint64 answers;
  Client *client;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  first = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  client = connect_client ();
  client->wide = TRUE;
  await_frames (client, first, 5);
  first_mid = client_get_mid (client, first);
  first_ssrc = client_get_ssrc (client, first);

  answers = testcall_count (call, TESTCALL_SAW_ANSWER);
  testcall_leave (call, "ana");
  await_count (client, TESTCALL_SAW_ANSWER, answers + 1);
  fail_unless (strstr (client->last_offer, "a=recvonly") != NULL);
  fail_unless (strstr (client->last_offer, first) == NULL);
  fail_unless (strstr (client->last_answer, "a=inactive") != NULL);

  testcall_join (call, "ben", TESTCALL_VIDEO, TESTCALL_H264);
  second = testcall_get_track_sid (call, "ben", TESTCALL_VIDEO);
  await_frames (client, second, 5);
  second_mid = client_get_mid (client, second);
  fail_unless_equals_string (second_mid, first_mid);
  fail_unless (client_get_ssrc (client, second) != first_ssrc);

  /* In one offer: the line isn't inactive yet, so another is added. */
  testcall_freeze (call);
  testcall_leave (call, "ben");
  testcall_join (call, "cleo", TESTCALL_VIDEO, TESTCALL_VP8);
  testcall_thaw (call);
  third = testcall_get_track_sid (call, "cleo", TESTCALL_VIDEO);
  await_frames (client, third, 5);
  third_mid = client_get_mid (client, third);
  fail_unless (g_strcmp0 (third_mid, first_mid) != 0);
  leave (client);
}

GST_END_TEST;

/* webrtcbin by itself answers VP8 alone, and that freezes the connection. */
GST_START_TEST (test_codec_refused)
{
  g_autofree gchar *video = NULL;
  g_autofree gchar *sid = NULL;
  Livekit__SignalResponse *message;
  Client *client;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  testcall_join (call, "ben", TESTCALL_VIDEO, TESTCALL_H264);
  sid = testcall_get_track_sid (call, "ben", TESTCALL_VIDEO);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  client = connect_client ();
  message = await_message (client,
      LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIPTION_RESPONSE);
  fail_unless_equals_string (message->subscription_response->track_sid, sid);
  fail_unless_equals_int (message->subscription_response->err,
      LIVEKIT__SUBSCRIPTION_ERROR__SE_CODEC_UNSUPPORTED);
  livekit__signal_response__free_unpacked (message, NULL);
  await_frames (client, video, 5);
  fail_unless (strstr (client->last_offer, "H264") == NULL);
  leave (client);
}

GST_END_TEST;

GST_START_TEST (test_mute)
{
  g_autofree gchar *video = NULL;
  Livekit__SignalResponse *message;
  Wanted more;
  Client *client;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  client = connect_client ();
  await_frames (client, video, 5);
  testcall_set_muted (call, "ana", TESTCALL_VIDEO, TRUE);
  do {
    message = await_message (client, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE);
    /* The first updates are of subscribers. */
    if (message->update->participants[0]->n_tracks > 0)
      break;
    livekit__signal_response__free_unpacked (message, NULL);
  } while (TRUE);
  fail_unless (message->update->participants[0]->tracks[0]->muted);
  livekit__signal_response__free_unpacked (message, NULL);
  testcall_set_muted (call, "ana", TESTCALL_VIDEO, FALSE);
  more = (Wanted) {
  video, client_get_frames (client, client_get_ssrc (client, video)).frames
        + 10, 2};
  fail_unless (client_run (client, has_frames, &more, DEADLINE));
  leave (client);
}

GST_END_TEST;

GST_START_TEST (test_silent_peer)
{
  g_autofree gchar *video = NULL;
  Client *client;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  testcall_set_silent_peer (call, TRUE);
  testcall_set_first_offer (call, TESTCALL_OFFER_TRACKS_AT_ONCE);
  client = connect_client ();
  fail_unless (client_run (client, has_offered, video, DEADLINE));
  await_count (client, TESTCALL_SAW_ANSWER, 1);
  fail_unless (!has_message (client,
          GINT_TO_POINTER (LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE)));
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_CONNECTED), 0);
  leave (client);
}

GST_END_TEST;

GST_START_TEST (test_drop_sockets)
{
  Client *client = connect_client ();

  await_count (client, TESTCALL_SAW_CONNECTED, 1);
  testcall_drop_sockets (call, FALSE);
  await_closed (client);
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SOCKETS, 0,
          DEADLINE));
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SESSIONS, 0,
          DEADLINE));
  client_free (client);
}

GST_END_TEST;

static Suite *
testcall_sfu_suite (void)
{
  Suite *s = suite_create ("testcall-sfu");
  TCase *tcase = selftest_tcase_new ("sfu");

  suite_add_tcase (s, tcase);
  tcase_add_test (tcase, test_room_states);
  tcase_add_test (tcase, test_signal_faults);
  tcase_add_test (tcase, test_media);
  tcase_add_test (tcase, test_media_tracks_at_once);
  tcase_add_test (tcase, test_key_frame);
  tcase_add_test (tcase, test_reuse);
  tcase_add_test (tcase, test_codec_refused);
  tcase_add_test (tcase, test_mute);
  tcase_add_test (tcase, test_silent_peer);
  tcase_add_test (tcase, test_drop_sockets);
  return s;
}

GST_CHECK_MAIN (testcall_sfu);
