/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The encryption of one call: where its media keys come from, and the keys of
 * each participant. Keys are kept by LiveKit identity, for as long as that
 * stays in the call, over whatever SFU its tracks come.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "e2eecall.h"

typedef enum
{
  KEYS_NONE,
  KEYS_SHARED,
  KEYS_OF_PARTICIPANTS,
} Keys;

/* The keys under one identity. */
typedef struct
{
  E2eeKeyRing *ring;
  gchar *member;                /* the legacy identity of the same user and device */
  gint64 *sent_ts;              /* by index; NULL for a legacy identity */
  guint64 serial;               /* of its making */
  gboolean is_present;          /* in the call now */
} Entry;

struct _E2eeCall
{
  GMutex lock;                  /* a leaf, but for those of key rings */
  Keys keys;
  E2eeKey *shared_key;          /* of KEYS_SHARED */
  GHashTable *entries;          /* identity -> Entry */
  guint64 n_made;
  gint is_encrypted;            /* atomic */
};

/* Tracks may hold the ring still, but no key of it is left. */
static void
entry_free (Entry * entry)
{
  e2ee_key_ring_clear (entry->ring);
  e2ee_key_ring_unref (entry->ring);
  g_free (entry->member);
  g_free (entry->sent_ts);
  g_free (entry);
}

E2eeCall *
e2ee_call_new (void)
{
  E2eeCall *call = g_atomic_rc_box_new0 (E2eeCall);

  g_mutex_init (&call->lock);
  call->keys = KEYS_OF_PARTICIPANTS;
  call->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) entry_free);
  return call;
}

E2eeCall *
e2ee_call_ref (E2eeCall * call)
{
  return g_atomic_rc_box_acquire (call);
}

static void
call_clear (E2eeCall * call)
{
  g_clear_pointer (&call->shared_key, e2ee_key_unref);
  g_hash_table_unref (call->entries);
  g_mutex_clear (&call->lock);
}

void
e2ee_call_unref (E2eeCall * call)
{
  g_atomic_rc_box_release_full (call, (GDestroyNotify) call_clear);
}

/* Sources. Each counts for the rings that are got from then on. */

static void
call_use (E2eeCall * call, Keys keys, E2eeKey * shared_key)
{
  E2eeKey *former;

  g_mutex_lock (&call->lock);
  former = call->shared_key;
  call->keys = keys;
  call->shared_key = shared_key;
  g_mutex_unlock (&call->lock);
  g_clear_pointer (&former, e2ee_key_unref);
}

void
e2ee_call_use_no_keys (E2eeCall * call)
{
  call_use (call, KEYS_NONE, NULL);
}

/* @key is everybody's, at index 0, and doesn't become invalid. */
void
e2ee_call_use_shared_key (E2eeCall * call, E2eeKey * key)
{
  call_use (call, KEYS_SHARED, e2ee_key_ref (key));
}

void
e2ee_call_use_participants_keys (E2eeCall * call)
{
  call_use (call, KEYS_OF_PARTICIPANTS, NULL);
}

/* Identities. All with the lock. */

/* How many there are of @member, or of all if that is NULL; and the oldest of
 * those that aren't in the call, or NULL. */
static guint
call_count (E2eeCall * call, const gchar * member, const gchar ** oldest)
{
  guint64 least = G_MAXUINT64;
  GHashTableIter iter;
  const gchar *identity;
  Entry *entry;
  guint n = 0;

  *oldest = NULL;
  g_hash_table_iter_init (&iter, call->entries);
  while (g_hash_table_iter_next (&iter, (gpointer *) & identity,
          (gpointer *) & entry)) {
    if (member != NULL && !g_str_equal (entry->member, member))
      continue;
    n++;
    if (!entry->is_present && entry->serial < least) {
      least = entry->serial;
      *oldest = identity;
    }
  }
  return n;
}

static gboolean
call_make_room (E2eeCall * call, const gchar * member)
{
  const gchar *oldest;

  if (call_count (call, member, &oldest) < E2EE_CALL_MAX_IDENTITIES_OF_MEMBER
      && call_count (call, NULL, &oldest) < E2EE_CALL_MAX_IDENTITIES)
    return TRUE;
  return oldest != NULL && g_hash_table_remove (call->entries, oldest);
}

/* NULL: there is no room. */
static Entry *
call_ensure_entry (E2eeCall * call, const gchar * identity,
    const gchar * member)
{
  Entry *entry = g_hash_table_lookup (call->entries, identity);

  if (entry != NULL || !call_make_room (call, member))
    return entry;
  entry = g_new0 (Entry, 1);
  entry->ring = e2ee_key_ring_new (E2EE_FAILURE_TOLERANCE, 0);
  entry->member = g_strdup (member);
  entry->serial = call->n_made++;
  g_hash_table_insert (call->entries, g_strdup (identity), entry);
  return entry;
}

