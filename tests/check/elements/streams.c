/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The streams that are offered, and which of them are chosen, against the embedded
 * call.
 */
#include "recovering.h"

#define ANA "@ana:testcall.example:ANADEVICE"
#define BEN "@ben:testcall.example:BENDEVICE"

/* What the bus has told, by its sync handler. */
static GMutex lock;
static GCond cond;
static GPtrArray *collections;  /* of GstStreamCollection */
static GPtrArray *selections;   /* of GstMessage */

static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  GstStreamCollection *collection = NULL;

  if (GST_MESSAGE_SRC (message) != GST_OBJECT (user_data))
    return GST_BUS_PASS;
  g_mutex_lock (&lock);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_STREAM_COLLECTION) {
    gst_message_parse_stream_collection (message, &collection);
    g_ptr_array_add (collections, collection);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_STREAMS_SELECTED) {
    g_ptr_array_add (selections, gst_message_ref (message));
  }
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
  return GST_BUS_PASS;
}

static void
setup (void)
{
  g_autoptr (GstBus) bus = NULL;

  fixture_setup ();
  receiver_go_direct (receiver);
  collections = g_ptr_array_new_with_free_func (gst_object_unref);
  selections =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_message_unref);
  bus = gst_element_get_bus (receiver_get_pipeline (receiver));
  gst_bus_set_sync_handler (bus, on_message, receiver_get_src (receiver), NULL);
}

static void
teardown (void)
{
  receiver_fail_on_error (receiver);
  fixture_teardown ();
  g_ptr_array_unref (collections);
  g_ptr_array_unref (selections);
}

/* "id id": in the order of the collection. */
static gchar *
describe_collection (GstStreamCollection * collection)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint i;

  for (i = 0; i < gst_stream_collection_get_size (collection); i++)
    g_string_append_printf (text, "%s%s", i == 0 ? "" : " ",
        gst_stream_get_stream_id (gst_stream_collection_get_stream (collection,
                i)));
  return g_strdup (text->str);
}

static gchar *
describe_selection (GstMessage * message)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint i;

  for (i = 0; i < gst_message_streams_selected_get_size (message); i++) {
    g_autoptr (GstStream) stream =
        gst_message_streams_selected_get_stream (message, i);

    g_string_append_printf (text, "%s%s", i == 0 ? "" : " ",
        gst_stream_get_stream_id (stream));
  }
  return g_strdup (text->str);
}

static gchar *
describe_last (GPtrArray * messages)
{
  gpointer last = messages->len == 0 ? NULL :
      g_ptr_array_index (messages, messages->len - 1);

  if (last == NULL)
    return g_strdup ("nothing");
  return messages == collections ? describe_collection (last) :
      describe_selection (last);
}

/* Until the last of @messages is so. */
static void
wait_for_last (GPtrArray * messages, const gchar * expected)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000LL;
  g_autofree gchar *text = NULL;

  g_mutex_lock (&lock);
  do {
    g_free (text);
    text = describe_last (messages);
  } while (g_strcmp0 (text, expected) != 0
      && g_cond_wait_until (&cond, &lock, deadline));
  g_mutex_unlock (&lock);
  fail_unless_equals_string (text, expected);
}

static guint
count (GPtrArray * messages)
{
  guint n;

  g_mutex_lock (&lock);
  n = messages->len;
  g_mutex_unlock (&lock);
  return n;
}

static GstStream *
find_stream (const gchar * id)
{
  GstStreamCollection *collection =
      g_ptr_array_index (collections, collections->len - 1);
  guint i;

  for (i = 0; i < gst_stream_collection_get_size (collection); i++) {
    GstStream *stream = gst_stream_collection_get_stream (collection, i);

    if (g_str_equal (gst_stream_get_stream_id (stream), id))
      return stream;
  }
  fail ("there is no stream %s", id);
  return NULL;
}

static void
check_stream (const gchar * id, GstStreamType type, const gchar * caps,
    const gchar * title)
{
  GstStream *stream = find_stream (id);
  g_autoptr (GstCaps) has = gst_stream_get_caps (stream);
  g_autoptr (GstCaps) expected = gst_caps_from_string (caps);
  g_autoptr (GstTagList) tags = gst_stream_get_tags (stream);
  g_autofree gchar *has_title = NULL;

  fail_unless_equals_int (gst_stream_get_stream_type (stream), type);
  fail_unless (has != NULL && gst_caps_is_subset (has, expected),
      "%s has %" GST_PTR_FORMAT, id, has);
  fail_unless (gst_tag_list_get_string (tags, GST_TAG_TITLE, &has_title));
  fail_unless_equals_string (has_title, title);
}

