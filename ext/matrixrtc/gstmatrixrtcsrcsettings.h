/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include "call.h"

G_BEGIN_DECLS

/* The settings have the ids from here on; the element's own are below. */
#define GST_MATRIX_RTC_SRC_FIRST_SETTING 100

void gst_matrix_rtc_src_settings_install (GObjectClass * klass);

/* Nothing here locks: the caller holds the element's OBJECT_LOCK, or is the only
 * one that has the element. */
void gst_matrix_rtc_src_settings_init (CallSettings * settings);
/* FALSE: @id is not a setting's. */
gboolean gst_matrix_rtc_src_settings_set (CallSettings * settings, guint id,
    const GValue * value);
gboolean gst_matrix_rtc_src_settings_get (CallSettings * settings, guint id,
    GValue * value);

G_END_DECLS
