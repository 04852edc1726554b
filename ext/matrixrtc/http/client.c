/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTP with JSON both ways, on top of libsoup: one request, one bounded
 * answer, one time limit. Statuses are answers here, not errors. Nothing is
 * logged but method, path and status: bodies and headers hold tokens.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gst/gst.h>
#include "../debug.h"
#include "../loop.h"
#include "client.h"
#include "json.h"

#define GST_CAT_DEFAULT matrixrtc_http_debug

#define READ_SIZE (16 * 1024)
#define MAX_QUOTED_SIZE 200     /* bytes */

struct _HttpClient
{
  SoupSession *session;
  gboolean ssl_strict;
  guint timeout_ms;
};

typedef struct
{
  SoupMessage *message;
  GStrv secrets;                /* for the reply */
  GInputStream *stream;
  GByteArray *body;
  gsize max_size;
  GCancellable *inner;          /* cancelled by the caller's or by the timer */
  GCancellable *outer;
  gulong outer_id;
  GSource *timer;
  gboolean timed_out;
} Request;

static void
request_free (Request * request)
{
  if (request->outer != NULL)
    g_cancellable_disconnect (request->outer, request->outer_id);
  g_clear_object (&request->outer);
  matrix_rtc_clear_source (&request->timer);
  g_clear_object (&request->message);
  g_strfreev (request->secrets);
  g_clear_object (&request->stream);
  g_clear_object (&request->inner);
  g_clear_pointer (&request->body, g_byte_array_unref);
  g_free (request);
}

HttpClient *
http_client_new (const HttpClientSettings * settings, GError ** error)
{
  g_autoptr (HttpClient) client = g_atomic_rc_box_new0 (HttpClient);

  client->ssl_strict = settings->ssl_strict;
  client->timeout_ms = settings->timeout_ms;
  /* Our own timer limits requests; libsoup's would also end a quiet
   * WebSocket. */
  client->session = soup_session_new_with_options ("timeout", 0,
      "user-agent", settings->user_agent, NULL);
  if (settings->proxy != NULL && *settings->proxy != '\0') {
    g_autoptr (GProxyResolver) resolver =
        g_simple_proxy_resolver_new (settings->proxy, NULL);
    soup_session_set_proxy_resolver (client->session, resolver);
  }
  if (settings->ssl_ca_file != NULL) {
    g_autoptr (GTlsDatabase) database =
        g_tls_file_database_new (settings->ssl_ca_file, error);
    if (database == NULL)
      return NULL;
    soup_session_set_tls_database (client->session, database);
  }
  return g_steal_pointer (&client);
}

HttpClient *
http_client_ref (HttpClient * client)
{
  return g_atomic_rc_box_acquire (client);
}

static void
http_client_clear (HttpClient * client)
{
  soup_session_abort (client->session);
  g_object_unref (client->session);
}

void
http_client_unref (HttpClient * client)
{
  g_atomic_rc_box_release_full (client, (GDestroyNotify) http_client_clear);
}

SoupSession *
http_client_get_session (HttpClient * client)
{
  return client->session;
}

static gboolean
accept_any_certificate (SoupMessage * message, GTlsCertificate * certificate,
    GTlsCertificateFlags flags, gpointer user_data)
{
  return TRUE;
}

/* A message as all our requests are: it follows no redirect, since that would
 * carry tokens to a host that nobody named. */
SoupMessage *
http_client_new_message (HttpClient * client, const gchar * method,
    const gchar * url, const gchar * bearer, GError ** error)
{
  SoupMessage *message = soup_message_new (method, url);

  if (message == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "“%s” is no usable URL", url);
    return NULL;
  }
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  if (!client->ssl_strict)
    g_signal_connect (message, "accept-certificate",
        G_CALLBACK (accept_any_certificate), NULL);
  if (bearer != NULL) {
    g_autofree gchar *value = g_strconcat ("Bearer ", bearer, NULL);
    soup_message_headers_replace (soup_message_get_request_headers (message),
        "Authorization", value);
  }
  return message;
}

static gint64
reply_get_retry_after (SoupMessage * message)
{
  const gchar *value =
      soup_message_headers_get_one (soup_message_get_response_headers (message),
      "Retry-After");
  guint64 seconds;
  g_autoptr (GDateTime) date = NULL;

  if (value == NULL)
    return -1;
  if (g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT32, &seconds, NULL))
    return (gint64) seconds *1000;
  date = soup_date_time_new_from_http_string (value);
  if (date == NULL)
    return -1;
  return MAX (0, g_date_time_to_unix (date) * 1000 - g_get_real_time () / 1000);
}

