/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client.h"

G_BEGIN_DECLS

gint64 http_retry_delay_ms (HttpReply * reply, const GError * error,
    guint attempt);

void http_request_with_retry_async (HttpClient * client, const gchar * method,
    const gchar * url, const gchar * bearer, JsonObject * body,
    gsize max_size, GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data);
HttpReply *http_request_with_retry_finish (GAsyncResult * result,
    GError ** error);

G_END_DECLS
