/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Web servers that answer what they shouldn't, and a network that cuts the
 * SFU's socket anywhere. Each time the call goes on, or ends with one error, and
 * the element starts again.
 */
#include "fixture.h"
#include "outcome.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/resource.h>

#define MEBI (1024 * 1024)

static TestCall *other;         /* somebody else's server */

static void
setup (void)
{
  fixture_setup ();
  outcome_watch (receiver);
}

/* Answers */

static GBytes *
repeat (const gchar * head, const gchar * filler, gsize times,
    const gchar * tail)
{
  GString *text = g_string_new (head);
  gsize i;

  for (i = 0; i < times; i++)
    g_string_append (text, filler);
  g_string_append (text, tail);
  return g_string_free_to_bytes (text);
}

static GBytes *
make_spaces (void)
{
  return repeat ("", "        ", MEBI / 8, "{}");
}

static GBytes *
make_long_string (void)
{
  return repeat ("{\"url\":\"", "longlong", MEBI / 8, "\"}");
}

static GBytes *
make_long_errcode (void)
{
  return repeat ("{\"error\":\"x\",\"errcode\":\"", "\xc3\xa4", 90000, "\"}");
}

static GBytes *
make_odd_errcode (void)
{
  return repeat ("{\"error\":\"x\",\"errcode\":\"M", "\xc3\xa4", 40, "\"}");
}

static GBytes *
make_deep_arrays (void)
{
  return repeat ("{\"url\":", "[", 200000, "");
}

static GBytes *
make_deep_objects (void)
{
  return repeat ("", "{\"a\":", 40000, "1");
}

static GBytes *
make_many_members (void)
{
  return repeat ("{", "\"user_id\":\"x\",", 10000, "\"a\":1}");
}

static GBytes *
compress (GBytes * bytes)
{
  g_autoptr (GZlibCompressor) compressor =
      g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
  g_autoptr (GInputStream) plain = g_memory_input_stream_new_from_bytes (bytes);
  g_autoptr (GInputStream) packed =
      g_converter_input_stream_new (plain, G_CONVERTER (compressor));
  g_autoptr (GOutputStream) out = g_memory_output_stream_new_resizable ();

  fail_unless (g_output_stream_splice (out, packed,
          G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, NULL) > 0);
  g_bytes_unref (bytes);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (out));
}

static GBytes *
make_bomb (void)
{
  return compress (repeat ("{\"a\":\"", "zzzzzzzz", 12 * MEBI, "\"}"));
}

#define GZIP "Content-Encoding: gzip\r\n"

typedef struct
{
  const gchar *name;
  guint status;
  const gchar *body;
  GBytes *(*make) (void);       /* instead of body */
  const gchar *headers;
} Answer;

