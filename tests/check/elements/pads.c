/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Remote tracks as source pads: when they come, what they carry, and when they
 * go.
 */
#include "fixture.h"

#include <gst/video/video.h>
#include <string.h>

static void
setup (void)
{
  fixture_setup ();
  receiver_go_direct (receiver);
}

static void
teardown (void)
{
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

static void
check_caps (ReceiverPad * pad, const gchar * expected)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad->pad);
  g_autoptr (GstCaps) wanted = gst_caps_from_string (expected);

  fail_unless (pad->had_caps);
  fail_unless (caps != NULL && gst_caps_is_subset (caps, wanted),
      "%" GST_PTR_FORMAT " is no %s", caps, expected);
}

GST_START_TEST (test_tracks_become_pads)
{
  ReceiverPad *pad;
  g_autofree gchar *identity = NULL;
  g_autofree gchar *name = NULL;
  g_autofree gchar *user_id = NULL;
  g_autofree gchar *device_id = NULL;
  g_autofree gchar *msid = NULL;
  gint source;
  gboolean muted, encrypted;

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  testcall_join (call, "ben", TESTCALL_VIDEO | TESTCALL_SCREEN, TESTCALL_H264);
  receiver_play (receiver);
  pad = fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  check_caps (pad, "audio/x-opus");
  fail_unless (g_str_has_prefix (GST_PAD_NAME (pad->pad), "audio_"));
  pad = fixture_wait_for_media ("ben", TESTCALL_VIDEO);
  check_caps (pad, "video/x-h264,stream-format=byte-stream,alignment=au");
  fail_if (pad->first_is_delta);
  pad = fixture_wait_for_media ("ben", TESTCALL_SCREEN);
  g_object_get (pad->pad, "source", &source, NULL);
  fail_unless_equals_int (source, 3);

  pad = fixture_wait_for_media ("ana", TESTCALL_VIDEO);
  check_caps (pad, "video/x-vp8,width=320,height=240");
  fail_if (pad->first_is_delta);
  g_object_get (pad->pad, "participant-identity", &identity,
      "participant-name", &name, "user-id", &user_id, "member-device-id",
      &device_id, "msid", &msid, "source", &source, "muted", &muted,
      "encrypted", &encrypted, NULL);
  fail_unless_equals_string (identity, "@ana:testcall.example:ANADEVICE");
  fail_unless_equals_string (name, "ana");
  fail_unless_equals_string (user_id, "@ana:testcall.example");
  fail_unless_equals_string (device_id, "ANADEVICE");
  fail_unless (strstr (msid, pad->track_sid) != NULL);
  fail_unless_equals_int (source, 1);
  fail_if (muted || encrypted);
  fail_unless_equals_int (receiver_count_pads (receiver), 4);
  teardown ();
}

GST_END_TEST;

static gchar *
get_stream_id (ReceiverPad * pad)
{
  const gchar *stream_id;

  fail_unless (pad->stream_start != NULL);
  gst_event_parse_stream_start (pad->stream_start, &stream_id);
  return g_strdup (stream_id);
}

