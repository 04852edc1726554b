/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _RtcAlignment RtcAlignment;

/* @offset: what to add to the timestamps of @ssrc, in ns; never less than 0. */
typedef void (*RtcAlignmentFunc) (guint32 ssrc, gint64 offset,
    gpointer user_data);

RtcAlignment *rtc_alignment_new (void);
void rtc_alignment_free (RtcAlignment * alignment);

void rtc_alignment_set_sender (RtcAlignment * alignment, guint32 ssrc,
    const gchar * sender);
void rtc_alignment_remove (RtcAlignment * alignment, guint32 ssrc);
void rtc_alignment_take_report (RtcAlignment * alignment, guint32 ssrc,
    gint64 lateness, gint64 now);
void rtc_alignment_foreach (RtcAlignment * alignment, guint32 ssrc,
    RtcAlignmentFunc func, gpointer user_data);

G_END_DECLS
