/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void gst_matrix_rtc_element_init (GstPlugin * plugin);

GST_ELEMENT_REGISTER_DECLARE (matrixrtcsrc);

G_END_DECLS
