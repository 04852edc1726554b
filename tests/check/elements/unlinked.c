/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What nobody takes isn't sent, and what comes up the pads, against the embedded call.
 */
#include <gst/video/video.h>
#include "recovering.h"

#define TRACK_SETTING 7         /* the message's field */
#define SYNC_STATE 12

/* Longer than a path without any packet is taken for a live one. */
#define DEAD_PATH_MS 14000

static GstPad *
unlink_pad (ReceiverPad * pad)
{
  GstPad *sink = gst_pad_get_peer (pad->pad);

  fail_unless (sink != NULL);
  fail_unless (gst_pad_unlink (pad->pad, sink));
  return sink;
}

/* Takes @sink. */
static void
link_pad (ReceiverPad * pad, GstPad * sink)
{
  fail_unless_equals_int (gst_pad_link (pad->pad, sink), GST_PAD_LINK_OK);
  gst_object_unref (sink);
}

static void
wait_for_lines (guint n)
{
  fail_unless (testcall_wait_for (call, TESTCALL_OPEN_LINES, n, DEADLINE_MS));
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_LINES, n,
          DEADLINE_MS), "more than %u tracks are sent", n);
}

/* Whether the last message of this kind is about @pad's track. There may be zeros in
 * it. */
static gboolean
is_named (guint field, ReceiverPad * pad)
{
  g_autoptr (GBytes) message = testcall_get_last_signal (call, field);
  g_autofree gchar *track_sid = NULL;
  gsize size, length, i;
  const gchar *data = g_bytes_get_data (message, &size);

  g_object_get (pad->pad, "track-sid", &track_sid, NULL);
  length = strlen (track_sid);
  for (i = 0; i + length <= size; i++) {
    if (memcmp (data + i, track_sid, length) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_delta (GstPadProbeInfo * info)
{
  return GST_BUFFER_FLAG_IS_SET (GST_PAD_PROBE_INFO_BUFFER (info),
      GST_BUFFER_FLAG_DELTA_UNIT);
}

/* Whether the first frame is one that nobody can decode. */
typedef struct
{
  gint n_frames;
  gint n_deltas;
} FirstFrame;

static GstPadProbeReturn
on_first_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  FirstFrame *first = user_data;

  if (is_delta (info))
    g_atomic_int_inc (&first->n_deltas);
  g_atomic_int_inc (&first->n_frames);
  return GST_PAD_PROBE_REMOVE;
}

static void
link_and_check_picture (ReceiverPad * pad, GstPad * sink)
{
  FirstFrame seen = { 0, 0 };

  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, on_first_frame, &seen,
      NULL);
  link_pad (pad, sink);
  fail_unless (receiver_wait_for_media (receiver, pad));
  fail_unless_equals_int (g_atomic_int_get (&seen.n_frames), 1);
  fail_unless_equals_int (g_atomic_int_get (&seen.n_deltas), 0);
}

static void
start (void)
{
  receiver_go_direct (receiver);
  recovering_start ();
}

static void
stop (void)
{
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_START_TEST (test_unlinked)
{
  GstPad *sink;

  start ();
  sink = unlink_pad (video);
  wait_for_lines (1);
  fail_unless (is_named (TRACK_SETTING, video));
  fail_if (is_named (TRACK_SETTING, audio));
  fail_unless (receiver_wait_for_media (receiver, audio));
  fail_if (video->is_removed);
  link_and_check_picture (video, sink);
  wait_for_lines (2);

  sink = unlink_pad (audio);
  wait_for_lines (1);
  fail_unless (is_named (TRACK_SETTING, audio));
  fail_unless (receiver_wait_for_media (receiver, video));
  link_pad (audio, sink);
  fail_unless (receiver_wait_for_media (receiver, audio));
  wait_for_lines (2);
  fail_unless_equals_int (testcall_count_signal (call, TRACK_SETTING), 4);
  recovering_check_stats (0, 0);
  stop ();
}

GST_END_TEST;

/* Many at once are one message, and what is linked soon again is none. */
GST_START_TEST (test_coalesced)
{
  GstPad *audio_sink, *video_sink;

  start ();
  video_sink = unlink_pad (video);
  link_pad (video, video_sink);
  audio_sink = unlink_pad (audio);
  wait_for_lines (1);
  link_pad (audio, audio_sink);
  wait_for_lines (2);
  fail_unless_equals_int (testcall_count_signal (call, TRACK_SETTING), 2);
  fail_if (is_named (TRACK_SETTING, video));
  video_sink = unlink_pad (video);
  audio_sink = unlink_pad (audio);
  wait_for_lines (0);
  fail_unless (testcall_count_signal (call, TRACK_SETTING) <= 4);
  link_pad (audio, audio_sink);
  link_and_check_picture (video, video_sink);
  stop ();
}

GST_END_TEST;

/* From the start. A track that has no pad yet is waited for. */
GST_START_TEST (test_never_linked)
{
  g_autofree gchar *audio_sid = NULL;
  g_autofree gchar *video_sid = NULL;
  ReceiverPad *pad;
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  receiver_go_direct (receiver);
  receiver_dont_link (receiver);
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  testcall_set_muted (call, "ana", TESTCALL_AUDIO, TRUE);
  audio_sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  video_sid = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  receiver_play (receiver);
  pad = receiver_wait_for_track (receiver, video_sid);
  fail_unless (pad != NULL);
  wait_for_lines (1);
  testcall_set_muted (call, "ana", TESTCALL_AUDIO, FALSE);
  fail_unless (receiver_wait_for_track (receiver, audio_sid) != NULL);
  wait_for_lines (0);

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (receiver_get_pipeline (receiver)), sink);
  gst_element_sync_state_with_parent (sink);
  fail_unless_equals_int (gst_pad_link (pad->pad,
          GST_PAD (sink->sinkpads->data)), GST_PAD_LINK_OK);
  wait_for_lines (1);
  stop ();
}

GST_END_TEST;

static guint64
get_longest_gap (void)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 gap;

  g_object_get (receiver_get_src (receiver), "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "longest-media-gap", &gap));
  return gap;
}

/* Pads that get nothing are no reason to end them, and a new session sends nothing
 * for them. What comes then goes on, and wasn't missed. */
GST_START_TEST (test_reconnect)
{
  gint64 since;
  GstPad *sink;

  start ();
  since = g_get_monotonic_time ();
  sink = unlink_pad (video);
  wait_for_lines (1);
  recovering_reconnect ();
  fail_unless (receiver_wait_for_media (receiver, audio));
  wait_for_lines (1);
  fail_unless (is_named (TRACK_SETTING, video));
  /* It has come from the former session up to now. */
  fail_unless (receiver_wait_for_webrtcbins (receiver, 1));
  fail_if (video->is_removed || video->is_eos);
  since = g_get_monotonic_time () - since;
  link_and_check_picture (video, sink);
  wait_for_lines (2);
  recovering_check_media ();
  recovering_check_stats (1, 0);
  fail_unless (get_longest_gap () < (guint64) since * GST_USECOND);
  stop ();
}

GST_END_TEST;

/* A track that was published anew has to come out first. */
GST_START_TEST (test_restart)
{
  GstPad *sink;

  start ();
  sink = unlink_pad (video);
  wait_for_lines (1);
  testcall_restart (call, TESTCALL_RETURN_AT_ONCE);
  recovering_wait_for_states ("reconnecting", "connected");
  fail_unless (testcall_wait_for (call, TESTCALL_OPEN_LINES, 2, DEADLINE_MS));
  wait_for_lines (1);
  fail_unless (is_named (TRACK_SETTING, video));
  link_and_check_picture (video, sink);
  recovering_check_media ();
  stop ();
}

GST_END_TEST;

GST_START_TEST (test_resume)
{
  GstPad *sink;

  testcall_set_resumable (call, TRUE);
  start ();
  sink = unlink_pad (video);
  wait_for_lines (1);
  testcall_drop_sockets (call, TRUE);
  recovering_wait_for_states ("signal-reconnecting", "connected");
  fail_unless (is_named (SYNC_STATE, video));
  fail_unless (receiver_wait_for_media (receiver, audio));
  wait_for_lines (1);

  /* Linked while nobody listens. */
  testcall_set_listening (call, FALSE);
  testcall_drop_sockets (call, TRUE);
  fail_unless (receiver_wait_for_state (receiver, "signal-reconnecting"));
  link_pad (video, sink);
  testcall_set_listening (call, TRUE);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  recovering_check_media ();
  wait_for_lines (2);
  stop ();
}

GST_END_TEST;

static void
set_media (const gchar * media)
{
  gst_util_set_object_arg (G_OBJECT (receiver_get_src (receiver)), "media",
      media);
}

static GstPadProbeReturn
relink (GstPad * pad, GstPadProbeInfo * info, gpointer first)
{
  g_autoptr (GstPad) sink = NULL;

  if (!is_delta (info))
    return GST_PAD_PROBE_PASS;
  sink = gst_pad_get_peer (pad);
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, on_first_frame, first,
      NULL);
  gst_pad_unlink (pad, sink);
  gst_pad_link (pad, sink);
  return GST_PAD_PROBE_REMOVE;
}

