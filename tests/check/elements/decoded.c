/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * output=decoded, against the embedded call.
 */
#include "fixture.h"
#include "playback.h"

#define N_PICTURES 20
#define SECOND 48000            /* in samples */

#define ALL_MEDIA (TESTCALL_AUDIO | TESTCALL_VIDEO)

static const TestcallCodec codecs[] = {
  TESTCALL_VP8, TESTCALL_VP9, TESTCALL_H264
};

static Playback *playback;

static void
setup (void)
{
  fixture_setup ();
  receiver_go_direct (receiver);
  receiver_dont_link (receiver);
  gst_util_set_object_arg (G_OBJECT (receiver_get_src (receiver)), "output",
      "decoded");
  playback = playback_new (testcall_get_frequency ("ana"));
}

static void
teardown (void)
{
  receiver_fail_on_error (receiver);
  fixture_teardown ();
  playback_free (playback);
}

static void
join (TestcallCodec codec)
{
  testcall_join (call, "ana", ALL_MEDIA, codec);
  playback_watch_element (playback, receiver_get_src (receiver));
  receiver_play (receiver);
}

static ReceiverPad *
wait_for_pad (TestcallMedia media)
{
  g_autofree gchar *sid = testcall_get_track_sid (call, "ana", media);
  ReceiverPad *pad = receiver_wait_for_track (receiver, sid);

  fail_unless (pad != NULL);
  return pad;
}

static void
check_caps (TestcallMedia media, const gchar * expected)
{
  ReceiverPad *pad = wait_for_pad (media);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad->pad);
  g_autoptr (GstCaps) wanted = gst_caps_from_string (expected);

  fail_unless (pad->had_caps);
  fail_unless (gst_caps_is_subset (caps, wanted), "%" GST_PTR_FORMAT, caps);
}

GST_START_TEST (test_codecs)
{
  join (codecs[__i__]);
  fail_unless (playback_wait (playback, N_PICTURES, SECOND));
  playback_check_pictures (playback, N_PICTURES, 320, 240);
  playback_check_sound (playback, SECOND);
  check_caps (TESTCALL_AUDIO, "audio/x-raw,rate=48000,channels=2");
  check_caps (TESTCALL_VIDEO, "video/x-raw,width=320,height=240");
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_size)
{
  join (codecs[__i__]);
  fail_unless (playback_wait (playback, N_PICTURES, 0));
  testcall_set_size (call, "ana", TESTCALL_VIDEO, 160, 120);
  fail_unless (playback_wait_for_size (playback, 160, 120));
  testcall_set_size (call, "ana", TESTCALL_VIDEO, 640, 360);
  fail_unless (playback_wait_for_size (playback, 640, 360));
  playback_forget (playback);
  fail_unless (playback_wait (playback, N_PICTURES, 0));
  playback_check_pictures (playback, N_PICTURES, 640, 360);
  check_caps (TESTCALL_VIDEO, "video/x-raw,width=640,height=360");
  teardown ();
}

GST_END_TEST;

static void
fail_on_warning (void)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (receiver_get_pipeline
      (receiver));
  g_autoptr (GstMessage) message =
      gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  if (message == NULL)
    return;
  gst_message_parse_warning (message, &error, &debug);
  fail ("%s: %s (%s)", GST_MESSAGE_SRC_NAME (message), error->message, debug);
}

/* What one participant sends is noise: its picture suffers, and nothing else. */
GST_START_TEST (test_garbage)
{
  join (codecs[__i__]);
  fail_unless (playback_wait (playback, N_PICTURES, SECOND));
  testcall_set_garbled (call, "ana", TESTCALL_VIDEO, TRUE);
  playback_forget (playback);
  fail_unless (playback_wait (playback, 0, 2 * SECOND));
  playback_check_sound (playback, SECOND);
  testcall_set_garbled (call, "ana", TESTCALL_VIDEO, FALSE);
  playback_forget (playback);
  fail_unless (playback_wait (playback, N_PICTURES, 0));
  playback_check_pictures (playback, N_PICTURES, 320, 240);
  fail_if (wait_for_pad (TESTCALL_VIDEO)->is_removed);
  fail_on_warning ();
  teardown ();
}

GST_END_TEST;

static gboolean
is_decoder (GstPluginFeature * feature, gpointer caps)
{
  return GST_IS_ELEMENT_FACTORY (feature)
      && gst_element_factory_list_is_type (GST_ELEMENT_FACTORY (feature),
      GST_ELEMENT_FACTORY_TYPE_DECODER | GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO)
      && gst_element_factory_can_sink_any_caps (GST_ELEMENT_FACTORY (feature),
      caps);
}

