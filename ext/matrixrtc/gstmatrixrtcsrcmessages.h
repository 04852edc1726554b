/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "gstmatrixrtc-enums.h"

G_BEGIN_DECLS

void gst_matrix_rtc_src_post (GstElement * element, GstStructure * message);
void gst_matrix_rtc_src_post_state (GstElement * element,
    GstMatrixRtcConnectionState old, GstMatrixRtcConnectionState now,
    const GError * error, const GstStructure * details);
void gst_matrix_rtc_src_post_error (GstElement * element, const GError * error,
    const GstStructure * details);
void gst_matrix_rtc_src_post_track_failed (GstElement * element,
    const gchar * track_sid, const gchar * debug);
GstMessage *gst_matrix_rtc_src_retell (GstElement * element,
    GstMessage * message);

G_END_DECLS
