/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the test does to connections: cuts them, or lets them stand still. */

#include "testcall-private.h"

/* --- Sockets ------------------------------------------------------------- */

static void
do_drop_sockets (TestCall * call, gpointer data)
{
  gboolean keep = GPOINTER_TO_INT (data);
  guint i;

  for (i = call->sessions->len; i > 0; i--) {
    Session *session = g_ptr_array_index (call->sessions, i - 1);

    session->closing |= !keep;
    session->kept = keep;
    if (session->socket)
      session_drop_socket (session);
    else if (!keep)
      session_end (session);
  }
}

void
testcall_drop_sockets (TestCall * call, gboolean keep_sessions)
{
  testcall_run (call, do_drop_sockets, GINT_TO_POINTER (keep_sessions));
}

static void
do_stall_sockets (TestCall * call, gpointer data)
{
  gboolean stalled = GPOINTER_TO_INT (data);
  guint i;

  for (i = 0; i < call->sessions->len; i++) {
    Session *session = g_ptr_array_index (call->sessions, i);

    if (session->socket)
      stall_connection_set_stalled (session->connection, stalled);
  }
  if (!stalled)
    g_ptr_array_set_size (call->stalled, 0);
}

void
testcall_stall_sockets (TestCall * call, gboolean stalled)
{
  testcall_run (call, do_stall_sockets, GINT_TO_POINTER (stalled));
}

/* --- Media --------------------------------------------------------------- */

static void
do_drop_media (TestCall * call, gpointer data)
{
  guint i;

  for (i = 0; i < call->sessions->len; i++) {
    Session *session = g_ptr_array_index (call->sessions, i);

    if (session->peer)
      peer_cut (session->peer);
  }
}

void
testcall_drop_media (TestCall * call)
{
  testcall_run (call, do_drop_media, NULL);
}

/* --- Everything ---------------------------------------------------------- */

/* None hears of the end of another. */
void
cut_sessions (TestCall * call)
{
  guint i;

  for (i = 0; i < call->sessions->len; i++) {
    Session *session = g_ptr_array_index (call->sessions, i);

    session_cut (session);
    if (session->peer)
      peer_cut (session->peer);
  }
  g_ptr_array_set_size (call->stalled, 0);
  while (call->sessions->len > 0)
    session_end (g_ptr_array_index (call->sessions, 0));
}
