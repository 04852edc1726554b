/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes what a plugin says of itself to the file that hotdoc's GStreamer
 * extension reads: elements, pad templates, properties, signals and types.
 *
 *   plugincache [--check] CACHE PLUGIN...
 *
 * The format is that of GStreamer's own gst-plugins-doc-cache-generator, which
 * distributions (Debian among them) don't ship, and whose output differs from
 * version to version. Classes are asked, never instances: nothing is started
 * and no other plugin is needed. With --check nothing is written; the exit
 * status tells whether CACHE is what would have been written.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>

static gchar *
enum_to_string (const GValue * value)
{
  GEnumClass *klass = g_type_class_ref (G_VALUE_TYPE (value));
  GEnumValue *found = g_enum_get_value (klass, g_value_get_enum (value));
  gchar *text = g_strdup_printf ("%s (%d)", found ? found->value_nick : "",
      g_value_get_enum (value));

  g_type_class_unref (klass);
  return text;
}

static gchar *
flags_to_string (const GValue * value)
{
  GFlagsClass *klass = g_type_class_ref (G_VALUE_TYPE (value));
  GString *text = g_string_new (NULL);
  guint i, flags = g_value_get_flags (value);

  for (i = 0; i < klass->n_values; i++) {
    guint one = klass->values[i].value;

    if (one == 0 || (flags & one) != one)
      continue;
    if (text->len > 0)
      g_string_append_c (text, '+');
    g_string_append (text, klass->values[i].value_nick);
  }
  if (text->len == 0)
    g_string_append (text, "(none)");

  g_type_class_unref (klass);
  return g_string_free (text, FALSE);
}

static gchar *
value_to_string (const GValue * value)
{
  if (G_VALUE_HOLDS_ENUM (value))
    return enum_to_string (value);
  if (G_VALUE_HOLDS_FLAGS (value))
    return flags_to_string (value);
  if (G_VALUE_HOLDS_STRING (value)) {
    const gchar *text = g_value_get_string (value);

    return g_strdup (text ? text : "NULL");
  }
  if (G_VALUE_HOLDS_BOXED (value) && !g_value_get_boxed (value))
    return NULL;
  return gst_value_serialize (value);
}

static void
set_text (JsonObject * object, const gchar * key, gchar * text)
{
  if (text)
    json_object_set_string_member (object, key, text);
  g_free (text);
}

/* Only the number types that properties of today's elements have. */
static void
set_range (JsonObject * object, GParamSpec * spec)
{
  gchar *max = NULL, *min = NULL;

  if (G_IS_PARAM_SPEC_UINT (spec)) {
    max = g_strdup_printf ("%u", G_PARAM_SPEC_UINT (spec)->maximum);
    min = g_strdup_printf ("%u", G_PARAM_SPEC_UINT (spec)->minimum);
  } else if (G_IS_PARAM_SPEC_INT (spec)) {
    max = g_strdup_printf ("%d", G_PARAM_SPEC_INT (spec)->maximum);
    min = g_strdup_printf ("%d", G_PARAM_SPEC_INT (spec)->minimum);
  } else if (G_IS_PARAM_SPEC_UINT64 (spec)) {
    max = g_strdup_printf ("%" G_GUINT64_FORMAT,
        G_PARAM_SPEC_UINT64 (spec)->maximum);
    min = g_strdup_printf ("%" G_GUINT64_FORMAT,
        G_PARAM_SPEC_UINT64 (spec)->minimum);
  } else if (G_IS_PARAM_SPEC_INT64 (spec)) {
    max = g_strdup_printf ("%" G_GINT64_FORMAT,
        G_PARAM_SPEC_INT64 (spec)->maximum);
    min = g_strdup_printf ("%" G_GINT64_FORMAT,
        G_PARAM_SPEC_INT64 (spec)->minimum);
  } else if (G_IS_PARAM_SPEC_DOUBLE (spec)) {
    max = g_strdup_printf ("%g", G_PARAM_SPEC_DOUBLE (spec)->maximum);
    min = g_strdup_printf ("%g", G_PARAM_SPEC_DOUBLE (spec)->minimum);
  }
  set_text (object, "max", max);
  set_text (object, "min", min);
}

static const gchar *
describe_mutability (GParamSpec * spec)
{
  if (spec->flags & GST_PARAM_MUTABLE_PLAYING)
    return "playing";
  if (spec->flags & GST_PARAM_MUTABLE_PAUSED)
    return "paused";
  if (spec->flags & GST_PARAM_MUTABLE_READY)
    return "ready";
  return "null";
}

