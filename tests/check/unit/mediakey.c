/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Media keys from to-device events: matrix/mediakey.h.
 */
#include <gst/check/gstcheck.h>
#include <string.h>
#include "hex.h"
#include "matrix/mediakey.h"

#define ROOM "!room:example.org"
#define USER "@alice:example.org"
#define DEVICE "ABCDEF"
#define BYTES "000102030405060708090a0b0c0d0e0f"

#define EVENT(keys, member) "{\"keys\":" keys ",\"member\":" member \
    ",\"room_id\":\"" ROOM "\",\"session\":{\"application\":\"m.call\"," \
    "\"call_id\":\"\",\"scope\":\"m.room\"},\"sent_ts\":1700000000000}"
#define KEYS "{\"index\":3,\"key\":\"AAECAwQFBgcICQoLDA0ODw==\"}"
#define MEMBER "{\"id\":\"m1\",\"claimed_device_id\":\"" DEVICE "\"}"

static MatrixMediaKey *
parse (const gchar * json)
{
  return matrix_media_key_new (ROOM, USER, DEVICE, json, NULL);
}

GST_START_TEST (test_event)
{
  g_autoptr (MatrixMediaKey) key = parse (EVENT (KEYS, MEMBER));
  g_autofree gchar *hex = NULL;

  fail_unless (key != NULL);
  hex = hex_from_bytes (key->bytes, sizeof (key->bytes));
  fail_unless_equals_string (hex, BYTES);
  fail_unless_equals_int (key->index, 3);
  fail_unless_equals_int64 (key->sent_ts, 1700000000000);
  fail_unless_equals_string (key->identity, USER ":" DEVICE);
  fail_unless_equals_string (key->hashed_identity,
      "eLQsUWL6aMsk14TWNDG5jtOeOvFoiLidyGvnDW8q08w");
}

GST_END_TEST;

/* What senders may do otherwise. */
static const gchar *const good[] = {
  EVENT ("{\"index\":0,\"key\":\"AAECAwQFBgcICQoLDA0ODw\"}", MEMBER),
  EVENT ("{\"index\":255,\"key\":\"AAECAwQFBgcICQoLDA0ODw=\"}", MEMBER),
  EVENT (KEYS, "{\"claimed_device_id\":\"" DEVICE "\"}"),
  EVENT (KEYS, "{\"id\":5,\"claimed_device_id\":\"" DEVICE "\"}"),
  "{\"keys\":" KEYS ",\"member\":" MEMBER ",\"room_id\":\"" ROOM "\"}",
  "{\"keys\":" KEYS ",\"member\":" MEMBER ",\"room_id\":\"" ROOM "\","
      "\"sent_ts\":\"now\"}",
};

GST_START_TEST (test_good)
{
  g_autoptr (MatrixMediaKey) key = parse (good[__i__]);
  g_autofree gchar *hex = NULL;

  fail_unless (key != NULL, "%s", good[__i__]);
  hex = hex_from_bytes (key->bytes, sizeof (key->bytes));
  fail_unless_equals_string (hex, BYTES);
}

GST_END_TEST;

GST_START_TEST (test_url_safe)
{
  g_autoptr (MatrixMediaKey) key = parse (EVENT ("{\"index\":0,\"key\":"
          "\"-_-_-_-_-_-_-_-_-_-_-w\"}", MEMBER));
  g_autofree gchar *hex = NULL;

  fail_unless (key != NULL);
  hex = hex_from_bytes (key->bytes, sizeof (key->bytes));
  fail_unless_equals_string (hex, "fbffbffbffbffbffbffbffbffbffbffb");
}

GST_END_TEST;

