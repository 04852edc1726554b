/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lets only those RTP streams into webrtcbin's rtpbin that the last answered
 * offer names. webrtcbin dereferences NULL over a packet of any other one, and
 * the filler that an SFU sends at the end of a track is none of the recording.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sections.h"
#include "ssrcfilter.h"

#define RTP_SSRC_OFFSET 8

struct _RtcSsrcFilter
{
  GMutex lock;                  /* a leaf: nothing is called under it */
  GHashTable *allowed;
  GHashTable *denied;           /* over, though an offer may still name them */
  GWeakRef pad;                 /* where RTP comes in; its probe holds us */
};

RtcSsrcFilter *
rtc_ssrc_filter_new (void)
{
  RtcSsrcFilter *filter = g_atomic_rc_box_new0 (RtcSsrcFilter);

  g_mutex_init (&filter->lock);
  filter->allowed = g_hash_table_new (NULL, NULL);
  filter->denied = g_hash_table_new (NULL, NULL);
  g_weak_ref_init (&filter->pad, NULL);
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
  g_weak_ref_clear (&filter->pad);
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

/* Lets no more of @ssrcs in. */
void
rtc_ssrc_filter_deny (RtcSsrcFilter * filter, GArray * ssrcs)
{
  guint i;

  g_mutex_lock (&filter->lock);
  for (i = 0; i < ssrcs->len; i++)
    g_hash_table_add (filter->denied,
        GUINT_TO_POINTER (g_array_index (ssrcs, guint32, i)));
  g_mutex_unlock (&filter->lock);
}

/* Returns when what was let in before has gone through rtpbin. */
void
rtc_ssrc_filter_wait (RtcSsrcFilter * filter)
{
  g_autoptr (GstPad) pad = g_weak_ref_get (&filter->pad);

  if (pad == NULL)
    return;
  GST_PAD_STREAM_LOCK (pad);
  GST_PAD_STREAM_UNLOCK (pad);
}

static gboolean
ssrc_filter_allows (RtcSsrcFilter * filter, GstBuffer * buffer)
{
  guint32 ssrc;
  gpointer key;
  gboolean allowed;

  if (gst_buffer_extract (buffer, RTP_SSRC_OFFSET, &ssrc, sizeof (ssrc)) !=
      sizeof (ssrc))
    return FALSE;
  key = GUINT_TO_POINTER (GUINT32_FROM_BE (ssrc));
  g_mutex_lock (&filter->lock);
  allowed = g_hash_table_contains (filter->allowed, key)
      && !g_hash_table_contains (filter->denied, key);
  g_mutex_unlock (&filter->lock);
  return allowed;
}

static gboolean
filter_list_item (GstBuffer ** buffer, guint index, gpointer user_data)
{
  if (!ssrc_filter_allows (user_data, *buffer))
    gst_clear_buffer (buffer);
  return TRUE;
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
    return ssrc_filter_allows (user_data, GST_PAD_PROBE_INFO_BUFFER (info)) ?
        GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;

  info->data = gst_buffer_list_make_writable (info->data);
  gst_buffer_list_foreach (info->data, filter_list_item, user_data);
  return GST_PAD_PROBE_OK;
}

static void
on_rtpbin_pad_added (GstElement * rtpbin, GstPad * pad, RtcSsrcFilter * filter)
{
  if (!g_str_has_prefix (GST_PAD_NAME (pad), "recv_rtp_sink_"))
    return;
  g_weak_ref_set (&filter->pad, pad);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_rtp, rtc_ssrc_filter_ref (filter),
      (GDestroyNotify) rtc_ssrc_filter_unref);
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
