/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MATRIX_MEDIA_KEY_SIZE 16

/* A media key that a member of a call has sent to us. */
typedef struct
{
  guint8 bytes[MATRIX_MEDIA_KEY_SIZE];
  guint8 index;
  gint64 sent_ts;               /* ms, the sender's clock; 0: not told */
  gchar *identity;              /* the member's on the SFU, whichever it joined by */
  gchar *hashed_identity;
} MatrixMediaKey;

MatrixMediaKey *matrix_media_key_new (const gchar * room_id,
    const gchar * sender_user, const gchar * sender_device,
    const gchar * json, GError ** error);
void matrix_media_key_free (MatrixMediaKey * key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MatrixMediaKey, matrix_media_key_free)

G_END_DECLS
