/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The media chain of one track: RTP in, what the element's pad gives out. Frames
 * are held back twice. The first that a decoder can start with waits in front of
 * the decryption until it is known whose it is, and at the end until somebody takes
 * it: with it come the caps. Whatever goes wrong behind it, its own upstream hears
 * only that all is well: a jitter buffer that sees an error would stop the
 * transport that all other tracks share.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gio/gio.h>
#include <gst/video/video.h>
#include "../debug.h"
#include "codec.h"
#include "depayloader.h"
#include "elements.h"
#include "layers.h"
#include "outlet.h"
#include "receiver.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

/* Of which none came out: for lack of a key, or they are garbage. More than the
 * layers of a picture. */
#define MAX_LOST_FRAMES 16

struct _GstMatrixRtcReceiver
{
  GstBin parent;

  /* Set before the element is used, constant then, but for the ids. */
  gboolean is_audio;
  GstMatrixRtcReceiverReady ready;
  gpointer user_data;
  GDestroyNotify notify;
  GstElement *depayloader;      /* NULL where RTP is given out, as what follows */
  GstElement *decrypt;
  GstPad *encrypted_pad;        /* in front of decrypt */
  gulong hold_id;               /* there; valid while is_held */
  GstPad *src;
  GstPad *blocked_pad;          /* where frames are held back at the end */
  gulong block_id;              /* taken by gst_matrix_rtc_receiver_unblock() */

  gboolean is_encrypted;        /* for good, once the SFU has said so */
  guint n_lost_frames;          /* the streaming thread's */
  gint is_known;                /* atomic, as what follows: whose it is */
  gint is_held;                 /* a frame waits for that */
  gint is_complete;             /* the caps are known */
};

G_DEFINE_TYPE (GstMatrixRtcReceiver, gst_matrix_rtc_receiver, GST_TYPE_BIN);

static void
gst_matrix_rtc_receiver_finalize (GObject * object)
{
  GstMatrixRtcReceiver *self = GST_MATRIX_RTC_RECEIVER (object);

  if (self->notify != NULL)
    self->notify (self->user_data);
  g_clear_object (&self->encrypted_pad);
  g_clear_object (&self->blocked_pad);
  G_OBJECT_CLASS (gst_matrix_rtc_receiver_parent_class)->finalize (object);
}

static gboolean
is_about_stream (GstMessage * message)
{
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    return TRUE;
  gst_message_parse_error (message, &error, NULL);
  return error->domain == GST_STREAM_ERROR;
}

/* What a parser or a decoder has to say of frames that a participant has sent is no
 * error of ours. The next key frame makes it good. */
static gboolean
receiver_is_to_swallow (GstMatrixRtcReceiver * self, GstMessage * message)
{
  GstObject *source = GST_MESSAGE_SRC (message);

  if (!(GST_MESSAGE_TYPE (message) & (GST_MESSAGE_ERROR |
              GST_MESSAGE_WARNING)) || self->decrypt == NULL)
    return FALSE;
  return source != GST_OBJECT (self) && source != GST_OBJECT (self->decrypt)
      && source != GST_OBJECT (self->depayloader) && is_about_stream (message);
}

static void
gst_matrix_rtc_receiver_handle_message (GstBin * bin, GstMessage * message)
{
  GstMatrixRtcReceiver *self = GST_MATRIX_RTC_RECEIVER (bin);

  if (!receiver_is_to_swallow (self, message)) {
    GST_BIN_CLASS (gst_matrix_rtc_receiver_parent_class)->handle_message (bin,
        message);
    return;
  }
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_element_send_event (self->depayloader,
        gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE,
            FALSE, 0));
  gst_message_unref (message);
}

static void
gst_matrix_rtc_receiver_class_init (GstMatrixRtcReceiverClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_matrix_rtc_receiver_finalize;
  GST_BIN_CLASS (klass)->handle_message =
      gst_matrix_rtc_receiver_handle_message;
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

/* Holding back */

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

/* A frame waits for its publisher to be known, or for somebody to take it. */
static void
receiver_tell_ready (GstMatrixRtcReceiver * self)
{
  self->ready (self->user_data);
}

static GstPadProbeReturn
on_encrypted_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstMatrixRtcReceiver *self = user_data;
  GstBuffer *buffer = probe_get_buffer (info);

  if (buffer == NULL || (!self->is_audio
          && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT)))
    return GST_PAD_PROBE_DROP;
  if (g_atomic_int_get (&self->is_known))
    return GST_PAD_PROBE_REMOVE;
  g_atomic_int_set (&self->is_held, TRUE);
  receiver_tell_ready (self);
  return GST_PAD_PROBE_OK;
}

/* Its publisher is known. Who comes too early to find a frame that waits will be
 * called once more, as soon as one does. */
