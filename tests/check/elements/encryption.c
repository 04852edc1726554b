/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Encrypted calls: where keys come from and when, and what becomes of tracks
 * without one.
 */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define PASSPHRASE "correct horse battery staple"
#define KEY "0123456789abcdef"
#define KEY_BASE64 "MDEyMzQ1Njc4OWFiY2RlZg"
#define OTHER_KEY "fedcba9876543210"

#define N_BUFFERS 5

static void
setup (void)
{
  fixture_setup ();
  receiver_go_direct (receiver);
  testcall_join (call, "ana", 0, TESTCALL_VP8);
}

static void
teardown (void)
{
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

/* What ana does */

static void
encrypt_with (const gchar * key, guint index)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (key, strlen (key));

  fail_unless (testcall_set_media_key (call, "ana", index, bytes));
}

static void
encrypt_with_passphrase (void)
{
  fail_unless (testcall_set_passphrase (call, "ana", PASSPHRASE));
}

static void
publish (TestcallMedia media)
{
  guint bit;

  for (bit = TESTCALL_AUDIO; bit <= TESTCALL_VIDEO; bit <<= 1) {
    if (media & bit)
      fail_unless (testcall_publish (call, "ana", bit, TESTCALL_VP8));
  }
}

/* What an application does */

static void
give_key (const gchar * key, guint index)
{
  g_autofree gchar *identity = testcall_get_identity (call, "ana");
  g_autoptr (GBytes) bytes = g_bytes_new_static (key, strlen (key));

  g_signal_emit_by_name (receiver_get_src (receiver), "set-media-key",
      identity, index, bytes);
}

static void
give_key_event (const gchar * user, const gchar * device, const gchar * claimed)
{
  g_autofree gchar *json = g_strdup_printf ("{\"keys\":{\"index\":4,\"key\":\""
      KEY_BASE64 "\"},\"member\":{\"id\":\"x\",\"claimed_device_id\":\"%s\"},"
      "\"room_id\":\"!any:testcall.example\",\"sent_ts\":1}", claimed);

  g_signal_emit_by_name (receiver_get_src (receiver), "handle-encryption-keys",
      user, device, json);
}

/* What comes */

static ReceiverPad *
wait_for_pad (TestcallMedia media)
{
  g_autofree gchar *track_sid = testcall_get_track_sid (call, "ana", media);
  ReceiverPad *pad = receiver_wait_for_track (receiver, track_sid);

  fail_unless (pad != NULL, "no pad for %s", track_sid);
  return pad;
}

static ReceiverPad *
check_media (TestcallMedia media)
{
  ReceiverPad *pad = wait_for_pad (media);

  fail_unless (receiver_wait_for_buffers (receiver, pad,
          pad->n_buffers + N_BUFFERS), "no buffers");
  fail_if (media == TESTCALL_VIDEO && pad->first_is_delta);
  return pad;
}

static void
check_state (TestcallMedia media, const gchar * expected)
{
  g_autofree gchar *track_sid = testcall_get_track_sid (call, "ana", media);
  g_autofree gchar *identity = testcall_get_identity (call, "ana");
  gboolean is_found = FALSE;

  while (!is_found) {
    g_autoptr (GstStructure) message = receiver_wait_for_message (receiver,
        "matrixrtc-encryption-state");

    fail_unless (message != NULL, "%s isn't told", expected);
    if (!g_str_equal (gst_structure_get_string (message, "track-sid"),
            track_sid))
      continue;
    fail_unless_equals_string (gst_structure_get_string (message, "identity"),
        identity);
    is_found = g_str_equal (gst_structure_get_string (message, "state"),
        expected);
  }
}

static void
check_warning (GQuark domain, gint code, const gchar * expected)
{
  g_autoptr (GstMessage) message = receiver_wait_for_warning (receiver);
  g_autoptr (GError) warning = NULL;
  g_autofree gchar *debug = NULL;

  fail_unless (message != NULL, "no warning");
  gst_message_parse_warning (message, &warning, &debug);
  fail_unless (g_error_matches (warning, domain, code), "%s: %s",
      warning->message, debug);
  fail_unless (strstr (debug, expected) != NULL, "%s", debug);
}

/* Passphrases */

