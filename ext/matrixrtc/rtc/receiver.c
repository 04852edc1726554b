/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The media chain of one track: RTP in, what the element's pad gives out. Holds
 * its output back until somebody takes it, from the first frame that a decoder
 * can start with. Whatever goes wrong behind it, its own upstream hears only
 * that all is well: a jitter buffer that sees an error would stop the transport
 * that all other tracks share.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gio/gio.h>
#include "../debug.h"
#include "codec.h"
#include "receiver.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

struct _GstMatrixRtcReceiver
{
  GstBin parent;

  /* Set before the element is used, constant then. */
  gboolean wait_for_key_frame;
  GstMatrixRtcReceiverReady ready;
  gpointer user_data;
  GDestroyNotify notify;
  gulong block_id;              /* taken by gst_matrix_rtc_receiver_unblock() */

  gint is_ready;                /* atomic */
};

G_DEFINE_TYPE (GstMatrixRtcReceiver, gst_matrix_rtc_receiver, GST_TYPE_BIN);

static void
gst_matrix_rtc_receiver_finalize (GObject * object)
{
  GstMatrixRtcReceiver *self = GST_MATRIX_RTC_RECEIVER (object);

  if (self->notify != NULL)
    self->notify (self->user_data);
  G_OBJECT_CLASS (gst_matrix_rtc_receiver_parent_class)->finalize (object);
}

static void
gst_matrix_rtc_receiver_class_init (GstMatrixRtcReceiverClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_matrix_rtc_receiver_finalize;
  gst_element_class_set_static_metadata (element_class,
      "MatrixRTC track receiver", "Generic/Bin/Depayloader",
      "Turns the RTP of one track into what the source's pad gives",
      "The gst-matrixrtc developers");
}

static void
gst_matrix_rtc_receiver_init (GstMatrixRtcReceiver * self)
{
}

static GstFlowReturn
sink_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstFlowReturn ret = gst_proxy_pad_chain_default (pad, parent, buffer);

  GST_LOG_OBJECT (pad, "pushed: %s", gst_flow_get_name (ret));
  return GST_FLOW_OK;
}

static GstFlowReturn
sink_chain_list (GstPad * pad, GstObject * parent, GstBufferList * list)
{
  gst_proxy_pad_chain_list_default (pad, parent, list);
  return GST_FLOW_OK;
}

static GstBuffer *
probe_get_buffer (GstPadProbeInfo * info)
{
  GstBufferList *list;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    return GST_PAD_PROBE_INFO_BUFFER (info);
  list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);
  return gst_buffer_list_length (list) == 0 ? NULL :
      gst_buffer_list_get (list, 0);
}

static GstPadProbeReturn
on_first_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstMatrixRtcReceiver *self = user_data;
  GstBuffer *buffer = probe_get_buffer (info);

  if (buffer == NULL || (self->wait_for_key_frame
          && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT)))
    return GST_PAD_PROBE_DROP;
  if (g_atomic_int_compare_and_exchange (&self->is_ready, FALSE, TRUE))
    self->ready (self->user_data);
  return GST_PAD_PROBE_OK;
}

static void
set_if_there (GstElement * element, const gchar * property, gboolean value)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), property))
    g_object_set (element, property, value, NULL);
}

static gboolean
receiver_add_elements (GstMatrixRtcReceiver * self, const RtcCodec * codec,
    GstMatrixRtcOutput output, GstElement ** first, GstElement ** last)
{
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);
  GstElement *depayloader;
  g_autoptr (GstCaps) caps = NULL;

  if (filter == NULL)
    return FALSE;
  gst_bin_add (GST_BIN (self), filter);
  *first = *last = filter;
  if (output == GST_MATRIX_RTC_OUTPUT_RTP)
    return TRUE;

  depayloader = gst_element_factory_make (codec->depayloader, NULL);
  if (depayloader == NULL)
    return FALSE;
  /* After a loss the picture is asked for anew; what can still be decoded until
   * then is better than none. */
  set_if_there (depayloader, "request-keyframe", TRUE);
  gst_bin_add (GST_BIN (self), depayloader);
  caps = gst_caps_from_string (codec->caps);
  g_object_set (filter, "caps", caps, NULL);
  *first = depayloader;
  return gst_element_link (depayloader, filter);
}

static GstPad *
receiver_add_ghost (GstMatrixRtcReceiver * self, GstElement * element,
    const gchar * name)
{
  g_autoptr (GstPad) target = gst_element_get_static_pad (element, name);
  GstPad *pad = gst_ghost_pad_new (name, target);

  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static const RtcCodec *
codec_from_caps (GstCaps * rtp_caps)
{
  const gchar *name = gst_structure_get_string (gst_caps_get_structure
      (rtp_caps, 0), "encoding-name");

  return name == NULL ? NULL : rtc_codec_find (name);
}

/* @rtp_caps says which codec comes in. @ready is called once, when the first
 * frame waits at the source pad. */
GstMatrixRtcReceiver *
gst_matrix_rtc_receiver_new (GstCaps * rtp_caps, GstMatrixRtcOutput output,
    GstMatrixRtcReceiverReady ready, gpointer user_data, GDestroyNotify notify,
    GError ** error)
{
  const RtcCodec *codec = codec_from_caps (rtp_caps);
  GstMatrixRtcReceiver *self = g_object_new (GST_TYPE_MATRIX_RTC_RECEIVER,
      NULL);
  GstElement *first, *last;
  GstPad *pad;

  gst_object_ref_sink (self);
  self->ready = ready;
  self->user_data = user_data;
  self->notify = notify;
  if (codec == NULL || !receiver_add_elements (self, codec, output, &first,
          &last)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "no depayloader for %" GST_PTR_FORMAT, rtp_caps);
    gst_object_unref (self);
    return NULL;
  }
  self->wait_for_key_frame =
      !codec->is_audio && output == GST_MATRIX_RTC_OUTPUT_ENCODED;

  pad = receiver_add_ghost (self, first, "sink");
  gst_pad_set_chain_function (pad, sink_chain);
  gst_pad_set_chain_list_function (pad, sink_chain_list);
  pad = receiver_add_ghost (self, last, "src");
  self->block_id = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK |
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
      on_first_buffer, self, NULL);
  return self;
}

/* Lets the frame that waits, and all that come, out of the source pad. */
void
gst_matrix_rtc_receiver_unblock (GstMatrixRtcReceiver * self)
{
  g_autoptr (GstPad) pad =
      gst_element_get_static_pad (GST_ELEMENT (self), "src");
  gulong block_id = self->block_id;

  self->block_id = 0;
  if (block_id != 0)
    gst_pad_remove_probe (pad, block_id);
}