static JsonObject *
describe_property (GParamSpec * spec)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "blurb",
      g_param_spec_get_blurb (spec));
  json_object_set_boolean_member (object, "conditionally-available",
      (spec->flags & GST_PARAM_CONDITIONALLY_AVAILABLE) != 0);
  json_object_set_boolean_member (object, "construct",
      (spec->flags & G_PARAM_CONSTRUCT) != 0);
  json_object_set_boolean_member (object, "construct-only",
      (spec->flags & G_PARAM_CONSTRUCT_ONLY) != 0);
  json_object_set_boolean_member (object, "controllable",
      (spec->flags & GST_PARAM_CONTROLLABLE) != 0);
  set_text (object, "default",
      value_to_string (g_param_spec_get_default_value (spec)));
  set_range (object, spec);
  json_object_set_string_member (object, "mutable", describe_mutability (spec));
  json_object_set_boolean_member (object, "readable",
      (spec->flags & G_PARAM_READABLE) != 0);
  json_object_set_string_member (object, "type",
      g_type_name (spec->value_type));
  json_object_set_boolean_member (object, "writable",
      (spec->flags & G_PARAM_WRITABLE) != 0);
  return object;
}

/* A type is described beside the elements when its plugin marked it as part of
 * its interface. GHashTable: type name -> GType. */
static void
note_type (GHashTable * types, GType type)
{
  if (gst_type_is_plugin_api (type, NULL))
    g_hash_table_insert (types, (gpointer) g_type_name (type),
        GSIZE_TO_POINTER (type));
}

static gint
compare_specs (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 ((*(GParamSpec * const *) a)->name,
      (*(GParamSpec * const *) b)->name);
}

/* What a type inherits is told on the page of the type that it is from. */
static JsonObject *
describe_properties (GType type, GHashTable * types)
{
  GObjectClass *klass = g_type_class_ref (type);
  JsonObject *properties = json_object_new ();
  GParamSpec **specs;
  guint i, n;

  specs = g_object_class_list_properties (klass, &n);
  qsort (specs, n, sizeof (*specs), compare_specs);
  for (i = 0; i < n; i++) {
    if (specs[i]->owner_type != type)
      continue;
    json_object_set_object_member (properties, specs[i]->name,
        describe_property (specs[i]));
    note_type (types, specs[i]->value_type);
  }

  g_free (specs);
  g_type_class_unref (klass);
  return properties;
}

static JsonArray *
describe_arguments (const GSignalQuery * query, GHashTable * types)
{
  JsonArray *arguments = json_array_new ();
  guint i;

  for (i = 0; i < query->n_params; i++) {
    GType type = query->param_types[i] & ~G_SIGNAL_TYPE_STATIC_SCOPE;
    JsonObject *argument = json_object_new ();
    gchar *name = g_strdup_printf ("arg%u", i);

    json_object_set_string_member (argument, "name", name);
    json_object_set_string_member (argument, "type", g_type_name (type));
    json_array_add_object_element (arguments, argument);
    note_type (types, type);
    g_free (name);
  }
  return arguments;
}

static JsonObject *
describe_signal (const GSignalQuery * query, GHashTable * types)
{
  JsonObject *object = json_object_new ();
  GType return_type = query->return_type & ~G_SIGNAL_TYPE_STATIC_SCOPE;

  if (query->signal_flags & G_SIGNAL_ACTION)
    json_object_set_boolean_member (object, "action", TRUE);
  json_object_set_array_member (object, "args",
      describe_arguments (query, types));
  if (query->signal_flags & G_SIGNAL_NO_HOOKS)
    json_object_set_boolean_member (object, "no-hooks", TRUE);
  json_object_set_string_member (object, "return-type",
      g_type_name (return_type));
  if (query->signal_flags & G_SIGNAL_RUN_FIRST)
    json_object_set_string_member (object, "when", "first");
  else if (query->signal_flags & G_SIGNAL_RUN_LAST)
    json_object_set_string_member (object, "when", "last");
  else if (query->signal_flags & G_SIGNAL_RUN_CLEANUP)
    json_object_set_string_member (object, "when", "cleanup");
  note_type (types, return_type);
  return object;
}

static JsonObject *
describe_signals (GType type, GHashTable * types)
{
  JsonObject *signals = json_object_new ();
  GList *names = NULL, *l;
  guint *ids, i, n;

  ids = g_signal_list_ids (type, &n);
  for (i = 0; i < n; i++)
    names = g_list_insert_sorted (names, (gpointer) g_signal_name (ids[i]),
        (GCompareFunc) g_strcmp0);
  for (l = names; l; l = l->next) {
    GSignalQuery query;

    g_signal_query (g_signal_lookup (l->data, type), &query);
    json_object_set_object_member (signals, l->data,
        describe_signal (&query, types));
  }

  g_list_free (names);
  g_free (ids);
  return signals;
}

