/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* One codec that may come as RTP. */
typedef struct
{
  const gchar *encoding_name;   /* of rtpmap, in upper case */
  gboolean is_audio;
  const gchar *depayloader;
  const gchar *caps;            /* what comes out */
  gboolean has_layers;          /* see layers.h */
  gboolean is_sliced;           /* see keyframes.h */
} RtcCodec;

const RtcCodec *rtc_codec_find (const gchar * encoding_name);
gboolean rtc_codec_is_available (const RtcCodec * codec);

G_END_DECLS
