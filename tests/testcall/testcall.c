/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The embedded call as a whole: its thread, its one HTTP server and the
 * switches that belong to no single part. */

#include "testcall-private.h"

#include <glib/gstdio.h>

#define SERVER_NAME "testcall.example"
#define DEVICE_ID "RECORDERDEVICE"
#define ROOM_ID "!room:" SERVER_NAME

/* --- The server's thread ------------------------------------------------- */

typedef struct
{
  TestCall *call;
  TestcallFunc func;
  gpointer data;
  GMutex lock;
  GCond cond;
  gboolean done;
} Run;

static gboolean
on_run (gpointer user_data)
{
  Run *run = user_data;

  run->func (run->call, run->data);
  g_mutex_lock (&run->lock);
  run->done = TRUE;
  g_cond_signal (&run->cond);
  g_mutex_unlock (&run->lock);
  return G_SOURCE_REMOVE;
}

void
testcall_run (TestCall * call, TestcallFunc func, gpointer data)
{
  Run run = { call, func, data };
  GSource *source = g_idle_source_new ();

  g_mutex_init (&run.lock);
  g_cond_init (&run.cond);
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, on_run, &run, NULL);
  g_source_attach (source, call->context);
  g_source_unref (source);

  g_mutex_lock (&run.lock);
  while (!run.done)
    g_cond_wait (&run.cond, &run.lock);
  g_mutex_unlock (&run.lock);
  g_cond_clear (&run.cond);
  g_mutex_clear (&run.lock);
}

GSource *
testcall_after (TestCall * call, guint delay_ms, GSourceFunc func,
    gpointer data, GDestroyNotify notify)
{
  GSource *source = g_timeout_source_new (delay_ms);

  g_source_set_callback (source, func, data, notify);
  g_source_attach (source, call->context);
  return source;
}

/* --- Requests ------------------------------------------------------------ */

static void
on_request (SoupServer * server, SoupServerMessage * msg, const char *path,
    GHashTable * query, gpointer user_data)
{
  TestCall *call = user_data;
  g_autofree gchar *body = NULL;

  seen_request (&call->seen, msg);
  if (homeserver_handle (call, msg, path, query)
      || matrixroom_handle (call, msg, path)
      || authorization_handle (call, msg, path)
      || sfu_handle (call, msg, path, query))
    return;
  seen_add (&call->seen, TESTCALL_SAW_OTHER_REQUEST, 1);
  body = matrix_error ("M_UNRECOGNIZED", "Unrecognized request");
  faults_reply (call, msg, TESTCALL_N_STEPS, 404, "application/json", body);
}

static GSocket *
bind_port (guint16 port)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new_from_string ("127.0.0.1", port);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, &error);

  if (!socket || !g_socket_bind (socket, address, TRUE, &error))
    g_error ("testcall: %s", error->message);
  return socket;
}

static guint16
get_port (GSocket * socket)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket,
      NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

static void
start_listening (TestCall * call)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = bind_port (call->port);

  if (!g_socket_listen (socket, &error)
      || !soup_server_listen_socket (call->server, socket, 0, &error))
    g_error ("testcall: %s", error->message);
}

/* libsoup itself could only end its connections too. */
static void
stop_listening (TestCall * call)
{
  g_autoptr (GSList) sockets = soup_server_get_listeners (call->server);
  GSList *item;

  for (item = sockets; item; item = item->next)
    g_socket_close (item->data, NULL);
}

static void
do_set_listening (TestCall * call, gpointer data)
{
  gboolean listening = GPOINTER_TO_INT (data);

  if (listening == call->listening)
    return;
  call->listening = listening;
  if (listening)
    start_listening (call);
  else
    stop_listening (call);
}

void
testcall_set_listening (TestCall * call, gboolean listening)
{
  testcall_run (call, do_set_listening, GINT_TO_POINTER (listening));
}

