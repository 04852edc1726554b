/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void rtc_rtpbin_adapt (GstElement * webrtcbin, guint latency_ms,
    gboolean add_reference_timestamps);
void rtc_rtpbin_map_retransmissions (GstElement * webrtcbin,
    const GstStructure * map);
void rtc_rtpbin_hurry (GstElement * webrtcbin, guint latency_ms);
void rtc_rtpbin_relax (GstElement * webrtcbin, guint latency_ms);

G_END_DECLS
