/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What matrixrtcsrc posts on the bus. Any thread, without the OBJECT_LOCK.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include "gstmatrixrtc-enumtypes.h"
#include "gstmatrixrtcsrcmessages.h"
#include "matrixrtcerror.h"

/* Takes @message. */
void
gst_matrix_rtc_src_post (GstElement * element, GstStructure * message)
{
  gst_element_post_message (element,
      gst_message_new_element (GST_OBJECT (element), message));
}

static GstStructure *
state_message_new (GstMatrixRtcConnectionState old,
    GstMatrixRtcConnectionState now, const GError * error,
    const GstStructure * details)
{
  g_autoptr (GEnumClass) klass =
      g_type_class_ref (GST_TYPE_MATRIX_RTC_CONNECTION_STATE);
  GstStructure *message = gst_structure_copy (details);

  gst_structure_set_name (message, "matrixrtc-connection-state");
  gst_structure_set (message,
      "old", G_TYPE_STRING, g_enum_get_value (klass, old)->value_nick,
      "new", G_TYPE_STRING, g_enum_get_value (klass, now)->value_nick, NULL);
  if (error != NULL)
    gst_structure_set (message,
        "code", G_TYPE_STRING, matrix_rtc_error_get_code_nick (error),
        "reason", G_TYPE_STRING, matrix_rtc_error_get_debug (error), NULL);
  return message;
}

/* @error is why, or NULL; @details are what else is known. */
void
gst_matrix_rtc_src_post_state (GstElement * element,
    GstMatrixRtcConnectionState old, GstMatrixRtcConnectionState now,
    const GError * error, const GstStructure * details)
{
  gst_matrix_rtc_src_post (element, state_message_new (old, now, error,
          details));
}

void
gst_matrix_rtc_src_post_error (GstElement * element, const GError * error,
    const GstStructure * details)
{
  GstStructure *error_details = gst_structure_copy (details);
  guint http_status = matrix_rtc_error_get_http_status (error);
  GQuark domain;
  gint code;

  gst_structure_set (error_details, "code", G_TYPE_STRING,
      matrix_rtc_error_get_code_nick (error), NULL);
  if (http_status != 0)
    gst_structure_set (error_details, "http-status", G_TYPE_UINT, http_status,
        NULL);
  matrix_rtc_error_to_gst (error, &domain, &code);
  gst_element_message_full_with_details (element, GST_MESSAGE_ERROR,
      domain, code, g_strdup (error->message),
      g_strdup (matrix_rtc_error_get_debug (error)), __FILE__, GST_FUNCTION,
      __LINE__, error_details);
}

void
gst_matrix_rtc_src_post_track_failed (GstElement * element,
    const gchar * track_sid, const gchar * debug)
{
  GST_ELEMENT_WARNING_WITH_DETAILS (element, STREAM, DECODE,
      (_("A track of the call can't be received.")), ("%s: %s", track_sid,
          debug), ("track-sid", G_TYPE_STRING, track_sid, NULL));
}

/* What one inside tells, in our name. Takes @message. */
GstMessage *
gst_matrix_rtc_src_retell (GstElement * element, GstMessage * message)
{
  GstMessage *ours = gst_message_new_element (GST_OBJECT (element),
      gst_structure_copy (gst_message_get_structure (message)));

  gst_message_unref (message);
  return ours;
}
