/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _RtcSsrcFilter RtcSsrcFilter;

RtcSsrcFilter *rtc_ssrc_filter_new (void);
RtcSsrcFilter *rtc_ssrc_filter_ref (RtcSsrcFilter * filter);
void rtc_ssrc_filter_unref (RtcSsrcFilter * filter);
void rtc_ssrc_filter_attach (RtcSsrcFilter * filter, GstElement * webrtcbin);
void rtc_ssrc_filter_restrict (RtcSsrcFilter * filter, GPtrArray * sections);
void rtc_ssrc_filter_set_allowed (RtcSsrcFilter * filter,
    GPtrArray * sections);
void rtc_ssrc_filter_deny (RtcSsrcFilter * filter, GArray * ssrcs);
void rtc_ssrc_filter_release (RtcSsrcFilter * filter, GArray * ssrcs);
void rtc_ssrc_filter_wait (RtcSsrcFilter * filter);

G_END_DECLS
