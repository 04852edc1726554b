/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "../gstmatrixrtc-enums.h"

G_BEGIN_DECLS

#define GST_TYPE_MATRIX_RTC_RECEIVER (gst_matrix_rtc_receiver_get_type ())
G_DECLARE_FINAL_TYPE (GstMatrixRtcReceiver, gst_matrix_rtc_receiver, GST,
    MATRIX_RTC_RECEIVER, GstBin)

/* Called on a streaming thread, once. */
typedef void (*GstMatrixRtcReceiverReady) (gpointer user_data);

GstMatrixRtcReceiver *gst_matrix_rtc_receiver_new (GstCaps * rtp_caps,
    GstMatrixRtcOutput output, GstMatrixRtcReceiverReady ready,
    gpointer user_data, GDestroyNotify notify, GError ** error);
void gst_matrix_rtc_receiver_unblock (GstMatrixRtcReceiver * receiver);

G_END_DECLS
