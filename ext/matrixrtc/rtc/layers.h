/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void rtc_layers_split (GstElement * rtpvp9depay);
void rtc_layers_join (GstPad * src_pad);

G_END_DECLS
