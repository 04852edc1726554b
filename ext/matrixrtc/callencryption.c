/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the media keys of a call come from: what the settings say, what an
 * application gives, and what members have sent.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <openssl/crypto.h>
#include "callencryption.h"
#include "matrixrtcerror.h"
#include "matrix/mediakey.h"

#define MAX_PASSPHRASE_SIZE 4096

static void
passphrase_free (gchar * passphrase)
{
  if (passphrase != NULL)
    OPENSSL_cleanse (passphrase, strlen (passphrase));
  g_free (passphrase);
}

/* The first line of the file: an editor ends it, and it's no part of the text. */
static gchar *
read_passphrase_file (const gchar * path, GError ** error)
{
  g_autoptr (GError) cause = NULL;
  gchar *text;

  if (!g_file_get_contents (path, &text, NULL, &cause)) {
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_E2EE_KEY, 0,
        _("The passphrase file can't be read."), "%s", cause->message);
    return NULL;
  }
  text[strcspn (text, "\r\n")] = '\0';
  return text;
}

static E2eeKey *
derive_shared_key (const CallSettings * settings, GError ** error)
{
  gchar *passphrase = call_settings_is_set (settings->e2ee_passphrase) ?
      g_strdup (settings->e2ee_passphrase) :
      read_passphrase_file (settings->e2ee_passphrase_file, error);
  E2eeKey *key = NULL;

  if (passphrase != NULL && *passphrase != '\0'
      && strnlen (passphrase, MAX_PASSPHRASE_SIZE + 1) <= MAX_PASSPHRASE_SIZE)
    key = e2ee_key_new_from_passphrase (passphrase);
  if (passphrase != NULL && key == NULL)
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_E2EE_KEY, 0,
        _("The passphrase can't be one."), "it is empty or too long");
  passphrase_free (passphrase);
  return key;
}

static gboolean
use_passphrase (E2eeCall * encryption, const CallSettings * settings,
    GError ** error)
{
  g_autoptr (E2eeKey) key = derive_shared_key (settings, error);

  if (key == NULL)
    return FALSE;
  e2ee_call_use_shared_key (encryption, key);
  e2ee_call_set_encrypted (encryption, TRUE);
  return TRUE;
}

static gboolean
has_passphrase (const CallSettings * settings)
{
  return call_settings_is_set (settings->e2ee_passphrase)
      || call_settings_is_set (settings->e2ee_passphrase_file);
}

/* At the start of a call. Takes its time if there is a passphrase. */
gboolean
call_encryption_choose_keys (E2eeCall * encryption,
    const CallSettings * settings, GError ** error)
{
  /* Until the first encrypted track is seen. */
  e2ee_call_set_encrypted (encryption, FALSE);
  switch (settings->e2ee_keys) {
    case GST_MATRIX_RTC_E2EE_KEYS_NONE:
      e2ee_call_use_no_keys (encryption);
      return TRUE;
    case GST_MATRIX_RTC_E2EE_KEYS_PASSPHRASE:
      if (has_passphrase (settings))
        return use_passphrase (encryption, settings, error);
      *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_E2EE_KEY, 0,
          _("There is no passphrase for the encrypted call."),
          "neither e2ee-passphrase nor e2ee-passphrase-file is set");
      return FALSE;
    case GST_MATRIX_RTC_E2EE_KEYS_AUTO:
      if (has_passphrase (settings))
        return use_passphrase (encryption, settings, error);
      break;
    case GST_MATRIX_RTC_E2EE_KEYS_APPLICATION:
      break;
  }
  e2ee_call_use_participants_keys (encryption);
  return TRUE;
}

static gboolean
fail_for_room (GError ** error)
{
  *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_E2EE_KEY, 0,
      _("A media key can't be used."), "there are keys of too many "
      "participants already, or a newer one of this participant");
  return FALSE;
}

/* Any thread. */
gboolean
call_encryption_set_media_key (E2eeCall * encryption, const gchar * identity,
    guint index, GBytes * bytes, GError ** error)
{
  g_autoptr (E2eeKey) key = e2ee_key_new_from_bytes (bytes);

  if (!call_settings_is_set (identity) || index >= E2EE_KEY_RING_SIZE
      || key == NULL) {
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_E2EE_KEY, 0,
        _("A media key can't be used."), "a key has an identity, an index "
        "below %u and %u bytes", E2EE_KEY_RING_SIZE, E2EE_RAW_KEY_SIZE);
    return FALSE;
  }
  return e2ee_call_set_key (encryption, identity, index, key)
      || fail_for_room (error);
}

/* Any thread. @room_id is our room, or NULL if we are in none of Matrix. */
gboolean
call_encryption_take_key_event (E2eeCall * encryption,
    const gchar * room_id, const gchar * sender_user,
    const gchar * sender_device, const gchar * json, GError ** error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (MatrixMediaKey) media_key =
      matrix_media_key_new (room_id, sender_user, sender_device, json, &cause);
  g_autoptr (E2eeKey) key = NULL;

  if (media_key == NULL) {
    *error = matrix_rtc_error_new (GST_MATRIX_RTC_ERROR_E2EE_KEY, 0,
        _("A media key can't be used."), "%s", cause->message);
    return FALSE;
  }
  key = e2ee_key_new_from_raw (media_key->bytes, sizeof (media_key->bytes));
  return e2ee_call_set_member_key (encryption, media_key->identity,
      media_key->hashed_identity, media_key->index, media_key->sent_ts, key)
      || fail_for_room (error);
}