static void
wait_for_lines (guint n)
{
  fail_unless (testcall_wait_for (call, TESTCALL_OPEN_LINES, n, DEADLINE_MS));
  fail_unless (testcall_wait_for_at_most (call, TESTCALL_OPEN_LINES, n,
          DEADLINE_MS), "more than %u tracks are sent", n);
}

/* Of these ids, separated by spaces. There has to be one. */
static GstEvent *
new_selection (const gchar * ids)
{
  g_auto (GStrv) words = g_strsplit (ids, " ", -1);
  GList *list = NULL;
  GstEvent *event;
  guint i;

  for (i = 0; words[i] != NULL; i++)
    list = g_list_append (list, words[i]);
  event = gst_event_new_select_streams (list);
  g_list_free (list);
  return event;
}

static guint32
choose (const gchar * ids)
{
  GstEvent *event = new_selection (ids);
  guint32 seqnum = gst_event_get_seqnum (event);

  fail_unless (gst_element_send_event (receiver_get_src (receiver), event));
  return seqnum;
}

static void
check_seqnum (guint32 expected)
{
  guint32 seqnum = gst_message_get_seqnum (g_ptr_array_index (selections,
          selections->len - 1));

  fail_unless_equals_int (seqnum, expected);
}

/* The pad's stream is that of the collection, which has gone down with it. */
static void
check_pad (ReceiverPad * pad, const gchar * id)
{
  g_autoptr (GstStream) stream = gst_pad_get_stream (pad->pad);
  g_autoptr (GstPad) sink = gst_pad_get_peer (pad->pad);
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (sink, GST_EVENT_STREAM_COLLECTION, 0);
  g_autoptr (GstStreamCollection) collection = NULL;

  fail_unless (stream == find_stream (id));
  fail_unless (event != NULL);
  gst_event_parse_stream_collection (event, &collection);
  fail_unless (g_ptr_array_find (collections, collection, NULL));
}

GST_START_TEST (test_collection)
{
  GstQuery *query = gst_query_new_selectable ();
  gboolean is_selectable;
  ReceiverPad *pad;

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  testcall_join (call, "ben", TESTCALL_VIDEO | TESTCALL_SCREEN, TESTCALL_H264);
  testcall_join (call, "listener", 0, TESTCALL_VP8);
  testcall_set_muted (call, "ben", TESTCALL_SCREEN, TRUE);
  receiver_play (receiver);
  pad = fixture_wait_for_media ("ana", TESTCALL_VIDEO);
  wait_for_last (collections, ANA "/audio/microphone " ANA "/video/camera "
      BEN "/video/camera " BEN "/video/screen-share");
  check_pad (pad, ANA "/video/camera");
  check_pad (fixture_wait_for_media ("ana", TESTCALL_AUDIO),
      ANA "/audio/microphone");
  check_stream (ANA "/audio/microphone", GST_STREAM_TYPE_AUDIO, "audio/x-opus",
      "ana");
  check_stream (ANA "/video/camera", GST_STREAM_TYPE_VIDEO,
      "video/x-vp8,width=320,height=240", "ana");
  /* It has no pad. */
  check_stream (BEN "/video/screen-share", GST_STREAM_TYPE_VIDEO,
      "video/x-h264,stream-format=byte-stream,alignment=au", "ben");
  fail_unless_equals_int (count (collections), 1);
  fail_unless_equals_int (count (selections), 0);
  fail_unless_equals_string (gst_stream_collection_get_upstream_id
      (g_ptr_array_index (collections, 0)), testcall_get_room_alias (call));
  fail_unless (gst_pad_query (pad->pad, query));
  gst_query_parse_selectable (query, &is_selectable);
  fail_unless (is_selectable);
  gst_query_unref (query);
  teardown ();
}

GST_END_TEST;

/* Before the pads are there it's known only that there are raw media. */
GST_START_TEST (test_decoded)
{
  gst_util_set_object_arg (G_OBJECT (receiver_get_src (receiver)), "output",
      "decoded");
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  testcall_join (call, "ben", TESTCALL_SCREEN, TESTCALL_VP8);
  testcall_set_muted (call, "ben", TESTCALL_SCREEN, TRUE);
  receiver_play (receiver);
  fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  fixture_wait_for_media ("ana", TESTCALL_VIDEO);
  wait_for_last (collections, ANA "/audio/microphone " ANA "/video/camera "
      BEN "/video/screen-share");
  check_stream (ANA "/audio/microphone", GST_STREAM_TYPE_AUDIO,
      "audio/x-raw,rate=48000", "ana");
  check_stream (ANA "/video/camera", GST_STREAM_TYPE_VIDEO,
      "video/x-raw,width=320,height=240", "ana");
  check_stream (BEN "/video/screen-share", GST_STREAM_TYPE_VIDEO,
      "video/x-raw", "ben");
  teardown ();
}

