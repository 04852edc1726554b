/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "callstats.h"

G_BEGIN_DECLS

GstStructure *gst_matrix_rtc_src_stats_new (void);
GstStructure *gst_matrix_rtc_src_stats_read (GstElement * element,
    CallStats * call);

G_END_DECLS