static void
remove_decoders (const gchar * caps_text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);
  GstRegistry *registry = gst_registry_get ();
  GList *decoders = gst_registry_feature_filter (registry, is_decoder, FALSE,
      caps);
  GList *i;

  for (i = decoders; i != NULL; i = i->next)
    gst_registry_remove_feature (registry, i->data);
  gst_plugin_feature_list_free (decoders);
}

/* It is told, so that somebody can install one, and costs that one track. */
GST_START_TEST (test_missing_decoder)
{
  g_autoptr (GstMessage) warning = NULL;
  g_autoptr (GstStructure) missing = NULL;
  g_autofree gchar *sid = NULL;
  const GstStructure *details;

  /* Of a plugin that the call has no encoder of: loading it brings all back. */
  remove_decoders ("video/x-h264");
  join (TESTCALL_H264);
  sid = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  missing = receiver_wait_for_message (receiver, "missing-plugin");
  fail_unless (missing != NULL);
  fail_unless_equals_string (gst_structure_get_string (missing, "type"),
      "decoder");
  warning = receiver_wait_for_warning (receiver);
  fail_unless (warning != NULL);
  gst_message_parse_warning_details (warning, &details);
  fail_unless_equals_string (gst_structure_get_string (details, "track-sid"),
      sid);
  fail_unless (playback_wait (playback, 0, SECOND));
  playback_check_sound (playback, SECOND);
  teardown ();
}

GST_END_TEST;

static GstElement *
find_decoder (void)
{
  GstIterator *elements = gst_bin_iterate_all_by_element_factory_name
      (GST_BIN (receiver_get_src (receiver)), "vp8dec");
  GValue item = G_VALUE_INIT;
  GstElement *decoder;

  fail_unless_equals_int (gst_iterator_next (elements, &item), GST_ITERATOR_OK);
  decoder = g_value_dup_object (&item);
  g_value_unset (&item);
  gst_iterator_free (elements);
  return decoder;
}

static GstPadProbeReturn
count_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer count)
{
  g_atomic_int_inc ((gint *) count);
  return GST_PAD_PROBE_OK;
}

/* A pad that nobody links costs no decoding, but for the frame that was needed to
 * have its caps, and gives pictures as soon as somebody does. */
GST_START_TEST (test_linked_late)
{
  static gint n_decoded = 0;
  g_autoptr (GstElement) decoder = NULL;
  g_autoptr (GstPad) sink = NULL;
  ReceiverPad *audio, *video;

  testcall_join (call, "ana", ALL_MEDIA, TESTCALL_VP8);
  receiver_play (receiver);
  audio = wait_for_pad (TESTCALL_AUDIO);
  video = wait_for_pad (TESTCALL_VIDEO);
  decoder = find_decoder ();
  sink = gst_element_get_static_pad (decoder, "sink");
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, count_buffer, &n_decoded,
      NULL);
  playback_link (playback, audio->pad);
  fail_unless (playback_wait (playback, 0, 2 * SECOND));
  fail_if (g_atomic_int_get (&n_decoded) > 1);
  playback_link (playback, video->pad);
  fail_unless (playback_wait (playback, N_PICTURES, 0));
  playback_check_pictures (playback, N_PICTURES, 320, 240);
  fail_unless (g_atomic_int_get (&n_decoded) >= N_PICTURES);
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_encrypted)
{
  testcall_join (call, "ana", 0, TESTCALL_VP8);
  testcall_set_passphrase (call, "ana", "secret");
  testcall_publish (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  testcall_publish (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  g_object_set (receiver_get_src (receiver), "e2ee-passphrase", "secret", NULL);
  playback_watch_element (playback, receiver_get_src (receiver));
  receiver_play (receiver);
  fail_unless (playback_wait (playback, N_PICTURES, SECOND));
  playback_check_pictures (playback, N_PICTURES, 320, 240);
  playback_check_sound (playback, SECOND);
  teardown ();
}

GST_END_TEST;

static Suite *
decoded_suite (void)
{
  Suite *suite = suite_create ("decoded");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_loop_test (tc, test_codecs, 0, G_N_ELEMENTS (codecs));
  tcase_add_loop_test (tc, test_size, 0, G_N_ELEMENTS (codecs));
  tcase_add_loop_test (tc, test_garbage, 0, G_N_ELEMENTS (codecs));
  tcase_add_test (tc, test_missing_decoder);
  tcase_add_test (tc, test_linked_late);
  tcase_add_test (tc, test_encrypted);
  return suite;
}

GST_CHECK_MAIN (decoded);