GST_START_TEST (test_stream_start)
{
  g_autofree gchar *audio = NULL;
  g_autofree gchar *video = NULL;
  g_autofree gchar *again = NULL;
  g_autoptr (GstStream) stream = NULL;
  g_autoptr (GstTagList) tags = NULL;
  g_autofree gchar *title = NULL;
  ReceiverPad *pad;

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  audio = get_stream_id (fixture_wait_for_media ("ana", TESTCALL_AUDIO));
  pad = fixture_wait_for_media ("ana", TESTCALL_VIDEO);
  video = get_stream_id (pad);
  fail_if (g_str_equal (audio, video));
  gst_event_parse_stream (pad->stream_start, &stream);
  fail_unless (stream != NULL);
  fail_unless_equals_int (gst_stream_get_stream_type (stream),
      GST_STREAM_TYPE_VIDEO);
  tags = gst_stream_get_tags (stream);
  fail_unless (tags != NULL && gst_tag_list_get_string (tags, GST_TAG_TITLE,
          &title));
  fail_unless_equals_string (title, "ana");

  /* The same name for the same user, device and source, in the next track too. */
  testcall_unpublish (call, "ana", TESTCALL_VIDEO);
  fail_unless (receiver_wait_for_removal (receiver, pad->track_sid));
  testcall_publish (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  again = get_stream_id (fixture_wait_for_media ("ana", TESTCALL_VIDEO));
  fail_unless_equals_string (video, again);
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_track_ends)
{
  ReceiverPad *audio, *video;

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  audio = fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  video = fixture_wait_for_media ("ana", TESTCALL_VIDEO);
  testcall_unpublish (call, "ana", TESTCALL_VIDEO);
  fail_unless (receiver_wait_for_removal (receiver, video->track_sid));
  fail_unless (video->is_eos);
  fail_if (audio->is_eos);
  testcall_leave (call, "ana");
  fail_unless (receiver_wait_for_removal (receiver, audio->track_sid));
  fail_unless (audio->is_eos);
  fail_unless_equals_int (receiver_count_pads (receiver), 0);
  teardown ();
}

GST_END_TEST;

/* Two leave and three join: sections are reused for others, with other codecs. */
GST_START_TEST (test_sections_are_reused)
{
  const TestcallMedia both = TESTCALL_AUDIO | TESTCALL_VIDEO;
  guint round;

  testcall_join (call, "p0", both, TESTCALL_VP8);
  testcall_join (call, "p1", both, TESTCALL_H264);
  receiver_play (receiver);
  for (round = 0; round < 3; round++) {
    g_autofree gchar *first = g_strdup_printf ("p%u", 2 * round);
    g_autofree gchar *second = g_strdup_printf ("p%u", 2 * round + 1);
    g_autofree gchar *third = g_strdup_printf ("p%u", 2 * round + 2);
    g_autofree gchar *fourth = g_strdup_printf ("p%u", 2 * round + 3);
    ReceiverPad *gone[] = {
      fixture_wait_for_media (first, TESTCALL_AUDIO),
      fixture_wait_for_media (first, TESTCALL_VIDEO),
      fixture_wait_for_media (second, TESTCALL_AUDIO),
      fixture_wait_for_media (second, TESTCALL_VIDEO)
    };
    guint i;

    testcall_leave (call, first);
    testcall_leave (call, second);
    for (i = 0; i < G_N_ELEMENTS (gone); i++)
      fail_unless (receiver_wait_for_removal (receiver, gone[i]->track_sid));
    testcall_join (call, third, both, round % 2 ? TESTCALL_VP8 : TESTCALL_H264);
    testcall_join (call, fourth, both, round % 2 ? TESTCALL_H264 :
        TESTCALL_VP8);
    testcall_join (call, "extra", both, TESTCALL_VP8);
    fixture_wait_for_media (third, TESTCALL_VIDEO);
    fixture_wait_for_media (fourth, TESTCALL_VIDEO);
    fixture_wait_for_media ("extra", TESTCALL_AUDIO);
    testcall_leave (call, "extra");
    receiver_fail_on_error (receiver);
  }
  teardown ();
}

GST_END_TEST;

/* The first answer of a kind counts for the whole connection. */
GST_START_TEST (test_codecs_in_any_order)
{
  const TestcallCodec first = __i__ == 0 ? TESTCALL_H264 : TESTCALL_VP8;
  const TestcallCodec second = __i__ == 0 ? TESTCALL_VP8 : TESTCALL_H264;

  testcall_join (call, "ana", TESTCALL_VIDEO, first);
  receiver_play (receiver);
  fixture_wait_for_media ("ana", TESTCALL_VIDEO);
  testcall_join (call, "ben", TESTCALL_VIDEO, second);
  fixture_wait_for_media ("ben", TESTCALL_VIDEO);
  fail_unless_equals_int (testcall_count (call, TESTCALL_SAW_CODEC_REFUSED), 0);
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_rtp_output)
{
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  g_object_set (receiver_get_src (receiver), "output", 1, NULL);
  receiver_play (receiver);
  check_caps (fixture_wait_for_media ("ana", TESTCALL_AUDIO),
      "application/x-rtp,media=audio,encoding-name=OPUS");
  check_caps (fixture_wait_for_media ("ana", TESTCALL_VIDEO),
      "application/x-rtp,media=video,encoding-name=VP8");
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_listeners_have_no_pads)
{
  g_autoptr (GstStructure) message = NULL;
  g_autoptr (GstStructure) participants = NULL;
  guint count;

  testcall_join (call, "listener", 0, TESTCALL_VP8);
  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  receiver_play (receiver);
  fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  g_object_get (receiver_get_src (receiver), "participants", &participants,
      NULL);
  fail_unless (gst_structure_get_uint (participants, "count", &count));
  fail_unless_equals_int (count, 2);
  fail_unless_equals_int (receiver_count_pads (receiver), 1);
  do {
    g_clear_pointer (&message, gst_structure_free);
    message =
        receiver_wait_for_message (receiver, "matrixrtc-participant-joined");
    fail_unless (message != NULL);
  } while (g_strcmp0 (gst_structure_get_string (message, "name"),
          "listener") != 0);

  testcall_leave (call, "listener");
  g_clear_pointer (&message, gst_structure_free);
  message = receiver_wait_for_message (receiver, "matrixrtc-participant-left");
  fail_unless_equals_string (gst_structure_get_string (message, "name"),
      "listener");
  teardown ();
}

GST_END_TEST;

static void
on_muted (GstPad * pad, GParamSpec * pspec, gint * n_changes)
{
  g_atomic_int_inc (n_changes);
}

GST_START_TEST (test_mute)
{
  g_autoptr (GstStructure) message = NULL;
  ReceiverPad *pad;
  gboolean muted;
  gint n_changes = 0;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  pad = fixture_wait_for_media ("ana", TESTCALL_VIDEO);
  g_signal_connect (pad->pad, "notify::muted", G_CALLBACK (on_muted),
      &n_changes);
  testcall_set_muted (call, "ana", TESTCALL_VIDEO, TRUE);
  message =
      receiver_wait_for_message (receiver, "matrixrtc-participant-updated");
  fail_unless (message != NULL);
  g_object_get (pad->pad, "muted", &muted, NULL);
  fail_unless (muted);
  fail_unless_equals_int (g_atomic_int_get (&n_changes), 1);
  fail_if (pad->is_eos || pad->is_removed);

  testcall_set_muted (call, "ana", TESTCALL_VIDEO, FALSE);
  fail_unless (receiver_wait_for_buffers (receiver, pad, pad->n_buffers + 5));
  g_signal_handlers_disconnect_by_data (pad->pad, &n_changes);
  teardown ();
}

GST_END_TEST;

static GstElement *
find_rtpbin (void)
{
  GstIterator *elements =
      gst_bin_iterate_recurse (GST_BIN (receiver_get_src (receiver)));
  GValue item = G_VALUE_INIT;
  GstElement *rtpbin = NULL;

  while (rtpbin == NULL
      && gst_iterator_next (elements, &item) == GST_ITERATOR_OK) {
    if (g_str_equal (GST_OBJECT_NAME (g_value_get_object (&item)), "rtpbin"))
      rtpbin = g_value_dup_object (&item);
    g_value_reset (&item);
  }
  gst_iterator_free (elements);
  return rtpbin;
}

/* The only SSRC of the last offer. */
static guint
get_last_ssrc (void)
{
  g_autofree gchar *offer = testcall_get_last_offer (call);
  const gchar *line = strstr (offer, "\na=ssrc:");

  fail_unless (line != NULL);
  return g_ascii_strtoull (line + strlen ("\na=ssrc:"), NULL, 10);
}

/* A source that has been silent for long times out in rtpbin, and webrtcbin
 * would forget whose it is. */
GST_START_TEST (test_unmute_after_timeout)
{
  static const gchar *const signals[] = {
    "on-sender-timeout", "on-timeout", "on-bye-ssrc", "on-bye-timeout"
  };
  g_autoptr (GstElement) rtpbin = NULL;
  guint i;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  testcall_set_muted (call, "ana", TESTCALL_AUDIO, TRUE);
  receiver_play (receiver);
  fail_unless (testcall_wait_for (call, TESTCALL_OPEN_LINES, 1, DEADLINE_MS));
  rtpbin = find_rtpbin ();
  fail_unless (rtpbin != NULL);
  for (i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_emit_by_name (rtpbin, signals[i], 0, get_last_ssrc ());
  testcall_set_muted (call, "ana", TESTCALL_AUDIO, FALSE);
  fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  teardown ();
}

GST_END_TEST;

/* Nobody links anything: no error, and media is there for who links late. */
GST_START_TEST (test_unlinked)
{
  g_autofree gchar *track_sid = NULL;
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (sink, "sink");
  guint64 plis;
  ReceiverPad *pad;

  receiver_dont_link (receiver);
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  track_sid = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  receiver_play (receiver);
  pad = receiver_wait_for_track (receiver, track_sid);
  fail_unless (pad != NULL);
  plis = testcall_count (call, TESTCALL_SAW_PLI);

  /* A second track of another proves that the first ones flowed meanwhile. */
  testcall_join (call, "ben", TESTCALL_VIDEO, TESTCALL_VP8);
  g_free (track_sid);
  track_sid = testcall_get_track_sid (call, "ben", TESTCALL_VIDEO);
  fail_unless (receiver_wait_for_track (receiver, track_sid) != NULL);
  receiver_fail_on_error (receiver);

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (receiver_get_pipeline (receiver)), sink);
  gst_element_sync_state_with_parent (sink);
  fail_unless_equals_int (gst_pad_link (pad->pad, sink_pad), GST_PAD_LINK_OK);
  fail_unless (testcall_wait_for (call, TESTCALL_SAW_PLI, plis + 1,
          DEADLINE_MS));
  teardown ();
}

GST_END_TEST;

static void
ask_for_key_frame (ReceiverPad * pad)
{
  fail_unless (gst_pad_send_event (pad->pad,
          gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE,
              TRUE, 1)));
}

