/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Spatial layers of VP9 through rtpvp9depay: rtc/layers.h.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/rtp/rtp.h>
#include <string.h>
#include "rtc/layers.h"

#define CAPS "application/x-rtp,media=video,clock-rate=90000,payload=98," \
    "encoding-name=VP9"

/* Of the descriptor's first byte. */
#define INTER 0x40
#define LAYERED 0x20
#define BEGIN 0x08
#define END 0x04
#define STRUCTURE 0x02

static GstHarness *harness;
static guint16 seq;

static void
setup (void)
{
  harness = gst_harness_new ("rtpvp9depay");
  gst_harness_set_src_caps_str (harness, CAPS);
  rtc_layers_split (harness->element);
  seq = 0;
}

static void
teardown (void)
{
  gst_harness_teardown (harness);
}

/* A packet in picture @picture. */
static void
push_bytes (guint picture, guint layer, guint8 bits, gboolean marker,
    const gchar * text, gsize size)
{
  const guint8 indices = layer << 1 | (layer > 0);
  gsize header = bits & LAYERED ? 3 : 1;
  GstBuffer *packet = gst_rtp_buffer_new_allocate (header + size, 0, 0);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  guint8 *payload;

  gst_rtp_buffer_map (packet, GST_MAP_WRITE, &rtp);
  gst_rtp_buffer_set_seq (&rtp, seq++);
  gst_rtp_buffer_set_payload_type (&rtp, 98);
  gst_rtp_buffer_set_timestamp (&rtp, picture * 3000);
  gst_rtp_buffer_set_marker (&rtp, marker);
  payload = gst_rtp_buffer_get_payload (&rtp);
  payload[0] = bits;
  if (bits & LAYERED) {
    payload[1] = indices;
    payload[2] = picture;
  }
  memcpy (payload + header, text, size);
  gst_rtp_buffer_unmap (&rtp);
  GST_BUFFER_PTS (packet) = picture * 33 * GST_MSECOND;
  fail_unless_equals_int (gst_harness_push (harness, packet), GST_FLOW_OK);
}

static void
push (guint picture, guint layer, guint8 bits, gboolean marker,
    const gchar * text)
{
  push_bytes (picture, layer, bits, marker, text, strlen (text));
}

static void
check (const gchar * expected, gboolean marker)
{
  g_autoptr (GstBuffer) buffer = gst_harness_try_pull (harness);
  gchar text[64] = { 0 };

  if (expected == NULL) {
    fail_unless (buffer == NULL);
    return;
  }
  fail_unless (buffer != NULL, "no %s", expected);
  gst_buffer_extract (buffer, 0, text, sizeof (text) - 1);
  fail_unless_equals_string (text, expected);
  fail_unless_equals_int (GST_BUFFER_FLAG_IS_SET (buffer,
          GST_BUFFER_FLAG_MARKER), marker);
}

static void
push_picture (guint picture, guint8 bits)
{
  push (picture, 0, bits | LAYERED | BEGIN, FALSE, "base-start");
  push (picture, 0, bits | LAYERED | END, FALSE, "-end ");
  push (picture, 1, bits | LAYERED | BEGIN | END, FALSE, "the middle ");
  push (picture, 2, bits | LAYERED | BEGIN, FALSE, "top-start");
  push (picture, 2, bits | LAYERED | END, TRUE, "-end");
}

GST_START_TEST (test_split)
{
  push_picture (1, 0);
  push_picture (2, INTER);
  check ("base-start-end ", FALSE);
  check ("the middle ", FALSE);
  check ("top-start-end", TRUE);
  check ("base-start-end ", FALSE);
  check ("the middle ", FALSE);
  check ("top-start-end", TRUE);
  check (NULL, FALSE);
}

GST_END_TEST;

/* The scalability structure, in the first packet of a key picture, has the size. */
GST_START_TEST (test_caps)
{
  static const gchar structure[] = "\x10\x01\x40\x00\xf0the base layer";
  g_autoptr (GstCaps) wanted =
      gst_caps_from_string ("video/x-vp9,width=320,height=240");
  GstCaps *caps;
  GstEvent *event;
  guint n = 0;

  push_bytes (1, 0, LAYERED | STRUCTURE | BEGIN | END, FALSE, structure,
      sizeof (structure) - 1);
  push (1, 1, LAYERED | BEGIN | END, TRUE, "upper layer");
  while ((event = gst_harness_try_pull_event (harness)) != NULL) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
      gst_event_parse_caps (event, &caps);
      fail_unless (gst_caps_is_subset (caps, wanted), "%" GST_PTR_FORMAT, caps);
      n++;
    }
    gst_event_unref (event);
  }
  fail_unless_equals_int (n, 1);
}

GST_END_TEST;

GST_START_TEST (test_without_layers)
{
  push (1, 0, BEGIN, FALSE, "one-start");
  push (1, 0, END, TRUE, "-end");
  push (2, 0, INTER | BEGIN | END, TRUE, "two, alone");
  check ("one-start-end", TRUE);
  check ("two, alone", TRUE);
}

GST_END_TEST;

static void
join (void)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (harness->element, "src");

  rtc_layers_join (pad);
}

GST_START_TEST (test_join)
{
  g_autoptr (GstBuffer) buffer = NULL;

  join ();
  push_picture (1, 0);
  push_picture (2, INTER);
  buffer = gst_harness_try_pull (harness);
  fail_unless (buffer != NULL);
  fail_if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT));
  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), 33 * GST_MSECOND);
  fail_unless_equals_int (gst_buffer_get_size (buffer), 39);
  check ("base-start-end the middle top-start-end", TRUE);
  check (NULL, FALSE);
}

GST_END_TEST;

static GstPadProbeReturn
drop_middle_and_top (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  guint8 first;

  gst_buffer_extract (GST_PAD_PROBE_INFO_BUFFER (info), 0, &first, 1);
  return first == 'b' ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

/* What is left of a picture whose last layer is lost goes with the next. */
GST_START_TEST (test_lost_layers)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (harness->element, "src");
  gulong id = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER,
      drop_middle_and_top, NULL, NULL);

  join ();
  push_picture (1, 0);
  check (NULL, FALSE);
  gst_pad_remove_probe (pad, id);
  push_picture (2, INTER);
  check ("base-start-end base-start-end the middle top-start-end", TRUE);
}

GST_END_TEST;

/* No end ever comes. */
GST_START_TEST (test_no_end)
{
  guint i;

  join ();
  for (i = 0; i < 64; i++)
    push (i, 0, LAYERED | BEGIN | END, FALSE, "0123456789");
  for (i = 0; i < 4; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (harness);

    fail_unless (buffer != NULL);
    fail_unless_equals_int (gst_buffer_get_size (buffer), 160);
  }
  check (NULL, FALSE);
}

GST_END_TEST;

GST_START_TEST (test_empty_packet)
{
  GstBuffer *packet = gst_rtp_buffer_new_allocate (0, 0, 0);

  gst_harness_push (harness, packet);
  seq = 1;
  push (1, 0, BEGIN | END, TRUE, "one, alone");
  check ("one, alone", TRUE);
}

GST_END_TEST;

static Suite *
layers_suite (void)
{
  Suite *suite = suite_create ("layers");
  TCase *tc = tcase_create ("layers");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_split);
  tcase_add_test (tc, test_caps);
  tcase_add_test (tc, test_without_layers);
  tcase_add_test (tc, test_join);
  tcase_add_test (tc, test_lost_layers);
  tcase_add_test (tc, test_no_end);
  tcase_add_test (tc, test_empty_packet);
  return suite;
}

GST_CHECK_MAIN (layers);