static void
do_listen_securely (TestCall * call, gpointer data)
{
  g_autoptr (GTlsCertificate) certificate = data;
  g_autoptr (GSocket) socket = bind_port (0);
  g_autoptr (GError) error = NULL;

  soup_server_set_tls_certificate (call->server, certificate);
  if (!g_socket_listen (socket, &error)
      || !soup_server_listen_socket (call->server, socket,
          SOUP_SERVER_LISTEN_HTTPS, &error))
    g_error ("testcall: %s", error->message);
  g_free (call->user_id);
  g_free (call->room_name);
  call->user_id = g_strdup_printf ("@recorder:127.0.0.1:%u", get_port (socket));
  call->room_name = g_strdup_printf ("#call:127.0.0.1:%u", get_port (socket));
}

const gchar *
testcall_listen_securely (TestCall * call)
{
  g_autofree gchar *pem = certificate_new_pem ();
  g_autoptr (GError) error = NULL;
  gint fd = g_file_open_tmp ("testcall-XXXXXX.pem", &call->ca_file, &error);
  GTlsCertificate *certificate =
      g_tls_certificate_new_from_pem (pem, -1, &error);

  if (fd < 0 || !certificate
      || !g_file_set_contents (call->ca_file, pem, -1, &error))
    g_error ("testcall: %s", error->message);
  g_close (fd, NULL);
  testcall_run (call, do_listen_securely, certificate);
  return call->ca_file;
}

static void
start_server (TestCall * call)
{
  call->server = soup_server_new ("server-header", "testcall", NULL);
  soup_server_add_handler (call->server, NULL, on_request, call, NULL);
  call->port_holder = bind_port (0);
  call->port = get_port (call->port_holder);
  do_set_listening (call, GINT_TO_POINTER (TRUE));
}

static void
stop_server (TestCall * call)
{
  while (call->sessions->len > 0)
    session_end (g_ptr_array_index (call->sessions, 0));
  g_ptr_array_set_size (call->stalled, 0);
  soup_server_disconnect (call->server);
  g_clear_object (&call->server);
  g_clear_object (&call->port_holder);
  faults_clear (call);
}

static void
do_nothing (TestCall * call, gpointer data)
{
}

static gpointer
run_thread (gpointer data)
{
  TestCall *call = data;

  g_main_context_push_thread_default (call->context);
  start_server (call);
  g_main_loop_run (call->loop);
  stop_server (call);
  /* What was closed just now is still told to its callbacks. */
  while (g_main_context_iteration (call->context, FALSE));
  g_main_context_pop_thread_default (call->context);
  return NULL;
}

/* --- Life ---------------------------------------------------------------- */

static void
init_state (TestCall * call)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();

  call->base_time = gst_clock_get_time (clock);
  call->openid_tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  call->replies = homeserver_replies_new ();
  call->people = g_ptr_array_new_with_free_func ((GDestroyNotify) person_free);
  call->absent = g_ptr_array_new_with_free_func ((GDestroyNotify) person_free);
  call->sessions = g_ptr_array_new ();
  call->stalled = g_ptr_array_new_with_free_func (g_object_unref);
  call->room_sid = sid_new ("RM_");
  call->ping_interval = 5;
  call->ping_timeout = 15;
  call->access_token = g_uuid_string_random ();
  call->room_alias = testcall_hash (ROOM_ID, "m.call#ROOM", NULL);
  call->user_id = g_strdup ("@recorder:" SERVER_NAME);
  call->room_name = g_strdup ("#call:" SERVER_NAME);
  call->is_member = TRUE;
  seen_init (&call->seen);
}

TestCall *
testcall_new (void)
{
  TestCall *call = g_new0 (TestCall, 1);

  gst_init (NULL, NULL);
  init_state (call);
  call->context = g_main_context_new ();
  call->loop = g_main_loop_new (call->context, FALSE);
  call->thread = g_thread_new ("testcall", run_thread, call);
  /* The loop runs, so the port is known. */
  testcall_run (call, do_nothing, NULL);
  call->url = g_strdup_printf ("http://127.0.0.1:%u", call->port);
  call->service_url = g_strconcat (call->url, "/livekit/jwt", NULL);
  call->sfu_url = g_strdup_printf ("ws://127.0.0.1:%u/livekit/sfu", call->port);
  return call;
}

