/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "call.h"
#include "gstmatrixrtcsrcstreams.h"

G_BEGIN_DECLS

typedef struct _GstMatrixRtcSrcPads GstMatrixRtcSrcPads;

GstMatrixRtcSrcPads *gst_matrix_rtc_src_pads_new (GstElement * element);
void gst_matrix_rtc_src_pads_free (GstMatrixRtcSrcPads * pads);
void gst_matrix_rtc_src_pads_start (GstMatrixRtcSrcPads * pads,
    MatrixRtcLoop * loop, GstClockTime latency);
void gst_matrix_rtc_src_pads_clear (GstMatrixRtcSrcPads * pads);

void gst_matrix_rtc_src_pads_add (GstMatrixRtcSrcPads * pads,
    const CallTrack * track, GstPad * target,
    GstMatrixRtcSrcStreams * streams);
void gst_matrix_rtc_src_pads_set_collection (GstMatrixRtcSrcPads * pads,
    GstStreamCollection * collection);
void gst_matrix_rtc_src_pads_set_video_quality (GstMatrixRtcSrcPads * pads,
    GstMatrixRtcVideoQuality quality);
void gst_matrix_rtc_src_pads_update (GstMatrixRtcSrcPads * pads,
    const CallTrack * track);
void gst_matrix_rtc_src_pads_move (GstMatrixRtcSrcPads * pads,
    const gchar * former_sid, const CallTrack * track, GstPad * target);
void gst_matrix_rtc_src_pads_interrupt (GstMatrixRtcSrcPads * pads,
    const gchar * track_sid);
void gst_matrix_rtc_src_pads_remove (GstMatrixRtcSrcPads * pads,
    const gchar * track_sid);
void gst_matrix_rtc_src_pads_end (GstMatrixRtcSrcPads * pads,
    const gchar * track_sid);

gboolean gst_matrix_rtc_src_pads_contain (GstMatrixRtcSrcPads * pads,
    GstPad * pad);
void gst_matrix_rtc_src_pads_watch_gaps (GstMatrixRtcSrcPads * pads,
    gboolean is_lost);
GstClockTime gst_matrix_rtc_src_pads_get_longest_gap (GstMatrixRtcSrcPads *
    pads);

G_END_DECLS
