/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void rtc_ice_agent_adapt (GstElement * webrtcbin);
void rtc_ice_agent_use_only (GstElement * webrtcbin, const gchar * address);
void rtc_ice_agent_close (GstElement * webrtcbin, guint timeout_ms);

gboolean rtc_ice_agent_restart (GstElement * webrtcbin,
    const gchar * remote_ufrag, const gchar * remote_pwd, gchar ** ufrag,
    gchar ** pwd);
gboolean rtc_ice_agent_is_connected (GstElement * webrtcbin);
GStrv rtc_ice_agent_get_candidates (GstElement * webrtcbin);
void rtc_ice_agent_watch (GstElement * webrtcbin, void (*changed) (gpointer),
    gpointer user_data, GClosureNotify notify);
void rtc_ice_agent_unwatch (GstElement * webrtcbin, gpointer user_data);

G_END_DECLS
