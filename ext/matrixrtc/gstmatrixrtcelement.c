/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What all elements of the plugin need once: debug categories,
 * translations, and the types that applications see.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gi18n-lib.h>
#include "debug.h"
#include "gstmatrixrtc-enumtypes.h"
#include "gstmatrixrtcelement.h"
#include "gstmatrixrtcsrcpad.h"

void
gst_matrix_rtc_element_init (GstPlugin * plugin)
{
  static gsize initialized;

  if (!g_once_init_enter (&initialized))
    return;
  matrix_rtc_debug_init ();
#ifdef ENABLE_NLS
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
#endif
  gst_type_mark_as_plugin_api (GST_TYPE_MATRIX_RTC_CONNECTION_STATE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MATRIX_RTC_MEDIA, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MATRIX_RTC_OUTPUT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MATRIX_RTC_VIDEO_QUALITY, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MATRIX_RTC_ICE_TRANSPORT_POLICY, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MATRIX_RTC_E2EE_KEYS, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MATRIX_RTC_UNENCRYPTED_MEDIA, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MATRIX_RTC_TRACK_SOURCE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MATRIX_RTC_SRC_PAD, 0);
  g_once_init_leave (&initialized, 1);
}
