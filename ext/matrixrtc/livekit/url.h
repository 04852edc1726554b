/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gchar *livekit_url_for_signalling (const gchar * base,
    gboolean auto_subscribe, GError ** error);
gchar *livekit_url_for_resuming (const gchar * base,
    gboolean auto_subscribe, const gchar * sid,
    gint reason, GError ** error);
gchar *livekit_url_for_validation (const gchar * base, GError ** error);
gboolean livekit_url_is_loopback (const gchar * base);

G_END_DECLS
