/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The content of a to-device event io.element.call.encryption_keys, as Element
 * Call sends it to each device of a call, decrypted. Whoever gives it to us
 * vouches for the sender's user and device; nothing else in it is trusted.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gio/gio.h>
#include <openssl/crypto.h>
#include "../http/base64url.h"
#include "../http/json.h"
#include "identity.h"
#include "mediakey.h"

#define MAX_EVENT_SIZE (64 * 1024)      /* of the Matrix specification */
#define MAX_ID_SIZE 255
#define MAX_KEY_TEXT 64

static gboolean
fail (GError ** error, const gchar * what)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, what);
  return FALSE;
}

static gboolean
is_id (const gchar * text)
{
  return text != NULL && *text != '\0'
      && strnlen (text, MAX_ID_SIZE + 1) <= MAX_ID_SIZE;
}

/* Base64 of any kind: URL-safe or not, padded or not. */
static gboolean
decode_key (const gchar * text, guint8 * bytes)
{
  gchar buffer[MAX_KEY_TEXT + HTTP_BASE64URL_PADDING + 1];
  gsize length = strcspn (text, "=");
  gsize size;
  gboolean is_right;

  if (length > MAX_KEY_TEXT || strspn (text + length, "=") > 2
      || text[length + strspn (text + length, "=")] != '\0'
      || strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
          "0123456789+/-_") != length)
    return FALSE;
  memcpy (buffer, text, length);
  buffer[length] = '\0';
  is_right = http_base64url_decode_inplace (buffer, &size)
      && size == MATRIX_MEDIA_KEY_SIZE;
  if (is_right)
    memcpy (bytes, buffer, MATRIX_MEDIA_KEY_SIZE);
  OPENSSL_cleanse (buffer, sizeof (buffer));
  return is_right;
}

static gboolean
take_key (MatrixMediaKey * key, JsonObject * content, GError ** error)
{
  JsonObject *keys = http_json_get_object (content, "keys");
  const gchar *text = keys == NULL ? NULL : http_json_get_string (keys, "key");
  gint64 index;

  if (text == NULL)
    return fail (error, "keys.key is missing");
  if (!http_json_get_int (keys, "index", &index) || index < 0 || index > 255)
    return fail (error, "keys.index is no number from 0 to 255");
  if (!decode_key (text, key->bytes))
    return fail (error, "keys.key isn't base64 of 16 bytes");
  key->index = index;
  if (!http_json_get_int (content, "sent_ts", &key->sent_ts))
    key->sent_ts = 0;
  return TRUE;
}

static gboolean
take_member (MatrixMediaKey * key, JsonObject * content,
    const gchar * sender_user, const gchar * sender_device, GError ** error)
{
  JsonObject *member = http_json_get_object (content, "member");
  const gchar *device = member == NULL ? NULL :
      http_json_get_string (member, "claimed_device_id");
  const gchar *member_id = member == NULL ? NULL :
      http_json_get_string (member, "id");

  key->identity = g_strdup_printf ("%s:%s", sender_user, sender_device);
  if (g_strcmp0 (device, sender_device) != 0)
    return fail (error, "the sender's device isn't the one that it claims");
  if (member_id != NULL && !is_id (member_id))
    return fail (error, "member.id is empty or too long");
  key->hashed_identity = matrix_identity_hash (sender_user, sender_device,
      member_id == NULL ? key->identity : member_id);
  return TRUE;
}

static gboolean
check_room (JsonObject * content, const gchar * room_id, GError ** error)
{
  const gchar *named = http_json_get_string (content, "room_id");

  if (named == NULL)
    return fail (error, "room_id is missing");
  if (room_id != NULL && !g_str_equal (named, room_id))
    return fail (error, "the key is for another room");
  return TRUE;
}

/* @json is the event's content. @room_id is our room, or NULL if we are in none
 * of Matrix. The error never quotes the content. */
MatrixMediaKey *
matrix_media_key_new (const gchar * room_id, const gchar * sender_user,
    const gchar * sender_device, const gchar * json, GError ** error)
{
  gsize size = json == NULL ? 0 : strnlen (json, MAX_EVENT_SIZE + 1);
  g_autoptr (MatrixMediaKey) key = g_new0 (MatrixMediaKey, 1);
  g_autoptr (JsonObject) content = NULL;

  if (!is_id (sender_user) || !is_id (sender_device)) {
    fail (error, "the sender's user or device is missing");
    return NULL;
  }
  if (size > MAX_EVENT_SIZE) {
    fail (error, "the event is too large");
    return NULL;
  }
  content = http_json_parse_object (json, size, error);
  if (content == NULL || !check_room (content, room_id, error)
      || !take_key (key, content, error)
      || !take_member (key, content, sender_user, sender_device, error))
    return NULL;
  return g_steal_pointer (&key);
}

void
matrix_media_key_free (MatrixMediaKey * key)
{
  OPENSSL_cleanse (key->bytes, sizeof (key->bytes));
  g_free (key->identity);
  g_free (key->hashed_identity);
  g_free (key);
}
