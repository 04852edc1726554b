/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gstmatrixrtc-enums.h"

G_BEGIN_DECLS

/* The element's properties, by the same names. All strings may be NULL. */
typedef struct
{
  gchar *homeserver;
  gchar *access_token;
  gchar *access_token_file;
  gchar *user_id;
  gchar *device_id;
  gchar *member_id;
  gchar *room_id;               /* or an alias */
  gboolean join_room;
  gchar *slot_id;
  gchar *livekit_service_url;
  gboolean force_old_jwt_endpoint;
  gchar *livekit_url;
  gchar *livekit_token;
  GstMatrixRtcOutput output;
  GstMatrixRtcMedia media;
  GstMatrixRtcVideoQuality video_quality;
  guint latency;                /* ms */
  gboolean add_reference_timestamp_meta;
  guint timeout;                /* s */
  guint reconnect_timeout;      /* s */
  gboolean ssl_strict;
  gchar *ssl_ca_file;
  gchar *proxy;
  gchar *user_agent;
  GstMatrixRtcIceTransportPolicy ice_transport_policy;
  GstMatrixRtcE2eeKeys e2ee_keys;
  gchar *e2ee_passphrase;
  gchar *e2ee_passphrase_file;
  GstMatrixRtcUnencryptedMedia unencrypted_media;
} CallSettings;

void call_settings_copy (CallSettings * dest, const CallSettings * src);
void call_settings_clear (CallSettings * settings);

gboolean call_settings_is_set (const gchar * text);
gboolean call_settings_are_complete (const CallSettings * settings);
gboolean call_settings_check (const CallSettings * settings, GError ** error);
gchar *call_settings_get_access_token (const CallSettings * settings,
    GError ** error);

G_END_DECLS
