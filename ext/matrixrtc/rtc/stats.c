/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of a call's tracks in numbers, and in the names of webrtc-stats
 * where it has any. Packets and bytes are counted in front of each jitter buffer;
 * the rest are the jitter buffer's and the RTP session's own counters, which are
 * fetched when somebody reads. Nothing is done else: there is no timer.
 *
 * A track's counters go on when it comes by another stream, of the same webrtcbin
 * or of the next one's.
 *
 * Any thread.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gst/rtp/rtp.h>
#include "../meters.h"
#include "stats.h"

/* What is counted. All but the lost packets only ever grow. */
enum
{
  /* In front of the jitter buffer. */
  PACKETS_RECEIVED,
  BYTES_RECEIVED,
  HEADER_BYTES_RECEIVED,
  RETRANSMITTED_PACKETS_RECEIVED,
  PACKETS_LOST,
  PACKETS_REPAIRED,
  PACKETS_DUPLICATED,
  N_ARRIVALS,
  /* By the jitter buffer. */
  PACKETS_DISCARDED = N_ARRIVALS,
  N_BUFFERED,
  /* By the RTP session. */
  NACK_COUNT = N_BUFFERED,
  PLI_COUNT,
  FIR_COUNT,
  N_COUNTERS
};

#define N_SENT (N_COUNTERS - N_BUFFERED)

static const gchar *const names[N_COUNTERS] = {
  [PACKETS_RECEIVED] = "packets-received",
  [BYTES_RECEIVED] = "bytes-received",
  [HEADER_BYTES_RECEIVED] = "header-bytes-received",
  [RETRANSMITTED_PACKETS_RECEIVED] = "retransmitted-packets-received",
  [PACKETS_LOST] = "packets-lost",
  [PACKETS_REPAIRED] = "packets-repaired",
  [PACKETS_DUPLICATED] = "packets-duplicated",
  [PACKETS_DISCARDED] = "packets-discarded",
  [NACK_COUNT] = "nack-count",
  [PLI_COUNT] = "pli-count",
  [FIR_COUNT] = "fir-count",
};

/* What GStreamer calls them. */
static const gchar *const sources[N_COUNTERS] = {
  [PACKETS_DISCARDED] = "num-late",
  [NACK_COUNT] = "sent-nack-count",
  [PLI_COUNT] = "sent-pli-count",
  [FIR_COUNT] = "sent-fir-count",
};

/* One RTP stream, from its jitter buffer on. */
typedef struct
{
  GMutex lock;                  /* a leaf: nothing is called under it */
  guint64 arrivals[N_ARRIVALS]; /* under lock, as what follows */
  ArrivalMeter numbers;
  RateMeter bitrate;

  /* Under the lock of RtcStats, what was read at last. */
  GWeakRef jitterbuffer;        /* its probe holds us */
  guint64 buffered[N_BUFFERED - N_ARRIVALS];

  /* The same. The RTP session forgets who was silent for long, and then begins to
   * count anew. */
  guint64 sent[N_SENT];
  guint64 sent_before[N_SENT];
  gboolean is_in_session;       /* so the jitter holds */
  gdouble jitter;               /* s */
} Stream;

struct _RtcPeerStats
{
  RtcStats *stats;

  GMutex lock;                  /* a leaf: nothing is called under it */
  GHashTable *streams;          /* under lock: SSRC -> Stream */
  GPtrArray *sessions;          /* under lock: of rtpsession */
};

typedef struct
{
  Stream *stream;               /* NULL while it comes by none */
  RtcPeerStats *peer;           /* that has it */
  gboolean is_given_out;        /* there is a pad, which may outlive them */
  guint64 before[N_COUNTERS];   /* by other streams */
} Track;

/* The lock is held while counters are fetched, and taken by no streaming thread. */
struct _RtcStats
{
  GMutex lock;
  GHashTable *tracks;           /* under lock: sid -> Track */
};

/* Life */

static void
stream_clear (Stream * stream)
{
  g_weak_ref_clear (&stream->jitterbuffer);
  g_mutex_clear (&stream->lock);
}

static void
stream_unref (gpointer stream)
{
  g_atomic_rc_box_release_full (stream, (GDestroyNotify) stream_clear);
}

