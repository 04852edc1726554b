/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "codec.h"

G_BEGIN_DECLS

GstPad *rtc_outlet_add (GstBin * bin, GstPad * frames,
    const RtcCodec * codec, gboolean decodes);

G_END_DECLS
