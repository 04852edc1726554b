/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What may stand behind a frame, of its sender and of the SFU:
 * e2ee/framecryptor.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "frames.h"
#include "hex.h"

#define PAYLOAD "8899aabbccddeeff"

/* --- packet trailers --- */

#define MAGIC "4c4b5453"
#define TIMESTAMP "fef7" "0102030405060708"
#define FRAME_ID "fdfb" "01020304"

typedef struct
{
  const gchar *trailer;
  gboolean is_one;
} TrailerRow;

/* The byte before the magic is 0xff less the trailer's size. */
static const TrailerRow trailer_rows[] = {
  {TIMESTAMP "f0" MAGIC, TRUE},
  {FRAME_ID "f4" MAGIC, TRUE},
  {TIMESTAMP FRAME_ID "ea" MAGIC, TRUE},
  {FRAME_ID TIMESTAMP "ea" MAGIC, TRUE},
  /* User data, of any size. */
  {"fcff" "f8" MAGIC, TRUE},
  {"fcfc" "aabbcc" "f5" MAGIC, TRUE},
  {"fcfc" "aabbcc" FRAME_ID "ef" MAGIC, TRUE},
  /* Unknown fields among known ones. */
  {"aafd" "0000" FRAME_ID "f0" MAGIC, TRUE},
  {FRAME_ID "aafd" "0000" "f0" MAGIC, TRUE},
  {FRAME_ID "aafd" "f2" MAGIC, TRUE},
  {FRAME_ID "fe" "f3" MAGIC, TRUE},
  /* Only unknown ones, or none. */
  {"aafd" "0000" "f6" MAGIC, FALSE},
  {"fa" MAGIC, FALSE},
  {"fe" "f9" MAGIC, FALSE},
  /* Sizes that aren't those of their fields. */
  {"fef8" "01020304050607" "f1" MAGIC, FALSE},
  {"fdfa" "0102030405" "f3" MAGIC, FALSE},
  {"fef7" "01020304050607" "f1" MAGIC, FALSE},
  {"fc00" "aabbcc" "f5" MAGIC, FALSE},
  {"aa00" "0000" FRAME_ID "f0" MAGIC, FALSE},
  /* Sizes of the trailer that it doesn't have. */
  {FRAME_ID "ff" MAGIC, FALSE},
  {FRAME_ID "fb" MAGIC, FALSE},
  {FRAME_ID "00" MAGIC, FALSE},
  {FRAME_ID "f5" MAGIC, FALSE},
  /* Another magic. */
  {FRAME_ID "f4" "4c4b5454", FALSE},
  {FRAME_ID "f4" "4c4b53", FALSE},
  {"", FALSE},
  {MAGIC, FALSE},
};

