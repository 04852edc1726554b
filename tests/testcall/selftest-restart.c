/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The embedded call tested from outside: a server that is killed, that is deaf
 * or that stands still, and a room that moves. */

#include "selftest-fixture.h"

#include <string.h>

static gchar *
own_room_sid (Client * client)
{
  Livekit__SignalResponse *message = await_message (client,
      LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_UPDATE);
  gchar *sid = g_strdup (message->room_update->room->sid);

  livekit__signal_response__free_unpacked (message, NULL);
  return sid;
}

static Livekit__SignalResponse *
await_join (Client * client)
{
  return await_message (client, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN);
}

/* --- Listening ----------------------------------------------------------- */

GST_START_TEST (test_listening)
{
  g_autofree gchar *video = NULL;
  Client *client, *other;
  guint i;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  client = connect_client ();
  await_frames (client, video, 5);
  for (i = 0; i < 3; i++) {
    testcall_set_listening (call, FALSE);
    other = connect_client ();
    fail_unless (other->socket == NULL);
    fail_unless_equals_int (other->status, SOUP_STATUS_NONE);
    client_free (other);
    fail_unless_equals_int (http_get ("/nothing", NULL), 0);
    await_more_frames (client, video, 5);
    fail_unless (!client->closed);
    testcall_set_listening (call, TRUE);
    fail_unless_equals_int (http_get ("/nothing", NULL), 404);
  }
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_UPGRADE), 1);
  leave (client);
}

GST_END_TEST;

/* --- Restarts ------------------------------------------------------------ */

/* The socket ended without a close frame, and nothing was said before. */
static void
await_silent_end (Client * client)
{
  await_closed (client);
  fail_unless_equals_int (soup_websocket_connection_get_close_code
      (client->socket), 0);
  fail_unless (!has_message (client,
          GINT_TO_POINTER (LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)));
}

static void
check_ana (const Livekit__ParticipantInfo * info, const gchar * old_sid,
    const gchar * old_track)
{
  g_autofree gchar *identity = testcall_get_identity (call, "ana");
  g_autofree gchar *sid = testcall_get_participant_sid (call, "ana");
  g_autofree gchar *track = testcall_get_track_sid (call, "ana",
      TESTCALL_VIDEO);

  fail_unless_equals_string (info->name, "ana");
  fail_unless_equals_string (info->identity, identity);
  fail_unless_equals_string (info->sid, sid);
  fail_unless (g_strcmp0 (sid, old_sid) != 0);
  fail_unless_equals_int (info->n_tracks, 1);
  fail_unless_equals_string (info->tracks[0]->sid, track);
  fail_unless (g_strcmp0 (track, old_track) != 0);
  fail_unless_equals_int (info->tracks[0]->source,
      LIVEKIT__TRACK_SOURCE__CAMERA);
  fail_unless_equals_int (info->tracks[0]->encryption,
      LIVEKIT__ENCRYPTION_TYPE__GCM);
}

/* Encrypted: the key outlives the server. */
static void
join_ana (void)
{
  g_autoptr (GBytes) key = g_bytes_new_static ("0123456789abcdef", 16);

  testcall_join (call, "ana", 0, TESTCALL_VP8);
  fail_unless (testcall_set_media_key (call, "ana", 3, key));
  testcall_publish (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
}

GST_START_TEST (test_restart)
{
  g_autofree gchar *room = testcall_get_room_sid (call);
  g_autofree gchar *new_room = NULL;
  g_autofree gchar *updated_room = NULL;
  g_autofree gchar *sid = NULL;
  g_autofree gchar *track = NULL;
  g_autofree gchar *new_track = NULL;
  Livekit__SignalResponse *message;
  Client *client, *again;

  join_ana ();
  sid = testcall_get_participant_sid (call, "ana");
  track = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  testcall_set_resumable (call, TRUE);
  client = connect_client ();
  message = await_join (client);
  fail_unless_equals_string (message->join->room->sid, room);
  livekit__signal_response__free_unpacked (message, NULL);
  await_frames (client, track, 5);

  testcall_restart (call, TESTCALL_RETURN_AT_ONCE);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_SESSIONS), 0);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_SOCKETS), 0);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_LINES), 0);
  await_silent_end (client);

  /* It knows nothing of the session. */
  client_resume (client);
  message = await_message (client, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE);
  fail_unless_equals_int (message->leave->action,
      LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
  livekit__signal_response__free_unpacked (message, NULL);
  await_closed (client);
  client_free (client);

  again = connect_client ();
  message = await_join (again);
  new_room = testcall_get_room_sid (call);
  fail_unless (!g_str_equal (room, new_room));
  fail_unless_equals_string (message->join->room->sid, new_room);
  fail_unless_equals_int (message->join->n_other_participants, 1);
  check_ana (message->join->other_participants[0], sid, track);
  livekit__signal_response__free_unpacked (message, NULL);
  updated_room = own_room_sid (again);
  fail_unless_equals_string (updated_room, new_room);
  new_track = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  await_frames (again, new_track, 5);
  leave (again);
}

