/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GstElement *call_source_new (gchar ** properties);
void call_source_print_error (GstMessage * message);

G_END_DECLS
