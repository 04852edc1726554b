/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean http_url_is_base (const gchar * text);
gboolean http_url_is_private (const gchar * url);

G_END_DECLS