/* What applications ask for with all headers reaches the SFU too, and so does the
 * next request, unless it comes within a round trip of the one before. */
GST_START_TEST (test_key_frame_requests)
{
  ReceiverPad *pad;
  guint i, n_tries;

  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  pad = fixture_wait_for_media ("ana", TESTCALL_VIDEO);
  for (i = 0; i < 4; i++) {
    guint64 plis = testcall_count (call, TESTCALL_SAW_PLI);

    n_tries = 0;
    do {
      fail_unless (n_tries++ < DEADLINE_MS / 1000, "no request arrives");
      ask_for_key_frame (pad);
    } while (!testcall_wait_for (call, TESTCALL_SAW_PLI, plis + 1, 1000));
  }
  teardown ();
}

GST_END_TEST;

/* The times of key frames that come. */
typedef struct
{
  GMutex lock;
  GCond cond;
  GstClockTime last;            /* or GST_CLOCK_TIME_NONE */
  GstClockTime last_frame;
} Times;

static GstPadProbeReturn
note_time (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Times *times = user_data;
  GstBuffer *frame = GST_PAD_PROBE_INFO_BUFFER (info);

  g_mutex_lock (&times->lock);
  times->last_frame = GST_BUFFER_PTS (frame);
  if (!GST_BUFFER_FLAG_IS_SET (frame, GST_BUFFER_FLAG_DELTA_UNIT))
    times->last = GST_BUFFER_PTS (frame);
  g_cond_signal (&times->cond);
  g_mutex_unlock (&times->lock);
  return GST_PAD_PROBE_OK;
}

