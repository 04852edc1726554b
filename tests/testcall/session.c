/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One subscriber's signalling: the messages that go out, in order and past the
 * fault switch, and those that come in. */

#include "testcall-private.h"

#include <string.h>

typedef enum
{
  OUT_BYTES,
  OUT_CLOSE,
  OUT_DROP
} OutKind;

typedef struct
{
  OutKind kind;
  gboolean text;
  GBytes *bytes;
  gint64 due;                   /* monotonic us */
} Outgoing;

static void pump (Session * session);

static void
outgoing_free (gpointer data)
{
  Outgoing *out = data;

  if (out->bytes)
    g_bytes_unref (out->bytes);
  g_free (out);
}

static void
session_clear (gpointer data)
{
  Session *session = data;

  g_ptr_array_unref (session->lines);
  g_hash_table_unref (session->refused);
  g_free (session->identity);
  g_free (session->sid);
  g_free (session->held_candidate);
}

static void
session_unref (gpointer session)
{
  g_atomic_rc_box_release_full (session, session_clear);
}

Session *
session_new (TestCall * call, const gchar * identity, JsonObject * claims)
{
  Session *session = g_atomic_rc_box_new0 (Session);
  JsonObject *video = json_object_get_object_member (claims, "video");

  session->call = call;
  session->identity = g_strdup (identity);
  session->sid = sid_new ("PA_");
  session->can_subscribe = json_object_get_boolean_member_with_default (video,
      "canSubscribe", TRUE);
  session->hidden = json_object_get_boolean_member_with_default (video,
      "hidden", FALSE);
  session->lines = g_ptr_array_new_with_free_func ((GDestroyNotify) line_free);
  session->refused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  session->offer_id = g_random_int_range (1, 257);
  g_queue_init (&session->outgoing);
  g_ptr_array_add (call->sessions, session);
  seen_add (&call->seen, TESTCALL_OPEN_SESSIONS, 1);
  return session;
}

/* --- Out ----------------------------------------------------------------- */

static gboolean
on_due (gpointer user_data)
{
  Session *session = user_data;

  g_clear_pointer (&session->outgoing_timer, g_source_unref);
  pump (session);
  return G_SOURCE_REMOVE;
}

