/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A subscriber as small as can be; see selftest-client.h. Here is its
 * signalling. */

#include "selftest-client.h"

#include <string.h>

/* --- The socket ---------------------------------------------------------- */

static void
send_sync_state (Client * client)
{
  Livekit__SyncState state = LIVEKIT__SYNC_STATE__INIT;
  Livekit__SessionDescription answer = LIVEKIT__SESSION_DESCRIPTION__INIT;
  Livekit__SessionDescription offer = LIVEKIT__SESSION_DESCRIPTION__INIT;
  Livekit__UpdateSubscription subscription = LIVEKIT__UPDATE_SUBSCRIPTION__INIT;
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;

  answer.type = (gchar *) "answer";
  answer.sdp = client->last_answer;
  offer.type = (gchar *) "offer";
  offer.sdp = client->last_offer;
  state.answer = &answer;
  state.offer = &offer;
  state.subscription = &subscription;
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SYNC_STATE;
  request.sync_state = &state;
  client_send (client, &request);
}

static void
replace (gchar ** text, const gchar * other)
{
  g_free (*text);
  *text = g_strdup (other);
}

static void
note_message (Client * client, const Livekit__SignalResponse * message)
{
  gint message_case = message->message_case;

  g_array_append_val (client->arrived, message_case);
  switch (message_case) {
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN:
      replace (&client->sid, message->join->participant->sid);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN:
      replace (&client->token, message->refresh_token);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_MOVED:
      replace (&client->token, message->room_moved->token);
      replace (&client->sid, message->room_moved->participant->sid);
      break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT:
      send_sync_state (client);
      break;
  }
}

static void
on_message (SoupWebsocketConnection * socket, gint type, GBytes * bytes,
    Client * client)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);
  Livekit__SignalResponse *message = livekit__signal_response__unpack (NULL,
      length, data);

  client->oversize = MAX (client->oversize, length);
  if (!message)
    return;
  note_message (client, message);
  if (message->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE
      && !client->passive)
    receiver_add_candidate (client, message->trickle->candidateinit);
  if (message->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER
      && !client->passive)
    receiver_take_offer (client, message);
  else
    g_queue_push_tail (&client->messages, message);
}

static void
on_closed (SoupWebsocketConnection * socket, Client * client)
{
  client->closed = TRUE;
}

static void
on_connected (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Client *client = user_data;
  g_autoptr (GError) error = NULL;

  client->socket = soup_session_websocket_connect_finish (SOUP_SESSION
      (source), result, &error);
  client->connecting = FALSE;
  if (!client->socket)
    return;
  soup_websocket_connection_set_max_incoming_payload_size (client->socket,
      16 * 1024 * 1024);
  g_signal_connect (client->socket, "message", G_CALLBACK (on_message), client);
  g_signal_connect (client->socket, "closed", G_CALLBACK (on_closed), client);
}

static gboolean
is_settled (Client * client, gpointer data)
{
  return !client->connecting;
}

static void
open_socket (Client * client, const gchar * query)
{
  g_autofree gchar *full = g_strdup_printf ("%s/rtc?protocol=15%s",
      client->url, query ? query : "");
  g_autofree gchar *bearer = g_strconcat ("Bearer ", client->token, NULL);
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", full);

  soup_message_headers_append (soup_message_get_request_headers (msg),
      "Authorization", bearer);
  client->connecting = TRUE;
  client->closed = FALSE;
  g_array_set_size (client->arrived, 0);
  soup_session_websocket_connect_async (client->session, msg, NULL, NULL,
      G_PRIORITY_DEFAULT, NULL, on_connected, client);
  client_run (client, is_settled, NULL, 5000);
  client->status = soup_message_get_status (msg);
}

Client *
client_new (const gchar * url, const gchar * token, const gchar * query)
{
  Client *client = g_new0 (Client, 1);

  g_mutex_init (&client->lock);
  client->arrived = g_array_new (FALSE, FALSE, sizeof (gint));
  client->session = soup_session_new ();
  client->url = g_strdup (url);
  client->token = g_strdup (token);
  receiver_start (client);
  open_socket (client, query);
  return client;
}

static void
forget_socket (Client * client)
{
  if (client->socket)
    g_signal_handlers_disconnect_by_data (client->socket, client);
  g_clear_object (&client->socket);
}

void
client_resume (Client * client)
{
  g_autofree gchar *query = g_strdup_printf ("&reconnect=1&sid=%s",
      client->sid);

  forget_socket (client);
  open_socket (client, query);
}

static void
message_free (gpointer message)
{
  livekit__signal_response__free_unpacked (message, NULL);
}

void
client_free (Client * client)
{
  receiver_stop (client);
  forget_socket (client);
  g_object_unref (client->session);
  g_array_unref (client->arrived);
  g_free (client->url);
  g_free (client->token);
  g_free (client->sid);
  g_queue_clear_full (&client->messages, message_free);
  g_mutex_clear (&client->lock);
  g_free (client);
}

void
client_send (Client * client, Livekit__SignalRequest * request)
{
  gsize length = livekit__signal_request__get_packed_size (request);
  g_autofree guint8 *data = g_malloc (length + 1);

  livekit__signal_request__pack (request, data);
  if (client->socket && soup_websocket_connection_get_state (client->socket)
      == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_binary (client->socket, data, length);
}

void
client_send_leave (Client * client)
{
  Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;
  Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;

  leave.reason = LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED;
  request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE;
  request.leave = &leave;
  client_send (client, &request);
}

/* --- For the test -------------------------------------------------------- */

static gboolean
on_deadline (gpointer passed)
{
  *(gboolean *) passed = TRUE;
  return G_SOURCE_REMOVE;
}

/* A change that happens elsewhere, as in the server's counters, doesn't wake
 * this loop, hence the tick. */
static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

gboolean
client_run (Client * client, ClientPredicate predicate, gpointer data, guint ms)
{
  gboolean passed = FALSE;
  guint deadline = g_timeout_add (ms, on_deadline, &passed);
  guint tick = g_timeout_add (10, on_tick, NULL);
  gboolean met;

  while (!(met = predicate (client, data)) && !passed)
    g_main_context_iteration (NULL, TRUE);
  if (!passed)
    g_source_remove (deadline);
  g_source_remove (tick);
  return met;
}

Livekit__SignalResponse *
client_take (Client * client, gint message_case)
{
  GList *item;

  for (item = client->messages.head; item; item = item->next) {
    Livekit__SignalResponse *message = item->data;

    if ((gint) message->message_case == message_case) {
      g_queue_delete_link (&client->messages, item);
      return message;
    }
  }
  return NULL;
}