static const Answer answers[] = {
  {"empty", 200, ""},
  {"no JSON", 200, "<html>"},
  {"null", 200, "null"},
  {"a number", 200, "1e999"},
  {"an array", 200, "[{\"url\":\"ws://a\"}]"},
  {"truncated", 200, "{\"url\":\"ws://127.0.0.1"},
  {"two objects", 200, "{}{}"},
  {"wrong types", 200, "{\"url\":{},\"jwt\":[],\"user_id\":{},"
        "\"access_token\":true,\"matrix_server_name\":null,\"expires_in\":[]}"},
  {"numbers for texts", 200, "{\"url\":1,\"jwt\":2,\"user_id\":3.5,"
        "\"access_token\":4,\"matrix_server_name\":5}"},
  {"empty texts", 200, "{\"url\":\"\",\"jwt\":\"\",\"user_id\":\"\","
        "\"access_token\":\"\",\"matrix_server_name\":\"\"}"},
  {"no UTF-8", 200, "{\"url\":\"\xff\xfe\",\"user_id\":\"@\xc0\x80\"}"},
  {"no UTF-8 in an error", 403,
      "{\"errcode\":\"\xff\",\"error\":\"\xed\xa0\x80\"}"},
  {"lone surrogates", 403, "{\"errcode\":\"\\ud800\",\"error\":\"\\udfff\"}"},
  {"escaped zero", 403, "{\"errcode\":\"M_\\u0000X\",\"error\":\"\\u0000\"}"},
  {"format characters", 403,
      "{\"errcode\":\"%s%n%n\",\"error\":\"%n%s%999d\"}"},
  {"control characters", 403,
      "{\"errcode\":\"\\u001b[2J\"," "\"error\":\"\\r\\n\\u202e\"}"},
  {"errcode of wrong type", 403, "{\"errcode\":{},\"error\":[]}"},
  {"status 204", 204, ""}, {"status 205", 205, ""}, {"status 304", 304, ""},
  {"status 206", 206, "{}"}, {"status 407", 407, "{}",},
  {"spaces", 200, NULL, make_spaces},
  {"long text", 200, NULL, make_long_string},
  {"long errcode", 403, NULL, make_long_errcode},
  {"errcode cut inside of a character", 403, NULL, make_odd_errcode},
  {"deep arrays", 200, NULL, make_deep_arrays},
  {"deep objects", 200, NULL, make_deep_objects},
  {"many members", 200, NULL, make_many_members},
  {"gzip bomb", 200, NULL, make_bomb, GZIP},
  {"no gzip", 200, "{\"url\":\"ws://a\"}", NULL, GZIP},
  {"unknown encoding", 200, "{}", NULL, "Content-Encoding: nonsense\r\n"},
  {"unknown charset", 200, "{}", NULL,
      "Set-Cookie: a=b; Domain=.\r\nRetry-After: -1\r\nWWW-Authenticate: x\r\n"},
};

static const struct
{
  TestcallStep step;
  const gchar *code;            /* NULL: there is a fallback */
} steps[] = {
  {TESTCALL_STEP_MEMBERSHIP, "OPEN_ID_ERROR"},
  {TESTCALL_STEP_STATE, NULL},
  {TESTCALL_STEP_WHOAMI, "OPEN_ID_ERROR"},
  {TESTCALL_STEP_OPENID, "OPEN_ID_ERROR"},
  {TESTCALL_STEP_GET_TOKEN, NULL},
  {TESTCALL_STEP_SFU_GET, "OPEN_ID_ERROR"},
};

#define N_STEPS G_N_ELEMENTS (steps)

static void
set_faults (guint i, const TestcallFault * fault)
{
  const TestcallFault absent = {.status = 404,.body = "" };

  testcall_set_fault (call, steps[i].step, fault);
  if (steps[i].step == TESTCALL_STEP_SFU_GET)
    testcall_set_fault (call, TESTCALL_STEP_GET_TOKEN,
        fault == NULL ? NULL : &absent);
}

/* The debug text is there and can be read, whatever was quoted in it. */
static void
check_last_error (void)
{
  g_autoptr (GError) error = NULL;

  g_object_get (receiver_get_src (receiver), "last-error", &error, NULL);
  if (error != NULL)
    fail_unless (g_utf8_validate (error->message, -1, NULL));
}

static void
go_through (guint i)
{
  if (steps[i].step < TESTCALL_STEP_WHOAMI)
    receiver_go_by_room (receiver);
  else
    receiver_go_through_matrix (receiver);
}

