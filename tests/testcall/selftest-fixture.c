/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the self-tests of the embedded call share; see selftest-fixture.h. */

#include "selftest-fixture.h"


TestCall *call;

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

TCase *
selftest_tcase_new (const gchar * name)
{
  TCase *tcase = tcase_create (name);

  tcase_set_timeout (tcase, 60);
  tcase_add_checked_fixture (tcase, setup, teardown);
  return tcase;
}

guint
http_get (const gchar * path, const gchar * token)
{
  g_autofree gchar *url = g_strconcat (testcall_get_url (call), path, NULL);
  g_autofree gchar *bearer = g_strconcat ("Bearer ", token, NULL);
  g_autoptr (SoupSession) session = soup_session_new_with_options ("timeout",
      2, NULL);
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", url);
  g_autoptr (GBytes) bytes = NULL;

  if (token)
    soup_message_headers_append (soup_message_get_request_headers (msg),
        "Authorization", bearer);
  bytes = soup_session_send_and_read (session, msg, NULL, NULL);
  return bytes ? soup_message_get_status (msg) : 0;
}

/* --- A client ------------------------------------------------------------ */

Client *
connect_client (void)
{
  g_autofree gchar *jwt = testcall_make_jwt (call, "tester", NULL);

  return client_new (testcall_get_sfu_url (call), jwt, NULL);
}

gboolean
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

Livekit__SignalResponse *
await_message (Client * client, gint message_case)
{
  fail_unless (client_run (client, has_message,
          GINT_TO_POINTER (message_case), DEADLINE));
  return client_take (client, message_case);
}

gboolean
is_closed (Client * client, gpointer data)
{
  return client->closed;
}

void
await_closed (Client * client)
{
  fail_unless (client_run (client, is_closed, NULL, DEADLINE));
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

void
await_count (Client * client, TestcallSaw what, guint64 number)
{
  Count count = { what, number };

  fail_unless (client_run (client, has_count, &count, DEADLINE),
      "count %d is %d", what, (gint) testcall_count (call, what));
}

void
leave (Client * client)
{
  client_send_leave (client);
  await_closed (client);
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_SESSIONS, 0,
          DEADLINE));
  client_free (client);
}

/* --- Its media ----------------------------------------------------------- */

gboolean
has_frames (Client * client, gpointer data)
{
  const Wanted *wanted = data;
  Frames frames = client_get_frames (client, client_get_ssrc (client,
          wanted->sid));

  return frames.frames >= wanted->frames
      && frames.key_frames >= wanted->key_frames;
}

void
await_frames (Client * client, const gchar * sid, guint count)
{
  Wanted wanted = { sid, count, 1 };

  fail_unless (client_run (client, has_frames, &wanted, DEADLINE),
      "track %s, ssrc %u", sid, client_get_ssrc (client, sid));
}

void
await_more_frames (Client * client, const gchar * sid, guint count)
{
  await_frames (client, sid, count + client_get_frames (client,
          client_get_ssrc (client, sid)).frames);
}

/* What is in the client's buffers still comes out. */
void
await_silence (Client * client, const gchar * sid)
{
  guint32 ssrc = client_get_ssrc (client, sid);
  guint tries = 20;
  Wanted more = { sid, 0, 0 };

  do {
    more.frames = client_get_frames (client, ssrc).frames + 1;
  } while (client_run (client, has_frames, &more, 500) && --tries > 0);
  fail_unless (tries > 0);
}
