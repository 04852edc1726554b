/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What it takes to join one SFU's room. */
typedef struct
{
  gchar *url;                   /* of the LiveKit server, ws(s) or http(s) */
  gchar *jwt;                   /* secret */
  gchar *identity;              /* the JWT's sub: who we are on the SFU */
  gchar *room;                  /* the JWT's video.room */
} SfuConfig;

SfuConfig *sfu_config_new (const gchar * url, const gchar * jwt,
    GError ** error);
SfuConfig *sfu_config_new_from_json (JsonObject * object, GError ** error);
void sfu_config_free (SfuConfig * config);

gboolean sfu_jwt_read_claims (const gchar * jwt, gchar ** identity,
    gchar ** room, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SfuConfig, sfu_config_free)

G_END_DECLS
