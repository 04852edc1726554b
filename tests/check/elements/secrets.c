/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * No secret leaves the element by any way that people look at: debug log, GLib's
 * log, bus, properties, pads and pipeline graphs, in calls that go well and in
 * calls that servers refuse while they quote the secret back.
 */
#include "fixture.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define OPENID_TOKEN "openid-Zk3vQ8mTq1xWb7Lr5Yc2"
#define NEW_TOKEN "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.bmV3LXNpZ25hdHVyZS1oZXJl"

/* All text that was seen. */
static GMutex seen_lock;
static GString *seen;
static guint n_debug_lines, n_glib_lines, n_messages;

/* Collecting */

static void
G_GNUC_PRINTF (2, 3)
see (guint * counter, const gchar * format, ...)
{
  va_list args;

  g_mutex_lock (&seen_lock);
  if (seen != NULL) {
    va_start (args, format);
    g_string_append_vprintf (seen, format, args);
    va_end (args);
    g_string_append_c (seen, '\n');
    if (counter != NULL)
      ++ * counter;
  }
  g_mutex_unlock (&seen_lock);
}

static void
on_debug_line (GstDebugCategory * category, GstDebugLevel level,
    const gchar * file, const gchar * function, gint line, GObject * object,
    GstDebugMessage * message, gpointer user_data)
{
  g_autofree gchar *text =
      gst_debug_log_get_line (category, level, file, function, line, object,
      message);

  see (&n_debug_lines, "%s", text);
}

static GLogWriterOutput
on_glib_line (GLogLevelFlags level, const GLogField * fields, gsize n_fields,
    gpointer user_data)
{
  gsize i;

  for (i = 0; i < n_fields; i++) {
    const GLogField *field = &fields[i];

    if (g_str_equal (field->key, "MESSAGE"))
      see (&n_glib_lines, "%.*s", field->length < 0 ?
          (gint) strlen (field->value) : (gint) field->length,
          (const gchar *) field->value);
  }
  if (level & (G_LOG_LEVEL_DEBUG | G_LOG_LEVEL_INFO))
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_default (level, fields, n_fields, user_data);
}

static void
see_error (const gchar * what, const GError * error, const gchar * debug)
{
  see (NULL, "%s: %s %d: %s (%s)", what, g_quark_to_string (error->domain),
      error->code, error->message, debug == NULL ? "" : debug);
}

static GstBusSyncReply
on_bus_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  const GstStructure *structure = gst_message_get_structure (message);
  g_autofree gchar *text =
      structure == NULL ? NULL : gst_structure_to_string (structure);
  const GstStructure *details = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  g_autofree gchar *details_text = NULL;

  see (&n_messages, "%s %s", GST_MESSAGE_TYPE_NAME (message),
      text == NULL ? "" : text);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, &debug);
    gst_message_parse_error_details (message, &details);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
    gst_message_parse_warning (message, &error, &debug);
    gst_message_parse_warning_details (message, &details);
  }
  if (error != NULL)
    see_error ("message", error, debug);
  if (details != NULL) {
    details_text = gst_structure_to_string (details);
    see (NULL, "details: %s", details_text);
  }
  return GST_BUS_PASS;
}

static void
see_property (GObject * object, GParamSpec * pspec)
{
  GValue value = G_VALUE_INIT;
  g_autofree gchar *text = NULL;
  g_autofree gchar *serialized = NULL;

  g_object_get_property (object, pspec->name, &value);
  text = g_strdup_value_contents (&value);
  serialized = gst_value_serialize (&value);
  see (NULL, "property %s of %s: %s %s", pspec->name, GST_OBJECT_NAME (object),
      text, serialized == NULL ? "" : serialized);
  if (G_VALUE_HOLDS (&value, G_TYPE_ERROR)
      && g_value_get_boxed (&value) != NULL)
    see_error (pspec->name, g_value_get_boxed (&value), NULL);
  g_value_unset (&value);
}

