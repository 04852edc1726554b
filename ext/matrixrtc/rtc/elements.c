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

typedef struct
{
  void (*func) (GstStructure *, gpointer);
  gpointer user_data;
  GDestroyNotify notify;        /* or NULL */
} CapsEdit;

static void
caps_edit_free (gpointer data)
{
  CapsEdit *edit = data;

  if (edit->notify != NULL)
    edit->notify (edit->user_data);
  g_free (edit);
}

static GstPadProbeReturn
edit_caps (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  CapsEdit *edit = user_data;
  g_autoptr (GstCaps) copy = NULL;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  copy = gst_caps_copy (caps);
  edit->func (gst_caps_get_structure (copy, 0), edit->user_data);
  GST_PAD_PROBE_INFO_DATA (info) = gst_event_new_caps (copy);
  gst_event_unref (event);
  return GST_PAD_PROBE_OK;
}

/* @func changes the caps that go down through @pad. */
void
rtc_pad_edit_caps (GstPad * pad, void (*func) (GstStructure *, gpointer),
    gpointer user_data, GDestroyNotify notify)
{
  CapsEdit *edit = g_new (CapsEdit, 1);

  edit->func = func;
  edit->user_data = user_data;
  edit->notify = notify;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, edit_caps, edit,
      caps_edit_free);
}
