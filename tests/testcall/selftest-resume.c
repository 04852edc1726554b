/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The embedded call tested from outside: sessions that are resumed. */

#include "selftest-fixture.h"

#include <string.h>

static gchar *
get_ufrag (const gchar * sdp)
{
  const gchar *line = strstr (sdp, "a=ice-ufrag:");

  fail_unless (line != NULL);
  line += strlen ("a=ice-ufrag:");
  return g_strndup (line, strcspn (line, "\r"));
}

/* Its socket is cut, its session kept. */
static void
cut (Client * client)
{
  testcall_drop_sockets (call, TRUE);
  await_closed (client);
}

static void
resume (Client * client)
{
  guint64 before = testcall_count (call, TESTCALL_SAW_RECONNECTED);

  client_resume (client);
  fail_unless (client->socket != NULL);
  await_count (client, TESTCALL_SAW_RECONNECTED, before + 1);
}

static gint
find_arrival (Client * client, gint message_case)
{
  guint i;

  for (i = 0; i < client->arrived->len; i++) {
    if (g_array_index (client->arrived, gint, i) == message_case)
      return i;
  }
  fail ("no message %d", message_case);
  return -1;
}

static void
check_order (Client * client)
{
  static const gint order[] = {
    LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT,
    LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE,
    LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_UPDATE,
    LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN,
    LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER,
    LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (order); i++)
    fail_unless_equals_int (find_arrival (client, order[i]), i);
}

static void
check_candidates (Client * client)
{
  g_autofree gchar *ufrag = get_ufrag (client->last_offer);
  g_autofree gchar *wanted = g_strdup_printf (" ufrag %s\"", ufrag);
  gboolean final = FALSE;

  while (!final) {
    Livekit__SignalResponse *message = await_message (client,
        LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE);

    fail_unless (strstr (message->trickle->candidateinit, wanted) != NULL);
    final = message->trickle->final;
    livekit__signal_response__free_unpacked (message, NULL);
  }
}

static void
check_sync_state (Client * client, const gchar * answer)
{
  g_autoptr (GBytes) bytes = testcall_get_last_signal (call, 12);
  Livekit__SignalRequest *request = livekit__signal_request__unpack (NULL,
      g_bytes_get_size (bytes), g_bytes_get_data (bytes, NULL));

  fail_unless_equals_int (request->message_case,
      LIVEKIT__SIGNAL_REQUEST__MESSAGE_SYNC_STATE);
  fail_unless_equals_string (request->sync_state->answer->sdp, answer);
  livekit__signal_request__free_unpacked (request, NULL);
}

static void
check_request (Client * client)
{
  g_autofree gchar *request = testcall_get_last_request (call,
      "/livekit/sfu/rtc");
  g_autofree gchar *wanted = g_strdup_printf ("&reconnect=1&sid=%s\r\n",
      client->sid);

  fail_unless (strstr (request, wanted) != NULL);
}

/* Messages of the last socket that nobody has taken. */
static void
forget_messages (Client * client)
{
  Livekit__SignalResponse *message;

  while ((message = g_queue_pop_head (&client->messages)))
    livekit__signal_response__free_unpacked (message, NULL);
}

