/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The SDP that a subscriber sees. The text is written from scratch and not
 * taken from webrtcbin, since LiveKit's life of an m-line (sendrecv, recvonly
 * without msid, sendrecv for another track) and its long codec lists are not
 * what webrtcbin 1.22 can say. */

#include "offer.h"

#include <stdlib.h>
#include <string.h>

typedef struct
{
  guint8 pt;
  OfferKind kind;
  const gchar *rtpmap;
  const gchar *fmtp;
  guint8 apt;                   /* RTX: of which */
} Codec;

static const Codec codecs_table[] = {
  {OFFER_PT_OPUS, OFFER_AUDIO, "opus/48000/2", "minptime=10;useinbandfec=1", 0},
  {63, OFFER_AUDIO, "red/48000/2", "111/111", 0},
  {0, OFFER_AUDIO, "PCMU/8000", NULL, 0},
  {8, OFFER_AUDIO, "PCMA/8000", NULL, 0},
  {OFFER_PT_VP8, OFFER_VIDEO, "VP8/90000", NULL, 0},
  {97, OFFER_VIDEO, "rtx/90000", "apt=96", OFFER_PT_VP8},
  {OFFER_PT_VP9, OFFER_VIDEO, "VP9/90000", "profile-id=0", 0},
  {99, OFFER_VIDEO, "rtx/90000", "apt=98", OFFER_PT_VP9},
  {OFFER_PT_H264, OFFER_VIDEO, "H264/90000",
      "level-asymmetry-allowed=1;packetization-mode=1;"
        "profile-level-id=42e01f", 0},
  {109, OFFER_VIDEO, "rtx/90000", "apt=108", OFFER_PT_H264},
  {OFFER_PT_H264_MODE0, OFFER_VIDEO, "H264/90000",
      "level-asymmetry-allowed=1;packetization-mode=0;"
        "profile-level-id=42e01f", 0},
  {126, OFFER_VIDEO, "rtx/90000", "apt=125", OFFER_PT_H264_MODE0},
  {OFFER_PT_H265, OFFER_VIDEO, "H265/90000",
      "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST", 0},
  {117, OFFER_VIDEO, "rtx/90000", "apt=116", OFFER_PT_H265},
  {35, OFFER_VIDEO, "AV1/90000",
      "level-idx=5;profile=0;tier=0", 0},
  {36, OFFER_VIDEO, "rtx/90000", "apt=35", 35},
};

static gboolean
codec_is_offered (const Codec * codec, OfferKind kind,
    const OfferCodecs * codecs)
{
  gboolean frozen;

  if (codec->kind != kind)
    return FALSE;
  frozen = kind == OFFER_AUDIO ? codecs->audio_frozen : codecs->video_frozen;
  return !frozen || codecs->allowed[codec->pt];
}

static void
append_codec (GString * text, const Codec * codec)
{
  g_string_append_printf (text, "a=rtpmap:%u %s\r\n", codec->pt, codec->rtpmap);
  if (codec->fmtp)
    g_string_append_printf (text, "a=fmtp:%u %s\r\n", codec->pt, codec->fmtp);
  if (codec->kind == OFFER_AUDIO || codec->apt)
    return;
  g_string_append_printf (text, "a=rtcp-fb:%u goog-remb\r\n"
      "a=rtcp-fb:%u ccm fir\r\na=rtcp-fb:%u nack\r\na=rtcp-fb:%u nack pli\r\n",
      codec->pt, codec->pt, codec->pt, codec->pt);
}

static void
append_ssrc (GString * text, guint32 ssrc, const OfferLine * line)
{
  g_string_append_printf (text, "a=ssrc:%u cname:%s\r\n"
      "a=ssrc:%u msid:%s %s\r\n", ssrc, line->stream, ssrc, line->stream,
      line->track);
}

static gboolean
has_rtx (const OfferCodecs * codecs)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codecs_table); i++) {
    if (codecs_table[i].apt
        && codec_is_offered (&codecs_table[i], OFFER_VIDEO, codecs))
      return TRUE;
  }
  return FALSE;
}

/* LiveKit says sendrecv for a track, and recvonly without msid where one
 * ended. */
static void
append_track (GString * text, const OfferLine * line,
    const OfferCodecs * codecs)
{
  if (!line->stream) {
    g_string_append (text, "a=recvonly\r\n");
    return;
  }
  g_string_append_printf (text, "a=sendrecv\r\na=msid:%s %s\r\n",
      line->stream, line->track);
  if (line->kind == OFFER_VIDEO && has_rtx (codecs)) {
    g_string_append_printf (text, "a=ssrc-group:FID %u %u\r\n", line->ssrc,
        line->ssrc + 1);
    append_ssrc (text, line->ssrc, line);
    append_ssrc (text, line->ssrc + 1, line);
  } else {
    append_ssrc (text, line->ssrc, line);
  }
}

