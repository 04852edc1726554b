/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Media keys and the rings they are in: e2ee/keyring.h.
 */
#include <gst/check/gstcheck.h>
#include <openssl/evp.h>
#include "debug.h"
#include "e2ee/keyring.h"
#include "hex.h"

#define RAW_KEY "000102030405060708090a0b0c0d0e0f"
#define HKDF_BLOCK \
    "4086b4641064e1ae8b63d4eb83ad3e7e878c21ab850a1f6b36c5954be5919e3a"
#define HKDF_KEY "4086b4641064e1ae8b63d4eb83ad3e7e"
#define RATCHETED_KEY "af61b566e2c6adff55bf8c20f94b4765"
#define PASSPHRASE "test-password"
#define PASSPHRASE_KEY "02bb387fd5a9b17ec2621a552709d500"

#define N_FAILURES (E2EE_FAILURE_TOLERANCE + 1)

/* --- derivation --- */

typedef struct
{
  E2eeKdf kdf;
  const gchar *material;
  const gchar *salt;            /* NULL: the usual one */
  const gchar *derived;
} Vector;

static const Vector vectors[] = {
  {E2EE_KDF_HKDF, RAW_KEY, NULL, HKDF_KEY},
  {E2EE_KDF_HKDF, RAW_KEY, NULL, HKDF_BLOCK},
  {E2EE_KDF_HKDF, HKDF_BLOCK, NULL, RATCHETED_KEY},
  {E2EE_KDF_HKDF, RAW_KEY, "4c4b4672616d65456e6372797074696f6e4b6579",
      HKDF_KEY},
  /* "test-password" */
  {E2EE_KDF_PBKDF2, "746573742d70617373776f7264", NULL, PASSPHRASE_KEY},
  {E2EE_KDF_PBKDF2, RAW_KEY, "0001020304050607",
      "a658cd52efbacadfecdfe0a0dc574ec3"},
};

GST_START_TEST (test_vectors)
{
  const Vector *row = &vectors[__i__];
  g_autoptr (GByteArray) material = bytes_from_hex (row->material);
  g_autoptr (GByteArray) salt = bytes_from_hex (row->salt ? row->salt : "");
  gsize size = strlen (row->derived) / 2;
  guint8 derived[32];
  g_autofree gchar *hex = NULL;

  fail_unless (e2ee_derive (row->kdf, material->data, material->len,
          row->salt ? salt->data : NULL, salt->len, derived, size));
  hex = hex_from_bytes (derived, size);
  fail_unless_equals_string (hex, row->derived);
}

GST_END_TEST;

GST_START_TEST (test_too_much_material)
{
  gsize size = 1024 * 1024;
  g_autofree guint8 *material = g_malloc0 (size);
  guint8 derived[16] = { 1, };

  fail_if (e2ee_derive (E2EE_KDF_PBKDF2, material, size, NULL, 0, derived,
          sizeof (derived)));
  fail_unless_equals_int (derived[0], 0);
  fail_if (e2ee_derive (E2EE_KDF_HKDF, material, 1, material, size, derived,
          sizeof (derived)));
  fail_unless (e2ee_key_new (E2EE_KDF_HKDF, material, size) == NULL);
}

GST_END_TEST;

GST_START_TEST (test_raw_size)
{
  guint8 raw[E2EE_RAW_KEY_SIZE * 2] = { 0, };
  gsize size;

  for (size = 0; size <= sizeof (raw); size++) {
    E2eeKey *key = e2ee_key_new_from_raw (raw, size);

    fail_unless ((key != NULL) == (size == E2EE_RAW_KEY_SIZE),
        "%d bytes", (gint) size);
    g_clear_pointer (&key, e2ee_key_unref);
  }
}

GST_END_TEST;

/* --- frames --- */

#define TEXT "what is said"
#define AAD "what it is"

static const guint8 iv[E2EE_IV_SIZE] = { 1, 2, 3 };