/* As applications do it that want to lose nothing. */
GST_START_TEST (test_relinked_at_once)
{
  FirstFrame seen = { 0, 0 };

  start ();
  gst_pad_add_probe (video->pad, GST_PAD_PROBE_TYPE_BLOCK |
      GST_PAD_PROBE_TYPE_BUFFER, relink, &seen, NULL);
  fail_unless (receiver_wait_for_media (receiver, video));
  fail_unless_equals_int (g_atomic_int_get (&seen.n_frames), 1);
  fail_unless_equals_int (g_atomic_int_get (&seen.n_deltas), 0);
  stop ();
}

GST_END_TEST;

/* A new pad of the same track has to come out. */
GST_START_TEST (test_wanted_anew)
{
  g_autofree gchar *track_sid = NULL;
  GstPad *sink;

  start ();
  track_sid = g_strdup (video->track_sid);
  sink = unlink_pad (video);
  wait_for_lines (1);
  set_media ("audio");
  fail_unless (receiver_wait_for_removal (receiver, track_sid));
  set_media ("audio+video");
  video = receiver_wait_for_track (receiver, track_sid);
  fail_unless (video != NULL && receiver_wait_for_media (receiver, video));
  gst_object_unref (sink);
  stop ();
}

GST_END_TEST;

/* That long, as the state tells. */
static gboolean
stays_connected (guint ms)
{
  gint64 end = g_get_monotonic_time () + ms * 1000LL;

  while (g_get_monotonic_time () < end) {
    if (!g_str_equal (receiver_get_connection_state (receiver), "connected"))
      return FALSE;
    g_usleep (G_USEC_PER_SEC / 10);
  }
  return TRUE;
}