static void
append_transport (GString * text, const OfferTransport * transport, guint mid)
{
  g_string_append_printf (text, "c=IN IP4 0.0.0.0\r\na=setup:actpass\r\n"
      "a=mid:%u\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s\r\n",
      mid, transport->ufrag, transport->pwd, transport->fingerprint);
}

static void
append_media (GString * text, const OfferTransport * transport,
    const OfferLine * line, guint mid, const OfferCodecs * codecs)
{
  guint i;

  g_string_append_printf (text, "m=%s 9 UDP/TLS/RTP/SAVPF",
      line->kind == OFFER_AUDIO ? "audio" : "video");
  for (i = 0; i < G_N_ELEMENTS (codecs_table); i++) {
    if (codec_is_offered (&codecs_table[i], line->kind, codecs))
      g_string_append_printf (text, " %u", codecs_table[i].pt);
  }
  g_string_append (text, "\r\n");
  append_transport (text, transport, mid);
  g_string_append (text, "a=rtcp-mux\r\na=rtcp-rsize\r\n");
  for (i = 0; i < G_N_ELEMENTS (codecs_table); i++) {
    if (codec_is_offered (&codecs_table[i], line->kind, codecs))
      append_codec (text, &codecs_table[i]);
  }
  g_string_append_printf (text,
      "a=extmap:1 http://www.webrtc.org/experiments/rtp-hdrext/%s\r\n",
      line->kind == OFFER_AUDIO ? "abs-capture-time" : "abs-send-time");
  append_track (text, line, codecs);
}

