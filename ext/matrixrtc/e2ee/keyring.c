/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Media keys: how they are derived, and the ring in which a participant's keys
 * stand, each at the index that its frames name. Keys leave this file in no
 * form: what is done with them is done here.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include "keyring.h"

#define SALT "LKFrameEncryptionKey"
#define PBKDF2_ITERATIONS 100000
#define MAX_MATERIAL_SIZE (64 * 1024)

/* What one step of either KDF gives, the size of its hash. */
#define BLOCK_SIZE 32

/* The AES key is the derivation of 128 bits; the material of the next ratchet
 * step is that of 256 bits, which begins with the former. So one block is all
 * that a key is, and the material that it came from needn't stay. */
struct _E2eeKey
{
  E2eeKdf kdf;
  guint8 block[BLOCK_SIZE];
};

typedef struct
{
  E2eeKey *key;                 /* NULL: never set */
  EVP_CIPHER_CTX *cipher;       /* holds key; made when first needed */
  GPtrArray *ahead;             /* ratchet steps after key, as far as needed */
  guint failures;               /* in a row */
} Slot;

struct _E2eeKeyRing
{
  gint failure_tolerance;
  guint ratchet_window;

  GMutex lock;                  /* of what follows; no other is taken inside */
  guint8 last_set;
  Slot slots[E2EE_KEY_RING_SIZE];
};

/* --- derivation --- */

/* LiveKit's info is 128 zero bytes, which isn't the same as none. */
static gboolean
derive_hkdf (const guint8 * material, gsize size, const guint8 * salt,
    gsize salt_size, guint8 * out, gsize out_size)
{
  guint8 info[128] = { 0, };
  EVP_KDF *kdf = EVP_KDF_fetch (NULL, OSSL_KDF_NAME_HKDF, NULL);
  EVP_KDF_CTX *ctx = EVP_KDF_CTX_new (kdf);
  const OSSL_PARAM params[] = {
    OSSL_PARAM_construct_utf8_string (OSSL_KDF_PARAM_DIGEST,
        (gchar *) "SHA256", 0),
    OSSL_PARAM_construct_octet_string (OSSL_KDF_PARAM_KEY,
        (guint8 *) material, size),
    OSSL_PARAM_construct_octet_string (OSSL_KDF_PARAM_SALT,
        (guint8 *) salt, salt_size),
    OSSL_PARAM_construct_octet_string (OSSL_KDF_PARAM_INFO, info,
        sizeof (info)),
    OSSL_PARAM_construct_end (),
  };
  gboolean done = ctx != NULL
      && EVP_KDF_derive (ctx, out, out_size, params) > 0;

  EVP_KDF_CTX_free (ctx);
  EVP_KDF_free (kdf);
  return done;
}

static gboolean
derive_pbkdf2 (const guint8 * material, gsize size, const guint8 * salt,
    gsize salt_size, guint8 * out, gsize out_size)
{
  return PKCS5_PBKDF2_HMAC ((const gchar *) material, size, salt, salt_size,
      PBKDF2_ITERATIONS, EVP_sha256 (), out_size, out) > 0;
}

/**
 * e2ee_derive:
 * @kdf: the key derivation function
 * @material: what to derive from
 * @size: of @material
 * @salt: (nullable): NULL is the default of all SDKs
 * @salt_size: of @salt
 * @out: takes @out_size bytes
 * @out_size: at most 32
 *
 * Returns: FALSE if it can't be done; @out is then all zeros
 */
gboolean
e2ee_derive (E2eeKdf kdf, const guint8 * material, gsize size,
    const guint8 * salt, gsize salt_size, guint8 * out, gsize out_size)
{
  gboolean done = FALSE;

  g_return_val_if_fail (out_size <= BLOCK_SIZE, FALSE);

  if (salt == NULL) {
    salt = (const guint8 *) SALT;
    salt_size = strlen (SALT);
  }
  if (size <= MAX_MATERIAL_SIZE && salt_size <= MAX_MATERIAL_SIZE) {
    if (kdf == E2EE_KDF_HKDF)
      done = derive_hkdf (material, size, salt, salt_size, out, out_size);
    else
      done = derive_pbkdf2 (material, size, salt, salt_size, out, out_size);
  }
  if (!done) {
    OPENSSL_cleanse (out, out_size);
    ERR_clear_error ();
  }
  return done;
}

