/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void rtc_key_frames_attach (GstElement * depayloader, gboolean is_sliced);

G_END_DECLS
