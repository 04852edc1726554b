/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way from a room's name to the authorization service of its call, once for
 * each call: the homeserver, who we are there, the room's id, whether we are in the
 * room, and the transport of its oldest live member or else the homeserver's. What
 * is known already isn't asked for. Lives on the worker thread.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include "debug.h"
#include "loop.h"
#include "matrixrtcerror.h"
#include "roomaccess.h"
#include "http/json.h"
#include "http/retry.h"
#include "matrix/callmember.h"
#include "matrix/roomalias.h"
#include "matrix/rtctransport.h"
#include "matrix/wellknown.h"

#define GST_CAT_DEFAULT matrixrtc_call_debug

/* A room's state has an event for each user who ever was in it, of some 500 bytes.
 * For a larger room than that it's the homeserver's transport. */
#define MAX_STATE_SIZE (16 * 1024 * 1024)

#define WELL_KNOWN "/.well-known/matrix/client"

/* Of well-known files in all, as from a domain to its www. */
#define MAX_REDIRECTS 5

/* Takes the answer to the present request, or why there is none. */
typedef void (*TakeReply) (RoomAccess * access, HttpReply * reply,
    const GError * error);

struct _RoomAccess
{
  /* Constant. */
  HttpClient *http;
  guint timeout_ms;
  gchar *homeserver;
  gchar *access_token;          /* secret */
  gchar *user_id;
  gchar *device_id;
  gchar *slot_id;
  gboolean join_room;

  /* What is found. */
  MatrixAccount *account;
  gchar *room;                  /* an alias until it's resolved */
  GStrv servers;                /* that know the alias, or NULL */
  gchar *service_url;

  gchar *server_name;           /* whose well-known file tells the homeserver */
  JsonObject *well_known;       /* NULL: it has none */
  gchar *base_url;              /* that it names */
  guint n_redirects;
  GString *asked;               /* who was asked for transports, and their answers */

  /* Of the present request. */
  GCancellable *cancellable;
  GSource *timer;
  gboolean timed_out;
  TakeReply take;

  RoomAccessCallback callback;  /* NULL: nobody waits */
  gpointer user_data;
};

RoomAccess *
room_access_new (const RoomAccessSettings * settings)
{
  RoomAccess *access = g_rc_box_new0 (RoomAccess);

  access->http = http_client_ref (settings->http);
  access->timeout_ms = settings->timeout_ms;
  access->homeserver = g_strdup (settings->homeserver);
  access->access_token = g_strdup (settings->access_token);
  access->user_id = g_strdup (settings->user_id);
  access->device_id = g_strdup (settings->device_id);
  access->room = g_strdup (settings->room);
  access->slot_id = g_strdup (settings->slot_id);
  access->service_url = g_strdup (settings->service_url);
  access->join_room = settings->join_room;
  access->asked = g_string_new (NULL);
  return access;
}

static void
room_access_clear (RoomAccess * access)
{
  http_client_unref (access->http);
  g_free (access->homeserver);
  g_free (access->access_token);
  g_free (access->user_id);
  g_free (access->device_id);
  g_free (access->slot_id);
  g_clear_pointer (&access->account, matrix_account_unref);
  g_free (access->room);
  g_strfreev (access->servers);
  g_free (access->service_url);
  g_free (access->server_name);
  g_clear_pointer (&access->well_known, json_object_unref);
  g_free (access->base_url);
  g_string_free (access->asked, TRUE);
  g_clear_object (&access->cancellable);
}

static void
room_access_unref (RoomAccess * access)
{
  g_rc_box_release_full (access, (GDestroyNotify) room_access_clear);
}

void
room_access_free (RoomAccess * access)
{
  room_access_cancel (access);
  room_access_unref (access);
}

/* NULL until it's found. */
MatrixAccount *
room_access_get_account (RoomAccess * access)
{
  return access->account;
}

const gchar *
room_access_get_room_id (RoomAccess * access)
{
  return access->room;
}

const gchar *
room_access_get_service_url (RoomAccess * access)
{
  return access->service_url;
}

/* Requests. One at a time; what was cancelled reports, and is nobody's any more. */