GST_END_TEST;

static gboolean
knows_ana (Client * client, gpointer data)
{
  Livekit__SignalResponse *message = client_take (client,
      LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE);
  gboolean known;

  if (!message)
    return FALSE;
  known = g_str_equal (message->update->participants[0]->name, "ana");
  livekit__signal_response__free_unpacked (message, NULL);
  return known;
}

GST_START_TEST (test_return)
{
  g_autofree gchar *track = NULL;
  Livekit__SignalResponse *message;
  Client *client;

  join_ana ();
  testcall_join (call, "ben", TESTCALL_AUDIO, TESTCALL_VP8);
  testcall_join (call, "cleo", TESTCALL_AUDIO, TESTCALL_VP8);
  fail_unless (!testcall_return (call, NULL));
  testcall_restart (call, TESTCALL_RETURN_LATER);
  fail_unless (testcall_get_participant_sid (call, "ana") == NULL);
  client = connect_client ();
  message = await_join (client);
  fail_unless_equals_int (message->join->n_other_participants, 0);
  livekit__signal_response__free_unpacked (message, NULL);

  fail_unless (!testcall_return (call, "dan"));
  fail_unless (testcall_return (call, "ana"));
  fail_unless (!testcall_return (call, "ana"));
  fail_unless (client_run (client, knows_ana, NULL, DEADLINE));
  track = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  await_frames (client, track, 5);

  fail_unless (testcall_leave (call, "ben"));
  fail_unless (testcall_return (call, NULL));
  fail_unless (testcall_get_participant_sid (call, "ben") == NULL);
  g_free (track);
  track = testcall_get_track_sid (call, "cleo", TESTCALL_AUDIO);
  await_frames (client, track, 5);
  leave (client);
}

GST_END_TEST;

/* --- A move -------------------------------------------------------------- */

GST_START_TEST (test_move_room)
{
  g_autofree gchar *room = testcall_get_room_sid (call);
  g_autofree gchar *new_room = NULL;
  g_autofree gchar *person = NULL;
  g_autofree gchar *new_person = NULL;
  g_autofree gchar *own = NULL;
  g_autofree gchar *track = NULL;
  g_autofree gchar *screen = NULL;
  g_autofree gchar *token = NULL;
  Livekit__SignalResponse *message;
  const Livekit__RoomMovedResponse *moved;
  Client *client;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  track = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  person = testcall_get_participant_sid (call, "ana");
  testcall_set_resumable (call, TRUE);
  client = connect_client ();
  await_frames (client, track, 5);
  own = g_strdup (client->sid);
  token = testcall_dup_newest_token (call, "tester");

  testcall_move_room (call);
  message = await_message (client,
      LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_MOVED);
  moved = message->room_moved;
  new_room = testcall_get_room_sid (call);
  new_person = testcall_get_participant_sid (call, "ana");
  fail_unless_equals_string (moved->room->sid, new_room);
  fail_unless (!g_str_equal (room, new_room));
  fail_unless_equals_string (moved->participant->identity, "tester");
  fail_unless (!g_str_equal (moved->participant->sid, own));
  fail_unless_equals_int (moved->n_other_participants, 1);
  fail_unless_equals_string (moved->other_participants[0]->sid, new_person);
  fail_unless (!g_str_equal (person, new_person));
  fail_unless_equals_string (moved->other_participants[0]->tracks[0]->sid,
      track);
  fail_unless (!g_str_equal (moved->token, token));
  fail_unless_equals_int (http_get ("/livekit/sfu/rtc/validate",
          moved->token), 200);
  livekit__signal_response__free_unpacked (message, NULL);
  await_more_frames (client, track, 10);
  fail_unless (!client->closed);

  testcall_publish (call, "ana", TESTCALL_SCREEN, TESTCALL_VP8);
  screen = testcall_get_track_sid (call, "ana", TESTCALL_SCREEN);
  await_frames (client, screen, 5);
  testcall_drop_sockets (call, TRUE);
  await_closed (client);
  client_resume (client);
  await_count (client, TESTCALL_SAW_RECONNECTED, 1);
  fail_unless_equals_int (testcall_get_last_token_origin (call),
      TESTCALL_TOKEN_MOVED);
  leave (client);
}

GST_END_TEST;

/* --- Standing still ------------------------------------------------------ */