/* Seen in what is left of a plain frame. */
GST_START_TEST (test_packet_trailer_plain)
{
  const TrailerRow *row = &trailer_rows[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (E2EE_CODEC_VP8);
  g_autoptr (GByteArray) plain = bytes_from_hex ("10" PAYLOAD);
  g_autoptr (GByteArray) frame = frame_append_hex (plain, row->trailer);
  g_autoptr (GByteArray) out = NULL;
  g_autoptr (GByteArray) unasked = NULL;

  e2ee_frame_cryptor_set_encrypted (cryptor, FALSE);
  fail_unless_equals_int (frame_decrypt (cryptor, frame->data, frame->len,
          &unasked), E2EE_RESULT_PLAIN);
  assert_bytes (unasked, frame);
  e2ee_frame_cryptor_set_packet_trailer (cryptor, TRUE);
  fail_unless_equals_int (frame_decrypt (cryptor, frame->data, frame->len,
          &out), E2EE_RESULT_PLAIN);
  assert_bytes (out, row->is_one ? plain : frame);
}

GST_END_TEST;

/* A trailer is all there is. */
GST_START_TEST (test_packet_trailer_alone)
{
  const TrailerRow *row = &trailer_rows[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (E2EE_CODEC_VP8);
  g_autoptr (GByteArray) trailer = bytes_from_hex (row->trailer);

  e2ee_frame_cryptor_set_packet_trailer (cryptor, TRUE);
  fail_unless_equals_int (decrypt_result (cryptor, trailer),
      row->is_one || trailer->len == 0 ? E2EE_RESULT_EMPTY :
      E2EE_RESULT_MALFORMED);
}

GST_END_TEST;

GST_START_TEST (test_packet_trailer_encrypted)
{
  const FrameKind *kind = &frame_kinds[__i__];
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (kind->codec);
  g_autoptr (GByteArray) plain = frame_new (kind->start, 50, 2);
  g_autoptr (GByteArray) encrypted = frame_encrypted (cryptor, plain);
  g_autoptr (GByteArray) frame = frame_append_hex (encrypted,
      TIMESTAMP FRAME_ID "ea" MAGIC);
  g_autoptr (GByteArray) forged =
      frame_append_hex (encrypted, "aafd0000f6" MAGIC);

  assert_result (cryptor, frame, MALFORMED);
  e2ee_frame_cryptor_set_packet_trailer (cryptor, TRUE);
  /* No audio track has such trailers. */
  if (kind->codec == E2EE_CODEC_OPUS) {
    assert_result (cryptor, frame, MALFORMED);
  } else {
    assert_decrypts (cryptor, frame, plain);
  }
  assert_decrypts (cryptor, encrypted, plain);
  assert_result (cryptor, forged, MALFORMED);
}

GST_END_TEST;

/* Each size that a trailer can say it has. */
GST_START_TEST (test_packet_trailer_sizes)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (E2EE_CODEC_VP8);
  guint i, size;

  e2ee_frame_cryptor_set_encrypted (cryptor, FALSE);
  e2ee_frame_cryptor_set_packet_trailer (cryptor, TRUE);
  for (size = 5; size < 300; size++) {
    /* User data of no size, again and again. */
    g_autoptr (GByteArray) frame = frame_new ("", size, 0);

    for (i = 0; i + 5 < size; i++)
      frame->data[size - 6 - i] = i % 2 == 0 ? 0xff : 0xfc;
    memcpy (frame->data + size - 4, "LKTS", 4);
    for (i = 0; i < 256; i++) {
      g_autoptr (GByteArray) out = NULL;
      /* Odd ones begin in the middle of a field, which is then unknown. */
      gboolean is_one = i >= 7 && i <= size && i % 2 == 1;

      frame->data[size - 5] = i ^ 0xff;
      frame_decrypt (cryptor, frame->data, size, &out);
      if (is_one || i > size || i < 7)
        fail_unless_equals_int (out->len, is_one ? size - i : size);
    }
  }
}

GST_END_TEST;

/* --- frames of the SFU --- */

/* What a muted or ended track is filled up with. */
static const struct
{
  E2eeCodec codec;
  const gchar *start;           /* in hex, then zeros */
  guint size;
} blanks[] = {
  {E2EE_CODEC_OPUS, "f8fffe", 80},
  {E2EE_CODEC_VP8, "1002009d012a080008000047088585888584880202000c0d6000feffab"
        "5080", 31},
  {E2EE_CODEC_H264, "6742c01f0fd91f888884000003000400000300c83c60c920", 24},
  {E2EE_CODEC_H264, "6887cb83cb20", 6},
  {E2EE_CODEC_H264, "6588840af2628000a7be", 10},
};

GST_START_TEST (test_sif_forward)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (blanks[__i__].codec);
  g_autoptr (GByteArray) blank =
      frame_new (blanks[__i__].start, blanks[__i__].size, 0);
  g_autoptr (GByteArray) frame = frame_append_sif_trailer (blank);
  g_autoptr (GByteArray) out = NULL;

  set_sif_trailer (cryptor, FRAME_SIF_TRAILER);
  fail_unless_equals_int (frame_decrypt (cryptor, frame->data, frame->len,
          &out), E2EE_RESULT_SIF_FORWARD);
  assert_bytes (out, blank);
}

GST_END_TEST;

