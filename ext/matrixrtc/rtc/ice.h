/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/sdp.h>
#include "../loop.h"

G_BEGIN_DECLS

typedef struct _RtcIce RtcIce;

/* Called on the worker thread. */
typedef struct
{
  /* One of ours, for the other side. */
  void (*candidate) (guint mline, const gchar * candidate, gpointer user_data);
  /* The other side restarts ICE. connected or failed follows. */
  void (*restarting) (gpointer user_data);
  /* The transport is up: for the first time, or again after a restart. */
  void (*connected) (gpointer user_data);
  void (*failed) (const gchar * debug, gpointer user_data);
} RtcIceCallbacks;

RtcIce *rtc_ice_new (MatrixRtcLoop * loop, GstElement * webrtcbin,
    const RtcIceCallbacks * callbacks, gpointer user_data);
void rtc_ice_close (RtcIce * ice);
void rtc_ice_unref (RtcIce * ice);

void rtc_ice_add_server (RtcIce * ice, const gchar * url,
    const gchar * username, const gchar * credential);
gboolean rtc_ice_has_turn_server (RtcIce * ice);

void rtc_ice_add_candidate (RtcIce * ice, guint mline,
    const gchar * candidate);
void rtc_ice_take_connected (RtcIce * ice);
gboolean rtc_ice_is_connected (RtcIce * ice);

gboolean rtc_ice_take_answer (RtcIce * ice, const GstSDPMessage * offer,
    GstSDPMessage * answer);
void rtc_ice_take_applied (RtcIce * ice, const GstSDPMessage * offer);

G_END_DECLS