static void
see_properties (GObject * object)
{
  guint n_pspecs, i;
  g_autofree GParamSpec **pspecs =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n_pspecs);

  for (i = 0; i < n_pspecs; i++) {
    if (pspecs[i]->flags & G_PARAM_READABLE)
      see_property (object, pspecs[i]);
  }
}

static gboolean
see_pad (GstElement * element, GstPad * pad, gpointer user_data)
{
  g_autoptr (GstEvent) tags = gst_pad_get_sticky_event (pad, GST_EVENT_TAG, 0);

  see_properties (G_OBJECT (pad));
  if (tags != NULL) {
    g_autofree gchar *text =
        gst_structure_to_string (gst_event_get_structure (tags));
    see (NULL, "tags: %s", text);
  }
  return TRUE;
}

static void
see_all_there_is (void)
{
  GstElement *src = receiver_get_src (receiver);
  g_autofree gchar *dot = NULL;
  g_autofree gchar *verbose = NULL;

  see_properties (G_OBJECT (src));
  gst_element_foreach_pad (src, see_pad, NULL);
  dot = gst_debug_bin_to_dot_data
      (GST_BIN (receiver_get_pipeline (receiver)), GST_DEBUG_GRAPH_SHOW_ALL);
  verbose = gst_debug_bin_to_dot_data
      (GST_BIN (receiver_get_pipeline (receiver)),
      GST_DEBUG_GRAPH_SHOW_VERBOSE);
  see (NULL, "%s\n%s", dot, verbose);
}

/* Looking */

static void
check_is_unseen (const gchar * what, const gchar * secret)
{
  const gchar *found = strstr (seen->str, secret);
  const gchar *start = found;

  if (found == NULL)
    return;
  while (start > seen->str && start[-1] != '\n')
    start--;
  fail ("%s is to be read in: %.*s", what, (gint) strcspn (start, "\n"), start);
}

/* Whole and by halves: who cuts a text off may cut a token. */
static void
check_opaque (const gchar * what, const gchar * secret)
{
  g_autofree gchar *half = NULL;

  fail_unless (secret != NULL && strlen (secret) >= 16, "%s isn't known", what);
  half = g_strndup (secret, strlen (secret) / 2);
  check_is_unseen (what, secret);
  check_is_unseen (what, half);
  check_is_unseen (what, secret + strlen (secret) / 2);
}

static void
check_jwt (const gchar * what, const gchar * jwt)
{
  fail_unless (jwt != NULL, "%s isn't known", what);
  check_is_unseen (what, jwt);
  check_opaque (what, strrchr (jwt, '.') + 1);
}

/* The OpenID token that went to the authorization service last, or NULL. */
static gchar *
get_sent_openid_token (const gchar * path)
{
  g_autofree gchar *body = testcall_get_last_body (call, path);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *token;

  if (body == NULL)
    return NULL;
  fail_unless (json_parser_load_from_data (parser, body, -1, NULL));
  token = json_object_get_object_member (json_node_get_object
      (json_parser_get_root (parser)), "openid_token");
  return g_strdup (json_object_get_string_member (token, "access_token"));
}

static gchar *
get_sent_jwt (void)
{
  g_autofree gchar *header =
      testcall_get_last_header (call, "/livekit/sfu/rtc", "Authorization");

  fail_unless (header != NULL && g_str_has_prefix (header, "Bearer "));
  return g_strdup (header + strlen ("Bearer "));
}

/* The net holds: each source of text gave some. */
static void
check_net (void)
{
  fail_unless (n_debug_lines > 10);
  fail_unless (n_messages > 1);
  fail_unless (strstr (seen->str, "matrixrtc-connection-state") != NULL);
  fail_unless (strstr (seen->str, "property user-agent") != NULL);
  fail_unless (strstr (seen->str, "digraph pipeline") != NULL);
}

/* Takes the text away from whoever still logs. */
static void
stop_seeing (void)
{
  gst_debug_remove_log_function (on_debug_line);
  gst_debug_set_default_threshold (GST_LEVEL_NONE);
}