static glong
get_peak_kib (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

GST_START_TEST (test_answer)
{
  const Answer *answer = &answers[__i__ / N_STEPS];
  const guint step = __i__ % N_STEPS;
  g_autoptr (GBytes) body = answer->make != NULL ? answer->make () :
      g_bytes_new_static (answer->body, strlen (answer->body));
  const TestcallFault fault = {.status = answer->status,
    .body = g_bytes_get_data (body, NULL),
    .body_length = g_bytes_get_size (body),.headers = answer->headers
  };
  glong peak;

  set_faults (step, &fault);
  go_through (step);
  /* What goes on must have the time for it on a busy machine. */
  if (steps[step].code != NULL)
    g_object_set (receiver_get_src (receiver), "timeout", 2, NULL);
  peak = get_peak_kib ();
  receiver_play (receiver);
  outcome_check (call, receiver, answer->name, steps[step].code);
  /* The bomb is of 96 MiB. */
  fail_unless (get_peak_kib () - peak < 64 * 1024, "%s took %ld KiB",
      answer->name, get_peak_kib () - peak);
  check_last_error ();
  set_faults (step, NULL);
  g_object_set (receiver_get_src (receiver), "timeout", 15, NULL);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* Where a redirect leads, nobody of us comes. */
GST_START_TEST (test_redirect)
{
  static const guint statuses[] = { 301, 302, 303, 307, 308 };
  static const gchar *const paths[] = {
    "/_matrix/client/v3/account/whoami", "/livekit/jwt/get_token",
    "/livekit/jwt/sfu/get"
  };
  const guint step = __i__ / G_N_ELEMENTS (statuses) % N_STEPS;
  g_autofree gchar *headers = NULL;
  g_autofree gchar *log = NULL;
  TestcallFault fault = {.status = statuses[__i__ % G_N_ELEMENTS (statuses)],
    .body = "{}"
  };

  other = testcall_new ();
  headers = g_strdup_printf ("Location: %s%s\r\nRefresh: 0;url=%s\r\n",
      testcall_get_url (other), paths[__i__ % G_N_ELEMENTS (paths)],
      testcall_get_url (other));
  fault.headers = headers;
  set_faults (step, &fault);
  go_through (step);
  g_object_set (receiver_get_src (receiver), "timeout", 2, NULL);
  receiver_play (receiver);
  outcome_check (call, receiver, "redirect", steps[step].code);
  log = testcall_get_request_log (other);
  fail_unless (log == NULL || *log == '\0', "redirected: %s", log);
  set_faults (step, NULL);
  g_object_set (receiver_get_src (receiver), "timeout", 15, NULL);
  outcome_check_restart (call, receiver);
  testcall_free (other);
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_redirect_of_sfu)
{
  const TestcallStep step = __i__ ? TESTCALL_STEP_VALIDATE :
      TESTCALL_STEP_UPGRADE;
  g_autofree gchar *headers = NULL;
  g_autofree gchar *log = NULL;
  TestcallFault fault = {.status = 302,.body = "" };

  other = testcall_new ();
  headers = g_strdup_printf ("Location: %s/livekit/sfu/rtc\r\n",
      testcall_get_url (other));
  fault.headers = headers;
  testcall_set_fault (call, step, &fault);
  if (step == TESTCALL_STEP_VALIDATE)
    testcall_set_room_state (call, TESTCALL_ROOM_FULL);
  receiver_go_direct (receiver);
  receiver_play (receiver);
  outcome_check (call, receiver, "redirect", OUTCOME_ANY);
  log = testcall_get_request_log (other);
  fail_unless (log == NULL || *log == '\0', "redirected: %s", log);
  testcall_free (other);
  fixture_teardown ();
}

GST_END_TEST;

/* An answer cut anywhere, head included. */
GST_START_TEST (test_cut_answer)
{
  static const gsize cuts[] = { 0, 1, 9, 12, 15, 17, 40, 75, 90, 120, 140 };
  const guint step = __i__ % N_STEPS;
  const TestcallFault fault = {.status = 200,.cut = TRUE,
    .cut_after = cuts[__i__ / N_STEPS],
    .body = "{\"url\":\"ws://127.0.0.1:9\",\"jwt\":\"eyJhIjoxfQ.e30.c2ln\","
        "\"user_id\":\"@a:b\",\"device_id\":\"C\",\"access_token\":\"t\","
        "\"matrix_server_name\":\"s\"}"
  };

  set_faults (step, &fault);
  go_through (step);
  g_object_set (receiver_get_src (receiver), "timeout", 1, NULL);
  receiver_play (receiver);
  outcome_check (call, receiver, "cut", OUTCOME_ANY);
  set_faults (step, NULL);
  g_object_set (receiver_get_src (receiver), "timeout", 15, NULL);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* A network between us and the SFU that ends each connection after so many bytes
 * from the SFU. */

static gsize cut_after;

static gboolean
pump (GIOStream * from, GIOStream * to, gsize * left)
{
  gchar buffer[4096];
  gssize size = g_input_stream_read (g_io_stream_get_input_stream (from),
      buffer, MIN (sizeof (buffer), *left), NULL, NULL);

  if (size <= 0)
    return FALSE;
  *left -= size;
  return g_output_stream_write_all (g_io_stream_get_output_stream (to), buffer,
      size, NULL, NULL, NULL) && *left > 0;
}

static gpointer
pump_up (gpointer user_data)
{
  GIOStream **streams = user_data;
  gsize left = G_MAXSIZE;

  while (pump (streams[0], streams[1], &left));
  g_socket_shutdown (g_socket_connection_get_socket (G_SOCKET_CONNECTION
          (streams[1])), FALSE, TRUE, NULL);
  return NULL;
}

static gboolean
on_connection (GThreadedSocketService * service, GSocketConnection * client,
    GObject * source, gpointer user_data)
{
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  g_autoptr (GSocketConnection) server =
      g_socket_client_connect_to_uri (connector, testcall_get_url (call), 80,
      NULL, NULL);
  GIOStream *streams[] = { G_IO_STREAM (client), G_IO_STREAM (server) };
  gsize left = cut_after;
  GThread *up;

  if (server == NULL)
    return TRUE;
  up = g_thread_new ("up", pump_up, streams);
  while (left > 0 && pump (streams[1], streams[0], &left));
  g_socket_shutdown (g_socket_connection_get_socket (client), TRUE, TRUE, NULL);
  g_thread_join (up);
  return TRUE;
}

static gpointer
run_loop (gpointer loop)
{
  g_main_loop_run (loop);
  return NULL;
}

static const gsize socket_cuts[] = {
  0, 1, 11, 12, 40, 90, 128, 129, 130, 131, 132, 133, 140, 200, 300, 400, 500,
  600, 800, 1000, 1200, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000, 12000
};

GST_START_TEST (test_cut_socket)
{
  g_autoptr (GSocketService) service = g_threaded_socket_service_new (8);
  guint16 port = g_socket_listener_add_any_inet_port
      (G_SOCKET_LISTENER (service), NULL, NULL);
  g_autofree gchar *url =
      g_strdup_printf ("ws://127.0.0.1:%u/livekit/sfu", port);
  g_autofree gchar *jwt = testcall_make_jwt (call, "recorder", NULL);
  GMainContext *context = g_main_context_default ();
  GMainLoop *loop = g_main_loop_new (context, FALSE);
  GThread *thread = g_thread_new ("cuts", run_loop, loop);

  cut_after = socket_cuts[__i__];
  g_signal_connect (service, "run", G_CALLBACK (on_connection), NULL);
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  g_object_set (receiver_get_src (receiver), "livekit-url", url,
      "livekit-token", jwt, "timeout", 2, NULL);
  receiver_play (receiver);
  outcome_check (call, receiver, "cut", OUTCOME_ANY);
  cut_after = G_MAXSIZE;
  g_object_set (receiver_get_src (receiver), "timeout", 15, NULL);
  outcome_check_restart (call, receiver);

  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_NULL);
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
  g_main_loop_quit (loop);
  g_thread_join (thread);
  g_main_loop_unref (loop);
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
hostile_http_suite (void)
{
  Suite *suite = suite_create ("hostile-http");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_loop_test (tc, test_answer, 0, N_STEPS * G_N_ELEMENTS (answers));
  tcase_add_loop_test (tc, test_redirect, 0, N_STEPS * 5);
  tcase_add_loop_test (tc, test_redirect_of_sfu, 0, 2);
  tcase_add_loop_test (tc, test_cut_answer, 0, N_STEPS * 11);
  tcase_add_loop_test (tc, test_cut_socket, 0, G_N_ELEMENTS (socket_cuts));
  return suite;
}

GST_CHECK_MAIN (hostile_http);