static void
send_out (Session * session, const Outgoing * out)
{
  if (!session->socket)
    return;
  if (out->kind == OUT_DROP) {
    g_socket_shutdown (session->raw_socket, TRUE, TRUE, NULL);
  } else if (soup_websocket_connection_get_state (session->socket)
      != SOUP_WEBSOCKET_STATE_OPEN) {
    return;
  } else if (out->kind == OUT_CLOSE) {
    soup_websocket_connection_close (session->socket,
        SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  } else {
    soup_websocket_connection_send_message (session->socket, out->text ?
        SOUP_WEBSOCKET_DATA_TEXT : SOUP_WEBSOCKET_DATA_BINARY, out->bytes);
  }
}

/* What is delayed holds back what comes behind it. */
static void
pump (Session * session)
{
  Outgoing *out;

  if (session->sending || session->outgoing_timer)
    return;
  session->sending = TRUE;
  while ((out = g_queue_peek_head (&session->outgoing))) {
    gint64 wait = out->due - g_get_monotonic_time ();

    if (wait > 0) {
      session->outgoing_timer = testcall_after (session->call,
          (wait + 999) / 1000, on_due, session, NULL);
      break;
    }
    g_queue_pop_head (&session->outgoing);
    send_out (session, out);
    outgoing_free (out);
  }
  session->sending = FALSE;
}

static void
push_out (Session * session, OutKind kind, GBytes * bytes, gboolean text,
    guint delay_ms)
{
  Outgoing *out = g_new0 (Outgoing, 1);

  out->kind = kind;
  out->text = text;
  out->bytes = bytes ? g_bytes_ref (bytes) : NULL;
  out->due = g_get_monotonic_time () + delay_ms * (gint64) 1000;
  g_queue_push_tail (&session->outgoing, out);
}

static GBytes *
pack (const Livekit__SignalResponse * message)
{
  gsize length = livekit__signal_response__get_packed_size (message);
  guint8 *data = g_malloc (length + 1);

  livekit__signal_response__pack (message, data);
  return g_bytes_new_take (data, length);
}

static GBytes *
pack_leave (guint reason, guint action)
{
  Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;

  leave.reason = reason;
  leave.action = action;
  leave.can_reconnect = action != LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE;
  message.leave = &leave;
  return pack (&message);
}

/* Text has to be UTF-8 for libsoup; what isn't goes out as binary. */
static void
push_body (Session * session, const FaultSlot * slot, gboolean text)
{
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  GBytes *body = slot->body ? slot->body : empty;

  if (text && !g_utf8_validate (g_bytes_get_data (body, NULL),
          g_bytes_get_size (body), NULL))
    text = FALSE;
  push_out (session, OUT_BYTES, body, text, slot->fault.delay_ms);
}

static void
push_faulty (Session * session, const FaultSlot * slot, GBytes * bytes)
{
  const TestcallFault *fault = &slot->fault;
  g_autoptr (GBytes) other = NULL;

  switch (fault->send) {
    case TESTCALL_SEND_NORMAL:
      push_out (session, OUT_BYTES, bytes, FALSE, fault->delay_ms);
      break;
    case TESTCALL_SEND_INSTEAD:
    case TESTCALL_SEND_TEXT_INSTEAD:
      push_body (session, slot, fault->send == TESTCALL_SEND_TEXT_INSTEAD);
      break;
    case TESTCALL_SEND_AFTER:
      push_out (session, OUT_BYTES, bytes, FALSE, fault->delay_ms);
      push_body (session, slot, FALSE);
      break;
    case TESTCALL_SEND_NOTHING:
      break;
    case TESTCALL_SEND_OVERSIZE:
      other = g_bytes_new_take (g_malloc0 (fault->length), fault->length);
      push_out (session, OUT_BYTES, other, FALSE, fault->delay_ms);
      break;
    case TESTCALL_SEND_LEAVE:
      other = pack_leave (fault->reason, fault->action);
      push_out (session, OUT_BYTES, other, FALSE, fault->delay_ms);
      session->closing = fault->action
          != LIVEKIT__LEAVE_REQUEST__ACTION__RESUME;
      push_out (session, OUT_CLOSE, NULL, FALSE, 0);
      break;
    case TESTCALL_SEND_CLOSE:
      push_out (session, OUT_CLOSE, NULL, FALSE, fault->delay_ms);
      break;
    case TESTCALL_SEND_DROP:
      push_out (session, OUT_DROP, NULL, FALSE, fault->delay_ms);
      break;
    case TESTCALL_SEND_TWICE:
      push_out (session, OUT_BYTES, bytes, FALSE, fault->delay_ms);
      push_out (session, OUT_BYTES, bytes, FALSE, 0);
      break;
  }
}

static void
session_send_packed (Session * session, TestcallStep step, GBytes * bytes)
{
  const FaultSlot *slot = faults_take (session->call, step);

  if (slot)
    push_faulty (session, slot, bytes);
  else
    push_out (session, OUT_BYTES, bytes, FALSE, 0);
  pump (session);
}

void
session_send (Session * session, TestcallStep step,
    const Livekit__SignalResponse * message)
{
  g_autoptr (GBytes) bytes = pack (message);

  session_send_packed (session, step, bytes);
}

void
session_send_bytes (Session * session, GBytes * bytes, gboolean text)
{
  push_out (session, OUT_BYTES, bytes, text, 0);
  pump (session);
}

void
session_close_socket (Session * session)
{
  push_out (session, OUT_CLOSE, NULL, FALSE, 0);
  pump (session);
}

void
session_drop_socket (Session * session)
{
  push_out (session, OUT_DROP, NULL, FALSE, 0);
  pump (session);
}

/* RESUME keeps the session for somebody who comes back. */
void
session_send_leave (Session * session, guint reason, guint action)
{
  g_autoptr (GBytes) bytes = pack_leave (reason, action);

  session->closing = action != LIVEKIT__LEAVE_REQUEST__ACTION__RESUME;
  session_send_bytes (session, bytes, FALSE);
  session_close_socket (session);
}

/* --- The first messages -------------------------------------------------- */

static void
add_others (Session * session, GPtrArray * others)
{
  TestCall *call = session->call;
  guint i;

  for (i = 0; i < call->people->len; i++)
    g_ptr_array_add (others,
        person_info_new (g_ptr_array_index (call->people, i), FALSE));
  for (i = 0; i < call->sessions->len; i++) {
    Session *other = g_ptr_array_index (call->sessions, i);
    Person plain = { other->identity, other->identity, other->sid, NULL, 1 };

    if (other != session && !other->hidden && !other->ended)
      g_ptr_array_add (others, person_info_new (&plain, FALSE));
  }
}

static void
send_join (Session * session)
{
  TestCall *call = session->call;
  Person plain =
      { session->identity, session->identity, session->sid, NULL, 1 };
  Livekit__Room room = LIVEKIT__ROOM__INIT;
  Livekit__JoinResponse join = LIVEKIT__JOIN_RESPONSE__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;
  g_autoptr (GPtrArray) others =
      g_ptr_array_new_with_free_func ((GDestroyNotify) person_info_free);

  add_others (session, others);
  room.sid = (gchar *) "RM_testcall";
  room.name = call->room_alias;
  join.room = &room;
  join.participant = person_info_new (&plain, FALSE);
  join.n_other_participants = others->len;
  join.other_participants = (Livekit__ParticipantInfo **) others->pdata;
  join.server_version = (gchar *) "testcall";
  join.subscriber_primary = session->can_subscribe;
  join.ping_interval = call->ping_interval;
  join.ping_timeout = call->ping_timeout;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN;
  message.join = &join;
  session_send (session, TESTCALL_STEP_JOIN, &message);
  person_info_free (join.participant);
}

/* `reconnect`, number 19, empty: it says nothing that a join does not. */
static void
send_reconnect (Session * session)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\x9a\x01\x00", 3);

  session_send_packed (session, TESTCALL_STEP_JOIN, bytes);
}