static void
access_cancel_request (RoomAccess * access)
{
  matrix_rtc_clear_source (&access->timer);
  if (access->cancellable != NULL)
    g_cancellable_cancel (access->cancellable);
}

/* No callback comes any more. */
void
room_access_cancel (RoomAccess * access)
{
  access->callback = NULL;
  access_cancel_request (access);
}

static void
access_return (RoomAccess * access, GError * error)
{
  RoomAccessCallback callback = access->callback;

  room_access_cancel (access);
  callback (error, access->user_data);
}

static gboolean
on_timeout (gpointer user_data)
{
  RoomAccess *access = user_data;

  access->timed_out = TRUE;
  access_cancel_request (access);
  return G_SOURCE_REMOVE;
}

/* For the next request, which @take takes the answer of. */
static GCancellable *
access_begin_request (RoomAccess * access, TakeReply take)
{
  access_cancel_request (access);
  g_clear_object (&access->cancellable);
  access->cancellable = g_cancellable_new ();
  access->timed_out = FALSE;
  access->take = take;
  access->timer =
      matrix_rtc_add_timeout (access->timeout_ms, on_timeout, access);
  return access->cancellable;
}

/* FALSE: nobody waits for it. */
static gboolean
access_end_request (RoomAccess * access, GAsyncResult * result, GError ** error)
{
  if (access->callback == NULL
      || g_task_get_cancellable (G_TASK (result)) != access->cancellable)
    return FALSE;
  matrix_rtc_clear_source (&access->timer);
  if (access->timed_out && *error != NULL) {
    g_clear_error (error);
    *error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "no success within %u ms", access->timeout_ms);
  }
  return TRUE;
}

static void
on_reply (GObject * source, GAsyncResult * result, gpointer user_data)
{
  RoomAccess *access = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HttpReply) reply = matrix_account_request_finish (result, &error);

  if (access_end_request (access, result, &error)) {
    if (reply != NULL)
      http_reply_hide (reply, access->access_token);
    access->take (access, reply, error);
  }
  room_access_unref (access);
}

/* Anybody may be asked: there is no access token with it. */
static void
access_get_openly (RoomAccess * access, const gchar * url, TakeReply take)
{
  http_request_with_retry_async (access->http, "GET", url, NULL, NULL,
      HTTP_DEFAULT_MAX_SIZE, access_begin_request (access, take), on_reply,
      g_rc_box_acquire (access));
}

/* TRUE: the well-known file is elsewhere, and is asked for there. */
static gboolean
access_follow (RoomAccess * access, HttpReply * reply)
{
  if (reply == NULL || reply->location == NULL
      || access->n_redirects == MAX_REDIRECTS
      || !g_str_has_prefix (reply->location, "https://"))
    return FALSE;
  access->n_redirects++;
  access_get_openly (access, reply->location, access->take);
  return TRUE;
}

static void
access_get (RoomAccess * access, const gchar * path, TakeReply take)
{
  matrix_account_request_async (access->account, "GET", path, NULL,
      access_begin_request (access, take), on_reply, g_rc_box_acquire (access));
}

static gboolean
is_json_answer (HttpReply * reply)
{
  return reply != NULL && reply->status == SOUP_STATUS_OK
      && reply->json != NULL;
}

/* A homeserver that knows nothing of what we ask for has no call either. */
static void
access_refuse (RoomAccess * access, const gchar * message, HttpReply * reply,
    const GError * error)
{
  g_autofree gchar *description = NULL;

  if (reply == NULL) {
    access_return (access,
        matrix_error_from_io (_("The homeserver can't be reached."), error));
    return;
  }
  if (reply->status != SOUP_STATUS_NOT_FOUND) {
    access_return (access, matrix_error_from_reply (message, reply));
    return;
  }
  description = http_reply_describe (reply);
  access_return (access,
      matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_MISSING_MATRIX_RTC_TRANSPORT,
          reply->status, message, "%s", description));
}

/* Transports */

