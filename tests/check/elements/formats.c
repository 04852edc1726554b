/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the pads give goes into files and streams without any element of another's
 * in between, and plays. Each line is one that gst-launch-1.0 would take.
 */
#include <glib/gstdio.h>
#include "fixture.h"
#include "playback.h"

/* At 15 frames a second, and 50 packets. */
#define N_PICTURES 30
#define N_PACKETS 100
#define RATE 48000

static gchar *folder;
static Playback *playback;

static void
setup (void)
{
  folder = g_dir_make_tmp ("formats-XXXXXX", NULL);
  fail_unless (folder != NULL);
  fixture_setup ();
  receiver_go_direct (receiver);
  playback = playback_new (testcall_get_frequency ("ana"));
}

static void
empty_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
}

static void
teardown (void)
{
  playback_free (playback);
  empty_folder ();
  g_rmdir (folder);
  g_free (folder);
  fixture_teardown ();
}

static gboolean
has_elements (const gchar * names)
{
  g_auto (GStrv) list = g_strsplit (names, " ", -1);
  guint i;

  for (i = 0; list[i] != NULL; i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (list[i]);

    if (factory == NULL)
      return FALSE;
  }
  return TRUE;
}

/* Recording: a line of its own, with an element `call`. */

typedef struct
{
  GstElement *pipeline;
  GMutex lock;
  GCond cond;
  guint n_audio, n_video;
} Recording;

static GstPadProbeReturn
count_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Recording *recording = user_data;

  g_mutex_lock (&recording->lock);
  if (g_str_has_prefix (GST_PAD_NAME (pad), "audio"))
    recording->n_audio++;
  else
    recording->n_video++;
  g_cond_broadcast (&recording->cond);
  g_mutex_unlock (&recording->lock);
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement * src, GstPad * pad, Recording * recording)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_buffer, recording,
      NULL);
}

/* In @line, CALL is the source and FOLDER a folder. */
static gchar *
fill_in (const gchar * line)
{
  g_autofree gchar *jwt = testcall_make_jwt (call, "recorder", NULL);
  g_autofree gchar *source = g_strdup_printf ("matrixrtcsrc name=call "
      "livekit-url=%s livekit-token=%s ", testcall_get_sfu_url (call), jwt);
  GString *text = g_string_new (line);

  g_string_replace (text, "CALL", source, 0);
  g_string_replace (text, "FOLDER", folder, 0);
  return g_string_free (text, FALSE);
}

static void
check_for_error (GstBus * bus)
{
  g_autoptr (GstMessage) message =
      gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  if (message == NULL)
    return;
  gst_message_parse_error (message, &error, &debug);
  fail ("%s: %s (%s)", GST_MESSAGE_SRC_NAME (message), error->message, debug);
}

static void
recording_start (Recording * recording, const gchar * line)
{
  g_autofree gchar *text = fill_in (line);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) src = NULL;
  g_autoptr (GstElement) decoder = NULL;

  g_mutex_init (&recording->lock);
  g_cond_init (&recording->cond);
  recording->pipeline = gst_parse_launch (text, &error);
  fail_unless (error == NULL, "%s: %s", line, error ? error->message : "");
  src = gst_bin_get_by_name (GST_BIN (recording->pipeline), "call");
  g_signal_connect (src, "pad-added", G_CALLBACK (on_pad_added), recording);
  decoder = gst_bin_get_by_name (GST_BIN (recording->pipeline), "decoder");
  if (decoder != NULL)
    playback_watch_element (playback, decoder);
  gst_element_set_state (recording->pipeline, GST_STATE_PLAYING);
}

static gboolean
recording_has (Recording * recording, guint n_audio, guint n_video)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000LL;
  gboolean in_time = TRUE;

  g_mutex_lock (&recording->lock);
  while (in_time && (recording->n_audio < n_audio
          || recording->n_video < n_video))
    in_time = g_cond_wait_until (&recording->cond, &recording->lock, deadline);
  g_mutex_unlock (&recording->lock);
  return in_time;
}

