/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Elements and pads that others have made.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "elements.h"

typedef struct
{
  void (*func) (GstElement *, gpointer);
  gpointer user_data;
} Call;

static void
call_with_element (const GValue * item, gpointer user_data)
{
  Call *call = user_data;

  call->func (g_value_get_object (item), call->user_data);
}

/* Calls @func with each element inside @bin that @factory_name makes, at any
 * depth; if there are changes meanwhile, perhaps with some of them again. */
void
rtc_elements_foreach (GstElement * bin, const gchar * factory_name,
    void (*func) (GstElement *, gpointer), gpointer user_data)
{
  Call call = { func, user_data };
  GstIterator *elements = gst_bin_iterate_all_by_element_factory_name
      (GST_BIN (bin), factory_name);

  while (gst_iterator_foreach (elements, call_with_element, &call) ==
      GST_ITERATOR_RESYNC)
    gst_iterator_resync (elements);
  gst_iterator_free (elements);
}

/* Not each version and each plugin has each property. */
void
rtc_element_set_if_there (GstElement * element, const gchar * property,
    const gchar * value)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), property))
    gst_util_set_object_arg (G_OBJECT (element), property, value);
}

static GstPadProbeReturn
drop_data (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

/* No data passes @pad any more, and that is no error. */
void
rtc_pad_drop_data (GstPad * pad)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, drop_data, NULL, NULL);
}
