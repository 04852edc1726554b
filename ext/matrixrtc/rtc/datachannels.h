/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "../datalimits.h"
#include "../loop.h"

G_BEGIN_DECLS

typedef struct _RtcDataChannels RtcDataChannels;

/* Called on the worker thread. */
typedef void (*RtcDataFunc) (GBytes * message, gboolean is_reliable,
    gpointer user_data);

RtcDataChannels *rtc_data_channels_new (MatrixRtcLoop * loop,
    GstElement * webrtcbin, DataLimits * limits, RtcDataFunc func,
    gpointer user_data);
void rtc_data_channels_close (RtcDataChannels * channels);
void rtc_data_channels_unref (RtcDataChannels * channels);

G_END_DECLS
