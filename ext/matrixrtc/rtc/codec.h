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
  const gchar *parser;          /* or NULL; for what the depayloader doesn't tell */
  const gchar *caps;            /* what comes out */
  const gchar *details;         /* or NULL: what else is known of it */
  const gchar *other_formats[2];        /* that the parser makes of it */
  gboolean has_layers;          /* see layers.h */
  gboolean is_sliced;           /* see keyframes.h */
} RtcCodec;

const RtcCodec *rtc_codec_find (const gchar * encoding_name);
gboolean rtc_codec_is_available (const RtcCodec * codec);

G_END_DECLS