static void
send_refresh_token (Session * session)
{
  TestcallJwtOptions options = { 0 };
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;
  g_autofree gchar *token = NULL;

  options.no_subscribe = !session->can_subscribe;
  options.hidden = session->hidden;
  options.lifetime = 600;
  token = jwt_new (session->identity, session->call->room_alias, &options);
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN;
  message.refresh_token = token;
  session_send (session, TESTCALL_STEP_REFRESH_TOKEN, &message);
}

static void
send_everybody (Session * session)
{
  Livekit__ParticipantUpdate update = LIVEKIT__PARTICIPANT_UPDATE__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;
  g_autoptr (GPtrArray) others =
      g_ptr_array_new_with_free_func ((GDestroyNotify) person_info_free);

  add_others (session, others);
  update.n_participants = others->len;
  update.participants = (Livekit__ParticipantInfo **) others->pdata;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE;
  message.update = &update;
  session_send (session, TESTCALL_STEP_UPDATE, &message);
}

/* --- In ------------------------------------------------------------------ */

static void
answer_ping (Session * session, const Livekit__Ping * ping)
{
  Livekit__Pong pong = LIVEKIT__PONG__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;

  pong.last_ping_timestamp = ping->timestamp;
  pong.timestamp = g_get_real_time () / 1000;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG_RESP;
  message.pong_resp = &pong;
  seen_add (&session->call->seen, TESTCALL_SAW_PING, 1);
  session_send (session, TESTCALL_STEP_PONG, &message);
}

static void
handle_leave (Session * session, const Livekit__LeaveRequest * leave)
{
  seen_leave (&session->call->seen, leave->reason);
  seen_add (&session->call->seen, TESTCALL_SAW_LEAVE, 1);
  session_send_leave (session,
      LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED,
      LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT);
}

