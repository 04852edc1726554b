/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define BARE_TYPE_WEBRTC_SRC (bare_webrtc_src_get_type ())
G_DECLARE_FINAL_TYPE (BareWebrtcSrc, bare_webrtc_src, BARE, WEBRTC_SRC, GstBin)

G_END_DECLS