static void
setup (void)
{
  g_autoptr (GstBus) bus = NULL;

  seen = g_string_new (NULL);
  n_debug_lines = n_glib_lines = n_messages = 0;
  gst_debug_set_active (TRUE);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (on_debug_line, NULL, NULL);
  gst_debug_set_threshold_from_string ("*:4,matrixrtc*:9,GST_*:4", TRUE);
  g_debug ("the writer of the test takes this line");
  fail_unless_equals_int (n_glib_lines, 1);
  fixture_setup ();
  bus = gst_element_get_bus (receiver_get_pipeline (receiver));
  gst_bus_set_sync_handler (bus, on_bus_message, NULL, NULL);
}

static void
teardown (void)
{
  fixture_teardown ();
  stop_seeing ();
  g_mutex_lock (&seen_lock);
  g_string_free (g_steal_pointer (&seen), TRUE);
  g_mutex_unlock (&seen_lock);
}

/* Calls that go well */

typedef enum
{
  GET_TOKEN,
  SFU_GET,
  DIRECT
} Way;

static GBytes *
pack_refresh_token (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const guint8 head[] = { 0x82, 0x01, sizeof (NEW_TOKEN) - 1 };

  g_byte_array_append (bytes, head, sizeof (head));
  g_byte_array_append (bytes, (const guint8 *) NEW_TOKEN,
      sizeof (NEW_TOKEN) - 1);
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

static void
choose_way (Way way, const gchar * jwt)
{
  if (way == DIRECT) {
    g_object_set (receiver_get_src (receiver), "livekit-url",
        testcall_get_sfu_url (call), "livekit-token", jwt, NULL);
    return;
  }
  receiver_go_through_matrix (receiver);
  g_object_set (receiver_get_src (receiver), "force-old-jwt-endpoint",
      way == SFU_GET, NULL);
}

GST_START_TEST (test_whole_call)
{
  const Way way = __i__;
  g_autofree gchar *direct_jwt = testcall_make_jwt (call, "recorder", NULL);
  g_autoptr (GBytes) refresh = pack_refresh_token ();
  g_autofree gchar *track_sid = NULL;
  g_autofree gchar *sent_jwt = NULL;
  ReceiverPad *pad;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  track_sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  choose_way (way, direct_jwt);
  receiver_play (receiver);
  pad = receiver_wait_for_track (receiver, track_sid);
  fail_unless (pad != NULL && receiver_wait_for_buffers (receiver, pad, 5));
  testcall_send_raw (call, g_bytes_get_data (refresh, NULL),
      g_bytes_get_size (refresh), FALSE);
  fail_unless (testcall_leave (call, "ana"));
  see_all_there_is ();
  fail_unless (receiver_wait_for_removal (receiver, track_sid));
  testcall_drop_sockets (call, FALSE);
  /* The new token isn't one that the SFU takes; the service gives another. */
  if (way == DIRECT)
    gst_message_unref (receiver_wait_for_error (receiver));
  else
    fail_unless (receiver_wait_for_state (receiver, "reconnecting")
        && receiver_wait_for_state (receiver, "connected"));
  see_all_there_is ();
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_NULL);
  see_all_there_is ();

  check_net ();
  sent_jwt = get_sent_jwt ();
  check_jwt ("the LiveKit token", sent_jwt);
  check_jwt ("the new LiveKit token", NEW_TOKEN);
  if (way == DIRECT) {
    check_jwt ("the LiveKit token that was set", direct_jwt);
    fail_unless_equals_string (sent_jwt, NEW_TOKEN);
  } else {
    g_autofree gchar *openid_token = get_sent_openid_token (way == SFU_GET ?
        "/livekit/jwt/sfu/get" : "/livekit/jwt/get_token");

    fail_if (g_str_equal (sent_jwt, NEW_TOKEN));
    check_opaque ("the access token", testcall_get_access_token (call));
    check_opaque ("the OpenID token", openid_token);
  }
  teardown ();
}

GST_END_TEST;

#define PASSPHRASE "Xk7 vQ2mTq9 xWb4Lr8Yc5"
#define MEDIA_KEY "kQ7v+2mT/9xWb4Lr"
#define SENT_KEY "Zp3w+5nU/8yVc6Ms"

