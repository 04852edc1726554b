/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* One category a layer; `GST_DEBUG=matrixrtc*:6` opens all of them. */
GST_DEBUG_CATEGORY_EXTERN (matrixrtc_src_debug);
GST_DEBUG_CATEGORY_EXTERN (matrixrtc_call_debug);
GST_DEBUG_CATEGORY_EXTERN (matrixrtc_connection_debug);
GST_DEBUG_CATEGORY_EXTERN (matrixrtc_http_debug);
GST_DEBUG_CATEGORY_EXTERN (matrixrtc_sfu_debug);
GST_DEBUG_CATEGORY_EXTERN (matrixrtc_signal_debug);
GST_DEBUG_CATEGORY_EXTERN (matrixrtc_peer_debug);
GST_DEBUG_CATEGORY_EXTERN (matrixrtc_e2ee_debug);

void matrix_rtc_debug_init (void);

G_END_DECLS