/* --- one key --- */

/**
 * e2ee_key_new:
 * @kdf: the key derivation function
 * @material: what the participants share
 * @size: of @material
 *
 * PBKDF2 takes tens of milliseconds: make such a key once and set it in all
 * rings.
 *
 * Returns: (nullable): a new key, NULL if it can't be derived
 */
E2eeKey *
e2ee_key_new (E2eeKdf kdf, const guint8 * material, gsize size)
{
  E2eeKey *key = g_atomic_rc_box_new0 (E2eeKey);

  key->kdf = kdf;
  if (!e2ee_derive (kdf, material, size, NULL, 0, key->block, BLOCK_SIZE))
    g_clear_pointer (&key, e2ee_key_unref);
  return key;
}

/* A key as Element Call's participants send it. NULL if @size is another than
 * E2EE_RAW_KEY_SIZE. */
E2eeKey *
e2ee_key_new_from_raw (const guint8 * raw, gsize size)
{
  if (size != E2EE_RAW_KEY_SIZE)
    return NULL;
  return e2ee_key_new (E2EE_KDF_HKDF, raw, size);
}

/* The same, from what applications give; NULL if that is NULL. */
E2eeKey *
e2ee_key_new_from_bytes (GBytes * bytes)
{
  gsize size;
  gconstpointer raw;

  if (bytes == NULL)
    return NULL;
  raw = g_bytes_get_data (bytes, &size);
  return e2ee_key_new_from_raw (raw, size);
}

/* The key of calls with a password, which is the text itself even where it
 * looks like base64. */
E2eeKey *
e2ee_key_new_from_passphrase (const gchar * passphrase)
{
  return e2ee_key_new (E2EE_KDF_PBKDF2, (const guint8 *) passphrase,
      strlen (passphrase));
}

/* The key one ratchet step on. */
E2eeKey *
e2ee_key_ratchet (E2eeKey * key)
{
  return e2ee_key_new (key->kdf, key->block, BLOCK_SIZE);
}

E2eeKey *
e2ee_key_ref (E2eeKey * key)
{
  return g_atomic_rc_box_acquire (key);
}

static void
key_clear (gpointer data)
{
  OPENSSL_cleanse (data, sizeof (E2eeKey));
}

void
e2ee_key_unref (E2eeKey * key)
{
  g_atomic_rc_box_release_full (key, key_clear);
}

/* --- AES-GCM --- */

/* The AES key is given once: what OpenSSL computes of it stays in the context,
 * for a frame only the IV is new. */
static EVP_CIPHER_CTX *
cipher_new (E2eeKey * key)
{
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new ();

  if (cipher != NULL && !EVP_DecryptInit_ex (cipher, EVP_aes_128_gcm (), NULL,
          key->block, NULL)) {
    EVP_CIPHER_CTX_free (cipher);
    ERR_clear_error ();
    return NULL;
  }
  return cipher;
}

/* A message without AAD must not even say so. */
static gboolean
cipher_update (EVP_CIPHER_CTX * cipher, const E2eeMessage * message,
    guint8 * out)
{
  gint n;

  return (message->aad_size == 0 || EVP_CipherUpdate (cipher, NULL, &n,
          message->aad, message->aad_size))
      && (message->size == 0 || EVP_CipherUpdate (cipher, out, &n,
          message->data, message->size));
}

/* The plain text is in @out before the tag is looked at: if that is wrong,
 * nothing of it may stay. */
static gboolean
cipher_decrypt (EVP_CIPHER_CTX * cipher, const E2eeMessage * message,
    guint8 * out)
{
  guint8 none[EVP_MAX_BLOCK_LENGTH];
  gint n;

  if (EVP_DecryptInit_ex (cipher, NULL, NULL, NULL, message->iv)
      && cipher_update (cipher, message, out)
      && EVP_CIPHER_CTX_ctrl (cipher, EVP_CTRL_AEAD_SET_TAG, E2EE_TAG_SIZE,
          (guint8 *) message->data + message->size)
      && EVP_DecryptFinal_ex (cipher, none, &n))
    return TRUE;
  OPENSSL_cleanse (out, message->size);
  ERR_clear_error ();
  return FALSE;
}