/* As an absolute URL. Whoever asked decides whether to go there. */
static gchar *
reply_get_location (SoupMessage * message)
{
  const gchar *value =
      soup_message_headers_get_one (soup_message_get_response_headers (message),
      "Location");
  g_autofree gchar *base = g_uri_to_string (soup_message_get_uri (message));

  if (value == NULL
      || !SOUP_STATUS_IS_REDIRECTION (soup_message_get_status (message)))
    return NULL;
  return g_uri_resolve_relative (base, value, SOUP_HTTP_URI_FLAGS, NULL);
}

static void
request_return_error (GTask * task, GError * error)
{
  Request *request = g_task_get_task_data (task);

  if (request->timed_out && !g_cancellable_is_cancelled (request->outer)) {
    g_clear_error (&error);
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "no answer in time");
  }
  g_task_return_error (task, error);
  g_object_unref (task);
}

static void
request_return_reply (GTask * task)
{
  Request *request = g_task_get_task_data (task);
  HttpReply *reply = g_new0 (HttpReply, 1);

  reply->status = soup_message_get_status (request->message);
  reply->location = reply_get_location (request->message);
  reply->retry_after_ms = reply_get_retry_after (request->message);
  reply->secrets = g_steal_pointer (&request->secrets);
  reply->json = http_json_parse_object ((const gchar *) request->body->data,
      request->body->len, NULL);
  reply->body = g_byte_array_free_to_bytes (g_steal_pointer (&request->body));
  GST_DEBUG ("%s %s: %u", soup_message_get_method (request->message),
      g_uri_get_path (soup_message_get_uri (request->message)), reply->status);
  g_task_return_pointer (task, reply, (GDestroyNotify) http_reply_free);
  g_object_unref (task);
}

static void request_read (GTask * task);

static void
on_bytes (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  GTask *task = user_data;
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result,
      &error);

  if (bytes == NULL) {
    request_return_error (task, error);
    return;
  }
  if (g_bytes_get_size (bytes) == 0) {
    request_return_reply (task);
    return;
  }
  g_byte_array_append (request->body, g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes));
  if (request->body->len > request->max_size) {
    request_return_error (task, g_error_new (G_IO_ERROR,
            G_IO_ERROR_MESSAGE_TOO_LARGE,
            "the answer is over %" G_GSIZE_FORMAT " bytes", request->max_size));
    return;
  }
  request_read (task);
}

static void
request_read (GTask * task)
{
  Request *request = g_task_get_task_data (task);

  g_input_stream_read_bytes_async (request->stream, READ_SIZE,
      G_PRIORITY_DEFAULT, request->inner, on_bytes, task);
}

static void
on_sent (GObject * session, GAsyncResult * result, gpointer user_data)
{
  GTask *task = user_data;
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;

  request->stream =
      soup_session_send_finish (SOUP_SESSION (session), result, &error);
  if (request->stream == NULL)
    request_return_error (task, error);
  else
    request_read (task);
}

static gboolean
on_request_timeout (gpointer user_data)
{
  Request *request = user_data;

  request->timed_out = TRUE;
  g_cancellable_cancel (request->inner);
  return G_SOURCE_REMOVE;
}

static void
on_outer_cancelled (GCancellable * outer, gpointer user_data)
{
  g_cancellable_cancel (G_CANCELLABLE (user_data));
}

/* The tokens that a request carries. A server may quote them in its answer. */
static GStrv
collect_secrets (const gchar * bearer, JsonObject * body)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonObject *openid_token = body == NULL ? NULL :
      http_json_get_object (body, "openid_token");
  const gchar *token = openid_token == NULL ? NULL :
      http_json_get_string (openid_token, "access_token");

  if (bearer != NULL && *bearer != '\0')
    g_strv_builder_add (builder, bearer);
  if (token != NULL && *token != '\0')
    g_strv_builder_add (builder, token);
  return g_strv_builder_end (builder);
}

static Request *
request_new (SoupMessage * message, guint timeout_ms, GCancellable * outer)
{
  Request *request = g_new0 (Request, 1);

  request->message = message;
  request->body = g_byte_array_new ();
  request->inner = g_cancellable_new ();
  request->timer =
      matrix_rtc_add_timeout (timeout_ms, on_request_timeout, request);
  request->outer = g_object_ref (outer);
  request->outer_id = g_cancellable_connect (outer,
      G_CALLBACK (on_outer_cancelled), g_object_ref (request->inner),
      g_object_unref);
  return request;
}

