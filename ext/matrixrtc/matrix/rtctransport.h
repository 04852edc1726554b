/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

const gchar *matrix_rtc_transport_find (JsonObject * object,
    const gchar * member);

G_END_DECLS
