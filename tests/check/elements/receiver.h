/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>
#include "testcall.h"

G_BEGIN_DECLS

/* Long enough for a machine under valgrind; nobody waits for it who passes. */
#define DEADLINE_MS 30000

/* matrixrtcsrc in a pipeline of its own, whose pads run into fakesinks. */
typedef struct _Receiver Receiver;

/* What was seen of one source pad. */
typedef struct
{
  GstPad *pad;
  gchar *track_sid;
  guint n_buffers;
  guint n_gaps;
  gboolean first_is_delta;
  gboolean had_caps;            /* when it was added */
  guint n_disconts;             /* but for the first buffer's */
  gboolean went_back;           /* some timestamp was before the one before */
  GstClockTime last_pts;
  GstClockTime longest_gap;     /* between two timestamps, since forgotten */
  gboolean is_eos;
  gboolean is_removed;
  gboolean lacks_eos;           /* it was removed without one, and not by READY */
  GstEvent *stream_start;
} ReceiverPad;

/* @pads are all ReceiverPads that were seen. */
typedef gboolean (*ReceiverPredicate) (GPtrArray * pads, gpointer user_data);

Receiver *receiver_new (TestCall * call);
void receiver_free (Receiver * receiver);
GstElement *receiver_get_src (Receiver * receiver);
GstElement *receiver_get_pipeline (Receiver * receiver);
void receiver_dont_link (Receiver * receiver);
void receiver_watch (Receiver * receiver, ReceiverPad * pad, GstPad * sink_pad);

void receiver_go_through_matrix (Receiver * receiver);
void receiver_go_by_room (Receiver * receiver);
void receiver_go_direct (Receiver * receiver);
void receiver_play (Receiver * receiver);

gboolean receiver_wait_for_state (Receiver * receiver, const gchar * state);
gchar *receiver_get_states (Receiver * receiver);
const gchar *receiver_get_connection_state (Receiver * receiver);
GstMessage *receiver_wait_for_error (Receiver * receiver);
GstMessage *receiver_wait_for_warning (Receiver * receiver);
GstMessage *receiver_wait_for_eos (Receiver * receiver);
void receiver_fail_on_error (Receiver * receiver);
GstStructure *receiver_wait_for_message (Receiver * receiver,
    const gchar * name);

ReceiverPad *receiver_wait_for_track (Receiver * receiver,
    const gchar * track_sid);
gboolean receiver_wait_for_removal (Receiver * receiver,
    const gchar * track_sid);
gboolean receiver_wait_for_webrtcbins (Receiver * receiver, guint n);
gboolean receiver_wait_for_media (Receiver * receiver, ReceiverPad * pad);
gboolean receiver_wait_for_discont (Receiver * receiver, ReceiverPad * pad,
    guint n_disconts);
void receiver_forget_gaps (Receiver * receiver);
gboolean receiver_wait_for_buffers (Receiver * receiver, ReceiverPad * pad,
    guint n_buffers);
gboolean receiver_wait_for_gaps (Receiver * receiver, ReceiverPad * pad,
    guint n_gaps);
gboolean receiver_wait_until (Receiver * receiver, ReceiverPredicate predicate,
    gpointer user_data);
void receiver_forget_pads (Receiver * receiver);
guint receiver_count_pads (Receiver * receiver);

G_END_DECLS
