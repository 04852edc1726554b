/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "e2eecall.h"
#include "framecryptor.h"

G_BEGIN_DECLS

/* Frames since the start of the stream. */
typedef struct
{
  guint64 decrypted;
  guint64 plain;
  guint64 missing_key;
  guint64 failed;               /* wrong key, forged or damaged */
  guint64 server;               /* the SFU's own */
} E2eeTrackStats;

/* The encryption of one track. Any thread may use it, but one at a time
 * decrypts. */
typedef struct _E2eeTrack E2eeTrack;

E2eeTrack *e2ee_track_new (void);
void e2ee_track_free (E2eeTrack * track);

void e2ee_track_set_call (E2eeTrack * track, E2eeCall * call);
void e2ee_track_set_identity (E2eeTrack * track, const gchar * identity);
gchar *e2ee_track_dup_identity (E2eeTrack * track);
void e2ee_track_set_encrypted (E2eeTrack * track, gboolean encrypted);
gboolean e2ee_track_is_encrypted (E2eeTrack * track);
void e2ee_track_set_sif_trailer (E2eeTrack * track, GBytes * trailer);
void e2ee_track_set_passphrase (E2eeTrack * track, const gchar * passphrase);
gboolean e2ee_track_set_key (E2eeTrack * track, guint index, GBytes * bytes);
gboolean e2ee_track_is_call_encrypted (E2eeTrack * track);

void e2ee_track_start (E2eeTrack * track, E2eeCodec codec);
GstBuffer *e2ee_track_decrypt (E2eeTrack * track, GstBuffer * buffer,
    E2eeResult * result);
void e2ee_track_count_plain (E2eeTrack * track);
void e2ee_track_get_stats (E2eeTrack * track, E2eeTrackStats * stats);
void e2ee_track_reset_stats (E2eeTrack * track);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (E2eeTrack, e2ee_track_free)

G_END_DECLS
