/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The embedded call tested from outside: Matrix and authorization requests,
 * tokens, faults on HTTP and signalling, media and the life of m-lines. */

#include "selftest-client.h"
#include "testcall.h"

#include <gst/check/gstcheck.h>
#include <json-glib/json-glib.h>
#include <string.h>

/* Ends a test that hangs; only valgrind comes near. */
#define DEADLINE 50000

static TestCall *call;

static void
setup (void)
{
  call = testcall_new ();
}

static void
teardown (void)
{
  testcall_free (call);
}

/* --- HTTP ---------------------------------------------------------------- */

typedef struct
{
  guint status;
  gchar *body;
  gsize length;
  gchar *retry_after;
} Reply;

static Reply
request (const gchar * method, const gchar * url, const gchar * token,
    const gchar * body)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) msg = soup_message_new (method, url);
  g_autofree gchar *bearer = g_strconcat ("Bearer ", token, NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  Reply reply = { 0 };

  if (token)
    soup_message_headers_append (soup_message_get_request_headers (msg),
        "Authorization", bearer);
  if (body) {
    g_autoptr (GBytes) data = g_bytes_new (body, strlen (body));

    soup_message_set_request_body_from_bytes (msg, "application/json", data);
  }
  g_object_set (session, "timeout", 2, NULL);
  bytes = soup_session_send_and_read (session, msg, NULL, &error);
  reply.status = bytes ? soup_message_get_status (msg) : 0;
  if (bytes)
    reply.body = g_strndup (g_bytes_get_data (bytes, &reply.length),
        g_bytes_get_size (bytes));
  reply.retry_after = g_strdup (soup_message_headers_get_one
      (soup_message_get_response_headers (msg), "Retry-After"));
  return reply;
}

static void
reply_clear (Reply * reply)
{
  g_free (reply->body);
  g_free (reply->retry_after);
}

static gchar *
get_string (const gchar * json, const gchar * member)
{
  g_autoptr (JsonNode) node = json_from_string (json, NULL);

  fail_unless (node != NULL);
  return g_strdup (json_object_get_string_member_with_default
      (json_node_get_object (node), member, NULL));
}

static guint
get (const gchar * path, const gchar * token)
{
  g_autofree gchar *url = g_strconcat (testcall_get_url (call), path, NULL);
  Reply reply = request ("GET", url, token, NULL);

  reply_clear (&reply);
  return reply.status;
}

static Reply
post (const gchar * path, const gchar * token, const gchar * body)
{
  g_autofree gchar *url = g_strconcat (testcall_get_url (call), path, NULL);

  return request ("POST", url, token, body);
}

#define WHOAMI "/_matrix/client/v3/account/whoami"

GST_START_TEST (test_homeserver)
{
  fail_unless_equals_int (get (WHOAMI, NULL), 401);
  fail_unless_equals_int (get (WHOAMI, "wrong"), 401);
  fail_unless_equals_int (get (WHOAMI, testcall_get_access_token (call)), 200);
  fail_unless_equals_int (get ("/nothing", NULL), 404);
  testcall_set_reply (call, "GET", "/something", 200, "{}");
  fail_unless_equals_int (get ("/something", NULL), 200);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_WHOAMI), 3);
  fail_unless_equals_int (testcall_count_path (call, WHOAMI), 3);
}

GST_END_TEST;

static gchar *
get_openid (void)
{
  g_autofree gchar *user = g_uri_escape_string (testcall_get_user_id (call),
      NULL, FALSE);
  g_autofree gchar *path = g_strdup_printf ("/_matrix/client/v3/user/%s/openid/"
      "request_token", user);
  Reply reply = post (path, testcall_get_access_token (call), "{}");
  gchar *openid = reply.body;

  fail_unless_equals_int (reply.status, 200);
  g_free (reply.retry_after);
  return openid;
}

