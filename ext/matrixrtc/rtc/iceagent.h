/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void rtc_ice_agent_disable_upnp (GstElement * webrtcbin);
void rtc_ice_agent_use_only (GstElement * webrtcbin, const gchar * address);
void rtc_ice_agent_close (GstElement * webrtcbin, guint timeout_ms);

G_END_DECLS