/* What has come by now is in the file. */
static void
recording_finish (Recording * recording)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (recording->pipeline);
  GstMessage *message;

  check_for_error (bus);
  gst_element_send_event (recording->pipeline, gst_event_new_eos ());
  message = gst_bus_timed_pop_filtered (bus, DEADLINE_MS * GST_MSECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message != NULL, "no end");
  fail_unless_equals_string (GST_MESSAGE_TYPE_NAME (message), "eos");
  gst_message_unref (message);
}

static void
recording_stop (Recording * recording)
{
  gst_element_set_state (recording->pipeline, GST_STATE_NULL);
  gst_object_unref (recording->pipeline);
  g_mutex_clear (&recording->lock);
  g_cond_clear (&recording->cond);
}

typedef struct
{
  const gchar *needs;           /* elements that may not be installed */
  TestcallCodec codec;
  gboolean has_audio;
  const gchar *line;
  const gchar *playback;
} Format;

#define DECODE " ! decodebin name=decoder"
#define INTO(muxer, file) "CALL call.audio_0 ! queue ! mux.audio_0 " \
    "call.video_0 ! queue ! mux.video_0 " muxer " name=mux ! " \
    "filesink location=FOLDER/" file
#define INTO_TS "CALL call.audio_0 ! queue ! mux.sink_65 " \
    "call.video_0 ! queue ! mux.sink_66 " \
    "mpegtsmux name=mux ! filesink location=FOLDER/a.ts"
#define PLAY(file) "filesrc location=FOLDER/" file DECODE

/* *INDENT-OFF* */
static const Format formats[] = {
  {"matroskamux", TESTCALL_VP8, TRUE, INTO ("matroskamux", "a.mkv"),
      PLAY ("a.mkv")},
  {"matroskamux", TESTCALL_VP9, TRUE, INTO ("matroskamux", "a.mkv"),
      PLAY ("a.mkv")},
  {"matroskamux h264parse", TESTCALL_H264, TRUE,
      INTO ("matroskamux", "a.mkv"), PLAY ("a.mkv")},
  {"webmmux", TESTCALL_VP8, TRUE, INTO ("webmmux", "a.webm"),
      PLAY ("a.webm")},
  {"webmmux", TESTCALL_VP9, TRUE, INTO ("webmmux", "a.webm"),
      PLAY ("a.webm")},
  {"mp4mux h264parse", TESTCALL_H264, TRUE, INTO ("mp4mux", "a.mp4"),
      PLAY ("a.mp4")},
  {"mp4mux vp9parse", TESTCALL_VP9, TRUE, INTO ("mp4mux", "a.mp4"),
      PLAY ("a.mp4")},
  {"qtmux h264parse", TESTCALL_H264, TRUE, INTO ("qtmux", "a.mov"),
      PLAY ("a.mov")},
  {"mpegtsmux h264parse", TESTCALL_H264, TRUE,
      INTO_TS, PLAY ("a.ts")},
  {"matroskamux h265parse x265enc", TESTCALL_H265, TRUE,
      INTO ("matroskamux", "a.mkv"), PLAY ("a.mkv")},
  {"mp4mux h265parse x265enc", TESTCALL_H265, TRUE, INTO ("mp4mux", "a.mp4"),
      PLAY ("a.mp4")},
  {"qtmux h265parse x265enc", TESTCALL_H265, TRUE, INTO ("qtmux", "a.mov"),
      PLAY ("a.mov")},
  {"mpegtsmux h265parse x265enc", TESTCALL_H265, TRUE,
      INTO_TS, PLAY ("a.ts")},
  {"flvmux h264parse", TESTCALL_H264, FALSE,
      "CALL call.video_0 ! queue ! mux.video "
      "flvmux name=mux ! filesink location=FOLDER/a.flv", PLAY ("a.flv")},
  {"hlssink2 h264parse", TESTCALL_H264, FALSE,
      "CALL call.video_0 ! queue ! sink.video "
      "hlssink2 name=sink target-duration=1 "
      "location=FOLDER/a%05d.ts playlist-location=FOLDER/a.m3u8",
      "multifilesrc location=FOLDER/a%05d.ts" DECODE},
  {"mp4mux h264parse", TESTCALL_H264, FALSE,
      "CALL call.video_0 ! mp4mux ! filesink location=FOLDER/a.mp4",
      PLAY ("a.mp4")},
  {"rtph264pay h264parse mpegtsmux", TESTCALL_H264, FALSE,
      "CALL call.video_0 ! rtph264pay ! rtph264depay ! h264parse ! mpegtsmux "
      "! filesink location=FOLDER/a.ts", PLAY ("a.ts")},
};
/* *INDENT-ON* */

