/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON from servers that we don't trust: bounded depth, checked UTF-8, and
 * getters that answer NULL or FALSE where json-glib would be critical.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gio/gio.h>
#include "json.h"

#define MAX_DEPTH 32

/* Where the string ends that begins at @i: at its closing quote. @length: nowhere. */
static gsize
json_find_quote (const gchar * data, gsize length, gsize i)
{
  for (i++; i < length && data[i] != '"'; i++) {
    if (data[i] == '\\')
      i++;
  }
  return MIN (i, length);
}

/* One object and nothing beside it, before json-glib sees it, which parses by
 * recursion and has no limit of its own in the versions we support: deep nesting
 * would end our stack. It takes comments and single quotes, which JSON has not,
 * and which could hide brackets from us. And it takes a second value behind the
 * first; 1.10 aborts the process over it. */
static gboolean
json_is_bounded_object (const gchar * data, gsize length)
{
  gboolean is_over = FALSE;
  guint depth = 0;
  gsize i;

  for (i = 0; i < length; i++) {
    if (depth == 0 && strchr (" \t\r\n", data[i]) == NULL
        && (is_over || data[i] != '{'))
      return FALSE;
    if (data[i] == '"')
      i = json_find_quote (data, length, i);
    else if (strchr ("'/#", data[i]) != NULL)
      return FALSE;
    else if ((data[i] == '{' || data[i] == '[') && ++depth > MAX_DEPTH)
      return FALSE;
    else if ((data[i] == '}' || data[i] == ']') && --depth == 0)
      is_over = TRUE;
  }
  return is_over;
}

/* The error never quotes the data: it may hold a token. */
JsonObject *
http_json_parse_object (const gchar * data, gsize length, GError ** error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;

  if (length == 0 || memchr (data, '\0', length) != NULL
      || !g_utf8_validate_len (data, length, NULL)
      || !json_is_bounded_object (data, length)
      || !json_parser_load_from_data (parser, data, length, NULL)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "not JSON");
    return NULL;
  }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "not a JSON object");
    return NULL;
  }
  return json_object_ref (json_node_get_object (root));
}

static gboolean
json_node_is (JsonNode * node, GType type)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == type;
}

/* @node may be NULL, or an element of an array. */
const gchar *
http_json_node_get_string (JsonNode * node)
{
  const gchar *text = json_node_is (node, G_TYPE_STRING) ?
      json_node_get_string (node) : NULL;

  /* An escaped lone surrogate is JSON, but no text. */
  return text != NULL && g_utf8_validate (text, -1, NULL) ? text : NULL;
}

const gchar *
http_json_get_string (JsonObject * object, const gchar * member)
{
  return http_json_node_get_string (json_object_get_member (object, member));
}

gboolean
http_json_get_int (JsonObject * object, const gchar * member, gint64 * value)
{
  JsonNode *node = json_object_get_member (object, member);

  if (!json_node_is (node, G_TYPE_INT64))
    return FALSE;
  *value = json_node_get_int (node);
  return TRUE;
}

JsonObject *
http_json_get_object (JsonObject * object, const gchar * member)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  return json_node_get_object (node);
}

JsonArray *
http_json_get_array (JsonObject * object, const gchar * member)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  return json_node_get_array (node);
}

gchar *
http_json_to_string (JsonObject * object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return json_to_string (node, FALSE);
}

/* Where the value ends that begins at @i: at a comma or the end of the array it is
 * in. @length: nowhere. */
static gsize
json_find_end (const gchar * data, gsize length, gsize i)
{
  gsize depth = 0;

  for (; i < length; i++) {
    if (data[i] == '"')
      i = json_find_quote (data, length, i);
    else if (data[i] == '{' || data[i] == '[')
      depth++;
    else if (depth == 0 && (data[i] == ',' || data[i] == ']'))
      return i;
    else if (depth > 0 && (data[i] == '}' || data[i] == ']'))
      depth--;
  }
  return length;
}

/* Calls @func with the text of each element of an array, which may be anything, so
 * that neither a bad one spoils the others nor a long array needs the memory that
 * all of it would take parsed. FALSE: it's no whole array. */
gboolean
http_json_foreach_element (const gchar * data, gsize length,
    HttpJsonElementFunc func, gpointer user_data)
{
  gsize end = 0;

  while (end < length && g_ascii_isspace (data[end]))
    end++;
  if (end == length || data[end] != '[')
    return FALSE;
  do {
    const gsize start = end + 1;

    end = json_find_end (data, length, start);
    if (end < length)
      func (data + start, end - start, user_data);
  } while (end < length && data[end] == ',');
  return end < length;
}
