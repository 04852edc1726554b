/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way into one SFU, as often as it is needed: who we are, an OpenID token from
 * the homeserver, and for that from the authorization service the SFU's address
 * and a token. Or with no Matrix at all, an address and a token that were given.
 * Lives on the worker thread.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include "debug.h"
#include "loop.h"
#include "matrixrtcerror.h"
#include "matrix/openid.h"
#include "sfu/authorization.h"
#include "sfuaccess.h"

#define GST_CAT_DEFAULT matrixrtc_connection_debug

struct _SfuAccess
{
  /* Constant. */
  HttpClient *http;
  guint timeout_ms;
  MatrixAccount *account;
  gchar *service_url;           /* of the SFU itself without an account */
  gchar *room_id;
  gchar *slot_id;
  gchar *member_id;
  gboolean force_old_jwt_endpoint;

  gchar *livekit_token;         /* secret; the newest */

  /* Of one fetch. */
  GCancellable *cancellable;
  GSource *timer;
  SfuAccessCallback callback;   /* NULL: nobody waits */
  gpointer user_data;
};

SfuAccess *
sfu_access_new (const SfuAccessSettings * settings)
{
  SfuAccess *access = g_rc_box_new0 (SfuAccess);

  access->http = http_client_ref (settings->http);
  access->timeout_ms = settings->timeout_ms;
  if (settings->account != NULL)
    access->account = matrix_account_ref (settings->account);
  access->service_url = g_strdup (settings->account != NULL ?
      settings->service_url : settings->livekit_url);
  access->room_id = g_strdup (settings->room_id);
  access->slot_id = g_strdup (settings->slot_id);
  access->member_id = g_strdup (settings->member_id);
  access->force_old_jwt_endpoint = settings->force_old_jwt_endpoint;
  access->livekit_token = g_strdup (settings->livekit_token);
  return access;
}

static void
sfu_access_clear (SfuAccess * access)
{
  http_client_unref (access->http);
  g_clear_pointer (&access->account, matrix_account_unref);
  g_free (access->service_url);
  g_free (access->room_id);
  g_free (access->slot_id);
  g_free (access->member_id);
  g_free (access->livekit_token);
  g_clear_object (&access->cancellable);
}

static void
sfu_access_unref (SfuAccess * access)
{
  g_rc_box_release_full (access, (GDestroyNotify) sfu_access_clear);
}

void
sfu_access_free (SfuAccess * access)
{
  sfu_access_cancel (access);
  sfu_access_unref (access);
}

const gchar *
sfu_access_get_service_url (SfuAccess * access)
{
  return access->service_url;
}

/* A LiveKit server gives newer tokens while we are there. Whoever goes through an
 * authorization service asks that for one instead. */
void
sfu_access_take_token (SfuAccess * access, const gchar * token)
{
  if (access->account != NULL)
    return;
  g_free (access->livekit_token);
  access->livekit_token = g_strdup (token);
}

/* Fetching. A request that was cancelled reports, and is nobody's any more. */

/* No callback comes any more. */
void
sfu_access_cancel (SfuAccess * access)
{
  matrix_rtc_clear_source (&access->timer);
  access->callback = NULL;
  if (access->cancellable != NULL)
    g_cancellable_cancel (access->cancellable);
}

static void
access_return (SfuAccess * access, SfuConfig * config, GError * error)
{
  SfuAccessCallback callback = access->callback;

  sfu_access_cancel (access);
  callback (config, error, access->user_data);
}

static gboolean
on_timeout (gpointer user_data)
{
  SfuAccess *access = user_data;

  access_return (access, NULL,
      matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, 0,
          _("The homeserver gives no OpenID token in time."),
          "no success within %u ms", access->timeout_ms));
  return G_SOURCE_REMOVE;
}

static gboolean
is_cancelled (GAsyncResult * result)
{
  return g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result)));
}

static void
on_authorized (GObject * source, GAsyncResult * result, gpointer user_data)
{
  SfuAccess *access = user_data;
  GError *error = NULL;
  SfuConfig *config = sfu_authorization_request_finish (result, &error);

  if (is_cancelled (result)) {
    g_clear_error (&error);
    g_clear_pointer (&config, sfu_config_free);
  } else {
    access_return (access, config, error);
  }
  sfu_access_unref (access);
}

static void
access_authorize (SfuAccess * access, JsonObject * openid_token)
{
  SfuAuthorizationRequest request = {
    .service_url = access->service_url,
    .room_id = access->room_id,
    .slot_id = access->slot_id,
    .user_id = matrix_account_get_user_id (access->account),
    .device_id = matrix_account_get_device_id (access->account),
    .member_id = access->member_id,
    .openid_token = openid_token,
    .force_old_jwt_endpoint = access->force_old_jwt_endpoint,
  };

  /* The requests to the service have their own limits. */
  matrix_rtc_clear_source (&access->timer);
  sfu_authorization_request_async (access->http, &request,
      access->cancellable, on_authorized, g_rc_box_acquire (access));
}

static void
on_openid (GObject * source, GAsyncResult * result, gpointer user_data)
{
  SfuAccess *access = user_data;
  GError *error = NULL;
  g_autoptr (JsonObject) token = matrix_openid_request_finish (result, &error);

  if (is_cancelled (result))
    g_clear_error (&error);
  else if (token != NULL)
    access_authorize (access, token);
  else
    access_return (access, NULL, error);
  sfu_access_unref (access);
}

static void
on_identified (GObject * source, GAsyncResult * result, gpointer user_data)
{
  SfuAccess *access = user_data;
  GError *error = NULL;
  gboolean identified = matrix_account_identify_finish (result, &error);

  if (is_cancelled (result))
    g_clear_error (&error);
  else if (identified)
    matrix_openid_request_async (access->account, access->cancellable,
        on_openid, g_rc_box_acquire (access));
  else
    access_return (access, NULL, error);
  sfu_access_unref (access);
}

static void
access_use_token (SfuAccess * access)
{
  g_autoptr (GError) error = NULL;
  SfuConfig *config = sfu_config_new (access->service_url,
      access->livekit_token, &error);

  access_return (access, config, config != NULL ? NULL :
      matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
          _("The LiveKit URL or token can't be used."), "%s", error->message));
}

/* One at a time. Without an account @callback is called from inside. */
void
sfu_access_fetch (SfuAccess * access, SfuAccessCallback callback,
    gpointer user_data)
{
  sfu_access_cancel (access);
  g_clear_object (&access->cancellable);
  access->cancellable = g_cancellable_new ();
  access->callback = callback;
  access->user_data = user_data;
  if (access->account == NULL) {
    access_use_token (access);
    return;
  }
  access->timer =
      matrix_rtc_add_timeout (access->timeout_ms, on_timeout, access);
  matrix_account_identify_async (access->account, access->cancellable,
      on_identified, g_rc_box_acquire (access));
}
