/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sections of offers and answers, their tracks and directions: rtc/sdp.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "rtc/sdp.h"
#include "rtc/sections.h"
#include "sdptexts.h"

#define MAX_SSRCS 16

static GstSDPMessage *
parse (const gchar * text)
{
  GstSDPMessage *sdp = rtc_sdp_parse (text, NULL);

  fail_unless (sdp != NULL, "%s can't be parsed", text);
  return sdp;
}

static GPtrArray *
read_text (const gchar * text)
{
  GstSDPMessage *sdp = parse (text);
  GPtrArray *sections = rtc_sections_read (sdp);

  /* They hold on to nothing of it. */
  gst_sdp_message_free (sdp);
  return sections;
}

/* "1 2 3" */
static gchar *
ssrcs_to_text (const RtcSection * section)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < section->ssrcs->len; i++)
    g_string_append_printf (text, "%s%u", i == 0 ? "" : " ",
        g_array_index (section->ssrcs, guint32, i));
  return g_string_free (text, FALSE);
}

#define SSRC(ssrc, stream, track) \
  "a=ssrc:" ssrc " cname:" stream "\r\n" \
  "a=ssrc:" ssrc " msid:" stream " " track "\r\n"

typedef struct
{
  const gchar *section;
  gboolean is_audio;
  gboolean sending;
  const gchar *track_sid;
  const gchar *msid;
  const gchar *ssrcs;
} Row;

static const Row rows[] = {
  {AUDIO ("7", "a=sendrecv\r\na=msid:PA_1|TR_A TR_A\r\n"
            SSRC ("1", "PA_1|TR_A", "TR_A")),
      TRUE, TRUE, "TR_A", "PA_1|TR_A TR_A", "1"},
  {VIDEO ("7", "a=sendrecv\r\na=msid:PA_1|TR_V TR_V\r\n"
            "a=ssrc-group:FID 4294967295 2\r\n"
            SSRC ("4294967295", "PA_1|TR_V", "TR_V")
            SSRC ("2", "PA_1|TR_V", "TR_V")),
      FALSE, TRUE, "TR_V", "PA_1|TR_V TR_V", "4294967295 2"},
  /* sync_streams: the first word names the stream. */
  {VIDEO ("7", "a=sendonly\r\na=msid:PA_1|camera TR_V\r\n"
            SSRC ("1", "PA_1|camera", "TR_V")),
      FALSE, TRUE, "TR_V", "PA_1|camera TR_V", "1"},
  {VIDEO ("7", "a=msid:PA_1|TR_V TR_V\r\n"), FALSE, TRUE, "TR_V",
      "PA_1|TR_V TR_V", ""},
  /* A track that ended, or none yet. */
  {VIDEO ("7", "a=recvonly\r\n"), FALSE, FALSE, NULL, NULL, ""},
  {AUDIO ("7", "a=inactive\r\n"), TRUE, FALSE, NULL, NULL, ""},
  {AUDIO ("7", "a=recvonly\r\na=msid:PA_1|TR_A TR_A\r\n"
            SSRC ("1", "PA_1|TR_A", "TR_A")),
      TRUE, FALSE, "TR_A", "PA_1|TR_A TR_A", "1"},
  {"m=audio 0 UDP/TLS/RTP/SAVPF 111\r\n" TRANSPORT ("7")
        "a=sendrecv\r\na=msid:PA_1|TR_A TR_A\r\n",
      TRUE, FALSE, "TR_A", "PA_1|TR_A TR_A", ""},
  /* Names no track. */
  {AUDIO ("7", "a=sendrecv\r\na=msid:PA_1\r\n"), TRUE, TRUE, NULL, "PA_1", ""},
  {AUDIO ("7", "a=sendrecv\r\na=msid:PA_1 \r\n"), TRUE, TRUE, NULL, "PA_1 ",
      ""},
  {AUDIO ("7", "a=sendrecv\r\na=msid:\r\n"), TRUE, TRUE, NULL, "", ""},
  {AUDIO ("7", "a=sendrecv\r\n"), TRUE, TRUE, NULL, NULL, ""},
  /* No such SSRCs. */
  {AUDIO ("7", "a=ssrc:0 cname:a\r\na=ssrc:4294967296 cname:a\r\n"
            "a=ssrc:99999999999999999999 cname:a\r\na=ssrc:x cname:a\r\n"
            "a=ssrc:\r\na=ssrc:-1 cname:a\r\na=ssrc:5 cname:a\r\n"),
      TRUE, TRUE, NULL, NULL, "5"},
};