GST_START_TEST (test_file)
{
  const Format *format = &formats[__i__];
  Recording recording = { NULL };
  g_autofree gchar *line = NULL;

  if (has_elements (format->needs)) {
    testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, format->codec);
    recording_start (&recording, format->line);
    /* tsdemux may leave out the first key frame, if audio comes behind it: there is
     * another. */
    fail_unless (recording_has (&recording, 0, 3));
    testcall_set_garbled (call, "ana", TESTCALL_VIDEO, FALSE);
    fail_unless (recording_has (&recording, format->has_audio ? N_PACKETS : 0,
            N_PICTURES + 15));
    recording_finish (&recording);
    recording_stop (&recording);
    line = fill_in (format->playback);
    playback_play (playback, line);
    playback_check_pictures (playback, N_PICTURES - 10, 320, 240);
    if (format->has_audio)
      playback_check_sound (playback, (N_PACKETS - 30) * RATE / 50);
  }
  teardown ();
}

GST_END_TEST;

/* What decodes by itself takes the pads, too. */

/* *INDENT-OFF* */
static const gchar *const decoders[] = {
  "CALL call.video_0 ! decodebin name=decoder",
  "CALL call.video_0 ! decodebin3 name=decoder",
  "CALL call.video_0 ! parsebin ! decodebin name=decoder",
};
/* *INDENT-ON* */

static const TestcallCodec codecs[] = {
  TESTCALL_VP8, TESTCALL_VP9, TESTCALL_H264, TESTCALL_H265
};

GST_START_TEST (test_decoder)
{
  Recording recording = { NULL };

  testcall_join (call, "ana", TESTCALL_VIDEO,
      codecs[__i__ % G_N_ELEMENTS (codecs)]);
  recording_start (&recording, decoders[__i__ / G_N_ELEMENTS (codecs)]);
  fail_unless (playback_wait (playback, N_PICTURES, 0));
  playback_check_pictures (playback, N_PICTURES, 320, 240);
  recording_stop (&recording);
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_decoder_for_audio)
{
  Recording recording = { NULL };

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  recording_start (&recording, "CALL call.audio_0 ! decodebin3 name=decoder");
  fail_unless (playback_wait (playback, 0, RATE));
  playback_check_sound (playback, RATE);
  recording_stop (&recording);
  teardown ();
}

GST_END_TEST;

/* Caps */

static void
on_pad_with_caps (GstElement * src, GstPad * pad, GHashTable * caps)
{
  g_hash_table_insert (caps, g_strdup (GST_PAD_NAME (pad)),
      gst_pad_get_current_caps (pad));
}

static void
check_caps (GHashTable * caps, const gchar * pad_name, const gchar * expected)
{
  g_autoptr (GstCaps) wanted = gst_caps_from_string (expected);
  GstCaps *found = g_hash_table_lookup (caps, pad_name);

  fail_unless (found != NULL && gst_caps_is_subset (found, wanted),
      "%" GST_PTR_FORMAT " isn't %s", found, expected);
}

