/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the frames of a track come out: as they are; in another form if nobody
 * downstream takes that one, as muxers of files don't; or decoded. What makes
 * something else of them is put in when the first frame comes, or the first after
 * downstream has changed, on the frames' thread, where nothing else is in it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>
#include "../debug.h"
#include "decoder.h"
#include "elements.h"
#include "outlet.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

typedef struct
{
  const RtcCodec *codec;        /* constant, as what follows */
  GstBin *bin;                  /* holds the pads, which hold us */
  GstPad *frames;
  GstPad *out;

  GstElement *parser;           /* the frames' thread's: what is in between */
  GstElement *decoder;
  gboolean is_failed;
  gboolean needs_key_frame;
  gint is_stale;                /* atomic: downstream may want something else */
} RtcOutlet;

/* Elements in between */

static GstElement *
outlet_add (RtcOutlet * outlet, GstElement * element)
{
  gst_bin_add (outlet->bin, element);
  gst_element_sync_state_with_parent (element);
  return element;
}

static void
outlet_link (RtcOutlet * outlet)
{
  GstElement *first = outlet->parser != NULL ? outlet->parser : outlet->decoder;
  GstElement *last = outlet->decoder != NULL ? outlet->decoder : outlet->parser;
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstPad) src = NULL;

  if (first == NULL) {
    gst_ghost_pad_set_target (GST_GHOST_PAD (outlet->out), outlet->frames);
    return;
  }
  sink = gst_element_get_static_pad (first, "sink");
  src = gst_element_get_static_pad (last, "src");
  if (first != last)
    gst_element_link (first, last);
  gst_ghost_pad_set_target (GST_GHOST_PAD (outlet->out), src);
  gst_pad_link (outlet->frames, sink);
}

static void
outlet_remove_parser (RtcOutlet * outlet)
{
  g_autoptr (GstPad) sink = NULL;

  if (outlet->parser == NULL)
    return;
  sink = gst_element_get_static_pad (outlet->parser, "sink");
  gst_pad_unlink (outlet->frames, sink);
  gst_element_set_state (outlet->parser, GST_STATE_NULL);
  gst_bin_remove (outlet->bin, outlet->parser);
  outlet->parser = NULL;
}

/* Frames in another form */

static GstCaps *
outlet_get_caps (RtcOutlet * outlet)
{
  GstCaps *caps = gst_pad_get_current_caps (outlet->frames);

  return caps != NULL ? caps : gst_caps_from_string (outlet->codec->caps);
}

/* In all forms that can be had, that of @caps first. */
static GstCaps *
outlet_extend_caps (RtcOutlet * outlet, GstCaps * caps)
{
  GstCaps *all = gst_caps_copy (caps);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (outlet->codec->other_formats); i++) {
    GstCaps *other = gst_caps_copy (caps);

    gst_caps_set_simple (other, "stream-format", G_TYPE_STRING,
        outlet->codec->other_formats[i], NULL);
    gst_caps_append (all, other);
  }
  return all;
}

static gboolean
has_other_formats (const RtcCodec * codec)
{
  g_autoptr (GstElementFactory) factory = codec->parser == NULL
      || codec->other_formats[0] == NULL ? NULL :
      gst_element_factory_find (codec->parser);

  return factory != NULL;
}

/* Whoever asks what can be had before or after a form was chosen. With its parent
 * the pad has the others. */
static gboolean
outlet_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  RtcOutlet *outlet = pad->querydata;
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstCaps) all = NULL;
  g_autoptr (GstCaps) result = NULL;
  GstCaps *filter;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS || parent == NULL)
    return gst_pad_query_default (pad, parent, query);
  caps = outlet_get_caps (outlet);
  all = outlet_extend_caps (outlet, caps);
  gst_query_parse_caps (query, &filter);
  result = filter == NULL ? gst_caps_ref (all) :
      gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
  gst_query_set_caps_result (query, result);
  return TRUE;
}

