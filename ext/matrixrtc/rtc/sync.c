/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gives what was sampled at one time one timestamp, from the sender reports that
 * the jitter buffers of a webrtcbin get. rtpbin would do that for streams with one
 * CNAME; LiveKit's SFU gives each track its own, so that rtpbin's association is
 * kept from taking place.
 *
 * Streams are put off by the jitter buffers' ts-offset, which changes timestamps
 * and not when packets come out. Lives on the worker thread; jitter buffers only
 * post to it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "../debug.h"
#include "alignment.h"
#include "sync.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

/* ns. A report is as exact as the jitter buffer's estimate of the clocks. */
#define MIN_CHANGE (3 * GST_MSECOND)

/* ns. What is put off by more is put off at once: it makes a gap. All else comes
 * step by step with each frame, so that timestamps never go back. */
#define MIN_JUMP (20 * GST_MSECOND)
#define STEP (5 * GST_MSECOND)

typedef struct
{
  GWeakRef jitterbuffer;
  gint64 offset;                /* ns, as it was set */
} Synced;

struct _RtcSync
{
  MatrixRtcLoop *loop;
  GstElement *rtpbin;           /* NULL once closed */
  RtcAlignment *alignment;
  GHashTable *synced;           /* ssrc -> Synced */
  gboolean is_closed;           /* nothing is put off any more */
};

static void
synced_free (gpointer data)
{
  Synced *synced = data;

  g_weak_ref_clear (&synced->jitterbuffer);
  g_free (synced);
}

static void
sync_clear (RtcSync * sync)
{
  matrix_rtc_loop_unref (sync->loop);
  rtc_alignment_free (sync->alignment);
  g_hash_table_unref (sync->synced);
}

static void
sync_unref (RtcSync * sync)
{
  g_atomic_rc_box_release_full (sync, (GDestroyNotify) sync_clear);
}

static void
sync_unref_closure (gpointer sync, GClosure * closure)
{
  sync_unref (sync);
}

/* Putting off */

static void
synced_set_offset (Synced * synced, gint64 offset)
{
  g_autoptr (GstElement) jitterbuffer = g_weak_ref_get (&synced->jitterbuffer);
  gint64 present;

  if (jitterbuffer == NULL || ABS (offset - synced->offset) < MIN_CHANGE)
    return;
  GST_DEBUG_OBJECT (jitterbuffer, "put off by %" GST_STIME_FORMAT,
      GST_STIME_ARGS (offset));
  synced->offset = offset;
  /* It may still be on its way to where it was to be. */
  g_object_get (jitterbuffer, "ts-offset", &present, NULL);
  g_object_set (jitterbuffer, "max-ts-offset-adjustment",
      (guint64) (offset - present >= MIN_JUMP ? 0 : STEP), "ts-offset", offset,
      NULL);
}

static void
put_off (guint32 ssrc, gint64 offset, gpointer user_data)
{
  RtcSync *sync = user_data;
  Synced *synced = g_hash_table_lookup (sync->synced, GUINT_TO_POINTER (ssrc));

  if (synced != NULL)
    synced_set_offset (synced, offset);
}

/* Reports */

typedef struct
{
  RtcSync *sync;
  GstElement *jitterbuffer;
  guint32 ssrc;
  gint64 lateness;              /* ns */
  gint64 arrival;               /* us, monotonic */
} Report;

static void
report_free (gpointer data)
{
  Report *report = data;

  gst_object_unref (report->jitterbuffer);
  sync_unref (report->sync);
  g_free (report);
}

/* An SSRC may have another one after a long silence. */
static void
sync_take_jitterbuffer (RtcSync * sync, const Report * report)
{
  Synced *synced = g_hash_table_lookup (sync->synced,
      GUINT_TO_POINTER (report->ssrc));
  g_autoptr (GstElement) former = synced == NULL ? NULL :
      g_weak_ref_get (&synced->jitterbuffer);

  if (former == report->jitterbuffer)
    return;
  synced = g_new0 (Synced, 1);
  g_weak_ref_init (&synced->jitterbuffer, report->jitterbuffer);
  g_hash_table_insert (sync->synced, GUINT_TO_POINTER (report->ssrc), synced);
}

static gboolean
take_report (gpointer data)
{
  Report *report = data;
  RtcSync *sync = report->sync;

  if (sync->is_closed)
    return G_SOURCE_REMOVE;
  sync_take_jitterbuffer (sync, report);
  rtc_alignment_take_report (sync->alignment, report->ssrc, report->lateness,
      report->arrival);
  rtc_alignment_foreach (sync->alignment, report->ssrc, put_off, sync);
  return G_SOURCE_REMOVE;
}