static void
receiver_let_in (GstMatrixRtcReceiver * self)
{
  if (self->encrypted_pad == NULL)
    return;
  g_atomic_int_set (&self->is_known, TRUE);
  if (g_atomic_int_compare_and_exchange (&self->is_held, TRUE, FALSE))
    gst_pad_remove_probe (self->encrypted_pad, self->hold_id);
}

static void
receiver_complete (GstMatrixRtcReceiver * self)
{
  if (g_atomic_int_compare_and_exchange (&self->is_complete, FALSE, TRUE))
    receiver_tell_ready (self);
}

static GstPadProbeReturn
on_first_output (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  receiver_complete (user_data);
  return GST_PAD_PROBE_OK;
}

static gboolean
copy_sticky_event (GstPad * pad, GstEvent ** event, gpointer src)
{
  gst_pad_store_sticky_event (src, *event);
  return TRUE;
}

/* Nothing came out so far. What is known by now has to do for the pad. */
static void
receiver_complete_without_frame (GstMatrixRtcReceiver * self)
{
  g_autoptr (GstPad) pad = NULL;

  if (!gst_pad_has_current_caps (self->src)) {
    pad = gst_element_get_static_pad (self->decrypt, "src");
    gst_pad_sticky_events_foreach (pad, copy_sticky_event, self->src);
  }
  receiver_complete (self);
}

static GstPadProbeReturn
count_lost_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstMatrixRtcReceiver *self = user_data;

  if (!g_atomic_int_get (&self->is_complete)
      && self->n_lost_frames++ < MAX_LOST_FRAMES)
    return GST_PAD_PROBE_OK;
  receiver_complete_without_frame (self);
  return GST_PAD_PROBE_REMOVE;
}

static GstPadProbeReturn
on_gap (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_GAP)
    return GST_PAD_PROBE_OK;
  receiver_complete_without_frame (user_data);
  return GST_PAD_PROBE_REMOVE;
}

/* In front of @element's peer, which decrypts. */
static void
receiver_hold_encrypted (GstMatrixRtcReceiver * self, GstElement * element)
{
  self->encrypted_pad = gst_element_get_static_pad (element, "src");
  self->hold_id = gst_pad_add_probe (self->encrypted_pad,
      GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_encrypted_frame, self, NULL);
}

/* What comes out at @pad. */
static void
receiver_hold_output (GstMatrixRtcReceiver * self, GstPad * pad)
{
  self->blocked_pad = gst_object_ref (pad);
  self->block_id = gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_first_output, self, NULL);
}

/* Encoded frames that don't come out at @frames don't keep the pad from being
 * there. Of decoded ones nothing would be known. */
static void
receiver_watch_output (GstMatrixRtcReceiver * self, GstPad * frames)
{
  gst_pad_add_probe (self->encrypted_pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, count_lost_frame, self, NULL);
  gst_pad_add_probe (frames, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_gap, self,
      NULL);
}

/* Elements */

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

static GstElement *
receiver_add_filter (GstMatrixRtcReceiver * self, const gchar * caps)
{
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);

  if (filter == NULL)
    return NULL;
  if (caps != NULL)
    gst_util_set_object_arg (G_OBJECT (filter), "caps", caps);
  gst_bin_add (GST_BIN (self), filter);
  return filter;
}

/* Behind the decryption; without one there are less details in the caps. Parameter
 * sets come with each key frame, for whoever comes late. */
static GstElement *
receiver_add_parser (GstMatrixRtcReceiver * self, const RtcCodec * codec)
{
  GstElement *parser = codec->parser == NULL ? NULL :
      gst_element_factory_make (codec->parser, NULL);

  if (parser == NULL)
    return NULL;
  rtc_element_set_if_there (parser, "config-interval", "-1");
  gst_bin_add (GST_BIN (self), parser);
  return parser;
}

static GstPad *
receiver_link_frames (GstMatrixRtcReceiver * self, const RtcCodec * codec)
{
  GstElement *parser = receiver_add_parser (self, codec);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (self->decrypt, "src");

  if (codec->has_layers)
    rtc_layers_join (pad);
  if (parser == NULL)
    return g_steal_pointer (&pad);
  gst_element_link (self->decrypt, parser);
  return gst_element_get_static_pad (parser, "src");
}

static gboolean
is_no_parameter_set (GQuark field, GValue * value, gpointer user_data)
{
  return !g_str_has_prefix (g_quark_to_string (field), "sprop-");
}

/* Depayloaders put the parameter sets of the SDP before the first key frame. They
 * are in it already, and in front of an encrypted one they would be taken for
 * a part of what was encrypted. */
static void
drop_parameter_sets (GstStructure * caps, gpointer user_data)
{
  gst_structure_filter_and_map_in_place (caps, is_no_parameter_set, NULL);
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
    rtc_pad_edit_caps (pad, drop_parameter_sets, NULL, NULL);
}