static Stream *
stream_new (GstElement * jitterbuffer)
{
  Stream *stream = g_atomic_rc_box_new0 (Stream);

  g_weak_ref_init (&stream->jitterbuffer, jitterbuffer);
  g_mutex_init (&stream->lock);
  return stream;
}

static void
peer_stats_clear (RtcPeerStats * peer)
{
  g_mutex_clear (&peer->lock);
  g_hash_table_unref (peer->streams);
  g_ptr_array_unref (peer->sessions);
  rtc_stats_unref (peer->stats);
}

void
rtc_peer_stats_unref (RtcPeerStats * peer)
{
  g_atomic_rc_box_release_full (peer, (GDestroyNotify) peer_stats_clear);
}

static void
peer_stats_unref_closure (gpointer peer, GClosure * closure)
{
  rtc_peer_stats_unref (peer);
}

static void
track_free (gpointer data)
{
  Track *track = data;

  g_clear_pointer (&track->stream, stream_unref);
  g_clear_pointer (&track->peer, rtc_peer_stats_unref);
  g_free (track);
}

RtcStats *
rtc_stats_new (void)
{
  RtcStats *stats = g_atomic_rc_box_new0 (RtcStats);

  g_mutex_init (&stats->lock);
  stats->tracks =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, track_free);
  return stats;
}

RtcStats *
rtc_stats_ref (RtcStats * stats)
{
  return g_atomic_rc_box_acquire (stats);
}

static void
stats_clear (RtcStats * stats)
{
  g_mutex_clear (&stats->lock);
  g_hash_table_unref (stats->tracks);
}

void
rtc_stats_unref (RtcStats * stats)
{
  g_atomic_rc_box_release_full (stats, (GDestroyNotify) stats_clear);
}

/* What comes, on streaming threads */

/* Under the stream's lock. A lost packet is one that hasn't come by now. */
static void
stream_take_number (Stream * stream, guint16 seqnum, gboolean is_retransmitted)
{
  ArrivalMeter *numbers = &stream->numbers;

  if (!arrival_meter_take (numbers, seqnum))
    stream->arrivals[PACKETS_DUPLICATED]++;
  else if (is_retransmitted)
    stream->arrivals[PACKETS_REPAIRED]++;
  if (is_retransmitted)
    stream->arrivals[RETRANSMITTED_PACKETS_RECEIVED]++;
  stream->arrivals[PACKETS_LOST] = numbers->n_expected - numbers->n_arrived;
}

static void
stream_take_packet (Stream * stream, GstBuffer * packet)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  gsize size = gst_buffer_get_size (packet);
  gint64 now = g_get_monotonic_time ();
  gsize payload_size;
  guint16 seqnum;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return;
  payload_size = gst_rtp_buffer_get_payload_len (&rtp);
  seqnum = gst_rtp_buffer_get_seq (&rtp);
  gst_rtp_buffer_unmap (&rtp);

  g_mutex_lock (&stream->lock);
  stream->arrivals[PACKETS_RECEIVED]++;
  stream->arrivals[BYTES_RECEIVED] += payload_size;
  stream->arrivals[HEADER_BYTES_RECEIVED] += size - payload_size;
  stream_take_number (stream, seqnum,
      GST_BUFFER_FLAG_IS_SET (packet, GST_RTP_BUFFER_FLAG_RETRANSMISSION));
  rate_meter_add (&stream->bitrate, 8 * size, now);
  g_mutex_unlock (&stream->lock);
}

static gboolean
take_list_item (GstBuffer ** packet, guint i, gpointer stream)
{
  stream_take_packet (stream, *packet);
  return TRUE;
}

static GstPadProbeReturn
on_packets (GstPad * pad, GstPadProbeInfo * info, gpointer stream)
{
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    stream_take_packet (stream, GST_PAD_PROBE_INFO_BUFFER (info));
  else
    gst_buffer_list_foreach (GST_PAD_PROBE_INFO_BUFFER_LIST (info),
        take_list_item, stream);
  return GST_PAD_PROBE_OK;
}

