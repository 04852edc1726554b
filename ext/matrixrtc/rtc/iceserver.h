/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  RTC_ICE_SERVER_STUN,
  RTC_ICE_SERVER_TURN,
} RtcIceServerKind;

gchar *rtc_ice_server_to_webrtcbin (const gchar * url, const gchar * username,
    const gchar * credential, RtcIceServerKind * kind);

G_END_DECLS