static void
check_claims (const gchar * jwt, const gchar * identity, const gchar * room)
{
  g_auto (GStrv) parts = g_strsplit (jwt, ".", -1);
  g_autofree gchar *padded = NULL;
  g_autofree gchar *json = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *claims, *video;
  gsize length;

  fail_unless_equals_int (g_strv_length (parts), 3);
  padded = g_strconcat (parts[1], "===", NULL);
  padded[(strlen (parts[1]) + 3) / 4 * 4] = '\0';
  json = (gchar *) g_base64_decode (padded, &length);
  node = json_from_string (json, NULL);
  fail_unless (node != NULL);
  claims = json_node_get_object (node);
  video = json_object_get_object_member (claims, "video");
  fail_unless_equals_string (json_object_get_string_member (claims, "sub"),
      identity);
  fail_unless_equals_string (json_object_get_string_member (video, "room"),
      room);
  fail_unless (json_object_get_int_member (claims, "exp") >
      g_get_real_time () / G_USEC_PER_SEC);
}

GST_START_TEST (test_hash)
{
  g_autofree gchar *room = testcall_hash ("!roomid:example.com", "slot1234",
      NULL);
  g_autofree gchar *identity = testcall_hash ("@alice:example.com",
      "DEVICE123", "memberABC", NULL);

  fail_unless_equals_string (room,
      "O8437W3+jmzMVjoIP3tNwbm+XxHQk2iKpOA7aqw3qSc");
  fail_unless_equals_string (identity,
      "J+T45tGruxc+HrUOqJJlyQSV33m728Cme4+vt8/SWrU");
}

GST_END_TEST;

GST_START_TEST (test_authorization)
{
  g_autofree gchar *openid = get_openid ();
  g_autofree gchar *member = g_strdup_printf ("{\"id\":\"m1\","
      "\"claimed_user_id\":\"%s\",\"claimed_device_id\":\"D\"}",
      testcall_get_user_id (call));
  g_autofree gchar *good = g_strdup_printf ("{\"room_id\":\"%s\","
      "\"slot_id\":\"m.call#ROOM\",\"openid_token\":%s,\"member\":%s}",
      testcall_get_room_id (call), openid, member);
  g_autofree gchar *unknown = g_strdup_printf ("{\"more\":1,%s", good + 1);
  g_autofree gchar *legacy = g_strdup_printf ("{\"room\":\"%s\","
      "\"device_id\":\"D\",\"openid_token\":%s}", testcall_get_room_id (call),
      openid);
  g_autofree gchar *identity = testcall_hash (testcall_get_user_id (call), "D",
      "m1", NULL);
  g_autofree gchar *plain = g_strconcat (testcall_get_user_id (call), ":D",
      NULL);
  g_autofree gchar *jwt = NULL;
  g_autofree gchar *legacy_jwt = NULL;
  g_autofree gchar *url = NULL;
  g_autofree gchar *errcode = NULL;
  Reply reply = post ("/livekit/jwt/get_token", NULL, good);

  fail_unless_equals_int (reply.status, 200);
  jwt = get_string (reply.body, "jwt");
  url = get_string (reply.body, "url");
  fail_unless_equals_string (url, testcall_get_sfu_url (call));
  check_claims (jwt, identity, testcall_get_room_alias (call));
  reply_clear (&reply);

  reply = post ("/livekit/jwt/sfu/get", NULL, legacy);
  fail_unless_equals_int (reply.status, 200);
  legacy_jwt = get_string (reply.body, "jwt");
  check_claims (legacy_jwt, plain, testcall_get_room_alias (call));
  reply_clear (&reply);

  reply = post ("/livekit/jwt/get_token", NULL, unknown);
  fail_unless_equals_int (reply.status, 400);
  errcode = get_string (reply.body, "errcode");
  fail_unless_equals_string (errcode, "M_NOT_JSON");
  reply_clear (&reply);

  /* Two known shapes are not interchangeable. */
  reply = post ("/livekit/jwt/sfu/get", NULL, good);
  fail_unless_equals_int (reply.status, 400);
  reply_clear (&reply);
  fail_unless_equals_int (get ("/livekit/jwt/get_token", NULL), 405);
  fail_unless_equals_int (get ("/livekit/sfu/rtc/validate", jwt), 200);
  fail_unless_equals_int (get ("/livekit/sfu/rtc", jwt), 404);
}

GST_END_TEST;

