/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _DataLimits DataLimits;

DataLimits *data_limits_new (void);
DataLimits *data_limits_ref (DataLimits * limits);
void data_limits_unref (DataLimits * limits);

GBytes *data_limits_hold (DataLimits * limits, GBytes * bytes);
gboolean data_limits_admit (DataLimits * limits, gint64 now);
gboolean data_limits_count_drop (DataLimits * limits, gint64 now);
guint64 data_limits_get_n_dropped (DataLimits * limits);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DataLimits, data_limits_unref)

G_END_DECLS