/* Whatever an SFU wants to have played but what is known to say nothing. */
GST_START_TEST (test_sif_drop)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (E2EE_CODEC_OPUS);
  guint size, i;

  set_sif_trailer (cryptor, FRAME_SIF_TRAILER);
  for (size = 0; size < 100; size++) {
    g_autoptr (GByteArray) plain = frame_new ("f8fffe", size, 0);
    g_autoptr (GByteArray) frame = frame_append_sif_trailer (plain);

    fail_unless_equals_int (decrypt_result (cryptor, frame), size == 80 ?
        E2EE_RESULT_SIF_FORWARD : E2EE_RESULT_SIF_DROP);
    for (i = 0; size == 80 && i < 8 * size; i++) {
      frame->data[i / 8] ^= 1 << i % 8;
      assert_result (cryptor, frame, SIF_DROP);
      frame->data[i / 8] ^= 1 << i % 8;
    }
  }
}

GST_END_TEST;

/* The trailer means that the frame isn't a participant's, even if it could be
 * decrypted. */
GST_START_TEST (test_sif_encrypted)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (E2EE_CODEC_OPUS);
  g_autoptr (GByteArray) plain = frame_new ("fc", 60, 2);
  g_autoptr (GByteArray) encrypted = frame_encrypted (cryptor, plain);
  g_autofree gchar *end = g_strndup ((const gchar *) encrypted->data
      + encrypted->len - 2, 2);

  set_sif_trailer (cryptor, FRAME_SIF_TRAILER);
  assert_decrypts (cryptor, encrypted, plain);
  set_sif_trailer (cryptor, end);
  assert_result (cryptor, encrypted, SIF_DROP);
  set_sif_trailer (cryptor, "");
  assert_decrypts (cryptor, encrypted, plain);
}

GST_END_TEST;

GST_START_TEST (test_sif_unknown)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (E2EE_CODEC_OPUS);
  g_autoptr (GByteArray) silence = frame_new ("f8fffe", 80, 0);
  g_autoptr (GByteArray) frame = frame_append_sif_trailer (silence);
  g_autoptr (GByteArray) out = NULL;

  assert_result (cryptor, frame, MALFORMED);
  set_sif_trailer (cryptor, "other");
  assert_result (cryptor, frame, MALFORMED);
  /* On a plain track they aren't looked for. */
  set_sif_trailer (cryptor, FRAME_SIF_TRAILER);
  e2ee_frame_cryptor_set_encrypted (cryptor, FALSE);
  fail_unless_equals_int (frame_decrypt (cryptor, frame->data, frame->len,
          &out), E2EE_RESULT_PLAIN);
  assert_bytes (out, frame);
}

GST_END_TEST;

/* First the packet trailer goes, then the SFU's is looked for. */
GST_START_TEST (test_sif_order)
{
  g_autoptr (E2eeFrameCryptor) cryptor = cryptor_new (E2EE_CODEC_VP8);
  g_autoptr (GByteArray) plain = bytes_from_hex ("10" PAYLOAD);
  g_autoptr (GByteArray) sif = frame_append_sif_trailer (plain);
  g_autoptr (GByteArray) frame = frame_append_hex (sif, FRAME_ID "f4" MAGIC);

  set_sif_trailer (cryptor, FRAME_SIF_TRAILER);
  e2ee_frame_cryptor_set_packet_trailer (cryptor, TRUE);
  assert_result (cryptor, frame, SIF_DROP);
}

GST_END_TEST;

static Suite *
framecryptor_trailer_suite (void)
{
  Suite *suite = suite_create ("framecryptor-trailer");
  TCase *tc = tcase_create ("framecryptor-trailer");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_packet_trailer_plain, 0,
      G_N_ELEMENTS (trailer_rows));
  tcase_add_loop_test (tc, test_packet_trailer_alone, 0,
      G_N_ELEMENTS (trailer_rows));
  tcase_add_loop_test (tc, test_packet_trailer_encrypted, 0, N_FRAME_KINDS);
  tcase_add_test (tc, test_packet_trailer_sizes);
  tcase_add_loop_test (tc, test_sif_forward, 0, G_N_ELEMENTS (blanks));
  tcase_add_test (tc, test_sif_drop);
  tcase_add_test (tc, test_sif_encrypted);
  tcase_add_test (tc, test_sif_unknown);
  tcase_add_test (tc, test_sif_order);
  return suite;
}

GST_CHECK_MAIN (framecryptor_trailer);