GST_START_TEST (test_resume)
{
  g_autofree gchar *audio = NULL;
  g_autofree gchar *video = NULL;
  g_autofree gchar *screen = NULL;
  g_autofree gchar *before = NULL;
  g_autofree gchar *after = NULL;
  g_autofree gchar *answer = NULL;
  Client *client;
  guint i;

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  audio = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  testcall_set_resumable (call, TRUE);
  client = connect_client ();
  await_frames (client, audio, 5);
  await_frames (client, video, 5);
  before = get_ufrag (client->last_offer);
  answer = g_strdup (client->last_answer);

  cut (client);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_SESSIONS), 1);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_LINES), 2);
  await_more_frames (client, video, 5);

  forget_messages (client);
  resume (client);
  after = get_ufrag (client->last_offer);
  fail_unless (!g_str_equal (before, after));
  check_order (client);
  check_candidates (client);
  check_request (client);
  check_sync_state (client, answer);
  await_more_frames (client, audio, 20);
  await_more_frames (client, video, 20);

  /* What comes later keeps the credentials, and so does another resume. */
  testcall_publish (call, "ana", TESTCALL_SCREEN, TESTCALL_VP8);
  screen = testcall_get_track_sid (call, "ana", TESTCALL_SCREEN);
  await_frames (client, screen, 5);
  for (i = 0; i < 3; i++) {
    cut (client);
    resume (client);
    await_more_frames (client, audio, 20);
    await_more_frames (client, video, 10);
    await_more_frames (client, screen, 10);
  }
  fail_unless_equals_int (testcall_count_signal (call, 12), 4);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_RESUME), 4);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_JOIN), 1);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_BAD_ANSWER), 0);
  leave (client);
}

GST_END_TEST;

/* A track published and a person gone meanwhile. */
GST_START_TEST (test_resume_of_changes)
{
  g_autofree gchar *video = NULL;
  g_autofree gchar *screen = NULL;
  Livekit__SignalResponse *message;
  const Livekit__ParticipantUpdate *update;
  Client *client;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  testcall_join (call, "ben", TESTCALL_AUDIO, TESTCALL_VP8);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  testcall_set_resumable (call, TRUE);
  client = connect_client ();
  await_frames (client, video, 5);
  cut (client);
  testcall_publish (call, "ana", TESTCALL_SCREEN, TESTCALL_VP8);
  screen = testcall_get_track_sid (call, "ana", TESTCALL_SCREEN);
  testcall_leave (call, "ben");
  forget_messages (client);
  resume (client);
  await_frames (client, screen, 5);
  await_more_frames (client, video, 5);

  message = await_message (client, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE);
  update = message->update;
  fail_unless_equals_int (update->n_participants, 2);
  fail_unless_equals_string (update->participants[0]->identity, "tester");
  fail_unless_equals_string (update->participants[1]->name, "ana");
  fail_unless_equals_int (update->participants[1]->n_tracks, 2);
  livekit__signal_response__free_unpacked (message, NULL);
  message = await_message (client, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE);
  update = message->update;
  fail_unless_equals_int (update->n_participants, 1);
  fail_unless_equals_string (update->participants[0]->name, "ben");
  fail_unless_equals_int (update->participants[0]->state,
      LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
  livekit__signal_response__free_unpacked (message, NULL);
  leave (client);
}

GST_END_TEST;

/* --- Clients that don't do their part ------------------------------------ */

GST_START_TEST (test_path_kept)
{
  g_autofree gchar *video = NULL;
  guint64 answers;
  Client *client;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  testcall_set_resumable (call, TRUE);
  client = connect_client ();
  client->keeps_path = TRUE;
  await_frames (client, video, 5);
  cut (client);
  answers = testcall_count (call, TESTCALL_SAW_ANSWER);
  client_resume (client);
  await_count (client, TESTCALL_SAW_ANSWER, answers + 1);
  await_silence (client, video);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_RECONNECTED),
      0);
  leave (client);
}

GST_END_TEST;