/* Of audio and video; what the pad has when it appears, before anything is
 * linked. */
static const gchar *const complete_caps[] = {
  "video/x-vp8,width=320,height=240,framerate=(fraction)0/1,profile=(string)0",
  "video/x-vp9,width=320,height=240,framerate=(fraction)0/1,profile=(string)0,"
      "chroma-format=(string)4:2:0",
  "video/x-h264,width=320,height=240,stream-format=byte-stream,alignment=au,"
      "profile=constrained-baseline,level=(string){ 1, 1.1, 1.2, 1.3, 2, 2.1 },"
      "parsed=true",
  "video/x-h265,width=320,height=240,stream-format=byte-stream,alignment=au,"
      "profile=main,tier=main,level=(string){ 1, 2, 2.1, 3 },parsed=true"
};

static ReceiverPad *
wait_for_pad (TestcallMedia media, guint n_buffers)
{
  g_autofree gchar *sid = testcall_get_track_sid (call, "ana", media);
  ReceiverPad *pad = receiver_wait_for_track (receiver, sid);

  fail_unless (pad != NULL);
  fail_unless (receiver_wait_for_buffers (receiver, pad, n_buffers));
  return pad;
}

GST_START_TEST (test_caps)
{
  g_autoptr (GHashTable) caps = g_hash_table_new_full (g_str_hash,
      g_str_equal, g_free, (GDestroyNotify) gst_caps_unref);

  g_signal_connect (receiver_get_src (receiver), "pad-added",
      G_CALLBACK (on_pad_with_caps), caps);
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, codecs[__i__]);
  receiver_play (receiver);
  wait_for_pad (TESTCALL_AUDIO, 2);
  wait_for_pad (TESTCALL_VIDEO, 2);
  check_caps (caps, "audio_0", "audio/x-opus,rate=48000,channels=2,"
      "channel-mapping-family=0");
  check_caps (caps, "video_0", complete_caps[__i__]);
  receiver_fail_on_error (receiver);
  teardown ();
}

GST_END_TEST;

static gboolean
has_width (GPtrArray * pads, gpointer width)
{
  ReceiverPad *pad = g_ptr_array_index (pads, 0);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad->pad);
  gint found;

  return gst_structure_get_int (gst_caps_get_structure (caps, 0), "width",
      &found) && found == GPOINTER_TO_INT (width);
}

GST_START_TEST (test_size)
{
  testcall_join (call, "ana", TESTCALL_VIDEO, codecs[__i__]);
  receiver_play (receiver);
  wait_for_pad (TESTCALL_VIDEO, 5);
  testcall_set_size (call, "ana", TESTCALL_VIDEO, 160, 120);
  fail_unless (receiver_wait_until (receiver, has_width,
          GINT_TO_POINTER (160)));
  testcall_set_size (call, "ana", TESTCALL_VIDEO, 640, 360);
  fail_unless (receiver_wait_until (receiver, has_width,
          GINT_TO_POINTER (640)));
  receiver_fail_on_error (receiver);
  teardown ();
}

GST_END_TEST;

/* A participant whose frames are noise costs no other, and can come back. */
GST_START_TEST (test_garbage)
{
  ReceiverPad *audio, *video;

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, codecs[__i__]);
  receiver_play (receiver);
  audio = wait_for_pad (TESTCALL_AUDIO, 1);
  video = wait_for_pad (TESTCALL_VIDEO, 1);
  testcall_set_garbled (call, "ana", TESTCALL_VIDEO, TRUE);
  wait_for_pad (TESTCALL_AUDIO, audio->n_buffers + N_PACKETS);
  testcall_set_garbled (call, "ana", TESTCALL_VIDEO, FALSE);
  wait_for_pad (TESTCALL_VIDEO, video->n_buffers + N_PICTURES);
  fail_if (video->is_removed || audio->is_removed);
  receiver_fail_on_error (receiver);
  teardown ();
}

GST_END_TEST;

