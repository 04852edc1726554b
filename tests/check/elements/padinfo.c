/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What pads tell of their tracks, by properties and tags, against the embedded call.
 */
#include "fixture.h"
#include "livekit.pb-c.h"

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
check_text (ReceiverPad * pad, const gchar * property, const gchar * expected)
{
  g_autofree gchar *text = NULL;

  g_object_get (pad->pad, property, &text, NULL);
  fail_unless_equals_string (text, expected);
}

static const struct
{
  TestcallMedia media;
  const gchar *pad_prefix;
  const gchar *source;
  const gchar *caps;
} sources[] = {
  {TESTCALL_AUDIO, "audio_", "microphone", "audio/x-opus"},
  {TESTCALL_VIDEO, "video_", "camera", "video/x-vp8,width=320,height=240"},
  {TESTCALL_SCREEN, "video_", "screen-share",
      "video/x-vp8,width=480,height=270"},
  {TESTCALL_SCREEN_AUDIO, "audio_", "screen-share-audio", "audio/x-opus"},
};

static void
check_source (ReceiverPad * pad, const gchar * expected)
{
  GValue value = G_VALUE_INIT;
  GEnumValue *source;

  g_object_get_property (G_OBJECT (pad->pad), "source", &value);
  source = g_enum_get_value (g_type_class_peek (G_VALUE_TYPE (&value)),
      g_value_get_enum (&value));
  fail_unless_equals_string (source->value_nick, expected);
  g_value_unset (&value);
}

GST_START_TEST (test_source)
{
  g_autofree gchar *participant_sid = NULL;
  g_autofree gchar *track_sid = NULL;
  g_autofree gchar *msid = NULL;
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstCaps) expected = gst_caps_from_string (sources[__i__].caps);
  ReceiverPad *pad;

  testcall_join (call, "ana", sources[__i__].media, TESTCALL_VP8);
  receiver_play (receiver);
  pad = fixture_wait_for_media ("ana", sources[__i__].media);
  fail_unless (g_str_has_prefix (GST_PAD_NAME (pad->pad),
          sources[__i__].pad_prefix));
  check_source (pad, sources[__i__].source);
  participant_sid = testcall_get_participant_sid (call, "ana");
  check_text (pad, "participant-sid", participant_sid);
  track_sid = testcall_get_track_sid (call, "ana", sources[__i__].media);
  check_text (pad, "track-sid", track_sid);
  msid = g_strdup_printf ("%s|%s %s", participant_sid, track_sid, track_sid);
  check_text (pad, "msid", msid);
  caps = gst_pad_get_current_caps (pad->pad);
  fail_unless (gst_caps_is_subset (caps, expected),
      "%" GST_PTR_FORMAT " is no %s", caps, sources[__i__].caps);
  teardown ();
}

GST_END_TEST;

/* Who isn't named as Matrix does it has no user and no device. */
GST_START_TEST (test_identity)
{
  ReceiverPad *pad;

  testcall_join_as (call, "ana", "somebody", TESTCALL_AUDIO, TESTCALL_VP8);
  testcall_join (call, "ben", TESTCALL_AUDIO, TESTCALL_VP8);
  receiver_play (receiver);
  pad = fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  check_text (pad, "participant-identity", "somebody");
  check_text (pad, "participant-name", "ana");
  check_text (pad, "user-id", NULL);
  check_text (pad, "member-device-id", NULL);
  pad = fixture_wait_for_media ("ben", TESTCALL_AUDIO);
  check_text (pad, "participant-identity", "@ben:testcall.example:BENDEVICE");
  check_text (pad, "user-id", "@ben:testcall.example");
  check_text (pad, "member-device-id", "BENDEVICE");
  teardown ();
}

GST_END_TEST;

/* What tells of the track is the publisher's; how it's received is ours. */
GST_START_TEST (test_writable)
{
  g_autofree GParamSpec **properties = NULL;
  ReceiverPad *pad;
  guint i, n, n_own = 0;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  receiver_play (receiver);
  pad = fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  properties = g_object_class_list_properties (G_OBJECT_GET_CLASS (pad->pad),
      &n);
  for (i = 0; i < n; i++) {
    if (properties[i]->owner_type != G_OBJECT_TYPE (pad->pad))
      continue;
    n_own++;
    fail_unless_equals_int ((properties[i]->flags & G_PARAM_WRITABLE) != 0,
        g_str_equal (properties[i]->name, "video-quality"));
  }
  fail_unless (n_own > 1);
  teardown ();
}

GST_END_TEST;

/* Tags go down with the buffers. */

static gchar *
get_title (ReceiverPad * pad)
{
  g_autoptr (GstPad) sink = gst_pad_get_peer (pad->pad);
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (sink, GST_EVENT_TAG, 0);
  GstTagList *tags;
  gchar *title = NULL;

  fail_unless (event != NULL, "no tags came");
  gst_event_parse_tag (event, &tags);
  fail_unless_equals_int (gst_tag_list_get_scope (tags), GST_TAG_SCOPE_STREAM);
  gst_tag_list_get_string (tags, GST_TAG_TITLE, &title);
  return title;
}

static void
check_title (ReceiverPad * pad, const gchar * expected)
{
  g_autofree gchar *title = get_title (pad);
  g_autofree gchar *stream_title = NULL;
  g_autoptr (GstStream) stream = gst_pad_get_stream (pad->pad);
  g_autoptr (GstTagList) tags = gst_stream_get_tags (stream);

  fail_unless_equals_string (title, expected);
  fail_unless (gst_tag_list_get_string (tags, GST_TAG_TITLE, &stream_title));
  fail_unless_equals_string (stream_title, expected);
}