static void
send_ping (Client * client)
{
  Livekit__Ping ping = LIVEKIT__PING__INIT;
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;

  ping.timestamp = 1;
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ;
  request.ping_req = &ping;
  client_send (client, &request);
}

/* A pong would come long before so many frames. */
static void
stall (Client * client, const gchar * track)
{
  testcall_stall_sockets (call, TRUE);
  send_ping (client);
  testcall_send_quality (call, "ana", 1);
  await_more_frames (client, track, 15);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_PING), 0);
  fail_unless (!has_message (client,
          GINT_TO_POINTER (LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG_RESP)));
  fail_unless (!has_message (client, GINT_TO_POINTER
          (LIVEKIT__SIGNAL_RESPONSE__MESSAGE_CONNECTION_QUALITY)));
  fail_unless (!client->closed);
}

static Client *
connect_to_ana (gchar ** track)
{
  Client *client;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  *track = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  client = connect_client ();
  await_frames (client, *track, 5);
  return client;
}

GST_START_TEST (test_stall)
{
  g_autofree gchar *track = NULL;
  Client *client = connect_to_ana (&track);
  Livekit__SignalResponse *message;

  stall (client, track);
  testcall_stall_sockets (call, FALSE);
  message = await_message (client,
      LIVEKIT__SIGNAL_RESPONSE__MESSAGE_CONNECTION_QUALITY);
  livekit__signal_response__free_unpacked (message, NULL);
  message = await_message (client, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG_RESP);
  livekit__signal_response__free_unpacked (message, NULL);
  leave (client);
}

GST_END_TEST;

/* Its close frame is not answered, and it may come back. */
GST_START_TEST (test_resume_of_stalled)
{
  g_autofree gchar *track = NULL;
  g_autoptr (SoupWebsocketConnection) old = NULL;
  Client *client;

  testcall_set_resumable (call, TRUE);
  client = connect_to_ana (&track);
  stall (client, track);
  old = g_object_ref (client->socket);
  client_resume (client);
  await_count (client, TESTCALL_SAW_RECONNECTED, 1);
  await_more_frames (client, track, 5);
  fail_unless_equals_int (soup_websocket_connection_get_state (old),
      SOUP_WEBSOCKET_STATE_OPEN);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_SOCKETS), 1);
  send_ping (client);
  await_count (client, TESTCALL_SAW_PING, 1);

  testcall_stall_sockets (call, FALSE);
  g_signal_connect_swapped (old, "closed", G_CALLBACK (g_main_context_wakeup),
      NULL);
  while (soup_websocket_connection_get_state (old)
      != SOUP_WEBSOCKET_STATE_CLOSED)
    g_main_context_iteration (NULL, TRUE);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_PING), 1);
  leave (client);
}

GST_END_TEST;

GST_START_TEST (test_replacement_of_stalled)
{
  g_autofree gchar *track = NULL;
  Client *client = connect_to_ana (&track);
  Client *other;

  stall (client, track);
  other = connect_client ();
  await_frames (other, track, 5);
  fail_unless (!client->closed);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_SESSIONS), 1);
  testcall_drop_sockets (call, FALSE);
  await_closed (other);
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SESSIONS, 0,
          DEADLINE));
  client_free (other);
  client_free (client);
}

GST_END_TEST;

/* --- Media --------------------------------------------------------------- */

/* The old session's is dead and its socket alive; a new session has its own. */
GST_START_TEST (test_drop_media)
{
  g_autofree gchar *track = NULL;
  Client *client = connect_to_ana (&track);
  Client *again;

  testcall_drop_media (call);
  await_silence (client, track);
  send_ping (client);
  await_count (client, TESTCALL_SAW_PING, 1);
  fail_unless (!client->closed);
  client_send_leave (client);
  await_closed (client);
  client_free (client);

  again = connect_client ();
  await_frames (again, track, 5);
  testcall_drop_media (call);
  await_silence (again, track);
  testcall_restart (call, TESTCALL_RETURN_AT_ONCE);
  await_closed (again);
  client_free (again);
}

GST_END_TEST;

static Suite *
testcall_restart_suite (void)
{
  Suite *s = suite_create ("testcall-restart");
  TCase *tcase = selftest_tcase_new ("restart");

  suite_add_tcase (s, tcase);
  tcase_add_test (tcase, test_listening);
  tcase_add_test (tcase, test_restart);
  tcase_add_test (tcase, test_return);
  tcase_add_test (tcase, test_move_room);
  tcase_add_test (tcase, test_stall);
  tcase_add_test (tcase, test_resume_of_stalled);
  tcase_add_test (tcase, test_replacement_of_stalled);
  tcase_add_test (tcase, test_drop_media);
  return s;
}

GST_CHECK_MAIN (testcall_restart);
