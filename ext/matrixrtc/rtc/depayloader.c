/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Depayloaders, and what they have to be kept from.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "depayloader.h"
#include "elements.h"
#include "keyframes.h"
#include "layers.h"

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

static gboolean
set_field (GQuark field, const GValue * value, gpointer structure)
{
  gst_structure_id_set_value (structure, field, value);
  return TRUE;
}

static void
add_details (GstStructure * caps, gpointer details)
{
  gst_structure_foreach (gst_caps_get_structure (details, 0), set_field, caps);
}

static void
set_details (GstElement * depayloader, const gchar * details)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (depayloader, "src");

  rtc_pad_edit_caps (pad, add_details, gst_caps_from_string (details),
      (GDestroyNotify) gst_caps_unref);
}

/* NULL if it isn't installed. It must get single packets, not lists. */
GstElement *
rtc_depayloader_new (const RtcCodec * codec)
{
  GstElement *depayloader = gst_element_factory_make (codec->depayloader, NULL);

  if (depayloader == NULL)
    return NULL;
  /* After a loss the picture is asked for anew; what can still be decoded until
   * then is better than none. */
  rtc_element_set_if_there (depayloader, "request-keyframe", "true");
  if (!codec->is_audio)
    rtc_key_frames_attach (depayloader, codec->is_sliced);
  if (codec->has_layers) {
    hide_lost_packets (depayloader);
    rtc_layers_split (depayloader);
  }
  if (codec->details != NULL)
    set_details (depayloader, codec->details);
  return depayloader;
}
