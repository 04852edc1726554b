/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lets only those RTP streams into webrtcbin's rtpbin that the last answered
 * offer names. webrtcbin dereferences NULL over a packet of any other one, and
 * the filler that an SFU sends at the end of a track is none of the recording.
 *
 * Nothing of a stream comes in while it is taken apart, its reports neither:
 * rtpssrcdemux forgets an SSRC before it removes the SSRC's pads, and would make
 * others of the same names.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "elements.h"
#include "sections.h"
#include "ssrcfilter.h"

#define RTP_SSRC_OFFSET 8

/* The sender's, in each kind of packet that rtpssrcdemux takes. */
#define RTCP_SSRC_OFFSET 4

struct _RtcSsrcFilter
{
  GMutex lock;                  /* a leaf: nothing is called under it */
  GHashTable *allowed;
  GHashTable *denied;           /* over, though an offer may still name them */
  GHashTable *closing;          /* not taken apart yet */
  GWeakRef rtp_pad;             /* where RTP comes in; its probe holds us */
  GWeakRef rtcp_pad;            /* and reports, behind rtpsession */
};

RtcSsrcFilter *
rtc_ssrc_filter_new (void)
{
  RtcSsrcFilter *filter = g_atomic_rc_box_new0 (RtcSsrcFilter);

  g_mutex_init (&filter->lock);
  filter->allowed = g_hash_table_new (NULL, NULL);
  filter->denied = g_hash_table_new (NULL, NULL);
  filter->closing = g_hash_table_new (NULL, NULL);
  g_weak_ref_init (&filter->rtp_pad, NULL);
  g_weak_ref_init (&filter->rtcp_pad, NULL);
  return filter;
}

RtcSsrcFilter *
rtc_ssrc_filter_ref (RtcSsrcFilter * filter)
{
  return g_atomic_rc_box_acquire (filter);
}

static void
ssrc_filter_clear (RtcSsrcFilter * filter)
{
  g_mutex_clear (&filter->lock);
  g_hash_table_unref (filter->allowed);
  g_hash_table_unref (filter->denied);
  g_hash_table_unref (filter->closing);
  g_weak_ref_clear (&filter->rtp_pad);
  g_weak_ref_clear (&filter->rtcp_pad);
}

void
rtc_ssrc_filter_unref (RtcSsrcFilter * filter)
{
  g_atomic_rc_box_release_full (filter, (GDestroyNotify) ssrc_filter_clear);
}

static GHashTable *
collect_ssrcs (GPtrArray * sections)
{
  GHashTable *ssrcs = g_hash_table_new (NULL, NULL);
  guint i, j;

  for (i = 0; i < sections->len; i++) {
    RtcSection *section = g_ptr_array_index (sections, i);

    for (j = 0; section->sending && j < section->ssrcs->len; j++)
      g_hash_table_add (ssrcs,
          GUINT_TO_POINTER (g_array_index (section->ssrcs, guint32, j)));
  }
  return ssrcs;
}

static gboolean
is_not_in (gpointer ssrc, gpointer value, gpointer set)
{
  return !g_hash_table_contains (set, ssrc);
}

/* @sections are the RtcSections of an offer that webrtcbin is about to take:
 * what it ends isn't let in any more, and what is new not yet. */
void
rtc_ssrc_filter_restrict (RtcSsrcFilter * filter, GPtrArray * sections)
{
  g_autoptr (GHashTable) offered = collect_ssrcs (sections);

  g_mutex_lock (&filter->lock);
  g_hash_table_foreach_remove (filter->allowed, is_not_in, offered);
  g_mutex_unlock (&filter->lock);
}

/* @sections are the RtcSections of an offer that webrtcbin has answered. What
 * was denied stays so until an offer comes without it. */
void
rtc_ssrc_filter_set_allowed (RtcSsrcFilter * filter, GPtrArray * sections)
{
  GHashTable *allowed = collect_ssrcs (sections);

  g_mutex_lock (&filter->lock);
  g_hash_table_foreach_remove (filter->denied, is_not_in, allowed);
  g_hash_table_unref (filter->allowed);
  filter->allowed = allowed;
  g_mutex_unlock (&filter->lock);
}

/* Lets no more of @ssrcs in, whose stream is over, until it is taken apart. */
void
rtc_ssrc_filter_deny (RtcSsrcFilter * filter, GArray * ssrcs)
{
  guint i;

  g_mutex_lock (&filter->lock);
  for (i = 0; i < ssrcs->len; i++) {
    gpointer ssrc = GUINT_TO_POINTER (g_array_index (ssrcs, guint32, i));

    g_hash_table_add (filter->denied, ssrc);
    g_hash_table_add (filter->closing, ssrc);
  }
  g_mutex_unlock (&filter->lock);
}

