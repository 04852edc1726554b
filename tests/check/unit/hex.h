/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The bytes that @hex writes. */
static inline GByteArray *
bytes_from_hex (const gchar * hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *hex != '\0'; hex += 2) {
    guint8 byte = g_ascii_xdigit_value (hex[0]) << 4
        | g_ascii_xdigit_value (hex[1]);

    g_byte_array_append (bytes, &byte, 1);
  }
  return bytes;
}

static inline gchar *
hex_from_bytes (const guint8 * data, gsize size)
{
  GString *hex = g_string_new (NULL);
  gsize i;

  for (i = 0; i < size; i++)
    g_string_append_printf (hex, "%02x", data[i]);
  return g_string_free (hex, FALSE);
}