/* What @source answered, if it was no transport. */
static void
access_note (RoomAccess * access, const gchar * source, HttpReply * reply,
    const GError * error)
{
  g_autofree gchar *answer = NULL;

  if (error != NULL)
    answer = g_strdup (error->message);
  else if (reply->status != SOUP_STATUS_OK)
    answer = http_reply_describe (reply);
  else
    answer = g_strdup ("no LiveKit transport");
  GST_INFO ("%s: %s", source, answer);
  g_string_append_printf (access->asked, "%s%s: %s",
      access->asked->len == 0 ? "" : "; ", source, answer);
}

/* TRUE: that was all. An address with our token in it would go to the bus. */
static gboolean
access_take_service_url (RoomAccess * access, const gchar * url)
{
  if (url == NULL || strstr (url, access->access_token) != NULL)
    return FALSE;
  GST_INFO ("the authorization service is %s", url);
  access->service_url = g_strdup (url);
  access_return (access, NULL);
  return TRUE;
}

static void
access_give_up (RoomAccess * access)
{
  access_return (access,
      matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_MISSING_MATRIX_RTC_TRANSPORT,
          0, _("No MatrixRTC authorization service is known for the room."),
          "%s", access->asked->str));
}

static void
access_look_into_well_known (RoomAccess * access)
{
  if (access->well_known != NULL && access_take_service_url (access,
          matrix_well_known_get_service_url (access->well_known)))
    return;
  g_string_append_printf (access->asked, "; .well-known of %s: %s",
      access->server_name, access->well_known == NULL ? "none" :
      "no LiveKit transport");
  access_give_up (access);
}

static void
take_well_known_transports (RoomAccess * access, HttpReply * reply,
    const GError * error)
{
  if (access_follow (access, reply)
      || (is_json_answer (reply) && access_take_service_url (access,
              matrix_well_known_get_service_url (reply->json))))
    return;
  access_note (access, WELL_KNOWN, reply, error);
  access_give_up (access);
}

/* Many server names have no web server at all: that isn't tried again, as it's the
 * last source, and somebody waits to hear of it. */
static void
access_ask_well_known (RoomAccess * access)
{
  const gchar *name = matrix_id_get_server_name (matrix_account_get_user_id
      (access->account));
  g_autofree gchar *server_url = NULL;
  g_autofree gchar *url = NULL;

  if (name != NULL)
    server_url = matrix_server_name_to_url (name);
  if (server_url == NULL) {
    access_give_up (access);
  } else if (g_strcmp0 (name, access->server_name) == 0) {
    access_look_into_well_known (access);
  } else {
    url = http_append_path (server_url, WELL_KNOWN);
    http_client_request_async (access->http, "GET", url, NULL, NULL,
        HTTP_DEFAULT_MAX_SIZE, access_begin_request (access,
            take_well_known_transports), on_reply, g_rc_box_acquire (access));
  }
}

static void
take_stable_transports (RoomAccess * access, HttpReply * reply,
    const GError * error)
{
  if (is_json_answer (reply) && access_take_service_url (access,
          matrix_rtc_transport_find (reply->json, "rtc_transports")))
    return;
  access_note (access, "/v1/rtc/transports", reply, error);
  access_ask_well_known (access);
}

static void
take_unstable_transports (RoomAccess * access, HttpReply * reply,
    const GError * error)
{
  if (is_json_answer (reply) && access_take_service_url (access,
          matrix_rtc_transport_find (reply->json, "rtc_transports")))
    return;
  access_note (access, "/org.matrix.msc4143/rtc/transports", reply, error);
  access_get (access, "/_matrix/client/v1/rtc/transports",
      take_stable_transports);
}

static GPtrArray *
access_read_members (RoomAccess * access, HttpReply * reply)
{
  if (reply == NULL || reply->status != SOUP_STATUS_OK)
    return NULL;
  return matrix_call_members_read (g_bytes_get_data (reply->body, NULL),
      g_bytes_get_size (reply->body), access->slot_id,
      g_get_real_time () / 1000);
}

