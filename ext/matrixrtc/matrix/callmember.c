/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is in a call, by the room's state: `org.matrix.msc3401.call.member` events,
 * one for each device. Any member of the room writes them, so a bad one counts for
 * nothing and spoils none beside it. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include "callmember.h"
#include "rtctransport.h"
#include "../http/json.h"

#define CALL_MEMBER "org.matrix.msc3401.call.member"
#define ROOM_MEMBER "m.room.member"
#define DEFAULT_EXPIRES (4 * 60 * 60 * 1000)
/* What a number of JSON holds exactly; two of them can be added. */
#define MAX_TIME (G_GINT64_CONSTANT (1) << 53)

/* TRUE with @value untouched if there is no such member, FALSE if it's no time. */
static gboolean
read_time (JsonObject * object, const gchar * member, gint64 * value)
{
  JsonNode *node = json_object_get_member (object, member);
  gdouble number;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node)
      || (json_node_get_value_type (node) != G_TYPE_INT64
          && json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return FALSE;
  number = json_node_get_double (node);
  if (!(number >= 0 && number <= MAX_TIME))
    return FALSE;
  *value = number;
  return TRUE;
}

/* The application's own slot ROOM is written as an empty id. */
static gboolean
is_in_slot (JsonObject * content, const gchar * slot_id)
{
  const gchar *application = http_json_get_string (content, "application");
  const gchar *call_id = http_json_get_string (content, "call_id");
  g_autofree gchar *slot = NULL;

  if (application == NULL || call_id == NULL)
    return FALSE;
  slot = g_strdup_printf ("%s#%s", application, *call_id == '\0' ? "ROOM" :
      call_id);
  return g_str_equal (slot, slot_id);
}

/* Whoever follows the oldest member names that one's transport too. */
static gboolean
names_transport (JsonObject * focus)
{
  static const gchar *const selections[] =
      { "multi_sfu", "oldest_membership", NULL };
  const gchar *selection = http_json_get_string (focus, "focus_selection");

  return selection != NULL && g_strv_contains (selections, selection);
}

/* NULL: @event is no valid membership of the call in @slot_id, or tells that its
 * sender has left. Whether it has expired, and the sender is in the room, is for
 * the caller to look. */
MatrixCallMember *
matrix_call_member_new (JsonObject * event, const gchar * slot_id)
{
  const gchar *type = http_json_get_string (event, "type");
  const gchar *sender = http_json_get_string (event, "sender");
  JsonObject *content = http_json_get_object (event, "content");
  gint64 created_at = -1;
  gint64 expires = DEFAULT_EXPIRES;
  const gchar *device_id;
  JsonObject *focus;
  MatrixCallMember *member;

  if (g_strcmp0 (type, CALL_MEMBER) != 0 || sender == NULL || *sender != '@'
      || content == NULL || !is_in_slot (content, slot_id))
    return NULL;
  device_id = http_json_get_string (content, "device_id");
  focus = http_json_get_object (content, "focus_active");
  if (device_id == NULL || *device_id == '\0' || focus == NULL
      || http_json_get_string (focus, "type") == NULL
      || !read_time (event, "origin_server_ts", &created_at)
      || !read_time (content, "created_ts", &created_at)
      || !read_time (content, "expires", &expires) || created_at < 0)
    return NULL;
  member = g_new0 (MatrixCallMember, 1);
  member->user_id = g_strdup (sender);
  member->device_id = g_strdup (device_id);
  member->created_at = created_at;
  member->expires_at = created_at + expires;
  if (names_transport (focus))
    member->service_url =
        g_strdup (matrix_rtc_transport_find (content, "foci_preferred"));
  return member;
}

void
matrix_call_member_free (MatrixCallMember * member)
{
  g_free (member->user_id);
  g_free (member->device_id);
  g_free (member->service_url);
  g_free (member);
}

typedef struct
{
  const gchar *slot_id;
  gint64 now;
  GPtrArray *members;           /* MatrixCallMember * */
  GHashTable *joined;           /* user ids */
} Reading;

/* The event in @text, or NULL if it's no object or can't be of @type: a large
 * room's state is mostly of others, which needn't be parsed. */
static JsonObject *
parse_event (const gchar * text, gsize length, const gchar * type)
{
  if (g_strstr_len (text, length, type) == NULL)
    return NULL;
  return http_json_parse_object (text, length, NULL);
}

static void
read_call_member (const gchar * text, gsize length, gpointer user_data)
{
  Reading *reading = user_data;
  g_autoptr (JsonObject) event = parse_event (text, length, CALL_MEMBER);
  g_autoptr (MatrixCallMember) member = event == NULL ? NULL :
      matrix_call_member_new (event, reading->slot_id);

  if (member != NULL && member->expires_at > reading->now)
    g_ptr_array_add (reading->members, g_steal_pointer (&member));
}

static void
read_room_member (const gchar * text, gsize length, gpointer user_data)
{
  Reading *reading = user_data;
  g_autoptr (JsonObject) event = parse_event (text, length, ROOM_MEMBER);
  const gchar *user_id;
  JsonObject *content;

  if (event == NULL
      || g_strcmp0 (http_json_get_string (event, "type"), ROOM_MEMBER) != 0)
    return;
  user_id = http_json_get_string (event, "state_key");
  content = http_json_get_object (event, "content");
  if (user_id != NULL && content != NULL && g_strcmp0 (http_json_get_string
          (content, "membership"), "join") == 0)
    g_hash_table_add (reading->joined, g_strdup (user_id));
}

static gint
compare_age (gconstpointer a, gconstpointer b)
{
  const MatrixCallMember *left = *(MatrixCallMember * const *) a;
  const MatrixCallMember *right = *(MatrixCallMember * const *) b;

  if (left->created_at != right->created_at)
    return left->created_at < right->created_at ? -1 : 1;
  return strcmp (left->user_id, right->user_id);
}

/* The live members of the call by the room's @state, an array of events, the oldest
 * first. NULL: it's no array. */
GPtrArray *
matrix_call_members_read (const gchar * state, gsize length,
    const gchar * slot_id, gint64 now)
{
  g_autoptr (GPtrArray) members =
      g_ptr_array_new_with_free_func ((GDestroyNotify) matrix_call_member_free);
  g_autoptr (GHashTable) joined =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Reading reading = { slot_id, now, members, joined };
  guint i;

  if (!http_json_foreach_element (state, length, read_call_member, &reading))
    return NULL;
  if (members->len > 0)
    http_json_foreach_element (state, length, read_room_member, &reading);
  for (i = members->len; i-- > 0;) {
    const MatrixCallMember *member = g_ptr_array_index (members, i);

    if (!g_hash_table_contains (joined, member->user_id))
      g_ptr_array_remove_index (members, i);
  }
  g_ptr_array_sort (members, compare_age);
  return g_steal_pointer (&members);
}

/* Of the oldest that has one, or NULL. */
const gchar *
matrix_call_members_find_service_url (GPtrArray * members)
{
  const gchar *url = NULL;
  guint i;

  for (i = 0; i < members->len && url == NULL; i++)
    url = ((MatrixCallMember *) g_ptr_array_index (members, i))->service_url;
  return url;
}