GST_START_TEST (test_read)
{
  const Row *row = &rows[__i__];
  g_autofree gchar *text =
      g_strconcat (SESSION ("d 7"), APPLICATION ("d"), row->section, NULL);
  g_autoptr (GPtrArray) sections = read_text (text);
  RtcSection *section;
  g_autofree gchar *ssrcs = NULL;

  fail_unless_equals_int (sections->len, 1);
  section = g_ptr_array_index (sections, 0);
  fail_unless_equals_string (section->mid, "7");
  fail_unless_equals_int (section->mline, 1);
  fail_unless_equals_int (section->is_audio, row->is_audio);
  fail_unless_equals_int (section->sending, row->sending);
  fail_unless_equals_string (section->track_sid, row->track_sid);
  fail_unless_equals_string (section->msid, row->msid);
  ssrcs = ssrcs_to_text (section);
  fail_unless_equals_string (ssrcs, row->ssrcs);
}

GST_END_TEST;

GST_START_TEST (test_many_ssrcs)
{
  GString *text = g_string_new (SESSION ("0") VIDEO ("0", ""));
  g_autoptr (GPtrArray) sections = NULL;
  RtcSection *section;
  guint i;

  for (i = 1; i <= MAX_SSRCS + 1; i++)
    g_string_append_printf (text, "a=ssrc:%u cname:a\r\n", i);
  sections = read_text (text->str);
  section = g_ptr_array_index (sections, 0);
  fail_unless_equals_int (section->ssrcs->len, MAX_SSRCS);
  g_string_free (text, TRUE);
}

GST_END_TEST;

static const gchar three[] = SESSION ("0 1 2 3") APPLICATION ("0")
    AUDIO ("1", "a=sendrecv\r\na=msid:PA_1|TR_1 TR_1\r\na=ssrc:11 cname:a\r\n")
    VIDEO ("2", "a=recvonly\r\na=msid:PA_2|TR_2 TR_2\r\na=ssrc:22 cname:a\r\n")
    VIDEO ("3", "a=sendrecv\r\na=msid:PA_3|TR_2 TR_2\r\n"
    "a=ssrc-group:FID 33 34\r\na=ssrc:33 cname:a\r\na=ssrc:34 cname:a\r\n");

GST_START_TEST (test_find)
{
  g_autoptr (GPtrArray) sections = read_text (three);
  RtcSection *audio = g_ptr_array_index (sections, 0);
  RtcSection *video = g_ptr_array_index (sections, 2);

  fail_unless_equals_int (sections->len, 3);
  fail_unless_equals_int (video->mline, 3);
  fail_unless (rtc_sections_find_ssrc (sections, 11) == audio);
  fail_unless (rtc_sections_find_ssrc (sections, 33) == video);
  fail_unless (rtc_sections_find_ssrc (sections, 34) == video);
  fail_unless (rtc_sections_find_ssrc (sections, 22) == NULL,
      "an ended section was found");
  fail_unless (rtc_sections_find_ssrc (sections, 0) == NULL);
  fail_unless (rtc_sections_find_track (sections, "TR_1") == audio);
  fail_unless (rtc_sections_find_track (sections, "TR_2") == video,
      "the section that has ended was found");
  fail_unless (rtc_sections_find_track (sections, "TR_3") == NULL);
}

GST_END_TEST;

/* The directions of a section, in the order they stand. */
static gchar *
directions (const GstSDPMessage * sdp, guint i)
{
  static const gchar *const all[] = {
    "sendrecv", "sendonly", "recvonly", "inactive", NULL
  };
  const GstSDPMedia *media = gst_sdp_message_get_media (sdp, i);
  GString *text = g_string_new (NULL);
  guint j;

  for (j = 0; j < gst_sdp_media_attributes_len (media); j++) {
    const gchar *key = gst_sdp_media_get_attribute (media, j)->key;

    if (g_strv_contains (all, key))
      g_string_append_printf (text, "%s%s", text->len == 0 ? "" : " ", key);
  }
  return g_string_free (text, FALSE);
}

static void
expect_directions (const GstSDPMessage * sdp, const gchar * const *expected)
{
  guint i;

  for (i = 0; expected[i] != NULL; i++) {
    g_autofree gchar *found = directions (sdp, i);

    fail_unless (g_str_equal (found, expected[i]),
        "section %u is \"%s\" instead of \"%s\"", i, found, expected[i]);
  }
  fail_unless_equals_int (gst_sdp_message_medias_len (sdp), i);
}

