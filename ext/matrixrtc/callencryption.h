/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "callsettings.h"
#include "e2ee/e2eecall.h"

G_BEGIN_DECLS

gboolean call_encryption_choose_keys (E2eeCall * encryption,
    const CallSettings * settings, GError ** error);

gboolean call_encryption_set_media_key (E2eeCall * encryption,
    const gchar * identity, guint index, GBytes * bytes, GError ** error);
gboolean call_encryption_take_key_event (E2eeCall * encryption,
    const gchar * room_id, const gchar * sender_user,
    const gchar * sender_device, const gchar * json, GError ** error);

G_END_DECLS
