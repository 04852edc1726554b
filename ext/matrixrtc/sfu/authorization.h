/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../http/client.h"
#include "sfuconfig.h"

G_BEGIN_DECLS

/* Who asks to join what. The strings are copied. */
typedef struct
{
  const gchar *service_url;
  const gchar *room_id;
  const gchar *slot_id;
  const gchar *user_id;
  const gchar *device_id;
  const gchar *member_id;
  JsonObject *openid_token;
  gboolean force_old_jwt_endpoint;
} SfuAuthorizationRequest;

void sfu_authorization_request_async (HttpClient * http,
    const SfuAuthorizationRequest * request, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);
SfuConfig *sfu_authorization_request_finish (GAsyncResult * result,
    GError ** error);

G_END_DECLS
