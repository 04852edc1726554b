/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * matrixrtcdecrypt alone: what comes out for what goes in, what it asks for and
 * what it tells. The frames are those that LiveKit's own cryptor has made.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include "../unit/hex.h"

#define KEY "000102030405060708090a0b0c0d0e0f"
#define OTHER_KEY "ff0102030405060708090a0b0c0d0e0f"

#define OPUS_CAPS "audio/x-opus,channel-mapping-family=(int)0"
#define OPUS_PLAIN "fc0102030405060708"
#define OPUS "fc99cd7dc06184c69cb5f0ed2d0e410871aad0f26bc11820e3112233440000096" \
    "0000009600c03"
#define OPUS_INDEX 3
#define OPUS_PASSPHRASE "fc44f9fc860c5f385f7bea146cf5093f3bfacd2ff5984e529d11223" \
    "34400000960000009600c00"

#define VP8_CAPS "video/x-vp8"
#define VP8_KEY "1002009d012a0800080010d6c56739beebfa43596c2c42e2e9f7059971019f0a" \
    "0b0c0d00015f9000015f900c00"
#define VP8_KEY_PLAIN "1002009d012a080008000047088585"
#define VP8_DELTA "b1020072efe495ed3d1eb65869a535826971350786f44ce80a0b0c0d00016b" \
    "4800016b480cff"
#define VP8_DELTA_PLAIN "b10200aabbccddee"

typedef struct
{
  const gchar *caps;
  const gchar *encrypted;
  const gchar *plain;
  guint index;
} Row;

static const Row rows[] = {
  {OPUS_CAPS, OPUS, OPUS_PLAIN, OPUS_INDEX},
  {VP8_CAPS, VP8_KEY, VP8_KEY_PLAIN, 0},
  {VP8_CAPS, VP8_DELTA, VP8_DELTA_PLAIN, 255},
  {"video/x-vp9", "b33da6fdb02293556af374f6e626252d2e45f4911e6e7100000001000000"
        "02000000020c01", "82498342001122", 1},
  {"video/x-h264,stream-format=byte-stream,alignment=au",
        "000000016742001f0000000168ce3c000000016588ea2642c673c13af1c717f6e0d452"
        "f9a886fb075c2d754c0000030001000003030000030003000c00",
      "000000016742001f0000000168ce3c00000001658884001122334455", 0},
  {"video/x-h265,stream-format=byte-stream,alignment=au",
        "0000000140010c01000000012601b736d5e1a65bd5d535cbfc849de4e2159a6a669ebf"
        "000003020000030000030100000300010c02",
      "0000000140010c01000000012601af09090909", 2},
};

static GstHarness *harness;
static GstClockTime pts;

static void
setup (void)
{
  harness = gst_harness_new ("matrixrtcdecrypt");
  gst_harness_set_src_caps_str (harness, OPUS_CAPS);
  g_object_set (harness->element, "identity", "@ana:example.org:DEV",
      "track-sid", "TR_1", NULL);
  pts = 0;
}

static void
teardown (void)
{
  gst_harness_teardown (harness);
}

static void
set_key (const gchar * hex, guint index)
{
  g_autoptr (GBytes) key = g_byte_array_free_to_bytes (bytes_from_hex (hex));

  g_signal_emit_by_name (harness->element, "set-media-key", index, key);
}

static void
push (const gchar * hex, gboolean is_delta)
{
  g_autoptr (GByteArray) bytes = bytes_from_hex (hex);
  GstBuffer *buffer = bytes->len == 0 ? gst_buffer_new () :
      gst_buffer_new_memdup (bytes->data, bytes->len);

  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = 20 * GST_MSECOND;
  pts += 20 * GST_MSECOND;
  if (is_delta)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  fail_unless_equals_int (gst_harness_push (harness, buffer), GST_FLOW_OK);
}

/* The next buffer in hex, or NULL if there is none. */
static gchar *
pull (void)
{
  g_autoptr (GstBuffer) buffer = gst_harness_try_pull (harness);
  GstMapInfo map;
  gchar *hex;

  if (buffer == NULL)
    return NULL;
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  hex = hex_from_bytes (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return hex;
}

static void
check_output (const gchar * expected)
{
  g_autofree gchar *actual = pull ();

  fail_unless_equals_string (actual, expected);
}

static guint
count_events (GstEventType type, GstEvent * (*pull_event) (GstHarness *))
{
  GstEvent *event;
  guint n = 0;

  while ((event = pull_event (harness)) != NULL) {
    n += GST_EVENT_TYPE (event) == type;
    gst_event_unref (event);
  }
  return n;
}

static guint
count_key_frame_requests (void)
{
  return count_events (GST_EVENT_CUSTOM_UPSTREAM,
      gst_harness_try_pull_upstream_event);
}

static guint
count_gaps (void)
{
  return count_events (GST_EVENT_GAP, gst_harness_try_pull_event);
}

static guint64
get_count (const gchar * field)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 count;

  g_object_get (harness->element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, field, &count));
  return count;
}