/* What AES-GCM with the key @hex makes of TEXT, by OpenSSL alone. */
static GByteArray *
encrypt (const gchar * hex)
{
  g_autoptr (GByteArray) key = bytes_from_hex (hex);
  GByteArray *out = g_byte_array_new ();
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new ();
  gint n;

  g_byte_array_set_size (out, strlen (TEXT) + E2EE_TAG_SIZE);
  fail_unless_equals_int (key->len, E2EE_AES_KEY_SIZE);
  fail_unless (EVP_EncryptInit_ex (ctx, EVP_aes_128_gcm (), NULL, key->data,
          iv));
  fail_unless (EVP_EncryptUpdate (ctx, NULL, &n, (const guint8 *) AAD,
          strlen (AAD)));
  fail_unless (EVP_EncryptUpdate (ctx, out->data, &n, (const guint8 *) TEXT,
          strlen (TEXT)));
  fail_unless (EVP_EncryptFinal_ex (ctx, out->data + n, &n));
  fail_unless (EVP_CIPHER_CTX_ctrl (ctx, EVP_CTRL_AEAD_GET_TAG, E2EE_TAG_SIZE,
          out->data + strlen (TEXT)));
  EVP_CIPHER_CTX_free (ctx);
  return out;
}

/* Whether @ring has TEXT out of what the key @hex made: its plain text is then
 * that, else it is none. */
static E2eeKeyStatus
decrypt (E2eeKeyRing * ring, guint8 index, const gchar * hex)
{
  g_autoptr (GByteArray) data = encrypt (hex);
  const E2eeMessage message = { iv, (const guint8 *) AAD, strlen (AAD),
    data->data, strlen (TEXT)
  };
  gchar out[sizeof (TEXT)] = { 0, };
  E2eeKeyStatus status =
      e2ee_key_ring_decrypt (ring, index, &message, (guint8 *) out);

  fail_unless_equals_string (out, status == E2EE_KEY_STATUS_GOOD ? TEXT : "");
  return status;
}

#define assert_decrypt(ring, index, hex, status) \
    fail_unless_equals_int (decrypt (ring, index, hex), \
        E2EE_KEY_STATUS_ ## status)

/* A frame that can't be read, to the end. */
static void
fail_once (E2eeKeyRing * ring, guint8 index)
{
  assert_decrypt (ring, index, RATCHETED_KEY, WRONG);
  e2ee_key_ring_count_wrong (ring, index);
}

static void
fail_often (E2eeKeyRing * ring, guint8 index, guint n)
{
  while (n-- > 0)
    fail_once (ring, index);
}

static E2eeKey *
key_from_hex (const gchar * hex)
{
  g_autoptr (GByteArray) raw = bytes_from_hex (hex);
  E2eeKey *key = e2ee_key_new_from_raw (raw->data, raw->len);

  fail_unless (key != NULL);
  return key;
}

static void
set_raw (E2eeKeyRing * ring, guint index, const gchar * hex)
{
  g_autoptr (E2eeKey) key = key_from_hex (hex);

  e2ee_key_ring_set (ring, index, key);
}

static E2eeKeyRing *
ring_new (void)
{
  return e2ee_key_ring_new (E2EE_FAILURE_TOLERANCE, 0);
}

#define OTHER_RAW_KEY "ffffffffffffffffffffffffffffffff"

GST_START_TEST (test_set)
{
  g_autoptr (E2eeKeyRing) ring = ring_new ();

  assert_decrypt (ring, 5, HKDF_KEY, MISSING);
  set_raw (ring, 5, RAW_KEY);
  assert_decrypt (ring, 5, HKDF_KEY, GOOD);
  assert_decrypt (ring, 5, HKDF_KEY, GOOD);
  assert_decrypt (ring, 5, RATCHETED_KEY, WRONG);
  assert_decrypt (ring, 5, HKDF_KEY, GOOD);
  assert_decrypt (ring, 4, HKDF_KEY, MISSING);
  /* Another key takes the place. */
  set_raw (ring, 5, OTHER_RAW_KEY);
  assert_decrypt (ring, 5, HKDF_KEY, WRONG);
  set_raw (ring, 5, RAW_KEY);
  assert_decrypt (ring, 5, HKDF_KEY, GOOD);
}

GST_END_TEST;

GST_START_TEST (test_wrap)
{
  static const struct
  {
    guint set;
    guint8 index;
  } rows[] = { {0, 0}, {255, 255}, {256, 0}, {257, 1}, {511, 255}, {G_MAXUINT,
      255}
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (E2eeKeyRing) ring = ring_new ();
    guint index;

    set_raw (ring, rows[i].set, RAW_KEY);
    for (index = 0; index < E2EE_KEY_RING_SIZE; index++)
      fail_unless_equals_int (decrypt (ring, index, HKDF_KEY),
          index == rows[i].index ? E2EE_KEY_STATUS_GOOD :
          E2EE_KEY_STATUS_MISSING);
  }
}

GST_END_TEST;

/* All indices at once, each with a key of its own. */
GST_START_TEST (test_full)
{
  g_autoptr (E2eeKeyRing) ring = ring_new ();
  guint8 raw[E2EE_RAW_KEY_SIZE] = { 0, };
  guint i;

  for (i = 0; i < 2 * E2EE_KEY_RING_SIZE; i++) {
    g_autoptr (E2eeKey) key = NULL;

    raw[0] = i;
    raw[1] = i >> 8;
    key = e2ee_key_new_from_raw (raw, sizeof (raw));
    e2ee_key_ring_set (ring, i, key);
  }
  for (i = 0; i < E2EE_KEY_RING_SIZE; i++) {
    guint8 derived[E2EE_AES_KEY_SIZE];
    g_autofree gchar *hex = NULL;

    raw[0] = i;
    raw[1] = 1;
    e2ee_derive (E2EE_KDF_HKDF, raw, sizeof (raw), NULL, 0, derived,
        sizeof (derived));
    hex = hex_from_bytes (derived, sizeof (derived));
    assert_decrypt (ring, i, hex, GOOD);
    assert_decrypt (ring, i + 1, hex, WRONG);
  }
}

GST_END_TEST;

/* Derived once: a thousand PBKDF2 would take longer than a test may. */
GST_START_TEST (test_shared)
{
  g_autoptr (E2eeKey) key = e2ee_key_new_from_passphrase (PASSPHRASE);
  E2eeKeyRing *rings[1000];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rings); i++) {
    rings[i] = e2ee_key_ring_new (E2EE_FAILURE_TOLERANCE_UNLIMITED, 0);
    e2ee_key_ring_set (rings[i], 0, key);
  }
  /* The end of one is not the end of the others. */
  for (i = 0; i < G_N_ELEMENTS (rings); i++) {
    assert_decrypt (rings[i], 0, PASSPHRASE_KEY, GOOD);
    e2ee_key_ring_unref (rings[i]);
  }
}

