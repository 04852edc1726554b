/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "gstmatrixrtc-enums.h"

G_BEGIN_DECLS

#define GST_MATRIX_RTC_ERROR (gst_matrix_rtc_error_quark ())

GQuark gst_matrix_rtc_error_quark (void);

GError *matrix_rtc_error_new (GstMatrixRtcError code, guint http_status,
    const gchar * message, const gchar * debug_format, ...)
    G_GNUC_PRINTF (4, 5);

const gchar *matrix_rtc_error_get_code_nick (const GError * error);
guint matrix_rtc_error_get_http_status (const GError * error);
const gchar *matrix_rtc_error_get_debug (const GError * error);

void matrix_rtc_error_to_gst (const GError * error, GQuark * domain,
    gint * code);

G_END_DECLS
