/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gchar *livekit_candidate_to_json (guint mline, const gchar * candidate);
gchar *livekit_candidate_from_json (const gchar * json, guint * mline);

G_END_DECLS
