/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nobody behind the source pads waits for who is muted, silent or frozen.
 */
#include "fixture.h"

/* What is missing for less is no hole. */
#define AUDIO_TOLERANCE (45 * GST_MSECOND)
#define VIDEO_TOLERANCE (1500 * GST_MSECOND)

/* What is empty for so long isn't filled by GAP events alone. */
#define FILLED (2 * GST_SECOND)

/* How much of a pad's time has been accounted for, under the lock. */
typedef struct
{
  ReceiverPad *pad;
  GstClockTime tolerance;
  GstClockTime end;
  guint n_holes;
  GstClockTime gaps;            /* how long they were in all */
  guint n_fillers;              /* buffers that stand for what doesn't come */
  gboolean is_filled;           /* by the last buffer */
  guint n_broken;               /* frames that need those before a filler */
} Timeline;

static GMutex lock;
static Timeline audio;
static Timeline video;

static void
timeline_reach (Timeline * timeline, GstClockTime start, GstClockTime duration)
{
  GstClockTime end = start + (GST_CLOCK_TIME_IS_VALID (duration) ? duration :
      20 * GST_MSECOND);

  if (GST_CLOCK_TIME_IS_VALID (timeline->end)
      && start > timeline->end + timeline->tolerance)
    timeline->n_holes++;
  timeline->end = GST_CLOCK_TIME_IS_VALID (timeline->end) ?
      MAX (timeline->end, end) : end;
}

static void
timeline_note_filler (Timeline * timeline, GstBuffer * buffer)
{
  gboolean is_filler = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP);

  if (is_filler)
    timeline->n_fillers++;
  else if (timeline->is_filled
      && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    timeline->n_broken++;
  timeline->is_filled = is_filler;
}

static GstPadProbeReturn
on_data (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Timeline *timeline = user_data;
  GstClockTime start, duration;

  g_mutex_lock (&lock);
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER) {
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

    timeline_reach (timeline, GST_BUFFER_PTS (buffer),
        GST_BUFFER_DURATION (buffer));
    timeline_note_filler (timeline, buffer);
  } else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_GAP) {
    gst_event_parse_gap (GST_PAD_PROBE_INFO_EVENT (info), &start, &duration);
    timeline_reach (timeline, start, duration);
    timeline->gaps += duration;
  }
  g_mutex_unlock (&lock);
  return GST_PAD_PROBE_OK;
}

static void
watch (Timeline * timeline, TestcallMedia media)
{
  g_autofree gchar *sid = testcall_get_track_sid (call, "ana", media);
  g_autoptr (GstPad) peer = NULL;

  memset (timeline, 0, sizeof (*timeline));
  timeline->tolerance =
      media == TESTCALL_AUDIO ? AUDIO_TOLERANCE : VIDEO_TOLERANCE;
  timeline->end = GST_CLOCK_TIME_NONE;
  timeline->pad = receiver_wait_for_track (receiver, sid);
  fail_unless (timeline->pad != NULL);
  peer = gst_pad_get_peer (timeline->pad->pad);
  gst_pad_add_probe (peer, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_data, timeline, NULL);
  fail_unless (receiver_wait_for_media (receiver, timeline->pad));
}

static void
start (void)
{
  receiver_go_direct (receiver);
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  watch (&audio, TESTCALL_AUDIO);
  watch (&video, TESTCALL_VIDEO);
}

typedef struct
{
  Timeline *timeline;
  GstClockTime end;
} Goal;

static gboolean
has_reached (GPtrArray * pads, gpointer user_data)
{
  Goal *goal = user_data;
  gboolean reached;

  g_mutex_lock (&lock);
  reached = goal->timeline->end >= goal->end;
  g_mutex_unlock (&lock);
  return reached;
}

/* Time goes on for it, whatever comes. */
static void
check_goes_on (Timeline * timeline, GstClockTime duration)
{
  Goal goal = {.timeline = timeline };

  g_mutex_lock (&lock);
  goal.end = timeline->end + duration;
  g_mutex_unlock (&lock);
  fail_unless (receiver_wait_until (receiver, has_reached, &goal));
}