/* The running time of the report's RTP timestamp less the time of the sender's clock
 * that it was sampled at. FALSE: it can't be told. */
static gboolean
report_get_lateness (const GstStructure * sync_info, gint64 * lateness)
{
  guint64 base_rtptime, base_time, rtptime, ntptime;
  guint clock_rate;

  if (!gst_structure_get (sync_info, "base-rtptime", G_TYPE_UINT64,
          &base_rtptime, "base-time", G_TYPE_UINT64, &base_time, "clock-rate",
          G_TYPE_UINT, &clock_rate, "sr-ext-rtptime", G_TYPE_UINT64, &rtptime,
          "sr-ntpnstime", G_TYPE_UINT64, &ntptime, NULL))
    return FALSE;
  if (rtptime == G_MAXUINT64 || rtptime < base_rtptime || clock_rate == 0)
    return FALSE;
  *lateness = (gint64) (base_time + gst_util_uint64_scale_int (rtptime -
          base_rtptime, GST_SECOND, clock_rate) - ntptime);
  return TRUE;
}

/* What a jitter buffer was made for, and who hears of its reports. */
typedef struct
{
  RtcSync *sync;
  guint32 ssrc;
} Listener;

static void
listener_free (gpointer data, GClosure * closure)
{
  Listener *listener = data;

  sync_unref (listener->sync);
  g_free (listener);
}

/* On a streaming thread. Before rtpbin, which would put streams off by what it
 * finds out. */
static void
on_sync_info (GstElement * jitterbuffer, GstStructure * sync_info,
    Listener * listener)
{
  gint64 lateness;
  Report *report;

  g_signal_stop_emission_by_name (jitterbuffer, "handle-sync");
  if (!report_get_lateness (sync_info, &lateness))
    return;
  report = g_new (Report, 1);
  report->sync = g_atomic_rc_box_acquire (listener->sync);
  report->jitterbuffer = gst_object_ref (jitterbuffer);
  report->ssrc = listener->ssrc;
  report->lateness = lateness;
  report->arrival = g_get_monotonic_time ();
  GST_LOG_OBJECT (jitterbuffer, "SSRC %u is late by %" GST_STIME_FORMAT,
      listener->ssrc, GST_STIME_ARGS (lateness));
  matrix_rtc_loop_invoke (listener->sync->loop, take_report, report,
      report_free);
}

/* On a streaming thread. */
static void
on_new_jitterbuffer (GstElement * rtpbin, GstElement * jitterbuffer,
    guint session, guint ssrc, RtcSync * sync)
{
  Listener *listener = g_new (Listener, 1);

  listener->sync = g_atomic_rc_box_acquire (sync);
  listener->ssrc = ssrc;
  g_signal_connect_data (jitterbuffer, "handle-sync",
      G_CALLBACK (on_sync_info), listener, listener_free, 0);
}

/* Life */

/* Before the first offer. */
RtcSync *
rtc_sync_new (MatrixRtcLoop * loop, GstElement * webrtcbin)
{
  RtcSync *sync = g_atomic_rc_box_new0 (RtcSync);

  sync->loop = matrix_rtc_loop_ref (loop);
  sync->rtpbin = gst_bin_get_by_name (GST_BIN (webrtcbin), "rtpbin");
  sync->alignment = rtc_alignment_new ();
  sync->synced = g_hash_table_new_full (NULL, NULL, NULL, synced_free);
  g_signal_connect_data (sync->rtpbin, "new-jitterbuffer",
      G_CALLBACK (on_new_jitterbuffer), g_atomic_rc_box_acquire (sync),
      sync_unref_closure, 0);
  return sync;
}

/* Whose stream it is: all streams of one @sender have one clock. */
void
rtc_sync_set_sender (RtcSync * sync, guint32 ssrc, const gchar * sender)
{
  rtc_alignment_set_sender (sync->alignment, ssrc, sender);
}

void
rtc_sync_remove (RtcSync * sync, guint32 ssrc)
{
  rtc_alignment_remove (sync->alignment, ssrc);
  g_hash_table_remove (sync->synced, GUINT_TO_POINTER (ssrc));
}

/* On the worker thread, or when that doesn't run any more. */
void
rtc_sync_free (RtcSync * sync)
{
  sync->is_closed = TRUE;
  g_signal_handlers_disconnect_by_data (sync->rtpbin, sync);
  /* It has the jitter buffers, which hold us. */
  g_clear_object (&sync->rtpbin);
  sync_unref (sync);
}
