/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "encryption.h"

#include <string.h>

struct _Encryption
{
  E2eeKeyRing *ring;
  gint index;                   /* atomic */
};

struct _Encryptor
{
  Encryption *encryption;
  E2eeFrameCryptor *cryptor;
  guint8 iv[E2EE_IV_SIZE];      /* a counter behind random bytes */
};

Encryption *
encryption_new (void)
{
  Encryption *encryption = g_atomic_rc_box_new0 (Encryption);

  encryption->ring = e2ee_key_ring_new (E2EE_FAILURE_TOLERANCE_UNLIMITED, 0);
  return encryption;
}

Encryption *
encryption_ref (Encryption * encryption)
{
  return g_atomic_rc_box_acquire (encryption);
}

static void
encryption_clear (gpointer data)
{
  Encryption *encryption = data;

  e2ee_key_ring_unref (encryption->ring);
}

void
encryption_unref (Encryption * encryption)
{
  g_atomic_rc_box_release_full (encryption, encryption_clear);
}

void
encryption_set_key (Encryption * encryption, guint index, E2eeKey * key)
{
  e2ee_key_ring_set (encryption->ring, index, key);
  g_atomic_int_set (&encryption->index, index);
}

Encryptor *
encryptor_new (Encryption * encryption, E2eeCodec codec)
{
  Encryptor *encryptor = g_new0 (Encryptor, 1);
  guint32 start = g_random_int ();

  encryptor->encryption = encryption_ref (encryption);
  encryptor->cryptor = e2ee_frame_cryptor_new (codec, encryption->ring);
  memcpy (encryptor->iv, &start, sizeof (start));
  return encryptor;
}

void
encryptor_free (Encryptor * encryptor)
{
  e2ee_frame_cryptor_free (encryptor->cryptor);
  encryption_unref (encryptor->encryption);
  g_free (encryptor);
}

static void
next_iv (Encryptor * encryptor)
{
  guint i = E2EE_IV_SIZE;

  while (i > 0 && ++encryptor->iv[--i] == 0);
}

GstBuffer *
encryptor_encrypt (Encryptor * encryptor, GstBuffer * frame)
{
  guint8 index = g_atomic_int_get (&encryptor->encryption->index);
  GstMapInfo in, out;
  GstBuffer *encrypted;
  gsize size = 0;

  next_iv (encryptor);
  gst_buffer_map (frame, &in, GST_MAP_READ);
  encrypted = gst_buffer_new_allocate (NULL,
      E2EE_MAX_ENCRYPTED_SIZE (in.size), NULL);
  gst_buffer_map (encrypted, &out, GST_MAP_WRITE);
  if (e2ee_frame_cryptor_encrypt (encryptor->cryptor, index, encryptor->iv,
          in.data, in.size, out.data, &size) != E2EE_RESULT_ENCRYPTED)
    g_error ("testcall: a frame can't be encrypted");
  gst_buffer_unmap (encrypted, &out);
  gst_buffer_unmap (frame, &in);
  gst_buffer_set_size (encrypted, size);
  gst_buffer_copy_into (encrypted, frame, GST_BUFFER_COPY_METADATA, 0, -1);
  gst_buffer_unref (frame);
  return encrypted;
}