/* That nothing came was told, and so long was it in all. */
static void
check_whole (Timeline * timeline, GstClockTime min, GstClockTime max)
{
  fail_if (timeline->pad->went_back);
  g_mutex_lock (&lock);
  fail_unless_equals_int (timeline->n_holes, 0);
  fail_unless_equals_int (timeline->n_broken, 0);
  fail_unless (timeline->n_fillers > 0 || min < FILLED);
  fail_unless (timeline->gaps >= min && timeline->gaps <= max,
      "gaps of %" GST_TIME_FORMAT, GST_TIME_ARGS (timeline->gaps));
  g_mutex_unlock (&lock);
}

static const TestcallMedia medias[] = { TESTCALL_AUDIO, TESTCALL_VIDEO };

GST_START_TEST (test_muted)
{
  Timeline *timeline = __i__ == 0 ? &audio : &video;
  guint n_buffers;

  start ();
  fail_unless (testcall_set_muted (call, "ana", medias[__i__], TRUE));
  check_goes_on (timeline, 3 * GST_SECOND);
  check_whole (timeline, FILLED, GST_CLOCK_TIME_NONE);
  n_buffers = timeline->pad->n_buffers;
  fail_unless (testcall_set_muted (call, "ana", medias[__i__], FALSE));
  fail_unless (receiver_wait_for_buffers (receiver, timeline->pad,
          n_buffers + 20));
  fail_unless_equals_int (timeline->n_broken, 0);
  fail_if (audio.pad->went_back || video.pad->went_back);
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* It is as if its machine had stopped. */
GST_START_TEST (test_frozen)
{
  Timeline *timeline = __i__ == 0 ? &audio : &video;
  guint n_buffers;

  start ();
  fail_unless (testcall_set_pace (call, "ana", medias[__i__], 0));
  check_goes_on (timeline, 4 * GST_SECOND);
  check_whole (timeline, FILLED, GST_CLOCK_TIME_NONE);
  n_buffers = timeline->pad->n_buffers;
  fail_unless (testcall_set_pace (call, "ana", medias[__i__], 1));
  fail_unless (receiver_wait_for_buffers (receiver, timeline->pad,
          n_buffers + 20));
  fail_unless_equals_int (timeline->n_broken, 0);
  fail_if (audio.pad->went_back || video.pad->went_back);
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* Silence isn't sent, but for a frame now and then. */
GST_START_TEST (test_dtx)
{
  start ();
  fail_unless (testcall_set_pace (call, "ana", TESTCALL_AUDIO, 20));
  check_goes_on (&audio, 3 * GST_SECOND);
  fail_unless (testcall_set_pace (call, "ana", TESTCALL_AUDIO, 1));
  check_goes_on (&audio, GST_SECOND);
  check_whole (&audio, FILLED - 1, GST_CLOCK_TIME_NONE);
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* Nobody gets GAPs who gets all. */
GST_START_TEST (test_talking)
{
  start ();
  check_goes_on (&audio, 3 * GST_SECOND);
  check_goes_on (&video, GST_SECOND);
  check_whole (&audio, 0, GST_SECOND);
  fixture_teardown ();
}

GST_END_TEST;

/* Muted, and away for a while. */
GST_START_TEST (test_reconnect)
{
  start ();
  fail_unless (testcall_set_muted (call, "ana", TESTCALL_AUDIO, TRUE));
  check_goes_on (&audio, GST_SECOND);
  testcall_drop_sockets (call, FALSE);
  fail_unless (receiver_wait_for_state (receiver, "reconnecting"));
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  check_goes_on (&audio, 2 * GST_SECOND);
  fail_unless (testcall_set_muted (call, "ana", TESTCALL_AUDIO, FALSE));
  fail_unless (receiver_wait_for_discont (receiver, audio.pad, 1));
  check_goes_on (&audio, GST_SECOND);
  check_whole (&audio, GST_SECOND, GST_CLOCK_TIME_NONE);
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
gaps_suite (void)
{
  Suite *suite = suite_create ("gaps");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_loop_test (tc, test_muted, 0, G_N_ELEMENTS (medias));
  tcase_add_loop_test (tc, test_frozen, 0, G_N_ELEMENTS (medias));
  tcase_add_test (tc, test_dtx);
  tcase_add_test (tc, test_talking);
  tcase_add_test (tc, test_reconnect);
  return suite;
}

GST_CHECK_MAIN (gaps);