/* What the pad has given when it wasn't known who takes it */

/* At the end of @pad, or of what is linked to it: @src. */
static void
link_to_muxer (ReceiverPad * pad, GstPad * src)
{
  g_autofree gchar *path = g_build_filename (folder, "a.mp4", NULL);
  g_autoptr (GError) error = NULL;
  GstElement *muxer = gst_parse_bin_from_description ("queue ! mux.video_0 "
      "mp4mux name=mux ! filesink name=file", TRUE, &error);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (muxer, "sink");

  gst_child_proxy_set (GST_CHILD_PROXY (muxer), "file::location", path, NULL);
  gst_bin_add (GST_BIN (receiver_get_pipeline (receiver)), muxer);
  gst_element_sync_state_with_parent (muxer);
  receiver_watch (receiver, pad, sink);
  fail_unless_equals_int (gst_pad_link (src, sink), GST_PAD_LINK_OK);
}

static void
check_muxed (void)
{
  g_autofree gchar *line = fill_in (PLAY ("a.mp4"));
  GstMessage *message;

  receiver_fail_on_error (receiver);
  gst_element_send_event (receiver_get_pipeline (receiver),
      gst_event_new_eos ());
  message = receiver_wait_for_eos (receiver);
  fail_unless (message != NULL);
  gst_message_unref (message);
  playback_play (playback, line);
  playback_check_pictures (playback, N_PICTURES - 10, 320, 240);
}

static void
remove_sink (GstPad * pad)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);
  g_autoptr (GstElement) sink = gst_pad_get_parent_element (peer);

  gst_pad_unlink (pad, peer);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (receiver_get_pipeline (receiver)), sink);
}

GST_START_TEST (test_linked_anew)
{
  ReceiverPad *pad;

  if (has_elements ("mp4mux h264parse")) {
    testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_H264);
    receiver_play (receiver);
    pad = wait_for_pad (TESTCALL_VIDEO, 5);
    remove_sink (pad->pad);
    link_to_muxer (pad, pad->pad);
    wait_for_pad (TESTCALL_VIDEO, pad->n_buffers + N_PICTURES);
    check_muxed ();
  }
  teardown ();
}

GST_END_TEST;

static GstElement *
add_element (const gchar * name)
{
  GstElement *element = gst_element_factory_make (name, NULL);

  gst_bin_add (GST_BIN (receiver_get_pipeline (receiver)), element);
  return element;
}

/* Links @pad to a sink again, with something in between. Gives its source pad. */
static GstPad *
put_in_identity (ReceiverPad * pad)
{
  GstElement *identity = add_element ("identity");
  GstElement *sink = add_element ("fakesink");
  g_autoptr (GstPad) identity_sink =
      gst_element_get_static_pad (identity, "sink");

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_element_link (identity, sink);
  gst_element_sync_state_with_parent (sink);
  gst_element_sync_state_with_parent (identity);
  remove_sink (pad->pad);
  receiver_watch (receiver, pad, identity_sink);
  fail_unless_equals_int (gst_pad_link (pad->pad, identity_sink),
      GST_PAD_LINK_OK);
  return gst_element_get_static_pad (identity, "src");
}

typedef struct
{
  ReceiverPad *pad;
  GstPad *src;
  gint is_done;
} Change;

/* On the thread that fills in, so that nothing is on its way meanwhile. */
static GstPadProbeReturn
change_downstream (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Change *change = user_data;

  if (g_atomic_int_get (&change->is_done)
      || !GST_BUFFER_FLAG_IS_SET (GST_PAD_PROBE_INFO_BUFFER (info),
          GST_BUFFER_FLAG_GAP))
    return GST_PAD_PROBE_OK;
  remove_sink (change->src);
  link_to_muxer (change->pad, change->src);
  g_atomic_int_set (&change->is_done, TRUE);
  return GST_PAD_PROBE_DROP;
}