static void
on_new_jitterbuffer (GstElement * rtpbin, GstElement * jitterbuffer,
    guint session, guint ssrc, RtcPeerStats * peer)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (jitterbuffer, "sink");
  Stream *stream = stream_new (jitterbuffer);

  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packets,
      g_atomic_rc_box_acquire (stream), stream_unref);
  g_mutex_lock (&peer->lock);
  g_hash_table_replace (peer->streams, GUINT_TO_POINTER (ssrc), stream);
  g_mutex_unlock (&peer->lock);
}

static void
on_element_added (GstBin * rtpbin, GstElement * element, RtcPeerStats * peer)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory == NULL
      || g_strcmp0 (GST_OBJECT_NAME (factory), "rtpsession") != 0)
    return;
  g_mutex_lock (&peer->lock);
  g_ptr_array_add (peer->sessions, gst_object_ref (element));
  g_mutex_unlock (&peer->lock);
}

/* Before the first offer. */
RtcPeerStats *
rtc_peer_stats_new (RtcStats * stats, GstElement * webrtcbin)
{
  RtcPeerStats *peer = g_atomic_rc_box_new0 (RtcPeerStats);
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (webrtcbin), "rtpbin");

  peer->stats = rtc_stats_ref (stats);
  g_mutex_init (&peer->lock);
  peer->streams = g_hash_table_new_full (NULL, NULL, NULL, stream_unref);
  peer->sessions = g_ptr_array_new_with_free_func (gst_object_unref);
  g_signal_connect_data (rtpbin, "new-jitterbuffer",
      G_CALLBACK (on_new_jitterbuffer), g_atomic_rc_box_acquire (peer),
      peer_stats_unref_closure, 0);
  g_signal_connect_data (rtpbin, "element-added",
      G_CALLBACK (on_element_added), g_atomic_rc_box_acquire (peer),
      peer_stats_unref_closure, 0);
  return peer;
}

/* Reading, under the lock of RtcStats */

static Stream *
peer_stats_find (RtcPeerStats * peer, guint32 ssrc)
{
  Stream *stream;

  g_mutex_lock (&peer->lock);
  stream = g_hash_table_lookup (peer->streams, GUINT_TO_POINTER (ssrc));
  if (stream != NULL)
    g_atomic_rc_box_acquire (stream);
  g_mutex_unlock (&peer->lock);
  return stream;
}

static void
stream_take_sent (Stream * stream, guint i, guint64 count)
{
  if (count < stream->sent[i])
    stream->sent_before[i] += stream->sent[i];
  stream->sent[i] = count;
}

static void
stream_take_jitter (Stream * stream, const GstStructure * source)
{
  guint jitter;
  gint clock_rate;

  stream->is_in_session = gst_structure_get_uint (source, "jitter", &jitter)
      && gst_structure_get_int (source, "clock-rate", &clock_rate)
      && clock_rate > 0;
  if (stream->is_in_session)
    stream->jitter = (gdouble) jitter / clock_rate;
}

/* @source is what the RTP session knows of an SSRC. */
static void
peer_stats_take_source (RtcPeerStats * peer, const GstStructure * source)
{
  Stream *stream;
  guint ssrc, count, i;

  if (!gst_structure_get_uint (source, "ssrc", &ssrc))
    return;
  stream = peer_stats_find (peer, ssrc);
  if (stream == NULL)
    return;
  for (i = 0; i < N_SENT; i++) {
    if (gst_structure_get_uint (source, sources[N_BUFFERED + i], &count))
      stream_take_sent (stream, i, count);
  }
  stream_take_jitter (stream, source);
  stream_unref (stream);
}

static void
take_session (gpointer session, gpointer peer)
{
  g_autoptr (GstStructure) stats = NULL;
  const GValue *value;
  const GValueArray *array;
  guint i;

  g_object_get (session, "stats", &stats, NULL);
  value = gst_structure_get_value (stats, "source-stats");
  if (value == NULL || !G_VALUE_HOLDS_BOXED (value))
    return;
  array = g_value_get_boxed (value);
  for (i = 0; i < array->n_values; i++)
    peer_stats_take_source (peer, g_value_get_boxed (&array->values[i]));
}

static gpointer
ref_object (gconstpointer object, gpointer user_data)
{
  return gst_object_ref ((gpointer) object);
}