GST_START_TEST (test_passphrase)
{
  gboolean encrypted;
  ReceiverPad *pad;

  encrypt_with_passphrase ();
  publish (TESTCALL_AUDIO | TESTCALL_VIDEO);
  g_object_set (receiver_get_src (receiver), "e2ee-passphrase", PASSPHRASE,
      NULL);
  receiver_play (receiver);
  pad = check_media (TESTCALL_AUDIO);
  check_media (TESTCALL_VIDEO);
  g_object_get (pad->pad, "encrypted", &encrypted, NULL);
  fail_unless (encrypted);
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_passphrase_file)
{
  g_autofree gchar *path = NULL;
  gint fd = g_file_open_tmp ("passphrase-XXXXXX", &path, NULL);

  fail_unless (fd >= 0 && g_close (fd, NULL));
  fail_unless (g_file_set_contents (path, PASSPHRASE "\n", -1, NULL));
  encrypt_with_passphrase ();
  publish (TESTCALL_AUDIO);
  g_object_set (receiver_get_src (receiver), "e2ee-passphrase-file", path,
      "e2ee-keys", 2, NULL);
  receiver_play (receiver);
  check_media (TESTCALL_AUDIO);
  g_unlink (path);
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_wrong_passphrase)
{
  ReceiverPad *pad;

  encrypt_with_passphrase ();
  publish (TESTCALL_AUDIO);
  g_object_set (receiver_get_src (receiver), "e2ee-passphrase", "wrong", NULL);
  receiver_play (receiver);
  check_state (TESTCALL_AUDIO, "key-invalid");
  pad = wait_for_pad (TESTCALL_AUDIO);
  fail_unless (receiver_wait_for_gaps (receiver, pad, N_BUFFERS));
  fail_unless_equals_int (pad->n_buffers, 0);
  teardown ();
}

GST_END_TEST;

static void
check_key_error (void)
{
  g_autoptr (GstMessage) message = receiver_wait_for_error (receiver);
  const GstStructure *details;
  g_autoptr (GError) error = NULL;

  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECRYPT);
  gst_message_parse_error_details (message, &details);
  fail_unless_equals_string (gst_structure_get_string (details, "code"),
      "E2EE_KEY");
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      "failed");
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_READY);
}

/* Each is an error at the start, and the next start goes well. */
GST_START_TEST (test_no_passphrase)
{
  GstElement *src = receiver_get_src (receiver);

  encrypt_with_passphrase ();
  publish (TESTCALL_AUDIO);
  g_object_set (src, "e2ee-keys", 2, NULL);
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_PLAYING);
  check_key_error ();
  g_object_set (src, "e2ee-passphrase-file", "/nowhere/at/all", NULL);
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_PLAYING);
  check_key_error ();
  g_object_set (src, "e2ee-passphrase", PASSPHRASE, NULL);
  receiver_play (receiver);
  check_media (TESTCALL_AUDIO);
  teardown ();
}

GST_END_TEST;

/* Keys of participants */

GST_START_TEST (test_early_key)
{
  encrypt_with (KEY, 200);
  publish (TESTCALL_AUDIO | TESTCALL_VIDEO);
  give_key (KEY, 200);
  receiver_play (receiver);
  check_media (TESTCALL_AUDIO);
  check_media (TESTCALL_VIDEO);
  check_state (TESTCALL_AUDIO, "ok");
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_late_key)
{
  ReceiverPad *audio, *video;

  encrypt_with (KEY, 1);
  publish (TESTCALL_AUDIO | TESTCALL_VIDEO);
  receiver_play (receiver);
  audio = wait_for_pad (TESTCALL_AUDIO);
  video = wait_for_pad (TESTCALL_VIDEO);
  fail_unless (receiver_wait_for_gaps (receiver, audio, N_BUFFERS));
  fail_unless_equals_int (audio->n_buffers, 0);
  fail_unless_equals_int (video->n_buffers, 0);
  give_key (KEY, 1);
  check_media (TESTCALL_AUDIO);
  check_media (TESTCALL_VIDEO);
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_rotation)
{
  guint i;

  encrypt_with (KEY, 0);
  publish (TESTCALL_AUDIO | TESTCALL_VIDEO);
  give_key (KEY, 0);
  receiver_play (receiver);
  check_media (TESTCALL_VIDEO);
  for (i = 1; i < 4; i++) {
    const gchar *key = i % 2 == 0 ? KEY : OTHER_KEY;

    give_key (key, i);
    encrypt_with (key, i);
    check_media (TESTCALL_AUDIO);
    check_media (TESTCALL_VIDEO);
  }
  /* A key that we never get. */
  encrypt_with ("xxxxxxxxxxxxxxxx", 4);
  check_state (TESTCALL_VIDEO, "missing-key");
  give_key (KEY, 5);
  encrypt_with (KEY, 5);
  check_state (TESTCALL_VIDEO, "ok");
  check_media (TESTCALL_VIDEO);
  teardown ();
}

GST_END_TEST;

