/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What decrypting a frame costs beyond AES-GCM: the CPU time of the frame
 * cryptor and that of OpenSSL alone on the same frames, and their ratio. Both
 * run by turns, and the medians of all turns count.
 *
 *   bench-framecryptor [TURNS]
 *
 * OpenSSL alone does no more than it must: one context with the key, a new IV
 * and the AAD for each frame, the tag is checked. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <glib.h>
#include <openssl/evp.h>
#include "e2ee/framecryptor.h"

#define DEFAULT_TURNS 400
#define N_FRAMES 16             /* of one size, by turns */
#define TURN_BYTES (256 * 1024)

typedef struct
{
  guint8 *data;
  gsize size;
  guint8 *body;                 /* cipher text and tag without escapes, IV */
  gsize body_size;              /* of the cipher text */
} Frame;

typedef struct
{
  const gchar *name;
  E2eeCodec codec;
  guint8 start[6];
  gsize header;
  gboolean is_escaped;          /* where it must be */
  gboolean must_be;
} Kind;

static const Kind kinds[] = {
  {"Opus", E2EE_CODEC_OPUS, {0xfc}, 1, FALSE, FALSE},
  {"VP8", E2EE_CODEC_VP8, {0x11}, 3, FALSE, FALSE},
  {"VP9", E2EE_CODEC_VP9, {0x82}, 0, FALSE, FALSE},
  {"H.264", E2EE_CODEC_H264, {0, 0, 0, 1, 0x41, 0x9a}, 6, TRUE, FALSE},
  {"H.264 escaped", E2EE_CODEC_H264, {0, 0, 0, 1, 0x41, 0x9a}, 6, TRUE, TRUE},
};

static const gsize sizes[] = { 100, 1200, 20000 };

typedef struct
{
  const Kind *kind;
  E2eeFrameCryptor *cryptor;
  EVP_CIPHER_CTX *cipher;
  Frame frames[N_FRAMES];
  guint8 *out;
  guint n_per_turn;
} Bench;

static const guint8 raw_key[E2EE_RAW_KEY_SIZE] = { 1, 2, 3 };

static gint64
cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

static void
frame_init (Frame * frame, Bench * bench, gsize size, GRand * rand)
{
  g_autofree guint8 *plain = g_malloc (size);
  guint8 iv[E2EE_IV_SIZE];
  gsize header = bench->kind->header;
  gsize i;

  for (i = 0; i < size; i++)
    plain[i] = g_rand_int (rand);
  for (i = 0; i < sizeof (iv); i++)
    iv[i] = bench->kind->must_be && i < 3 ? 0 : g_rand_int (rand);
  memcpy (plain, bench->kind->start, sizeof (bench->kind->start));
  frame->data = g_malloc (E2EE_MAX_ENCRYPTED_SIZE (size));
  if (e2ee_frame_cryptor_encrypt (bench->cryptor, 0, iv, plain, size,
          frame->data, &frame->size) != E2EE_RESULT_ENCRYPTED)
    g_error ("a frame can't be encrypted");
  frame->body_size = frame->size - header;
  frame->body = g_memdup2 (frame->data + header, frame->body_size);
  if (bench->kind->is_escaped)
    frame->body_size = e2ee_rbsp_unescape (frame->data + header,
        frame->size - header, frame->body);
  frame->body_size -= E2EE_OVERHEAD;
}

static void
bench_init (Bench * bench, const Kind * kind, gsize size)
{
  guint8 aes_key[E2EE_AES_KEY_SIZE];
  g_autoptr (E2eeKeyRing) ring = e2ee_key_ring_new (E2EE_FAILURE_TOLERANCE, 0);
  g_autoptr (E2eeKey) key = e2ee_key_new_from_raw (raw_key, sizeof (raw_key));
  g_autoptr (GRand) rand = g_rand_new_with_seed (size);
  guint i;

  bench->kind = kind;
  bench->n_per_turn = TURN_BYTES / (size + 400) / N_FRAMES + 1;
  bench->out = g_malloc (E2EE_MAX_ENCRYPTED_SIZE (size));
  e2ee_key_ring_set (ring, 0, key);
  bench->cryptor = e2ee_frame_cryptor_new (kind->codec, ring);
  e2ee_derive (E2EE_KDF_HKDF, raw_key, sizeof (raw_key), NULL, 0, aes_key,
      sizeof (aes_key));
  bench->cipher = EVP_CIPHER_CTX_new ();
  if (!EVP_DecryptInit_ex (bench->cipher, EVP_aes_128_gcm (), NULL, aes_key,
          NULL))
    g_error ("there is no AES-GCM");
  for (i = 0; i < N_FRAMES; i++)
    frame_init (&bench->frames[i], bench, size, rand);
}

