/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "loop.h"

G_BEGIN_DECLS

typedef struct _GstMatrixRtcSrcGaps GstMatrixRtcSrcGaps;

GstMatrixRtcSrcGaps *gst_matrix_rtc_src_gaps_new (GstElement * element,
    MatrixRtcLoop * loop, GstClockTime latency);
void gst_matrix_rtc_src_gaps_free (GstMatrixRtcSrcGaps * gaps);

G_END_DECLS
