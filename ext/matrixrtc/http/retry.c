/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Element Call's rules for asking a homeserver again: rate limits as the server
 * says, server errors and lost connections after growing waits, nothing else.
 * The caller's cancellable bounds the whole.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/gst.h>
#include "../debug.h"
#include "../loop.h"
#include "json.h"
#include "retry.h"

#define GST_CAT_DEFAULT matrixrtc_http_debug

#define MAX_RETRIES 4
#define BASE_DELAY_MS 1000

typedef struct
{
  HttpClient *client;
  gchar *method;
  gchar *url;
  gchar *bearer;
  JsonObject *body;
  gsize max_size;
  guint attempt;                /* retries made so far */
  GSource *timer;
} Retry;

static void
retry_free (Retry * retry)
{
  http_client_unref (retry->client);
  g_free (retry->method);
  g_free (retry->url);
  g_free (retry->bearer);
  g_clear_pointer (&retry->body, json_object_unref);
  g_free (retry);
}

static gboolean
reply_is_rate_limit (HttpReply * reply)
{
  const gchar *errcode = http_reply_get_errcode (reply);

  if (g_strcmp0 (errcode, "M_LIMIT_EXCEEDED") == 0)
    return TRUE;
  return reply->status == HTTP_STATUS_TOO_MANY_REQUESTS
      && (errcode == NULL || g_str_equal (errcode, "M_UNKNOWN"));
}

/* How long to wait before retry number @attempt + 1, or -1 for: don't. Exactly
 * one of @reply and @error is given. */
gint64
http_retry_delay_ms (HttpReply * reply, const GError * error, guint attempt)
{
  gint64 delay = BASE_DELAY_MS << (attempt + 1);

  if (attempt >= MAX_RETRIES)
    return -1;
  if (reply == NULL) {
    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
        || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)
        || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE)
        || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT)
        || error->domain == G_TLS_ERROR)
      return -1;
    return delay;
  }
  if (reply->status < 400)
    return -1;
  if (reply_is_rate_limit (reply)) {
    gint64 hint = -1;

    if (reply->retry_after_ms >= 0)
      return reply->retry_after_ms;
    if (reply->json != NULL
        && http_json_get_int (reply->json, "retry_after_ms", &hint)
        && hint >= 0)
      return MIN (hint, G_MAXINT32);
    return delay;
  }
  return reply->status >= 500 ? delay : -1;
}

static void retry_send (GTask * task);

static gboolean
on_wait_over (gpointer user_data)
{
  GTask *task = user_data;
  Retry *retry = g_task_get_task_data (task);

  g_clear_pointer (&retry->timer, g_source_unref);
  if (g_task_return_error_if_cancelled (task))
    g_object_unref (task);
  else
    retry_send (task);
  return G_SOURCE_REMOVE;
}

/* A cancelled wait ends at once, as its timer's child source does. */
static void
retry_wait (GTask * task, guint delay_ms)
{
  Retry *retry = g_task_get_task_data (task);
  g_autoptr (GSource) cancelled =
      g_cancellable_source_new (g_task_get_cancellable (task));

  g_source_set_dummy_callback (cancelled);
  retry->timer = matrix_rtc_add_timeout (delay_ms, on_wait_over, task);
  g_source_add_child_source (retry->timer, cancelled);
}

static void
on_reply (GObject * source, GAsyncResult * result, gpointer user_data)
{
  GTask *task = user_data;
  Retry *retry = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (HttpReply) reply = http_client_request_finish (result, &error);
  gint64 delay_ms = http_retry_delay_ms (reply, error, retry->attempt);

  if (delay_ms >= 0) {
    GST_INFO ("attempt %u failed (%s), the next one comes in %" G_GINT64_FORMAT
        " ms", retry->attempt + 1, error != NULL ? error->message : "refused",
        delay_ms);
    g_clear_error (&error);
    retry->attempt++;
    retry_wait (task, MIN (delay_ms, G_MAXINT32));
    return;
  }
  if (reply != NULL)
    g_task_return_pointer (task, g_steal_pointer (&reply),
        (GDestroyNotify) http_reply_free);
  else
    g_task_return_error (task, error);
  g_object_unref (task);
}

static void
retry_send (GTask * task)
{
  Retry *retry = g_task_get_task_data (task);

  http_client_request_async (retry->client, retry->method, retry->url,
      retry->bearer, retry->body, retry->max_size,
      g_task_get_cancellable (task), on_reply, task);
}

void
http_request_with_retry_async (HttpClient * client, const gchar * method,
    const gchar * url, const gchar * bearer, JsonObject * body,
    gsize max_size, GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Retry *retry = g_new0 (Retry, 1);

  retry->client = http_client_ref (client);
  retry->method = g_strdup (method);
  retry->url = g_strdup (url);
  retry->bearer = g_strdup (bearer);
  retry->body = body == NULL ? NULL : json_object_ref (body);
  retry->max_size = max_size;
  g_task_set_task_data (task, retry, (GDestroyNotify) retry_free);
  retry_send (task);
}

/* The last answer, whatever its status, or the last error. */
HttpReply *
http_request_with_retry_finish (GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
