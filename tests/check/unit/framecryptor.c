/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Encrypted frames, whole and broken: e2ee/framecryptor.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "frames.h"
#include "hex.h"

#define N_FAILURES (E2EE_FAILURE_TOLERANCE + 1)

/* --- frames of LiveKit's SDK --- */

typedef struct
{
  E2eeCodec codec;
  guint8 index;
  const gchar *passphrase;      /* NULL: the raw key */
  const gchar *plain;
  const gchar *encrypted;
} Vector;

static const Vector vectors[] = {
  {E2EE_CODEC_OPUS, 3, NULL, "fc0102030405060708",
      "fc99cd7dc06184c69cb5f0ed2d0e410871aad0f26bc11820e311223344"
        "00000960000009600c03"},
  {E2EE_CODEC_VP8, 0, NULL, "1002009d012a080008000047088585",
      "1002009d012a0800080010d6c56739beebfa43596c2c42e2e9f7059971019f"
        "0a0b0c0d00015f9000015f900c00"},
  {E2EE_CODEC_VP8, 255, NULL, "b10200aabbccddee",
      "b1020072efe495ed3d1eb65869a535826971350786f44ce8"
        "0a0b0c0d00016b4800016b480cff"},
  {E2EE_CODEC_VP9, 1, NULL, "82498342001122",
      "b33da6fdb02293556af374f6e626252d2e45f4911e6e71"
        "0000000100000002000000020c01"},
  {E2EE_CODEC_H264, 0, NULL,
        "000000016742001f0000000168ce3c00000001658884001122334455",
      "000000016742001f0000000168ce3c000000016588"
        "ea2642c673c13af1c717f6e0d452f9a886fb075c2d754c"
        "0000030001000003030000030003000c00"},
  {E2EE_CODEC_H265, 2, NULL, "0000000140010c01000000012601af09090909",
      "0000000140010c01000000012601"
        "b736d5e1a65bd5d535cbfc849de4e2159a6a669ebf"
        "000003020000030000030100000300010c02"},
  {E2EE_CODEC_OPUS, 0, "test-password", "fc0102030405060708",
      "fc44f9fc860c5f385f7bea146cf5093f3bfacd2ff5984e529d11223344"
        "00000960000009600c00"},
};

static E2eeFrameCryptor *
cryptor_new_for_vector (const Vector * row)
{
  g_autoptr (E2eeKeyRing) ring = e2ee_key_ring_new (-1, 0);
  g_autoptr (E2eeKey) key = NULL;

  if (row->passphrase == NULL) {
    set_key (ring, row->index);
  } else {
    key = e2ee_key_new_from_passphrase (row->passphrase);
    e2ee_key_ring_set (ring, row->index, key);
  }
  return e2ee_frame_cryptor_new (row->codec, ring);
}