GST_END_TEST;

GST_START_TEST (test_ref)
{
  g_autoptr (E2eeKeyRing) ring = ring_new ();
  E2eeKeyRing *other = e2ee_key_ring_ref (ring);

  set_raw (other, 0, RAW_KEY);
  e2ee_key_ring_unref (other);
  assert_decrypt (ring, 0, HKDF_KEY, GOOD);
}

GST_END_TEST;

GST_START_TEST (test_encrypt)
{
  g_autoptr (E2eeKeyRing) ring = ring_new ();
  g_autoptr (GByteArray) expected = encrypt (HKDF_KEY);
  const E2eeMessage message = { iv, (const guint8 *) AAD, strlen (AAD),
    (const guint8 *) TEXT, strlen (TEXT)
  };
  guint8 out[sizeof (TEXT) - 1 + E2EE_TAG_SIZE];
  guint i;

  fail_unless_equals_int (e2ee_key_ring_encrypt (ring, 0, &message, out),
      E2EE_KEY_STATUS_MISSING);
  set_raw (ring, 0, RAW_KEY);
  /* Turns about: both use the same context. */
  for (i = 0; i < 3; i++) {
    memset (out, 0, sizeof (out));
    fail_unless_equals_int (e2ee_key_ring_encrypt (ring, 0, &message, out),
        E2EE_KEY_STATUS_GOOD);
    fail_unless_equals_int (sizeof (out), expected->len);
    fail_unless (memcmp (out, expected->data, expected->len) == 0);
    assert_decrypt (ring, 0, HKDF_KEY, GOOD);
  }
}

GST_END_TEST;

/* Neither AAD nor text, only one of them, and both. */
GST_START_TEST (test_empty_parts)
{
  g_autoptr (E2eeKeyRing) ring = ring_new ();
  gsize aad_size = __i__ & 1 ? strlen (AAD) : 0;
  gsize size = __i__ & 2 ? strlen (TEXT) : 0;
  E2eeMessage message = { iv, (const guint8 *) AAD, aad_size,
    (const guint8 *) TEXT, size
  };
  guint8 sealed[sizeof (TEXT) + E2EE_TAG_SIZE];
  guint8 out[sizeof (TEXT)];
  gsize i;

  set_raw (ring, 0, RAW_KEY);
  fail_unless_equals_int (e2ee_key_ring_encrypt (ring, 0, &message, sealed),
      E2EE_KEY_STATUS_GOOD);
  message.data = sealed;
  fail_unless_equals_int (e2ee_key_ring_decrypt (ring, 0, &message, out),
      E2EE_KEY_STATUS_GOOD);
  fail_unless (memcmp (out, TEXT, size) == 0);
  for (i = 0; i < size + E2EE_TAG_SIZE; i++) {
    sealed[i] ^= 1;
    fail_unless_equals_int (e2ee_key_ring_decrypt (ring, 0, &message, out),
        E2EE_KEY_STATUS_WRONG);
    sealed[i] ^= 1;
  }
}