static void
give_keys (const gchar * identity)
{
  g_autoptr (GBytes) key = g_bytes_new_static (MEDIA_KEY, strlen (MEDIA_KEY));
  g_autofree gchar *sent = g_base64_encode ((const guchar *) SENT_KEY,
      strlen (SENT_KEY));
  g_autofree gchar *json = g_strdup_printf ("{\"keys\":{\"index\":4,\"key\":"
      "\"%s\"},\"member\":{\"claimed_device_id\":\"D\"},\"room_id\":\"!r:s\"}",
      sent);
  g_autofree gchar *bad_json = g_strdup_printf ("{\"keys\":{\"index\":4,"
      "\"key\":\"%s%s\"}}", sent, sent);

  g_signal_emit_by_name (receiver_get_src (receiver), "set-media-key",
      identity, 3, key);
  g_signal_emit_by_name (receiver_get_src (receiver), "set-media-key",
      identity, 300, key);
  g_signal_emit_by_name (receiver_get_src (receiver), "handle-encryption-keys",
      "@a:s", "D", json);
  g_signal_emit_by_name (receiver_get_src (receiver), "handle-encryption-keys",
      "@a:s", "D", bad_json);
}

/* As text, as base64, and in hex as somebody might print bytes. */
static void
check_key (const gchar * what, const gchar * key)
{
  g_autofree gchar *base64 = g_base64_encode ((const guchar *) key, 16);
  GString *hex = g_string_new (NULL);
  guint i;

  for (i = 0; i < 16; i++)
    g_string_append_printf (hex, "%02x", key[i]);
  check_opaque (what, key);
  check_opaque (what, base64);
  check_opaque (what, hex->str);
  g_string_free (hex, TRUE);
}

/* With the password, with keys from the application, and with the wrong ones. */
GST_START_TEST (test_encrypted_call)
{
  g_autofree gchar *jwt = testcall_make_jwt (call, "recorder", NULL);
  g_autoptr (GBytes) key = g_bytes_new_static (MEDIA_KEY, strlen (MEDIA_KEY));
  g_autofree gchar *identity = NULL;
  g_autofree gchar *track_sid = NULL;
  ReceiverPad *pad;

  testcall_join (call, "ana", 0, TESTCALL_VP8);
  identity = testcall_get_identity (call, "ana");
  if (__i__ == 0)
    testcall_set_passphrase (call, "ana", PASSPHRASE);
  else
    testcall_set_media_key (call, "ana", 3, key);
  testcall_publish (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  track_sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  choose_way (DIRECT, jwt);
  give_keys (identity);
  if (__i__ != 1)
    g_object_set (receiver_get_src (receiver), "e2ee-passphrase", PASSPHRASE,
        NULL);
  receiver_play (receiver);
  pad = receiver_wait_for_track (receiver, track_sid);
  fail_unless (pad != NULL);
  if (__i__ == 2)
    fail_unless (receiver_wait_for_gaps (receiver, pad, 20));
  else
    fail_unless (receiver_wait_for_buffers (receiver, pad, 5));
  see_all_there_is ();
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_NULL);
  see_all_there_is ();

  check_net ();
  check_opaque ("the passphrase", PASSPHRASE);
  check_key ("the media key", MEDIA_KEY);
  check_key ("the sent key", SENT_KEY);
  teardown ();
}

GST_END_TEST;

/* Refusals that quote */

typedef enum
{
  ACCESS_TOKEN,
  OPENID,
  JWT,
} Secret;

typedef struct
{
  TestcallStep step;
  Secret secret;
  guint status;
  const gchar *format;          /* of the body, %s is the secret */
  const gchar *header;          /* the same, NULL: none */
} Quote;

#define IN_ERROR "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"no such token: %s\"}"
#define IN_ERRCODE "{\"errcode\":\"%s\",\"error\":\"no\"}"
#define IN_BOTH_LATE "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"" \
    "It is a long way to the place where this text is cut off, and who knows " \
    "whether the token in it is whole by then, or a half of it goes on to " \
    "where people read it: thus it is a bit longer than a hundred and %s\"}"
