/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings of a call: their copies, and whether a call can be joined with
 * them.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include "callsettings.h"
#include "matrixrtcerror.h"
#include "matrix/roomalias.h"
#include "matrix/wellknown.h"

#define MAX_TOKEN_SIZE (64 * 1024)

void
call_settings_copy (CallSettings * dest, const CallSettings * src)
{
  *dest = *src;
  dest->homeserver = g_strdup (src->homeserver);
  dest->access_token = g_strdup (src->access_token);
  dest->access_token_file = g_strdup (src->access_token_file);
  dest->user_id = g_strdup (src->user_id);
  dest->device_id = g_strdup (src->device_id);
  dest->member_id = g_strdup (src->member_id);
  dest->room_id = g_strdup (src->room_id);
  dest->slot_id = g_strdup (src->slot_id);
  dest->livekit_service_url = g_strdup (src->livekit_service_url);
  dest->livekit_url = g_strdup (src->livekit_url);
  dest->livekit_token = g_strdup (src->livekit_token);
  dest->ssl_ca_file = g_strdup (src->ssl_ca_file);
  dest->proxy = g_strdup (src->proxy);
  dest->user_agent = g_strdup (src->user_agent);
  dest->e2ee_passphrase = g_strdup (src->e2ee_passphrase);
  dest->e2ee_passphrase_file = g_strdup (src->e2ee_passphrase_file);
}

void
call_settings_clear (CallSettings * settings)
{
  g_free (settings->homeserver);
  g_free (settings->access_token);
  g_free (settings->access_token_file);
  g_free (settings->user_id);
  g_free (settings->device_id);
  g_free (settings->member_id);
  g_free (settings->room_id);
  g_free (settings->slot_id);
  g_free (settings->livekit_service_url);
  g_free (settings->livekit_url);
  g_free (settings->livekit_token);
  g_free (settings->ssl_ca_file);
  g_free (settings->proxy);
  g_free (settings->user_agent);
  g_free (settings->e2ee_passphrase);
  g_free (settings->e2ee_passphrase_file);
  memset (settings, 0, sizeof (*settings));
}

gboolean
call_settings_is_set (const gchar * text)
{
  return text != NULL && *text != '\0';
}

/* A token goes into a header: a line end in it would end the header. */
static gboolean
is_token (const gchar * text)
{
  gsize length = strlen (text);

  return length > 0 && length <= MAX_TOKEN_SIZE && g_str_is_ascii (text)
      && text[strcspn (text, " \t\r\n\v\f")] == '\0';
}

static gchar *
read_token_file (const gchar * path, GError ** error)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GError) cause = NULL;

  if (g_file_get_contents (path, &text, NULL, &cause))
    return g_strdup (g_strstrip (text));
  *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, 0,
      _("The access token file can't be read."), "%s", cause->message);
  return NULL;
}

/* The one that is set, or what the file holds now. */
gchar *
call_settings_get_access_token (const CallSettings * settings, GError ** error)
{
  g_autofree gchar *token = call_settings_is_set (settings->access_token) ?
      g_strdup (settings->access_token) :
      read_token_file (settings->access_token_file, error);

  if (token == NULL || is_token (token))
    return g_steal_pointer (&token);
  *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, 0,
      _("The Matrix access token can't be one."),
      "it is empty, too long, or has white space inside");
  return NULL;
}

static const gchar *
get_server_name (const CallSettings * settings)
{
  return matrix_server_name_choose (call_settings_is_set (settings->user_id) ?
      settings->user_id : NULL, settings->room_id);
}

/* Whether nothing has to be found or done for the room before its call is joined.
 * Then nothing is asked about it either. */
gboolean
call_settings_are_complete (const CallSettings * settings)
{
  return call_settings_is_set (settings->livekit_url)
      || (call_settings_is_set (settings->homeserver)
      && call_settings_is_set (settings->livekit_service_url)
      && !matrix_room_is_alias (settings->room_id) && !settings->join_room);
}

/* Whether they name a call, and a way into it. */
gboolean
call_settings_check (const CallSettings * settings, GError ** error)
{
  if (call_settings_is_set (settings->livekit_url)) {
    if (call_settings_is_set (settings->livekit_token))
      return TRUE;
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, 0,
        _("There is no token for the LiveKit server."),
        "livekit-url is set, livekit-token isn't");
  } else if (!call_settings_is_set (settings->room_id)) {
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_UNKNOWN, 0,
        _("No call is named."), "neither room-id nor livekit-url is set");
  } else if (*settings->room_id != '!'
      && !matrix_room_is_alias (settings->room_id)) {
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_UNKNOWN, 0,
        _("No call is named."), "room-id begins neither with ! nor with #");
  } else if (!call_settings_is_set (settings->homeserver)
      && get_server_name (settings) == NULL) {
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, 0,
        _("No Matrix homeserver is named."),
        "homeserver isn't set, and user-id or room-id names no server");
  } else if (!call_settings_is_set (settings->access_token)
      && !call_settings_is_set (settings->access_token_file)) {
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_OPEN_ID, 0,
        _("There is no Matrix access token."),
        "neither access-token nor access-token-file is set");
  } else {
    return TRUE;
  }
  return FALSE;
}
