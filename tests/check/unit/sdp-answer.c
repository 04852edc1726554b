/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers with every codec that can be received: rtc_sdp_widen_answer(), and what
 * repairs what in them.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "rtc/sdp.h"
#include "rtc/sections.h"
#include "sdptexts.h"

#define VP8 \
  "a=rtpmap:96 VP8/90000\r\n" \
  "a=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 ccm fir\r\n" \
  "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
#define VP8_RTX "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
#define H264 \
  "a=rtpmap:108 H264/90000\r\n" \
  "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;" \
  "profile-level-id=42e01f\r\n" \
  "a=rtcp-fb:108 goog-remb\r\na=rtcp-fb:108 nack\r\na=rtcp-fb:108 nack pli\r\n"
#define H264_RTX "a=rtpmap:109 rtx/90000\r\na=fmtp:109 apt=108\r\n"

#define VP8_ANSWER \
  "rtpmap:96 VP8/90000 rtcp-fb:96 ccm fir rtcp-fb:96 nack rtcp-fb:96 nack pli"
#define VP8_RTX_ANSWER "rtpmap:97 rtx/90000 fmtp:97 apt=96"
#define H264_ANSWER \
  "rtpmap:108 H264/90000 fmtp:108 level-asymmetry-allowed=1;" \
  "packetization-mode=1;profile-level-id=42e01f rtcp-fb:108 nack " \
  "rtcp-fb:108 nack pli"
#define H264_RTX_ANSWER "rtpmap:109 rtx/90000 fmtp:109 apt=108"

#define VIDEO_OFFER(formats, codecs) \
  "m=video 9 UDP/TLS/RTP/SAVPF " formats "\r\n" TRANSPORT ("0") codecs \
  "a=sendrecv\r\na=msid:PA_1|TR_1 TR_1\r\n"
#define AUDIO_OFFER(formats, codecs) \
  "m=audio 9 UDP/TLS/RTP/SAVPF " formats "\r\n" TRANSPORT ("0") codecs \
  "a=sendrecv\r\na=msid:PA_1|TR_1 TR_1\r\n"

/* webrtcbin's own answer, which takes the first codec only. */
#define VIDEO_ANSWER \
  "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" TRANSPORT ("0") \
  "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\na=rtcp-mux\r\n" \
  "a=recvonly\r\n"
#define AUDIO_ANSWER \
  "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" TRANSPORT ("0") \
  "a=rtpmap:111 OPUS/48000/2\r\na=rtcp-mux\r\na=recvonly\r\n"

typedef struct
{
  const gchar *offer;
  const gchar *answer;
  const gchar *formats;
  const gchar *attributes;      /* rtpmap, fmtp and rtcp-fb, in order */
} Row;