/* Whether what is in between now makes what downstream takes. */
static gboolean
outlet_is_fitting (RtcOutlet * outlet, GstCaps * wanted)
{
  g_autoptr (GstPad) src = NULL;
  g_autoptr (GstCaps) caps = NULL;

  if (outlet->parser == NULL)
    return FALSE;
  src = gst_element_get_static_pad (outlet->parser, "src");
  caps = gst_pad_get_current_caps (src);
  return caps != NULL && gst_caps_can_intersect (caps, wanted);
}

static void
outlet_ask_for_key_frame (RtcOutlet * outlet)
{
  gst_pad_send_event (outlet->frames,
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, FALSE,
          0));
}

/* A new parser asks downstream which form it wants; one that has caps never does
 * again. Whether there is one. */
static gboolean
outlet_renegotiate (RtcOutlet * outlet)
{
  g_autoptr (GstCaps) wanted = gst_pad_peer_query_caps (outlet->out, NULL);
  g_autoptr (GstCaps) caps = outlet_get_caps (outlet);
  gboolean is_direct = gst_caps_can_intersect (caps, wanted);

  if (is_direct ? outlet->parser == NULL : outlet_is_fitting (outlet, wanted))
    return FALSE;
  GST_DEBUG_OBJECT (outlet->out, "%s for %" GST_PTR_FORMAT,
      is_direct ? "as it is" : "converted", wanted);
  outlet_remove_parser (outlet);
  if (!is_direct)
    outlet->parser = outlet_add (outlet,
        gst_element_factory_make (outlet->codec->parser, NULL));
  outlet_link (outlet);
  return !is_direct;
}

static GstPadProbeReturn
on_reconfigure (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  RtcOutlet *outlet = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_RECONFIGURE)
    g_atomic_int_set (&outlet->is_stale, TRUE);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  RtcOutlet *outlet = user_data;

  /* A parser gives nothing out before the next parameter sets. */
  if (g_atomic_int_compare_and_exchange (&outlet->is_stale, TRUE, FALSE)
      && outlet_renegotiate (outlet)
      && GST_BUFFER_FLAG_IS_SET (GST_PAD_PROBE_INFO_BUFFER (info),
          GST_BUFFER_FLAG_DELTA_UNIT))
    outlet_ask_for_key_frame (outlet);
  return GST_PAD_PROBE_OK;
}

static void
outlet_unref (gpointer outlet)
{
  g_atomic_rc_box_release (outlet);
}

static void
outlet_add_probe (RtcOutlet * outlet, GstPad * pad, GstPadProbeType type,
    GstPadProbeCallback callback)
{
  gst_pad_add_probe (pad, type, callback, g_atomic_rc_box_acquire (outlet),
      outlet_unref);
}

static void
outlet_offer_formats (RtcOutlet * outlet)
{
  outlet->is_stale = TRUE;
  gst_pad_set_query_function_full (outlet->out, outlet_query,
      g_atomic_rc_box_acquire (outlet), outlet_unref);
  outlet_add_probe (outlet, outlet->out, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      on_reconfigure);
  outlet_add_probe (outlet, outlet->frames, GST_PAD_PROBE_TYPE_BUFFER,
      on_frame);
}

/* Frames decoded */

static void
outlet_post_missing_decoder (RtcOutlet * outlet, GstCaps * caps)
{
  GstElement *bin = GST_ELEMENT (outlet->bin);

  gst_element_post_message (bin, gst_missing_decoder_message_new (bin, caps));
  GST_ELEMENT_ERROR (bin, STREAM, CODEC_NOT_FOUND, (NULL),
      ("no decoder for %" GST_PTR_FORMAT, caps));
}

static void
outlet_add_decoder (RtcOutlet * outlet)
{
  g_autoptr (GstCaps) caps = outlet_get_caps (outlet);
  g_autoptr (GstElement) decoder = NULL;
  gboolean needs_parser;

  decoder = rtc_decoder_new (caps, &needs_parser);
  if (decoder == NULL) {
    outlet->is_failed = TRUE;
    outlet_post_missing_decoder (outlet, caps);
    return;
  }
  outlet->decoder = outlet_add (outlet, decoder);
  if (needs_parser && outlet->codec->parser != NULL)
    outlet->parser = outlet_add (outlet,
        gst_element_factory_make (outlet->codec->parser, NULL));
  outlet_link (outlet);
}

