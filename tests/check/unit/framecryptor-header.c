/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which part of a frame is encrypted, and its escapes: e2ee/framecryptor.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "frames.h"
#include "hex.h"

#define PAYLOAD "8899aabbccddeeff"

/* --- the clear header --- */

typedef struct
{
  E2eeCodec codec;
  const gchar *plain;
  gsize header;
  gboolean is_escaped;
} HeaderRow;

static const HeaderRow header_rows[] = {
  {E2EE_CODEC_OPUS, "00" PAYLOAD PAYLOAD, 1, FALSE},
  {E2EE_CODEC_OPUS, "ff" PAYLOAD PAYLOAD, 1, FALSE},
  {E2EE_CODEC_VP8, "00" PAYLOAD PAYLOAD, 10, FALSE},
  {E2EE_CODEC_VP8, "fe" PAYLOAD PAYLOAD, 10, FALSE},
  {E2EE_CODEC_VP8, "01" PAYLOAD PAYLOAD, 3, FALSE},
  {E2EE_CODEC_VP8, "ff" PAYLOAD PAYLOAD, 3, FALSE},
  {E2EE_CODEC_VP9, "00" PAYLOAD PAYLOAD, 0, FALSE},
  {E2EE_CODEC_VP9, "01" PAYLOAD PAYLOAD, 0, FALSE},
  {E2EE_CODEC_AV1, "00" PAYLOAD PAYLOAD, 0, FALSE},
  {E2EE_CODEC_AV1, "01" PAYLOAD PAYLOAD, 0, FALSE},
  /* Start codes of each length. */
  {E2EE_CODEC_H264, "00000165" PAYLOAD, 5, TRUE},
  {E2EE_CODEC_H264, "0000000165" PAYLOAD, 6, TRUE},
  {E2EE_CODEC_H264, "000000000000000165" PAYLOAD, 10, TRUE},
  {E2EE_CODEC_H265, "0000012601" PAYLOAD, 5, TRUE},
  {E2EE_CODEC_H265, "000000012601" PAYLOAD, 6, TRUE},
  /* What stands before the first slice. */
  {E2EE_CODEC_H264, "000000016742001f0000000168ce3c0000000165" PAYLOAD, 21,
      TRUE},
  {E2EE_CODEC_H264, "000000010910000001060501800000000165" PAYLOAD, 19, TRUE},
  {E2EE_CODEC_H264, "00000001000000014100" PAYLOAD, 10, TRUE},
  {E2EE_CODEC_H265, "0000000140010c0100000001420101000000014401"
        "000000012601" PAYLOAD, 27, TRUE},
  /* Later slices don't count, nor does what looks like a part of one. */
  {E2EE_CODEC_H264, "000000016588000000000165" PAYLOAD, 6, TRUE},
  {E2EE_CODEC_H264, "000000016742000341" PAYLOAD "0000000141" PAYLOAD, 23,
      TRUE},
  {E2EE_CODEC_H265, "0000000140010c01000000010201af" PAYLOAD
        "000000010201" PAYLOAD, 14, TRUE},
  /* No slice, or none that is seen. */
  {E2EE_CODEC_H264, "0000000167" PAYLOAD PAYLOAD, 10, FALSE},
  {E2EE_CODEC_H264, "0000000167" PAYLOAD "00000001658800", 10, FALSE},
  {E2EE_CODEC_H264, "0000000167" PAYLOAD "0000000165880011", 19, TRUE},
  {E2EE_CODEC_H264, "00000000" PAYLOAD PAYLOAD, 10, FALSE},
  {E2EE_CODEC_H265, "0000000140" PAYLOAD PAYLOAD, 10, FALSE},
  {E2EE_CODEC_H265, "0000000140" PAYLOAD "00000001260188", 10, FALSE},
  {E2EE_CODEC_H265, "0000000140" PAYLOAD "0000000126018899", 19, TRUE},
  /* Something before the first start code. */
  {E2EE_CODEC_H264, "020000000165" PAYLOAD PAYLOAD, 10, FALSE},
  {E2EE_CODEC_H264, "010000000165" PAYLOAD PAYLOAD, 3, FALSE},
  {E2EE_CODEC_H264, "00010000000165" PAYLOAD PAYLOAD, 10, FALSE},
  {E2EE_CODEC_H265, "01000000012601" PAYLOAD PAYLOAD, 3, FALSE},
  /* Length prefixes instead of start codes. */
  {E2EE_CODEC_H264, "0000000965" PAYLOAD PAYLOAD, 10, FALSE},
};

