/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stops the SCTP of a webrtcbin's data channels.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sctp.h"

static GstPadProbeReturn
drop_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

static void
stop_sctp (const GValue * item, gpointer user_data)
{
  GstElement *element = g_value_get_object (item);
  GstElementFactory *factory = gst_element_get_factory (element);
  g_autoptr (GstPad) sink = NULL;

  if (factory == NULL || g_strcmp0 (GST_OBJECT_NAME (factory), "sctpdec") != 0)
    return;
  sink = gst_element_get_static_pad (element, "sink");
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, drop_buffer, NULL, NULL);
  /* Until what is inside has come out. */
  GST_PAD_STREAM_LOCK (sink);
  GST_PAD_STREAM_UNLOCK (sink);
}

/* Before @webrtcbin goes down: no data channel opens any more. One that opens
 * meanwhile aborts the process in sctpdec, finds sctpenc without its association,
 * or leaves an appsrc behind. */
void
rtc_sctp_stop (GstElement * webrtcbin)
{
  GstIterator *elements = gst_bin_iterate_recurse (GST_BIN (webrtcbin));

  while (gst_iterator_foreach (elements, stop_sctp, NULL) ==
      GST_ITERATOR_RESYNC)
    gst_iterator_resync (elements);
  gst_iterator_free (elements);
}