#define ESCAPED "{\"errcode\":\"M_X\",\"error\":\"\\u0062ad \\\"%s\\\"\"}"
#define PLAIN "The token %s isn't one"
#define LOCATION "Location: http://127.0.0.1:9/?access_token=%s\r\n"
#define CHALLENGE "WWW-Authenticate: Bearer error=\"%s\"\r\n"
#define CLOSE_JSON "\"error\":\"%s\"}"

static const Quote quotes[] = {
  {TESTCALL_STEP_MEMBERSHIP, ACCESS_TOKEN, 403, IN_ERROR, CHALLENGE},
  {TESTCALL_STEP_MEMBERSHIP, ACCESS_TOKEN, 403, IN_ERRCODE, NULL},
  {TESTCALL_STEP_MEMBERSHIP, ACCESS_TOKEN, 400, IN_BOTH_LATE, NULL},
  {TESTCALL_STEP_MEMBERSHIP, ACCESS_TOKEN, 200, "{\"membership\":\"%s\"}",
      NULL},
  {TESTCALL_STEP_MEMBERSHIP, ACCESS_TOKEN, 302, PLAIN, LOCATION},
  {TESTCALL_STEP_WHOAMI, ACCESS_TOKEN, 401, IN_ERROR, CHALLENGE},
  {TESTCALL_STEP_WHOAMI, ACCESS_TOKEN, 403, IN_ERRCODE, NULL},
  {TESTCALL_STEP_WHOAMI, ACCESS_TOKEN, 401, IN_BOTH_LATE, NULL},
  {TESTCALL_STEP_WHOAMI, ACCESS_TOKEN, 401, ESCAPED, NULL},
  {TESTCALL_STEP_WHOAMI, ACCESS_TOKEN, 401, PLAIN, NULL},
  {TESTCALL_STEP_WHOAMI, ACCESS_TOKEN, 200, "{\"user_id\":\"%s\"}", NULL},
  {TESTCALL_STEP_WHOAMI, ACCESS_TOKEN, 200, IN_ERROR, NULL},
  {TESTCALL_STEP_WHOAMI, ACCESS_TOKEN, 302, PLAIN, LOCATION},
  {TESTCALL_STEP_WHOAMI, ACCESS_TOKEN, 500, IN_ERROR, NULL},
  {TESTCALL_STEP_WHOAMI, ACCESS_TOKEN, 429, IN_ERROR, NULL},
  {TESTCALL_STEP_OPENID, ACCESS_TOKEN, 401, IN_ERROR, CHALLENGE},
  {TESTCALL_STEP_OPENID, ACCESS_TOKEN, 403, IN_ERRCODE, NULL},
  {TESTCALL_STEP_OPENID, ACCESS_TOKEN, 403, IN_BOTH_LATE, NULL},
  {TESTCALL_STEP_OPENID, ACCESS_TOKEN, 404, PLAIN, NULL},
  {TESTCALL_STEP_OPENID, ACCESS_TOKEN, 200, IN_ERROR, NULL},
  {TESTCALL_STEP_OPENID, ACCESS_TOKEN, 307, PLAIN, LOCATION},
  {TESTCALL_STEP_OPENID, ACCESS_TOKEN, 503, IN_ERROR, NULL},
  {TESTCALL_STEP_OPENID, OPENID, 200, "{\"access_token\":\"" OPENID_TOKEN
        "\",\"errcode\":\"M_X\"," CLOSE_JSON, NULL},
  {TESTCALL_STEP_GET_TOKEN, OPENID, 401, IN_ERROR, NULL},
  {TESTCALL_STEP_GET_TOKEN, OPENID, 400, IN_ERRCODE, NULL},
  {TESTCALL_STEP_GET_TOKEN, OPENID, 400, IN_BOTH_LATE, NULL},
  {TESTCALL_STEP_GET_TOKEN, OPENID, 404, PLAIN, NULL},
  {TESTCALL_STEP_GET_TOKEN, OPENID, 302, PLAIN, LOCATION},
  {TESTCALL_STEP_GET_TOKEN, JWT, 401, "{\"jwt\":\"%s\"}", NULL},
  {TESTCALL_STEP_GET_TOKEN, JWT, 200,
        "{\"url\":\"http://a b/\",\"jwt\":\"%s\"}",
      NULL},
  {TESTCALL_STEP_SFU_GET, OPENID, 401, IN_ERROR, CHALLENGE},
  {TESTCALL_STEP_SFU_GET, OPENID, 500, IN_ERRCODE, NULL},
  {TESTCALL_STEP_SFU_GET, OPENID, 500, IN_BOTH_LATE, NULL},
  {TESTCALL_STEP_SFU_GET, OPENID, 200, IN_ERROR, NULL},
  {TESTCALL_STEP_SFU_GET, OPENID, 200, "{\"url\":\"ws://127.0.0.1:9\","
        "\"jwt\":\"%s\"}", NULL},
  {TESTCALL_STEP_SFU_GET, JWT, 200, "{\"url\":\"ftp://127.0.0.1/%s\","
        "\"jwt\":\"a.b.c\"}", NULL},
  {TESTCALL_STEP_SFU_GET, JWT, 200, "{\"url\":\"ws://127.0.0.1:9\","
        "\"jwt\":\"%s\"}", NULL},
  {TESTCALL_STEP_SFU_GET, JWT, 200, "{\"url\":\"ws://127.0.0.1:9\","
        "\"jwt\":\"%s.x\"}", NULL},
  {TESTCALL_STEP_UPGRADE, JWT, 401, PLAIN, CHALLENGE},
  {TESTCALL_STEP_UPGRADE, JWT, 404, IN_ERROR, NULL},
  {TESTCALL_STEP_UPGRADE, JWT, 302, PLAIN, LOCATION},
  {TESTCALL_STEP_VALIDATE, JWT, 401, IN_ERROR, CHALLENGE},
  {TESTCALL_STEP_VALIDATE, JWT, 503, PLAIN, NULL},
  {TESTCALL_STEP_VALIDATE, JWT, 302, PLAIN, LOCATION},
};

