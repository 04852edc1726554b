/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../http/client.h"

G_BEGIN_DECLS

typedef struct _MatrixAccount MatrixAccount;

MatrixAccount *matrix_account_new (HttpClient * http, const gchar * homeserver,
    const gchar * access_token, const gchar * user_id,
    const gchar * device_id);
MatrixAccount *matrix_account_ref (MatrixAccount * account);
void matrix_account_unref (MatrixAccount * account);

const gchar *matrix_account_get_user_id (MatrixAccount * account);
const gchar *matrix_account_get_device_id (MatrixAccount * account);

void matrix_account_identify_async (MatrixAccount * account,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data);
gboolean matrix_account_identify_finish (GAsyncResult * result,
    GError ** error);

void matrix_account_request_async (MatrixAccount * account,
    const gchar * method, const gchar * path, JsonObject * body,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data);
void matrix_account_get_large_async (MatrixAccount * account,
    const gchar * path, gsize max_size, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);
HttpReply *matrix_account_request_finish (GAsyncResult * result,
    GError ** error);

GError *matrix_error_from_io (const gchar * message, const GError * cause);
GError *matrix_error_from_reply (const gchar * message, HttpReply * reply);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MatrixAccount, matrix_account_unref)

G_END_DECLS
