/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Synthetic tracks: a live test source, an encoder and a payloader per track,
 * and the copying of its packets to the subscribers. */

#include "media.h"
#include "offer.h"

#include <gst/app/gstappsink.h>
#include <gst/rtp/gstrtpbuffer.h>
#include <gst/video/video.h>

/* Of a packet that we make ourselves. */
#define MAX_PAYLOAD 1100

#define PICTURE_CAPS \
    "video/x-raw,format=I420,width=(int)%u,height=(int)%u,framerate=15/1"

/* What a garbled frame keeps: all that depayloaders and SFUs look at, and of H.264
 * the parameter sets. */
#define MAX_HEADER 64

struct _FeedOutput
{
  GstAppSrc *src;
  guint pt;
  guint32 ssrc;
  guint16 seq;
  gboolean paused;              /* under the feed's lock */
};

struct _Feed
{
  GstElement *pipeline;
  GstElement *encoder;
  Encryptor *encryptor;         /* NULL: plain */

  /* The streaming thread reads these. */
  GMutex lock;
  GPtrArray *outputs;           /* FeedOutput * */
  gboolean muted;
  guint one_in;                 /* so many frames, only that is sent; 0: none */
  guint n_frames;
  gboolean garbled;
};

guint
feed_frequency (const gchar * name)
{
  return 220 + 55 * (g_str_hash (name) % 32);
}

static gboolean
has_element (const gchar * name)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);

  return factory != NULL;
}

/* Its name in the picture helps whoever looks at the demo; where the text
 * elements are not installed, colour alone tells participants apart. */
static gchar *
describe_picture (const gchar * name, TestcallMedia media)
{
  gboolean screen = media == TESTCALL_SCREEN;
  guint hash = g_str_hash (name);
  g_autofree gchar *text = has_element ("textoverlay") ?
      g_strdup_printf ("! textoverlay text=\"%s\" font-desc=\"Sans 24\" ",
      name) : g_strdup ("");

  return g_strdup_printf ("videotestsrc is-live=true pattern=%s motion=sweep "
      "foreground-color=0x%08x background-color=0x%08x ! capsfilter name=size "
      "caps=\"" PICTURE_CAPS "\" %s", screen ? "gamut" :
      "ball", 0xff808080u | hash, 0xff000000u | ((hash >> 3) & 0x3f3f3f),
      screen ? 480u : 320u, screen ? 270u : 240u, text);
}

static gchar *
describe_video (const gchar * name, TestcallMedia media, TestcallCodec codec,
    gboolean encrypted)
{
  g_autofree gchar *picture = describe_picture (name, media);

  if (codec == TESTCALL_VP8)
    return g_strdup_printf ("%s! vp8enc name=encoder deadline=1 cpu-used=8 "
        "end-usage=cbr target-bitrate=200000 keyframe-max-dist=300 "
        "error-resilient=default %s", picture, encrypted ? "" :
        "! rtpvp8pay mtu=1200 picture-id-mode=15-bit timestamp-offset=0 ");
  if (codec == TESTCALL_VP9)
    return g_strdup_printf ("%s! vp9enc name=encoder deadline=1 cpu-used=8 "
        "end-usage=cbr target-bitrate=200000 keyframe-max-dist=300 "
        "lag-in-frames=0 error-resilient=default ! rtpvp9pay mtu=1200 "
        "picture-id-mode=15-bit timestamp-offset=0 ", picture);
  if (codec == TESTCALL_H264 && has_element ("x264enc"))
    return g_strdup_printf ("%s! x264enc name=encoder tune=zerolatency "
        "speed-preset=ultrafast bitrate=200 key-int-max=300 threads=1 "
        "! video/x-h264,profile=constrained-baseline,"
        "stream-format=byte-stream,alignment=au "
        "! rtph264pay pt=%u mtu=1200 config-interval=0 "
        "aggregate-mode=zero-latency timestamp-offset=0 ", picture,
        OFFER_PT_H264);
  if (codec == TESTCALL_H264 && has_element ("openh264enc"))
    return g_strdup_printf ("%s! openh264enc name=encoder complexity=low "
        "bitrate=200000 gop-size=300 ! video/x-h264,"
        "profile=constrained-baseline ! h264parse ! rtph264pay pt=%u mtu=1200 "
        "config-interval=-1 aggregate-mode=zero-latency timestamp-offset=0 ",
        picture, OFFER_PT_H264);
  if (codec == TESTCALL_H265 && has_element ("x265enc"))
    return g_strdup_printf ("%s! x265enc name=encoder tune=zerolatency "
        "speed-preset=ultrafast bitrate=200 key-int-max=300 "
        "option-string=pools=1:frame-threads=1 ! h265parse "
        "! rtph265pay pt=%u mtu=1200 config-interval=-1 "
        "aggregate-mode=zero-latency timestamp-offset=0 ", picture,
        OFFER_PT_H265);
  return NULL;
}

