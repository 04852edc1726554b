/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "../loop.h"

G_BEGIN_DECLS

typedef struct _RtcSync RtcSync;

RtcSync *rtc_sync_new (MatrixRtcLoop * loop, GstElement * webrtcbin);
void rtc_sync_set_sender (RtcSync * sync, guint32 ssrc, const gchar * sender);
void rtc_sync_remove (RtcSync * sync, guint32 ssrc);
void rtc_sync_free (RtcSync * sync);

G_END_DECLS
