/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells what is behind the source pads when nothing comes out of one: by GAP events,
 * so that nobody waits for a muted, silent or frozen participant. Looks after the
 * pads on the worker thread. What is pushed may block, and goes out on GStreamer's
 * pool.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstmatrixrtcsrcgaps.h"
#include "gstmatrixrtcsrcpad.h"

#define INTERVAL_MS 200

struct _GstMatrixRtcSrcGaps
{
  GstElement *element;          /* holds us */
  GstClockTime latency;         /* what comes later than that is lost */
  GSource *timer;
};

typedef struct
{
  GstMatrixRtcSrcPad *pad;
  GstClockTime running_time;
} Fill;

static void
fill_free (gpointer data)
{
  Fill *fill = data;

  gst_object_unref (fill->pad);
  g_free (fill);
}

static void
fill_pad (GstElement * element, gpointer data)
{
  Fill *fill = data;

  gst_matrix_rtc_src_pad_fill (fill->pad, fill->running_time);
}

static gboolean
check_pad (GstElement * element, GstPad * pad, gpointer running_time)
{
  Fill *fill;

  if (!gst_matrix_rtc_src_pad_begin_fill (GST_MATRIX_RTC_SRC_PAD (pad)))
    return TRUE;
  fill = g_new (Fill, 1);
  fill->pad = gst_object_ref (GST_MATRIX_RTC_SRC_PAD (pad));
  fill->running_time = *(GstClockTime *) running_time;
  gst_element_call_async (element, fill_pad, fill, fill_free);
  return TRUE;
}

static gboolean
on_check (gpointer user_data)
{
  GstMatrixRtcSrcGaps *gaps = user_data;
  GstClockTime running_time =
      gst_element_get_current_running_time (gaps->element);

  if (!GST_CLOCK_TIME_IS_VALID (running_time) || running_time < gaps->latency)
    return G_SOURCE_CONTINUE;
  running_time -= gaps->latency;
  gst_element_foreach_src_pad (gaps->element, check_pad, &running_time);
  return G_SOURCE_CONTINUE;
}

/* For a call on @loop, before that runs. */
GstMatrixRtcSrcGaps *
gst_matrix_rtc_src_gaps_new (GstElement * element, MatrixRtcLoop * loop,
    GstClockTime latency)
{
  GstMatrixRtcSrcGaps *gaps = g_new (GstMatrixRtcSrcGaps, 1);

  gaps->element = element;
  gaps->latency = latency;
  gaps->timer = matrix_rtc_loop_add_timeout (loop, INTERVAL_MS, on_check, gaps);
  return gaps;
}

/* On the worker thread, or when that doesn't run any more. */
void
gst_matrix_rtc_src_gaps_free (GstMatrixRtcSrcGaps * gaps)
{
  matrix_rtc_clear_source (&gaps->timer);
  g_free (gaps);
}
