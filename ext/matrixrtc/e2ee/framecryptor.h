/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keyring.h"

G_BEGIN_DECLS

/* Larger frames are taken for malformed: no encoder in a call makes them. */
#define E2EE_MAX_FRAME_SIZE (8 * 1024 * 1024)

/* What follows the cipher text: tag, IV, the IV's size, the key's index. */
#define E2EE_OVERHEAD (E2EE_TAG_SIZE + E2EE_IV_SIZE + 2)

/* The size of what e2ee_rbsp_escape() makes of @size bytes, at most. */
#define E2EE_MAX_ESCAPED_SIZE(size) ((size) + (size) / 2)

/* The size of what e2ee_frame_cryptor_encrypt() makes of @size bytes, at
 * most. */
#define E2EE_MAX_ENCRYPTED_SIZE(size) \
    E2EE_MAX_ESCAPED_SIZE ((size) + E2EE_OVERHEAD)

typedef enum
{
  E2EE_CODEC_OPUS,
  E2EE_CODEC_VP8,
  E2EE_CODEC_VP9,
  E2EE_CODEC_H264,
  E2EE_CODEC_H265,
  E2EE_CODEC_AV1,
} E2eeCodec;

/* What became of a frame; see e2ee_result_has_frame(). */
typedef enum
{
  /* There is a frame to go on with. */
  E2EE_RESULT_DECRYPTED,
  E2EE_RESULT_ENCRYPTED,
  E2EE_RESULT_PLAIN,            /* the track isn't encrypted */
  E2EE_RESULT_EMPTY,            /* a frame without a byte passes as it is */
  E2EE_RESULT_SIF_FORWARD,      /* the SFU's, a blank one that is known */
  /* There is none. */
  E2EE_RESULT_SIF_DROP,         /* the SFU's, one that isn't known */
  E2EE_RESULT_MISSING_KEY,
  E2EE_RESULT_INVALID_KEY,      /* failed too often, to be dropped silently */
  E2EE_RESULT_BAD_TAG,
  E2EE_RESULT_MALFORMED,
} E2eeResult;

/* What one track's frames go through. For one thread at a time. */
typedef struct _E2eeFrameCryptor E2eeFrameCryptor;

E2eeFrameCryptor *e2ee_frame_cryptor_new (E2eeCodec codec, E2eeKeyRing * ring);
void e2ee_frame_cryptor_free (E2eeFrameCryptor * cryptor);

void e2ee_frame_cryptor_set_encrypted (E2eeFrameCryptor * cryptor,
    gboolean encrypted);
void e2ee_frame_cryptor_set_packet_trailer (E2eeFrameCryptor * cryptor,
    gboolean packet_trailer);
void e2ee_frame_cryptor_set_sif_trailer (E2eeFrameCryptor * cryptor,
    const guint8 * trailer, gsize size);

E2eeResult e2ee_frame_cryptor_decrypt (E2eeFrameCryptor * cryptor,
    const guint8 * frame, gsize size, guint8 * out, gsize * out_size);
E2eeResult e2ee_frame_cryptor_encrypt (E2eeFrameCryptor * cryptor,
    guint8 index, const guint8 * iv, const guint8 * frame, gsize size,
    guint8 * out, gsize * out_size);

gboolean e2ee_result_has_frame (E2eeResult result);

gsize e2ee_rbsp_escape (const guint8 * data, gsize size, guint8 * out);
gsize e2ee_rbsp_unescape (const guint8 * data, gsize size, guint8 * out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (E2eeFrameCryptor, e2ee_frame_cryptor_free)

G_END_DECLS
