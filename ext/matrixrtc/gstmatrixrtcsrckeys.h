/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gstmatrixrtcsrc.h"

G_BEGIN_DECLS

void gst_matrix_rtc_src_keys_install (GstMatrixRtcSrcClass * klass);

G_END_DECLS
