/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands in for media that doesn't come: filler.h.
 */
#include <gst/check/gstcheck.h>
#include "filler.h"

static Filler filler;

static void
teardown (void)
{
  filler_clear (&filler);
}

static GstBuffer *
make (const gchar * caps_text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);
  GstBuffer *buffer = filler_make_buffer (&filler, caps);

  fail_unless (buffer == NULL || GST_BUFFER_FLAG_IS_SET (buffer,
          GST_BUFFER_FLAG_GAP));
  return buffer;
}

static void
take (const gchar * data, gboolean is_delta)
{
  GstBuffer *buffer = gst_buffer_new_memdup (data, strlen (data));

  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = 5;
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  if (is_delta)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  filler_take_buffer (&filler, buffer);
  gst_buffer_unref (buffer);
}

GST_START_TEST (test_silence)
{
  static const guint8 silence[] = { 0xf8, 0xff, 0xfe };
  GstBuffer *buffer = make ("audio/x-opus, channels=(int)2");

  fail_unless_equals_int (gst_buffer_memcmp (buffer, 0, silence, 3), 0);
  fail_unless_equals_int (gst_buffer_get_size (buffer), 3);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), 20 * GST_MSECOND);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

GST_START_TEST (test_picture)
{
  GstBuffer *buffer;

  fail_unless (make ("video/x-vp8") == NULL);
  take ("delta", TRUE);
  fail_unless (make ("video/x-vp8") == NULL);
  take ("key", FALSE);
  take ("delta", TRUE);
  buffer = make ("video/x-vp8");
  fail_unless_equals_int (gst_buffer_memcmp (buffer, 0, "key", 3), 0);
  fail_if (GST_BUFFER_DTS_IS_VALID (buffer)
      || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (buffer);
  take ("newer", FALSE);
  buffer = make ("video/x-h264");
  fail_unless_equals_int (gst_buffer_memcmp (buffer, 0, "newer", 5), 0);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

/* Packets, and sound whose format isn't known. */
GST_START_TEST (test_nothing)
{
  take ("packet", FALSE);
  fail_unless (make ("application/x-rtp, media=(string)video") == NULL);
  fail_unless (make ("audio/x-raw") == NULL);
}

GST_END_TEST;

static Suite *
filler_suite (void)
{
  Suite *suite = suite_create ("filler");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, NULL, teardown);
  tcase_add_test (tc, test_silence);
  tcase_add_test (tc, test_picture);
  tcase_add_test (tc, test_nothing);
  return suite;
}

GST_CHECK_MAIN (filler);
