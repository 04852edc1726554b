/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Encrypted frames for the tests of e2ee/framecryptor.h.
 */
#pragma once

#include "e2ee/framecryptor.h"

G_BEGIN_DECLS

#define FRAME_RAW_KEY "000102030405060708090a0b0c0d0e0f"
#define FRAME_INDEX 3           /* of the key of all that is encrypted here */
#define FRAME_SIF_TRAILER "9YzbCxM8P0fwObUtiQ9m"

/* What one kind of frame begins with, and what is made of it. */
typedef struct
{
  E2eeCodec codec;
  const gchar *start;           /* in hex */
  gsize header;
  gboolean is_escaped;
} FrameKind;

#define N_FRAME_KINDS 9
extern const FrameKind frame_kinds[N_FRAME_KINDS];

/* What follows the start of a frame. */
typedef enum
{
  FRAME_FILL_ZEROS,
  FRAME_FILL_ESCAPES,
  FRAME_FILL_RANDOM,
  N_FRAME_FILLS,
} FrameFill;

/* To be escaped, but without a start code. */
extern const guint8 frame_iv[E2EE_IV_SIZE];

void set_key (E2eeKeyRing * ring, guint index);
E2eeKeyRing *ring_new (gint failure_tolerance);
E2eeFrameCryptor *cryptor_new (E2eeCodec codec);
void set_sif_trailer (E2eeFrameCryptor * cryptor, const gchar * trailer);

GByteArray *frame_new (const gchar * start, guint size, FrameFill fill);
GByteArray *frame_append_hex (const GByteArray * frame, const gchar * hex);
GByteArray *frame_append_sif_trailer (const GByteArray * frame);
GByteArray *frame_seal (const GByteArray * plain, gsize header,
    gboolean is_escaped);

E2eeResult frame_encrypt (E2eeFrameCryptor * cryptor,
    const GByteArray * plain, GByteArray ** out);
E2eeResult frame_decrypt (E2eeFrameCryptor * cryptor, const guint8 * data,
    gsize size, GByteArray ** out);
GByteArray *frame_encrypted (E2eeFrameCryptor * cryptor,
    const GByteArray * plain);

E2eeResult encrypt_result (E2eeFrameCryptor * cryptor,
    const GByteArray * plain);
E2eeResult decrypt_result (E2eeFrameCryptor * cryptor,
    const GByteArray * frame);
void assert_bytes (const GByteArray * bytes, const GByteArray * expected);
void assert_decrypts (E2eeFrameCryptor * cryptor, const GByteArray * frame,
    const GByteArray * expected);

#define assert_encrypt_result(cryptor, plain, result) \
    fail_unless_equals_int (encrypt_result (cryptor, plain), \
        E2EE_RESULT_ ## result)
#define assert_result(cryptor, frame, result) \
    fail_unless_equals_int (decrypt_result (cryptor, frame), \
        E2EE_RESULT_ ## result)

G_END_DECLS
