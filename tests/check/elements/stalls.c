/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Muxers and mixers go on with one participant who is muted, one who sends no
 * silence, and one who is frozen.
 */
#include "fixture.h"

/* How much of the fourth has to be taken for that: more than queues hold. */
#define GOES_ON (5 * GST_SECOND)

typedef struct
{
  const gchar *chain;           /* behind each pad */
  const gchar *consumer;        /* of all of them */
  const gchar *video_chain;     /* it's the first one's camera that is muted */
} Row;

static const Row rows[] = {
  {"opusdec ! audioconvert ! audioresample ! queue name=queue",
      "audiomixer name=all ! fakesink"},
  {"opusparse ! queue name=queue", "matroskamux name=all ! fakesink"},
  {"opusparse ! queue name=queue",
      "mp4mux name=all fragment-duration=500 ! fakesink"},
  {"opusparse ! queue name=queue", "matroskamux name=all ! fakesink",
      "h264parse ! queue name=queue"},
  {"opusparse ! queue name=queue",
        "mp4mux name=all fragment-duration=500 ! fakesink",
      "h264parse ! queue name=queue"},
};

enum
{
  MUTED,
  SILENT,
  FROZEN,
  TALKING,
  N_PEOPLE
};

static const gchar *const people[] = { "ana", "bob", "cleo", "dan" };

static TestcallMedia
media_of (const Row * row, guint person)
{
  return person == MUTED && row->video_chain != NULL ? TESTCALL_VIDEO :
      TESTCALL_AUDIO;
}

static GMutex lock;
static GCond cond;
static GstClockTime taken;      /* what of the fourth has left its queue */

static GstPadProbeReturn
on_taken (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  g_mutex_lock (&lock);
  taken = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
  return GST_PAD_PROBE_OK;
}

static gboolean
wait_until_taken (GstClockTime until)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000;
  gboolean is_taken;

  g_mutex_lock (&lock);
  while (!GST_CLOCK_TIME_IS_VALID (taken) || taken < until) {
    if (!g_cond_wait_until (&cond, &lock, deadline))
      break;
  }
  is_taken = GST_CLOCK_TIME_IS_VALID (taken) && taken >= until;
  g_mutex_unlock (&lock);
  return is_taken;
}

static GstElement *
add (const gchar * description, gboolean has_pads)
{
  g_autoptr (GError) error = NULL;
  GstElement *bin =
      gst_parse_bin_from_description (description, has_pads, &error);

  fail_unless (bin != NULL, "%s", error == NULL ? "" : error->message);
  gst_bin_add (GST_BIN (receiver_get_pipeline (receiver)), bin);
  return bin;
}

/* All chains wait for the consumer before it starts: some take no new pads then. */
static void
link_all (const Row * row, GstPad ** pads)
{
  GstElement *consumer = add (row->consumer, FALSE);
  g_autoptr (GstElement) all = gst_bin_get_by_name (GST_BIN (consumer), "all");
  GstElement *chains[N_PEOPLE];
  guint i;

  for (i = 0; i < N_PEOPLE; i++) {
    g_autoptr (GstPad) src = NULL;

    chains[i] = add (media_of (row, i) == TESTCALL_VIDEO ?
        row->video_chain : row->chain, TRUE);
    src = gst_element_get_static_pad (chains[i], "src");
    gst_element_link (chains[i], all);
    if (i == TALKING)
      gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, on_taken, NULL, NULL);
  }
  gst_element_sync_state_with_parent (consumer);
  for (i = 0; i < N_PEOPLE; i++) {
    g_autoptr (GstPad) sink = gst_element_get_static_pad (chains[i], "sink");

    gst_element_sync_state_with_parent (chains[i]);
    fail_unless_equals_int (gst_pad_link (pads[i], sink), GST_PAD_LINK_OK);
  }
}

GST_START_TEST (test_goes_on)
{
  const Row *row = &rows[__i__];
  GstPad *pads[N_PEOPLE];
  guint i;

  taken = GST_CLOCK_TIME_NONE;
  receiver_go_direct (receiver);
  receiver_dont_link (receiver);
  for (i = 0; i < N_PEOPLE; i++)
    testcall_join (call, people[i], media_of (row, i), TESTCALL_H264);
  receiver_play (receiver);
  for (i = 0; i < N_PEOPLE; i++) {
    g_autofree gchar *sid = NULL;
    ReceiverPad *pad;

    sid = testcall_get_track_sid (call, people[i], media_of (row, i));
    pad = receiver_wait_for_track (receiver, sid);
    fail_unless (pad != NULL);
    pads[i] = pad->pad;
  }
  link_all (row, pads);
  fail_unless (wait_until_taken (GST_SECOND));
  testcall_set_muted (call, people[MUTED], media_of (row, MUTED), TRUE);
  testcall_set_pace (call, people[SILENT], TESTCALL_AUDIO, 20);
  testcall_set_pace (call, people[FROZEN], TESTCALL_AUDIO, 0);
  fail_unless (wait_until_taken (taken + GOES_ON));
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
stalls_suite (void)
{
  Suite *suite = suite_create ("stalls");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_add_loop_test (tc, test_goes_on, 0, G_N_ELEMENTS (rows));
  return suite;
}

GST_CHECK_MAIN (stalls);
