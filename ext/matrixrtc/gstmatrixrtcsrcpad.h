/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "call.h"

G_BEGIN_DECLS

#define GST_TYPE_MATRIX_RTC_SRC_PAD (gst_matrix_rtc_src_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstMatrixRtcSrcPad, gst_matrix_rtc_src_pad, GST,
    MATRIX_RTC_SRC_PAD, GstGhostPad)

GstMatrixRtcSrcPad *gst_matrix_rtc_src_pad_new (const gchar * name,
    GstPadTemplate * templ, GstPad * target, const CallTrack * track,
    GstStream * stream, guint group_id);
void gst_matrix_rtc_src_pad_set_collection (GstMatrixRtcSrcPad * pad,
    GstStreamCollection * collection);
void gst_matrix_rtc_src_pad_update (GstMatrixRtcSrcPad * pad,
    const CallTrack * track);
void gst_matrix_rtc_src_pad_move (GstMatrixRtcSrcPad * pad, GstPad * target,
    const CallTrack * track);
void gst_matrix_rtc_src_pad_interrupt (GstMatrixRtcSrcPad * pad);
gboolean gst_matrix_rtc_src_pad_begin_fill (GstMatrixRtcSrcPad * pad);
void gst_matrix_rtc_src_pad_fill (GstMatrixRtcSrcPad * pad,
    GstClockTime running_time);
void gst_matrix_rtc_src_pad_watch_gaps (GstMatrixRtcSrcPad * pad,
    gboolean is_lost);
GstClockTime gst_matrix_rtc_src_pad_get_longest_gap (GstMatrixRtcSrcPad * pad);
GstStructure *gst_matrix_rtc_src_pad_read_stats (GstMatrixRtcSrcPad * pad,
    GHashTable * tracks);

G_END_DECLS
