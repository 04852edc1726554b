/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OpenID tokens: a short-lived proof of who we are, for the authorization
 * service. A fresh one is asked for each time, as Element Call does.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include "openid.h"
#include "../matrixrtcerror.h"
#include "../http/json.h"

/* The token as the authorization service wants it: it refuses the whole request
 * for one field that it doesn't know, and for a number that isn't an integer.
 * NULL if @reply holds no token. */
JsonObject *
matrix_openid_pick_token (JsonObject * reply)
{
  const gchar *access_token = http_json_get_string (reply, "access_token");
  const gchar *server_name = http_json_get_string (reply, "matrix_server_name");
  const gchar *token_type = http_json_get_string (reply, "token_type");
  gint64 expires_in;
  JsonObject *token;

  if (access_token == NULL || *access_token == '\0' || server_name == NULL
      || *server_name == '\0')
    return NULL;
  token = json_object_new ();
  json_object_set_string_member (token, "access_token", access_token);
  json_object_set_string_member (token, "token_type",
      token_type != NULL ? token_type : "Bearer");
  json_object_set_string_member (token, "matrix_server_name", server_name);
  if (http_json_get_int (reply, "expires_in", &expires_in))
    json_object_set_int_member (token, "expires_in", expires_in);
  return token;
}

static void
on_openid_reply (GObject * source, GAsyncResult * result, gpointer user_data)
{
  GTask *task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HttpReply) reply = matrix_account_request_finish (result, &error);
  JsonObject *token = NULL;

  if (reply == NULL) {
    g_task_return_error (task,
        matrix_error_from_io (_("The homeserver can't be reached."), error));
    g_object_unref (task);
    return;
  }
  if (reply->status == SOUP_STATUS_OK && reply->json != NULL)
    token = matrix_openid_pick_token (reply->json);
  if (token != NULL)
    g_task_return_pointer (task, token, (GDestroyNotify) json_object_unref);
  else
    g_task_return_error (task, matrix_error_from_reply (_
            ("The homeserver gives no OpenID token."), reply));
  g_object_unref (task);
}

/* The account must be identified. Needs no room: the token says only who. */
void
matrix_openid_request_async (MatrixAccount * account,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  g_autofree gchar *user =
      g_uri_escape_string (matrix_account_get_user_id (account), NULL, FALSE);
  g_autofree gchar *path =
      g_strdup_printf ("/_matrix/client/v3/user/%s/openid/request_token", user);
  g_autoptr (JsonObject) body = json_object_new ();

  matrix_account_request_async (account, "POST", path, body, cancellable,
      on_openid_reply, task);
}

/* The token as JSON, ready for the authorization service. */
JsonObject *
matrix_openid_request_finish (GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