GST_END_TEST;

/* --- failures --- */

GST_START_TEST (test_tolerance)
{
  g_autoptr (E2eeKeyRing) ring = ring_new ();

  set_raw (ring, 3, RAW_KEY);
  fail_often (ring, 3, E2EE_FAILURE_TOLERANCE);
  /* One more would have been too much: a success ends the row. */
  assert_decrypt (ring, 3, HKDF_KEY, GOOD);
  fail_often (ring, 3, N_FAILURES);
  assert_decrypt (ring, 3, RATCHETED_KEY, INVALID);
  assert_decrypt (ring, 3, HKDF_KEY, INVALID);
  /* Setting it again, even to the same, is the way out. */
  set_raw (ring, 3, RAW_KEY);
  assert_decrypt (ring, 3, HKDF_KEY, GOOD);
  fail_often (ring, 3, N_FAILURES);
  assert_decrypt (ring, 3, HKDF_KEY, INVALID);
}

GST_END_TEST;

GST_START_TEST (test_tolerance_missing)
{
  g_autoptr (E2eeKeyRing) ring = ring_new ();
  guint i;

  for (i = 0; i < N_FAILURES; i++)
    assert_decrypt (ring, 200, HKDF_KEY, MISSING);
  assert_decrypt (ring, 200, HKDF_KEY, INVALID);
  assert_decrypt (ring, 201, HKDF_KEY, MISSING);
  set_raw (ring, 456, RAW_KEY);
  assert_decrypt (ring, 200, HKDF_KEY, GOOD);
}

GST_END_TEST;

GST_START_TEST (test_tolerance_none)
{
  g_autoptr (E2eeKeyRing) ring = e2ee_key_ring_new (0, 0);

  set_raw (ring, 0, RAW_KEY);
  fail_once (ring, 0);
  assert_decrypt (ring, 0, HKDF_KEY, INVALID);
}

GST_END_TEST;

GST_START_TEST (test_tolerance_unlimited)
{
  g_autoptr (E2eeKeyRing) ring =
      e2ee_key_ring_new (E2EE_FAILURE_TOLERANCE_UNLIMITED, 0);
  guint i;

  for (i = 0; i < 100; i++)
    assert_decrypt (ring, 1, HKDF_KEY, MISSING);
  set_raw (ring, 0, RAW_KEY);
  fail_often (ring, 0, 100);
  assert_decrypt (ring, 0, HKDF_KEY, GOOD);
}

GST_END_TEST;

/* While the key set last is invalid, those of other indices stay as they are;
 * a missing key counts nevertheless. */
GST_START_TEST (test_tolerance_last_set)
{
  g_autoptr (E2eeKeyRing) ring = ring_new ();
  guint i;

  set_raw (ring, 0, RAW_KEY);
  set_raw (ring, 1, RAW_KEY);
  fail_often (ring, 1, N_FAILURES);
  assert_decrypt (ring, 1, HKDF_KEY, INVALID);
  fail_often (ring, 0, 3 * N_FAILURES);
  assert_decrypt (ring, 0, HKDF_KEY, GOOD);
  for (i = 0; i < N_FAILURES; i++)
    assert_decrypt (ring, 2, HKDF_KEY, MISSING);
  assert_decrypt (ring, 2, HKDF_KEY, INVALID);
  set_raw (ring, 9, RAW_KEY);
  fail_often (ring, 0, N_FAILURES);
  assert_decrypt (ring, 0, HKDF_KEY, INVALID);
  assert_decrypt (ring, 9, HKDF_KEY, GOOD);
}

GST_END_TEST;

/* --- ratchet --- */

/* The AES key @steps ratchet steps after the raw key @hex, computed as its
 * definition says: two derivations a step. */