GST_START_TEST (test_codecs)
{
  const Row *row = &rows[__i__];

  gst_harness_set_src_caps_str (harness, row->caps);
  set_key (KEY, row->index);
  push (row->encrypted, FALSE);
  check_output (row->plain);
  fail_unless_equals_uint64 (get_count ("frames-decrypted"), 1);
}

GST_END_TEST;

GST_START_TEST (test_passphrase)
{
  g_object_set (harness->element, "passphrase", "test-password", NULL);
  push (OPUS_PASSPHRASE, FALSE);
  check_output (OPUS_PLAIN);
}

GST_END_TEST;

GST_START_TEST (test_metadata)
{
  g_autoptr (GstBuffer) buffer = NULL;

  set_key (KEY, OPUS_INDEX);
  push (OPUS, FALSE);
  push (OPUS, FALSE);
  gst_buffer_unref (gst_harness_pull (harness));
  buffer = gst_harness_pull (harness);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), 20 * GST_MSECOND);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), 20 * GST_MSECOND);
  fail_if (GST_BUFFER_IS_DISCONT (buffer));
}

GST_END_TEST;

/* Audio without a key is time that passes. */
GST_START_TEST (test_gaps)
{
  g_autoptr (GstBuffer) buffer = NULL;

  push (OPUS, FALSE);
  push (OPUS, FALSE);
  check_output (NULL);
  fail_unless_equals_int (count_gaps (), 2);
  fail_unless_equals_int (count_key_frame_requests (), 0);
  set_key (KEY, OPUS_INDEX);
  push (OPUS, FALSE);
  buffer = gst_harness_pull (harness);
  fail_unless (GST_BUFFER_IS_DISCONT (buffer));
  fail_unless_equals_uint64 (get_count ("frames-missing-key"), 2);
}

GST_END_TEST;

/* Video goes on with a key frame, which is asked for once. */
GST_START_TEST (test_key_frame)
{
  gst_harness_set_src_caps_str (harness, VP8_CAPS);
  push (VP8_KEY, FALSE);
  push (VP8_DELTA, TRUE);
  check_output (NULL);
  fail_unless_equals_int (count_gaps (), 0);
  fail_unless_equals_int (count_key_frame_requests (), 0);

  set_key (KEY, 0);
  set_key (KEY, 255);
  push (VP8_DELTA, TRUE);
  push (VP8_DELTA, TRUE);
  check_output (NULL);
  fail_unless_equals_int (count_key_frame_requests (), 1);
  push (VP8_KEY, FALSE);
  check_output (VP8_KEY_PLAIN);
  push (VP8_DELTA, TRUE);
  check_output (VP8_DELTA_PLAIN);
  fail_unless_equals_int (count_key_frame_requests (), 0);
  fail_unless_equals_uint64 (get_count ("key-frame-requests"), 1);
}

GST_END_TEST;

static void
check_state (GstBus * bus, const gchar * expected)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus,
      GST_MESSAGE_ELEMENT);
  const GstStructure *structure;

  if (expected == NULL) {
    fail_unless (message == NULL);
    return;
  }
  fail_unless (message != NULL, "%s isn't told", expected);
  structure = gst_message_get_structure (message);
  fail_unless (gst_structure_has_name (structure,
          "matrixrtc-encryption-state"));
  fail_unless_equals_string (gst_structure_get_string (structure, "identity"),
      "@ana:example.org:DEV");
  fail_unless_equals_string (gst_structure_get_string (structure,
          "track-sid"), "TR_1");
  fail_unless_equals_string (gst_structure_get_string (structure, "state"),
      expected);
}

GST_START_TEST (test_states)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  guint i;

  gst_element_set_bus (harness->element, bus);
  for (i = 0; i < 30; i++)
    push (OPUS, FALSE);
  check_state (bus, "missing-key");
  set_key (KEY, OPUS_INDEX);
  push (OPUS, FALSE);
  push (OPUS, FALSE);
  check_state (bus, "ok");
  set_key (OTHER_KEY, OPUS_INDEX);
  for (i = 0; i < 10; i++)
    push (OPUS, FALSE);
  check_state (bus, NULL);
  for (i = 0; i < 10; i++)
    push (OPUS, FALSE);
  check_state (bus, "key-invalid");
  check_state (bus, NULL);
  set_key (KEY, OPUS_INDEX);
  push (OPUS, FALSE);
  check_state (bus, "ok");
  check_state (bus, NULL);
  gst_element_set_bus (harness->element, NULL);
}

