/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The encryption of one track: whose keys its frames take, and what has become of
 * them so far.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include "track.h"

struct _E2eeTrack
{
  GMutex lock;                  /* a leaf, but for those of the call and the ring */
  E2eeCall *call;
  gchar *identity;
  GBytes *sif_trailer;
  gboolean encrypted;
  E2eeCodec codec;
  E2eeFrameCryptor *cryptor;    /* NULL: to be made from all of the above */
  E2eeTrackStats stats;
};

/* Encrypted, in a call of its own. */
E2eeTrack *
e2ee_track_new (void)
{
  E2eeTrack *track = g_new0 (E2eeTrack, 1);

  g_mutex_init (&track->lock);
  track->call = e2ee_call_new ();
  track->identity = g_strdup ("");
  track->encrypted = TRUE;
  return track;
}

void
e2ee_track_free (E2eeTrack * track)
{
  g_clear_pointer (&track->cryptor, e2ee_frame_cryptor_free);
  e2ee_call_unref (track->call);
  g_free (track->identity);
  g_clear_pointer (&track->sif_trailer, g_bytes_unref);
  g_mutex_clear (&track->lock);
  g_free (track);
}

/* Settings. The cryptor is made anew, with what has changed. */

static void
track_lock (E2eeTrack * track)
{
  g_mutex_lock (&track->lock);
}

static void
track_change (E2eeTrack * track)
{
  g_clear_pointer (&track->cryptor, e2ee_frame_cryptor_free);
  g_mutex_unlock (&track->lock);
}

/* Takes the keys from @call, with those of other tracks. */
void
e2ee_track_set_call (E2eeTrack * track, E2eeCall * call)
{
  track_lock (track);
  e2ee_call_unref (track->call);
  track->call = e2ee_call_ref (call);
  track_change (track);
}

/* Whose track it is; NULL is nobody's. */
void
e2ee_track_set_identity (E2eeTrack * track, const gchar * identity)
{
  track_lock (track);
  g_free (track->identity);
  track->identity = g_strdup (identity == NULL ? "" : identity);
  track_change (track);
}

gchar *
e2ee_track_dup_identity (E2eeTrack * track)
{
  gchar *identity;

  g_mutex_lock (&track->lock);
  identity = g_strdup (track->identity);
  g_mutex_unlock (&track->lock);
  return identity;
}

void
e2ee_track_set_encrypted (E2eeTrack * track, gboolean encrypted)
{
  g_mutex_lock (&track->lock);
  track->encrypted = encrypted;
  g_mutex_unlock (&track->lock);
}

gboolean
e2ee_track_is_encrypted (E2eeTrack * track)
{
  gboolean encrypted;

  g_mutex_lock (&track->lock);
  encrypted = track->encrypted;
  g_mutex_unlock (&track->lock);
  return encrypted;
}

/* What the SFU's own frames end with, or NULL. */
void
e2ee_track_set_sif_trailer (E2eeTrack * track, GBytes * trailer)
{
  track_lock (track);
  g_clear_pointer (&track->sif_trailer, g_bytes_unref);
  if (trailer != NULL)
    track->sif_trailer = g_bytes_ref (trailer);
  track_change (track);
}

/* NULL or empty: the participants' own keys count. */
void
e2ee_track_set_passphrase (E2eeTrack * track, const gchar * passphrase)
{
  g_autoptr (E2eeKey) key = passphrase == NULL || *passphrase == '\0' ? NULL :
      e2ee_key_new_from_passphrase (passphrase);

  track_lock (track);
  if (key != NULL)
    e2ee_call_use_shared_key (track->call, key);
  else
    e2ee_call_use_participants_keys (track->call);
  track_change (track);
}

/* FALSE if it can't be one. */
gboolean
e2ee_track_set_key (E2eeTrack * track, guint index, GBytes * bytes)
{
  g_autoptr (E2eeKey) key = e2ee_key_new_from_bytes (bytes);
  gboolean is_set;

  if (index >= E2EE_KEY_RING_SIZE || key == NULL)
    return FALSE;
  g_mutex_lock (&track->lock);
  is_set = e2ee_call_set_key (track->call, track->identity, index, key);
  g_mutex_unlock (&track->lock);
  return is_set;
}

