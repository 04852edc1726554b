/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "codec.h"

G_BEGIN_DECLS

GstElement *rtc_depayloader_new (const RtcCodec * codec);

G_END_DECLS
