/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GstElement *rtc_decoder_new (GstCaps * caps, gboolean * needs_parser);

G_END_DECLS
