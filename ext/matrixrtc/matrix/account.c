/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One Matrix account on its homeserver: who it is, and requests in its name.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include "account.h"
#include "../matrixrtcerror.h"
#include "../http/json.h"
#include "../http/retry.h"

struct _MatrixAccount
{
  HttpClient *http;
  gchar *homeserver;
  gchar *access_token;
  gchar *user_id;               /* NULL until identified */
  gchar *device_id;
};

/* @user_id and @device_id may be NULL: then the homeserver says. */
MatrixAccount *
matrix_account_new (HttpClient * http, const gchar * homeserver,
    const gchar * access_token, const gchar * user_id, const gchar * device_id)
{
  MatrixAccount *account = g_atomic_rc_box_new0 (MatrixAccount);

  account->http = http_client_ref (http);
  account->homeserver = g_strdup (homeserver);
  account->access_token = g_strdup (access_token);
  account->user_id = g_strdup (user_id);
  account->device_id = g_strdup (device_id);
  return account;
}

MatrixAccount *
matrix_account_ref (MatrixAccount * account)
{
  return g_atomic_rc_box_acquire (account);
}

static void
matrix_account_clear (MatrixAccount * account)
{
  http_client_unref (account->http);
  g_free (account->homeserver);
  g_free (account->access_token);
  g_free (account->user_id);
  g_free (account->device_id);
}

void
matrix_account_unref (MatrixAccount * account)
{
  g_atomic_rc_box_release_full (account, (GDestroyNotify) matrix_account_clear);
}

const gchar *
matrix_account_get_user_id (MatrixAccount * account)
{
  return account->user_id;
}

const gchar *
matrix_account_get_device_id (MatrixAccount * account)
{
  return account->device_id;
}

/* Both errors are Element Call's FailToGetOpenIdToken: what a homeserver is
 * asked before the call is all for that token. */
GError *
matrix_error_from_io (const gchar * message, const GError * cause)
{
  return matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, 0, message, "%s",
      cause->message);
}

GError *
matrix_error_from_reply (const gchar * message, HttpReply * reply)
{
  g_autofree gchar *description = http_reply_describe (reply);

  return matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, reply->status,
      message, "%s", description);
}

/* @path starts at /_matrix. Retries as Element Call does. */
void
matrix_account_request_async (MatrixAccount * account, const gchar * method,
    const gchar * path, JsonObject * body, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autofree gchar *url = http_append_path (account->homeserver, path);

  http_request_with_retry_async (account->http, method, url,
      account->access_token, body, HTTP_DEFAULT_MAX_SIZE, cancellable, callback,
      user_data);
}

/* The same for what may have @max_size bytes. */
void
matrix_account_get_large_async (MatrixAccount * account, const gchar * path,
    gsize max_size, GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  g_autofree gchar *url = http_append_path (account->homeserver, path);

  http_request_with_retry_async (account->http, "GET", url,
      account->access_token, NULL, max_size, cancellable, callback, user_data);
}

HttpReply *
matrix_account_request_finish (GAsyncResult * result, GError ** error)
{
  return http_request_with_retry_finish (result, error);
}

static gboolean
account_take_whoami (MatrixAccount * account, HttpReply * reply)
{
  const gchar *user_id = reply->json == NULL ? NULL :
      http_json_get_string (reply->json, "user_id");
  const gchar *device_id = reply->json == NULL ? NULL :
      http_json_get_string (reply->json, "device_id");

  /* A token of an application service has no device. */
  if (reply->status != SOUP_STATUS_OK || user_id == NULL || *user_id != '@'
      || (device_id == NULL && account->device_id == NULL))
    return FALSE;
  if (account->user_id == NULL)
    account->user_id = g_strdup (user_id);
  if (account->device_id == NULL)
    account->device_id = g_strdup (device_id);
  return TRUE;
}

static void
on_whoami (GObject * source, GAsyncResult * result, gpointer user_data)
{
  GTask *task = user_data;
  MatrixAccount *account = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (HttpReply) reply = matrix_account_request_finish (result, &error);

  if (reply == NULL)
    g_task_return_error (task,
        matrix_error_from_io (_("The homeserver can't be reached."), error));
  else if (!account_take_whoami (account, reply))
    g_task_return_error (task, matrix_error_from_reply (reply->status ==
            SOUP_STATUS_UNAUTHORIZED ?
            _("The homeserver refuses the access token.") :
            _("The homeserver doesn't say whose access token this is."),
            reply));
  else
    g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

/* Fills user id and device id from the homeserver, unless both are known. */
void
matrix_account_identify_async (MatrixAccount * account,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_task_data (task, matrix_account_ref (account),
      (GDestroyNotify) matrix_account_unref);
  if (account->user_id != NULL && account->device_id != NULL) {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
    return;
  }
  matrix_account_request_async (account, "GET",
      "/_matrix/client/v3/account/whoami", NULL, cancellable, on_whoami, task);
}

gboolean
matrix_account_identify_finish (GAsyncResult * result, GError ** error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