static JsonArray *
describe_hierarchy (GType type)
{
  JsonArray *hierarchy = json_array_new ();

  for (; type; type = g_type_parent (type))
    json_array_add_string_element (hierarchy, g_type_name (type));
  return hierarchy;
}

static JsonArray *
describe_interfaces (GType type)
{
  JsonArray *interfaces = json_array_new ();
  GType *all;
  guint i, n;

  all = g_type_interfaces (type, &n);
  for (i = 0; i < n; i++)
    json_array_add_string_element (interfaces, g_type_name (all[i]));
  g_free (all);
  return interfaces;
}

/* The parts that elements and other objects have in common. */
static void
describe_object (JsonObject * object, GType type, GHashTable * types)
{
  JsonObject *part;

  json_object_set_array_member (object, "hierarchy", describe_hierarchy (type));
  json_object_set_array_member (object, "interfaces",
      describe_interfaces (type));

  part = describe_properties (type, types);
  if (json_object_get_size (part) > 0)
    json_object_set_object_member (object, "properties",
        json_object_ref (part));
  json_object_unref (part);

  part = describe_signals (type, types);
  if (json_object_get_size (part) > 0)
    json_object_set_object_member (object, "signals", json_object_ref (part));
  json_object_unref (part);
}

static gboolean
append_field (GQuark field, const GValue * value, gpointer text)
{
  gchar *serialized = gst_value_serialize (value);

  g_string_append_printf (text, "%15s: %s\n", g_quark_to_string (field),
      serialized);
  g_free (serialized);
  return TRUE;
}

static gchar *
describe_caps (GstCaps * caps)
{
  GString *text;
  guint i;

  if (gst_caps_is_any (caps))
    return g_strdup ("ANY");
  if (gst_caps_is_empty (caps))
    return g_strdup ("EMPTY");

  text = g_string_new (NULL);
  for (i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *structure = gst_caps_get_structure (caps, i);
    GstCapsFeatures *features = gst_caps_get_features (caps, i);

    if (i > 0)
      g_string_append_c (text, '\n');
    g_string_append (text, gst_structure_get_name (structure));
    if (features && !gst_caps_features_is_equal (features,
            GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY)) {
      gchar *name = gst_caps_features_to_string (features);

      g_string_append_printf (text, "(%s)", name);
      g_free (name);
    }
    g_string_append (text, ":\n");
    gst_structure_foreach (structure, append_field, text);
  }
  return g_string_free (text, FALSE);
}

static JsonObject *
describe_pad_template (GstStaticPadTemplate * pad, GType pad_type)
{
  static const gchar *presences[] = { "always", "sometimes", "request" };
  JsonObject *object = json_object_new ();
  GstCaps *caps = gst_static_caps_get (&pad->static_caps);

  set_text (object, "caps", describe_caps (caps));
  json_object_set_string_member (object, "direction",
      pad->direction == GST_PAD_SRC ? "src" : "sink");
  json_object_set_string_member (object, "presence", presences[pad->presence]);
  if (pad_type != G_TYPE_NONE && pad_type != GST_TYPE_PAD)
    json_object_set_string_member (object, "type", g_type_name (pad_type));
  gst_caps_unref (caps);
  return object;
}

static gint
compare_templates (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (((const GstStaticPadTemplate *) a)->name_template,
      ((const GstStaticPadTemplate *) b)->name_template);
}

static JsonObject *
describe_pad_templates (GstElementFactory * factory, GHashTable * types)
{
  JsonObject *object = json_object_new ();
  GstElementClass *klass =
      g_type_class_ref (gst_element_factory_get_element_type (factory));
  GList *pads, *l;

  pads = g_list_sort (g_list_copy ((GList *)
          gst_element_factory_get_static_pad_templates (factory)),
      compare_templates);
  for (l = pads; l; l = l->next) {
    GstStaticPadTemplate *pad = l->data;
    GstPadTemplate *template =
        gst_element_class_get_pad_template (klass, pad->name_template);
    GType pad_type = GST_PAD_TEMPLATE_GTYPE (template);

    json_object_set_object_member (object, pad->name_template,
        describe_pad_template (pad, pad_type));
    note_type (types, pad_type);
  }

  g_list_free (pads);
  g_type_class_unref (klass);
  return object;
}