GST_END_TEST;

static void
set_media (const gchar * media)
{
  gst_util_set_object_arg (G_OBJECT (receiver_get_src (receiver)), "media",
      media);
}

GST_START_TEST (test_updates)
{
  g_autoptr (GstEvent) event = NULL;
  g_autoptr (GstStreamCollection) collection = NULL;
  g_autofree gchar *text = NULL;
  ReceiverPad *pad;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  receiver_play (receiver);
  pad = fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  wait_for_last (collections, ANA "/audio/microphone");
  testcall_join (call, "ben", TESTCALL_VIDEO, TESTCALL_VP8);
  wait_for_last (collections, ANA "/audio/microphone " BEN "/video/camera");
  /* What is there already hears of it, too. */
  fail_unless (receiver_wait_for_media (receiver, pad));
  event = gst_pad_get_sticky_event (pad->pad, GST_EVENT_STREAM_COLLECTION, 0);
  gst_event_parse_stream_collection (event, &collection);
  text = describe_collection (collection);
  fail_unless_equals_string (text, ANA "/audio/microphone " BEN
      "/video/camera");
  check_pad (pad, ANA "/audio/microphone");

  set_media ("video");
  wait_for_last (collections, BEN "/video/camera");
  set_media ("audio+video");
  wait_for_last (collections, ANA "/audio/microphone " BEN "/video/camera");
  testcall_set_muted (call, "ben", TESTCALL_VIDEO, TRUE);
  testcall_unpublish (call, "ana", TESTCALL_AUDIO);
  wait_for_last (collections, BEN "/video/camera");
  testcall_leave (call, "ben");
  wait_for_last (collections, "");
  /* Nothing that has changed nothing, and nothing twice. */
  fail_unless_equals_int (count (collections), 6);
  teardown ();
}

GST_END_TEST;

/* A crowd is told at once. */
GST_START_TEST (test_crowd)
{
  const guint n = 40;
  g_autoptr (GString) expected = g_string_new (NULL);
  guint i;

  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  receiver_play (receiver);
  fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  choose ("none");
  wait_for_lines (0);
  testcall_freeze (call);
  for (i = 0; i < n; i++) {
    g_autofree gchar *name = g_strdup_printf ("p%02u", i);

    testcall_join_as (call, name, name, TESTCALL_AUDIO, TESTCALL_VP8);
    g_string_append_printf (expected, " %s/audio/microphone", name);
  }
  g_string_prepend (expected, ANA "/audio/microphone");
  testcall_thaw (call);
  wait_for_last (collections, expected->str);
  fail_unless (count (collections) < n / 2);
  teardown ();
}

GST_END_TEST;

