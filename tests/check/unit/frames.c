/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of e2ee/framecryptor.h have in common.
 */
#include <gst/check/gstcheck.h>
#include "frames.h"
#include "hex.h"

const guint8 frame_iv[E2EE_IV_SIZE] = { 0x11, 0x22, 0, 0, 3, 0, 0, 0, 2 };

const FrameKind frame_kinds[N_FRAME_KINDS] = {
  {E2EE_CODEC_OPUS, "fc", 1, FALSE},
  {E2EE_CODEC_VP8, "10", 10, FALSE},
  {E2EE_CODEC_VP8, "11", 3, FALSE},
  {E2EE_CODEC_VP9, "82", 0, FALSE},
  {E2EE_CODEC_AV1, "1200", 0, FALSE},
  {E2EE_CODEC_H264, "00000001658800", 6, TRUE},
  {E2EE_CODEC_H264, "0000000141880000", 6, TRUE},
  {E2EE_CODEC_H265, "0000000126010000", 6, TRUE},
  {E2EE_CODEC_H265, "0000012601000000", 5, TRUE},
};

void
set_key (E2eeKeyRing * ring, guint index)
{
  g_autoptr (GByteArray) raw = bytes_from_hex (FRAME_RAW_KEY);
  g_autoptr (E2eeKey) key = e2ee_key_new_from_raw (raw->data, raw->len);

  e2ee_key_ring_set (ring, index, key);
}

E2eeKeyRing *
ring_new (gint failure_tolerance)
{
  E2eeKeyRing *ring = e2ee_key_ring_new (failure_tolerance, 0);

  set_key (ring, FRAME_INDEX);
  return ring;
}

E2eeFrameCryptor *
cryptor_new (E2eeCodec codec)
{
  g_autoptr (E2eeKeyRing) ring = ring_new (-1);

  return e2ee_frame_cryptor_new (codec, ring);
}

E2eeResult
frame_encrypt (E2eeFrameCryptor * cryptor, const GByteArray * plain,
    GByteArray ** out)
{
  gsize size = E2EE_MAX_ENCRYPTED_SIZE ((gsize) plain->len);
  guint8 *buffer = g_malloc (size);
  E2eeResult result = e2ee_frame_cryptor_encrypt (cryptor, FRAME_INDEX,
      frame_iv, plain->data, plain->len, buffer, &size);

  fail_unless (e2ee_result_has_frame (result) || size == 0);
  *out = g_byte_array_new_take (buffer, size);
  return result;
}

/* Both buffers end where they should, so that a sanitizer sees what goes
 * beyond. */
E2eeResult
frame_decrypt (E2eeFrameCryptor * cryptor, const guint8 * data, gsize size,
    GByteArray ** out)
{
  g_autofree guint8 *frame = g_memdup2 (data, size);
  guint8 *buffer = g_malloc (size);
  gsize out_size = G_MAXSIZE;
  E2eeResult result = e2ee_frame_cryptor_decrypt (cryptor, frame, size, buffer,
      &out_size);

  fail_unless (out_size <= size);
  fail_unless (e2ee_result_has_frame (result) || out_size == 0);
  *out = g_byte_array_new_take (buffer, out_size);
  return result;
}

GByteArray *
frame_encrypted (E2eeFrameCryptor * cryptor, const GByteArray * plain)
{
  GByteArray *out;

  fail_unless_equals_int (frame_encrypt (cryptor, plain, &out),
      E2EE_RESULT_ENCRYPTED);
  return out;
}

E2eeResult
encrypt_result (E2eeFrameCryptor * cryptor, const GByteArray * plain)
{
  g_autoptr (GByteArray) out = NULL;

  return frame_encrypt (cryptor, plain, &out);
}

E2eeResult
decrypt_result (E2eeFrameCryptor * cryptor, const GByteArray * frame)
{
  g_autoptr (GByteArray) out = NULL;

  return frame_decrypt (cryptor, frame->data, frame->len, &out);
}

static gboolean
are_equal (const GByteArray * a, const GByteArray * b)
{
  return a->len == b->len
      && (a->len == 0 || memcmp (a->data, b->data, a->len) == 0);
}

void
assert_bytes (const GByteArray * bytes, const GByteArray * expected)
{
  g_autofree gchar *hex = hex_from_bytes (bytes->data, MIN (bytes->len, 500));
  g_autofree gchar *expected_hex = hex_from_bytes (expected->data,
      MIN (expected->len, 500));

  fail_unless_equals_string (hex, expected_hex);
  fail_unless (are_equal (bytes, expected));
}

void
assert_decrypts (E2eeFrameCryptor * cryptor, const GByteArray * frame,
    const GByteArray * expected)
{
  g_autoptr (GByteArray) out = NULL;

  fail_unless_equals_int (frame_decrypt (cryptor, frame->data, frame->len,
          &out), E2EE_RESULT_DECRYPTED);
  assert_bytes (out, expected);
}

/* A frame as the format says it, from a header of any size. */
GByteArray *
frame_seal (const GByteArray * plain, gsize header, gboolean is_escaped)
{
  g_autoptr (E2eeKeyRing) ring = ring_new (-1);
  const E2eeMessage message =
      { frame_iv, plain->data, header, plain->data + header,
    plain->len - header
  };
  static const guint8 end[] = { E2EE_IV_SIZE, FRAME_INDEX };
  g_autoptr (GByteArray) body = g_byte_array_new ();
  GByteArray *frame = g_byte_array_new ();

  g_byte_array_set_size (body, message.size + E2EE_TAG_SIZE);
  fail_unless_equals_int (e2ee_key_ring_encrypt (ring, FRAME_INDEX, &message,
          body->data), E2EE_KEY_STATUS_GOOD);
  g_byte_array_append (body, frame_iv, sizeof (frame_iv));
  g_byte_array_append (body, end, sizeof (end));
  g_byte_array_append (frame, plain->data, header);
  if (is_escaped) {
    g_byte_array_set_size (frame, header + E2EE_MAX_ESCAPED_SIZE (body->len));
    g_byte_array_set_size (frame, header + e2ee_rbsp_escape (body->data,
            body->len, frame->data + header));
  } else {
    g_byte_array_append (frame, body->data, body->len);
  }
  return frame;
}

GByteArray *
frame_new (const gchar * start, guint size, FrameFill fill)
{
  GByteArray *frame = bytes_from_hex (start);
  g_autoptr (GRand) rand = g_rand_new_with_seed (size);
  guint i;

  for (i = frame->len; i < size; i++) {
    guint8 byte = fill == FRAME_FILL_ZEROS ? 0 :
        fill == FRAME_FILL_ESCAPES ? 3 : g_rand_int (rand);

    g_byte_array_append (frame, &byte, 1);
  }
  g_byte_array_set_size (frame, size);
  return frame;
}

GByteArray *
frame_append_hex (const GByteArray * frame, const gchar * hex)
{
  g_autoptr (GByteArray) end = bytes_from_hex (hex);
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, frame->data, frame->len);
  g_byte_array_append (bytes, end->data, end->len);
  return bytes;
}

void
set_sif_trailer (E2eeFrameCryptor * cryptor, const gchar * trailer)
{
  e2ee_frame_cryptor_set_sif_trailer (cryptor, (const guint8 *) trailer,
      strlen (trailer));
}

GByteArray *
frame_append_sif_trailer (const GByteArray * frame)
{
  GByteArray *bytes = frame_append_hex (frame, "");

  g_byte_array_append (bytes, (const guint8 *) FRAME_SIF_TRAILER,
      strlen (FRAME_SIF_TRAILER));
  return bytes;
}
