/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http/client.h"
#include "matrix/account.h"

G_BEGIN_DECLS

typedef struct _RoomAccess RoomAccess;

/* What is known of the room and who asks for it. The strings are copied. */
typedef struct
{
  HttpClient *http;
  guint timeout_ms;             /* of each request, with its retries */

  const gchar *homeserver;      /* NULL: by the server name */
  const gchar *access_token;
  const gchar *user_id;         /* NULL: the homeserver says */
  const gchar *device_id;       /* the same */
  const gchar *room;            /* id or alias */
  const gchar *slot_id;
  const gchar *service_url;     /* NULL: found for the room */
  gboolean join_room;
} RoomAccessSettings;

/* Takes @error; NULL: all is found. */
typedef void (*RoomAccessCallback) (GError * error, gpointer user_data);

RoomAccess *room_access_new (const RoomAccessSettings * settings);
void room_access_free (RoomAccess * access);
void room_access_find (RoomAccess * access, RoomAccessCallback callback,
    gpointer user_data);
void room_access_cancel (RoomAccess * access);

MatrixAccount *room_access_get_account (RoomAccess * access);
const gchar *room_access_get_room_id (RoomAccess * access);
const gchar *room_access_get_service_url (RoomAccess * access);

G_END_DECLS