static gchar *
describe (const gchar * name, TestcallMedia media, TestcallCodec codec,
    gboolean encrypted)
{
  if (media == TESTCALL_VIDEO || media == TESTCALL_SCREEN)
    return describe_video (name, media, codec, encrypted);
  return g_strdup_printf ("audiotestsrc is-live=true freq=%u volume=0.2 "
      "samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 "
      "! opusenc name=encoder bitrate=32000 ! rtpopuspay pt=%u "
      "timestamp-offset=0 ", feed_frequency (name), OFFER_PT_OPUS);
}

typedef struct
{
  FeedOutput *output;
  const GstSegment *segment;
} Copying;

/* x264enc starts its segment at 1000 hours; the appsrc's starts at 0. */
static void
restamp (GstBuffer * packet, const GstSegment * segment)
{
  GST_BUFFER_PTS (packet) = gst_segment_to_running_time (segment,
      GST_FORMAT_TIME, GST_BUFFER_PTS (packet));
  GST_BUFFER_DTS (packet) = GST_CLOCK_TIME_NONE;
}

/* Header bytes that differ from subscriber to subscriber. */
static GstBuffer *
readdress (GstBuffer * packet, FeedOutput * output)
{
  GstBuffer *copy = gst_buffer_copy_deep (packet);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

  if (!gst_rtp_buffer_map (copy, GST_MAP_READWRITE, &rtp)) {
    gst_buffer_unref (copy);
    return NULL;
  }
  gst_rtp_buffer_set_ssrc (&rtp, output->ssrc);
  gst_rtp_buffer_set_seq (&rtp, output->seq++);
  gst_rtp_buffer_set_payload_type (&rtp, output->pt);
  gst_rtp_buffer_unmap (&rtp);
  return copy;
}

static void
push_packet (const Copying * copying, GstBuffer * packet)
{
  GstBuffer *copy = readdress (packet, copying->output);

  if (!copy)
    return;
  restamp (copy, copying->segment);
  gst_app_src_push_buffer (copying->output->src, copy);
}

static gboolean
push_from_list (GstBuffer ** packet, guint idx, gpointer copying)
{
  push_packet (copying, *packet);
  return TRUE;
}

/* rtpvp8pay reads what is encrypted. RFC 7741, with the shortest descriptor. */
static GstBufferList *
packetise_vp8 (GstBuffer * frame)
{
  GstBufferList *list = gst_buffer_list_new ();
  gsize size = gst_buffer_get_size (frame);
  gsize done, part;

  for (done = 0; done < size; done += part) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    GstBuffer *packet;
    guint8 *payload;

    part = MIN (size - done, MAX_PAYLOAD);
    packet = gst_rtp_buffer_new_allocate (1 + part, 0, 0);
    gst_rtp_buffer_map (packet, GST_MAP_WRITE, &rtp);
    gst_rtp_buffer_set_timestamp (&rtp,
        gst_util_uint64_scale (GST_BUFFER_PTS (frame), 90000, GST_SECOND));
    gst_rtp_buffer_set_marker (&rtp, done + part == size);
    payload = gst_rtp_buffer_get_payload (&rtp);
    payload[0] = done == 0 ? 0x10 : 0;
    gst_buffer_extract (frame, done, payload + 1, part);
    gst_rtp_buffer_unmap (&rtp);
    GST_BUFFER_PTS (packet) = GST_BUFFER_PTS (frame);
    gst_buffer_list_add (list, packet);
  }
  return list;
}

static gboolean
feed_sends (Feed * feed)
{
  return !feed->muted && feed->one_in > 0
      && feed->n_frames++ % feed->one_in == 0;
}