/* What fills in for a camera that is off is in the former format, until it is on. */
GST_START_TEST (test_changed_while_muted)
{
  ReceiverPad *audio, *video;
  g_autoptr (GstPad) src = NULL;
  Change change = { NULL, };

  if (has_elements ("mp4mux h264parse")) {
    testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_H264);
    receiver_play (receiver);
    audio = wait_for_pad (TESTCALL_AUDIO, 5);
    video = wait_for_pad (TESTCALL_VIDEO, 5);
    src = put_in_identity (video);
    wait_for_pad (TESTCALL_VIDEO, video->n_buffers + 5);
    change.pad = video;
    change.src = src;
    gst_pad_add_probe (video->pad, GST_PAD_PROBE_TYPE_BUFFER,
        change_downstream, &change, NULL);
    testcall_set_muted (call, "ana", TESTCALL_VIDEO, TRUE);
    while (!g_atomic_int_get (&change.is_done))
      wait_for_pad (TESTCALL_AUDIO, audio->n_buffers + 1);
    wait_for_pad (TESTCALL_AUDIO, audio->n_buffers + N_PACKETS / 2);
    testcall_set_muted (call, "ana", TESTCALL_VIDEO, FALSE);
    wait_for_pad (TESTCALL_VIDEO, video->n_buffers + 2 * N_PICTURES);
    check_muxed ();
  }
  teardown ();
}

GST_END_TEST;

typedef struct
{
  GMutex lock;
  GCond cond;
  gulong block_id;
  gboolean is_held;
} Hold;

static GstPadProbeReturn
on_held (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Hold *hold = user_data;

  g_mutex_lock (&hold->lock);
  hold->is_held = TRUE;
  g_cond_broadcast (&hold->cond);
  g_mutex_unlock (&hold->lock);
  return GST_PAD_PROBE_OK;
}

static void
hold_pad (GstElement * src, GstPad * pad, Hold * hold)
{
  hold->block_id = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK |
      GST_PAD_PROBE_TYPE_BUFFER, on_held, hold, NULL);
}

/* An application may hold the first frame back until it has a muxer. */
GST_START_TEST (test_held)
{
  g_autofree gchar *sid = NULL;
  Hold hold = { 0, };
  ReceiverPad *pad;

  if (has_elements ("mp4mux h264parse")) {
    receiver_dont_link (receiver);
    g_signal_connect (receiver_get_src (receiver), "pad-added",
        G_CALLBACK (hold_pad), &hold);
    testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_H264);
    receiver_play (receiver);
    sid = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
    pad = receiver_wait_for_track (receiver, sid);
    fail_unless (pad != NULL);
    g_mutex_lock (&hold.lock);
    while (!hold.is_held)
      g_cond_wait (&hold.cond, &hold.lock);
    g_mutex_unlock (&hold.lock);
    link_to_muxer (pad, pad->pad);
    gst_pad_remove_probe (pad->pad, hold.block_id);
    wait_for_pad (TESTCALL_VIDEO, N_PICTURES);
    check_muxed ();
  }
  teardown ();
}

GST_END_TEST;

static Suite *
formats_suite (void)
{
  Suite *suite = suite_create ("formats");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_loop_test (tc, test_file, 0, G_N_ELEMENTS (formats));
  tcase_add_loop_test (tc, test_decoder, 0, G_N_ELEMENTS (decoders) *
      G_N_ELEMENTS (codecs));
  tcase_add_test (tc, test_decoder_for_audio);
  tcase_add_loop_test (tc, test_caps, 0, G_N_ELEMENTS (codecs));
  tcase_add_loop_test (tc, test_size, 0, G_N_ELEMENTS (codecs));
  tcase_add_loop_test (tc, test_garbage, 0, G_N_ELEMENTS (codecs));
  tcase_add_test (tc, test_linked_anew);
  tcase_add_test (tc, test_changed_while_muted);
  tcase_add_test (tc, test_held);
  return suite;
}

GST_CHECK_MAIN (formats);