/* Only what is chosen is received, whoever comes. */
GST_START_TEST (test_selection)
{
  ReceiverPad *sound, *picture;
  guint32 seqnum;

  recovering_start ();
  sound = audio;
  picture = video;
  seqnum = choose (ANA "/audio/microphone");
  wait_for_last (selections, ANA "/audio/microphone");
  check_seqnum (seqnum);
  fail_unless (receiver_wait_for_removal (receiver, picture->track_sid));
  fail_unless (picture->is_eos);
  wait_for_lines (1);

  testcall_join (call, "ben", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  wait_for_last (collections, ANA "/audio/microphone " ANA "/video/camera "
      BEN "/audio/microphone " BEN "/video/camera");
  wait_for_lines (1);

  seqnum = choose (ANA "/video/camera " BEN "/video/camera");
  wait_for_last (selections, ANA "/video/camera " BEN "/video/camera");
  check_seqnum (seqnum);
  fail_if (fixture_wait_for_media ("ana", TESTCALL_VIDEO)->first_is_delta);
  fixture_wait_for_media ("ben", TESTCALL_VIDEO);
  fail_unless (receiver_wait_for_removal (receiver, sound->track_sid));
  fail_unless (sound->is_eos);
  wait_for_lines (2);

  choose ("none");
  wait_for_last (selections, "");
  wait_for_lines (0);
  /* Media counts as well. */
  choose (ANA "/video/camera " BEN "/audio/microphone");
  set_media ("audio");
  fixture_wait_for_media ("ben", TESTCALL_AUDIO);
  wait_for_lines (1);
  teardown ();
}

GST_END_TEST;

/* Who isn't there yet, or comes back, is received then. */
GST_START_TEST (test_selected_to_come)
{
  recovering_start ();
  choose (BEN "/audio/microphone nobody/audio/microphone");
  wait_for_last (selections, "");
  wait_for_lines (0);
  testcall_join (call, "ben", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  fixture_wait_for_media ("ben", TESTCALL_AUDIO);
  wait_for_last (selections, BEN "/audio/microphone");
  testcall_leave (call, "ben");
  wait_for_lines (0);
  testcall_join (call, "ben", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  fixture_wait_for_media ("ben", TESTCALL_AUDIO);
  wait_for_lines (1);
  teardown ();
}

GST_END_TEST;

/* Before there is anything to choose from. */
GST_START_TEST (test_selected_at_the_start)
{
  fail_if (gst_element_send_event (receiver_get_src (receiver),
          new_selection (ANA "/audio/microphone")));
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  choose (ANA "/audio/microphone");
  fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  wait_for_last (selections, ANA "/audio/microphone");
  wait_for_lines (1);
  teardown ();
}

GST_END_TEST;

/* As applications do it: one event to the pipeline, which comes from each sink. */
GST_START_TEST (test_selected_downstream)
{
  guint i;

  recovering_start ();
  for (i = 0; i < 3; i++) {
    gst_element_send_event (receiver_get_pipeline (receiver),
        new_selection (i % 2 == 0 ? ANA "/audio/microphone" :
            ANA "/audio/microphone " ANA "/video/camera"));
    wait_for_lines (i % 2 == 0 ? 1 : 2);
    fixture_wait_for_media ("ana",
        i % 2 == 0 ? TESTCALL_AUDIO : TESTCALL_VIDEO);
  }
  fail_unless_equals_int (count (selections), 3);
  teardown ();
}

GST_END_TEST;

/* A new session is asked for nothing else, whether tracks are the same or not. */
GST_START_TEST (test_reconnect)
{
  g_autofree gchar *request = NULL;

  recovering_start ();
  choose (ANA "/audio/microphone");
  wait_for_lines (1);
  recovering_reconnect ();
  fail_unless (receiver_wait_for_media (receiver, audio));
  wait_for_lines (1);
  request = testcall_get_last_request (call, "/livekit/sfu/rtc");
  fail_unless (strstr (request, "auto_subscribe=0") != NULL);

  testcall_restart (call, TESTCALL_RETURN_AT_ONCE);
  recovering_wait_for_states ("reconnecting", "connected");
  fail_unless (receiver_wait_for_media (receiver, audio));
  wait_for_lines (1);
  fail_if (audio->is_eos || audio->is_removed);
  check_pad (audio, ANA "/audio/microphone");
  teardown ();
}

GST_END_TEST;

/* What is chosen while nobody listens is asked for, and confirmed, later. */
GST_START_TEST (test_resume)
{
  testcall_set_resumable (call, TRUE);
  recovering_start ();
  testcall_set_listening (call, FALSE);
  testcall_drop_sockets (call, TRUE);
  fail_unless (receiver_wait_for_state (receiver, "signal-reconnecting"));
  choose (ANA "/audio/microphone");
  fail_unless (receiver_wait_for_media (receiver, audio));
  fail_unless_equals_int (count (selections), 0);
  testcall_set_listening (call, TRUE);
  wait_for_last (selections, ANA "/audio/microphone");
  fail_unless (receiver_wait_for_removal (receiver, video->track_sid));
  wait_for_lines (1);
  fail_unless (receiver_wait_for_media (receiver, audio));
  teardown ();
}

GST_END_TEST;

/* A choice ends with the call; the names are the same in the next. */
GST_START_TEST (test_next_run)
{
  recovering_start ();
  choose (ANA "/audio/microphone");
  wait_for_lines (1);
  wait_for_last (selections, ANA "/audio/microphone");
  fail_unless_equals_int (gst_element_set_state (receiver_get_pipeline
          (receiver), GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  fail_if (gst_element_send_event (receiver_get_src (receiver),
          new_selection ("none")));
  fail_unless_equals_int (gst_element_set_state (receiver_get_pipeline
          (receiver), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  receiver_forget_pads (receiver);
  receiver_play (receiver);
  check_pad (fixture_wait_for_media ("ana", TESTCALL_VIDEO),
      ANA "/video/camera");
  fixture_wait_for_media ("ana", TESTCALL_AUDIO);
  fail_unless_equals_int (count (selections), 1);
  teardown ();
}

GST_END_TEST;

/* Decoders take what they are given, whatever else there is. */

static const gchar *const names[] = { "ana", "ben", "eve" };

static guint n_decoded;         /* pads, under lock as the pictures of each */
static guint n_pictures[G_N_ELEMENTS (names)];

static GstPadProbeReturn
on_picture (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  g_mutex_lock (&lock);
  ++*(guint *) user_data;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
  return GST_PAD_PROBE_OK;
}

static guint *
take_counter (void)
{
  guint *counter;

  g_mutex_lock (&lock);
  fail_unless (n_decoded < G_N_ELEMENTS (names));
  counter = &n_pictures[n_decoded++];
  g_mutex_unlock (&lock);
  return counter;
}

static void
on_decoded (GstElement * decodebin, GstPad * pad, gpointer user_data)
{
  GstElement *pipeline = receiver_get_pipeline (receiver);
  GstElement *sink;
  g_autoptr (GstPad) sink_pad = NULL;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  sink = gst_element_factory_make ("fakesink", NULL);
  sink_pad = gst_element_get_static_pad (sink, "sink");
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_pad_add_probe (sink_pad, GST_PAD_PROBE_TYPE_BUFFER, on_picture,
      take_counter (), NULL);
  gst_bin_add (GST_BIN (pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  fail_unless_equals_int (gst_pad_link (pad, sink_pad), GST_PAD_LINK_OK);
}

static GstElement *
add_decodebin (void)
{
  GstElement *decodebin = gst_element_factory_make ("decodebin3", NULL);

  fail_unless (decodebin != NULL);
  g_signal_connect (decodebin, "pad-added", G_CALLBACK (on_decoded), NULL);
  gst_bin_add (GST_BIN (receiver_get_pipeline (receiver)), decodebin);
  gst_element_sync_state_with_parent (decodebin);
  return decodebin;
}

static void
link_decodebin (GstElement * decodebin, GstPad * pad)
{
  g_autoptr (GstPad) sink =
      gst_element_request_pad_simple (decodebin, "sink_%u");

  fail_unless (sink != NULL);
  fail_unless_equals_int (gst_pad_link (pad, sink), GST_PAD_LINK_OK);
}

/* Some more of each. */
static void
wait_for_pictures (void)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000LL;
  gboolean is_late = FALSE;
  guint i;

  g_mutex_lock (&lock);
  memset (n_pictures, 0, sizeof (n_pictures));
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    while (n_pictures[i] < 5 && !is_late)
      is_late = !g_cond_wait_until (&cond, &lock, deadline);
  }
  g_mutex_unlock (&lock);
  fail_if (is_late, "not all is decoded");
}

/* One for each: one for all would give an output from one stream to the next. */
GST_START_TEST (test_decodebin)
{
  guint i;

  receiver_dont_link (receiver);
  for (i = 0; i < G_N_ELEMENTS (names); i++)
    testcall_join (call, names[i], TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_play (receiver);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *track_sid =
        testcall_get_track_sid (call, names[i], TESTCALL_VIDEO);
    ReceiverPad *pad = receiver_wait_for_track (receiver, track_sid);

    fail_unless (pad != NULL);
    link_decodebin (add_decodebin (), pad->pad);
  }
  wait_for_pictures ();
  /* Another collection is nothing to stop for. */
  testcall_join (call, "zoe", TESTCALL_AUDIO, TESTCALL_VP8);
  wait_for_last (collections, ANA "/video/camera " BEN "/video/camera "
      "@eve:testcall.example:EVEDEVICE/video/camera "
      "@zoe:testcall.example:ZOEDEVICE/audio/microphone");
  wait_for_pictures ();
  teardown ();
}

GST_END_TEST;

static Suite *
streams_suite (void)
{
  Suite *suite = suite_create ("streams");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_test (tc, test_collection);
  tcase_add_test (tc, test_decoded);
  tcase_add_test (tc, test_updates);
  tcase_add_test (tc, test_crowd);
  tcase_add_test (tc, test_selection);
  tcase_add_test (tc, test_selected_to_come);
  tcase_add_test (tc, test_selected_at_the_start);
  tcase_add_test (tc, test_selected_downstream);
  tcase_add_test (tc, test_reconnect);
  tcase_add_test (tc, test_resume);
  tcase_add_test (tc, test_next_run);
  tcase_add_test (tc, test_decodebin);
  return suite;
}

GST_CHECK_MAIN (streams);