static gchar *
fill_in (const gchar * format, const gchar * secret)
{
  g_auto (GStrv) parts = g_strsplit (format, "%s", -1);

  return g_strjoinv (secret, parts);
}

static void
set_quote (const Quote * quote, const gchar * secret)
{
  g_autofree gchar *body = fill_in (quote->format, secret);
  g_autofree gchar *header = quote->header == NULL ? NULL :
      fill_in (quote->header, secret);
  const TestcallFault fault = {.status = quote->status,.body = body,.headers =
        header
  };
  const TestcallFault absent = {.status = 404,.body = "" };

  testcall_set_fault (call, quote->step, &fault);
  if (quote->step == TESTCALL_STEP_GET_TOKEN)
    testcall_set_fault (call, TESTCALL_STEP_SFU_GET, &absent);
  if (quote->step == TESTCALL_STEP_SFU_GET)
    testcall_set_fault (call, TESTCALL_STEP_GET_TOKEN, &absent);
  if (quote->step == TESTCALL_STEP_VALIDATE)
    testcall_set_room_state (call, TESTCALL_ROOM_FULL);
}

/* A token that we know before it's given. */
static void
set_openid_token (void)
{
  const TestcallFault given = {.status = 200,
    .body = "{\"access_token\":\"" OPENID_TOKEN "\",\"token_type\":\"Bearer\","
        "\"matrix_server_name\":\"localhost\",\"expires_in\":3600}"
  };

  testcall_set_fault (call, TESTCALL_STEP_OPENID, &given);
}

