/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What comes into an rtpbin, and what of it makes streams there:
 * rtc/ssrcfilter.h.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/rtp/rtp.h>
#include "rtc/elements.h"
#include "rtc/sections.h"
#include "rtc/ssrcfilter.h"

#define SSRC 0xabcdef01
#define OTHER_SSRC 0x2

/* Packets until rtpsession takes an SSRC for real. */
#define PROBATION 2

static GstElement *bin;         /* stands for webrtcbin */
static GstHarness *rtp;
static GstHarness *rtcp;
static RtcSsrcFilter *filter;
static guint16 seqnum;

static void
setup (void)
{
  GstElement *rtpbin = gst_element_factory_make ("rtpbin", "rtpbin");

  bin = gst_object_ref_sink (gst_bin_new (NULL));
  gst_bin_add (GST_BIN (bin), rtpbin);
  filter = rtc_ssrc_filter_new ();
  rtc_ssrc_filter_attach (filter, bin);
  rtp = gst_harness_new_with_element (rtpbin, "recv_rtp_sink_0", NULL);
  gst_harness_set_src_caps_str (rtp, "application/x-rtp, media=(string)audio, "
      "encoding-name=(string)OPUS, clock-rate=48000, payload=111");
  rtcp = gst_harness_new_with_element (rtpbin, "recv_rtcp_sink_0", NULL);
  gst_harness_set_src_caps_str (rtcp, "application/x-rtcp");
  gst_element_set_state (bin, GST_STATE_PLAYING);
  seqnum = 0;
}

/* In the test: what is behind it waits for all threads. */
static void
teardown (void)
{
  gst_element_set_state (bin, GST_STATE_NULL);
  gst_harness_teardown (rtcp);
  gst_harness_teardown (rtp);
  gst_clear_object (&bin);
  g_clear_pointer (&filter, rtc_ssrc_filter_unref);
}

static void
push_packet (guint32 ssrc)
{
  GstBuffer *packet = gst_rtp_buffer_new_allocate (1, 0, 0);
  GstRTPBuffer map = GST_RTP_BUFFER_INIT;

  fail_unless (gst_rtp_buffer_map (packet, GST_MAP_WRITE, &map));
  gst_rtp_buffer_set_payload_type (&map, 111);
  gst_rtp_buffer_set_ssrc (&map, ssrc);
  gst_rtp_buffer_set_seq (&map, seqnum++);
  gst_rtp_buffer_unmap (&map);
  gst_harness_push (rtp, packet);
}

static void
push_packets (guint32 ssrc)
{
  guint i;

  for (i = 0; i < PROBATION; i++)
    push_packet (ssrc);
}

static void
push_report (guint32 ssrc)
{
  GstBuffer *report = gst_rtcp_buffer_new (100);
  GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;

  fail_unless (gst_rtcp_buffer_map (report, GST_MAP_READWRITE, &map));
  fail_unless (gst_rtcp_buffer_add_packet (&map, GST_RTCP_TYPE_SR, &packet));
  gst_rtcp_packet_sr_set_sender_info (&packet, ssrc, 1, 2, 3, 4);
  gst_rtcp_buffer_unmap (&map);
  gst_harness_push (rtcp, report);
}

static void
add_pads (GstElement * rtpssrcdemux, gpointer n_pads)
{
  *(guint *) n_pads += rtpssrcdemux->numsrcpads;
}

/* An SSRC has one pad for packets and one for reports. */
static guint
count_streams (void)
{
  guint n_pads = 0;

  rtc_elements_foreach (bin, "rtpssrcdemux", add_pads, &n_pads);
  return n_pads / 2;
}

static void
check_nothing_comes_in (guint32 ssrc)
{
  push_packets (ssrc);
  push_report (ssrc);
  fail_unless_equals_int (count_streams (), 0);
}

static void
clear_ssrc (GstElement * rtpssrcdemux, gpointer ssrc)
{
  g_signal_emit_by_name (rtpssrcdemux, "clear-ssrc", GPOINTER_TO_UINT (ssrc));
}

/* Of one stream that is sent. */
static GArray *
make_ssrcs (guint32 ssrc)
{
  return g_array_append_val (g_array_new (FALSE, FALSE, sizeof (ssrc)), ssrc);
}

/* An offer with @ssrc is answered. */
static void
allow (guint32 ssrc)
{
  g_autoptr (GPtrArray) sections = g_ptr_array_new ();
  g_autoptr (GArray) ssrcs = make_ssrcs (ssrc);
  RtcSection section = {.sending = TRUE,.ssrcs = ssrcs };

  g_ptr_array_add (sections, &section);
  rtc_ssrc_filter_restrict (filter, sections);
  rtc_ssrc_filter_set_allowed (filter, sections);
}

GST_START_TEST (test_offered)
{
  check_nothing_comes_in (SSRC);
  allow (SSRC);
  check_nothing_comes_in (OTHER_SSRC);
  push_packets (SSRC);
  fail_unless_equals_int (count_streams (), 1);
  teardown ();
}

GST_END_TEST;

/* A report may come first. */
GST_START_TEST (test_report)
{
  allow (SSRC);
  push_report (SSRC);
  fail_unless_equals_int (count_streams (), 1);
  teardown ();
}

GST_END_TEST;

/* A stream ends, and nothing brings it back: not while the last offer names it
 * still, not while it is taken apart, though another offer names it again, and
 * not what is late behind that. */
GST_START_TEST (test_taken_apart)
{
  g_autoptr (GArray) ssrcs = make_ssrcs (SSRC);

  allow (SSRC);
  push_packets (SSRC);
  rtc_ssrc_filter_deny (filter, ssrcs);
  rtc_ssrc_filter_wait (filter);
  rtc_elements_foreach (bin, "rtpssrcdemux", clear_ssrc,
      GUINT_TO_POINTER (SSRC));
  check_nothing_comes_in (SSRC);

  allow (OTHER_SSRC);
  allow (SSRC);
  check_nothing_comes_in (SSRC);

  rtc_ssrc_filter_release (filter, ssrcs);
  push_packets (SSRC);
  fail_unless_equals_int (count_streams (), 1);
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_late)
{
  g_autoptr (GArray) ssrcs = make_ssrcs (SSRC);

  allow (SSRC);
  rtc_ssrc_filter_deny (filter, ssrcs);
  rtc_ssrc_filter_release (filter, ssrcs);
  check_nothing_comes_in (SSRC);
  allow (OTHER_SSRC);
  check_nothing_comes_in (SSRC);
  teardown ();
}

GST_END_TEST;

static Suite *
ssrcfilter_suite (void)
{
  Suite *suite = suite_create ("ssrcfilter");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, NULL);
  tcase_add_test (tc, test_offered);
  tcase_add_test (tc, test_report);
  tcase_add_test (tc, test_taken_apart);
  tcase_add_test (tc, test_late);
  return suite;
}

GST_CHECK_MAIN (ssrcfilter);
