/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _MatrixRtcLoop MatrixRtcLoop;

MatrixRtcLoop *matrix_rtc_loop_new (const gchar * name);
MatrixRtcLoop *matrix_rtc_loop_ref (MatrixRtcLoop * loop);
void matrix_rtc_loop_unref (MatrixRtcLoop * loop);
void matrix_rtc_loop_stop (MatrixRtcLoop * loop);

void matrix_rtc_loop_invoke (MatrixRtcLoop * loop, GSourceFunc func,
    gpointer data, GDestroyNotify notify);
GSource *matrix_rtc_loop_add_timeout (MatrixRtcLoop * loop, guint interval_ms,
    GSourceFunc func, gpointer data);
gboolean matrix_rtc_loop_is_current (MatrixRtcLoop * loop);

GSource *matrix_rtc_add_timeout (guint interval_ms, GSourceFunc func,
    gpointer data);
void matrix_rtc_clear_source (GSource ** source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MatrixRtcLoop, matrix_rtc_loop_unref)

G_END_DECLS