static gchar *
ratchet_from (const gchar * hex, guint steps)
{
  g_autoptr (GByteArray) material = bytes_from_hex (hex);
  guint8 block[32];

  while (steps-- > 0) {
    e2ee_derive (E2EE_KDF_HKDF, material->data, material->len, NULL, 0, block,
        32);
    g_byte_array_set_size (material, 0);
    g_byte_array_append (material, block, 32);
  }
  e2ee_derive (E2EE_KDF_HKDF, material->data, material->len, NULL, 0, block,
      E2EE_AES_KEY_SIZE);
  return hex_from_bytes (block, E2EE_AES_KEY_SIZE);
}

static gchar *
ratchet_by_hand (guint steps)
{
  return ratchet_from (RAW_KEY, steps);
}

GST_START_TEST (test_ratchet_key)
{
  g_autoptr (E2eeKeyRing) ring = ring_new ();
  g_autoptr (E2eeKey) key = key_from_hex (RAW_KEY);
  guint i;

  for (i = 0; i < 5; i++) {
    g_autofree gchar *hex = ratchet_by_hand (i);
    g_autoptr (E2eeKey) next = e2ee_key_ratchet (key);

    fail_unless (i != 1 || g_str_equal (hex, RATCHETED_KEY));
    e2ee_key_ring_set (ring, 0, key);
    assert_decrypt (ring, 0, hex, GOOD);
    e2ee_key_unref (key);
    key = e2ee_key_ref (next);
  }
}

GST_END_TEST;

GST_START_TEST (test_ratchet_off)
{
  g_autoptr (E2eeKeyRing) ring = ring_new ();

  set_raw (ring, 0, RAW_KEY);
  assert_decrypt (ring, 0, RATCHETED_KEY, WRONG);
}

GST_END_TEST;

#define WINDOW 8

/* From each number of steps ahead up to the window, and from there again. */
GST_START_TEST (test_ratchet_steps)
{
  guint steps = __i__;
  g_autoptr (E2eeKeyRing) ring =
      e2ee_key_ring_new (E2EE_FAILURE_TOLERANCE, WINDOW);
  g_autofree gchar *ahead = ratchet_by_hand (steps);
  g_autofree gchar *further = ratchet_by_hand (steps + WINDOW);
  g_autofree gchar *beyond = ratchet_by_hand (steps + WINDOW + 1);
  g_autofree gchar *before = ratchet_by_hand (steps - 1);

  set_raw (ring, 7, RAW_KEY);
  assert_decrypt (ring, 7, ahead, GOOD);
  assert_decrypt (ring, 7, ahead, GOOD);
  assert_decrypt (ring, 7, before, WRONG);
  assert_decrypt (ring, 7, ahead, GOOD);
  assert_decrypt (ring, 7, beyond, WRONG);
  assert_decrypt (ring, 7, further, GOOD);
  assert_decrypt (ring, 7, ahead, WRONG);
}

GST_END_TEST;

GST_START_TEST (test_ratchet_beyond)
{
  g_autoptr (E2eeKeyRing) ring =
      e2ee_key_ring_new (E2EE_FAILURE_TOLERANCE, WINDOW);
  g_autofree gchar *beyond = ratchet_by_hand (WINDOW + 1);
  g_autofree gchar *within = ratchet_by_hand (WINDOW);

  set_raw (ring, 0, RAW_KEY);
  assert_decrypt (ring, 0, beyond, WRONG);
  /* In vain: the ring hasn't moved. */
  assert_decrypt (ring, 0, HKDF_KEY, GOOD);
  assert_decrypt (ring, 0, within, GOOD);
  assert_decrypt (ring, 0, beyond, GOOD);
}

GST_END_TEST;

/* Nothing stays of the steps of the key before. */
GST_START_TEST (test_ratchet_new_key)
{
  g_autoptr (E2eeKeyRing) ring =
      e2ee_key_ring_new (E2EE_FAILURE_TOLERANCE, WINDOW);
  g_autofree gchar *beyond = ratchet_by_hand (WINDOW + 1);
  g_autofree gchar *other = ratchet_from (OTHER_RAW_KEY, 1);

  set_raw (ring, 0, RAW_KEY);
  assert_decrypt (ring, 0, beyond, WRONG);
  set_raw (ring, 0, OTHER_RAW_KEY);
  assert_decrypt (ring, 0, RATCHETED_KEY, WRONG);
  assert_decrypt (ring, 0, other, GOOD);
}