/* Keys outlive the connection: nobody has left who is still there then. */
GST_START_TEST (test_keys_over_a_reconnect)
{
  ReceiverPad *video;

  encrypt_with (KEY, 7);
  publish (TESTCALL_AUDIO | TESTCALL_VIDEO);
  give_key (KEY, 7);
  receiver_play (receiver);
  video = check_media (TESTCALL_VIDEO);
  testcall_drop_sockets (call, FALSE);
  fail_unless (receiver_wait_for_state (receiver, "reconnecting"));
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  fail_unless (receiver_wait_for_discont (receiver, video, 1));
  check_media (TESTCALL_AUDIO);
  check_media (TESTCALL_VIDEO);
  receiver_fail_on_error (receiver);
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_key_event)
{
  encrypt_with (KEY, 4);
  publish (TESTCALL_AUDIO);
  give_key_event ("@ana:testcall.example", "ANADEVICE", "ANADEVICE");
  receiver_play (receiver);
  check_media (TESTCALL_AUDIO);
  teardown ();
}

GST_END_TEST;

/* The identities of `/get_token` are hashes. */
GST_START_TEST (test_key_event_of_hashed_identity)
{
  g_autofree gchar *identity =
      testcall_hash ("@ben:testcall.example", "BENDEVICE", "x", NULL);
  g_autoptr (GBytes) key = g_bytes_new_static (KEY, strlen (KEY));
  g_autofree gchar *track_sid = NULL;
  ReceiverPad *pad;

  testcall_join_as (call, "ben", identity, 0, TESTCALL_VP8);
  fail_unless (testcall_set_media_key (call, "ben", 4, key));
  fail_unless (testcall_publish (call, "ben", TESTCALL_AUDIO, TESTCALL_VP8));
  track_sid = testcall_get_track_sid (call, "ben", TESTCALL_AUDIO);
  receiver_play (receiver);
  give_key_event ("@ben:testcall.example", "BENDEVICE", "BENDEVICE");
  pad = receiver_wait_for_track (receiver, track_sid);
  fail_unless (pad != NULL);
  fail_unless (receiver_wait_for_buffers (receiver, pad, N_BUFFERS));
  teardown ();
}

GST_END_TEST;

/* Somebody else's key for ana. */
GST_START_TEST (test_forged_key_event)
{
  encrypt_with (KEY, 4);
  publish (TESTCALL_AUDIO);
  give_key_event ("@eve:testcall.example", "EVEDEVICE", "ANADEVICE");
  check_warning (GST_STREAM_ERROR, GST_STREAM_ERROR_DECRYPT, "claims");
  give_key_event ("@eve:testcall.example", "ANADEVICE", "ANADEVICE");
  receiver_play (receiver);
  check_state (TESTCALL_AUDIO, "missing-key");
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_bad_keys)
{
  give_key ("short", 0);
  check_warning (GST_STREAM_ERROR, GST_STREAM_ERROR_DECRYPT, "16 bytes");
  give_key (KEY, 256);
  check_warning (GST_STREAM_ERROR, GST_STREAM_ERROR_DECRYPT, "below 256");
  g_signal_emit_by_name (receiver_get_src (receiver), "set-media-key", NULL, 0,
      NULL);
  check_warning (GST_STREAM_ERROR, GST_STREAM_ERROR_DECRYPT, "identity");
  g_signal_emit_by_name (receiver_get_src (receiver), "handle-encryption-keys",
      NULL, NULL, NULL);
  check_warning (GST_STREAM_ERROR, GST_STREAM_ERROR_DECRYPT, "missing");
  teardown ();
}

GST_END_TEST;

/* Who comes back needs a new key. */
GST_START_TEST (test_leave_wipes)
{
  g_autofree gchar *identity = testcall_get_identity (call, "ana");
  g_autofree gchar *track_sid = NULL;

  encrypt_with (KEY, 1);
  publish (TESTCALL_AUDIO);
  give_key (KEY, 1);
  receiver_play (receiver);
  check_media (TESTCALL_AUDIO);
  track_sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  fail_unless (testcall_leave (call, "ana"));
  fail_unless (receiver_wait_for_removal (receiver, track_sid));
  testcall_join_as (call, "ana", identity, 0, TESTCALL_VP8);
  encrypt_with (KEY, 1);
  publish (TESTCALL_AUDIO);
  check_state (TESTCALL_AUDIO, "missing-key");
  give_key (KEY, 1);
  check_media (TESTCALL_AUDIO);
  teardown ();
}

GST_END_TEST;

/* In READY keys are kept, in NULL they are gone. */
GST_START_TEST (test_keys_over_states)
{
  GstElement *pipeline = receiver_get_pipeline (receiver);

  encrypt_with (KEY, 1);
  publish (TESTCALL_AUDIO);
  give_key (KEY, 1);
  receiver_play (receiver);
  check_media (TESTCALL_AUDIO);
  gst_element_set_state (pipeline, GST_STATE_READY);
  receiver_play (receiver);
  check_state (TESTCALL_AUDIO, "ok");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  receiver_forget_pads (receiver);
  receiver_play (receiver);
  check_state (TESTCALL_AUDIO, "missing-key");
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_no_keys)
{
  encrypt_with (KEY, 1);
  publish (TESTCALL_AUDIO);
  give_key (KEY, 1);
  g_object_set (receiver_get_src (receiver), "e2ee-keys", 1, NULL);
  receiver_play (receiver);
  check_state (TESTCALL_AUDIO, "missing-key");
  teardown ();
}

