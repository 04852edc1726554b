/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The spatial layers of VP9. Each layer of a picture is a frame of its own that
 * was encrypted alone, but rtpvp9depay gives out the picture. So layers are
 * split before it, and joined again when they are decrypted: decoders and
 * muxers want pictures.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/rtp/rtp.h>
#include "layers.h"

/* Of the payload descriptor, RFC 9628. */
#define HAS_PICTURE_ID 0x80
#define LONG_PICTURE_ID 0x80
#define HAS_LAYERS 0x20
#define END_OF_FRAME 0x04

/* A picture has 8 layers at most; what had no end goes with the next. */
#define MAX_LAYERS 16

/* What the packet is that the depayloader has. Its thread alone uses this, and
 * calls one probe inside of the other. */
typedef struct
{
  gboolean is_upper_layer;
  gboolean frame_ends;          /* of the layer */
  gboolean picture_ends;
} Splitter;

static gboolean
is_upper_layer (const guint8 * descriptor, guint size)
{
  guint i = 1;

  if (size == 0 || !(descriptor[0] & HAS_LAYERS))
    return FALSE;
  if (descriptor[0] & HAS_PICTURE_ID)
    i += size > 1 && descriptor[1] & LONG_PICTURE_ID ? 2 : 1;
  return size > i && (descriptor[i] >> 1 & 7) > 0;
}

static void
splitter_read (Splitter * splitter, GstBuffer * packet)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  const guint8 *descriptor;
  guint size;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return;
  descriptor = gst_rtp_buffer_get_payload (&rtp);
  size = gst_rtp_buffer_get_payload_len (&rtp);
  splitter->is_upper_layer = is_upper_layer (descriptor, size);
  splitter->frame_ends = size > 0 && descriptor[0] & END_OF_FRAME;
  splitter->picture_ends = gst_rtp_buffer_get_marker (&rtp);
  gst_rtp_buffer_unmap (&rtp);
}

static GstBuffer *
set_marker (GstBuffer * packet)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

  packet = gst_buffer_make_writable (packet);
  if (gst_rtp_buffer_map (packet, GST_MAP_READWRITE, &rtp)) {
    gst_rtp_buffer_set_marker (&rtp, TRUE);
    gst_rtp_buffer_unmap (&rtp);
  }
  return packet;
}

/* The depayloader ends a buffer with a packet that has the marker. */
static GstPadProbeReturn
on_packet (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Splitter *splitter = user_data;

  splitter_read (splitter, GST_PAD_PROBE_INFO_BUFFER (info));
  if (splitter->frame_ends && !splitter->picture_ends)
    GST_PAD_PROBE_INFO_DATA (info) =
        set_marker (GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_layer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Splitter *splitter = user_data;
  GstBuffer *buffer =
      gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));

  if (splitter->picture_ends)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_MARKER);
  else
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_MARKER);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

/* For each layer the depayloader takes the size that it has read, and forgets it:
 * the second one has none. */
static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Splitter *splitter = user_data;

  return GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_CAPS
      && splitter->is_upper_layer ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static void
splitter_unref (gpointer splitter)
{
  g_atomic_rc_box_release (splitter);
}

/* Makes the depayloader give out a buffer for each layer, the last of a picture
 * with the marker flag. It must get single packets, not lists. */
void
rtc_layers_split (GstElement * rtpvp9depay)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (rtpvp9depay, "sink");
  g_autoptr (GstPad) src = gst_element_get_static_pad (rtpvp9depay, "src");
  Splitter *splitter = g_atomic_rc_box_new0 (Splitter);

  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, on_packet, splitter,
      splitter_unref);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, on_layer,
      g_atomic_rc_box_acquire (splitter), splitter_unref);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event,
      g_atomic_rc_box_acquire (splitter), splitter_unref);
}

typedef struct
{
  GstBuffer *picture;           /* so far, or NULL */
  guint n_layers;
} Joiner;

/* Both are taken. The picture's time and end are those of its last layer. */
static GstBuffer *
append_layer (GstBuffer * picture, GstBuffer * layer)
{
  GstClockTime pts = GST_BUFFER_PTS (layer);
  guint marker = GST_BUFFER_FLAGS (layer) & GST_BUFFER_FLAG_MARKER;

  picture = gst_buffer_append (picture, layer);
  GST_BUFFER_PTS (picture) = pts;
  GST_BUFFER_FLAG_SET (picture, marker);
  return picture;
}

static GstPadProbeReturn
on_decrypted_layer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Joiner *joiner = user_data;
  GstBuffer *layer = GST_PAD_PROBE_INFO_BUFFER (info);
  gboolean picture_ends =
      GST_BUFFER_FLAG_IS_SET (layer, GST_BUFFER_FLAG_MARKER);

  if (joiner->picture != NULL)
    layer = append_layer (g_steal_pointer (&joiner->picture), layer);
  if (picture_ends || ++joiner->n_layers == MAX_LAYERS) {
    joiner->n_layers = 0;
    GST_PAD_PROBE_INFO_DATA (info) = layer;
    return GST_PAD_PROBE_OK;
  }
  joiner->picture = layer;
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  return GST_PAD_PROBE_HANDLED;
}

static void
joiner_free (gpointer data)
{
  Joiner *joiner = data;

  gst_clear_buffer (&joiner->picture);
  g_free (joiner);
}

/* Lets only whole pictures out of @src_pad. A layer that was dropped on the way
 * is missing in its picture, and if it was the last the rest goes with the
 * next: a decoder takes one as the other. */
void
rtc_layers_join (GstPad * src_pad)
{
  gst_pad_add_probe (src_pad, GST_PAD_PROBE_TYPE_BUFFER, on_decrypted_layer,
      g_new0 (Joiner, 1), joiner_free);
}