static void
handle_request (Session * session, const Livekit__SignalRequest * request)
{
  switch (request->message_case) {
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_ANSWER:
      negotiation_answer (session, request->answer);
      break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRICKLE:
      negotiation_candidate (session, request->trickle);
      break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ:
      answer_ping (session, request->ping_req);
      break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE:
      handle_leave (session, request->leave);
      break;
    default:
      seen_add (&session->call->seen, TESTCALL_SAW_OTHER_SIGNAL, 1);
      break;
  }
}

static void
on_message (SoupWebsocketConnection * socket, gint type, GBytes * bytes,
    Session * session)
{
  Livekit__SignalRequest *request = NULL;
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  if (type == SOUP_WEBSOCKET_DATA_BINARY)
    request = livekit__signal_request__unpack (NULL, length, data);
  if (!request) {
    seen_add (&session->call->seen, TESTCALL_SAW_BAD_SIGNAL, 1);
    return;
  }
  seen_signal (&session->call->seen, bytes);
  if (!session->closing)
    handle_request (session, request);
  livekit__signal_request__free_unpacked (request, NULL);
}

static void
forget_socket (Session * session)
{
  if (!session->socket)
    return;
  g_signal_handlers_disconnect_by_data (session->socket, session);
  g_clear_object (&session->socket);
  g_clear_object (&session->raw_socket);
  g_queue_clear_full (&session->outgoing, outgoing_free);
  if (session->outgoing_timer)
    g_source_destroy (session->outgoing_timer);
  g_clear_pointer (&session->outgoing_timer, g_source_unref);
  seen_add (&session->call->seen, TESTCALL_OPEN_SOCKETS, -1);
  seen_add (&session->call->seen, TESTCALL_SAW_SOCKET_CLOSED, 1);
}

static gboolean
on_end (gpointer user_data)
{
  Session *session = user_data;

  g_clear_pointer (&session->closer, g_source_unref);
  session_end (session);
  return G_SOURCE_REMOVE;
}

/* Without a leave, media goes on for whoever may come back; a session that
 * never had a path ends at once, as on the real server. */
static void
on_closed (SoupWebsocketConnection * socket, Session * session)
{
  forget_socket (session);
  if ((session->call->resumable || session->kept) && !session->closing
      && session->connected)
    return;
  if (!session->closer)
    session->closer = testcall_after (session->call, 0, on_end, session, NULL);
}

static void
take_socket (Session * session, SoupWebsocketConnection * socket,
    GSocket * raw_socket)
{
  forget_socket (session);
  session->socket = g_object_ref (socket);
  session->raw_socket = g_object_ref (raw_socket);
  soup_websocket_connection_set_max_incoming_payload_size (socket,
      2 * 1024 * 1024);
  g_signal_connect (socket, "message", G_CALLBACK (on_message), session);
  g_signal_connect (socket, "closed", G_CALLBACK (on_closed), session);
  seen_add (&session->call->seen, TESTCALL_OPEN_SOCKETS, 1);
}

void
session_attach (Session * session, SoupWebsocketConnection * socket,
    GSocket * raw_socket)
{
  gboolean resume = session->peer != NULL;

  take_socket (session, socket, raw_socket);
  seen_identity (&session->call->seen, session->identity);
  if (resume)
    send_reconnect (session);
  else
    send_join (session);
  if (session->closing)
    return;
  seen_add (&session->call->seen, resume ? TESTCALL_SAW_RESUME :
      TESTCALL_SAW_JOIN, 1);
  send_refresh_token (session);
  if (resume) {
    send_everybody (session);
    negotiation_restart (session);
  } else if (session->can_subscribe) {
    negotiation_start (session);
  }
}

/* Frees the session. Not from within one of its own callbacks. */
void
session_end (Session * session)
{
  TestCall *call = session->call;

  if (session->ended)
    return;
  session->ended = TRUE;
  if (session->closer)
    g_source_destroy (session->closer);
  g_clear_pointer (&session->closer, g_source_unref);
  forget_socket (session);
  negotiation_end (session);
  if (!session->hidden)
    sfu_send_session_update (call, session, TRUE);
  g_ptr_array_remove (call->sessions, session);
  seen_add (&call->seen, TESTCALL_OPEN_SESSIONS, -1);
  session_unref (session);
}
