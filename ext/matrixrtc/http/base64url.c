/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Base64 as JSON Web Tokens and Matrix have it, without padding. GLib decodes
 * the standard alphabet with padding only.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include "base64url.h"

/* Takes the standard alphabet too; which characters there are is for the caller
 * to check. The bytes stand where @text was, which has room for
 * HTTP_BASE64URL_PADDING characters more. FALSE if no bytes have such a length. */
gboolean
http_base64url_decode_inplace (gchar * text, gsize * size)
{
  gsize length = strlen (text);

  if (length % 4 == 1)
    return FALSE;
  g_strdelimit (text, "-", '+');
  g_strdelimit (text, "_", '/');
  while (length % 4 != 0)
    text[length++] = '=';
  text[length] = '\0';
  *size = 0;
  if (length > 0)
    g_base64_decode_inplace (text, size);
  return TRUE;
}