/* Keys */

/* FALSE if there are too many already. */
gboolean
e2ee_call_set_key (E2eeCall * call, const gchar * identity, guint8 index,
    E2eeKey * key)
{
  Entry *entry;

  g_mutex_lock (&call->lock);
  entry = call_ensure_entry (call, identity, identity);
  if (entry != NULL)
    e2ee_key_ring_set (entry->ring, index, key);
  g_mutex_unlock (&call->lock);
  return entry != NULL;
}

/* FALSE if a newer key is there. */
static gboolean
entry_take_sent_ts (Entry * entry, guint8 index, gint64 sent_ts)
{
  if (entry->sent_ts == NULL)
    entry->sent_ts = g_new0 (gint64, E2EE_KEY_RING_SIZE);
  if (sent_ts < entry->sent_ts[index])
    return FALSE;
  entry->sent_ts[index] = sent_ts;
  return TRUE;
}

/* A key that a member of the call has sent. How the member has joined decides
 * which of the two identities is its own on the SFU; we may have the key first.
 * FALSE if the key is older, by the sender's clock, than the one that is there,
 * or there are too many. */
gboolean
e2ee_call_set_member_key (E2eeCall * call, const gchar * identity,
    const gchar * hashed_identity, guint8 index, gint64 sent_ts, E2eeKey * key)
{
  Entry *hashed, *legacy;
  gboolean is_taken = FALSE;

  g_mutex_lock (&call->lock);
  hashed = call_ensure_entry (call, hashed_identity, identity);
  if (hashed != NULL && entry_take_sent_ts (hashed, index, sent_ts)) {
    e2ee_key_ring_set (hashed->ring, index, key);
    legacy = call_ensure_entry (call, identity, identity);
    if (legacy != NULL)
      e2ee_key_ring_set (legacy->ring, index, key);
    is_taken = TRUE;
  }
  g_mutex_unlock (&call->lock);
  return is_taken;
}

/* @identity has joined: its keys aren't lost to a flood of others. */
void
e2ee_call_set_present (E2eeCall * call, const gchar * identity)
{
  Entry *entry;

  g_mutex_lock (&call->lock);
  entry = call_ensure_entry (call, identity, identity);
  if (entry != NULL)
    entry->is_present = TRUE;
  g_mutex_unlock (&call->lock);
}

/* Wipes the keys of @identity, which has left for good, and what else is the same
 * member's, unless that is in the call. */
void
e2ee_call_forget_keys (E2eeCall * call, const gchar * identity)
{
  Entry *entry;
  g_autofree gchar *member = NULL;
  const gchar *oldest;

  g_mutex_lock (&call->lock);
  entry = g_hash_table_lookup (call->entries, identity);
  if (entry != NULL) {
    member = g_strdup (entry->member);
    g_hash_table_remove (call->entries, identity);
    while (call_count (call, member, &oldest) > 0 && oldest != NULL)
      g_hash_table_remove (call->entries, oldest);
  }
  g_mutex_unlock (&call->lock);
}

void
e2ee_call_forget_all_keys (E2eeCall * call)
{
  g_mutex_lock (&call->lock);
  g_hash_table_remove_all (call->entries);
  g_mutex_unlock (&call->lock);
}

/* The keys that @identity's frames are to be decrypted with. Empty where there
 * are none. */
E2eeKeyRing *
e2ee_call_get_key_ring (E2eeCall * call, const gchar * identity)
{
  E2eeKeyRing *ring;
  Entry *entry = NULL;

  g_mutex_lock (&call->lock);
  if (call->keys == KEYS_OF_PARTICIPANTS)
    entry = call_ensure_entry (call, identity, identity);
  if (entry != NULL) {
    ring = e2ee_key_ring_ref (entry->ring);
  } else {
    ring = e2ee_key_ring_new (E2EE_FAILURE_TOLERANCE_UNLIMITED, 0);
    if (call->keys == KEYS_SHARED)
      e2ee_key_ring_set (ring, 0, call->shared_key);
  }
  g_mutex_unlock (&call->lock);
  return ring;
}

/* Whether this is a call in which a track that isn't encrypted is remarkable. */

void
e2ee_call_set_encrypted (E2eeCall * call, gboolean encrypted)
{
  g_atomic_int_set (&call->is_encrypted, encrypted);
}

gboolean
e2ee_call_is_encrypted (E2eeCall * call)
{
  return g_atomic_int_get (&call->is_encrypted);
}
