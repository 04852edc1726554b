/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The media chain of one track: RTP in, what the element's pad gives out. Holds
 * its output back until somebody takes it, from the first frame that a decoder
 * can start with, once that is decrypted. Whatever goes wrong behind it, its own
 * upstream hears only that all is well: a jitter buffer that sees an error would
 * stop the transport that all other tracks share.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gio/gio.h>
#include <gst/video/video.h>
#include "../debug.h"
#include "codec.h"
#include "keyframes.h"
#include "layers.h"
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
  GstElement *decrypt;          /* NULL where RTP is given out */
  gboolean is_encrypted;        /* for good, once the SFU has said so */
  GstPad *blocked_pad;          /* where frames are held back */
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
  g_clear_object (&self->blocked_pad);
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

typedef struct
{
  GstPad *pad;
  GstObject *parent;
} Chain;

static gboolean
chain_one (GstBuffer ** buffer, guint i, gpointer user_data)
{
  Chain *chain = user_data;

  sink_chain (chain->pad, chain->parent, gst_buffer_ref (*buffer));
  return TRUE;
}

static GstFlowReturn
sink_chain_list (GstPad * pad, GstObject * parent, GstBufferList * list)
{
  Chain chain = { pad, parent };

  gst_buffer_list_foreach (list, chain_one, &chain);
  gst_buffer_list_unref (list);
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

static GstPadProbeReturn
on_lost_packet (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return gst_event_has_name (GST_PAD_PROBE_INFO_EVENT (info),
      "GstRTPPacketLost") ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* Before 1.28 rtpvp9depay takes a wrong event for that of a lost packet, with a
 * critical warning. That the packet after it is marked is enough. */
static void
hide_lost_packets (GstElement * depayloader)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (depayloader, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_lost_packet,
      NULL, NULL);
}

static GstElement *
receiver_add_depayloader (GstMatrixRtcReceiver * self, const RtcCodec * codec)
{
  GstElement *depayloader = gst_element_factory_make (codec->depayloader, NULL);

  if (depayloader == NULL)
    return NULL;
  /* After a loss the picture is asked for anew; what can still be decoded until
   * then is better than none. */
  set_if_there (depayloader, "request-keyframe", TRUE);
  gst_bin_add (GST_BIN (self), depayloader);
  if (!codec->is_audio)
    rtc_key_frames_attach (depayloader, codec->is_sliced);
  if (codec->has_layers) {
    hide_lost_packets (depayloader);
    rtc_layers_split (depayloader);
  }
  return depayloader;
}

static GstElement *
receiver_add_decrypt (GstMatrixRtcReceiver * self,
    const GstMatrixRtcReceiverSettings * settings)
{
  GstMatrixRtcDecrypt *decrypt =
      g_object_new (GST_TYPE_MATRIX_RTC_DECRYPT, "unencrypted-media",
      settings->unencrypted_media, NULL);

  gst_matrix_rtc_decrypt_set_call (decrypt, settings->encryption);
  gst_bin_add (GST_BIN (self), GST_ELEMENT (decrypt));
  return GST_ELEMENT (decrypt);
}

/* Frames are held back at @filter. */
static gboolean
receiver_add_elements (GstMatrixRtcReceiver * self, const RtcCodec * codec,
    const GstMatrixRtcReceiverSettings * settings, GstElement ** first,
    GstElement ** filter, GstElement ** last)
{
  g_autoptr (GstCaps) caps = NULL;

  *filter = gst_element_factory_make ("capsfilter", NULL);
  if (*filter == NULL)
    return FALSE;
  gst_bin_add (GST_BIN (self), *filter);
  *first = *last = *filter;
  if (settings->output == GST_MATRIX_RTC_OUTPUT_RTP)
    return TRUE;

  *first = receiver_add_depayloader (self, codec);
  if (*first == NULL)
    return FALSE;
  caps = gst_caps_from_string (codec->caps);
  g_object_set (*filter, "caps", caps, NULL);
  *last = self->decrypt = receiver_add_decrypt (self, settings);
  return gst_element_link_many (*first, *filter, *last, NULL);
}

static gboolean
is_parameter_set (GQuark field, GValue * value, gpointer user_data)
{
  return !g_str_has_prefix (g_quark_to_string (field), "sprop-");
}

/* Depayloaders put the parameter sets of the SDP before the first key frame. They
 * are in it already, and in front of an encrypted one they would be taken for
 * a part of what was encrypted. */
static GstPadProbeReturn
drop_parameter_sets (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  g_autoptr (GstCaps) copy = NULL;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  copy = gst_caps_copy (caps);
  gst_structure_filter_and_map_in_place (gst_caps_get_structure (copy, 0),
      is_parameter_set, NULL);
  GST_PAD_PROBE_INFO_DATA (info) = gst_event_new_caps (copy);
  gst_event_unref (event);
  return GST_PAD_PROBE_OK;
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

/* rtpsession makes a FIR of a request for all headers, which LiveKit's SFU
 * doesn't hear: it looks for its SSRC where a PLI has it. And while a FIR is
 * wanted no PLI is sent. */
static GstPadProbeReturn
ask_by_pli (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstClockTime running_time;
  gboolean all_headers;
  guint count;

  if (!gst_video_event_is_force_key_unit (event)
      || !gst_video_event_parse_upstream_force_key_unit (event, &running_time,
          &all_headers, &count) || !all_headers)
    return GST_PAD_PROBE_OK;
  GST_PAD_PROBE_INFO_DATA (info) =
      gst_video_event_new_upstream_force_key_unit (running_time, FALSE, count);
  gst_event_unref (event);
  return GST_PAD_PROBE_OK;
}

static void
receiver_add_sink (GstMatrixRtcReceiver * self, GstElement * first)
{
  GstPad *pad = receiver_add_ghost (self, first, "sink");

  gst_pad_set_chain_function (pad, sink_chain);
  gst_pad_set_chain_list_function (pad, sink_chain_list);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, ask_by_pli, NULL,
      NULL);
  if (self->decrypt != NULL)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        drop_parameter_sets, NULL, NULL);
}