/* The key once more: the context has been one that decrypts. */
static gboolean
cipher_encrypt (EVP_CIPHER_CTX * cipher, E2eeKey * key,
    const E2eeMessage * message, guint8 * out)
{
  guint8 none[EVP_MAX_BLOCK_LENGTH];
  gint n;

  return EVP_EncryptInit_ex (cipher, NULL, NULL, key->block, message->iv)
      && cipher_update (cipher, message, out)
      && EVP_EncryptFinal_ex (cipher, none, &n)
      && EVP_CIPHER_CTX_ctrl (cipher, EVP_CTRL_AEAD_GET_TAG, E2EE_TAG_SIZE,
      out + message->size);
}

/* --- one slot of the ring --- */

static void
slot_set (Slot * slot, E2eeKey * key, EVP_CIPHER_CTX * cipher)
{
  g_clear_pointer (&slot->key, e2ee_key_unref);
  EVP_CIPHER_CTX_free (slot->cipher);
  slot->key = key;
  slot->cipher = cipher;
  slot->failures = 0;
}

static void
slot_clear (Slot * slot)
{
  slot_set (slot, NULL, NULL);
  g_clear_pointer (&slot->ahead, g_ptr_array_unref);
}

static gboolean
slot_has_cipher (Slot * slot)
{
  if (slot->cipher == NULL)
    slot->cipher = cipher_new (slot->key);
  return slot->cipher != NULL;
}

/* The key @step ratchet steps on, 0 for one. Frames that no key fits must not
 * cost a derivation each time: keys ahead stay until the slot's key goes. */
static E2eeKey *
slot_key_ahead (Slot * slot, guint step)
{
  E2eeKey *last = slot->key;

  if (slot->ahead == NULL)
    slot->ahead = g_ptr_array_new_with_free_func (
        (GDestroyNotify) e2ee_key_unref);
  if (step < slot->ahead->len)
    return g_ptr_array_index (slot->ahead, step);
  if (slot->ahead->len > 0)
    last = g_ptr_array_index (slot->ahead, slot->ahead->len - 1);
  last = e2ee_key_ratchet (last);
  if (last != NULL)
    g_ptr_array_add (slot->ahead, last);
  return last;
}

/* Goes on to the key that decrypts @message, if one of the next @window can. */
static gboolean
slot_ratchet (Slot * slot, guint window, const E2eeMessage * message,
    guint8 * out)
{
  guint step;

  for (step = 0; step < window; step++) {
    E2eeKey *key = slot_key_ahead (slot, step);
    EVP_CIPHER_CTX *cipher = key != NULL ? cipher_new (key) : NULL;

    if (cipher != NULL && cipher_decrypt (cipher, message, out)) {
      slot_set (slot, e2ee_key_ref (key), cipher);
      g_ptr_array_remove_range (slot->ahead, 0, step + 1);
      return TRUE;
    }
    EVP_CIPHER_CTX_free (cipher);
    if (key == NULL)
      return FALSE;
  }
  return FALSE;
}

/* --- the ring --- */

/**
 * e2ee_key_ring_new:
 * @failure_tolerance: how many failures in a row a key may have before it is
 *     no longer tried; negative: any number
 * @ratchet_window: how many ratchet steps to try when a key is wrong, at most
 *     E2EE_MAX_RATCHET_WINDOW. Element Call's senders never take one. Of a
 *     passphrase's key each step costs a PBKDF2, once.
 */
E2eeKeyRing *
e2ee_key_ring_new (gint failure_tolerance, guint ratchet_window)
{
  E2eeKeyRing *ring = g_atomic_rc_box_new0 (E2eeKeyRing);

  ring->failure_tolerance = failure_tolerance;
  ring->ratchet_window = MIN (ratchet_window, E2EE_MAX_RATCHET_WINDOW);
  g_mutex_init (&ring->lock);
  return ring;
}

E2eeKeyRing *
e2ee_key_ring_ref (E2eeKeyRing * ring)
{
  return g_atomic_rc_box_acquire (ring);
}

/* Wipes all keys, for whoever holds the ring. */
void
e2ee_key_ring_clear (E2eeKeyRing * ring)
{
  guint i;

  g_mutex_lock (&ring->lock);
  for (i = 0; i < E2EE_KEY_RING_SIZE; i++)
    slot_clear (&ring->slots[i]);
  g_mutex_unlock (&ring->lock);
}