static void
do_quit (TestCall * call, gpointer data)
{
  g_main_loop_quit (call->loop);
}

void
testcall_free (TestCall * call)
{
  if (!call)
    return;
  testcall_run (call, do_quit, NULL);
  g_thread_join (call->thread);
  g_ptr_array_unref (call->people);
  g_ptr_array_unref (call->absent);
  g_ptr_array_unref (call->sessions);
  g_ptr_array_unref (call->stalled);
  g_free (call->room_sid);
  g_hash_table_unref (call->replies);
  g_hash_table_unref (call->openid_tokens);
  g_main_loop_unref (call->loop);
  g_main_context_unref (call->context);
  seen_clear (&call->seen);
  g_free (call->url);
  g_free (call->service_url);
  g_free (call->sfu_url);
  g_free (call->access_token);
  g_free (call->room_alias);
  g_free (call->user_id);
  g_free (call->room_name);
  if (call->ca_file)
    g_remove (call->ca_file);
  g_free (call->ca_file);
  g_free (call);
}

/* --- Addresses and names ------------------------------------------------- */

const gchar *
testcall_get_url (TestCall * call)
{
  return call->url;
}

const gchar *
testcall_get_service_url (TestCall * call)
{
  return call->service_url;
}

const gchar *
testcall_get_sfu_url (TestCall * call)
{
  return call->sfu_url;
}

const gchar *
testcall_get_access_token (TestCall * call)
{
  return call->access_token;
}

const gchar *
testcall_get_user_id (TestCall * call)
{
  return call->user_id;
}

const gchar *
testcall_get_device_id (TestCall * call)
{
  return DEVICE_ID;
}

const gchar *
testcall_get_server_name (TestCall * call)
{
  return strchr (call->user_id, ':') + 1;
}

const gchar *
testcall_get_room_id (TestCall * call)
{
  return ROOM_ID;
}

const gchar *
testcall_get_room_name (TestCall * call)
{
  return call->room_name;
}

const gchar *
testcall_get_room_alias (TestCall * call)
{
  return call->room_alias;
}

gchar *
testcall_make_jwt (TestCall * call, const gchar * identity,
    const TestcallJwtOptions * options)
{
  return jwt_new (identity, options && options->room ? options->room :
      call->room_alias, options);
}

/* --- Switches ------------------------------------------------------------ */

typedef struct
{
  guint a;
  guint b;
} Switch;

#define SWITCH(name, field, type) \
static void \
do_set_##name (TestCall * call, gpointer data) \
{ \
  call->field = ((const Switch *) data)->a; \
} \
\
void \
testcall_set_##name (TestCall * call, type value) \
{ \
  Switch set = { value, 0 }; \
\
  testcall_run (call, do_set_##name, &set); \
}

SWITCH (first_offer, first_offer, TestcallFirstOffer)
    SWITCH (member, is_member, gboolean)
    SWITCH (room_state, room_state, TestcallRoomState)
    SWITCH (silent_peer, silent_peer, gboolean)
    SWITCH (resumable, resumable, gboolean)
#undef SWITCH
     static void do_set_ping (TestCall * call, gpointer data)
{
  const Switch *set = data;

  call->ping_interval = set->a;
  call->ping_timeout = set->b;
}

void
testcall_set_ping (TestCall * call, guint interval_s, guint timeout_s)
{
  Switch set = { interval_s, timeout_s };

  testcall_run (call, do_set_ping, &set);
}

static void
do_freeze (TestCall * call, gpointer data)
{
  call->frozen++;
}

void
testcall_freeze (TestCall * call)
{
  testcall_run (call, do_freeze, NULL);
}

static void
do_thaw (TestCall * call, gpointer data)
{
  g_return_if_fail (call->frozen > 0);
  call->frozen--;
  if (!call->frozen)
    sfu_tracks_changed (call);
}

void
testcall_thaw (TestCall * call)
{
  testcall_run (call, do_thaw, NULL);
}
