/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was sampled at one time has one timestamp, however late it comes. RTP
 * timestamps of the embedded call's participants count from one time for all.
 */
#include <gst/rtp/gstrtpbuffer.h>
#include "fixture.h"

#define DELAY_MS 150
#define MAX_DIFFERENCE (20 * GST_MSECOND)

/* Packets that have to be in step one after the other, of all tracks. */
#define N_IN_STEP 100

#define MAX_TRACKS 4

typedef struct
{
  ReceiverPad *pad;
  guint rate;
  gint64 lateness;              /* of the newest packet, ns */
} Track;

/* Under the lock. */
static GMutex lock;
static Track tracks[MAX_TRACKS];
static guint n_tracks;
static guint n_in_step;

static gboolean
are_in_step (void)
{
  guint i, j;

  for (i = 0; i < n_tracks; i++) {
    for (j = 0; j < n_tracks; j++) {
      if (tracks[j].lateness == G_MININT64
          || ABS (tracks[i].lateness - tracks[j].lateness) > MAX_DIFFERENCE)
        return FALSE;
    }
  }
  return TRUE;
}

static GstPadProbeReturn
on_packet (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Track *track = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  GstClockTime sampled;

  fail_unless (gst_rtp_buffer_map (buffer, GST_MAP_READ, &rtp));
  sampled = gst_util_uint64_scale (gst_rtp_buffer_get_timestamp (&rtp),
      GST_SECOND, track->rate);
  gst_rtp_buffer_unmap (&rtp);
  g_mutex_lock (&lock);
  track->lateness = GST_BUFFER_PTS (buffer) - sampled;
  n_in_step = are_in_step ()? n_in_step + 1 : 0;
  g_mutex_unlock (&lock);
  return GST_PAD_PROBE_OK;
}

/* Waits for it, and looks at it from then on. */
static void
watch_track (const gchar * name, TestcallMedia media)
{
  g_autofree gchar *sid = testcall_get_track_sid (call, name, media);
  Track *track = &tracks[n_tracks];

  track->pad = receiver_wait_for_track (receiver, sid);
  fail_unless (track->pad != NULL);
  track->rate = media == TESTCALL_AUDIO ? 48000 : 90000;
  track->lateness = G_MININT64;
  g_mutex_lock (&lock);
  n_tracks++;
  n_in_step = 0;
  g_mutex_unlock (&lock);
  gst_pad_add_probe (track->pad->pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet,
      track, NULL);
}

static gboolean
has_been_in_step (GPtrArray * pads, gpointer user_data)
{
  gboolean enough;

  g_mutex_lock (&lock);
  enough = n_in_step >= N_IN_STEP;
  g_mutex_unlock (&lock);
  return enough;
}

static void
check_in_step (void)
{
  guint i;

  g_mutex_lock (&lock);
  n_in_step = 0;
  g_mutex_unlock (&lock);
  fail_unless (receiver_wait_until (receiver, has_been_in_step, NULL));
  for (i = 0; i < n_tracks; i++)
    fail_if (tracks[i].pad->went_back);
  receiver_fail_on_error (receiver);
}

static void
setup (void)
{
  fixture_setup ();
  n_tracks = 0;
  gst_util_set_object_arg (G_OBJECT (receiver_get_src (receiver)), "output",
      "rtp");
  receiver_go_direct (receiver);
}

static void
publish_late (const gchar * name, TestcallMedia media)
{
  fail_unless (testcall_set_delay (call, name, DELAY_MS));
  fail_unless (testcall_publish (call, name, media, TESTCALL_VP8));
  fail_unless (testcall_set_delay (call, name, 0));
}

GST_START_TEST (test_late_audio)
{
  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  publish_late ("ana", TESTCALL_AUDIO);
  receiver_play (receiver);
  watch_track ("ana", TESTCALL_VIDEO);
  watch_track ("ana", TESTCALL_AUDIO);
  check_in_step ();
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_late_video)
{
  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  publish_late ("ana", TESTCALL_VIDEO);
  receiver_play (receiver);
  watch_track ("ana", TESTCALL_AUDIO);
  watch_track ("ana", TESTCALL_VIDEO);
  check_in_step ();
  fixture_teardown ();
}

GST_END_TEST;

/* The camera has been on for a while. */
GST_START_TEST (test_late_start)
{
  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  watch_track ("ana", TESTCALL_VIDEO);
  fail_unless (receiver_wait_for_buffers (receiver, tracks[0].pad, 50));
  publish_late ("ana", TESTCALL_AUDIO);
  watch_track ("ana", TESTCALL_AUDIO);
  check_in_step ();
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_two_on_one_machine)
{
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  testcall_join (call, "bob", TESTCALL_VIDEO, TESTCALL_VP8);
  publish_late ("bob", TESTCALL_AUDIO);
  receiver_play (receiver);
  watch_track ("ana", TESTCALL_AUDIO);
  watch_track ("ana", TESTCALL_VIDEO);
  watch_track ("bob", TESTCALL_AUDIO);
  watch_track ("bob", TESTCALL_VIDEO);
  check_in_step ();
  fixture_teardown ();
}