static void
leave_session (gpointer ssrc, gpointer stream, gpointer user_data)
{
  ((Stream *) stream)->is_in_session = FALSE;
}

/* Of all its streams at once: the RTP session tells no less. */
static void
peer_stats_read_sessions (RtcPeerStats * peer)
{
  g_autoptr (GPtrArray) sessions = NULL;

  g_mutex_lock (&peer->lock);
  sessions = g_ptr_array_copy (peer->sessions, ref_object, NULL);
  g_hash_table_foreach (peer->streams, leave_session, NULL);
  g_mutex_unlock (&peer->lock);
  g_ptr_array_foreach (sessions, take_session, peer);
}

static void
stream_read_jitterbuffer (Stream * stream)
{
  g_autoptr (GstElement) jitterbuffer = g_weak_ref_get (&stream->jitterbuffer);
  g_autoptr (GstStructure) stats = NULL;
  guint i;

  if (jitterbuffer == NULL)
    return;
  g_object_get (jitterbuffer, "stats", &stats, NULL);
  for (i = N_ARRIVALS; i < N_BUFFERED; i++)
    gst_structure_get_uint64 (stats, sources[i],
        &stream->buffered[i - N_ARRIVALS]);
}

/* Adds what @stream has counted to @counters. Returns its bitrate. */
static guint64
stream_count (Stream * stream, guint64 * counters)
{
  guint64 bitrate;
  guint i;

  stream_read_jitterbuffer (stream);
  g_mutex_lock (&stream->lock);
  for (i = 0; i < N_ARRIVALS; i++)
    counters[i] += stream->arrivals[i];
  bitrate = rate_meter_get (&stream->bitrate, g_get_monotonic_time ());
  g_mutex_unlock (&stream->lock);
  for (; i < N_BUFFERED; i++)
    counters[i] += stream->buffered[i - N_ARRIVALS];
  for (; i < N_COUNTERS; i++)
    counters[i] += stream->sent_before[i - N_BUFFERED]
        + stream->sent[i - N_BUFFERED];
  return bitrate;
}

/* The session's part has been read. */
static GstStructure *
track_read (const Track * track)
{
  GstStructure *structure = gst_structure_new_empty ("track");
  guint64 counters[N_COUNTERS];
  guint64 bitrate = 0;
  guint i;

  memcpy (counters, track->before, sizeof (counters));
  if (track->stream != NULL)
    bitrate = stream_count (track->stream, counters);
  for (i = 0; i < N_COUNTERS; i++)
    gst_structure_set (structure, names[i], G_TYPE_UINT64, counters[i], NULL);
  gst_structure_set (structure, "bitrate", G_TYPE_UINT64, bitrate, NULL);
  if (track->stream != NULL && track->stream->is_in_session)
    gst_structure_set (structure, "jitter", G_TYPE_DOUBLE,
        track->stream->jitter, NULL);
  return structure;
}

static void
stats_read_sessions (RtcStats * stats)
{
  g_autoptr (GHashTable) peers = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  Track *track;

  g_hash_table_iter_init (&iter, stats->tracks);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & track)) {
    if (track->peer != NULL && g_hash_table_add (peers, track->peer))
      peer_stats_read_sessions (track->peer);
  }
}

/* Sid -> GstStructure, of all tracks that are received. */
GHashTable *
rtc_stats_read (RtcStats * stats)
{
  GHashTable *read = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) gst_structure_free);
  GHashTableIter iter;
  const gchar *sid;
  Track *track;

  g_mutex_lock (&stats->lock);
  stats_read_sessions (stats);
  g_hash_table_iter_init (&iter, stats->tracks);
  while (g_hash_table_iter_next (&iter, (gpointer *) & sid,
          (gpointer *) & track))
    g_hash_table_insert (read, g_strdup (sid), track_read (track));
  g_mutex_unlock (&stats->lock);
  return read;
}

/* Tracks. With the lock of RtcStats held */

static Track *
stats_get_track (RtcStats * stats, const gchar * track_sid)
{
  Track *track = g_hash_table_lookup (stats->tracks, track_sid);

  if (track != NULL)
    return track;
  track = g_new0 (Track, 1);
  g_hash_table_insert (stats->tracks, g_strdup (track_sid), track);
  return track;
}