static void
bench_clear (Bench * bench)
{
  guint i;

  for (i = 0; i < N_FRAMES; i++) {
    g_free (bench->frames[i].data);
    g_free (bench->frames[i].body);
  }
  g_free (bench->out);
  EVP_CIPHER_CTX_free (bench->cipher);
  e2ee_frame_cryptor_free (bench->cryptor);
}

static void
decrypt (Bench * bench, const Frame * frame)
{
  gsize size;

  if (e2ee_frame_cryptor_decrypt (bench->cryptor, frame->data, frame->size,
          bench->out, &size) != E2EE_RESULT_DECRYPTED)
    g_error ("a frame can't be decrypted");
}

static void
decrypt_raw (Bench * bench, const Frame * frame)
{
  EVP_CIPHER_CTX *cipher = bench->cipher;
  guint8 *tag = frame->body + frame->body_size;
  gsize header = bench->kind->header;
  gint n;

  if (!EVP_DecryptInit_ex (cipher, NULL, NULL, NULL, tag + E2EE_TAG_SIZE)
      || (header > 0
          && !EVP_DecryptUpdate (cipher, NULL, &n, frame->data, header))
      || !EVP_DecryptUpdate (cipher, bench->out, &n, frame->body,
          frame->body_size)
      || !EVP_CIPHER_CTX_ctrl (cipher, EVP_CTRL_AEAD_SET_TAG, E2EE_TAG_SIZE,
          tag)
      || !EVP_DecryptFinal_ex (cipher, bench->out, &n))
    g_error ("OpenSSL can't decrypt a frame");
}

/* One turn: the CPU time per frame in nanoseconds. */
static gdouble
measure (Bench * bench, void (*func) (Bench *, const Frame *))
{
  gint64 start = cpu_time ();
  guint turn, i;

  for (turn = 0; turn < bench->n_per_turn; turn++) {
    for (i = 0; i < N_FRAMES; i++)
      func (bench, &bench->frames[i]);
  }
  return (gdouble) (cpu_time () - start) / bench->n_per_turn / N_FRAMES;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  gdouble difference = *(const gdouble *) a - *(const gdouble *) b;

  return difference < 0 ? -1 : difference > 0;
}

static gdouble
median (gdouble * values, guint n)
{
  qsort (values, n, sizeof (*values), compare);
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void
run (const Kind * kind, gsize size, guint turns)
{
  g_autofree gdouble *ours = g_new (gdouble, turns);
  g_autofree gdouble *raw = g_new (gdouble, turns);
  g_autofree gdouble *ratios = g_new (gdouble, turns);
  Bench bench;
  guint i;

  bench_init (&bench, kind, size);
  measure (&bench, decrypt_raw);
  measure (&bench, decrypt);
  for (i = 0; i < turns; i++) {
    raw[i] = measure (&bench, decrypt_raw);
    ours[i] = measure (&bench, decrypt);
    ratios[i] = ours[i] / raw[i];
  }
  printf ("%-13s %6u B   %8.0f ns   %8.0f ns   %5.2f\n", kind->name,
      (guint) size, median (ours, turns), median (raw, turns),
      median (ratios, turns));
  bench_clear (&bench);
}

int
main (int argc, char **argv)
{
  guint turns = argc > 1 ? MAX (atoi (argv[1]), 1) : DEFAULT_TURNS;
  guint i, j;

  printf ("codec             size       cryptor     AES-GCM   ratio\n");
  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    for (j = 0; j < G_N_ELEMENTS (sizes); j++)
      run (&kinds[i], sizes[j], turns);
  }
  return 0;
}