GST_START_TEST (test_restart_forgotten)
{
  g_autofree gchar *video = NULL;
  Client *client;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  testcall_set_resumable (call, TRUE);
  client = connect_client ();
  await_frames (client, video, 5);
  cut (client);
  resume (client);
  await_more_frames (client, video, 5);
  client->forgets_restart = TRUE;
  testcall_publish (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  await_count (client, TESTCALL_SAW_BAD_ANSWER, 1);
  await_silence (client, video);
  leave (client);
}

GST_END_TEST;

/* --- Tokens -------------------------------------------------------------- */

GST_START_TEST (test_token_origins)
{
  g_autofree gchar *refreshed = NULL;
  g_autofree gchar *newest = NULL;
  Client *client;

  testcall_set_resumable (call, TRUE);
  fail_unless_equals_int (testcall_get_last_token_origin (call),
      TESTCALL_TOKEN_NONE);
  client = connect_client ();
  fail_unless_equals_int (testcall_get_last_token_origin (call),
      TESTCALL_TOKEN_ISSUED);
  await_count (client, TESTCALL_SAW_CONNECTED, 1);
  refreshed = testcall_dup_newest_token (call, "tester");
  fail_unless_equals_string (client->token, refreshed);
  cut (client);
  resume (client);
  fail_unless_equals_int (testcall_get_last_token_origin (call),
      TESTCALL_TOKEN_REFRESHED);
  newest = testcall_dup_newest_token (call, "tester");
  fail_unless_equals_string (client->token, newest);
  fail_unless (!g_str_equal (refreshed, newest));

  cut (client);
  g_free (client->token);
  client->token = g_steal_pointer (&refreshed);
  resume (client);
  fail_unless_equals_int (testcall_get_last_token_origin (call),
      TESTCALL_TOKEN_STALE);
  leave (client);
}

GST_END_TEST;

/* --- Faults that hit the resume alone ------------------------------------ */

static const gchar garbage[] = "\xff\xff\xff";

/* The connection before it is good, the one after it too. */
static Client *
meet_fault (TestcallStep step, TestcallFault fault)
{
  g_autofree gchar *video = NULL;
  Client *client;

  fault.skip = 1;
  fault.times = 1;
  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  testcall_set_resumable (call, TRUE);
  testcall_set_fault (call, step, &fault);
  client = connect_client ();
  await_frames (client, video, 5);
  cut (client);
  client_resume (client);
  return client;
}

static void
resume_after_fault (Client * client)
{
  g_autofree gchar *video = testcall_get_track_sid (call, "ana",
      TESTCALL_VIDEO);

  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_SESSIONS), 1);
  await_more_frames (client, video, 5);
  resume (client);
  await_more_frames (client, video, 5);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_RESUME), 1);
  leave (client);
}

GST_START_TEST (test_upgrade_fault)
{
  Client *client = meet_fault (TESTCALL_STEP_UPGRADE, (TestcallFault) {
        .status = 503
      });

  fail_unless (client->socket == NULL);
  fail_unless_equals_int (client->status, 503);
  resume_after_fault (client);
}

GST_END_TEST;

GST_START_TEST (test_truncated_frame)
{
  Client *client = meet_fault (TESTCALL_STEP_JOIN, (TestcallFault) {
        .send = TESTCALL_SEND_TRUNCATED
      });

  await_closed (client);
  fail_unless_equals_int (client->arrived->len, 0);
  fail_unless_equals_int (soup_websocket_connection_get_close_code
      (client->socket), 0);
  resume_after_fault (client);
}

GST_END_TEST;

/* All that comes on a connection of our own until it ends. */
static GByteArray *
read_upgrade (void)
{
  g_autofree gchar *jwt = testcall_make_jwt (call, "tester", NULL);
  g_autofree gchar *request = g_strdup_printf ("GET /livekit/sfu/rtc HTTP/1.1"
      "\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\nAuthorization: Bearer %s\r\n\r\n", jwt);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection =
      g_socket_client_connect_to_uri (client, testcall_get_url (call), 80,
      NULL, NULL);
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GByteArray *all = g_byte_array_new ();
  guint8 buffer[1024];
  gssize length;

  g_socket_set_timeout (g_socket_connection_get_socket (connection), 10);
  fail_unless (g_output_stream_write_all (g_io_stream_get_output_stream
          (G_IO_STREAM (connection)), request, strlen (request), NULL, NULL,
          NULL));
  while ((length = g_input_stream_read (in, buffer, sizeof (buffer), NULL,
              NULL)) > 0)
    g_byte_array_append (all, buffer, length);
  fail_unless_equals_int (length, 0);
  return all;
}

