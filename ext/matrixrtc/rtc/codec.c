/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The codecs that we take from an SFU. Which of them can be received is decided
 * by the depayloaders that are installed.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec.h"

/* H.26x in the form that needs no out-of-band headers: senders change them
 * while they send. */
static const RtcCodec codecs[] = {
  {"OPUS", TRUE, "rtpopusdepay", "audio/x-opus"},
  {"VP8", FALSE, "rtpvp8depay", "video/x-vp8"},
  {"VP9", FALSE, "rtpvp9depay", "video/x-vp9", TRUE},
  {"AV1", FALSE, "rtpav1depay", "video/x-av1"},
  {"H264", FALSE, "rtph264depay",
      "video/x-h264, stream-format=(string)byte-stream, "
        "alignment=(string)au", FALSE, TRUE},
  {"H265", FALSE, "rtph265depay",
      "video/x-h265, stream-format=(string)byte-stream, "
        "alignment=(string)au", FALSE, TRUE},
};

/* @encoding_name in any case; NULL for what we don't take. */
const RtcCodec *
rtc_codec_find (const gchar * encoding_name)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (g_ascii_strcasecmp (codecs[i].encoding_name, encoding_name) == 0)
      return &codecs[i];
  }
  return NULL;
}

gboolean
rtc_codec_is_available (const RtcCodec * codec)
{
  g_autoptr (GstElementFactory) factory =
      gst_element_factory_find (codec->depayloader);

  return factory != NULL;
}
