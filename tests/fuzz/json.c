/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target: what homeservers and authorization services answer, and the
 * tokens in it; and the media keys that members of a call send.
 */
#include <string.h>
#include <gst/gst.h>
#include "fuzz.h"
#include "debug.h"
#include "http/json.h"
#include "http/retry.h"
#include "matrix/callmember.h"
#include "matrix/mediakey.h"
#include "matrix/openid.h"
#include "matrix/roomalias.h"
#include "matrix/rtctransport.h"
#include "matrix/wellknown.h"
#include "sfu/sfuconfig.h"

#define MAX_DEPTH 32

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (NULL, NULL);
  matrix_rtc_debug_init ();
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  return 0;
}

static void
read_token (const gchar * jwt)
{
  gchar *identity = (gchar *) "unset";
  gchar *room = (gchar *) "unset";
  g_autoptr (GError) error = NULL;

  if (sfu_jwt_read_claims (jwt, &identity, &room, &error))
    g_assert_no_error (error);
  else
    g_assert (error != NULL && identity == NULL && room == NULL);
  g_free (identity);
  g_free (room);
}

/* The data as the claims of a token: else no mutation would get through the
 * base64. */
static void
read_claims (const uint8_t * data, size_t size)
{
  g_autofree gchar *payload = g_base64_encode (data, size);
  g_autofree gchar *jwt = NULL;
  gchar *padding = strchr (payload, '=');

  if (padding != NULL)
    *padding = '\0';
  g_strdelimit (payload, "+", '-');
  g_strdelimit (payload, "/", '_');
  jwt = g_strconcat ("h.", payload, ".s", NULL);
  read_token (jwt);
}

/* No membership is made of anything but text, and nothing is quoted. */
static void
read_media_key (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MatrixMediaKey) key =
      matrix_media_key_new (NULL, "@a:example.org", "DEV", text, &error);

  g_assert ((key == NULL) == (error != NULL));
  if (key != NULL)
    g_assert (strlen (key->hashed_identity) == 43);
}

static void check_depth (JsonNode * node, guint depth);

static void
check_member (JsonObject * object, const gchar * name, JsonNode * node,
    gpointer user_data)
{
  check_depth (node, GPOINTER_TO_UINT (user_data));
}

static void
check_element (JsonArray * array, guint i, JsonNode * node, gpointer user_data)
{
  check_depth (node, GPOINTER_TO_UINT (user_data));
}

/* @depth: how many arrays and objects @node is in. */
static void
check_depth (JsonNode * node, guint depth)
{
  gpointer inner = GUINT_TO_POINTER (depth + 1);

  if (JSON_NODE_HOLDS_OBJECT (node))
    json_object_foreach_member (json_node_get_object (node), check_member,
        inner);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    json_array_foreach_element (json_node_get_array (node), check_element,
        inner);
  else
    return;
  g_assert (depth < MAX_DEPTH);
}

/* What our getter gives, and all that we make of it, is UTF-8. */
static void
check_getter (JsonObject * object, const gchar * name, JsonNode * node,
    gpointer user_data)
{
  const gchar *text = http_json_get_string (object, name);

  g_assert (text == NULL || g_utf8_validate (text, -1, NULL));
}

static void
check_text (JsonObject * object)
{
  g_autofree gchar *text = http_json_to_string (object);

  g_assert (g_utf8_validate (text, -1, NULL));
}

/* What the room and its transports are found by. */
static void
read_room (JsonObject * object)
{
  const gchar *reason = NULL;
  const gchar *url = matrix_well_known_get_homeserver (object, &reason);
  g_auto (GStrv) servers = NULL;
  g_autofree gchar *room_id = matrix_room_alias_read (object, &servers);
  g_autoptr (MatrixCallMember) member =
      matrix_call_member_new (object, "m.call#ROOM");

  g_assert ((url == NULL) == (reason != NULL));
  g_assert ((room_id == NULL) == (servers == NULL));
  g_assert (member == NULL || member->expires_at >= member->created_at);
  matrix_rtc_transport_find (object, "rtc_transports");
  matrix_well_known_get_service_url (object);
}

static void
read_state (const gchar * data, gsize size)
{
  g_autoptr (GPtrArray) members =
      matrix_call_members_read (data, size, "m.call#ROOM", 0);

  if (members != NULL)
    matrix_call_members_find_service_url (members);
}

static void
read_answer (JsonObject * object)
{
  HttpReply reply = { 429, object, -1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SfuConfig) config = sfu_config_new_from_json (object, &error);
  g_autoptr (JsonObject) token = matrix_openid_pick_token (object);

  json_object_foreach_member (object, check_member, GUINT_TO_POINTER (1));
  json_object_foreach_member (object, check_getter, NULL);
  read_room (object);
  g_free (http_reply_describe (&reply));
  g_assert ((config == NULL) == (error != NULL));
  g_assert (http_retry_delay_ms (&reply, NULL, 0) <= G_MAXINT32);
  if (token != NULL)
    check_text (token);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  /* A copy that ends where the data does, so that a sanitizer sees reads
   * behind. */
  g_autofree gchar *exact = g_memdup2 (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) object = http_json_parse_object (exact, size, &error);

  read_token (text);
  read_claims (data, size);
  read_media_key (text);
  read_state (exact, size);
  g_assert ((object == NULL) == (error != NULL));
  if (object != NULL)
    read_answer (object);
  return 0;
}
