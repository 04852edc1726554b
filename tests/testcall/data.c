/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the synthetic participants send over the data channels. */

#include "testcall-private.h"

typedef struct
{
  const gchar *name;
  const TestcallData *data;
  gboolean reliable;
  GBytes *message;
  gboolean done;
} Send;

static void
send_to_all (TestCall * call, gboolean reliable, GBytes * message)
{
  guint i;

  for (i = 0; i < call->sessions->len; i++) {
    Session *session = g_ptr_array_index (call->sessions, i);

    if (session->peer)
      peer_send_data (session->peer, reliable, message);
  }
}

/* As a server writes it, whoever of both fields a client reads. */
static GBytes *
data_message_new (const Person * person, const TestcallData * data)
{
  Livekit__UserPacket user = LIVEKIT__USER_PACKET__INIT;
  Livekit__DataPacket packet = LIVEKIT__DATA_PACKET__INIT;
  guint8 *bytes;
  gsize size;

  user.payload.data = (guint8 *) data->payload;
  user.payload.len = data->length;
  if (data->topic)
    user.topic = (gchar *) data->topic;
  if (person) {
    user.participant_sid = packet.participant_sid = person->sid;
    user.participant_identity = packet.participant_identity = person->identity;
  }
  packet.user = &user;
  packet.sequence = data->sequence;
  size = livekit__data_packet__get_packed_size (&packet);
  bytes = g_malloc (size);
  livekit__data_packet__pack (&packet, bytes);
  return g_bytes_new_take (bytes, size);
}

static void
do_send_data (TestCall * call, gpointer user_data)
{
  Send *send = user_data;
  Person *person = send->name ? people_find (call, send->name) : NULL;
  g_autoptr (GBytes) message = NULL;

  send->done = person || !send->name;
  if (!send->done)
    return;
  message = data_message_new (person, send->data);
  send_to_all (call, !send->data->lossy, message);
}

gboolean
testcall_send_data (TestCall * call, const gchar * name,
    const TestcallData * data)
{
  Send send = {.name = name,.data = data };

  testcall_run (call, do_send_data, &send);
  return send.done;
}

static void
do_send_raw_data (TestCall * call, gpointer user_data)
{
  Send *send = user_data;

  send_to_all (call, send->reliable, send->message);
}

void
testcall_send_raw_data (TestCall * call, gboolean lossy, gconstpointer data,
    gsize length)
{
  g_autoptr (GBytes) message = g_bytes_new (data, length);
  Send send = {.reliable = !lossy,.message = message };

  testcall_run (call, do_send_raw_data, &send);
}
