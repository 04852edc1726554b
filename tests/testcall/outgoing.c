/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The messages that go out to one subscriber, in order and past the fault
 * switch. */

#include "testcall-private.h"

/* Bytes that a truncated frame promises and lacks. */
#define MISSING 1000u

typedef enum
{
  OUT_BYTES,
  OUT_TRUNCATED,
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

static gboolean
on_due (gpointer user_data)
{
  Session *session = user_data;

  g_clear_pointer (&session->outgoing_timer, g_source_unref);
  pump (session);
  return G_SOURCE_REMOVE;
}

void
session_drop_socket (Session * session)
{
  GSocketConnection *connection = G_SOCKET_CONNECTION (session->connection);

  session->hung_up = TRUE;
  stall_connection_set_stalled (session->connection, FALSE);
  g_socket_shutdown (g_socket_connection_get_socket (connection), TRUE, TRUE,
      NULL);
}

/* Past libsoup, which has written what came before. */
static void
send_truncated (Session * session, GBytes * bytes)
{
  GSocketConnection *connection = G_SOCKET_CONNECTION (session->connection);
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  gsize part = MIN (length, G_MAXUINT16 - MISSING);
  gsize promised = part + MISSING;
  guint8 head[] = { 0x82, 126, promised >> 8, promised & 0xff };

  g_byte_array_append (frame, head, sizeof (head));
  g_byte_array_append (frame, data, part);
  g_socket_send_with_blocking (g_socket_connection_get_socket (connection),
      (const gchar *) frame->data, frame->len, FALSE, NULL, NULL);
  session_drop_socket (session);
}

static void
send_out (Session * session, const Outgoing * out)
{
  if (!session->socket)
    return;
  if (out->kind == OUT_DROP) {
    session_drop_socket (session);
  } else if (soup_websocket_connection_get_state (session->socket)
      != SOUP_WEBSOCKET_STATE_OPEN) {
    return;
  } else if (out->kind == OUT_TRUNCATED) {
    send_truncated (session, out->bytes);
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

/* Nothing behind it gets out. */
static void
push_end (Session * session, OutKind kind, GBytes * bytes, guint delay_ms)
{
  session->hung_up = TRUE;
  push_out (session, kind, bytes, FALSE, delay_ms);
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
      push_end (session, OUT_CLOSE, NULL, 0);
      break;
    case TESTCALL_SEND_CLOSE:
      push_end (session, OUT_CLOSE, NULL, fault->delay_ms);
      break;
    case TESTCALL_SEND_DROP:
      push_end (session, OUT_DROP, NULL, fault->delay_ms);
      break;
    case TESTCALL_SEND_TRUNCATED:
      push_end (session, OUT_TRUNCATED, bytes, fault->delay_ms);
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

/* Instead of what a resume would begin with. */
void
session_refuse (Session * session)
{
  g_autoptr (GBytes) bytes =
      pack_leave (LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH,
      LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);

  session->closing = TRUE;
  session_send_packed (session, TESTCALL_STEP_JOIN, bytes);
  push_end (session, OUT_CLOSE, NULL, 0);
  pump (session);
}

/* RESUME keeps the session for somebody who comes back. */
void
session_send_leave (Session * session, guint reason, guint action)
{
  g_autoptr (GBytes) bytes = pack_leave (reason, action);

  session->closing = action != LIVEKIT__LEAVE_REQUEST__ACTION__RESUME;
  push_out (session, OUT_BYTES, bytes, FALSE, 0);
  push_end (session, OUT_CLOSE, NULL, 0);
  pump (session);
}

void
session_forget_outgoing (Session * session)
{
  g_queue_clear_full (&session->outgoing, outgoing_free);
  if (session->outgoing_timer)
    g_source_destroy (session->outgoing_timer);
  g_clear_pointer (&session->outgoing_timer, g_source_unref);
}