gboolean
e2ee_track_is_call_encrypted (E2eeTrack * track)
{
  gboolean is_encrypted;

  g_mutex_lock (&track->lock);
  is_encrypted = e2ee_call_is_encrypted (track->call);
  g_mutex_unlock (&track->lock);
  return is_encrypted;
}

/* Frames */

/* With the lock. */
static void
count_result (E2eeTrackStats * stats, E2eeResult result)
{
  switch (result) {
    case E2EE_RESULT_DECRYPTED:
      stats->decrypted++;
      break;
    case E2EE_RESULT_PLAIN:
    case E2EE_RESULT_EMPTY:
    case E2EE_RESULT_ENCRYPTED:
      stats->plain++;
      break;
    case E2EE_RESULT_SIF_FORWARD:
    case E2EE_RESULT_SIF_DROP:
      stats->server++;
      break;
    case E2EE_RESULT_MISSING_KEY:
      stats->missing_key++;
      break;
    case E2EE_RESULT_INVALID_KEY:
    case E2EE_RESULT_BAD_TAG:
    case E2EE_RESULT_MALFORMED:
      stats->failed++;
      break;
  }
}

/* With the lock. */
static E2eeFrameCryptor *
track_ensure_cryptor (E2eeTrack * track)
{
  g_autoptr (E2eeKeyRing) ring = NULL;

  if (track->cryptor != NULL)
    return track->cryptor;
  ring = e2ee_call_get_key_ring (track->call, track->identity);
  track->cryptor = e2ee_frame_cryptor_new (track->codec, ring);
  if (track->sif_trailer != NULL)
    e2ee_frame_cryptor_set_sif_trailer (track->cryptor,
        g_bytes_get_data (track->sif_trailer, NULL),
        g_bytes_get_size (track->sif_trailer));
  return track->cryptor;
}

/* A new stream. */
void
e2ee_track_start (E2eeTrack * track, E2eeCodec codec)
{
  track_lock (track);
  track->codec = codec;
  track_change (track);
}

static E2eeResult
track_decrypt_mapped (E2eeTrack * track, const GstMapInfo * in,
    GstMapInfo * out, gsize * size)
{
  E2eeResult result;

  g_mutex_lock (&track->lock);
  result = e2ee_frame_cryptor_decrypt (track_ensure_cryptor (track), in->data,
      in->size, out->data, size);
  count_result (&track->stats, result);
  g_mutex_unlock (&track->lock);
  return result;
}

/* A new buffer with the decrypted frame, or NULL if there is none. */
GstBuffer *
e2ee_track_decrypt (E2eeTrack * track, GstBuffer * buffer, E2eeResult * result)
{
  GstMapInfo in, out;
  GstBuffer *plain;
  gsize size;

  *result = E2EE_RESULT_MALFORMED;
  if (!gst_buffer_map (buffer, &in, GST_MAP_READ))
    return NULL;
  plain = gst_buffer_new_allocate (NULL, in.size, NULL);
  if (gst_buffer_map (plain, &out, GST_MAP_WRITE)) {
    *result = track_decrypt_mapped (track, &in, &out, &size);
    gst_buffer_unmap (plain, &out);
  }
  gst_buffer_unmap (buffer, &in);
  if (!e2ee_result_has_frame (*result)) {
    gst_buffer_unref (plain);
    return NULL;
  }
  gst_buffer_set_size (plain, size);
  gst_buffer_copy_into (plain, buffer, GST_BUFFER_COPY_METADATA, 0, -1);
  return plain;
}

/* A frame of a track that isn't encrypted. */
void
e2ee_track_count_plain (E2eeTrack * track)
{
  g_mutex_lock (&track->lock);
  count_result (&track->stats, E2EE_RESULT_PLAIN);
  g_mutex_unlock (&track->lock);
}

void
e2ee_track_get_stats (E2eeTrack * track, E2eeTrackStats * stats)
{
  g_mutex_lock (&track->lock);
  *stats = track->stats;
  g_mutex_unlock (&track->lock);
}

void
e2ee_track_reset_stats (E2eeTrack * track)
{
  g_mutex_lock (&track->lock);
  memset (&track->stats, 0, sizeof (track->stats));
  g_mutex_unlock (&track->lock);
}
