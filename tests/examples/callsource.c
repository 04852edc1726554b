/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the examples have in common: a matrixrtcsrc with properties from the command
 * line, and its errors in words.
 */
#include "callsource.h"

static void
set_property (GstElement * src, const gchar * argument)
{
  gchar **words = g_strsplit (argument, "=", 2);

  if (words[0] != NULL && words[1] != NULL)
    gst_util_set_object_arg (G_OBJECT (src), words[0], words[1]);
  g_strfreev (words);
}

/* @properties are PROPERTY=VALUE, with a NULL behind them. NULL: the element isn't
 * installed. */
GstElement *
call_source_new (gchar ** properties)
{
  GstElement *src = gst_element_factory_make ("matrixrtcsrc", NULL);

  for (; src != NULL && *properties != NULL; properties++)
    set_property (src, *properties);
  return src;
}

void
call_source_print_error (GstMessage * message)
{
  const GstStructure *details = NULL;
  GError *error;
  gchar *debug;

  gst_message_parse_error (message, &error, &debug);
  gst_message_parse_error_details (message, &details);
  g_printerr ("%s (%s)\n%s\n", error->message, details == NULL ? "no code" :
      gst_structure_get_string (details, "code"), debug);
  g_error_free (error);
  g_free (debug);
}
