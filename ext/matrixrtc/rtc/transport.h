/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void rtc_transport_keep_data_channels (GstElement * webrtcbin);
void rtc_transport_stop (GstElement * webrtcbin);

G_END_DECLS