GST_START_TEST (test_stick)
{
  static const gchar *const expected[] = {
    "sendrecv", "sendonly", "sendonly", "sendonly", "sendonly", "sendonly",
    NULL
  };
  GstSDPMessage *offer = parse (SESSION ("0 1 2 3 4 5") APPLICATION ("0")
      AUDIO ("1", "a=sendrecv\r\n") VIDEO ("2", "a=recvonly\r\n")
      VIDEO ("3", "a=inactive\r\na=msid:PA_1|TR_1 TR_1\r\n")
      AUDIO ("4", "")
      AUDIO ("5", "a=inactive\r\na=sendrecv\r\na=inactive\r\n"));
  const GstSDPMedia *media = gst_sdp_message_get_media (offer, 3);

  rtc_sdp_stick_directions (offer);
  expect_directions (offer, expected);
  fail_unless_equals_string (gst_sdp_media_get_attribute_val (media, "msid"),
      "PA_1|TR_1 TR_1");
  fail_unless_equals_string (gst_sdp_media_get_attribute_val (media, "mid"),
      "3");
  rtc_sdp_stick_directions (offer);
  expect_directions (offer, expected);
  gst_sdp_message_free (offer);
}

GST_END_TEST;

/* Only what doesn't send is told to be inactive, wherever it stands. */
GST_START_TEST (test_end_sections)
{
  static const gchar *const expected[] = {
    "sendrecv", "recvonly", "inactive", "recvonly", NULL
  };
  g_autoptr (GPtrArray) sections = read_text (three);
  GstSDPMessage *answer = parse (SESSION ("0 1 2 3") APPLICATION ("0")
      AUDIO ("1", "a=recvonly\r\n") VIDEO ("2", "a=recvonly\r\n")
      VIDEO ("3", "a=recvonly\r\n"));

  rtc_sections_put_ends (sections, answer);
  expect_directions (answer, expected);
  fail_unless_equals_int (gst_sdp_media_get_port (gst_sdp_message_get_media
          (answer, 2)), 9);
  gst_sdp_message_free (answer);
}

GST_END_TEST;

GST_START_TEST (test_end_sections_of_short_answer)
{
  static const gchar *const expected[] = { "sendrecv", "recvonly", NULL };
  g_autoptr (GPtrArray) sections = read_text (three);
  GstSDPMessage *answer =
      parse (SESSION ("0 1") APPLICATION ("0") AUDIO ("1", "a=recvonly\r\n"));

  rtc_sections_put_ends (sections, answer);
  expect_directions (answer, expected);
  gst_sdp_message_free (answer);
}

GST_END_TEST;

/* What webrtcbin has rejected doesn't send any more. */
GST_START_TEST (test_take_answer)
{
  g_autoptr (GPtrArray) sections = read_text (three);
  GstSDPMessage *answer = parse (SESSION ("0 1 2") APPLICATION ("0")
      "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\n" TRANSPORT ("1")
      VIDEO ("2", "a=recvonly\r\n"));

  rtc_sections_take_answer (sections, answer);
  fail_unless (rtc_sections_find_track (sections, "TR_1") == NULL,
      "a rejected section sends");
  fail_unless (rtc_sections_find_track (sections, "TR_2") == NULL,
      "a section without an answer sends");
  gst_sdp_message_free (answer);

  g_ptr_array_unref (sections);
  sections = read_text (three);
  answer = parse (three);
  rtc_sections_take_answer (sections, answer);
  fail_unless (rtc_sections_find_track (sections, "TR_1") != NULL);
  fail_unless (rtc_sections_find_track (sections, "TR_2") != NULL);
  gst_sdp_message_free (answer);
}

GST_END_TEST;

typedef struct
{
  const gchar *first;           /* two sections */
  const gchar *second;
  const gchar *expected;        /* their ssrc and ssrc-group lines after */
} CleanRow;

#define LINES "a=ssrc-group:FID 1 2\r\na=ssrc:1 cname:a\r\n" \
    "a=ssrc:1 msid:a b\r\na=ssrc:2 cname:a\r\n"

