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

GPtrArray *rtc_sections_read (const GstSDPMessage * offer);
void rtc_sections_take_map (GPtrArray * sections, GHashTable * mid_to_track);
void rtc_sections_take_answer (GPtrArray * sections,
    const GstSDPMessage * answer);
void rtc_sections_put_ends (GPtrArray * sections, GstSDPMessage * answer);
RtcSection *rtc_sections_find_ssrc (GPtrArray * sections, guint32 ssrc);
RtcSection *rtc_sections_find_track (GPtrArray * sections,
    const gchar * track_sid);

G_END_DECLS