static GstFlowReturn
on_sample (GstAppSink * sink, gpointer user_data)
{
  Feed *feed = user_data;
  GstSample *sample = gst_app_sink_pull_sample (sink);
  g_autoptr (GstBufferList) packets = NULL;
  GstBufferList *list;
  gboolean sends;
  guint i;

  if (!sample)
    return GST_FLOW_EOS;
  list = gst_sample_get_buffer_list (sample);
  if (!list && gst_structure_has_name (gst_caps_get_structure
          (gst_sample_get_caps (sample), 0), "video/x-vp8"))
    list = packets = packetise_vp8 (gst_sample_get_buffer (sample));
  g_mutex_lock (&feed->lock);
  sends = feed_sends (feed);
  for (i = 0; i < feed->outputs->len && sends; i++) {
    Copying copying = { g_ptr_array_index (feed->outputs, i),
      gst_sample_get_segment (sample)
    };

    if (copying.output->paused)
      continue;
    if (list)
      gst_buffer_list_foreach (list, push_from_list, &copying);
    else
      push_packet (&copying, gst_sample_get_buffer (sample));
  }
  g_mutex_unlock (&feed->lock);
  gst_sample_unref (sample);
  return GST_FLOW_OK;
}

static GstPadProbeReturn
garble_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Feed *feed = user_data;
  GstMapInfo map;
  gboolean garbled;
  gsize i;

  g_mutex_lock (&feed->lock);
  garbled = feed->garbled;
  g_mutex_unlock (&feed->lock);
  if (!garbled)
    return GST_PAD_PROBE_OK;
  info->data = gst_buffer_make_writable (info->data);
  gst_buffer_map (info->data, &map, GST_MAP_READWRITE);
  for (i = MIN (MAX_HEADER, map.size / 2); i < map.size; i++)
    map.data[i] = g_random_int_range (1, 256);
  gst_buffer_unmap (info->data, &map);
  return GST_PAD_PROBE_OK;
}

static void
make_garblable (Feed * feed)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (feed->encoder, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, garble_frame, feed, NULL);
}

static GstPadProbeReturn
encrypt_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Feed *feed = user_data;

  GST_PAD_PROBE_INFO_DATA (info) = encryptor_encrypt (feed->encryptor,
      GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

static void
encrypt (Feed * feed, Encryption * encryption, TestcallMedia media)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (feed->encoder, "src");
  gboolean video = media == TESTCALL_VIDEO || media == TESTCALL_SCREEN;

  feed->encryptor = encryptor_new (encryption,
      video ? E2EE_CODEC_VP8 : E2EE_CODEC_OPUS);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, encrypt_frame, feed, NULL);
}

static void
connect_sink (Feed * feed)
{
  GstAppSinkCallbacks callbacks = { NULL, NULL, on_sample };
  GstElement *sink = gst_bin_get_by_name (GST_BIN (feed->pipeline), "sink");

  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, feed, NULL);
  gst_object_unref (sink);
}

/* What is held back keeps its timestamps. */
static gchar *
describe_sink (guint delay_ms)
{
  return g_strdup_printf ("! appsink name=sink sync=%s ts-offset=%"
      G_GUINT64_FORMAT " buffer-list=true max-buffers=16 drop=true",
      delay_ms == 0 ? "false" : "true", delay_ms * GST_MSECOND);
}

Feed *
feed_new (const gchar * name, TestcallMedia media, TestcallCodec codec,
    Encryption * encryption, guint delay_ms, GstClockTime base_time)
{
  g_autofree gchar *chain = describe (name, media, codec, encryption != NULL);
  g_autofree gchar *sink = describe_sink (delay_ms);
  g_autofree gchar *description = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstElement *pipeline;
  Feed *feed;

  if (!chain)
    return NULL;
  description = g_strconcat (chain, sink, NULL);
  pipeline = gst_parse_launch (description, &error);
  if (error) {
    g_warning ("testcall: no feed: %s", error->message);
    gst_clear_object (&pipeline);
    return NULL;
  }

  feed = g_new0 (Feed, 1);
  g_mutex_init (&feed->lock);
  feed->outputs = g_ptr_array_new_with_free_func (g_free);
  feed->one_in = 1;
  feed->pipeline = pipeline;
  feed->encoder = gst_bin_get_by_name (GST_BIN (pipeline), "encoder");
  gst_pipeline_use_clock (GST_PIPELINE (pipeline), clock);
  gst_element_set_start_time (pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (pipeline, base_time);
  make_garblable (feed);
  if (encryption)
    encrypt (feed, encryption, media);
  connect_sink (feed);
  return feed;
}

void
feed_free (Feed * feed)
{
  if (!feed)
    return;
  gst_element_set_state (feed->pipeline, GST_STATE_NULL);
  gst_object_unref (feed->encoder);
  gst_object_unref (feed->pipeline);
  g_clear_pointer (&feed->encryptor, encryptor_free);
  g_ptr_array_unref (feed->outputs);
  g_mutex_clear (&feed->lock);
  g_free (feed);
}

void
feed_request_key_frame (Feed * feed)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (feed->encoder, "src");

  /* Without the wish for all headers: rtph264pay would send them twice, first
   * in a picture of their own. The encoder sends them anyway. */
  gst_pad_send_event (pad,
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, FALSE,
          0));
}

