/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One subscriber: its life, its socket, and the messages that come in. */

#include "testcall-private.h"

static void
session_clear (gpointer data)
{
  Session *session = data;

  g_ptr_array_unref (session->lines);
  g_hash_table_unref (session->refused);
  g_hash_table_unref (session->exceptions);
  g_hash_table_unref (session->disabled);
  g_free (session->identity);
  g_free (session->sid);
  g_queue_clear_full (&session->candidates, g_free);
  g_ptr_array_unref (session->missed);
}

static void
session_unref (gpointer session)
{
  g_atomic_rc_box_release_full (session, session_clear);
}

Session *
session_new (TestCall * call, const gchar * identity, JsonObject * claims,
    gboolean auto_subscribe)
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
  session->auto_subscribe = auto_subscribe;
  session->exceptions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  session->disabled = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  session->missed = g_ptr_array_new_with_free_func ((GDestroyNotify)
      person_info_free);
  session->offer_id = g_random_int_range (1, 257);
  g_queue_init (&session->outgoing);
  g_ptr_array_add (call->sessions, session);
  seen_add (&call->seen, TESTCALL_OPEN_SESSIONS, 1);
  return session;
}

Livekit__ParticipantInfo *
session_info_new (const Session * session, gboolean gone)
{
  Person plain = { session->identity, session->identity, session->sid, NULL,
    gone ? 3 : 2
  };

  return person_info_new (&plain, gone);
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
      trickle_receive (session, request->trickle);
      break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ:
      answer_ping (session, request->ping_req);
      break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION:
      subscription_take (session, request->subscription);
      break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRACK_SETTING:
      subscription_take_settings (session, request->track_setting);
      seen_add (&session->call->seen, TESTCALL_SAW_OTHER_SIGNAL, 1);
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

/* A connection that stands still does so on, as nobody would know of its end
 * where the network is gone. */
static void
release_connection (Session * session)
{
  g_signal_handlers_disconnect_by_data (session->socket, session);
  if (stall_connection_is_stalled (session->connection))
    g_ptr_array_add (session->call->stalled, g_object_ref (session->socket));
  g_clear_object (&session->socket);
  g_clear_object (&session->connection);
}

static void
forget_socket (Session * session)
{
  if (!session->socket)
    return;
  release_connection (session);
  session_forget_outgoing (session);
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

/* As if the server had died. */
void
session_cut (Session * session)
{
  if (!session->socket)
    return;
  session_drop_socket (session);
  forget_socket (session);
}

void
session_attach (Session * session, SoupWebsocketConnection * socket,
    StallConnection * connection)
{
  forget_socket (session);
  session->socket = g_object_ref (socket);
  session->connection = g_object_ref (connection);
  session->hung_up = FALSE;
  session->kept = FALSE;
  soup_websocket_connection_set_max_incoming_payload_size (socket,
      2 * 1024 * 1024);
  g_signal_connect (socket, "message", G_CALLBACK (on_message), session);
  g_signal_connect (socket, "closed", G_CALLBACK (on_closed), session);
  seen_add (&session->call->seen, TESTCALL_OPEN_SOCKETS, 1);
}

void
session_join (Session * session)
{
  if (!greeting_join (session))
    return;
  seen_identity (&session->call->seen, session->identity);
  seen_add (&session->call->seen, TESTCALL_SAW_JOIN, 1);
  session->joined = TRUE;
  if (session->can_subscribe)
    negotiation_start (session);
}

void
session_resume (Session * session)
{
  if (!greeting_reconnect (session))
    return;
  seen_identity (&session->call->seen, session->identity);
  seen_add (&session->call->seen, TESTCALL_SAW_RESUME, 1);
  negotiation_restart (session);
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
