/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keyring.h"

G_BEGIN_DECLS

/* Who has more identities than that, or is one more of a full call, loses the
 * keys of an identity that isn't in the call. */
#define E2EE_CALL_MAX_IDENTITIES 1024
#define E2EE_CALL_MAX_IDENTITIES_OF_MEMBER 8

/* The encryption of one call. Any thread may use it. */
typedef struct _E2eeCall E2eeCall;

E2eeCall *e2ee_call_new (void);
E2eeCall *e2ee_call_ref (E2eeCall * call);
void e2ee_call_unref (E2eeCall * call);

void e2ee_call_use_no_keys (E2eeCall * call);
void e2ee_call_use_shared_key (E2eeCall * call, E2eeKey * key);
void e2ee_call_use_participants_keys (E2eeCall * call);

gboolean e2ee_call_set_key (E2eeCall * call, const gchar * identity,
    guint8 index, E2eeKey * key);
gboolean e2ee_call_set_member_key (E2eeCall * call, const gchar * identity,
    const gchar * hashed_identity, guint8 index, gint64 sent_ts,
    E2eeKey * key);
void e2ee_call_set_present (E2eeCall * call, const gchar * identity);
void e2ee_call_forget_keys (E2eeCall * call, const gchar * identity);
void e2ee_call_forget_all_keys (E2eeCall * call);
E2eeKeyRing *e2ee_call_get_key_ring (E2eeCall * call, const gchar * identity);

void e2ee_call_set_encrypted (E2eeCall * call, gboolean encrypted);
gboolean e2ee_call_is_encrypted (E2eeCall * call);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (E2eeCall, e2ee_call_unref)

G_END_DECLS