GST_START_TEST (test_truncated_bytes)
{
  const TestcallFault fault = {.send = TESTCALL_SEND_TRUNCATED };
  g_autoptr (GByteArray) all = NULL;
  const guint8 *frame;
  gsize left;

  testcall_set_fault (call, TESTCALL_STEP_JOIN, &fault);
  all = read_upgrade ();
  frame = (guint8 *) g_strstr_len ((gchar *) all->data, all->len, "\r\n\r\n");
  fail_unless (frame != NULL);
  frame += 4;
  left = all->data + all->len - frame;
  fail_unless (left > 4);
  fail_unless_equals_int (frame[0], 0x82);
  fail_unless_equals_int (frame[1], 126);
  fail_unless (frame[2] * 256u + frame[3] > left - 4);
}

GST_END_TEST;

GST_START_TEST (test_dropped_resume)
{
  Client *client = meet_fault (TESTCALL_STEP_JOIN, (TestcallFault) {
        .send = TESTCALL_SEND_DROP
      });

  await_closed (client);
  fail_unless_equals_int (client->arrived->len, 0);
  resume_after_fault (client);
}

GST_END_TEST;

GST_START_TEST (test_garbage_first)
{
  Client *client = meet_fault (TESTCALL_STEP_JOIN, (TestcallFault) {
        .send = TESTCALL_SEND_INSTEAD,.body = garbage
      });

  await_count (client, TESTCALL_SAW_RECONNECTED, 1);
  fail_unless_equals_int (g_array_index (client->arrived, gint, 0),
      LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE);
  leave (client);
}

GST_END_TEST;

GST_START_TEST (test_leave_first)
{
  Livekit__SignalResponse *message;
  Client *client = meet_fault (TESTCALL_STEP_JOIN, (TestcallFault) {
        .send = TESTCALL_SEND_LEAVE,
        .reason = LIVEKIT__DISCONNECT_REASON__ROOM_DELETED
      });

  message = await_message (client, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
  fail_unless_equals_int (message->leave->reason,
      LIVEKIT__DISCONNECT_REASON__ROOM_DELETED);
  livekit__signal_response__free_unpacked (message, NULL);
  await_closed (client);
  fail_unless_equals_int (client->arrived->len, 1);
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SESSIONS, 0,
          DEADLINE));
  client_free (client);
}

GST_END_TEST;

GST_START_TEST (test_resume_of_nothing)
{
  g_autofree gchar *jwt = testcall_make_jwt (call, "tester", NULL);
  Client *client = client_new (testcall_get_sfu_url (call), jwt,
      "&reconnect=1&sid=PA_gone");
  Livekit__SignalResponse *message = await_message (client,
      LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);

  fail_unless_equals_int (message->leave->action,
      LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
  livekit__signal_response__free_unpacked (message, NULL);
  await_closed (client);
  client_free (client);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_JOIN), 0);
}

GST_END_TEST;

static Suite *
testcall_resume_suite (void)
{
  Suite *s = suite_create ("testcall-resume");
  TCase *tcase = selftest_tcase_new ("resume");

  suite_add_tcase (s, tcase);
  tcase_add_test (tcase, test_resume);
  tcase_add_test (tcase, test_resume_of_changes);
  tcase_add_test (tcase, test_path_kept);
  tcase_add_test (tcase, test_restart_forgotten);
  tcase_add_test (tcase, test_token_origins);
  tcase_add_test (tcase, test_upgrade_fault);
  tcase_add_test (tcase, test_truncated_frame);
  tcase_add_test (tcase, test_truncated_bytes);
  tcase_add_test (tcase, test_dropped_resume);
  tcase_add_test (tcase, test_garbage_first);
  tcase_add_test (tcase, test_leave_first);
  tcase_add_test (tcase, test_resume_of_nothing);
  return s;
}

GST_CHECK_MAIN (testcall_resume);