/* RTP is given out as it comes in. */
static gboolean
receiver_add_rtp (GstMatrixRtcReceiver * self)
{
  GstElement *filter = receiver_add_filter (self, NULL);

  if (filter == NULL)
    return FALSE;
  receiver_add_sink (self, filter);
  self->src = receiver_add_ghost (self, filter, "src");
  receiver_hold_output (self, self->src);
  return TRUE;
}

/* Which of its formats the depayloader has to give out. Returns what gives it out. */
static GstElement *
receiver_choose_format (GstMatrixRtcReceiver * self, const RtcCodec * codec)
{
  GstElement *filter;

  if (codec->other_formats[0] == NULL)
    return self->depayloader;
  filter = receiver_add_filter (self, codec->caps);
  if (filter != NULL)
    gst_element_link (self->depayloader, filter);
  return filter;
}

static gboolean
receiver_add_frames (GstMatrixRtcReceiver * self, const RtcCodec * codec,
    const GstMatrixRtcReceiverSettings * settings)
{
  gboolean decodes = settings->output == GST_MATRIX_RTC_OUTPUT_DECODED;
  GstElement *last;
  g_autoptr (GstPad) frames = NULL;

  self->depayloader = rtc_depayloader_new (codec);
  if (self->depayloader == NULL)
    return FALSE;
  gst_bin_add (GST_BIN (self), self->depayloader);
  last = receiver_choose_format (self, codec);
  if (last == NULL)
    return FALSE;
  self->decrypt = receiver_add_decrypt (self, settings);
  gst_element_link (last, self->decrypt);
  receiver_add_sink (self, self->depayloader);
  receiver_hold_encrypted (self, last);

  frames = receiver_link_frames (self, codec);
  if (!decodes) {
    receiver_watch_output (self, frames);
    receiver_hold_output (self, frames);
  }
  self->src = rtc_outlet_add (GST_BIN (self), frames, codec, decodes);
  if (decodes)
    receiver_hold_output (self, self->src);
  return TRUE;
}

static const RtcCodec *
codec_from_caps (GstCaps * rtp_caps)
{
  const gchar *name = gst_structure_get_string (gst_caps_get_structure
      (rtp_caps, 0), "encoding-name");

  return name == NULL ? NULL : rtc_codec_find (name);
}

/* @rtp_caps says which codec comes in. @ready is called when the first frame waits
 * for gst_matrix_rtc_receiver_set_encryption(), and when it waits at the source
 * pad, which is complete then. */
GstMatrixRtcReceiver *
gst_matrix_rtc_receiver_new (GstCaps * rtp_caps,
    const GstMatrixRtcReceiverSettings * settings,
    GstMatrixRtcReceiverReady ready, gpointer user_data, GDestroyNotify notify,
    GError ** error)
{
  const RtcCodec *codec = codec_from_caps (rtp_caps);
  GstMatrixRtcReceiver *self = g_object_new (GST_TYPE_MATRIX_RTC_RECEIVER,
      NULL);
  gboolean is_made;

  gst_object_ref_sink (self);
  self->ready = ready;
  self->user_data = user_data;
  self->notify = notify;
  self->is_audio = codec != NULL && codec->is_audio;
  is_made = codec != NULL && (settings->output == GST_MATRIX_RTC_OUTPUT_RTP ?
      receiver_add_rtp (self) : receiver_add_frames (self, codec, settings));
  if (!is_made) {
    g_autofree gchar *text = gst_caps_to_string (rtp_caps);

    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "no depayloader for %s", text);
    gst_object_unref (self);
    return NULL;
  }
  return self;
}

/* With a track that is encrypted nothing changes it: who says that it's a plain one
 * now has noise come out, or frames of its own making. */
static void
receiver_take_encryption (GstMatrixRtcReceiver * self,
    const RtcTrackEncryption * encryption)
{
  if (self->is_encrypted || self->decrypt == NULL)
    return;
  self->is_encrypted = encryption->is_encrypted;
  g_object_set (self->decrypt, "identity", encryption->identity,
      "track-sid", encryption->track_sid, "encrypted",
      encryption->is_encrypted, "sif-trailer", encryption->sif_trailer, NULL);
}

/* Once it is known, and whenever it changes. */
void
gst_matrix_rtc_receiver_set_encryption (GstMatrixRtcReceiver * self,
    const RtcTrackEncryption * encryption)
{
  receiver_take_encryption (self, encryption);
  receiver_let_in (self);
}

/* Whether the source pad has all that it can have before it is taken. */
gboolean
gst_matrix_rtc_receiver_is_complete (GstMatrixRtcReceiver * self)
{
  return g_atomic_int_get (&self->is_complete);
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