GST_END_TEST;

GST_START_TEST (test_ratchet_bound)
{
  g_autoptr (E2eeKeyRing) ring = e2ee_key_ring_new (-1, G_MAXUINT);
  g_autofree gchar *beyond = ratchet_by_hand (E2EE_MAX_RATCHET_WINDOW + 1);
  g_autofree gchar *within = ratchet_by_hand (E2EE_MAX_RATCHET_WINDOW);

  set_raw (ring, 0, RAW_KEY);
  assert_decrypt (ring, 0, beyond, WRONG);
  assert_decrypt (ring, 0, within, GOOD);
}

GST_END_TEST;

/* Frames that nothing fits cost no derivation after the first: with PBKDF2
 * these would take minutes. */
GST_START_TEST (test_ratchet_passphrase)
{
  g_autoptr (E2eeKeyRing) ring = e2ee_key_ring_new (-1, 2);
  g_autoptr (E2eeKey) key = e2ee_key_new_from_passphrase (PASSPHRASE);
  guint8 material[32];
  guint8 next[E2EE_AES_KEY_SIZE];
  g_autofree gchar *hex = NULL;
  guint i;

  e2ee_derive (E2EE_KDF_PBKDF2, (const guint8 *) PASSPHRASE,
      strlen (PASSPHRASE), NULL, 0, material, sizeof (material));
  e2ee_derive (E2EE_KDF_PBKDF2, material, sizeof (material), NULL, 0, next,
      sizeof (next));
  hex = hex_from_bytes (next, sizeof (next));
  e2ee_key_ring_set (ring, 0, key);
  for (i = 0; i < 2000; i++)
    assert_decrypt (ring, 0, HKDF_KEY, WRONG);
  assert_decrypt (ring, 0, hex, GOOD);
}

GST_END_TEST;

/* --- threads --- */

static gpointer
set_keys (gpointer data)
{
  g_autoptr (E2eeKey) key = key_from_hex (RAW_KEY);
  guint i;

  for (i = 0; i < 20000; i++)
    e2ee_key_ring_set (data, i % 2, key);
  return NULL;
}

static gpointer
read_frames (gpointer data)
{
  guint i;

  for (i = 0; i < 5000; i++)
    assert_decrypt (data, i % 2, HKDF_KEY, GOOD);
  return NULL;
}

GST_START_TEST (test_threads)
{
  g_autoptr (E2eeKeyRing) ring = ring_new ();
  GThread *threads[3];
  guint i;

  set_raw (ring, 0, RAW_KEY);
  set_raw (ring, 1, RAW_KEY);
  threads[0] = g_thread_new ("set", set_keys, ring);
  threads[1] = g_thread_new ("audio", read_frames, ring);
  threads[2] = g_thread_new ("video", read_frames, ring);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

GST_END_TEST;

static Suite *
keyring_suite (void)
{
  Suite *suite = suite_create ("keyring");
  TCase *tc = tcase_create ("keyring");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_vectors, 0, G_N_ELEMENTS (vectors));
  tcase_add_test (tc, test_too_much_material);
  tcase_add_test (tc, test_raw_size);
  tcase_add_test (tc, test_set);
  tcase_add_test (tc, test_wrap);
  tcase_add_test (tc, test_full);
  tcase_add_test (tc, test_shared);
  tcase_add_test (tc, test_ref);
  tcase_add_test (tc, test_encrypt);
  tcase_add_loop_test (tc, test_empty_parts, 0, 4);
  tcase_add_test (tc, test_tolerance);
  tcase_add_test (tc, test_tolerance_missing);
  tcase_add_test (tc, test_tolerance_none);
  tcase_add_test (tc, test_tolerance_unlimited);
  tcase_add_test (tc, test_tolerance_last_set);
  tcase_add_test (tc, test_ratchet_key);
  tcase_add_test (tc, test_ratchet_off);
  tcase_add_loop_test (tc, test_ratchet_steps, 1, WINDOW + 1);
  tcase_add_test (tc, test_ratchet_beyond);
  tcase_add_test (tc, test_ratchet_new_key);
  tcase_add_test (tc, test_ratchet_bound);
  tcase_add_test (tc, test_ratchet_passphrase);
  tcase_add_test (tc, test_threads);
  return suite;
}

GST_CHECK_MAIN (keyring);