static void
set_rank (JsonObject * object, guint rank)
{
  switch (rank) {
    case GST_RANK_NONE:
      json_object_set_string_member (object, "rank", "none");
      break;
    case GST_RANK_MARGINAL:
      json_object_set_string_member (object, "rank", "marginal");
      break;
    case GST_RANK_SECONDARY:
      json_object_set_string_member (object, "rank", "secondary");
      break;
    case GST_RANK_PRIMARY:
      json_object_set_string_member (object, "rank", "primary");
      break;
    default:
      set_text (object, "rank", g_strdup_printf ("%u", rank));
      break;
  }
}

static JsonObject *
describe_element (GstElementFactory * factory, GHashTable * types)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "author",
      gst_element_factory_get_metadata (factory, GST_ELEMENT_METADATA_AUTHOR));
  json_object_set_string_member (object, "description",
      gst_element_factory_get_metadata (factory,
          GST_ELEMENT_METADATA_DESCRIPTION));
  json_object_set_string_member (object, "klass",
      gst_element_factory_get_metadata (factory, GST_ELEMENT_METADATA_KLASS));
  json_object_set_string_member (object, "long-name",
      gst_element_factory_get_metadata (factory,
          GST_ELEMENT_METADATA_LONGNAME));
  describe_object (object, gst_element_factory_get_element_type (factory),
      types);
  json_object_set_object_member (object, "pad-templates",
      describe_pad_templates (factory, types));
  set_rank (object, gst_plugin_feature_get_rank (GST_PLUGIN_FEATURE (factory)));
  return object;
}

static void
add_value (JsonArray * values, const gchar * desc, const gchar * name,
    gchar * number)
{
  JsonObject *value = json_object_new ();

  json_object_set_string_member (value, "desc", desc);
  json_object_set_string_member (value, "name", name);
  set_text (value, "value", number);
  json_array_add_object_element (values, value);
}

static JsonArray *
describe_values (GType type)
{
  gpointer klass = g_type_class_ref (type);
  JsonArray *values = json_array_new ();
  guint i;

  if (G_TYPE_IS_ENUM (type)) {
    GEnumClass *enum_class = klass;

    for (i = 0; i < enum_class->n_values; i++)
      add_value (values, enum_class->values[i].value_name,
          enum_class->values[i].value_nick,
          g_strdup_printf ("%d", enum_class->values[i].value));
  } else {
    GFlagsClass *flags_class = klass;

    for (i = 0; i < flags_class->n_values; i++)
      add_value (values, flags_class->values[i].value_name,
          flags_class->values[i].value_nick,
          g_strdup_printf ("0x%08x", flags_class->values[i].value));
  }

  g_type_class_unref (klass);
  return values;
}

static JsonObject *
describe_type (GType type, GHashTable * types)
{
  JsonObject *object = json_object_new ();

  if (G_TYPE_IS_ENUM (type) || G_TYPE_IS_FLAGS (type)) {
    json_object_set_string_member (object, "kind",
        G_TYPE_IS_ENUM (type) ? "enum" : "flags");
    json_object_set_array_member (object, "values", describe_values (type));
  } else if (G_TYPE_IS_OBJECT (type)) {
    describe_object (object, type, types);
    json_object_set_string_member (object, "kind", "object");
  }
  return object;
}

/* Describing an object may bring up further types: go on until none is new. */
static JsonObject *
describe_types (GHashTable * types)
{
  GHashTable *done = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) json_object_unref);
  JsonObject *object = json_object_new ();
  GList *names = NULL, *l;

  while (g_hash_table_size (done) < g_hash_table_size (types)) {
    g_list_free (names);
    names = g_list_sort (g_hash_table_get_keys (types),
        (GCompareFunc) g_strcmp0);
    for (l = names; l; l = l->next)
      if (!g_hash_table_contains (done, l->data))
        g_hash_table_insert (done, l->data,
            describe_type (GPOINTER_TO_SIZE (g_hash_table_lookup (types,
                        l->data)), types));
  }
  for (l = names; l; l = l->next)
    json_object_set_object_member (object, l->data,
        json_object_ref (g_hash_table_lookup (done, l->data)));

  g_list_free (names);
  g_hash_table_unref (done);
  return object;
}

static gint
compare_features (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (GST_OBJECT_NAME (a), GST_OBJECT_NAME (b));
}