GST_END_TEST;

GST_START_TEST (test_mute)
{
  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  publish_late ("ana", TESTCALL_AUDIO);
  receiver_play (receiver);
  watch_track ("ana", TESTCALL_VIDEO);
  watch_track ("ana", TESTCALL_AUDIO);
  check_in_step ();
  testcall_set_muted (call, "ana", TESTCALL_AUDIO, TRUE);
  fail_unless (receiver_wait_for_buffers (receiver, tracks[0].pad, 50));
  testcall_set_muted (call, "ana", TESTCALL_AUDIO, FALSE);
  check_in_step ();
  fixture_teardown ();
}

GST_END_TEST;

/* Another session has jitter buffers of its own. */
GST_START_TEST (test_reconnect)
{
  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  publish_late ("ana", TESTCALL_AUDIO);
  receiver_play (receiver);
  watch_track ("ana", TESTCALL_VIDEO);
  watch_track ("ana", TESTCALL_AUDIO);
  check_in_step ();
  testcall_drop_sockets (call, FALSE);
  fail_unless (receiver_wait_for_state (receiver, "reconnecting"));
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  check_in_step ();
  fixture_teardown ();
}

GST_END_TEST;

/* The time of sampling that @buffer tells, in ns of the sender's clock; 0: none. */
static GstClockTime
get_reference_time (GstBuffer * buffer)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string ("timestamp/x-ntp");
  GstReferenceTimestampMeta *meta =
      gst_buffer_get_reference_timestamp_meta (buffer, caps);

  return meta == NULL ? 0 : meta->timestamp;
}

typedef struct
{
  guint n_metas;                /* under the lock */
  gint64 skew;                  /* between timestamps and those, ns */
} References;

static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  References *references = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstClockTime reference = get_reference_time (buffer);

  g_mutex_lock (&lock);
  if (reference != 0) {
    references->n_metas++;
    references->skew = GST_BUFFER_PTS (buffer) - reference;
  }
  g_mutex_unlock (&lock);
  return GST_PAD_PROBE_OK;
}

static gboolean
have_references (GPtrArray * pads, gpointer user_data)
{
  References *references = user_data;
  gboolean enough;

  g_mutex_lock (&lock);
  enough = references[0].n_metas >= N_IN_STEP
      && references[1].n_metas >= N_IN_STEP
      && ABS (references[0].skew - references[1].skew) <= MAX_DIFFERENCE;
  g_mutex_unlock (&lock);
  return enough;
}

/* Of decrypted frames too. */
GST_START_TEST (test_reference_timestamps)
{
  References references[2] = { {0}, {0}
  };
  TestcallMedia medias[] = { TESTCALL_AUDIO, TESTCALL_VIDEO };
  guint i;

  gst_util_set_object_arg (G_OBJECT (receiver_get_src (receiver)), "output",
      "encoded");
  g_object_set (receiver_get_src (receiver), "add-reference-timestamp-meta",
      TRUE, NULL);
  if (__i__ == 1)
    g_object_set (receiver_get_src (receiver), "e2ee-passphrase", "secret",
        NULL);
  testcall_join (call, "ana", 0, TESTCALL_VP8);
  if (__i__ == 1)
    testcall_set_passphrase (call, "ana", "secret");
  testcall_publish (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  publish_late ("ana", TESTCALL_AUDIO);
  receiver_play (receiver);
  for (i = 0; i < G_N_ELEMENTS (medias); i++) {
    g_autofree gchar *sid = testcall_get_track_sid (call, "ana", medias[i]);
    ReceiverPad *pad = receiver_wait_for_track (receiver, sid);

    fail_unless (pad != NULL);
    gst_pad_add_probe (pad->pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame,
        &references[i], NULL);
  }
  fail_unless (receiver_wait_until (receiver, have_references, references));
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
sync_suite (void)
{
  Suite *suite = suite_create ("sync");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_test (tc, test_late_audio);
  tcase_add_test (tc, test_late_video);
  tcase_add_test (tc, test_late_start);
  tcase_add_test (tc, test_two_on_one_machine);
  tcase_add_test (tc, test_mute);
  tcase_add_test (tc, test_reconnect);
  tcase_add_loop_test (tc, test_reference_timestamps, 0, 2);
  return suite;
}

GST_CHECK_MAIN (sync);