static const CleanRow clean_rows[] = {
  /* All is well. */
  {AUDIO ("0", "a=ssrc:7 cname:a\r\n"), VIDEO ("1", LINES),
      "7 cname:a|FID 1 2|1 cname:a|1 msid:a b|2 cname:a|"},
  /* The second section's are the first's already. */
  {VIDEO ("0", LINES), VIDEO ("1", LINES),
      "FID 1 2|1 cname:a|1 msid:a b|2 cname:a|"},
  {VIDEO ("0", "a=ssrc:2 cname:a\r\n"), VIDEO ("1", LINES),
      "2 cname:a|1 cname:a|1 msid:a b|"},
  /* webrtcbin knows an SSRC from its cname line only. */
  {AUDIO ("0", "a=ssrc:7\r\na=ssrc:7 msid:a b\r\na=ssrc:7  cname:a\r\n"
            "a=ssrc:7\tcname:a\r\n"), VIDEO ("1", "a=ssrc:0 cname:a\r\n"), ""},
  /* Groups of nobody. */
  {VIDEO ("0", "a=ssrc-group:FID 1 3\r\na=ssrc:1 cname:a\r\n"
            "a=ssrc-group:FID x\r\n"), VIDEO ("1", ""), "1 cname:a|"},
  /* Nothing that could be received, so there will be no transceiver. */
  {"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" TRANSPORT ("0")
        "a=rtpmap:999 x\r\na=ssrc:7 cname:a\r\n", VIDEO ("1", LINES),
      "FID 1 2|1 cname:a|1 msid:a b|2 cname:a|"},
  {"m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" TRANSPORT ("0")
      "a=rtpmap:0 PCMU/8000\r\n" LINES, VIDEO ("1", ""), ""},
  {"m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\n" TRANSPORT ("0") VIDEO_CODECS LINES,
      VIDEO ("1", ""), ""},
  {APPLICATION ("0") LINES, VIDEO ("1", ""), ""},
};

/* The ssrc and ssrc-group lines of all sections. */
static gchar *
ssrc_lines (const GstSDPMessage * sdp)
{
  GString *text = g_string_new (NULL);
  guint i, j;

  for (i = 0; i < gst_sdp_message_medias_len (sdp); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (sdp, i);

    for (j = 0; j < gst_sdp_media_attributes_len (media); j++) {
      const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, j);

      if (g_str_has_prefix (attribute->key, "ssrc"))
        g_string_append_printf (text, "%s|", attribute->value);
    }
  }
  return g_string_free (text, FALSE);
}

GST_START_TEST (test_clean_ssrcs)
{
  const CleanRow *row = &clean_rows[__i__];
  g_autofree gchar *text =
      g_strconcat (SESSION ("0 1"), row->first, row->second, NULL);
  GstSDPMessage *offer = parse (text);
  g_autofree gchar *lines = NULL;

  rtc_sdp_clean_ssrcs (offer);
  lines = ssrc_lines (offer);
  fail_unless_equals_string (lines, row->expected);
  gst_sdp_message_free (offer);
}

GST_END_TEST;

GST_START_TEST (test_remove_clocks)
{
  GstSDPMessage *offer = parse (SESSION ("0 1")
      "a=ts-refclk:ntp=clock.example:123\r\na=mediaclk:direct=0\r\n"
      AUDIO ("0", "a=ts-refclk:ptp=IEEE1588-2008:traceable\r\n"
          "a=ts-refclk:ntp=10.0.0.1\r\na=ptime:20\r\n")
      VIDEO ("1", "a=mediaclk:direct=963214424 rate=90000\r\n"));
  g_autofree gchar *text = NULL;

  rtc_sdp_remove_clocks (offer);
  text = gst_sdp_message_as_text (offer);
  fail_if (strstr (text, "refclk") || strstr (text, "mediaclk"), "%s", text);
  fail_unless (strstr (text, "a=ptime:20") != NULL, "%s", text);
  gst_sdp_message_free (offer);
}

GST_END_TEST;

static Suite *
sdp_sections_suite (void)
{
  Suite *suite = suite_create ("sdp-sections");
  TCase *tc = tcase_create ("sdp-sections");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_read, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tc, test_many_ssrcs);
  tcase_add_test (tc, test_find);
  tcase_add_test (tc, test_stick);
  tcase_add_test (tc, test_end_sections);
  tcase_add_test (tc, test_end_sections_of_short_answer);
  tcase_add_test (tc, test_take_answer);
  tcase_add_loop_test (tc, test_clean_ssrcs, 0, G_N_ELEMENTS (clean_rows));
  tcase_add_test (tc, test_remove_clocks);
  return suite;
}

GST_CHECK_MAIN (sdp_sections);
