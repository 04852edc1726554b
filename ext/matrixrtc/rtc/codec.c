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
 * while they send. Opus always runs at 48 kHz, whatever was captured, and pictures
 * come when they come. Without the chroma site, mp4mux 1.22 crashes. */
static const RtcCodec codecs[] = {
  {
        .encoding_name = "OPUS",
        .is_audio = TRUE,
        .depayloader = "rtpopusdepay",
        .caps = "audio/x-opus",
        .details = "audio/x-opus, rate=(int)48000",
      },
  {
        .encoding_name = "VP8",
        .depayloader = "rtpvp8depay",
        .caps = "video/x-vp8",
        .details = "video/x-vp8, framerate=(fraction)0/1",
      },
  {
        .encoding_name = "VP9",
        .depayloader = "rtpvp9depay",
        .parser = "vp9parse",
        .caps = "video/x-vp9",
        .details = "video/x-vp9, framerate=(fraction)0/1, "
        "chroma-site=(string)mpeg2",
        .has_layers = TRUE,
      },
  {
        .encoding_name = "AV1",
        .depayloader = "rtpav1depay",
        .parser = "av1parse",
        .caps = "video/x-av1",
        .details = "video/x-av1, framerate=(fraction)0/1",
      },
  {
        .encoding_name = "H264",
        .depayloader = "rtph264depay",
        .parser = "h264parse",
        .caps = "video/x-h264, stream-format=(string)byte-stream, "
        "alignment=(string)au",
        .other_formats = {"avc", "avc3"},
        .is_sliced = TRUE,
      },
  {
        .encoding_name = "H265",
        .depayloader = "rtph265depay",
        .parser = "h265parse",
        .caps = "video/x-h265, stream-format=(string)byte-stream, "
        "alignment=(string)au",
        .other_formats = {"hvc1", "hev1"},
        .is_sliced = TRUE,
      },
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