static void
take_state (RoomAccess * access, HttpReply * reply, const GError * error)
{
  g_autoptr (GPtrArray) members = access_read_members (access, reply);
  g_autofree gchar *source = NULL;

  if (members != NULL && access_take_service_url (access,
          matrix_call_members_find_service_url (members)))
    return;
  source = g_strdup_printf ("%u live members of the call",
      members == NULL ? 0 : members->len);
  access_note (access, source, reply, error);
  access_get (access,
      "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports",
      take_unstable_transports);
}

static gchar *
room_make_path (const gchar * room_id, const gchar * suffix)
{
  g_autofree gchar *room = g_uri_escape_string (room_id, NULL, FALSE);

  return g_strdup_printf ("/_matrix/client/v3/rooms/%s/%s", room, suffix);
}

/* In the room. */
static void
access_find_service (RoomAccess * access)
{
  g_autofree gchar *path = NULL;

  if (access->service_url != NULL) {
    access_return (access, NULL);
    return;
  }
  path = room_make_path (access->room, "state");
  matrix_account_get_large_async (access->account, path, MAX_STATE_SIZE,
      access_begin_request (access, take_state), on_reply,
      g_rc_box_acquire (access));
}

/* The room */

static void
take_join (RoomAccess * access, HttpReply * reply, const GError * error)
{
  if (reply != NULL && reply->status == SOUP_STATUS_OK)
    access_find_service (access);
  else
    access_refuse (access, _("The account can't join the room."), reply, error);
}

static void
access_join (RoomAccess * access)
{
  g_autofree gchar *path = matrix_room_make_join_path (access->room,
      (const gchar * const *) access->servers);
  g_autoptr (JsonObject) body = json_object_new ();

  matrix_account_request_async (access->account, "POST", path, body,
      access_begin_request (access, take_join), on_reply,
      g_rc_box_acquire (access));
}

/* Who has never been in a room may not look into it, and who has left it may: one
 * error for both. */
static void
access_refuse_stranger (RoomAccess * access, HttpReply * reply)
{
  static const gchar *const memberships[] =
      { "invite", "knock", "leave", "ban", NULL };
  const gchar *membership = is_json_answer (reply) ?
      http_json_get_string (reply->json, "membership") : NULL;
  g_autofree gchar *description = membership != NULL
      && g_strv_contains (memberships, membership) ?
      g_strdup_printf ("its membership is %s", membership) :
      http_reply_describe (reply);

  access_return (access, matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID,
          SOUP_STATUS_FORBIDDEN, _("The account isn't in the room."),
          "%s; join-room would join it", description));
}

static void
take_membership (RoomAccess * access, HttpReply * reply, const GError * error)
{
  if (is_json_answer (reply) && g_strcmp0 (http_json_get_string (reply->json,
              "membership"), "join") == 0)
    access_find_service (access);
  else if (reply == NULL || (reply->status != SOUP_STATUS_OK
          && reply->status != SOUP_STATUS_FORBIDDEN
          && reply->status != SOUP_STATUS_NOT_FOUND))
    access_refuse (access,
        _("The homeserver doesn't say whether the account is in the room."),
        reply, error);
  else if (access->join_room)
    access_join (access);
  else
    access_refuse_stranger (access, reply);
}

static void
access_enter_room (RoomAccess * access)
{
  g_autofree gchar *user = g_uri_escape_string (matrix_account_get_user_id
      (access->account), NULL, FALSE);
  g_autofree gchar *suffix = g_strconcat ("state/m.room.member/", user, NULL);
  g_autofree gchar *path = room_make_path (access->room, suffix);

  access_get (access, path, take_membership);
}

static void
take_alias (RoomAccess * access, HttpReply * reply, const GError * error)
{
  gchar *room_id = is_json_answer (reply) ?
      matrix_room_alias_read (reply->json, &access->servers) : NULL;

  if (room_id == NULL) {
    access_refuse (access, reply != NULL
        && reply->status == SOUP_STATUS_NOT_FOUND ?
        _("There is no room with this alias.") :
        _("The homeserver doesn't say which room the alias is of."), reply,
        error);
    return;
  }
  g_free (access->room);
  access->room = room_id;
  access_enter_room (access);
}