/* The stream of @ssrcs is taken apart: a new one may come. */
void
rtc_ssrc_filter_release (RtcSsrcFilter * filter, GArray * ssrcs)
{
  guint i;

  g_mutex_lock (&filter->lock);
  for (i = 0; i < ssrcs->len; i++)
    g_hash_table_remove (filter->closing,
        GUINT_TO_POINTER (g_array_index (ssrcs, guint32, i)));
  g_mutex_unlock (&filter->lock);
}

static void
wait_for_pad (GWeakRef * ref)
{
  g_autoptr (GstPad) pad = g_weak_ref_get (ref);

  if (pad == NULL)
    return;
  GST_PAD_STREAM_LOCK (pad);
  GST_PAD_STREAM_UNLOCK (pad);
}

/* Returns when what was let in before has gone through rtpbin. */
void
rtc_ssrc_filter_wait (RtcSsrcFilter * filter)
{
  wait_for_pad (&filter->rtp_pad);
  wait_for_pad (&filter->rtcp_pad);
}

/* Whether it lets @buffer in, which has its SSRC at @offset. */
static gboolean
ssrc_filter_allows (RtcSsrcFilter * filter, GstBuffer * buffer, gsize offset)
{
  guint32 ssrc;
  gpointer key;
  gboolean allowed;

  if (gst_buffer_extract (buffer, offset, &ssrc, sizeof (ssrc)) !=
      sizeof (ssrc))
    return FALSE;
  key = GUINT_TO_POINTER (GUINT32_FROM_BE (ssrc));
  g_mutex_lock (&filter->lock);
  allowed = g_hash_table_contains (filter->allowed, key)
      && !g_hash_table_contains (filter->denied, key)
      && !g_hash_table_contains (filter->closing, key);
  g_mutex_unlock (&filter->lock);
  return allowed;
}

static gboolean
filter_list_item (GstBuffer ** buffer, guint index, gpointer user_data)
{
  if (!ssrc_filter_allows (user_data, *buffer, RTP_SSRC_OFFSET))
    gst_clear_buffer (buffer);
  return TRUE;
}

static GstPadProbeReturn
on_rtcp (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return ssrc_filter_allows (user_data, GST_PAD_PROBE_INFO_BUFFER (info),
      RTCP_SSRC_OFFSET) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

static void
ssrc_filter_unref_closure (gpointer filter, GClosure * closure)
{
  rtc_ssrc_filter_unref (filter);
}

static GstPadProbeReturn
on_rtp (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    return ssrc_filter_allows (user_data, GST_PAD_PROBE_INFO_BUFFER (info),
        RTP_SSRC_OFFSET) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;

  info->data = gst_buffer_list_make_writable (info->data);
  gst_buffer_list_foreach (info->data, filter_list_item, user_data);
  return GST_PAD_PROBE_OK;
}

static void
ssrc_filter_watch (RtcSsrcFilter * filter, GstPad * pad, GWeakRef * ref,
    GstPadProbeType type, GstPadProbeCallback callback)
{
  g_weak_ref_set (ref, pad);
  gst_pad_add_probe (pad, type, callback, rtc_ssrc_filter_ref (filter),
      (GDestroyNotify) rtc_ssrc_filter_unref);
}

static void
watch_reports (GstElement * rtpssrcdemux, gpointer user_data)
{
  RtcSsrcFilter *filter = user_data;
  g_autoptr (GstPad) pad =
      gst_element_get_static_pad (rtpssrcdemux, "rtcp_sink");

  ssrc_filter_watch (filter, pad, &filter->rtcp_pad,
      GST_PAD_PROBE_TYPE_BUFFER, on_rtcp);
}

/* All media is one session, as LiveKit bundles it. */
static void
on_rtpbin_pad_added (GstElement * rtpbin, GstPad * pad, RtcSsrcFilter * filter)
{
  if (!g_str_has_prefix (GST_PAD_NAME (pad), "recv_rtp_sink_"))
    return;
  ssrc_filter_watch (filter, pad, &filter->rtp_pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_rtp);
  rtc_elements_foreach (rtpbin, "rtpssrcdemux", watch_reports, filter);
}

/* Before the first offer. */
void
rtc_ssrc_filter_attach (RtcSsrcFilter * filter, GstElement * webrtcbin)
{
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (webrtcbin), "rtpbin");

  g_signal_connect_data (rtpbin, "pad-added", G_CALLBACK (on_rtpbin_pad_added),
      rtc_ssrc_filter_ref (filter), ssrc_filter_unref_closure, 0);
}
