/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The room as a whole: it begins anew with the server, or moves. */

#include "testcall-private.h"

static void
renew_room (TestCall * call)
{
  g_free (call->room_sid);
  call->room_sid = sid_new ("RM_");
}

static void
do_get_room_sid (TestCall * call, gpointer data)
{
  *(gchar **) data = g_strdup (call->room_sid);
}

gchar *
testcall_get_room_sid (TestCall * call)
{
  gchar *sid;

  testcall_run (call, do_get_room_sid, &sid);
  return sid;
}

/* --- A restart of the server --------------------------------------------- */

static void
renew_person (gpointer person, gpointer user_data)
{
  person_renew (person, TRUE);
}

static void
send_away (TestCall * call)
{
  while (call->people->len > 0)
    g_ptr_array_add (call->absent, g_ptr_array_steal_index (call->people, 0));
}

static void
do_restart (TestCall * call, gpointer data)
{
  TestcallReturn people = GPOINTER_TO_UINT (data);

  cut_sessions (call);
  renew_room (call);
  g_ptr_array_foreach (call->people, renew_person, NULL);
  if (people == TESTCALL_RETURN_LATER)
    send_away (call);
}

void
testcall_restart (TestCall * call, TestcallReturn people)
{
  testcall_run (call, do_restart, GUINT_TO_POINTER (people));
}

typedef struct
{
  const gchar *name;
  gboolean done;
} Return;

static void
do_return (TestCall * call, gpointer data)
{
  Return *who = data;
  guint i = 0;

  while (i < call->absent->len) {
    Person *person = g_ptr_array_index (call->absent, i);

    if (who->name && !g_str_equal (person->name, who->name)) {
      i++;
      continue;
    }
    who->done = TRUE;
    people_add (call, g_ptr_array_steal_index (call->absent, i));
  }
}

gboolean
testcall_return (TestCall * call, const gchar * name)
{
  Return who = { name, FALSE };

  testcall_run (call, do_return, &who);
  return who.done;
}

/* --- A move -------------------------------------------------------------- */

static void
renew_sids (TestCall * call)
{
  guint i;

  for (i = 0; i < call->people->len; i++)
    person_renew (g_ptr_array_index (call->people, i), FALSE);
  for (i = 0; i < call->sessions->len; i++) {
    Session *session = g_ptr_array_index (call->sessions, i);

    g_free (session->sid);
    session->sid = sid_new ("PA_");
  }
}

static void
do_move_room (TestCall * call, gpointer data)
{
  guint i;

  renew_room (call);
  renew_sids (call);
  for (i = 0; i < call->sessions->len; i++) {
    Session *session = g_ptr_array_index (call->sessions, i);

    if (session->socket && session->joined && !session->closing)
      greeting_moved (session);
  }
}

void
testcall_move_room (TestCall * call)
{
  testcall_run (call, do_move_room, NULL);
}
