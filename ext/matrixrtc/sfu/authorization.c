/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The MatrixRTC authorization service (MSC4195): an OpenID token against the
 * address of a LiveKit server and a token for it. `/get_token` is asked first,
 * then `/sfu/get`, which older services have only.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include <gst/gst.h>
#include "../debug.h"
#include "authorization.h"
#include "../matrixrtcerror.h"
#include "../http/json.h"

#define GST_CAT_DEFAULT matrixrtc_sfu_debug

typedef struct
{
  HttpClient *http;
  gchar *service_url;
  JsonObject *get_token_body;   /* NULL: not allowed */
  JsonObject *sfu_get_body;
  gchar *get_token_failure;     /* NULL: not tried */
} Authorization;

static void
authorization_free (Authorization * authorization)
{
  http_client_unref (authorization->http);
  g_free (authorization->service_url);
  g_clear_pointer (&authorization->get_token_body, json_object_unref);
  g_clear_pointer (&authorization->sfu_get_body, json_object_unref);
  g_free (authorization->get_token_failure);
  g_free (authorization);
}

static JsonObject *
get_token_body_new (const SfuAuthorizationRequest * request)
{
  JsonObject *body = json_object_new ();
  JsonObject *member = json_object_new ();

  json_object_set_string_member (member, "id", request->member_id);
  json_object_set_string_member (member, "claimed_user_id", request->user_id);
  json_object_set_string_member (member, "claimed_device_id",
      request->device_id);
  json_object_set_string_member (body, "room_id", request->room_id);
  json_object_set_string_member (body, "slot_id", request->slot_id);
  json_object_set_object_member (body, "openid_token",
      json_object_ref (request->openid_token));
  json_object_set_object_member (body, "member", member);
  return body;
}

static JsonObject *
sfu_get_body_new (const SfuAuthorizationRequest * request)
{
  JsonObject *body = json_object_new ();

  json_object_set_string_member (body, "room", request->room_id);
  json_object_set_string_member (body, "device_id", request->device_id);
  json_object_set_object_member (body, "openid_token",
      json_object_ref (request->openid_token));
  return body;
}

/* The config that an answer holds, or NULL and in @failure why not. */
static SfuConfig *
take_answer (HttpReply * reply, const GError * io_error, gchar ** failure)
{
  g_autoptr (GError) error = NULL;
  SfuConfig *config;

  if (reply == NULL) {
    *failure = g_strdup (io_error->message);
    return NULL;
  }
  if (reply->status != SOUP_STATUS_OK) {
    *failure = http_reply_describe (reply);
    return NULL;
  }
  if (reply->json == NULL) {
    *failure = g_strdup ("the answer is no JSON object");
    return NULL;
  }
  config = sfu_config_new_from_json (reply->json, &error);
  if (config == NULL)
    *failure = g_strdup (error->message);
  return config;
}

static void
on_sfu_get (GObject * source, GAsyncResult * result, gpointer user_data)
{
  GTask *task = user_data;
  Authorization *authorization = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *failure = NULL;
  g_autoptr (HttpReply) reply = http_client_request_finish (result, &error);
  SfuConfig *config = take_answer (reply, error, &failure);

  if (config != NULL)
    g_task_return_pointer (task, config, (GDestroyNotify) sfu_config_free);
  else
    g_task_return_error (task,
        matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID,
            reply == NULL ? 0 : reply->status,
            _("The authorization service gives no access to the call."),
            "%s/sfu/get: %s%s%s", authorization->service_url, failure,
            authorization->get_token_failure == NULL ? "" : "; /get_token: ",
            authorization->get_token_failure == NULL ? "" :
            authorization->get_token_failure));
  g_object_unref (task);
}

static void
request_sfu_get (GTask * task)
{
  Authorization *authorization = g_task_get_task_data (task);
  g_autofree gchar *url =
      http_append_path (authorization->service_url, "/sfu/get");

  http_client_request_async (authorization->http, "POST", url, NULL,
      authorization->sfu_get_body, HTTP_DEFAULT_MAX_SIZE,
      g_task_get_cancellable (task), on_sfu_get, task);
}

static void
on_get_token (GObject * source, GAsyncResult * result, gpointer user_data)
{
  GTask *task = user_data;
  Authorization *authorization = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (HttpReply) reply = http_client_request_finish (result, &error);
  SfuConfig *config;

  if (g_task_return_error_if_cancelled (task)) {
    g_object_unref (task);
    return;
  }
  config = take_answer (reply, error, &authorization->get_token_failure);
  if (config != NULL) {
    g_task_return_pointer (task, config, (GDestroyNotify) sfu_config_free);
    g_object_unref (task);
    return;
  }
  GST_INFO ("/get_token failed (%s), trying /sfu/get",
      authorization->get_token_failure);
  request_sfu_get (task);
}

static void
request_get_token (GTask * task)
{
  Authorization *authorization = g_task_get_task_data (task);
  g_autofree gchar *url =
      http_append_path (authorization->service_url, "/get_token");

  http_client_request_async (authorization->http, "POST", url, NULL,
      authorization->get_token_body, HTTP_DEFAULT_MAX_SIZE,
      g_task_get_cancellable (task), on_get_token, task);
}

void
sfu_authorization_request_async (HttpClient * http,
    const SfuAuthorizationRequest * request, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Authorization *authorization = g_new0 (Authorization, 1);

  authorization->http = http_client_ref (http);
  authorization->service_url = http_append_path (request->service_url, "");
  authorization->sfu_get_body = sfu_get_body_new (request);
  g_task_set_task_data (task, authorization,
      (GDestroyNotify) authorization_free);
  if (request->force_old_jwt_endpoint) {
    request_sfu_get (task);
    return;
  }
  authorization->get_token_body = get_token_body_new (request);
  request_get_token (task);
}

SfuConfig *
sfu_authorization_request_finish (GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