/* Ana calls herself otherwise; all else is as it was. */
static void
rename_ana (const gchar * name, guint32 version)
{
  g_autofree gchar *sid = testcall_get_participant_sid (call, "ana");
  g_autofree gchar *identity = testcall_get_identity (call, "ana");
  g_autofree gchar *track_sid =
      testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  Livekit__TrackInfo track = LIVEKIT__TRACK_INFO__INIT;
  Livekit__TrackInfo *tracks[] = { &track };
  Livekit__ParticipantInfo info = LIVEKIT__PARTICIPANT_INFO__INIT;
  Livekit__ParticipantInfo *infos[] = { &info };
  Livekit__ParticipantUpdate update = LIVEKIT__PARTICIPANT_UPDATE__INIT;
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;
  g_autofree guint8 *data = NULL;

  track.sid = track_sid;
  track.source = LIVEKIT__TRACK_SOURCE__MICROPHONE;
  info.sid = sid;
  info.identity = identity;
  info.name = (gchar *) name;
  info.version = version;
  info.state = LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE;
  info.tracks = tracks;
  info.n_tracks = 1;
  update.participants = infos;
  update.n_participants = 1;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE;
  message.update = &update;
  data = g_malloc (livekit__signal_response__get_packed_size (&message));
  testcall_send_raw (call, data, livekit__signal_response__pack (&message,
          data), FALSE);
}

static void
wait_for_name (ReceiverPad * pad, const gchar * expected)
{
  g_autoptr (GstStructure) message =
      receiver_wait_for_message (receiver, "matrixrtc-participant-updated");

  fail_unless (message != NULL);
  check_text (pad, "participant-name", expected);
}

static void
on_name (GstPad * pad, GParamSpec * pspec, gint * n_changes)
{
  g_atomic_int_inc (n_changes);
}

GST_START_TEST (test_title)
{
  ReceiverPad *pad;
  gint n_changes = 0;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  receiver_play (receiver);
  pad = fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  check_title (pad, "ana");
  g_signal_connect (pad->pad, "notify::participant-name",
      G_CALLBACK (on_name), &n_changes);
  rename_ana ("Ana Maria", 1000);
  wait_for_name (pad, "Ana Maria");
  fail_unless (receiver_wait_for_media (receiver, pad));
  check_title (pad, "Ana Maria");
  rename_ana ("Ana Maria", 1001);
  wait_for_name (pad, "Ana Maria");
  fail_unless_equals_int (g_atomic_int_get (&n_changes), 1);
  /* Who has no name is known by what the server knows. */
  rename_ana ("", 1002);
  wait_for_name (pad, "");
  fail_unless (receiver_wait_for_media (receiver, pad));
  check_title (pad, "@ana:testcall.example:ANADEVICE");
  fail_unless_equals_int (g_atomic_int_get (&n_changes), 2);
  g_signal_handlers_disconnect_by_data (pad->pad, &n_changes);
  teardown ();
}

GST_END_TEST;

/* A parser has tags of its own. */
GST_START_TEST (test_title_of_another_format)
{
  g_autofree gchar *sid = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) sink_pad = NULL;
  g_autoptr (GstEvent) event = NULL;
  g_autoptr (GstSample) sample = NULL;
  g_autofree gchar *title = NULL;
  GstElement *filter;
  ReceiverPad *pad;
  GstTagList *tags;

  receiver_dont_link (receiver);
  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_H264);
  sid = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  receiver_play (receiver);
  pad = receiver_wait_for_track (receiver, sid);
  fail_unless (pad != NULL);
  filter = gst_parse_bin_from_description ("capsfilter caps=video/x-h264,"
      "stream-format=(string)avc ! appsink name=sink sync=false", TRUE, NULL);
  gst_bin_add (GST_BIN (receiver_get_pipeline (receiver)), filter);
  gst_element_sync_state_with_parent (filter);
  fail_unless (gst_element_link_pads (receiver_get_src (receiver), GST_PAD_NAME
          (pad->pad), filter, "sink"));
  sink = gst_bin_get_by_name (GST_BIN (filter), "sink");
  g_signal_emit_by_name (sink, "try-pull-sample", DEADLINE_MS * GST_MSECOND,
      &sample);
  fail_unless (sample != NULL, "nothing comes");
  sink_pad = gst_element_get_static_pad (sink, "sink");
  event = gst_pad_get_sticky_event (sink_pad, GST_EVENT_TAG, 0);
  fail_unless (event != NULL, "no tags came");
  gst_event_parse_tag (event, &tags);
  gst_tag_list_get_string (tags, GST_TAG_TITLE, &title);
  fail_unless_equals_string (title, "ana");
  teardown ();
}

GST_END_TEST;

static Suite *
padinfo_suite (void)
{
  Suite *suite = suite_create ("padinfo");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_loop_test (tc, test_source, 0, G_N_ELEMENTS (sources));
  tcase_add_test (tc, test_identity);
  tcase_add_test (tc, test_writable);
  tcase_add_test (tc, test_title);
  tcase_add_test (tc, test_title_of_another_format);
  return suite;
}

GST_CHECK_MAIN (padinfo);