static const gchar *const bad[] = {
  NULL, "", "[]", "null", "{", "{}",
  EVENT ("[" KEYS "]", MEMBER), EVENT ("null", MEMBER),
  EVENT ("{\"index\":3}", MEMBER),
  EVENT ("{\"key\":\"AAECAwQFBgcICQoLDA0ODw==\"}", MEMBER),
  EVENT ("{\"index\":-1,\"key\":\"AAECAwQFBgcICQoLDA0ODw==\"}", MEMBER),
  EVENT ("{\"index\":256,\"key\":\"AAECAwQFBgcICQoLDA0ODw==\"}", MEMBER),
  EVENT ("{\"index\":1.5,\"key\":\"AAECAwQFBgcICQoLDA0ODw==\"}", MEMBER),
  EVENT ("{\"index\":\"3\",\"key\":\"AAECAwQFBgcICQoLDA0ODw==\"}", MEMBER),
  EVENT ("{\"index\":3,\"key\":5}", MEMBER),
  EVENT ("{\"index\":3,\"key\":\"\"}", MEMBER),
  EVENT ("{\"index\":3,\"key\":\"AAECAwQFBgcICQoLDA0O\"}", MEMBER),
  EVENT ("{\"index\":3,\"key\":\"AAECAwQFBgcICQoLDA0OD\"}", MEMBER),
  EVENT ("{\"index\":3,\"key\":\"AAECAwQFBgcICQoLDA0ODxA\"}", MEMBER),
  EVENT ("{\"index\":3,\"key\":\"AAECAwQFBgcICQoLDA0ODw===\"}", MEMBER),
  EVENT ("{\"index\":3,\"key\":\"AAECAwQFBgcICQoLDA0ODw==A\"}", MEMBER),
  EVENT ("{\"index\":3,\"key\":\"AAECAwQFBgcICQoL DA0ODw==\"}", MEMBER),
  EVENT ("{\"index\":3,\"key\":\"AAECAwQFBgcICQoLDA0ODw==AAECAwQFBgcICQoLDA0"
      "ODw==AAECAwQFBgcICQoLDA0ODw==AAECAwQFBgcICQoLDA0ODw==\"}", MEMBER),
  EVENT (KEYS, "null"), EVENT (KEYS, "{}"), EVENT (KEYS, "{\"id\":\"m1\"}"),
  EVENT (KEYS, "{\"claimed_device_id\":\"OTHER\"}"),
  EVENT (KEYS, "{\"claimed_device_id\":5}"),
  EVENT (KEYS, "{\"id\":\"\",\"claimed_device_id\":\"" DEVICE "\"}"),
  "{\"keys\":" KEYS ",\"member\":" MEMBER "}",
  "{\"keys\":" KEYS ",\"member\":" MEMBER ",\"room_id\":\"!a:b\"}",
  "{\"keys\":" KEYS ",\"member\":" MEMBER ",\"room_id\":7}",
};

GST_START_TEST (test_bad)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MatrixMediaKey) key = matrix_media_key_new (ROOM, USER, DEVICE,
      bad[__i__], &error);

  fail_unless (key == NULL, "%s", bad[__i__]);
  fail_unless (error != NULL);
  fail_if (strstr (error->message, "AAEC") != NULL, "%s quotes the key",
      error->message);
}

GST_END_TEST;

GST_START_TEST (test_senders)
{
  const gchar *json = EVENT (KEYS, MEMBER);
  g_autofree gchar *long_id = g_strnfill (256, 'a');

  fail_unless (matrix_media_key_new (ROOM, NULL, DEVICE, json, NULL) == NULL);
  fail_unless (matrix_media_key_new (ROOM, "", DEVICE, json, NULL) == NULL);
  fail_unless (matrix_media_key_new (ROOM, USER, NULL, json, NULL) == NULL);
  fail_unless (matrix_media_key_new (ROOM, USER, "", json, NULL) == NULL);
  fail_unless (matrix_media_key_new (ROOM, USER, "OTHER", json, NULL) == NULL);
  fail_unless (matrix_media_key_new (ROOM, long_id, DEVICE, json, NULL)
      == NULL);
}

GST_END_TEST;

/* Without a room of ours, it's one that only the application knows. */
GST_START_TEST (test_no_room)
{
  g_autoptr (MatrixMediaKey) key = matrix_media_key_new (NULL, USER, DEVICE,
      EVENT (KEYS, MEMBER), NULL);

  fail_unless (key != NULL);
}

GST_END_TEST;

GST_START_TEST (test_too_large)
{
  g_autofree gchar *filler = g_strnfill (64 * 1024, ' ');
  g_autofree gchar *json = g_strconcat (EVENT (KEYS, MEMBER), filler, NULL);

  fail_unless (parse (json) == NULL);
}

GST_END_TEST;

static Suite *
mediakey_suite (void)
{
  Suite *suite = suite_create ("mediakey");
  TCase *tc = tcase_create ("mediakey");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_event);
  tcase_add_loop_test (tc, test_good, 0, G_N_ELEMENTS (good));
  tcase_add_test (tc, test_url_safe);
  tcase_add_loop_test (tc, test_bad, 0, G_N_ELEMENTS (bad));
  tcase_add_test (tc, test_senders);
  tcase_add_test (tc, test_no_room);
  tcase_add_test (tc, test_too_large);
  return suite;
}

GST_CHECK_MAIN (mediakey);
