/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "account.h"

G_BEGIN_DECLS

void matrix_openid_request_async (MatrixAccount * account,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data);
JsonObject *matrix_openid_request_finish (GAsyncResult * result,
    GError ** error);

JsonObject *matrix_openid_pick_token (JsonObject * reply);

G_END_DECLS
