/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "../loop.h"

G_BEGIN_DECLS

typedef struct _RtcSilence RtcSilence;

RtcSilence *rtc_silence_new (MatrixRtcLoop * loop, GstElement * webrtcbin,
    void (*silent) (gpointer user_data), gpointer user_data);
void rtc_silence_set_expecting (RtcSilence * silence, gboolean expecting);
void rtc_silence_free (RtcSilence * silence);

G_END_DECLS
