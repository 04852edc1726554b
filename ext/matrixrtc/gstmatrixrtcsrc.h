/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "e2ee/e2eecall.h"
#include "gstmatrixrtc-enums.h"

G_BEGIN_DECLS

#define GST_TYPE_MATRIX_RTC_SRC (gst_matrix_rtc_src_get_type ())
G_DECLARE_FINAL_TYPE (GstMatrixRtcSrc, gst_matrix_rtc_src, GST,
    MATRIX_RTC_SRC, GstBin)

E2eeCall *gst_matrix_rtc_src_get_encryption (GstMatrixRtcSrc * src);
GstMatrixRtcVideoQuality gst_matrix_rtc_src_get_video_quality
    (GstMatrixRtcSrc * src);
void gst_matrix_rtc_src_set_track_quality (GstMatrixRtcSrc * src,
    const gchar * track_sid, GstMatrixRtcVideoQuality quality);
void gst_matrix_rtc_src_take_link (GstMatrixRtcSrc * src, GstPad * pad);
gchar *gst_matrix_rtc_src_dup_room_id (GstMatrixRtcSrc * src);

G_END_DECLS
