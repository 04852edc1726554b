/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The room that http_base64url_decode_inplace() needs behind the text. */
#define HTTP_BASE64URL_PADDING 2

gboolean http_base64url_decode_inplace (gchar * text, gsize * size);

G_END_DECLS