static GstClockTime
times_get (Times * times, const GstClockTime * which)
{
  GstClockTime time;

  g_mutex_lock (&times->lock);
  time = *which;
  g_mutex_unlock (&times->lock);
  return time;
}

static GstClockTime
wait_for_time (Times * times, const GstClockTime * which, GstClockTime from)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000LL;
  GstClockTime time;

  g_mutex_lock (&times->lock);
  while (!GST_CLOCK_TIME_IS_VALID (*which) || *which < from)
    fail_unless (g_cond_wait_until (&times->cond, &times->lock, deadline));
  time = *which;
  g_mutex_unlock (&times->lock);
  return time;
}

/* Who cuts there has no use for one that comes before. The publisher makes none by
 * itself for so long. */
GST_START_TEST (test_key_frame_on_a_date)
{
  static Times times;           /* the probe's, too */
  ReceiverPad *pad;
  GstClockTime date;
  guint i;

  times.last = times.last_frame = GST_CLOCK_TIME_NONE;
  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  pad = fixture_wait_for_media ("ana", TESTCALL_VIDEO);
  gst_pad_add_probe (pad->pad, GST_PAD_PROBE_TYPE_BUFFER, note_time, &times,
      NULL);
  date = wait_for_time (&times, &times.last_frame, 0);
  for (i = 0; i < 2; i++) {
    GstClockTime before = times_get (&times, &times.last);

    date += 2 * GST_SECOND;
    fail_unless (gst_pad_send_event (pad->pad,
            gst_video_event_new_upstream_force_key_unit (date, TRUE, 0)));
    wait_for_time (&times, &times.last_frame, date - GST_SECOND / 2);
    fail_unless_equals_uint64 (times_get (&times, &times.last), before);
    date = wait_for_time (&times, &times.last, date);
  }
  teardown ();
}

GST_END_TEST;

/* As gst-launch-1.0 -e does on interruption. */
GST_START_TEST (test_eos_event)
{
  ReceiverPad *audio, *video;
  GstMessage *message;

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  audio = fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  video = fixture_wait_for_media ("ana", TESTCALL_VIDEO);
  gst_element_send_event (receiver_get_pipeline (receiver),
      gst_event_new_eos ());
  message = receiver_wait_for_eos (receiver);
  fail_unless (message != NULL, "no EOS on the bus");
  gst_message_unref (message);
  fail_unless (audio->is_eos && video->is_eos);
  teardown ();
}

GST_END_TEST;

static Suite *
pads_suite (void)
{
  Suite *suite = suite_create ("pads");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_test (tc, test_tracks_become_pads);
  tcase_add_test (tc, test_stream_start);
  tcase_add_test (tc, test_track_ends);
  tcase_add_test (tc, test_sections_are_reused);
  tcase_add_loop_test (tc, test_codecs_in_any_order, 0, 2);
  tcase_add_test (tc, test_rtp_output);
  tcase_add_test (tc, test_listeners_have_no_pads);
  tcase_add_test (tc, test_mute);
  tcase_add_test (tc, test_unmute_after_timeout);
  tcase_add_test (tc, test_unlinked);
  tcase_add_test (tc, test_key_frame_requests);
  tcase_add_test (tc, test_key_frame_on_a_date);
  tcase_add_test (tc, test_eos_event);
  return suite;
}

GST_CHECK_MAIN (pads);