static void
on_identified (GObject * source, GAsyncResult * result, gpointer user_data)
{
  RoomAccess *access = user_data;
  g_autoptr (GError) error = NULL;
  gboolean identified = matrix_account_identify_finish (result, &error);

  if (!access_end_request (access, result, &error)) {
    room_access_unref (access);
    return;
  }
  if (!identified && access->timed_out) {
    access_refuse (access, NULL, NULL, error);
  } else if (!identified) {
    access_return (access, g_steal_pointer (&error));
  } else if (matrix_room_is_alias (access->room)) {
    g_autofree gchar *path = matrix_room_alias_make_path (access->room);

    access_get (access, path, take_alias);
  } else {
    access_enter_room (access);
  }
  room_access_unref (access);
}

/* The homeserver */

static void
access_use_homeserver (RoomAccess * access, const gchar * url)
{
  access->account = matrix_account_new (access->http, url,
      access->access_token, access->user_id, access->device_id);
  matrix_account_identify_async (access->account,
      access_begin_request (access, NULL), on_identified,
      g_rc_box_acquire (access));
}

/* FAIL_PROMPT and FAIL_ERROR of the specification: there is nobody to prompt. */
static void
access_miss_homeserver (RoomAccess * access, const gchar * where,
    HttpReply * reply, const gchar * reason)
{
  g_autofree gchar *description = reason != NULL ? g_strdup (reason) :
      http_reply_describe (reply);

  access_return (access, matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID,
          reply == NULL ? 0 : reply->status,
          _("The Matrix homeserver can't be found."), "%s of %s: %s", where,
          access->server_name, description));
}

static void
take_versions (RoomAccess * access, HttpReply * reply, const GError * error)
{
  if (is_json_answer (reply)
      && http_json_get_array (reply->json, "versions") != NULL)
    access_use_homeserver (access, access->base_url);
  else
    access_miss_homeserver (access, "/_matrix/client/versions", reply,
        error != NULL ? error->message : reply->status == SOUP_STATUS_OK ?
        "no list of versions" : NULL);
}

static void
take_well_known (RoomAccess * access, HttpReply * reply, const GError * error)
{
  const gchar *reason = NULL;
  g_autofree gchar *url = NULL;

  if (access_follow (access, reply))
    return;
  if (error != NULL)
    reason = error->message;
  else if (reply->status == SOUP_STATUS_NOT_FOUND)
    access->base_url = matrix_server_name_to_url (access->server_name);
  else if (reply->status == SOUP_STATUS_OK && reply->json == NULL)
    reason = "not a JSON object";
  else if (reply->status == SOUP_STATUS_OK)
    access->base_url = g_strdup (matrix_well_known_get_homeserver (reply->json,
            &reason));
  if (access->base_url == NULL) {
    access_miss_homeserver (access, WELL_KNOWN, reply, reason);
    return;
  }
  if (reply->json != NULL && reply->status == SOUP_STATUS_OK)
    access->well_known = json_object_ref (reply->json);
  GST_INFO ("the homeserver of %s is %s", access->server_name,
      access->base_url);
  url = http_append_path (access->base_url, "/_matrix/client/versions");
  access_get_openly (access, url, take_versions);
}

static void
access_find_homeserver (RoomAccess * access)
{
  g_autofree gchar *server_url = NULL;
  g_autofree gchar *url = NULL;

  access->server_name = g_strdup (matrix_server_name_choose
      (access->user_id, access->room));
  if (access->server_name != NULL)
    server_url = matrix_server_name_to_url (access->server_name);
  if (server_url == NULL) {
    access_return (access, matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID,
            0, _("The Matrix homeserver can't be found."),
            "homeserver isn't set, and there is no server name in user-id or "
            "room-id"));
    return;
  }
  url = http_append_path (server_url, WELL_KNOWN);
  access_get_openly (access, url, take_well_known);
}

/* Once. @callback may be called from inside. */
void
room_access_find (RoomAccess * access, RoomAccessCallback callback,
    gpointer user_data)
{
  access->callback = callback;
  access->user_data = user_data;
  if (access->homeserver != NULL)
    access_use_homeserver (access, access->homeserver);
  else
    access_find_homeserver (access);
}
