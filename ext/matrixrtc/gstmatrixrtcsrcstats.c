/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The stats property: the call's numbers and those of the pads, as one structure.
 * Any thread.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstmatrixrtcsrcpad.h"
#include "gstmatrixrtcsrcstats.h"
#include "structurelist.h"

typedef struct
{
  GHashTable *tracks;           /* sid -> GstStructure: those without a pad yet */
  GValue list;
} Gathering;

static gboolean
gather_pad (GstElement * element, GstPad * pad, gpointer user_data)
{
  Gathering *gathering = user_data;

  structure_list_append (&gathering->list, gst_matrix_rtc_src_pad_read_stats
      (GST_MATRIX_RTC_SRC_PAD (pad), gathering->tracks));
  return TRUE;
}

static gboolean
gather_rest (gpointer sid, gpointer track, gpointer user_data)
{
  Gathering *gathering = user_data;

  structure_list_append (&gathering->list, gst_structure_copy (track));
  return TRUE;
}

/* A snapshot of @call: its tracks with their pads first, in the order in which these
 * came. */
GstStructure *
gst_matrix_rtc_src_stats_read (GstElement * element, CallStats * call)
{
  GstStructure *stats = call_stats_read (call);
  g_autoptr (GHashTable) tracks = call_stats_read_tracks (call);
  Gathering gathering = { tracks, G_VALUE_INIT };

  g_value_init (&gathering.list, GST_TYPE_LIST);
  gst_element_foreach_src_pad (element, gather_pad, &gathering);
  g_hash_table_foreach_remove (tracks, gather_rest, &gathering);
  gst_structure_take_value (stats, "tracks", &gathering.list);
  return stats;
}

/* Before any call. */
GstStructure *
gst_matrix_rtc_src_stats_new (void)
{
  GstStructure *stats = call_stats_new_empty ();
  GValue tracks = G_VALUE_INIT;

  g_value_init (&tracks, GST_TYPE_LIST);
  gst_structure_take_value (stats, "tracks", &tracks);
  gst_structure_set (stats, "longest-media-gap", G_TYPE_UINT64,
      G_GUINT64_CONSTANT (0), "dropped-data", G_TYPE_UINT64,
      G_GUINT64_CONSTANT (0), NULL);
  return stats;
}
