/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The debug categories.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "debug.h"

GST_DEBUG_CATEGORY (matrixrtc_src_debug);
GST_DEBUG_CATEGORY (matrixrtc_call_debug);
GST_DEBUG_CATEGORY (matrixrtc_connection_debug);
GST_DEBUG_CATEGORY (matrixrtc_http_debug);
GST_DEBUG_CATEGORY (matrixrtc_sfu_debug);
GST_DEBUG_CATEGORY (matrixrtc_signal_debug);
GST_DEBUG_CATEGORY (matrixrtc_peer_debug);
GST_DEBUG_CATEGORY (matrixrtc_e2ee_debug);

void
matrix_rtc_debug_init (void)
{
  GST_DEBUG_CATEGORY_INIT (matrixrtc_src_debug, "matrixrtcsrc", 0,
      "MatrixRTC source element");
  GST_DEBUG_CATEGORY_INIT (matrixrtc_call_debug, "matrixrtccall", 0,
      "MatrixRTC call");
  GST_DEBUG_CATEGORY_INIT (matrixrtc_connection_debug, "matrixrtcconnection",
      0, "MatrixRTC connection to one SFU");
  GST_DEBUG_CATEGORY_INIT (matrixrtc_http_debug, "matrixrtchttp", 0,
      "MatrixRTC HTTP requests");
  GST_DEBUG_CATEGORY_INIT (matrixrtc_sfu_debug, "matrixrtcsfu", 0,
      "MatrixRTC authorization service");
  GST_DEBUG_CATEGORY_INIT (matrixrtc_signal_debug, "matrixrtcsignal", 0,
      "MatrixRTC LiveKit signalling");
  GST_DEBUG_CATEGORY_INIT (matrixrtc_peer_debug, "matrixrtcpeer", 0,
      "MatrixRTC media peer");
  GST_DEBUG_CATEGORY_INIT (matrixrtc_e2ee_debug, "matrixrtce2ee", 0,
      "MatrixRTC end-to-end encryption");
}
