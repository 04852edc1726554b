/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http/client.h"
#include "matrix/account.h"
#include "sfu/sfuconfig.h"

G_BEGIN_DECLS

typedef struct _SfuAccess SfuAccess;

/* Through the authorization service at @service_url in the name of @account, or
 * without @account with a token for the LiveKit server at @livekit_url. The
 * strings are copied. */
typedef struct
{
  HttpClient *http;
  guint timeout_ms;             /* of the requests to the homeserver */

  MatrixAccount *account;
  const gchar *service_url;
  const gchar *room_id;
  const gchar *slot_id;
  const gchar *member_id;
  gboolean force_old_jwt_endpoint;

  const gchar *livekit_url;
  const gchar *livekit_token;
} SfuAccessSettings;

/* Takes @config, or if it is NULL @error. */
typedef void (*SfuAccessCallback) (SfuConfig * config, GError * error,
    gpointer user_data);

SfuAccess *sfu_access_new (const SfuAccessSettings * settings);
void sfu_access_free (SfuAccess * access);
void sfu_access_fetch (SfuAccess * access, SfuAccessCallback callback,
    gpointer user_data);
void sfu_access_cancel (SfuAccess * access);
void sfu_access_take_token (SfuAccess * access, const gchar * token);
const gchar *sfu_access_get_service_url (SfuAccess * access);

G_END_DECLS
