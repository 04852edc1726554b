/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "../gstmatrixrtc-enums.h"
#include "e2eecall.h"

G_BEGIN_DECLS

#define GST_TYPE_MATRIX_RTC_DECRYPT (gst_matrix_rtc_decrypt_get_type ())
G_DECLARE_FINAL_TYPE (GstMatrixRtcDecrypt, gst_matrix_rtc_decrypt, GST,
    MATRIX_RTC_DECRYPT, GstElement)

GST_ELEMENT_REGISTER_DECLARE (matrixrtcdecrypt);

void gst_matrix_rtc_decrypt_set_call (GstMatrixRtcDecrypt * decrypt,
    E2eeCall * call);

G_END_DECLS