/* Nothing comes, which is as it was wished, and no dead path. */
GST_START_TEST (test_silence)
{
  GstPad *audio_sink, *video_sink;

  start ();
  audio_sink = unlink_pad (audio);
  video_sink = unlink_pad (video);
  wait_for_lines (0);
  testcall_drop_media (call);
  fail_unless (stays_connected (DEAD_PATH_MS));
  /* Now it is one. */
  link_pad (audio, audio_sink);
  recovering_wait_for_states ("reconnecting", "connected");
  fail_unless (receiver_wait_for_media (receiver, audio));
  gst_object_unref (video_sink);
  stop ();
}

GST_END_TEST;

/* What comes up a pad */

static gint n_leaked;           /* events that came to webrtcbin; atomic */

static GstPadProbeReturn
on_inner_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstEventType type = GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info));

  if (type == GST_EVENT_QOS || type == GST_EVENT_RECONFIGURE
      || type == GST_EVENT_SELECT_STREAMS)
    g_atomic_int_inc (&n_leaked);
  return GST_PAD_PROBE_OK;
}

static gboolean
watch_inner_pad (GstElement * webrtcbin, GstPad * pad, gpointer user_data)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_inner_event,
      NULL, NULL);
  ++*(guint *) user_data;
  return TRUE;
}

static void
watch_webrtcbin (const GValue * webrtcbin, gpointer user_data)
{
  gst_element_foreach_src_pad (g_value_get_object (webrtcbin), watch_inner_pad,
      user_data);
}

static void
watch_inner_events (void)
{
  GstIterator *webrtcbins = gst_bin_iterate_all_by_element_factory_name
      (GST_BIN (receiver_get_src (receiver)), "webrtcbin");
  guint n_pads = 0;

  fail_unless_equals_int (gst_iterator_foreach (webrtcbins, watch_webrtcbin,
          &n_pads), GST_ITERATOR_DONE);
  gst_iterator_free (webrtcbins);
  fail_unless (n_pads >= 2);
}

/* Players report how late buffers are, and negotiate anew; nothing inside can help
 * them. */
GST_START_TEST (test_events)
{
  guint64 plis;
  guint i;

  start ();
  watch_inner_events ();
  for (i = 0; i < 20; i++) {
    fail_unless (gst_pad_send_event (video->pad, gst_event_new_qos
            (GST_QOS_TYPE_UNDERFLOW, 1.5, GST_SECOND, GST_SECOND)));
    fail_unless (gst_pad_send_event (video->pad, gst_event_new_reconfigure ()));
  }
  fail_unless (gst_pad_check_reconfigure (video->pad));
  link_pad (video, unlink_pad (video));
  fail_unless_equals_int (g_atomic_int_get (&n_leaked), 0);
  /* This one is for the publisher; those of a moment ago are one with it. */
  plis = testcall_count (call, TESTCALL_SAW_PLI);
  i = 0;
  do {
    fail_unless (i++ < DEADLINE_MS / 1000, "no request arrives");
    fail_unless (gst_pad_send_event (video->pad,
            gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE,
                TRUE, 0)));
  } while (!testcall_wait_for (call, TESTCALL_SAW_PLI, plis + 1, 1000));
  recovering_check_media ();
  stop ();
}

GST_END_TEST;

static Suite *
unlinked_suite (void)
{
  Suite *suite = suite_create ("unlinked");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_test (tc, test_unlinked);
  tcase_add_test (tc, test_coalesced);
  tcase_add_test (tc, test_never_linked);
  tcase_add_test (tc, test_reconnect);
  tcase_add_test (tc, test_restart);
  tcase_add_test (tc, test_resume);
  tcase_add_test (tc, test_relinked_at_once);
  tcase_add_test (tc, test_wanted_anew);
  tcase_add_test (tc, test_silence);
  tcase_add_test (tc, test_events);
  return suite;
}

GST_CHECK_MAIN (unlinked);
