/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of structures, which applications get of participants and of numbers.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "structurelist.h"

/* @list is of GST_TYPE_LIST. Takes @structure. */
void
structure_list_append (GValue * list, GstStructure * structure)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&value, structure);
  gst_value_list_append_and_take_value (list, &value);
}
