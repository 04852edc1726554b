/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The errors of a call: GErrors whose message is for people, with the HTTP
 * status and a text for the debug field beside it. Their translation to
 * GStreamer's own codes is here too, so that only the element posts and nobody
 * else decides.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "matrixrtcerror.h"
#include "gstmatrixrtc-enumtypes.h"

typedef struct
{
  guint http_status;
  gchar *debug;
} ErrorExtra;

static void
error_extra_init (GError * error)
{
}

/* GLib keeps what extends an error right before it, in a block rounded up to
 * two words. G_DEFINE_EXTENDED_ERROR() knows that too, but would name the domain
 * after the C type. */
static ErrorExtra *
error_get_extra (const GError * error)
{
  const gsize align = 2 * sizeof (gsize);
  const gsize size = (sizeof (ErrorExtra) + align - 1) & -align;

  return (ErrorExtra *) (((guint8 *) error) - size);
}

static void
error_extra_copy (const GError * src, GError * dest)
{
  error_get_extra (dest)->http_status = error_get_extra (src)->http_status;
  error_get_extra (dest)->debug = g_strdup (error_get_extra (src)->debug);
}

static void
error_extra_clear (GError * error)
{
  g_free (error_get_extra (error)->debug);
}

GQuark
gst_matrix_rtc_error_quark (void)
{
  static gsize quark;

  if (g_once_init_enter (&quark)) {
    GQuark domain = g_error_domain_register_static ("matrix-rtc-error-quark",
        sizeof (ErrorExtra), error_extra_init, error_extra_copy,
        error_extra_clear);
    g_once_init_leave (&quark, domain);
  }
  return (GQuark) quark;
}

/* http_status is 0 where no HTTP answer came. The debug text is for the one who
 * runs the service: it may quote what a server said, never a token. */
GError *
matrix_rtc_error_new (GstMatrixRtcError code, guint http_status,
    const gchar * message, const gchar * debug_format, ...)
{
  GError *error = g_error_new_literal (GST_MATRIX_RTC_ERROR, code, message);
  ErrorExtra *extra = error_get_extra (error);
  va_list args;

  va_start (args, debug_format);
  extra->debug = g_strdup_vprintf (debug_format, args);
  va_end (args);
  extra->http_status = http_status;
  return error;
}

const gchar *
matrix_rtc_error_get_code_nick (const GError * error)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (GST_TYPE_MATRIX_RTC_ERROR);
  gint code = error->domain == GST_MATRIX_RTC_ERROR ?
      error->code : GST_MATRIX_RTC_ERROR_UNKNOWN;

  return g_enum_get_value (klass, code)->value_nick;
}

guint
matrix_rtc_error_get_http_status (const GError * error)
{
  if (error->domain != GST_MATRIX_RTC_ERROR)
    return 0;
  return error_get_extra (error)->http_status;
}

const gchar *
matrix_rtc_error_get_debug (const GError * error)
{
  if (error->domain != GST_MATRIX_RTC_ERROR)
    return NULL;
  return error_get_extra (error)->debug;
}

/* The nearest GStreamer code, by the table of the design. */
void
matrix_rtc_error_to_gst (const GError * error, GQuark * domain, gint * code)
{
  guint http_status = matrix_rtc_error_get_http_status (error);

  *domain = GST_RESOURCE_ERROR;
  *code = GST_RESOURCE_ERROR_FAILED;
  if (error->domain != GST_MATRIX_RTC_ERROR)
    return;

  switch ((GstMatrixRtcError) error->code) {
    case GST_MATRIX_RTC_ERROR_OPEN_ID:
      *code = http_status == 401 || http_status == 403 ?
          GST_RESOURCE_ERROR_NOT_AUTHORIZED : GST_RESOURCE_ERROR_OPEN_READ;
      break;
    case GST_MATRIX_RTC_ERROR_MISSING_MATRIX_RTC_TRANSPORT:
    case GST_MATRIX_RTC_ERROR_SFU_ROOM_CREATION_RESTRICTED:
      *code = GST_RESOURCE_ERROR_NOT_FOUND;
      break;
    case GST_MATRIX_RTC_ERROR_INSUFFICIENT_CAPACITY:
      *code = GST_RESOURCE_ERROR_BUSY;
      break;
    case GST_MATRIX_RTC_ERROR_NO_MATRIX_2_0_AUTHORIZATION_SERVICE:
    case GST_MATRIX_RTC_ERROR_PEER_CONNECTION_TIMEOUT:
    case GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION:
      *code = GST_RESOURCE_ERROR_OPEN_READ;
      break;
    case GST_MATRIX_RTC_ERROR_CONNECTION_LOST:
      *code = GST_RESOURCE_ERROR_READ;
      break;
    case GST_MATRIX_RTC_ERROR_E2EE_KEY:
      *domain = GST_STREAM_ERROR;
      *code = GST_STREAM_ERROR_DECRYPT;
      break;
    case GST_MATRIX_RTC_ERROR_UNKNOWN:
      break;
  }
}
