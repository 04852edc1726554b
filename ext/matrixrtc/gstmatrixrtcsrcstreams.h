/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "call.h"

G_BEGIN_DECLS

typedef struct _GstMatrixRtcSrcStreams GstMatrixRtcSrcStreams;

GstMatrixRtcSrcStreams *gst_matrix_rtc_src_streams_new (GstElement * element);
void gst_matrix_rtc_src_streams_free (GstMatrixRtcSrcStreams * streams);
void gst_matrix_rtc_src_streams_start (GstMatrixRtcSrcStreams * streams,
    GstMatrixRtcOutput output);

gboolean gst_matrix_rtc_src_streams_take_tracks (GstMatrixRtcSrcStreams *
    streams, const GArray * tracks, const gchar * room);
void gst_matrix_rtc_src_streams_post (GstMatrixRtcSrcStreams * streams);
void gst_matrix_rtc_src_streams_post_selected (GstMatrixRtcSrcStreams *
    streams, guint32 seqnum);

void gst_matrix_rtc_src_streams_update (GstMatrixRtcSrcStreams * streams,
    const CallTrack * track);
GstStream *gst_matrix_rtc_src_streams_get (GstMatrixRtcSrcStreams * streams,
    const CallTrack * track);
GstStreamCollection *gst_matrix_rtc_src_streams_get_collection
    (GstMatrixRtcSrcStreams * streams);

GStrv gst_matrix_rtc_src_streams_parse_selection (GstEvent * event);

G_END_DECLS