/* It doesn't come by its stream any more. */
static void
track_leave_stream (Track * track)
{
  if (track->stream == NULL)
    return;
  stream_count (track->stream, track->before);
  g_clear_pointer (&track->stream, stream_unref);
  g_clear_pointer (&track->peer, rtc_peer_stats_unref);
}

/* What was @former_sid goes on as @track_sid. */
void
rtc_stats_move_track (RtcStats * stats, const gchar * former_sid,
    const gchar * track_sid)
{
  Track *former, *track;
  guint i;

  if (g_str_equal (former_sid, track_sid))
    return;
  g_mutex_lock (&stats->lock);
  former = g_hash_table_lookup (stats->tracks, former_sid);
  if (former != NULL) {
    if (former->peer != NULL)
      peer_stats_read_sessions (former->peer);
    track_leave_stream (former);
    track = stats_get_track (stats, track_sid);
    track->is_given_out = TRUE;
    for (i = 0; i < N_COUNTERS; i++)
      track->before[i] += former->before[i];
    g_hash_table_remove (stats->tracks, former_sid);
  }
  g_mutex_unlock (&stats->lock);
}

/* The track is over. */
void
rtc_stats_drop_track (RtcStats * stats, const gchar * track_sid)
{
  g_mutex_lock (&stats->lock);
  g_hash_table_remove (stats->tracks, track_sid);
  g_mutex_unlock (&stats->lock);
}

/* Streams */

/* Says whose stream it is. */
void
rtc_peer_stats_bind (RtcPeerStats * peer, guint32 ssrc, const gchar * track_sid)
{
  Stream *stream = peer_stats_find (peer, ssrc);
  Track *track;

  if (stream == NULL)
    return;
  g_mutex_lock (&peer->stats->lock);
  track = stats_get_track (peer->stats, track_sid);
  if (track->peer != NULL)
    peer_stats_read_sessions (track->peer);
  track_leave_stream (track);
  track->stream = stream;
  track->peer = g_atomic_rc_box_acquire (peer);
  g_mutex_unlock (&peer->stats->lock);
}

static gboolean
comes_by_stream (gpointer sid, gpointer track, gpointer stream)
{
  return ((Track *) track)->stream == stream;
}

/* Its track has a pad from now on. */
void
rtc_peer_stats_give_out (RtcPeerStats * peer, guint32 ssrc)
{
  Stream *stream = peer_stats_find (peer, ssrc);
  Track *track;

  if (stream == NULL)
    return;
  g_mutex_lock (&peer->stats->lock);
  track = g_hash_table_find (peer->stats->tracks, comes_by_stream, stream);
  if (track != NULL)
    track->is_given_out = TRUE;
  g_mutex_unlock (&peer->stats->lock);
  stream_unref (stream);
}

/* The stream ends, and with it the track that comes by it. */
void
rtc_peer_stats_end (RtcPeerStats * peer, guint32 ssrc)
{
  Stream *stream = peer_stats_find (peer, ssrc);

  if (stream == NULL)
    return;
  g_mutex_lock (&peer->stats->lock);
  g_hash_table_foreach_remove (peer->stats->tracks, comes_by_stream, stream);
  g_mutex_unlock (&peer->stats->lock);
  g_mutex_lock (&peer->lock);
  g_hash_table_remove (peer->streams, GUINT_TO_POINTER (ssrc));
  g_mutex_unlock (&peer->lock);
  stream_unref (stream);
}

/* Whether nothing is left of a track that came from @peer. */
static gboolean
leaves_with_peer (gpointer sid, gpointer data, gpointer peer)
{
  Track *track = data;

  if (track->peer != peer)
    return FALSE;
  track_leave_stream (track);
  return !track->is_given_out;
}

/* Nothing comes from the webrtcbin any more. Tracks that were given out keep their
 * numbers: they may go on elsewhere. */
void
rtc_peer_stats_close (RtcPeerStats * peer)
{
  g_mutex_lock (&peer->stats->lock);
  peer_stats_read_sessions (peer);
  g_hash_table_foreach_remove (peer->stats->tracks, leaves_with_peer, peer);
  g_mutex_unlock (&peer->stats->lock);
}