GST_START_TEST (test_tokens)
{
  static const TestcallJwtOptions bad[] = {
    {.lifetime = -3600}, {.secret = "another"}, {.issuer = "nobody"},
    {.no_exp = TRUE}, {.no_room_join = TRUE}
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree gchar *jwt = testcall_make_jwt (call, "me", &bad[i]);

    fail_unless_equals_int (get ("/livekit/sfu/rtc/validate", jwt), 401);
  }
  fail_unless_equals_int (get ("/livekit/sfu/rtc/validate", NULL), 401);
  fail_unless_equals_int (get ("/livekit/sfu/rtc/validate", "x.y.z"), 401);
}

GST_END_TEST;

GST_START_TEST (test_http_faults)
{
  const gchar *token = testcall_get_access_token (call);
  g_autofree gchar *url = g_strconcat (testcall_get_url (call), WHOAMI, NULL);
  TestcallFault fault = {.status = 429,.body = "\xff{[[[[",.headers =
        "Retry-After: 7\r\n",.times = 1
  };
  Reply reply;
  gint64 start;

  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  reply = request ("GET", url, token, NULL);
  fail_unless_equals_int (reply.status, 429);
  fail_unless_equals_string (reply.retry_after, "7");
  fail_unless_equals_int (reply.length, 6);
  reply_clear (&reply);
  fail_unless_equals_int (get (WHOAMI, token), 200);

  fault = (TestcallFault) {
  .cut = TRUE,.cut_after = 0};
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  fail_unless_equals_int (get (WHOAMI, token), 0);

  fault = (TestcallFault) {
  .cut = TRUE,.cut_after = 150,.body =
        "a body that is longer than what is left of it, by some way, so that "
        "the end of the connection comes before the end of the body"};
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  /* libsoup gives what came and no error. */
  reply = request ("GET", url, token, NULL);
  fail_unless (reply.length < strlen (fault.body));
  reply_clear (&reply);

  fault = (TestcallFault) {
  .bytes_per_second = 1000};
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  start = g_get_monotonic_time ();
  fail_unless_equals_int (get (WHOAMI, token), 200);
  fail_unless (g_get_monotonic_time () - start > 100 * 1000);

  fault = (TestcallFault) {
  .delay_ms = 200};
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  start = g_get_monotonic_time ();
  fail_unless_equals_int (get (WHOAMI, token), 200);
  fail_unless (g_get_monotonic_time () - start >= 200 * 1000);

  fault = (TestcallFault) {
  .stall = TRUE};
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, &fault);
  fail_unless_equals_int (get (WHOAMI, token), 0);
  testcall_set_fault (call, TESTCALL_STEP_WHOAMI, NULL);
  fail_unless_equals_int (get (WHOAMI, token), 200);
}

GST_END_TEST;

/* --- Signalling ---------------------------------------------------------- */

static Client *
connect_client (void)
{
  g_autofree gchar *jwt = testcall_make_jwt (call, "tester", NULL);

  return client_new (testcall_get_sfu_url (call), jwt, NULL);
}

static gboolean
has_message (Client * client, gpointer data)
{
  GList *item;

  for (item = client->messages.head; item; item = item->next) {
    Livekit__SignalResponse *message = item->data;

    if ((gint) message->message_case == GPOINTER_TO_INT (data))
      return TRUE;
  }
  return FALSE;
}

static Livekit__SignalResponse *
await_message (Client * client, gint message_case)
{
  fail_unless (client_run (client, has_message,
          GINT_TO_POINTER (message_case), DEADLINE));
  return client_take (client, message_case);
}

static gboolean
is_closed (Client * client, gpointer data)
{
  return client->closed;
}

typedef struct
{
  TestcallSaw what;
  guint64 count;
} Count;

static gboolean
has_count (Client * client, gpointer data)
{
  const Count *count = data;

  return testcall_count (call, count->what) >= count->count;
}

static void
await_count (Client * client, TestcallSaw what, guint64 number)
{
  Count count = { what, number };

  fail_unless (client_run (client, has_count, &count, DEADLINE),
      "count %d is %d", what, (gint) testcall_count (call, what));
}

static void
leave (Client * client)
{
  client_send_leave (client);
  fail_unless (client_run (client, is_closed, NULL, DEADLINE));
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SESSIONS, 0,
          DEADLINE));
  client_free (client);
}

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
    fail_unless_equals_int (get ("/livekit/sfu/rtc/validate", jwt),
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
  fail_unless (client_run (client, is_closed, NULL, DEADLINE));
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
  fail_unless (client_run (client, is_closed, NULL, DEADLINE));
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
  fail_unless (client_run (client, is_closed, NULL, DEADLINE));
  client_free (client);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_JOIN), 0);
}

