/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/* One audio or video section of an offer, and the track that it carries. */
typedef struct
{
  gchar *mid;
  guint mline;
  gboolean is_audio;
  gboolean sending;             /* FALSE: ended, or waiting for reuse */
  gchar *track_sid;             /* NULL: not named */
  gchar *msid;                  /* as it stands, NULL: none */
  GArray *ssrcs;                /* of guint32; retransmission's included */
} RtcSection;

GstSDPMessage *rtc_sdp_parse (const gchar * text, GError ** error);
gboolean rtc_sdp_check_offer (const GstSDPMessage * offer,
    const GstSDPMessage * previous, GError ** error);

void rtc_sdp_clean_ssrcs (GstSDPMessage * offer);
GPtrArray *rtc_sdp_read_sections (const GstSDPMessage * offer);
RtcSection *rtc_sections_find_ssrc (GPtrArray * sections, guint32 ssrc);
RtcSection *rtc_sections_find_track (GPtrArray * sections,
    const gchar * track_sid);

void rtc_sdp_stick_directions (GstSDPMessage * offer);
void rtc_sdp_widen_answer (GstSDPMessage * answer,
    const GstSDPMessage * offer);
void rtc_sdp_end_sections (GstSDPMessage * answer, GPtrArray * sections);

G_END_DECLS