GST_END_TEST;

/* Policy */

static void
join_plain_ana_among_encrypted (const gchar * policy)
{
  publish (TESTCALL_AUDIO);
  testcall_join (call, "ben", 0, TESTCALL_VP8);
  fail_unless (testcall_set_passphrase (call, "ben", PASSPHRASE));
  fail_unless (testcall_publish (call, "ben", TESTCALL_AUDIO, TESTCALL_VP8));
  gst_util_set_object_arg (G_OBJECT (receiver_get_src (receiver)),
      "unencrypted-media", policy);
  receiver_play (receiver);
}

GST_START_TEST (test_warn)
{
  join_plain_ana_among_encrypted ("warn");
  check_media (TESTCALL_AUDIO);
  check_warning (GST_STREAM_ERROR, GST_STREAM_ERROR_DECRYPT, "@ana:");
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_drop)
{
  ReceiverPad *pad;

  join_plain_ana_among_encrypted ("drop");
  check_state (TESTCALL_AUDIO, "not-encrypted");
  pad = wait_for_pad (TESTCALL_AUDIO);
  fail_unless (receiver_wait_for_gaps (receiver, pad, N_BUFFERS));
  fail_unless_equals_int (pad->n_buffers, 0);
  teardown ();
}

GST_END_TEST;

GST_START_TEST (test_allow)
{
  join_plain_ana_among_encrypted ("allow");
  check_media (TESTCALL_AUDIO);
  teardown ();
}

GST_END_TEST;

/* What was encrypted stays so, whatever the SFU says. */
GST_START_TEST (test_denied_encryption)
{
  g_autoptr (GstStructure) update = NULL;
  ReceiverPad *pad;

  encrypt_with (KEY, 1);
  publish (TESTCALL_AUDIO);
  receiver_play (receiver);
  pad = wait_for_pad (TESTCALL_AUDIO);
  fail_unless (receiver_wait_for_gaps (receiver, pad, N_BUFFERS));
  fail_unless (testcall_deny_encryption (call, "ana"));
  update = receiver_wait_for_message (receiver,
      "matrixrtc-participant-updated");
  fail_unless (update != NULL);
  fail_unless (receiver_wait_for_gaps (receiver, pad,
          pad->n_gaps + 5 * N_BUFFERS));
  fail_unless_equals_int (pad->n_buffers, 0);
  give_key (KEY, 1);
  check_media (TESTCALL_AUDIO);
  teardown ();
}

GST_END_TEST;

/* No pad, rather than one whose packets nobody can use. */
GST_START_TEST (test_rtp)
{
  encrypt_with (KEY, 1);
  publish (TESTCALL_AUDIO);
  testcall_join (call, "ben", TESTCALL_AUDIO, TESTCALL_VP8);
  gst_util_set_object_arg (G_OBJECT (receiver_get_src (receiver)), "output",
      "rtp");
  receiver_play (receiver);
  check_warning (GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "encrypted");
  fail_unless (receiver_wait_for_track (receiver, testcall_get_track_sid
          (call, "ben", TESTCALL_AUDIO)) != NULL);
  fail_unless_equals_int (receiver_count_pads (receiver), 1);
  teardown ();
}

GST_END_TEST;

static Suite *
encryption_suite (void)
{
  Suite *suite = suite_create ("encryption");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_test (tc, test_passphrase);
  tcase_add_test (tc, test_passphrase_file);
  tcase_add_test (tc, test_wrong_passphrase);
  tcase_add_test (tc, test_no_passphrase);
  tcase_add_test (tc, test_early_key);
  tcase_add_test (tc, test_late_key);
  tcase_add_test (tc, test_rotation);
  tcase_add_test (tc, test_keys_over_a_reconnect);
  tcase_add_test (tc, test_key_event);
  tcase_add_test (tc, test_key_event_of_hashed_identity);
  tcase_add_test (tc, test_forged_key_event);
  tcase_add_test (tc, test_bad_keys);
  tcase_add_test (tc, test_leave_wipes);
  tcase_add_test (tc, test_keys_over_states);
  tcase_add_test (tc, test_no_keys);
  tcase_add_test (tc, test_warn);
  tcase_add_test (tc, test_drop);
  tcase_add_test (tc, test_allow);
  tcase_add_test (tc, test_denied_encryption);
  tcase_add_test (tc, test_rtp);
  return suite;
}

GST_CHECK_MAIN (encryption);