/* Sends @body (NULL: none) and reads the answer, whatever its status, of at most
 * @max_size bytes. Fails with a GIOErrorEnum, a GResolverError or a GTlsError if no
 * answer came, which includes the client's time limit and cancellation. */
void
http_client_request_async (HttpClient * client, const gchar * method,
    const gchar * url, const gchar * bearer, JsonObject * body,
    gsize max_size, GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  GError *error = NULL;
  SoupMessage *message =
      http_client_new_message (client, method, url, bearer, &error);
  Request *request;

  if (message == NULL) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }
  request = request_new (message, client->timeout_ms, cancellable);
  request->secrets = collect_secrets (bearer, body);
  request->max_size = max_size;
  g_task_set_task_data (task, request, (GDestroyNotify) request_free);
  if (body != NULL) {
    gchar *text = http_json_to_string (body);
    g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));
    soup_message_set_request_body_from_bytes (message, "application/json",
        bytes);
  }
  GST_DEBUG ("%s %s", method, g_uri_get_path (soup_message_get_uri (message)));
  soup_session_send_async (client->session, message, G_PRIORITY_DEFAULT,
      request->inner, on_sent, task);
}

HttpReply *
http_client_request_finish (GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* The Matrix error code of a refusal, or NULL. */
const gchar *
http_reply_get_errcode (HttpReply * reply)
{
  return reply->json == NULL ? NULL :
      http_json_get_string (reply->json, "errcode");
}

static gboolean
quotes_member (HttpReply * reply, const gchar * text, const gchar * member)
{
  const gchar *value = http_json_get_string (reply->json, member);

  return value != NULL && *value != '\0' && strstr (text, value) != NULL;
}

static gboolean
quotes_secret (HttpReply * reply, const gchar * text)
{
  guint i;

  if (quotes_member (reply, text, "access_token")
      || quotes_member (reply, text, "jwt"))
    return TRUE;
  for (i = 0; reply->secrets != NULL && reply->secrets[i] != NULL; i++) {
    if (strstr (text, reply->secrets[i]) != NULL)
      return TRUE;
  }
  return FALSE;
}

/* @text, cut between two characters to fit into @buffer. */
static const gchar *
cut_text (const gchar * text, gchar * buffer)
{
  const gchar *end = text + strnlen (text, MAX_QUOTED_SIZE);

  if (*end != '\0')
    end = g_utf8_find_prev_char (text, end + 1);
  memcpy (buffer, text, end - text);
  buffer[end - text] = '\0';
  return buffer;
}

/* What a refusal says, for debug texts: status, errcode and the server's own
 * words, bounded. Nothing is quoted without an errcode, or with a token of ours
 * in it. */
gchar *
http_reply_describe (HttpReply * reply)
{
  const gchar *errcode = http_reply_get_errcode (reply);
  const gchar *text = reply->json == NULL ? NULL :
      http_json_get_string (reply->json, "error");
  gchar short_errcode[MAX_QUOTED_SIZE + 1];
  gchar short_text[MAX_QUOTED_SIZE + 1];

  if (text == NULL)
    text = "";
  if (errcode == NULL || quotes_secret (reply, errcode)
      || quotes_secret (reply, text))
    return g_strdup_printf ("HTTP status %u", reply->status);
  return g_strdup_printf ("HTTP status %u, %s: %s", reply->status,
      cut_text (errcode, short_errcode), cut_text (text, short_text));
}

/* @secret mustn't be quoted either: who answered may know it all the same. */
void
http_reply_hide (HttpReply * reply, const gchar * secret)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (reply->secrets != NULL)
    g_strv_builder_addv (builder, (const gchar **) reply->secrets);
  g_strv_builder_add (builder, secret);
  g_strfreev (reply->secrets);
  reply->secrets = g_strv_builder_end (builder);
}

void
http_reply_free (HttpReply * reply)
{
  g_clear_pointer (&reply->json, json_object_unref);
  g_strfreev (reply->secrets);
  g_clear_pointer (&reply->body, g_bytes_unref);
  g_free (reply->location);
  g_free (reply);
}

/* @base may end in slashes, and in a path of its own; @path starts with one. */
gchar *
http_append_path (const gchar * base, const gchar * path)
{
  gsize length = strlen (base);

  while (length > 0 && base[length - 1] == '/')
    length--;
  return g_strdup_printf ("%.*s%s", (gint) length, base, path);
}