static const Row rows[] = {
  {VIDEO_OFFER ("96 97 108 109", VP8 VP8_RTX H264 H264_RTX), VIDEO_ANSWER,
      "96 97 108 109", VP8_ANSWER " " VP8_RTX_ANSWER " " H264_ANSWER " "
        H264_RTX_ANSWER},
  {VIDEO_OFFER ("108 109 96 97", H264 H264_RTX VP8 VP8_RTX), VIDEO_ANSWER,
      "108 109 96 97", H264_ANSWER " " H264_RTX_ANSWER " " VP8_ANSWER " "
        VP8_RTX_ANSWER},
  /* The order is the format list's, not the attributes'. */
  {VIDEO_OFFER ("108 96", VP8 H264), VIDEO_ANSWER, "108 96",
      H264_ANSWER " " VP8_ANSWER},
  {VIDEO_OFFER ("96", VP8), VIDEO_ANSWER, "96", VP8_ANSWER},
  {VIDEO_OFFER ("108", H264), VIDEO_ANSWER, "108", H264_ANSWER},
  /* RED, PCMU and PCMA are none of ours. */
  {AUDIO_OFFER ("63 111 0 8", AUDIO_CODECS), AUDIO_ANSWER, "111",
      "rtpmap:111 opus/48000/2 fmtp:111 minptime=10;useinbandfec=1 "
        "rtcp-fb:111 nack"},
  /* Retransmission only of what is kept. */
  {VIDEO_OFFER ("96 97 120 121 122", VP8 VP8_RTX
            "a=rtpmap:120 X-OTHER/90000\r\na=rtpmap:121 rtx/90000\r\n"
            "a=fmtp:121 apt=120\r\na=rtpmap:122 rtx/90000\r\n"
            "a=fmtp:122 apt=97\r\n"), VIDEO_ANSWER, "96 97",
      VP8_ANSWER " " VP8_RTX_ANSWER},
  {VIDEO_OFFER ("96 97 98", VP8 "a=rtpmap:97 rtx/90000\r\n"
            "a=rtpmap:98 rtx/90000\r\na=fmtp:98 rtx-time=100\r\n"),
      VIDEO_ANSWER, "96", VP8_ANSWER},
  {VIDEO_OFFER ("96 97", VP8 "a=rtpmap:97 RTX/90000\r\n"
            "a=fmtp:97 apt=96;rtx-time=3000\r\n"), VIDEO_ANSWER, "96 97",
      VP8_ANSWER " rtpmap:97 RTX/90000 fmtp:97 apt=96;rtx-time=3000"},
  /* A format without a name, and a name without a format. */
  {VIDEO_OFFER ("96 99", VP8 H264), VIDEO_ANSWER, "96", VP8_ANSWER},
  {VIDEO_OFFER ("96 96", VP8), VIDEO_ANSWER, "96", VP8_ANSWER},
  /* 9 isn't 96. */
  {VIDEO_OFFER ("96 9", VP8), VIDEO_ANSWER, "96", VP8_ANSWER},
  /* Codecs of the other kind. */
  {VIDEO_OFFER ("96 111", VP8 "a=rtpmap:111 opus/48000/2\r\n"), VIDEO_ANSWER,
      "96", VP8_ANSWER},
  {AUDIO_OFFER ("111 96", AUDIO_CODECS "a=rtpmap:96 VP8/90000\r\n"),
        AUDIO_ANSWER, "111",
      "rtpmap:111 opus/48000/2 fmtp:111 minptime=10;useinbandfec=1 "
        "rtcp-fb:111 nack"},
  /* Nothing of ours: the answer stays as it is. */
  {VIDEO_OFFER ("120", "a=rtpmap:120 X-OTHER/90000\r\n"), VIDEO_ANSWER, "96",
      "rtpmap:96 VP8/90000 rtcp-fb:96 nack pli"},
  {AUDIO_OFFER ("63 0", AUDIO_CODECS), AUDIO_ANSWER, "111",
      "rtpmap:111 OPUS/48000/2"},
  {VIDEO_OFFER ("97", VP8_RTX), VIDEO_ANSWER, "96",
      "rtpmap:96 VP8/90000 rtcp-fb:96 nack pli"},
  /* A section that webrtcbin refused stays refused. */
  {VIDEO_OFFER ("96", VP8), "m=video 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n",
      "0", ""},
  {VIDEO_OFFER ("96", VP8), APPLICATION ("0"), "webrtc-datachannel", ""},
};

static GstSDPMessage *
parse (const gchar * section)
{
  g_autofree gchar *text = g_strconcat (SESSION ("0"), section, NULL);
  GstSDPMessage *sdp = rtc_sdp_parse (text, NULL);

  fail_unless (sdp != NULL, "%s can't be parsed", text);
  return sdp;
}

static gchar *
formats_to_text (const GstSDPMedia * media)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < gst_sdp_media_formats_len (media); i++)
    g_string_append_printf (text, "%s%s", i == 0 ? "" : " ",
        gst_sdp_media_get_format (media, i));
  return g_string_free (text, FALSE);
}