GST_START_TEST (test_headers)
{
  const HeaderRow *row = &header_rows[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (row->codec);
  g_autoptr (GByteArray) plain = bytes_from_hex (row->plain);
  g_autoptr (GByteArray) sealed =
      frame_seal (plain, row->header, row->is_escaped);
  g_autoptr (GByteArray) longer =
      frame_seal (plain, row->header + 1, row->is_escaped);
  g_autoptr (GByteArray) encrypted = frame_encrypted (cryptor, plain);

  assert_bytes (encrypted, sealed);
  fail_unless (memcmp (encrypted->data, plain->data, row->header) == 0);
  assert_result (cryptor, longer, BAD_TAG);
  if (row->header > 0) {
    g_autoptr (GByteArray) shorter =
        frame_seal (plain, row->header - 1, row->is_escaped);

    assert_result (cryptor, shorter, BAD_TAG);
  }
}

GST_END_TEST;

GST_START_TEST (test_headers_decrypt)
{
  const HeaderRow *row = &header_rows[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (row->codec);
  g_autoptr (GByteArray) plain = bytes_from_hex (row->plain);
  g_autoptr (GByteArray) sealed =
      frame_seal (plain, row->header, row->is_escaped);

  assert_decrypts (cryptor, sealed, plain);
}

GST_END_TEST;

/* A last slice that is too small for its sender to see grows by what is added:
 * if it is in the clear, no receiver can tell. */
GST_START_TEST (test_tiny_slice)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (E2EE_CODEC_H264);
  g_autoptr (GByteArray) plain = bytes_from_hex ("0000000106ff000001658800");
  g_autoptr (GByteArray) sealed = frame_seal (plain, 10, FALSE);
  g_autoptr (GByteArray) encrypted = frame_encrypted (cryptor, plain);

  assert_bytes (encrypted, sealed);
  assert_result (cryptor, sealed, BAD_TAG);
}

GST_END_TEST;

static gboolean
is_slice (E2eeCodec codec, guint8 header)
{
  guint type = header & 0x1f;

  if (codec == E2EE_CODEC_H264)
    return type == 1 || type == 5;
  type = header >> 1 & 0x3f;
  return type < 10 || (type > 15 && type < 22);
}

/* All types of NAL units. */
GST_START_TEST (test_slices)
{
  static const E2eeCodec codecs[] = { E2EE_CODEC_H264, E2EE_CODEC_H265 };
  E2eeCodec codec = codecs[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (codec);
  g_autoptr (GByteArray) plain =
      bytes_from_hex ("000000010001" PAYLOAD PAYLOAD);
  guint header;

  for (header = 0; header < 256; header++) {
    gboolean found = is_slice (codec, header);
    g_autoptr (GByteArray) sealed = NULL;
    g_autoptr (GByteArray) encrypted = NULL;

    plain->data[4] = header;
    sealed = frame_seal (plain, found ? 6 : 10, found);
    encrypted = frame_encrypted (cryptor, plain);
    assert_bytes (encrypted, sealed);
    assert_decrypts (cryptor, encrypted, plain);
  }
}

GST_END_TEST;

/* What senders other than a browser may make of a frame without a slice. */
GST_START_TEST (test_no_slice)
{
  static const struct
  {
    gsize header;
    gboolean is_escaped;
  } rows[] = { {10, FALSE}, {3, FALSE}, {0, TRUE} };
  static const E2eeCodec codecs[] = { E2EE_CODEC_H264, E2EE_CODEC_H265 };
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (codecs[__i__ / 3]);
  g_autoptr (GByteArray) plain = bytes_from_hex ("000000017f" PAYLOAD PAYLOAD);
  g_autoptr (GByteArray) sealed = frame_seal (plain, rows[__i__ % 3].header,
      rows[__i__ % 3].is_escaped);

  assert_decrypts (cryptor, sealed, plain);
}

GST_END_TEST;

/* A frame whose clear header has @header bytes, by a long SEI. */
static GByteArray *
frame_new_with_header (gsize header)
{
  GByteArray *frame = bytes_from_hex ("0000000106");
  g_autoptr (GByteArray) slice = bytes_from_hex ("0000000165" PAYLOAD PAYLOAD);

  g_byte_array_set_size (frame, header - 6);
  memset (frame->data + 5, 0xab, frame->len - 5);
  g_byte_array_append (frame, slice->data, slice->len);
  return frame;
}

GST_START_TEST (test_long_headers)
{
  static const gsize headers[] = { 254, 255, 256, 257, 300, 511, 512, 1000 };
  gsize header = headers[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (E2EE_CODEC_H264);
  g_autoptr (GByteArray) plain = frame_new_with_header (header);
  g_autoptr (GByteArray) sealed = frame_seal (plain, header, TRUE);
  g_autoptr (GByteArray) encrypted = frame_encrypted (cryptor, plain);

  assert_bytes (encrypted, sealed);
  assert_decrypts (cryptor, sealed, plain);
}

GST_END_TEST;

/* --- escapes --- */

typedef struct
{
  const gchar *raw;
  const gchar *escaped;
} EscapeRow;

static const EscapeRow escape_rows[] = {
  {"", ""},
  {"00", "00"},
  {"0000", "0000"},
  {"000000", "00000300"},
  {"000001", "00000301"},
  {"000002", "00000302"},
  {"000003", "00000303"},
  {"000004", "000004"},
  {"00000000", "0000030000"},
  {"0000000000", "000003000003" "00"},
  {"00000000000000", "0000030000030000" "0300"},
  {"00000300", "0000030300"},
  {"0000030003", "000003030003"},
  {"000003000003", "0000030300000303"},
  {"00000400000400", "00000400000400"},
  {"0000ff", "0000ff"},
  {"00ff0000", "00ff0000"},
  {"0100000100000100", "010000030100000301" "00"},
  {"000000000c00", "0000030000" "0c00"},
};

GST_START_TEST (test_escape)
{
  const EscapeRow *row = &escape_rows[__i__];
  g_autoptr (GByteArray) raw = bytes_from_hex (row->raw);
  g_autoptr (GByteArray) escaped = bytes_from_hex (row->escaped);
  guint8 out[64];
  gsize size;
  g_autofree gchar *out_hex = NULL;
  g_autofree gchar *back_hex = NULL;

  size = e2ee_rbsp_escape (raw->data, raw->len, out);
  out_hex = hex_from_bytes (out, size);
  fail_unless_equals_string (out_hex, row->escaped);
  size = e2ee_rbsp_unescape (escaped->data, escaped->len, out);
  back_hex = hex_from_bytes (out, size);
  fail_unless_equals_string (back_hex, row->raw);
}

GST_END_TEST;

/* What no sender writes, but anybody may send. */
static const EscapeRow unescape_rows[] = {
  {"000003", "0000"},
  {"0000030003", "00000003"},
  {"000003000003", "00000000"},
  {"00000003", "000000"},
  {"00000000000003", "000000000000"},
  {"0000010000030102", "00000100000102"},
  {"00000304", "000004"},
  {"0000030303", "00000303"},
  {"03000003", "030000"},
  {"0003", "0003"},
  {"03", "03"},
  {"030303", "030303"},
};

GST_START_TEST (test_unescape)
{
  const EscapeRow *row = &unescape_rows[__i__];
  g_autoptr (GByteArray) data = bytes_from_hex (row->raw);
  g_autofree guint8 *out = g_malloc (data->len);
  gsize size = e2ee_rbsp_unescape (data->data, data->len, out);
  g_autofree gchar *hex = hex_from_bytes (out, size);

  fail_unless_equals_string (hex, row->escaped);
}

GST_END_TEST;

static void
check_escapes (const guint8 * data, gsize size)
{
  g_autofree guint8 *escaped = g_malloc (E2EE_MAX_ESCAPED_SIZE (size));
  gsize escaped_size = e2ee_rbsp_escape (data, size, escaped);
  g_autofree guint8 *exact = g_memdup2 (escaped, escaped_size);
  g_autofree guint8 *back = g_malloc (escaped_size);
  gsize i;

  fail_unless (escaped_size <= E2EE_MAX_ESCAPED_SIZE (size));
  for (i = 0; i + 2 < escaped_size; i++)
    fail_if (escaped[i] == 0 && escaped[i + 1] == 0 && escaped[i + 2] < 3);
  fail_unless_equals_int (e2ee_rbsp_unescape (exact, escaped_size, back), size);
  fail_unless (size == 0 || memcmp (back, data, size) == 0);
}

/* All sequences of up to 7 of the bytes that matter. */
GST_START_TEST (test_escape_all)
{
  static const guint8 bytes[] = { 0, 1, 3, 4 };
  guint8 data[7];
  guint size, number, i;

  for (size = 0; size <= sizeof (data); size++) {
    for (number = 0; number < 1u << 2 * size; number++) {
      for (i = 0; i < size; i++)
        data[i] = bytes[number >> 2 * i & 3];
      check_escapes (data, size);
    }
  }
}

GST_END_TEST;

GST_START_TEST (test_escape_long)
{
  static const guint8 bytes[] = { 0, 0, 0, 3, 1, 2, 4, 255 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint8 data[1000];
  guint turn, i;

  for (turn = 0; turn < 500; turn++) {
    for (i = 0; i < sizeof (data); i++)
      data[i] = bytes[g_rand_int (rand) % (2 + turn % 7)];
    check_escapes (data, g_rand_int (rand) % sizeof (data));
  }
}

GST_END_TEST;

/* A body that is large enough only before its escapes go. */
GST_START_TEST (test_escaped_too_small)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (E2EE_CODEC_H264);
  guint n;

  for (n = 0; n <= 12; n++) {
    g_autoptr (GByteArray) frame = bytes_from_hex ("000000016588");
    g_autoptr (GByteArray) end = bytes_from_hex ("0c03");
    guint i;

    for (i = 0; i < n; i++)
      g_byte_array_append (frame, (const guint8 *) "\0\0\3", 3);
    g_byte_array_append (frame, end->data, end->len);
    fail_unless_equals_int (decrypt_result (cryptor, frame),
        2 * n + 2 < E2EE_OVERHEAD ? E2EE_RESULT_MALFORMED :
        E2EE_RESULT_BAD_TAG);
  }
}

GST_END_TEST;

static Suite *
framecryptor_header_suite (void)
{
  Suite *suite = suite_create ("framecryptor-header");
  TCase *tc = tcase_create ("framecryptor-header");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_headers, 0, G_N_ELEMENTS (header_rows));
  tcase_add_loop_test (tc, test_headers_decrypt, 0, G_N_ELEMENTS (header_rows));
  tcase_add_test (tc, test_tiny_slice);
  tcase_add_loop_test (tc, test_slices, 0, 2);
  tcase_add_loop_test (tc, test_no_slice, 0, 6);
  tcase_add_loop_test (tc, test_long_headers, 0, 8);
  tcase_add_loop_test (tc, test_escape, 0, G_N_ELEMENTS (escape_rows));
  tcase_add_loop_test (tc, test_unescape, 0, G_N_ELEMENTS (unescape_rows));
  tcase_add_test (tc, test_escape_all);
  tcase_add_test (tc, test_escape_long);
  tcase_add_test (tc, test_escaped_too_small);
  return suite;
}

GST_CHECK_MAIN (framecryptor_header);