/* Before anybody has taken the pad, somebody will. */
static gboolean
outlet_has_listener (RtcOutlet * outlet)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (outlet->out);
  g_autoptr (GstProxyPad) outer = NULL;

  if (peer == NULL || !GST_IS_PROXY_PAD (peer))
    return TRUE;
  outer = gst_proxy_pad_get_internal (GST_PROXY_PAD (peer));
  return outer == NULL || gst_pad_is_linked (GST_PAD (outer));
}

static GstBuffer *
mark_discont (GstBuffer * buffer)
{
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  return buffer;
}

/* Whether @frame can be decoded after what wasn't. */
static gboolean
outlet_can_go_on (RtcOutlet * outlet, GstBuffer * frame)
{
  if (!outlet->codec->is_audio
      && GST_BUFFER_FLAG_IS_SET (frame, GST_BUFFER_FLAG_DELTA_UNIT)) {
    outlet_ask_for_key_frame (outlet);
    return FALSE;
  }
  outlet->needs_key_frame = FALSE;
  return TRUE;
}

/* Without a decoder they have nowhere to go, which isn't to be heard upstream. The
 * sticky ones stay on the pad. */
static GstPadProbeReturn
on_event_to_decode (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  RtcOutlet *outlet = user_data;

  return outlet->decoder == NULL ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* What nobody takes isn't decoded. */
static GstPadProbeReturn
on_frame_to_decode (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  RtcOutlet *outlet = user_data;

  if (outlet->decoder == NULL && !outlet->is_failed)
    outlet_add_decoder (outlet);
  if (outlet->is_failed)
    return GST_PAD_PROBE_DROP;
  if (!outlet_has_listener (outlet)) {
    outlet->needs_key_frame = TRUE;
    return GST_PAD_PROBE_DROP;
  }
  if (!outlet->needs_key_frame)
    return GST_PAD_PROBE_OK;
  if (!outlet_can_go_on (outlet, GST_PAD_PROBE_INFO_BUFFER (info)))
    return GST_PAD_PROBE_DROP;
  GST_PAD_PROBE_INFO_DATA (info) =
      mark_discont (GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

/* Life */

/* What comes is what the codec's caps say, also for those who want something else:
 * that is made here. */
static GstPadProbeReturn
on_query (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  RtcOutlet *outlet = user_data;
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  g_autoptr (GstCaps) caps = NULL;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
      caps = gst_caps_from_string (outlet->codec->caps);
      gst_query_set_caps_result (query, caps);
      return GST_PAD_PROBE_HANDLED;
    case GST_QUERY_ACCEPT_CAPS:
      gst_query_set_accept_caps_result (query, TRUE);
      return GST_PAD_PROBE_HANDLED;
    default:
      return GST_PAD_PROBE_OK;
  }
}

/* Upstream nothing would change: that is handled here. */
static GstPadProbeReturn
on_upstream_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) ==
      GST_EVENT_RECONFIGURE ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* What makes the source pad of @bin give what comes out of @frames, a pad inside
 * of it. */
GstPad *
rtc_outlet_add (GstBin * bin, GstPad * frames, const RtcCodec * codec,
    gboolean decodes)
{
  GstPad *out = gst_ghost_pad_new_no_target ("src", GST_PAD_SRC);
  RtcOutlet *outlet = g_atomic_rc_box_new0 (RtcOutlet);

  outlet->codec = codec;
  outlet->bin = bin;
  outlet->frames = frames;
  outlet->out = out;
  outlet_add_probe (outlet, frames, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM,
      on_query);
  gst_pad_add_probe (frames, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      on_upstream_event, NULL, NULL);
  if (decodes) {
    outlet_add_probe (outlet, frames, GST_PAD_PROBE_TYPE_BUFFER,
        on_frame_to_decode);
    outlet_add_probe (outlet, frames, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        on_event_to_decode);
  } else {
    outlet_link (outlet);
    if (has_other_formats (codec))
      outlet_offer_formats (outlet);
  }
  gst_element_add_pad (GST_ELEMENT (bin), out);
  outlet_unref (outlet);
  return out;
}