static gchar *
attributes_to_text (const GstSDPMedia * media)
{
  static const gchar *const keys[] = { "rtpmap", "fmtp", "rtcp-fb", NULL };
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

    if (g_strv_contains (keys, attribute->key))
      g_string_append_printf (text, "%s%s:%s", text->len == 0 ? "" : " ",
          attribute->key, attribute->value);
  }
  return g_string_free (text, FALSE);
}

static void
check_row (const Row * row)
{
  GstSDPMessage *offer = parse (row->offer);
  GstSDPMessage *answer = parse (row->answer);
  const GstSDPMedia *media = gst_sdp_message_get_media (answer, 0);
  g_autofree gchar *before = gst_sdp_message_as_text (offer);
  g_autofree gchar *after = NULL;
  g_autofree gchar *formats = NULL;
  g_autofree gchar *attributes = NULL;

  rtc_sdp_widen_answer (answer, offer);
  formats = formats_to_text (media);
  fail_unless_equals_string (formats, row->formats);
  attributes = attributes_to_text (media);
  fail_unless_equals_string (attributes, row->attributes);
  fail_unless_equals_string (gst_sdp_media_get_attribute_val (media, "mid"),
      "0");
  after = gst_sdp_message_as_text (offer);
  fail_unless_equals_string (before, after);
  gst_sdp_message_free (offer);
  gst_sdp_message_free (answer);
}

GST_START_TEST (test_widen)
{
  check_row (&rows[__i__]);
}

GST_END_TEST;

static const struct
{
  const gchar *section;
  const gchar *map;
} retransmissions[] = {
  {VIDEO_OFFER ("96 97 108 109", VP8 VP8_RTX H264 H264_RTX) AUDIO_ANSWER,
      "application/x-rtp-pt-map, 96=(uint)97, 108=(uint)109;"},
  {APPLICATION ("0"), "application/x-rtp-pt-map;"},
  {VIDEO_OFFER ("96", VP8), "application/x-rtp-pt-map;"},
  {VIDEO_OFFER ("96 128", VP8 "a=rtpmap:128 rtx/90000\r\n"
            "a=fmtp:128 apt=96\r\n"), "application/x-rtp-pt-map;"},
  {VIDEO_OFFER ("96 97", VP8 "a=rtpmap:97 rtx/90000\r\n"
            "a=fmtp:97 apt=\r\n"), "application/x-rtp-pt-map;"},
};

GST_START_TEST (test_retransmissions)
{
  GstSDPMessage *answer = parse (retransmissions[__i__].section);
  g_autoptr (GstStructure) map = rtc_sdp_map_retransmissions (answer);
  g_autofree gchar *text = gst_structure_to_string (map);

  fail_unless_equals_string (text, retransmissions[__i__].map);
  gst_sdp_message_free (answer);
}

GST_END_TEST;

/* What isn't about codecs is webrtcbin's own. */
GST_START_TEST (test_rest)
{
  GstSDPMessage *offer = parse (VIDEO_OFFER ("96", VP8));
  GstSDPMessage *answer = parse (VIDEO_ANSWER);
  const GstSDPMedia *media = gst_sdp_message_get_media (answer, 0);

  rtc_sdp_widen_answer (answer, offer);
  fail_unless (gst_sdp_media_get_attribute_val (media, "recvonly") != NULL);
  fail_unless (gst_sdp_media_get_attribute_val (media, "rtcp-mux") != NULL);
  fail_unless (gst_sdp_media_get_attribute_val (media, "msid") == NULL);
  fail_unless_equals_int (gst_sdp_media_get_port (media), 9);
  gst_sdp_message_free (offer);
  gst_sdp_message_free (answer);
}

GST_END_TEST;