gchar *
offer_text (const OfferTransport * transport, const OfferLine * lines,
    guint n_lines, const OfferCodecs * codecs)
{
  GString *text = g_string_new (NULL);
  guint i;

  g_string_append_printf (text, "v=0\r\no=- 4215775240449105457 %u IN IP4 "
      "0.0.0.0\r\ns=-\r\nt=0 0\r\na=msid-semantic:WMS *\r\n"
      "a=extmap-allow-mixed\r\na=group:BUNDLE", transport->version);
  for (i = 0; i < n_lines; i++)
    g_string_append_printf (text, " %u", i);
  g_string_append (text, "\r\n");

  for (i = 0; i < n_lines; i++) {
    if (lines[i].kind != OFFER_APPLICATION) {
      append_media (text, transport, &lines[i], i, codecs);
      continue;
    }
    g_string_append (text,
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
    append_transport (text, transport, i);
    g_string_append (text, "a=sendrecv\r\na=sctp-port:5000\r\n"
        "a=max-message-size:65535\r\n");
  }
  return g_string_free (text, FALSE);
}

gchar *
offer_without_mid (const gchar * text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  GString *out = g_string_new (NULL);
  guint i;

  for (i = 0; lines[i]; i++) {
    if (*lines[i] && !g_str_has_prefix (lines[i], "a=mid:")
        && !g_str_has_prefix (lines[i], "a=group:BUNDLE"))
      g_string_append_printf (out, "%s\r\n", lines[i]);
  }
  return g_string_free (out, FALSE);
}

static void
read_line (const GstSDPMedia * media, AnswerLine * line)
{
  guint i;

  line->rejected = gst_sdp_media_get_port (media) == 0;
  line->receives = gst_sdp_media_get_attribute_val (media, "inactive") == NULL
      && gst_sdp_media_get_attribute_val (media, "sendonly") == NULL;
  for (i = 0; i < gst_sdp_media_formats_len (media); i++) {
    const gchar *format = gst_sdp_media_get_format (media, i);
    gchar *end;
    guint64 pt = g_ascii_strtoull (format, &end, 10);

    if (end != format && *end == '\0' && pt < G_N_ELEMENTS (line->pts))
      line->pts[pt] = TRUE;
  }
}

/* An attribute may stand in the media or once for all on top. */
static void
read_attribute (const GstSDPMessage * sdp, const GstSDPMedia * media,
    const gchar * key, gchar ** value)
{
  const gchar *found = gst_sdp_media_get_attribute_val (media, key);

  if (!found)
    found = gst_sdp_message_get_attribute_val (sdp, key);
  if (!*value && found)
    *value = g_strdup (found);
}

Answer *
answer_new (const gchar * text, guint n_lines)
{
  GstSDPMessage *sdp = NULL;
  Answer *answer;
  guint i;

  if (!text || gst_sdp_message_new_from_text (text, &sdp) != GST_SDP_OK)
    return NULL;
  if (gst_sdp_message_medias_len (sdp) != n_lines) {
    gst_sdp_message_free (sdp);
    return NULL;
  }

  answer = g_new0 (Answer, 1);
  answer->lines = g_array_new (FALSE, TRUE, sizeof (AnswerLine));
  for (i = 0; i < n_lines; i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (sdp, i);
    AnswerLine line = { 0 };

    read_line (media, &line);
    g_array_append_val (answer->lines, line);
    if (line.rejected)
      continue;
    read_attribute (sdp, media, "ice-ufrag", &answer->ufrag);
    read_attribute (sdp, media, "ice-pwd", &answer->pwd);
    read_attribute (sdp, media, "fingerprint", &answer->fingerprint);
    read_attribute (sdp, media, "setup", &answer->setup);
  }
  gst_sdp_message_free (sdp);
  return answer;
}

void
answer_free (Answer * answer)
{
  if (!answer)
    return;
  g_free (answer->ufrag);
  g_free (answer->pwd);
  g_free (answer->fingerprint);
  g_free (answer->setup);
  g_array_unref (answer->lines);
  g_free (answer);
}

void
answer_freeze_codecs (const Answer * answer, const OfferLine * lines,
    OfferCodecs * codecs)
{
  guint i, pt;

  for (i = 0; i < answer->lines->len; i++) {
    const AnswerLine *line = &g_array_index (answer->lines, AnswerLine, i);
    gboolean *frozen = lines[i].kind == OFFER_AUDIO ? &codecs->audio_frozen :
        &codecs->video_frozen;

    if (lines[i].kind == OFFER_APPLICATION || line->rejected || *frozen)
      continue;
    for (pt = 0; pt < G_N_ELEMENTS (line->pts); pt++)
      codecs->allowed[pt] |= line->pts[pt];
    *frozen = TRUE;
  }
}

/* Only what names the other side is replaced. */
static gboolean
is_ours (const gchar * key)
{
  static const gchar *const keys[] = { "ice-ufrag", "ice-pwd", "fingerprint",
    "setup", "sendonly", "sendrecv", "recvonly", "inactive", "ssrc",
    "ssrc-group", "msid", "candidate", "end-of-candidates",
    "bundle-only", "rtcp-mux-only", NULL
  };

  return g_strv_contains (keys, key);
}

static void
turn_media (GstSDPMedia * media, const Answer * answer)
{
  gboolean data = g_str_equal (gst_sdp_media_get_media (media), "application");
  guint i = 0;

  while (i < gst_sdp_media_attributes_len (media)) {
    if (is_ours (gst_sdp_media_get_attribute (media, i)->key))
      gst_sdp_media_remove_attribute (media, i);
    else
      i++;
  }
  /* Not NULL: GStreamer 1.22 reads the value of every attribute. */
  /* webrtcbin offers bundled lines with port 0, which would be a no here. */
  gst_sdp_media_set_port_info (media, 9, 0);
  gst_sdp_media_add_attribute (media, data ? "sendrecv" : "recvonly", "");
  gst_sdp_media_add_attribute (media, "ice-ufrag", answer->ufrag);
  gst_sdp_media_add_attribute (media, "ice-pwd", answer->pwd);
  gst_sdp_media_add_attribute (media, "fingerprint", answer->fingerprint);
  gst_sdp_media_add_attribute (media, "setup",
      answer->setup ? answer->setup : "active");
}

GstSDPMessage *
answer_for_peer (const GstSDPMessage * local_offer, const Answer * answer)
{
  g_autofree gchar *text = gst_sdp_message_as_text (local_offer);
  GstSDPMessage *sdp;
  guint i;

  /* By way of text: webrtcbin's offer has attributes whose value is NULL,
   * which webrtcbin 1.22 can't take in an answer. */
  gst_sdp_message_new_from_text (text, &sdp);
  for (i = 0; i < gst_sdp_message_medias_len (sdp); i++)
    turn_media ((GstSDPMedia *) gst_sdp_message_get_media (sdp, i), answer);
  return sdp;
}

static void
put_attribute (GstSDPMedia * media, const gchar * key, const gchar * value)
{
  guint i;

  for (i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    GstSDPAttribute attribute;

    if (g_strcmp0 (gst_sdp_media_get_attribute (media, i)->key, key) != 0)
      continue;
    gst_sdp_attribute_set (&attribute, key, value);
    gst_sdp_media_replace_attribute (media, i, &attribute);
  }
}

void
offer_put_credentials (GstSDPMessage * sdp, const gchar * ufrag,
    const gchar * pwd)
{
  guint i;

  for (i = 0; ufrag && i < gst_sdp_message_medias_len (sdp); i++) {
    GstSDPMedia *media = (GstSDPMedia *) gst_sdp_message_get_media (sdp, i);

    put_attribute (media, "ice-ufrag", ufrag);
    put_attribute (media, "ice-pwd", pwd);
  }
}