static JsonObject *
describe_elements (GstPlugin * plugin, GHashTable * types)
{
  JsonObject *elements = json_object_new ();
  GList *features, *l;

  features = gst_registry_get_feature_list_by_plugin (gst_registry_get (),
      gst_plugin_get_name (plugin));
  features = g_list_sort (features, compare_features);
  for (l = features; l; l = l->next)
    if (GST_IS_ELEMENT_FACTORY (l->data))
      json_object_set_object_member (elements, GST_OBJECT_NAME (l->data),
          describe_element (l->data, types));
  gst_plugin_feature_list_free (features);
  return elements;
}

static JsonObject *
describe_plugin (GstPlugin * plugin, const gchar * path)
{
  GHashTable *types = g_hash_table_new (g_str_hash, g_str_equal);
  JsonObject *object = json_object_new ();
  gchar *filename = g_path_get_basename (path);

  if (g_str_has_prefix (filename, "lib"))
    memmove (filename, filename + 3, strlen (filename) - 2);
  if (strchr (filename, '.'))
    *strchr (filename, '.') = '\0';

  json_object_set_string_member (object, "description",
      gst_plugin_get_description (plugin));
  json_object_set_object_member (object, "elements",
      describe_elements (plugin, types));
  json_object_set_string_member (object, "filename", filename);
  json_object_set_string_member (object, "license",
      gst_plugin_get_license (plugin));
  json_object_set_object_member (object, "other-types", describe_types (types));
  json_object_set_string_member (object, "package",
      gst_plugin_get_package (plugin));
  json_object_set_string_member (object, "source",
      gst_plugin_get_source (plugin));
  json_object_set_string_member (object, "url", gst_plugin_get_origin (plugin));

  g_free (filename);
  g_hash_table_unref (types);
  return object;
}

/* Entries of plugins that this build left out stay. */
static JsonNode *
update_cache (const gchar * old, gchar ** paths, GError ** error)
{
  JsonObject *cache, *sorted = json_object_new ();
  JsonNode *node = NULL;
  GList *names, *l;

  if (old)
    node = json_from_string (old, NULL);
  if (node && JSON_NODE_HOLDS_OBJECT (node))
    cache = json_node_dup_object (node);
  else
    cache = json_object_new ();
  g_clear_pointer (&node, json_node_unref);

  for (; *paths; paths++) {
    GstPlugin *plugin = gst_plugin_load_file (*paths, error);

    if (!plugin)
      goto done;
    json_object_set_object_member (cache, gst_plugin_get_name (plugin),
        describe_plugin (plugin, *paths));
    gst_object_unref (plugin);
  }

  names = g_list_sort (json_object_get_members (cache),
      (GCompareFunc) g_strcmp0);
  for (l = names; l; l = l->next)
    json_object_set_member (sorted, l->data,
        json_object_dup_member (cache, l->data));
  g_list_free (names);
  node = json_node_init_object (json_node_alloc (), sorted);

done:
  json_object_unref (cache);
  json_object_unref (sorted);
  return node;
}

static gchar *
to_text (JsonNode * node)
{
  JsonGenerator *generator = json_generator_new ();
  gchar *json, *text;

  json_generator_set_root (generator, node);
  json_generator_set_pretty (generator, TRUE);
  json_generator_set_indent (generator, 4);
  json = json_generator_to_data (generator, NULL);
  text = g_strconcat (json, "\n", NULL);
  g_free (json);
  g_object_unref (generator);
  return text;
}

static gboolean
run (const gchar * cache, gchar ** plugins, gboolean check, GError ** error)
{
  gchar *old = NULL, *text;
  gboolean ok;
  JsonNode *node;

  g_file_get_contents (cache, &old, NULL, NULL);
  node = update_cache (old, plugins, error);
  if (!node) {
    g_free (old);
    return FALSE;
  }

  text = to_text (node);
  ok = g_strcmp0 (old, text) == 0;
  if (check && !ok)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "%s is stale: run `ninja -C BUILD update-plugin-cache`", cache);
  else if (!ok)
    ok = g_file_set_contents (cache, text, -1, error);

  json_node_unref (node);
  g_free (text);
  g_free (old);
  return ok;
}

int
main (int argc, char **argv)
{
  gboolean check = FALSE;
  GError *error = NULL;

  gst_init (&argc, &argv);

  if (argc > 1 && g_str_equal (argv[1], "--check"))
    check = TRUE;
  argc -= check;
  argv += check;
  if (argc < 3) {
    g_printerr ("Usage: plugincache [--check] CACHE PLUGIN...\n");
    return 2;
  }

  if (!run (argv[1], argv + 2, check, &error)) {
    g_printerr ("%s\n", error->message);
    g_clear_error (&error);
    return 1;
  }
  return 0;
}