GST_START_TEST (test_vectors_decrypt)
{
  const Vector *row = &vectors[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new_for_vector (row);
  g_autoptr (GByteArray) plain = bytes_from_hex (row->plain);
  g_autoptr (GByteArray) encrypted = bytes_from_hex (row->encrypted);

  assert_decrypts (cryptor, encrypted, plain);
  assert_decrypts (cryptor, encrypted, plain);
}

GST_END_TEST;

GST_START_TEST (test_vectors_encrypt)
{
  const Vector *row = &vectors[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new_for_vector (row);
  g_autoptr (GByteArray) plain = bytes_from_hex (row->plain);
  g_autoptr (GByteArray) encrypted = bytes_from_hex (row->encrypted);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint8 unescaped[200];
  gsize size = e2ee_rbsp_unescape (encrypted->data, encrypted->len, unescaped);

  g_byte_array_set_size (out, E2EE_MAX_ENCRYPTED_SIZE (plain->len));
  fail_unless_equals_int (e2ee_frame_cryptor_encrypt (cryptor, row->index,
          unescaped + size - 2 - E2EE_IV_SIZE, plain->data, plain->len,
          out->data, &size), E2EE_RESULT_ENCRYPTED);
  g_byte_array_set_size (out, size);
  assert_bytes (out, encrypted);
}

GST_END_TEST;

GST_START_TEST (test_flipped_bits)
{
  const Vector *row = &vectors[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new_for_vector (row);
  g_autoptr (GByteArray) frame = bytes_from_hex (row->encrypted);
  guint i;

  for (i = 0; i < frame->len * 8; i++) {
    E2eeResult result;

    frame->data[i / 8] ^= 1 << i % 8;
    result = decrypt_result (cryptor, frame);
    fail_unless (result == E2EE_RESULT_BAD_TAG
        || result == E2EE_RESULT_MALFORMED
        || result == E2EE_RESULT_MISSING_KEY, "bit %u gave %d", i, result);
    fail_unless ((i / 8 == frame->len - 1)
        == (result == E2EE_RESULT_MISSING_KEY));
    frame->data[i / 8] ^= 1 << i % 8;
  }
  assert_result (cryptor, frame, DECRYPTED);
}

GST_END_TEST;

GST_START_TEST (test_other_bytes)
{
  const Vector *row = &vectors[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new_for_vector (row);
  g_autoptr (GByteArray) frame = bytes_from_hex (row->encrypted);
  guint i, value;

  for (i = 0; i < frame->len; i++) {
    guint8 byte = frame->data[i];

    for (value = 0; value < 256; value++) {
      frame->data[i] = value;
      fail_unless ((decrypt_result (cryptor, frame) == E2EE_RESULT_DECRYPTED)
          == (value == byte), "byte %u, value %u", i, value);
    }
    frame->data[i] = byte;
  }
}

GST_END_TEST;

/* Any piece of a frame but the whole. */
GST_START_TEST (test_pieces)
{
  const Vector *row = &vectors[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new_for_vector (row);
  g_autoptr (GByteArray) frame = bytes_from_hex (row->encrypted);
  guint from, size;

  for (from = 0; from <= frame->len; from++) {
    for (size = 0; size <= frame->len - from; size++) {
      g_autoptr (GByteArray) out = NULL;
      E2eeResult result =
          frame_decrypt (cryptor, frame->data + from, size, &out);

      fail_unless ((result == E2EE_RESULT_EMPTY) == (size == 0));
      fail_unless (size == 0 || size >= E2EE_OVERHEAD
          || result == E2EE_RESULT_MALFORMED);
      fail_unless ((result == E2EE_RESULT_DECRYPTED) == (size == frame->len));
    }
  }
}

GST_END_TEST;

/* --- any frame --- */

static const guint sizes[] = { 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 13, 16, 28,
  29, 30, 31, 32, 100, 255, 256, 1200, 20000, 300000
};

static void
check_round_trip (const FrameKind * kind, guint size, guint fill)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (kind->codec);
  g_autoptr (GByteArray) plain = frame_new (kind->start, size, fill);
  g_autoptr (GByteArray) encrypted = NULL;
  g_autoptr (GByteArray) sealed = NULL;

  if (size == 0) {
    assert_result (cryptor, plain, EMPTY);
    assert_encrypt_result (cryptor, plain, EMPTY);
    return;
  }
  if (size < kind->header) {
    assert_encrypt_result (cryptor, plain, MALFORMED);
    return;
  }
  encrypted = frame_encrypted (cryptor, plain);
  sealed = frame_seal (plain, kind->header, kind->is_escaped);
  assert_bytes (encrypted, sealed);
  assert_decrypts (cryptor, encrypted, plain);
  if (!kind->is_escaped)
    fail_unless_equals_int (encrypted->len, size + E2EE_OVERHEAD);
}

GST_START_TEST (test_round_trip)
{
  const FrameKind *kind = &frame_kinds[__i__];
  /* Shorter ones have no slice, or none that the sender sees. */
  guint smallest = kind->is_escaped ? strlen (kind->start) / 2 + 3 : 0;
  guint i, fill;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (fill = 0; sizes[i] >= smallest && fill < N_FRAME_FILLS; fill++)
      check_round_trip (kind, sizes[i], fill);
  }
}

GST_END_TEST;

GST_START_TEST (test_indices)
{
  g_autoptr (E2eeKeyRing) ring = e2ee_key_ring_new (-1, 0);
  g_autoptr (E2eeFrameCryptor) cryptor =
      e2ee_frame_cryptor_new (E2EE_CODEC_H264, ring);
  g_autoptr (GByteArray) plain = frame_new ("00000001658800", 50, 0);
  guint i;

  for (i = 0; i < E2EE_KEY_RING_SIZE; i++) {
    g_autoptr (GByteArray) frame = g_byte_array_new ();
    gsize size;

    g_byte_array_set_size (frame, E2EE_MAX_ENCRYPTED_SIZE (plain->len));
    fail_unless_equals_int (e2ee_frame_cryptor_encrypt (cryptor, i, frame_iv,
            plain->data, plain->len, frame->data, &size),
        E2EE_RESULT_MISSING_KEY);
    fail_unless_equals_int (size, 0);
    set_key (ring, i);
    fail_unless_equals_int (e2ee_frame_cryptor_encrypt (cryptor, i, frame_iv,
            plain->data, plain->len, frame->data, &size),
        E2EE_RESULT_ENCRYPTED);
    g_byte_array_set_size (frame, size);
    fail_unless_equals_int (frame->data[size - 1], i);
    assert_decrypts (cryptor, frame, plain);
  }
}

GST_END_TEST;

/* --- lies about sizes --- */

GST_START_TEST (test_iv_size)
{
  const Vector *row = &vectors[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new_for_vector (row);
  g_autoptr (GByteArray) frame = bytes_from_hex (row->encrypted);
  guint size;

  for (size = 0; size < 256; size++) {
    frame->data[frame->len - 2] = size;
    fail_unless_equals_int (decrypt_result (cryptor, frame),
        size == E2EE_IV_SIZE ? E2EE_RESULT_DECRYPTED : E2EE_RESULT_MALFORMED);
  }
}

GST_END_TEST;

static const E2eeCodec all_codecs[] = { E2EE_CODEC_OPUS, E2EE_CODEC_VP8,
  E2EE_CODEC_VP9, E2EE_CODEC_H264, E2EE_CODEC_H265, E2EE_CODEC_AV1
};

/* Frames of each size that end rightly. */
GST_START_TEST (test_sizes)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (all_codecs[__i__]);
  guint size, fill;

  for (size = 2; size < 400; size++) {
    for (fill = 0; fill < N_FRAME_FILLS; fill++) {
      g_autoptr (GByteArray) frame = frame_new ("", size, fill);
      E2eeResult result;

      frame->data[size - 2] = E2EE_IV_SIZE;
      frame->data[size - 1] = FRAME_INDEX;
      result = decrypt_result (cryptor, frame);
      fail_unless (size >= E2EE_OVERHEAD || result == E2EE_RESULT_MALFORMED);
      fail_unless (size < E2EE_OVERHEAD + 10 || result == E2EE_RESULT_BAD_TAG);
    }
  }
}

GST_END_TEST;

GST_START_TEST (test_giant)
{
  E2eeCodec codec = all_codecs[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (codec);
  g_autoptr (GByteArray) frame =
      frame_new ("0000000126", E2EE_MAX_FRAME_SIZE + 1, __i__ % 2);
  g_autoptr (GByteArray) plain = NULL;
  g_autoptr (GByteArray) encrypted = NULL;

  frame->data[frame->len - 2] = E2EE_IV_SIZE;
  frame->data[frame->len - 1] = FRAME_INDEX;
  assert_result (cryptor, frame, MALFORMED);
  assert_encrypt_result (cryptor, frame, MALFORMED);
  g_byte_array_remove_index (frame, 20);
  assert_result (cryptor, frame, BAD_TAG);
  plain = frame_new ("000000012601", E2EE_MAX_FRAME_SIZE / 2, 2);
  encrypted = frame_encrypted (cryptor, plain);
  assert_decrypts (cryptor, encrypted, plain);
}

GST_END_TEST;

/* Nothing unauthenticated is left to be read. */
GST_START_TEST (test_bad_tag_leaves_nothing)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (E2EE_CODEC_VP9);
  g_autoptr (GByteArray) plain = frame_new ("82", 500, 2);
  g_autoptr (GByteArray) frame = frame_encrypted (cryptor, plain);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gsize size;
  guint i;

  frame->data[frame->len - 20] ^= 1;
  g_byte_array_set_size (out, frame->len);
  memset (out->data, 0xee, out->len);
  fail_unless_equals_int (e2ee_frame_cryptor_decrypt (cryptor, frame->data,
          frame->len, out->data, &size), E2EE_RESULT_BAD_TAG);
  fail_unless_equals_int (size, 0);
  for (i = 0; i < out->len; i++)
    fail_unless (out->data[i] == 0 || out->data[i] == 0xee);
}

GST_END_TEST;

/* --- failures --- */

static void
fail_often (E2eeFrameCryptor * cryptor, const GByteArray * frame, guint n,
    E2eeResult result)
{
  while (n-- > 0)
    fail_unless_equals_int (decrypt_result (cryptor, frame), result);
}

GST_START_TEST (test_failures)
{
  const FrameKind *kind = &frame_kinds[__i__];
  g_autoptr (E2eeKeyRing) ring = ring_new (E2EE_FAILURE_TOLERANCE);
  g_autoptr (E2eeFrameCryptor) cryptor =
      e2ee_frame_cryptor_new (kind->codec, ring);
  g_autoptr (GByteArray) plain = frame_new (kind->start, 80, 2);
  g_autoptr (GByteArray) good = frame_encrypted (cryptor, plain);
  g_autoptr (GByteArray) bad = frame_append_hex (good, "");
  g_autoptr (GByteArray) short_one = bytes_from_hex ("0c03");
  g_autoptr (GByteArray) sif = frame_append_sif_trailer (plain);

  bad->data[bad->len - 30] ^= 0x80;
  set_sif_trailer (cryptor, FRAME_SIF_TRAILER);
  fail_often (cryptor, bad, E2EE_FAILURE_TOLERANCE, E2EE_RESULT_BAD_TAG);
  assert_result (cryptor, good, DECRYPTED);
  /* What isn't the key's fault doesn't count. */
  fail_often (cryptor, short_one, 3 * N_FAILURES, E2EE_RESULT_MALFORMED);
  fail_often (cryptor, sif, 3 * N_FAILURES, E2EE_RESULT_SIF_DROP);
  fail_often (cryptor, bad, N_FAILURES, E2EE_RESULT_BAD_TAG);
  fail_often (cryptor, good, 3, E2EE_RESULT_INVALID_KEY);
  fail_often (cryptor, sif, 1, E2EE_RESULT_SIF_DROP);
  set_key (ring, FRAME_INDEX);
  assert_result (cryptor, good, DECRYPTED);
}

GST_END_TEST;

/* However many ways to read a frame there are, it fails once. */
GST_START_TEST (test_failures_layouts)
{
  g_autoptr (E2eeKeyRing) ring = ring_new (E2EE_FAILURE_TOLERANCE);
  g_autoptr (E2eeFrameCryptor) cryptor =
      e2ee_frame_cryptor_new (E2EE_CODEC_H264, ring);
  g_autoptr (GByteArray) plain =
      frame_new ("0000000167", 50, FRAME_FILL_RANDOM);
  g_autoptr (GByteArray) good = frame_encrypted (cryptor, plain);
  g_autoptr (GByteArray) bad = frame_append_hex (good, "");

  bad->data[bad->len - 30] ^= 0x80;
  fail_often (cryptor, bad, N_FAILURES, E2EE_RESULT_BAD_TAG);
  fail_often (cryptor, good, 1, E2EE_RESULT_INVALID_KEY);
}

GST_END_TEST;

/* The tracks of a participant have their keys in common. */
GST_START_TEST (test_failures_shared)
{
  g_autoptr (E2eeKeyRing) ring = ring_new (E2EE_FAILURE_TOLERANCE);
  g_autoptr (E2eeFrameCryptor) audio =
      e2ee_frame_cryptor_new (E2EE_CODEC_OPUS, ring);
  g_autoptr (E2eeFrameCryptor) video =
      e2ee_frame_cryptor_new (E2EE_CODEC_VP8, ring);
  g_autoptr (GByteArray) missing = frame_new ("11", 100, 2);
  g_autoptr (GByteArray) bad = NULL;

  missing->data[98] = E2EE_IV_SIZE;
  missing->data[99] = FRAME_INDEX + 1;
  bad = frame_append_hex (missing, "");
  bad->data[99] = FRAME_INDEX;
  fail_often (audio, bad, N_FAILURES - 5, E2EE_RESULT_BAD_TAG);
  fail_often (video, bad, 5, E2EE_RESULT_BAD_TAG);
  fail_often (audio, bad, 1, E2EE_RESULT_INVALID_KEY);
  fail_often (audio, missing, N_FAILURES - 5, E2EE_RESULT_MISSING_KEY);
  fail_often (video, missing, 5, E2EE_RESULT_MISSING_KEY);
  fail_often (video, missing, 1, E2EE_RESULT_INVALID_KEY);
}

GST_END_TEST;

static Suite *
framecryptor_suite (void)
{
  Suite *suite = suite_create ("framecryptor");
  TCase *tc = tcase_create ("framecryptor");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_vectors_decrypt, 0, G_N_ELEMENTS (vectors));
  tcase_add_loop_test (tc, test_vectors_encrypt, 0, G_N_ELEMENTS (vectors));
  tcase_add_loop_test (tc, test_flipped_bits, 0, G_N_ELEMENTS (vectors));
  tcase_add_loop_test (tc, test_other_bytes, 0, G_N_ELEMENTS (vectors));
  tcase_add_loop_test (tc, test_pieces, 0, G_N_ELEMENTS (vectors));
  tcase_add_loop_test (tc, test_round_trip, 0, N_FRAME_KINDS);
  tcase_add_test (tc, test_indices);
  tcase_add_loop_test (tc, test_iv_size, 0, G_N_ELEMENTS (vectors));
  tcase_add_loop_test (tc, test_sizes, 0, G_N_ELEMENTS (all_codecs));
  tcase_add_loop_test (tc, test_giant, 0, G_N_ELEMENTS (all_codecs));
  tcase_add_test (tc, test_bad_tag_leaves_nothing);
  tcase_add_loop_test (tc, test_failures, 0, N_FRAME_KINDS);
  tcase_add_test (tc, test_failures_layouts);
  tcase_add_test (tc, test_failures_shared);
  return suite;
}

GST_CHECK_MAIN (framecryptor);
