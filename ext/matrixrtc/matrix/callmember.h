/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One device in a call, as its state event tells. Times are ms since 1970. */
typedef struct
{
  gchar *user_id;
  gchar *device_id;
  gint64 created_at;            /* by the member's own clock */
  gint64 expires_at;
  gchar *service_url;           /* NULL: it publishes nowhere that we know of */
} MatrixCallMember;

MatrixCallMember *matrix_call_member_new (JsonObject * event,
    const gchar * slot_id);
void matrix_call_member_free (MatrixCallMember * member);

GPtrArray *matrix_call_members_read (const gchar * state, gsize length,
    const gchar * slot_id, gint64 now);
const gchar *matrix_call_members_find_service_url (GPtrArray * members);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MatrixCallMember, matrix_call_member_free)

G_END_DECLS
