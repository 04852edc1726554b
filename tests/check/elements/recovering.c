/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of resumes and reconnects share: a call with one participant, and
 * what has to be the same when it is got back.
 */
#include "recovering.h"

/* How much audio may be missing. How long none comes depends on the machine too,
 * and is measured against a real server. */
#define MAX_RESUME_GAP GST_SECOND

ReceiverPad *audio;
ReceiverPad *video;

/* Ana is in the call, and her two tracks come. */
void
recovering_start (void)
{
  g_autofree gchar *audio_sid = NULL;
  g_autofree gchar *video_sid = NULL;

  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  audio_sid = testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  video_sid = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  receiver_play (receiver);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
  audio = receiver_wait_for_track (receiver, audio_sid);
  video = receiver_wait_for_track (receiver, video_sid);
  fail_unless (audio != NULL && video != NULL);
  fail_unless (receiver_wait_for_media (receiver, audio));
  fail_unless (receiver_wait_for_media (receiver, video));
  receiver_forget_gaps (receiver);
}

/* What has been told since the first time that it was connected. */
void
recovering_check_states (const gchar * expected)
{
  g_autofree gchar *states = receiver_get_states (receiver);
  const gchar *since = strstr (states, ">connected ");

  fail_unless (since != NULL);
  fail_unless_equals_string (since + strlen (">connected "), expected);
}

/* The call goes on, on the same pads. */
void
recovering_check_media (void)
{
  fail_unless (receiver_wait_for_media (receiver, audio));
  fail_unless (receiver_wait_for_media (receiver, video));
  fail_unless_equals_int (receiver_count_pads (receiver), 2);
  fail_if (audio->is_removed || audio->is_eos || audio->went_back);
  fail_if (video->is_removed || video->is_eos || video->went_back);
  receiver_fail_on_error (receiver);
}

void
recovering_wait_for_states (const gchar * first, const gchar * second)
{
  fail_unless (receiver_wait_for_state (receiver, first));
  fail_unless (receiver_wait_for_state (receiver, second));
}

/* It has failed, and the debug text tells @reason. */
void
recovering_check_error (const gchar * code, const gchar * reason)
{
  GstMessage *message = receiver_wait_for_error (receiver);
  const GstStructure *details;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  fail_unless (message != NULL, "no error came");
  gst_message_parse_error (message, &error, &debug);
  gst_message_parse_error_details (message, &details);
  fail_unless_equals_string (gst_structure_get_string (details, "code"), code);
  fail_unless (strstr (debug, reason) != NULL, "%s", debug);
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      "failed");
  gst_message_unref (message);
}

/* The media go on from another session. A lost packet is a discontinuity too. */
void
recovering_check_discont (ReceiverPad * pad)
{
  fail_unless (receiver_wait_for_discont (receiver, pad, 1));
}

/* The session is gone, so that no resume is possible. */
void
recovering_reconnect (void)
{
  testcall_drop_sockets (call, FALSE);
  recovering_wait_for_states ("reconnecting", "connected");
}

/* The same, and nobody can come in before recovering_let_in(). */
void
recovering_lose (void)
{
  const TestcallFault away = {.status = 503,.body = "" };

  testcall_set_fault (call, TESTCALL_STEP_UPGRADE, &away);
  testcall_drop_sockets (call, FALSE);
  fail_unless (receiver_wait_for_state (receiver, "signal-reconnecting"));
}

void
recovering_let_in (void)
{
  testcall_set_fault (call, TESTCALL_STEP_UPGRADE, NULL);
  fail_unless (receiver_wait_for_state (receiver, "connected"));
}

/* So many of each, and with any a gap in the media. */
void
recovering_check_stats (guint reconnects, guint resumes)
{
  g_autoptr (GstStructure) stats = NULL;
  guint n_reconnects, n_resumes;
  guint64 gap;

  g_object_get (receiver_get_src (receiver), "stats", &stats, NULL);
  fail_unless (gst_structure_get (stats, "reconnects", G_TYPE_UINT,
          &n_reconnects, "resumes", G_TYPE_UINT, &n_resumes,
          "longest-media-gap", G_TYPE_UINT64, &gap, NULL));
  fail_unless_equals_int (n_reconnects, reconnects);
  fail_unless_equals_int (n_resumes, resumes);
  fail_unless ((gap != 0) == (reconnects + resumes != 0));
  fail_unless (gap < DEADLINE_MS * GST_MSECOND);
}

/* The socket is gone and the session is there. */
void
recovering_resume (void)
{
  receiver_forget_gaps (receiver);
  testcall_drop_sockets (call, TRUE);
  recovering_wait_for_states ("signal-reconnecting", "connected");
  recovering_check_media ();
  fail_if (audio->longest_gap > MAX_RESUME_GAP);
}
