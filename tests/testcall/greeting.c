/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a subscriber is told of itself and of the room: the first messages of a
 * session and of a resume, and that the room has moved. */

#include "testcall-private.h"

static void
add_people (const Session * session, GPtrArray * infos)
{
  TestCall *call = session->call;
  guint i;

  for (i = 0; i < call->people->len; i++)
    g_ptr_array_add (infos,
        person_info_new (g_ptr_array_index (call->people, i), FALSE));
  for (i = 0; i < call->sessions->len; i++) {
    Session *other = g_ptr_array_index (call->sessions, i);

    if (other != session && !other->hidden && !other->ended)
      g_ptr_array_add (infos, session_info_new (other, FALSE));
  }
}

static GPtrArray *
infos_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) person_info_free);
}

static void
describe_room (TestCall * call, Livekit__Room * room)
{
  room->sid = call->room_sid;
  room->name = call->room_alias;
}

static void
send_join (Session * session)
{
  TestCall *call = session->call;
  Livekit__Room room = LIVEKIT__ROOM__INIT;
  Livekit__JoinResponse join = LIVEKIT__JOIN_RESPONSE__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;
  g_autoptr (GPtrArray) others = infos_new ();

  add_people (session, others);
  describe_room (call, &room);
  join.room = &room;
  join.participant = session_info_new (session, FALSE);
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

/* Empty: it says nothing that the join has not. */
static void
send_reconnect (Session * session)
{
  Livekit__ReconnectResponse reconnect = LIVEKIT__RECONNECT_RESPONSE__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;

  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT;
  message.reconnect = &reconnect;
  session_send (session, TESTCALL_STEP_JOIN, &message);
}

static void
send_room_update (Session * session)
{
  Livekit__Room room = LIVEKIT__ROOM__INIT;
  Livekit__RoomUpdate update = LIVEKIT__ROOM_UPDATE__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;

  describe_room (session->call, &room);
  update.room = &room;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_UPDATE;
  message.room_update = &update;
  session_send (session, TESTCALL_N_STEPS, &message);
}

static gchar *
token_new (Session * session)
{
  TestcallJwtOptions options = { 0 };

  options.no_subscribe = !session->can_subscribe;
  options.hidden = session->hidden;
  options.lifetime = 600;
  return jwt_new (session->identity, session->call->room_alias, &options);
}

static void
send_refresh_token (Session * session)
{
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;
  const FaultSlot *fault = faults_peek (session->call,
      TESTCALL_STEP_REFRESH_TOKEN);
  g_autofree gchar *token = token_new (session);

  if (!fault || fault_keeps_message (&fault->fault))
    seen_token (&session->call->seen, session->identity, token,
        TESTCALL_TOKEN_REFRESHED);
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN;
  message.refresh_token = token;
  session_send (session, TESTCALL_STEP_REFRESH_TOKEN, &message);
}

static void
send_infos (Session * session, GPtrArray * infos)
{
  Livekit__ParticipantUpdate update = LIVEKIT__PARTICIPANT_UPDATE__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;

  update.n_participants = infos->len;
  update.participants = (Livekit__ParticipantInfo **) infos->pdata;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE;
  message.update = &update;
  session_send (session, TESTCALL_STEP_UPDATE, &message);
}

static void
send_everybody (Session * session)
{
  g_autoptr (GPtrArray) infos = infos_new ();

  g_ptr_array_add (infos, session_info_new (session, FALSE));
  add_people (session, infos);
  send_infos (session, infos);
}

static void
send_missed (Session * session)
{
  if (session->missed->len > 0)
    send_infos (session, session->missed);
  g_ptr_array_set_size (session->missed, 0);
}

gboolean
greeting_join (Session * session)
{
  send_join (session);
  if (session->hung_up)
    return FALSE;
  send_room_update (session);
  send_refresh_token (session);
  return TRUE;
}

gboolean
greeting_reconnect (Session * session)
{
  send_reconnect (session);
  if (session->hung_up)
    return FALSE;
  send_everybody (session);
  send_room_update (session);
  send_refresh_token (session);
  send_missed (session);
  return TRUE;
}

void
greeting_moved (Session * session)
{
  Livekit__Room room = LIVEKIT__ROOM__INIT;
  Livekit__RoomMovedResponse moved = LIVEKIT__ROOM_MOVED_RESPONSE__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;
  g_autofree gchar *token = token_new (session);
  g_autoptr (GPtrArray) others = infos_new ();

  add_people (session, others);
  describe_room (session->call, &room);
  moved.room = &room;
  moved.token = token;
  moved.participant = session_info_new (session, FALSE);
  moved.n_other_participants = others->len;
  moved.other_participants = (Livekit__ParticipantInfo **) others->pdata;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_MOVED;
  message.room_moved = &moved;
  seen_token (&session->call->seen, session->identity, token,
      TESTCALL_TOKEN_MOVED);
  session_send (session, TESTCALL_N_STEPS, &message);
  person_info_free (moved.participant);
}