void
feed_set_muted (Feed * feed, gboolean muted)
{
  g_mutex_lock (&feed->lock);
  feed->muted = muted;
  g_mutex_unlock (&feed->lock);
  if (!muted)
    feed_request_key_frame (feed);
}

void
feed_set_pace (Feed * feed, guint one_in)
{
  g_mutex_lock (&feed->lock);
  feed->one_in = one_in;
  g_mutex_unlock (&feed->lock);
  if (one_in > 0)
    feed_request_key_frame (feed);
}

void
feed_set_garbled (Feed * feed, gboolean garbled)
{
  g_mutex_lock (&feed->lock);
  feed->garbled = garbled;
  g_mutex_unlock (&feed->lock);
  feed_request_key_frame (feed);
}

void
feed_set_size (Feed * feed, guint width, guint height)
{
  g_autofree gchar *caps = g_strdup_printf (PICTURE_CAPS, width, height);
  g_autoptr (GstElement) filter =
      gst_bin_get_by_name (GST_BIN (feed->pipeline), "size");

  if (filter)
    gst_util_set_object_arg (G_OBJECT (filter), "caps", caps);
}

static const gchar *
encoding_name (guint pt)
{
  switch (pt) {
    case OFFER_PT_OPUS:
      return "OPUS";
    case OFFER_PT_VP8:
      return "VP8";
    case OFFER_PT_VP9:
      return "VP9";
    case OFFER_PT_H265:
      return "H265";
    default:
      return "H264";
  }
}

GstCaps *
feed_caps (guint pt, guint32 ssrc)
{
  gboolean audio = pt == OFFER_PT_OPUS;
  GstCaps *caps = gst_caps_new_simple ("application/x-rtp",
      "media", G_TYPE_STRING, audio ? "audio" : "video",
      "clock-rate", G_TYPE_INT, audio ? 48000 : 90000,
      "payload", G_TYPE_INT, (gint) pt, "encoding-name", G_TYPE_STRING,
      encoding_name (pt), NULL);

  if (audio)
    gst_caps_set_simple (caps, "encoding-params", G_TYPE_STRING, "2", NULL);
  else
    gst_caps_set_simple (caps, "rtcp-fb-nack-pli", G_TYPE_BOOLEAN, TRUE,
        "rtcp-fb-ccm-fir", G_TYPE_BOOLEAN, TRUE, NULL);
  if (ssrc)
    gst_caps_set_simple (caps, "ssrc", G_TYPE_UINT, ssrc, NULL);
  return caps;
}

void
feed_set_paused (Feed * feed, FeedOutput * output, gboolean paused)
{
  g_mutex_lock (&feed->lock);
  output->paused = paused;
  g_mutex_unlock (&feed->lock);
  if (!paused)
    feed_request_key_frame (feed);
}

FeedOutput *
feed_attach (Feed * feed, GstAppSrc * src, guint pt, guint32 ssrc,
    gboolean paused)
{
  FeedOutput *output = g_new0 (FeedOutput, 1);
  g_autoptr (GstCaps) caps = feed_caps (pt, ssrc);
  gboolean first;

  output->src = src;
  output->pt = pt;
  output->ssrc = ssrc;
  output->paused = paused;
  output->seq = g_random_int_range (0, 0x4000);
  gst_app_src_set_caps (src, caps);

  g_mutex_lock (&feed->lock);
  first = feed->outputs->len == 0;
  g_ptr_array_add (feed->outputs, output);
  g_mutex_unlock (&feed->lock);
  if (first)
    gst_element_set_state (feed->pipeline, GST_STATE_PLAYING);
  else
    feed_request_key_frame (feed);
  return output;
}

void
feed_detach (Feed * feed, FeedOutput * output)
{
  gboolean last;

  g_mutex_lock (&feed->lock);
  g_ptr_array_remove_fast (feed->outputs, output);
  last = feed->outputs->len == 0;
  g_mutex_unlock (&feed->lock);
  if (last)
    gst_element_set_state (feed->pipeline, GST_STATE_NULL);
}