GST_START_TEST (test_refusal_quotes)
{
  const Quote *quote = &quotes[__i__];
  g_autofree gchar *jwt = testcall_make_jwt (call, "recorder", NULL);
  const gchar *const secrets[] = {
    testcall_get_access_token (call), OPENID_TOKEN, jwt
  };

  if (quote->step > TESTCALL_STEP_OPENID)
    set_openid_token ();
  set_quote (quote, secrets[quote->secret]);
  g_object_set (receiver_get_src (receiver), "timeout", 1, NULL);
  choose_way (quote->step < TESTCALL_STEP_UPGRADE ? GET_TOKEN : DIRECT, jwt);
  if (quote->step < TESTCALL_STEP_WHOAMI)
    g_object_set (receiver_get_src (receiver), "livekit-service-url", NULL,
        NULL);
  receiver_play (receiver);
  gst_message_unref (receiver_wait_for_error (receiver));
  see_all_there_is ();
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_NULL);
  see_all_there_is ();

  check_net ();
  check_opaque ("the access token", testcall_get_access_token (call));
  check_opaque ("the OpenID token", OPENID_TOKEN);
  check_jwt ("the LiveKit token", jwt);
  teardown ();
}

GST_END_TEST;

/* A room's state and the homeserver's transports that quote the access token where
 * an address is told. */

GST_START_TEST (test_transport_quotes)
{
  const gchar *token = testcall_get_access_token (call);
  g_autofree gchar *transports = g_strdup_printf ("{\"rtc_transports\":["
      "{\"type\":\"livekit\",\"livekit_service_url\":"
      "\"http://127.0.0.1:9/%s\"}]}", token);
  g_autofree gchar *refusal = fill_in (IN_ERROR, token);
  const TestcallFault quoting = {.status = 200,.body = transports };
  const TestcallFault refusing = {.status = 403,.body = refusal };
  const gchar *ca_file = testcall_listen_securely (call);

  testcall_set_fault (call, TESTCALL_STEP_STATE, &refusing);
  testcall_set_fault (call, TESTCALL_STEP_TRANSPORTS, &quoting);
  testcall_set_fault (call, TESTCALL_STEP_TRANSPORTS_V1, &refusing);
  testcall_set_fault (call, TESTCALL_STEP_WELL_KNOWN, &refusing);
  receiver_go_by_room (receiver);
  g_object_set (receiver_get_src (receiver), "ssl-ca-file", ca_file, NULL);
  receiver_play (receiver);
  gst_message_unref (receiver_wait_for_error (receiver));
  see_all_there_is ();
  check_net ();
  check_opaque ("the access token", token);
  teardown ();
}

GST_END_TEST;

/* Tokens that can't be used */

GST_START_TEST (test_bad_tokens)
{
  static const gchar *const tokens[] = {
    "not-a-token-but-secret-all-the-same",
    "a-first-part-to-hide.a-second-part-to-hide.a-third-part-to-hide",
    "header-with-line-end\r\nX-Injected: a-secret-line",
    "\xff\xfe-no-utf-8-but-secret-all-the-same",
  };
  const gchar *token = tokens[__i__ / 2];
  GstElement *src = receiver_get_src (receiver);

  g_object_set (src, "timeout", 1, NULL);
  if (__i__ % 2 == 0) {
    choose_way (DIRECT, token);
  } else {
    choose_way (GET_TOKEN, NULL);
    g_object_set (src, "access-token", token, NULL);
  }
  receiver_play (receiver);
  gst_message_unref (receiver_wait_for_error (receiver));
  see_all_there_is ();
  check_net ();
  check_opaque ("the token", token);
  teardown ();
}

GST_END_TEST;

static Suite *
secrets_suite (void)
{
  Suite *suite = suite_create ("secrets");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_loop_test (tc, test_whole_call, GET_TOKEN, DIRECT + 1);
  tcase_add_loop_test (tc, test_encrypted_call, 0, 3);
  tcase_add_loop_test (tc, test_refusal_quotes, 0, G_N_ELEMENTS (quotes));
  tcase_add_test (tc, test_transport_quotes);
  tcase_add_loop_test (tc, test_bad_tokens, 0, 8);
  return suite;
}

/* GST_CHECK_MAIN() leaves no room for a log writer. */
int
main (int argc, char **argv)
{
  gst_check_init (&argc, &argv);
  g_log_set_writer_func (on_glib_line, NULL, NULL);
  return gst_check_run_suite (secrets_suite (), "secrets", __FILE__);
}
