/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ICE candidates as LiveKit carries them: the W3C's RTCIceCandidateInit in JSON.
 * Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include "candidate.h"
#include "../http/json.h"

#define MAX_CANDIDATE_SIZE 1024
#define MAX_MLINE 65535

gchar *
livekit_candidate_to_json (guint mline, const gchar * candidate)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "candidate", candidate);
  json_object_set_int_member (object, "sdpMLineIndex", mline);
  return http_json_to_string (object);
}

/* The candidate and the index of its media section, or NULL for what is no
 * candidate: bad JSON, or the empty string that ends a list. */
gchar *
livekit_candidate_from_json (const gchar * json, guint * mline)
{
  g_autoptr (JsonObject) object =
      http_json_parse_object (json, strlen (json), NULL);
  const gchar *candidate;
  gint64 index = 0;

  if (object == NULL)
    return NULL;
  candidate = http_json_get_string (object, "candidate");
  http_json_get_int (object, "sdpMLineIndex", &index);
  if (candidate == NULL || !g_str_has_prefix (candidate, "candidate:")
      || strlen (candidate) > MAX_CANDIDATE_SIZE || index < 0
      || index > MAX_MLINE)
    return NULL;
  *mline = index;
  return g_strdup (candidate);
}
