/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target: an encrypted frame, behind a byte that says which codec it is of
 * and what is known of its track. What isn't one is taken for a plain frame
 * too, to be encrypted and decrypted again.
 */
#include <string.h>
#include <gst/gst.h>
#include "fuzz.h"
#include "debug.h"
#include "e2ee/framecryptor.h"

#define N_CODECS 6
#define PACKET_TRAILER 0x80
#define SIF_TRAILER 0x40
#define PLAIN 0x20
#define INDEX 3

static E2eeKeyRing *ring;

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  guint8 raw[E2EE_RAW_KEY_SIZE];
  g_autoptr (E2eeKey) key = NULL;
  guint i;

  gst_init (NULL, NULL);
  matrix_rtc_debug_init ();
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  for (i = 0; i < sizeof (raw); i++)
    raw[i] = i;
  key = e2ee_key_new_from_raw (raw, sizeof (raw));
  /* Never invalid, or no frame would be decrypted but the first. */
  ring = e2ee_key_ring_new (E2EE_FAILURE_TOLERANCE_UNLIMITED, 1);
  for (i = 0; i <= INDEX; i++)
    e2ee_key_ring_set (ring, i, key);
  return 0;
}

static E2eeFrameCryptor *
cryptor_new (guint8 track)
{
  E2eeFrameCryptor *cryptor =
      e2ee_frame_cryptor_new ((track & 0x1f) % N_CODECS, ring);

  e2ee_frame_cryptor_set_encrypted (cryptor, (track & PLAIN) == 0);
  e2ee_frame_cryptor_set_packet_trailer (cryptor,
      (track & PACKET_TRAILER) != 0);
  if ((track & SIF_TRAILER) != 0)
    e2ee_frame_cryptor_set_sif_trailer (cryptor, (const guint8 *) "SIF", 3);
  return cryptor;
}

/* Buffers end where the data does, so that a sanitizer sees what goes beyond. */
static E2eeResult
decrypt (E2eeFrameCryptor * cryptor, const guint8 * data, gsize size,
    guint8 ** out, gsize * out_size)
{
  g_autofree guint8 *frame = g_memdup2 (data, size);
  E2eeResult result;

  *out = g_malloc (size);
  result = e2ee_frame_cryptor_decrypt (cryptor, frame, size, *out, out_size);
  g_assert (*out_size <= size);
  g_assert (e2ee_result_has_frame (result) || *out_size == 0);
  return result;
}

static void
read_frame (guint8 track, const guint8 * data, gsize size)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (track);
  g_autofree guint8 *out = NULL;
  gsize out_size;
  E2eeResult result = decrypt (cryptor, data, size, &out, &out_size);

  g_assert ((track & PLAIN) == 0 || result == E2EE_RESULT_PLAIN
      || result == E2EE_RESULT_EMPTY);
}

/* A codec with NAL units needs a slice for its frames to be told apart for
 * sure, but nothing else than the frame ever comes out. */
static void
send_frame (E2eeCodec codec, const guint8 * data, gsize size)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (codec);
  static const guint8 iv[E2EE_IV_SIZE] = { 0, 0, 0, 1, 0, 0, 3 };
  gboolean is_sure = codec != E2EE_CODEC_H264 && codec != E2EE_CODEC_H265;
  g_autofree guint8 *sent = g_malloc (E2EE_MAX_ENCRYPTED_SIZE (size));
  g_autofree guint8 *out = NULL;
  gsize sent_size, out_size;
  E2eeResult result = e2ee_frame_cryptor_encrypt (cryptor, INDEX, iv, data,
      size, sent, &sent_size);

  g_assert ((result == E2EE_RESULT_EMPTY) == (size == 0));
  g_assert ((result == E2EE_RESULT_ENCRYPTED) == (sent_size > 0));
  if (result != E2EE_RESULT_ENCRYPTED)
    return;
  g_assert (sent_size <= E2EE_MAX_ENCRYPTED_SIZE (size));
  result = decrypt (cryptor, sent, sent_size, &out, &out_size);
  g_assert (result == E2EE_RESULT_DECRYPTED || !is_sure);
  if (result == E2EE_RESULT_DECRYPTED)
    g_assert (out_size == size && memcmp (out, data, size) == 0);
}

static void
escape (const guint8 * data, gsize size)
{
  g_autofree guint8 *escaped = g_malloc (E2EE_MAX_ESCAPED_SIZE (size));
  gsize escaped_size = e2ee_rbsp_escape (data, size, escaped);
  g_autofree guint8 *back = g_malloc (escaped_size);

  g_assert (escaped_size <= E2EE_MAX_ESCAPED_SIZE (size));
  g_assert (e2ee_rbsp_unescape (escaped, escaped_size, back) == size);
  g_assert (size == 0 || memcmp (back, data, size) == 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  if (size == 0)
    return 0;
  read_frame (data[0], data + 1, size - 1);
  send_frame ((data[0] & 0x1f) % N_CODECS, data + 1, size - 1);
  escape (data + 1, size - 1);
  return 0;
}
