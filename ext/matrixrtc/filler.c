/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Media for when none comes: muxers that wait for each of their pads, as
 * matroskamux and mp4mux do in GStreamer 1.22, don't heed GAP events, and would
 * hold up a whole recording for who has switched the camera off. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "filler.h"

#define SILENCE_DURATION (20 * GST_MSECOND)

/* Before it goes out. */
void
filler_take_buffer (Filler * filler, GstBuffer * buffer)
{
  if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    gst_buffer_replace (&filler->picture, buffer);
}

/* A frame of one channel, which all decoders take in any stream. */
static GstBuffer *
silence_new (void)
{
  static const guint8 frame[] = { 0xf8, 0xff, 0xfe };
  GstBuffer *buffer = gst_buffer_new_memdup (frame, sizeof (frame));

  GST_BUFFER_DURATION (buffer) = SILENCE_DURATION;
  return buffer;
}

static GstBuffer *
picture_new (GstBuffer * last)
{
  GstBuffer *buffer = gst_buffer_copy (last);

  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DISCONT);
  return buffer;
}

/* A buffer for a stream of @caps, without a timestamp: a frame of silence, or the
 * last picture that needs no other once more. NULL: there is none. */
GstBuffer *
filler_make_buffer (Filler * filler, GstCaps * caps)
{
  const gchar *type = gst_structure_get_name (gst_caps_get_structure (caps,
          0));
  GstBuffer *buffer = NULL;

  if (g_str_equal (type, "audio/x-opus"))
    buffer = silence_new ();
  else if (g_str_has_prefix (type, "video/") && filler->picture != NULL)
    buffer = picture_new (filler->picture);
  if (buffer != NULL)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  return buffer;
}

void
filler_clear (Filler * filler)
{
  gst_clear_buffer (&filler->picture);
}
