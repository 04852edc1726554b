/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define E2EE_KEY_RING_SIZE 256
#define E2EE_RAW_KEY_SIZE 16
#define E2EE_AES_KEY_SIZE 16
#define E2EE_IV_SIZE 12
#define E2EE_TAG_SIZE 16
#define E2EE_MAX_RATCHET_WINDOW 16

/* What Element Call allows, and -1: no key ever becomes invalid. */
#define E2EE_FAILURE_TOLERANCE 10
#define E2EE_FAILURE_TOLERANCE_UNLIMITED -1

typedef enum
{
  E2EE_KDF_HKDF,
  E2EE_KDF_PBKDF2,
} E2eeKdf;

typedef enum
{
  E2EE_KEY_STATUS_GOOD,         /* the tag is right */
  E2EE_KEY_STATUS_MISSING,      /* there is no key at this index */
  E2EE_KEY_STATUS_WRONG,        /* the tag is wrong */
  E2EE_KEY_STATUS_INVALID,      /* too many failures: it wasn't tried */
} E2eeKeyStatus;

/* One media key, derived. Immutable, so any number of rings may have it. */
typedef struct _E2eeKey E2eeKey;

/* The keys of one participant. Any thread may use it. */
typedef struct _E2eeKeyRing E2eeKeyRing;

/* A part of a frame as AES-GCM sees it. Without @aad, @aad_size is 0. */
typedef struct
{
  const guint8 *iv;             /* E2EE_IV_SIZE */
  const guint8 *aad;
  gsize aad_size;
  const guint8 *data;           /* plain; or cipher, followed by the tag */
  gsize size;                   /* of data without the tag */
} E2eeMessage;

gboolean e2ee_derive (E2eeKdf kdf, const guint8 * material, gsize size,
    const guint8 * salt, gsize salt_size, guint8 * out, gsize out_size);

E2eeKey *e2ee_key_new (E2eeKdf kdf, const guint8 * material, gsize size);
E2eeKey *e2ee_key_new_from_raw (const guint8 * raw, gsize size);
E2eeKey *e2ee_key_new_from_bytes (GBytes * bytes);
E2eeKey *e2ee_key_new_from_passphrase (const gchar * passphrase);
E2eeKey *e2ee_key_ratchet (E2eeKey * key);
E2eeKey *e2ee_key_ref (E2eeKey * key);
void e2ee_key_unref (E2eeKey * key);

E2eeKeyRing *e2ee_key_ring_new (gint failure_tolerance, guint ratchet_window);
E2eeKeyRing *e2ee_key_ring_ref (E2eeKeyRing * ring);
void e2ee_key_ring_unref (E2eeKeyRing * ring);

void e2ee_key_ring_set (E2eeKeyRing * ring, guint index, E2eeKey * key);
void e2ee_key_ring_clear (E2eeKeyRing * ring);
void e2ee_key_ring_count_wrong (E2eeKeyRing * ring, guint8 index);

E2eeKeyStatus e2ee_key_ring_decrypt (E2eeKeyRing * ring, guint8 index,
    const E2eeMessage * message, guint8 * out);
E2eeKeyStatus e2ee_key_ring_encrypt (E2eeKeyRing * ring, guint8 index,
    const E2eeMessage * message, guint8 * out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (E2eeKey, e2ee_key_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (E2eeKeyRing, e2ee_key_ring_unref)

G_END_DECLS
