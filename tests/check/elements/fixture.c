/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of the element begin and end with.
 */
#include "fixture.h"

TestCall *call;
Receiver *receiver;

/* The embedded SFU sends, which our element doesn't. In GStreamer before 1.22.3 a
 * sender's RTP session unlocks the table of its SSRCs while it walks through it to
 * write the first report of one, and is interrupted if another comes in then
 * (GStreamer's b9f7ab6052). That report is missing, nothing else. */
static void
ignore_interrupted_reports (void)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  if (major == 1 && (minor < 22 || (minor == 22 && micro < 3)))
    gst_check_add_log_filter ("GLib", G_LOG_LEVEL_CRITICAL,
        g_regex_new ("^g_hash_table_foreach: assertion "
            "'version == hash_table->version' failed$", 0, 0, NULL),
        NULL, NULL, NULL);
}

void
fixture_setup (void)
{
  ignore_interrupted_reports ();
  call = testcall_new ();
  receiver = receiver_new (call);
}

/* At the end of each test and not behind it: GST_END_TEST waits for GStreamer's
 * threads. */
void
fixture_teardown (void)
{
  receiver_free (receiver);
  testcall_free (call);
}

/* The first DTLS element of a process makes an RSA key. Made before the tests are
 * forked off it serves them all, and no test's time limit has to wait for it. */
static void
make_dtls_certificate (void)
{
  GstElement *dtlsdec = gst_element_factory_make ("dtlsdec", NULL);

  g_assert_nonnull (dtlsdec);
  gst_object_unref (dtlsdec);
}

/* The case of a suite that has only one. Its tests tear down themselves. */
TCase *
fixture_add_case (Suite * suite, SFun setup)
{
  TCase *tc = tcase_create ("general");

  make_dtls_certificate ();
  tcase_add_checked_fixture (tc, setup, NULL);
  suite_add_tcase (suite, tc);
  return tc;
}

/* The pad of what @name publishes, with buffers running. */
ReceiverPad *
fixture_wait_for_media (const gchar * name, TestcallMedia media)
{
  g_autofree gchar *track_sid = testcall_get_track_sid (call, name, media);
  ReceiverPad *pad;

  fail_unless (track_sid != NULL, "%s has no such track", name);
  pad = receiver_wait_for_track (receiver, track_sid);
  fail_unless (pad != NULL, "no pad for %s of %s", track_sid, name);
  fail_unless (receiver_wait_for_media (receiver, pad),
      "no buffers of %s", name);
  return pad;
}