GST_END_TEST;

GST_START_TEST (test_not_encrypted)
{
  g_autoptr (GstBus) bus = gst_bus_new ();

  gst_element_set_bus (harness->element, bus);
  g_object_set (harness->element, "encrypted", FALSE, NULL);
  push (OPUS, FALSE);
  check_output (OPUS);
  check_state (bus, NULL);
  fail_unless_equals_uint64 (get_count ("frames-plain"), 1);
  gst_element_set_bus (harness->element, NULL);
}

GST_END_TEST;

/* What isn't a key is a warning, and the element has no key afterwards. */
GST_START_TEST (test_bad_keys)
{
  static const struct
  {
    const gchar *hex;
    guint index;
  } bad[] = {
    {"", OPUS_INDEX}, {"0001", OPUS_INDEX}, {KEY "00", OPUS_INDEX},
    {KEY, 256 + OPUS_INDEX}, {KEY, G_MAXUINT},
  };
  g_autoptr (GstBus) bus = gst_bus_new ();
  guint i;

  gst_element_set_bus (harness->element, bus);
  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GstMessage) message = NULL;

    set_key (bad[i].hex, bad[i].index);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
    fail_unless (message != NULL, "no warning of key %u", i);
  }
  push (OPUS, FALSE);
  check_output (NULL);
  gst_element_set_bus (harness->element, NULL);
}

GST_END_TEST;

/* Damaged frames cost themselves only. */
GST_START_TEST (test_garbage)
{
  static const gchar *const garbage[] = { "", "00", "fc03", "0c03",
    "fc0102030405060708", "ffffffffffffffffffffffffffffffffffffffffffffffffff"
        "ffffffffffffffffffffff0c03"
  };
  guint i;

  set_key (KEY, OPUS_INDEX);
  for (i = 0; i < G_N_ELEMENTS (garbage); i++) {
    g_autofree gchar *out = NULL;

    push (garbage[i], FALSE);
    out = pull ();
    /* An empty frame stays one. */
    fail_unless_equals_string (out, i == 0 ? "" : NULL);
  }
  push (OPUS, FALSE);
  check_output (OPUS_PLAIN);
}

GST_END_TEST;

GST_START_TEST (test_sif)
{
  g_autoptr (GBytes) trailer = g_bytes_new_static ("trailer", 7);
  g_autoptr (GString) silence = g_string_new ("f8fffe");
  g_autofree gchar *known = NULL;
  guint i;

  g_object_set (harness->element, "sif-trailer", trailer, NULL);
  for (i = 0; i < 77; i++)
    g_string_append (silence, "00");
  known = g_strconcat (silence->str, "747261696c6572", NULL);
  push (known, FALSE);
  check_output (silence->str);
  push ("f8aaaa747261696c6572", FALSE);
  check_output (NULL);
  fail_unless_equals_uint64 (get_count ("frames-server-injected"), 2);
  fail_unless_equals_uint64 (get_count ("frames-failed"), 0);
}

GST_END_TEST;

/* The passphrase goes in and never comes out. */
GST_START_TEST (test_write_only)
{
  GObjectClass *klass = G_OBJECT_GET_CLASS (harness->element);

  fail_if (g_object_class_find_property (klass, "passphrase")->flags &
      G_PARAM_READABLE);
}

GST_END_TEST;

/* Only what a depayloader gives before any parser. */
GST_START_TEST (test_template)
{
  g_autoptr (GstPad) pad =
      gst_element_get_static_pad (harness->element, "sink");
  g_autoptr (GstCaps) avc = gst_caps_from_string
      ("video/x-h264,stream-format=avc,alignment=au");
  g_autoptr (GstCaps) nal = gst_caps_from_string
      ("video/x-h264,stream-format=byte-stream,alignment=nal");

  fail_if (gst_pad_query_accept_caps (pad, avc));
  fail_if (gst_pad_query_accept_caps (pad, nal));
}

GST_END_TEST;

static Suite *
decrypt_suite (void)
{
  Suite *suite = suite_create ("decrypt");
  TCase *tc = tcase_create ("decrypt");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_loop_test (tc, test_codecs, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tc, test_passphrase);
  tcase_add_test (tc, test_metadata);
  tcase_add_test (tc, test_gaps);
  tcase_add_test (tc, test_key_frame);
  tcase_add_test (tc, test_states);
  tcase_add_test (tc, test_not_encrypted);
  tcase_add_test (tc, test_bad_keys);
  tcase_add_test (tc, test_garbage);
  tcase_add_test (tc, test_sif);
  tcase_add_test (tc, test_write_only);
  tcase_add_test (tc, test_template);
  return suite;
}

GST_CHECK_MAIN (decrypt);