static void
ring_free (E2eeKeyRing * ring)
{
  e2ee_key_ring_clear (ring);
  g_mutex_clear (&ring->lock);
}

void
e2ee_key_ring_unref (E2eeKeyRing * ring)
{
  g_atomic_rc_box_release_full (ring, (GDestroyNotify) ring_free);
}

/* Puts @key, of which the ring takes a reference, where @index is modulo the
 * ring's size. It is valid again there. */
void
e2ee_key_ring_set (E2eeKeyRing * ring, guint index, E2eeKey * key)
{
  guint8 i = index % E2EE_KEY_RING_SIZE;

  e2ee_key_ref (key);
  g_mutex_lock (&ring->lock);
  slot_clear (&ring->slots[i]);
  slot_set (&ring->slots[i], key, NULL);
  ring->last_set = i;
  g_mutex_unlock (&ring->lock);
}

static gboolean
is_valid_locked (E2eeKeyRing * ring, const Slot * slot)
{
  return ring->failure_tolerance < 0
      || slot->failures <= (guint) ring->failure_tolerance;
}

/* No count goes beyond the first that makes a key invalid. */
static void
count_failure_locked (E2eeKeyRing * ring, Slot * slot)
{
  if (ring->failure_tolerance >= 0 && is_valid_locked (ring, slot))
    slot->failures++;
}

/* To be called for a frame that e2ee_key_ring_decrypt() found wrong in all ways
 * to read it. As in LiveKit's SDK it counts only while the key that was set
 * last is valid. */
void
e2ee_key_ring_count_wrong (E2eeKeyRing * ring, guint8 index)
{
  g_mutex_lock (&ring->lock);
  if (is_valid_locked (ring, &ring->slots[ring->last_set]))
    count_failure_locked (ring, &ring->slots[index]);
  g_mutex_unlock (&ring->lock);
}

static E2eeKeyStatus
decrypt_locked (E2eeKeyRing * ring, Slot * slot, const E2eeMessage * message,
    guint8 * out)
{
  if (!is_valid_locked (ring, slot))
    return E2EE_KEY_STATUS_INVALID;
  if (slot->key == NULL) {
    count_failure_locked (ring, slot);
    return E2EE_KEY_STATUS_MISSING;
  }
  if (!slot_has_cipher (slot))
    return E2EE_KEY_STATUS_WRONG;
  if (!cipher_decrypt (slot->cipher, message, out)
      && !slot_ratchet (slot, ring->ratchet_window, message, out))
    return E2EE_KEY_STATUS_WRONG;
  slot->failures = 0;
  return E2EE_KEY_STATUS_GOOD;
}

/**
 * e2ee_key_ring_decrypt:
 * @ring: the sender's keys
 * @index: the key's index, as the frame names it
 * @message: what to decrypt
 * @out: takes @message->size bytes, apart from @message; all zeros if the tag
 *     is wrong
 *
 * A missing key counts as a failure of it, but a wrong tag doesn't, see
 * e2ee_key_ring_count_wrong(): a frame may be readable in more than one way.
 */
E2eeKeyStatus
e2ee_key_ring_decrypt (E2eeKeyRing * ring, guint8 index,
    const E2eeMessage * message, guint8 * out)
{
  E2eeKeyStatus status;

  g_mutex_lock (&ring->lock);
  status = decrypt_locked (ring, &ring->slots[index], message, out);
  g_mutex_unlock (&ring->lock);
  return status;
}

/**
 * e2ee_key_ring_encrypt:
 * @ring: the sender's keys
 * @index: the key's index
 * @message: what to encrypt
 * @out: takes @message->size and E2EE_TAG_SIZE bytes
 *
 * Returns: GOOD, MISSING, or WRONG if it can't be done
 */
E2eeKeyStatus
e2ee_key_ring_encrypt (E2eeKeyRing * ring, guint8 index,
    const E2eeMessage * message, guint8 * out)
{
  Slot *slot = &ring->slots[index];
  E2eeKeyStatus status = E2EE_KEY_STATUS_WRONG;

  g_mutex_lock (&ring->lock);
  if (slot->key == NULL)
    status = E2EE_KEY_STATUS_MISSING;
  else if (slot_has_cipher (slot)
      && cipher_encrypt (slot->cipher, slot->key, message, out))
    status = E2EE_KEY_STATUS_GOOD;
  g_mutex_unlock (&ring->lock);
  return status;
}