GST_END_TEST;

/* --- Media --------------------------------------------------------------- */

typedef struct
{
  const gchar *sid;
  guint frames;
  guint key_frames;
} Wanted;

static gboolean
has_frames (Client * client, gpointer data)
{
  const Wanted *wanted = data;
  Frames frames = client_get_frames (client, client_get_ssrc (client,
          wanted->sid));

  return frames.frames >= wanted->frames
      && frames.key_frames >= wanted->key_frames;
}

static void
await_frames (Client * client, const gchar * sid, guint count)
{
  Wanted wanted = { sid, count, 1 };

  fail_unless (client_run (client, has_frames, &wanted, DEADLINE),
      "track %s, ssrc %u", sid, client_get_ssrc (client, sid));
}

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
  fail_unless_equals_int (get ("/livekit/sfu/rtc/validate",
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
  fail_unless (client_run (client, is_closed, NULL, DEADLINE));
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SOCKETS, 0,
          DEADLINE));
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SESSIONS, 0,
          DEADLINE));
  client_free (client);
}

GST_END_TEST;

static gchar *
get_ufrag (const gchar * sdp)
{
  const gchar *line = strstr (sdp, "a=ice-ufrag:");

  fail_unless (line != NULL);
  return g_strndup (line, strcspn (line, "\r"));
}

/* The signalling of a resume; whether media survives is the client's part. */
GST_START_TEST (test_resume)
{
  g_autofree gchar *jwt = testcall_make_jwt (call, "tester", NULL);
  g_autofree gchar *video = NULL;
  g_autofree gchar *before = NULL;
  g_autofree gchar *after = NULL;
  Livekit__SignalResponse *message;
  Client *client, *again;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  video = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  testcall_set_resumable (call, TRUE);
  client = connect_client ();
  await_frames (client, video, 5);
  before = get_ufrag (client->last_offer);
  testcall_drop_sockets (call, TRUE);
  fail_unless (client_run (client, is_closed, NULL, DEADLINE));
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_SESSIONS), 1);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_OPEN_LINES), 1);

  again = client_new (testcall_get_sfu_url (call), jwt,
      "&reconnect=1&sid=PA_any");
  again->passive = TRUE;
  message = await_message (again, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER);
  after = get_ufrag (message->offer->sdp);
  fail_unless (strstr (message->offer->sdp, video) != NULL);
  fail_unless (!g_str_equal (before, after));
  livekit__signal_response__free_unpacked (message, NULL);
  fail_unless_equals_uint64 (testcall_count (call, TESTCALL_SAW_RESUME), 1);
  client_free (client);
  leave (again);
}

GST_END_TEST;

static Suite *
testcall_suite (void)
{
  Suite *s = suite_create ("testcall");
  TCase *http = tcase_create ("http");
  TCase *sfu = tcase_create ("sfu");

  tcase_set_timeout (http, 60);
  tcase_set_timeout (sfu, 60);
  tcase_add_checked_fixture (http, setup, teardown);
  tcase_add_checked_fixture (sfu, setup, teardown);
  suite_add_tcase (s, http);
  suite_add_tcase (s, sfu);
  tcase_add_test (http, test_homeserver);
  tcase_add_test (http, test_hash);
  tcase_add_test (http, test_authorization);
  tcase_add_test (http, test_tokens);
  tcase_add_test (http, test_http_faults);
  tcase_add_test (sfu, test_room_states);
  tcase_add_test (sfu, test_signal_faults);
  tcase_add_test (sfu, test_resume_of_nothing);
  tcase_add_test (sfu, test_media);
  tcase_add_test (sfu, test_media_tracks_at_once);
  tcase_add_test (sfu, test_key_frame);
  tcase_add_test (sfu, test_reuse);
  tcase_add_test (sfu, test_codec_refused);
  tcase_add_test (sfu, test_mute);
  tcase_add_test (sfu, test_silent_peer);
  tcase_add_test (sfu, test_drop_sockets);
  tcase_add_test (sfu, test_resume);
  return s;
}

GST_CHECK_MAIN (testcall);
