/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "e2ee/gstmatrixrtcdecrypt.h"
#include "gstmatrixrtcelement.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
  return GST_ELEMENT_REGISTER (matrixrtcsrc, plugin)
      && GST_ELEMENT_REGISTER (matrixrtcdecrypt, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, matrixrtc,
    "Calls of MatrixRTC, as Element Call makes them", plugin_init, VERSION,
    GST_LICENSE, GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)
