/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The element's action signals for media keys. Any thread may emit them; a key
 * that can't be used is a warning.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "callencryption.h"
#include "gstmatrixrtcsrckeys.h"
#include "matrixrtcerror.h"

static void
warn_of_key (GstMatrixRtcSrc * self, const GError * error)
{
  gst_element_message_full_with_details (GST_ELEMENT (self),
      GST_MESSAGE_WARNING, GST_STREAM_ERROR, GST_STREAM_ERROR_DECRYPT,
      g_strdup (error->message), g_strdup (matrix_rtc_error_get_debug (error)),
      __FILE__, GST_FUNCTION, __LINE__, gst_structure_new ("details",
          "code", G_TYPE_STRING, matrix_rtc_error_get_code_nick (error), NULL));
}

static void
gst_matrix_rtc_src_set_media_key (GstMatrixRtcSrc * self,
    const gchar * identity, guint index, GBytes * key)
{
  g_autoptr (GError) error = NULL;

  if (!call_encryption_set_media_key (gst_matrix_rtc_src_get_encryption (self),
          identity, index, key, &error))
    warn_of_key (self, error);
}

static void
gst_matrix_rtc_src_handle_encryption_keys (GstMatrixRtcSrc * self,
    const gchar * sender_user, const gchar * sender_device, const gchar * json)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *room_id = gst_matrix_rtc_src_dup_room_id (self);

  if (!call_encryption_take_key_event (gst_matrix_rtc_src_get_encryption
          (self), room_id, sender_user, sender_device, json, &error))
    warn_of_key (self, error);
}

void
gst_matrix_rtc_src_keys_install (GstMatrixRtcSrcClass * klass)
{
  /**
   * matrixrtcsrc::set-media-key:
   * @src: the element
   * @identity: the LiveKit identity of the participant whose key it is
   * @index: the key's index, 0 to 255
   * @key: the 16 bytes of the key
   *
   * Sets a media key, which the participant's frames that name @index are decrypted
   * with from then on, on all its tracks. It may come before the participant does;
   * when a participant leaves its keys are wiped, and all of them in NULL. Any
   * thread may emit it. A key that can't be one is a warning on the bus, with the
   * code `E2EE_KEY`.
   *
   * Since: 0.1.0
   */
  g_signal_new_class_handler ("set-media-key", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_matrix_rtc_src_set_media_key), NULL, NULL, NULL,
      G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_UINT, G_TYPE_BYTES);

  /**
   * matrixrtcsrc::handle-encryption-keys:
   * @src: the element
   * @sender_user: the Matrix user who sent the event
   * @sender_device: the device that sent it, by its Olm session
   * @json: the content of the event
   *
   * Takes the keys of a to-device event `io.element.call.encryption_keys`, which
   * the application has received for its device and decrypted. The sender must be
   * known from Olm: what isn't encrypted, or claims another device than it came
   * from, is no key. Any thread may emit it. What can't be used is a warning on
   * the bus, with the code `E2EE_KEY`.
   *
   * Since: 0.1.0
   */
  g_signal_new_class_handler ("handle-encryption-keys",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_matrix_rtc_src_handle_encryption_keys), NULL, NULL, NULL,
      G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
}
