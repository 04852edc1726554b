/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void rtc_elements_foreach (GstElement * bin, const gchar * factory_name,
    void (*func) (GstElement *, gpointer), gpointer user_data);
void rtc_element_set_if_there (GstElement * element,
    const gchar * property, const gchar * value);
void rtc_pad_drop_data (GstPad * pad);
void rtc_pad_edit_caps (GstPad * pad,
    void (*func) (GstStructure *, gpointer), gpointer user_data,
    GDestroyNotify notify);

G_END_DECLS
