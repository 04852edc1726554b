/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

#define RTC_SDP_MAX_SSRCS 16    /* of one section */

/* sdpcheck.c */
GstSDPMessage *rtc_sdp_parse (const gchar * text, GError ** error);
gboolean rtc_sdp_check_offer (const GstSDPMessage * offer,
    const GstSDPMessage * previous, GError ** error);

/* sdp.c */
gboolean rtc_sdp_section_is_media (const GstSDPMedia * media);
guint32 rtc_sdp_parse_ssrc (const gchar * value);
void rtc_sdp_clean_ssrcs (GstSDPMessage * offer);
void rtc_sdp_remove_clocks (GstSDPMessage * offer);
void rtc_sdp_set_direction (GstSDPMessage * sdp, guint mline,
    const gchar * direction);
void rtc_sdp_stick_directions (GstSDPMessage * offer);
void rtc_sdp_widen_answer (GstSDPMessage * answer,
    const GstSDPMessage * offer);
GstStructure *rtc_sdp_map_retransmissions (const GstSDPMessage * sdp);
gboolean rtc_sdp_get_credentials (const GstSDPMessage * sdp,
    const gchar ** ufrag, const gchar ** pwd);
void rtc_sdp_set_credentials (GstSDPMessage * sdp, const gchar * ufrag,
    const gchar * pwd);

G_END_DECLS
