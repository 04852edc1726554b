/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "../loop.h"
#include "receiver.h"
#include "ssrcfilter.h"

G_BEGIN_DECLS

typedef struct _RtcStream RtcStream;

/* Where streams live: all of one peer share these. */
typedef struct
{
  MatrixRtcLoop *loop;
  GstBin *bin;
  GstElement *webrtcbin;
  RtcSsrcFilter *ssrc_filter;
  GstMatrixRtcReceiverSettings receivers;
  RtcPeerStats *stats;

  GMutex lock;                  /* a leaf: nothing is called under it */
  GCond task_done;
  guint n_tasks;                /* under lock: work in the background */
  GPtrArray *held;              /* under lock: streams held back at webrtcbin */
  gboolean is_closed;           /* under lock: nothing is held back or begun */
} RtcStreamHost;

/* Called on the worker thread. */
typedef struct
{
  /* The first frame waits at the stream's source pad. */
  void (*ready) (RtcStream * stream, gpointer user_data);
  /* Everything was given out, with an EOS behind it. */
  void (*drained) (RtcStream * stream, gpointer user_data);
} RtcStreamCallbacks;

void rtc_stream_host_init (RtcStreamHost * host, MatrixRtcLoop * loop,
    GstBin * bin, GstElement * webrtcbin, RtcSsrcFilter * ssrc_filter,
    const GstMatrixRtcReceiverSettings * receivers);
void rtc_stream_host_clear (RtcStreamHost * host);
void rtc_stream_host_close (RtcStreamHost * host);
void rtc_stream_host_wait (RtcStreamHost * host);

RtcStream *rtc_stream_new (RtcStreamHost * host, GstPad * rtp_pad,
    guint32 ssrc);
RtcStream *rtc_stream_ref (RtcStream * stream);
void rtc_stream_unref (RtcStream * stream);

gboolean rtc_stream_bind (RtcStream * stream, const gchar * track_sid,
    GArray * ssrcs, const RtcStreamCallbacks * callbacks, gpointer user_data,
    GError ** error);
void rtc_stream_set_encryption (RtcStream * stream,
    const RtcTrackEncryption * encryption);
void rtc_stream_unblock (RtcStream * stream);
void rtc_stream_end (RtcStream * stream);
void rtc_stream_dismantle (RtcStream * stream);
void rtc_stream_forget (RtcStream * stream);
void rtc_stream_remove_receiver (RtcStream * stream);

guint32 rtc_stream_get_ssrc (RtcStream * stream);
const gchar *rtc_stream_get_track_sid (RtcStream * stream);
GstElement *rtc_stream_get_receiver (RtcStream * stream);
gboolean rtc_stream_is_ready (RtcStream * stream);
gboolean rtc_stream_is_complete (RtcStream * stream);
gboolean rtc_stream_is_exposed (RtcStream * stream);

G_END_DECLS
