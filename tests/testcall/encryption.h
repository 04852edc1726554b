/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* End-to-end encryption as a participant does it: the media key that all its
 * encrypted tracks have in common, and the frames of one of them. */

#pragma once

#include <gst/gst.h>

#include "../../ext/matrixrtc/e2ee/framecryptor.h"

typedef struct _Encryption Encryption;
typedef struct _Encryptor Encryptor;

/* Any thread. */
Encryption *encryption_new (void);
Encryption *encryption_ref (Encryption * encryption);
void encryption_unref (Encryption * encryption);
void encryption_set_key (Encryption * encryption, guint index, E2eeKey * key);

/* The streaming thread of one track. */
Encryptor *encryptor_new (Encryption * encryption, E2eeCodec codec);
void encryptor_free (Encryptor * encryptor);
/* Takes frame. */
GstBuffer *encryptor_encrypt (Encryptor * encryptor, GstBuffer * frame);