static void
receiver_block (GstMatrixRtcReceiver * self, GstElement * filter)
{
  self->blocked_pad = gst_element_get_static_pad (filter, "src");
  self->block_id = gst_pad_add_probe (self->blocked_pad,
      GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_first_buffer, self, NULL);
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
gst_matrix_rtc_receiver_new (GstCaps * rtp_caps,
    const GstMatrixRtcReceiverSettings * settings,
    GstMatrixRtcReceiverReady ready, gpointer user_data, GDestroyNotify notify,
    GError ** error)
{
  const RtcCodec *codec = codec_from_caps (rtp_caps);
  GstMatrixRtcReceiver *self = g_object_new (GST_TYPE_MATRIX_RTC_RECEIVER,
      NULL);
  GstElement *first, *filter, *last;
  GstPad *pad;

  gst_object_ref_sink (self);
  self->ready = ready;
  self->user_data = user_data;
  self->notify = notify;
  if (codec == NULL || !receiver_add_elements (self, codec, settings, &first,
          &filter, &last)) {
    g_autofree gchar *text = gst_caps_to_string (rtp_caps);

    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "no depayloader for %s", text);
    gst_object_unref (self);
    return NULL;
  }
  self->wait_for_key_frame =
      !codec->is_audio && settings->output == GST_MATRIX_RTC_OUTPUT_ENCODED;
  receiver_add_sink (self, first);
  receiver_block (self, filter);
  pad = receiver_add_ghost (self, last, "src");
  if (codec->has_layers && self->decrypt != NULL)
    rtc_layers_join (pad);
  return self;
}

/* Before frames are let out, and whenever it changes. With a track that is encrypted
 * nothing does: who says that it's a plain one now has noise come out, or frames
 * of its own making. */
void
gst_matrix_rtc_receiver_set_encryption (GstMatrixRtcReceiver * self,
    const RtcTrackEncryption * encryption)
{
  if (self->is_encrypted)
    return;
  self->is_encrypted = encryption->is_encrypted;
  if (self->decrypt != NULL)
    g_object_set (self->decrypt, "identity", encryption->identity,
        "track-sid", encryption->track_sid, "encrypted",
        encryption->is_encrypted, "sif-trailer", encryption->sif_trailer, NULL);
}

/* Lets the frame that waits, and all that come, out of the source pad. */
void
gst_matrix_rtc_receiver_unblock (GstMatrixRtcReceiver * self)
{
  gulong block_id = self->block_id;

  self->block_id = 0;
  if (block_id != 0)
    gst_pad_remove_probe (self->blocked_pad, block_id);
}
