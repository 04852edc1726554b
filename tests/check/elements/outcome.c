/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells what became of a call: a new participant's frames come, or one error
 * does. Both are waited for at once, on the bus.
 */
#include "outcome.h"

/* The first buffers of each pad are told on the bus. */
static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstElement *src = user_data;
  g_autofree gchar *track_sid = NULL;

  g_object_get (pad, "track-sid", &track_sid, NULL);
  gst_element_post_message (src, gst_message_new_application (GST_OBJECT (src),
          gst_structure_new ("media", "track-sid", G_TYPE_STRING, track_sid,
              NULL)));
  return GST_PAD_PROBE_REMOVE;
}

static void
on_pad_added (GstElement * src, GstPad * pad, gpointer user_data)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, src, NULL);
}

void
outcome_watch (Receiver * receiver)
{
  g_signal_connect (receiver_get_src (receiver), "pad-added",
      G_CALLBACK (on_pad_added), NULL);
}

static GstMessage *
pop (Receiver * receiver, GstClockTime timeout)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (receiver_get_pipeline
      (receiver));

  return gst_bus_timed_pop_filtered (bus, timeout,
      GST_MESSAGE_ERROR | GST_MESSAGE_APPLICATION);
}

static gchar *
dup_code (GstMessage * message)
{
  const GstStructure *details = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  gst_message_parse_error_details (message, &details);
  fail_unless (details != NULL && gst_structure_get_string (details, "code"),
      "an error without a code: %s (%s)", error->message, debug);
  GST_INFO ("%s (%s)", error->message, debug);
  return g_strdup (gst_structure_get_string (details, "code"));
}

/* NULL: frames of @track_sid came, else the code of the error that did. */
static gchar *
wait_for_track_or_error (Receiver * receiver, const gchar * name,
    const gchar * track_sid)
{
  while (TRUE) {
    g_autoptr (GstMessage) message = pop (receiver, DEADLINE_MS * GST_MSECOND);

    fail_unless (message != NULL, "%s: neither goes on nor fails, state is %s",
        name, receiver_get_connection_state (receiver));
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      return dup_code (message);
    if (g_strcmp0 (gst_structure_get_string (gst_message_get_structure
                (message), "track-sid"), track_sid) == 0)
      return NULL;
  }
}

/* Ana's frames come. */
void
outcome_connect (TestCall * call, Receiver * receiver)
{
  g_autofree gchar *track_sid =
      testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  g_autofree gchar *code = NULL;

  receiver_play (receiver);
  code = wait_for_track_or_error (receiver, "connecting", track_sid);
  fail_unless (code == NULL, "connecting fails: %s", code);
}

/* @code is the one of the error, NULL if the call has to go on. It's over by
 * then, and the pipeline is in READY. */
void
outcome_check (TestCall * call, Receiver * receiver, const gchar * name,
    const gchar * code)
{
  g_autofree gchar *track_sid = NULL;
  g_autofree gchar *actual = NULL;
  GstMessage *message;

  testcall_join (call, "bea", TESTCALL_AUDIO, TESTCALL_VP8);
  track_sid = testcall_get_track_sid (call, "bea", TESTCALL_AUDIO);
  actual = wait_for_track_or_error (receiver, name, track_sid);
  GST_INFO ("%s: %s", name, actual == NULL ? "goes on" : actual);
  if (g_strcmp0 (code, OUTCOME_ANY) != 0)
    fail_unless (g_strcmp0 (actual, code) == 0, "%s: expected %s, but %s",
        name, code == NULL ? "nothing" : code,
        actual == NULL ? "goes on" : actual);
  fail_unless_equals_string (receiver_get_connection_state (receiver),
      actual == NULL ? "connected" : "failed");
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_READY);
  while ((message = pop (receiver, 0)) != NULL) {
    fail_if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR,
        "%s: one more error", name);
    gst_message_unref (message);
  }
}

/* A call without hostility, after one that had it. */
void
outcome_check_restart (TestCall * call, Receiver * receiver)
{
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_NULL);
  receiver_forget_pads (receiver);
  fail_unless (testcall_leave (call, "bea"));
  receiver_play (receiver);
  outcome_check (call, receiver, "restart", NULL);
}