/* Answers of fewer or more sections than the offer change where both have. */
GST_START_TEST (test_lengths)
{
  GstSDPMessage *one = parse (VIDEO_OFFER ("96 108", VP8 H264));
  GstSDPMessage *two = parse (VIDEO_ANSWER VIDEO_ANSWER);
  g_autofree gchar *changed = NULL;
  g_autofree gchar *kept = NULL;

  rtc_sdp_widen_answer (two, one);
  changed = formats_to_text (gst_sdp_message_get_media (two, 0));
  kept = formats_to_text (gst_sdp_message_get_media (two, 1));
  fail_unless_equals_string (changed, "96 108");
  fail_unless_equals_string (kept, "96");
  rtc_sdp_widen_answer (one, two);
  gst_sdp_message_free (one);
  gst_sdp_message_free (two);
}

GST_END_TEST;

/* What no depayloader is installed for isn't promised. */
GST_START_TEST (test_unavailable)
{
  static const Row row = {
    VIDEO_OFFER ("96 97 108 109", VP8 VP8_RTX H264 H264_RTX), VIDEO_ANSWER,
    "108 109", H264_ANSWER " " H264_RTX_ANSWER
  };
  GstRegistry *registry = gst_registry_get ();
  GstPluginFeature *feature =
      gst_registry_lookup_feature (registry, "rtpvp8depay");

  fail_unless (feature != NULL, "there is no rtpvp8depay to begin with");
  gst_registry_remove_feature (registry, feature);
  check_row (&row);
  gst_registry_add_feature (registry, feature);
  check_row (&rows[0]);
  gst_object_unref (feature);
}

GST_END_TEST;

/* The texts of a whole section, @count times what stands in @format and in
 * @attribute. */
typedef struct
{
  guint count;
  const gchar *format;
  const gchar *attribute;
} Costly;

static const Costly costly[] = {
  {5000, " 1", "a=rtpmap:2 \r\n"},
  {5000, " 96", "a=rtpmap:96 VP8/90000\r\n"},
  {100000, "", "a=ssrc:0 cname:a\r\n"},
  {100000, "", "a=rtcp-fb:96 nack\r\n"},
  {100000, "", "a=sendrecv\r\n"},
  {200000, " 1", ""},
};

/* An offer within our limits must not stop the worker. The time limit of the
 * test is far above what a good answer takes, and far below a bad one. */
GST_START_TEST (test_costly)
{
  const Costly *row = &costly[__i__];
  GString *text = g_string_new (SESSION ("0") "m=video 9 UDP/TLS/RTP/SAVPF 96");
  GstSDPMessage *offer, *answer;
  g_autoptr (GPtrArray) sections = NULL;
  guint i;

  for (i = 0; i < row->count; i++)
    g_string_append (text, row->format);
  g_string_append (text, "\r\n" TRANSPORT ("0") VP8);
  for (i = 0; i < row->count; i++)
    g_string_append (text, row->attribute);
  offer = rtc_sdp_parse (text->str, NULL);
  g_string_free (text, TRUE);
  if (offer == NULL)
    return;
  sections = rtc_sections_read (offer);
  fail_unless_equals_int (sections->len, 1);
  if (rtc_sdp_check_offer (offer, NULL, NULL)) {
    rtc_sdp_stick_directions (offer);
    answer = parse (VIDEO_ANSWER);
    rtc_sdp_widen_answer (answer, offer);
    rtc_sections_put_ends (sections, answer);
    gst_sdp_message_free (answer);
  }
  gst_sdp_message_free (offer);
}

GST_END_TEST;

static Suite *
sdp_answer_suite (void)
{
  Suite *suite = suite_create ("sdp-answer");
  TCase *tc = tcase_create ("sdp-answer");
  TCase *tc_costly = tcase_create ("costly");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_widen, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tc, test_retransmissions, 0,
      G_N_ELEMENTS (retransmissions));
  tcase_add_test (tc, test_rest);
  tcase_add_test (tc, test_lengths);
  tcase_add_test (tc, test_unavailable);
  suite_add_tcase (suite, tc_costly);
  tcase_set_timeout (tc_costly, 10);
  tcase_add_loop_test (tc_costly, test_costly, 0, G_N_ELEMENTS (costly));
  return suite;
}

GST_CHECK_MAIN (sdp_answer);
