/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* RFC 6585; libsoup has no name for it. */
#define HTTP_STATUS_TOO_MANY_REQUESTS 429

/* Of an answer, in bytes. The largest honest one is mostly a token of a few KiB. */
#define HTTP_DEFAULT_MAX_SIZE (256 * 1024)

typedef struct _HttpClient HttpClient;

/* How to reach servers: the element's ssl-strict, ssl-ca-file, proxy,
 * user-agent and timeout properties. */
typedef struct
{
  gboolean ssl_strict;
  const gchar *ssl_ca_file;
  const gchar *proxy;
  const gchar *user_agent;
  guint timeout_ms;             /* of one request, its answer included */
} HttpClientSettings;

/* One HTTP answer of any status. */
typedef struct
{
  guint status;
  JsonObject *json;             /* NULL: the body is no JSON object */
  gint64 retry_after_ms;        /* -1: no Retry-After header */
  GStrv secrets;                /* what we sent and nobody may quote, or NULL */
  GBytes *body;
  gchar *location;              /* where a redirect leads, or NULL */
} HttpReply;

HttpClient *http_client_new (const HttpClientSettings * settings,
    GError ** error);
HttpClient *http_client_ref (HttpClient * client);
void http_client_unref (HttpClient * client);
SoupSession *http_client_get_session (HttpClient * client);
SoupMessage *http_client_new_message (HttpClient * client,
    const gchar * method, const gchar * url, const gchar * bearer,
    GError ** error);

void http_client_request_async (HttpClient * client, const gchar * method,
    const gchar * url, const gchar * bearer, JsonObject * body,
    gsize max_size, GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data);
HttpReply *http_client_request_finish (GAsyncResult * result, GError ** error);

const gchar *http_reply_get_errcode (HttpReply * reply);
gchar *http_reply_describe (HttpReply * reply);
void http_reply_hide (HttpReply * reply, const gchar * secret);
void http_reply_free (HttpReply * reply);

gchar *http_append_path (const gchar * base, const gchar * path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpClient, http_client_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpReply, http_reply_free)

G_END_DECLS
