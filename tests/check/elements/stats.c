/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The stats property against the embedded call.
 */
#include "recovering.h"

#include <gst/rtp/rtp.h>
#include <string.h>

static GstStructure *
read_stats (void)
{
  GstStructure *stats;

  g_object_get (receiver_get_src (receiver), "stats", &stats, NULL);
  fail_unless (stats != NULL);
  return stats;
}

static const GstStructure *
get_item (const GstStructure * stats, const gchar * list, guint i)
{
  const GValue *items = gst_structure_get_value (stats, list);

  fail_unless (items != NULL && GST_VALUE_HOLDS_LIST (items));
  return i < gst_value_list_get_size (items) ?
      gst_value_get_structure (gst_value_list_get_value (items, i)) : NULL;
}

static guint
count_tracks (const GstStructure * stats)
{
  guint n = 0;

  while (get_item (stats, "tracks", n) != NULL)
    n++;
  return n;
}

/* NULL: it isn't among them. */
static const GstStructure *
find_track (const GstStructure * stats, const gchar * track_sid)
{
  const GstStructure *track;
  guint i;

  for (i = 0; (track = get_item (stats, "tracks", i)) != NULL; i++) {
    if (g_strcmp0 (gst_structure_get_string (track, "track-sid"),
            track_sid) == 0)
      return track;
  }
  return NULL;
}

static guint64
get_count (const GstStructure * structure, const gchar * field)
{
  guint64 count;

  fail_unless (gst_structure_get_uint64 (structure, field, &count),
      "%s is missing", field);
  return count;
}

static gdouble
get_double (const GstStructure * structure, const gchar * field)
{
  gdouble number;

  fail_unless (gst_structure_get_double (structure, field, &number),
      "%s is missing", field);
  return number;
}

/* Now, of @track_sid. */
static guint64
read_count (const gchar * track_sid, const gchar * field)
{
  g_autoptr (GstStructure) stats = read_stats ();
  const GstStructure *track = find_track (stats, track_sid);

  return track == NULL ? 0 : get_count (track, field);
}

static void
wait_for_count (const gchar * track_sid, const gchar * field, guint64 at_least)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000LL;
  guint64 count;

  while ((count = read_count (track_sid, field)) < at_least) {
    fail_unless (g_get_monotonic_time () < deadline,
        "%s is only %" G_GUINT64_FORMAT, field, count);
    g_usleep (10000);
  }
}

static void
check_identity (const GstStructure * track, ReceiverPad * pad,
    const gchar * kind, gint expected_source)
{
  g_autofree gchar *identity = testcall_get_identity (call, "ana");
  gint source;
  gboolean muted;

  fail_unless_equals_string (gst_structure_get_string (track,
          "participant-identity"), identity);
  fail_unless_equals_string (gst_structure_get_string (track, "kind"), kind);
  fail_unless_equals_string (gst_structure_get_string (track, "pad"),
      GST_PAD_NAME (pad->pad));
  fail_unless (gst_structure_get_enum (track, "source",
          gst_structure_get_field_type (track, "source"), &source));
  fail_unless_equals_int (source, expected_source);
  fail_unless (gst_structure_get_boolean (track, "muted", &muted) && !muted);
}

GST_START_TEST (test_before)
{
  g_autoptr (GstStructure) stats = read_stats ();

  fail_unless (gst_structure_has_field (stats, "longest-media-gap"));
  fail_unless (get_item (stats, "connections", 0) == NULL);
  fail_unless (get_item (stats, "tracks", 0) == NULL);
  fixture_teardown ();
}

GST_END_TEST;

static void
wait_for_rates (void)
{
  wait_for_count (audio->track_sid, "packets-received", 60);
  wait_for_count (video->track_sid, "frames-received", 20);
}

GST_START_TEST (test_tracks)
{
  g_autoptr (GstStructure) stats = NULL;
  const GstStructure *track;
  guint width, height;

  receiver_go_direct (receiver);
  recovering_start ();
  wait_for_rates ();
  wait_for_count (audio->track_sid, "bitrate", 1);
  wait_for_count (video->track_sid, "bitrate", 1);
  stats = read_stats ();
  fail_unless_equals_int (count_tracks (stats), 2);

  track = find_track (stats, audio->track_sid);
  check_identity (track, audio, "audio", 2);
  fail_unless (get_count (track, "bitrate") > 0);
  fail_unless (get_double (track, "jitter") >= 0);
  fail_if (gst_structure_has_field (track, "frames-received"));

  track = find_track (stats, video->track_sid);
  check_identity (track, video, "video", 1);
  fail_unless (get_count (track, "bitrate") > 0);
  fail_unless (get_double (track, "jitter") >= 0);
  fail_unless (get_double (track, "frames-per-second") > 0);
  fail_unless (gst_structure_get_uint (track, "frame-width", &width)
      && gst_structure_get_uint (track, "frame-height", &height));
  fail_unless_equals_int (width, 320);
  fail_unless_equals_int (height, 240);
  fixture_teardown ();
}

GST_END_TEST;

/* What comes in of the video, and what the application gets of it. */
typedef struct
{
  gint n_packets;
  gint n_bytes;
  gint n_header_bytes;
  gint n_frames;
} Traffic;

#define VP8_PAYLOAD_TYPE 96

static GstPadProbeReturn
note_packet (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Traffic *traffic = user_data;
  GstBuffer *packet = GST_PAD_PROBE_INFO_BUFFER (info);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  gint payload;

  fail_unless (gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp));
  payload = gst_rtp_buffer_get_payload_type (&rtp) == VP8_PAYLOAD_TYPE ?
      (gint) gst_rtp_buffer_get_payload_len (&rtp) : -1;
  gst_rtp_buffer_unmap (&rtp);
  if (payload < 0)
    return GST_PAD_PROBE_OK;
  g_atomic_int_inc (&traffic->n_packets);
  g_atomic_int_add (&traffic->n_bytes, payload);
  g_atomic_int_add (&traffic->n_header_bytes,
      gst_buffer_get_size (packet) - payload);
  return GST_PAD_PROBE_OK;
}

/* Calls @probe with each packet that is on its way to its jitter buffer. */
static void
probe_packets (GstElement * element, GstPadProbeCallback probe, gpointer data)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  g_autoptr (GstPad) pad = NULL;

  if (factory == NULL
      || !g_str_equal (GST_OBJECT_NAME (factory), "rtpssrcdemux"))
    return;
  pad = gst_element_get_static_pad (element, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, probe, data, NULL);
}

static void
note_packets (GstBin * src, GstBin * bin, GstElement * element,
    Traffic * traffic)
{
  probe_packets (element, note_packet, traffic);
}

static GstPadProbeReturn
note_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Traffic *traffic = user_data;
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

  fail_unless (gst_rtp_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info),
          GST_MAP_READ, &rtp));
  if (gst_rtp_buffer_get_marker (&rtp))
    g_atomic_int_inc (&traffic->n_frames);
  gst_rtp_buffer_unmap (&rtp);
  return GST_PAD_PROBE_OK;
}

static void
note_frames (GstElement * src, GstPad * pad, Traffic * traffic)
{
  if (g_str_has_prefix (GST_PAD_NAME (pad), "video"))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, note_frame, traffic,
        NULL);
}

static gboolean
is_at_rest (const gchar * track_sid, Traffic * traffic)
{
  return read_count (track_sid, "bitrate") == 0
      && read_count (track_sid, "packets-received") ==
      (guint) g_atomic_int_get (&traffic->n_packets)
      && read_count (track_sid, "frames-received") ==
      (guint) g_atomic_int_get (&traffic->n_frames);
}

static void
wait_for_rest (const gchar * track_sid, Traffic * traffic)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000LL;

  while (!is_at_rest (track_sid, traffic)) {
    fail_unless (g_get_monotonic_time () < deadline,
        "%" G_GUINT64_FORMAT " packets of %u, %" G_GUINT64_FORMAT
        " frames of %u", read_count (track_sid, "packets-received"),
        g_atomic_int_get (&traffic->n_packets),
        read_count (track_sid, "frames-received"),
        g_atomic_int_get (&traffic->n_frames));
    g_usleep (10000);
  }
}

GST_START_TEST (test_rtp)
{
  g_autoptr (GstStructure) stats = NULL;
  const GstStructure *track;
  Traffic traffic = { 0 };

  receiver_go_direct (receiver);
  gst_util_set_object_arg (G_OBJECT (receiver_get_src (receiver)), "output",
      "rtp");
  g_signal_connect (receiver_get_src (receiver), "deep-element-added",
      G_CALLBACK (note_packets), &traffic);
  g_signal_connect (receiver_get_src (receiver), "pad-added",
      G_CALLBACK (note_frames), &traffic);
  recovering_start ();
  wait_for_rates ();
  testcall_set_muted (call, "ana", TESTCALL_VIDEO, TRUE);
  wait_for_rest (video->track_sid, &traffic);

  stats = read_stats ();
  track = find_track (stats, video->track_sid);
  fail_unless_equals_uint64 (get_count (track, "bytes-received"),
      traffic.n_bytes);
  fail_unless_equals_uint64 (get_count (track, "header-bytes-received"),
      traffic.n_header_bytes);
  fail_unless (traffic.n_frames < traffic.n_packets);
  fail_unless_equals_float (get_double (track, "frames-per-second"), 0);
  fixture_teardown ();
}

GST_END_TEST;

/* Losses, made behind the place where retransmissions would come back. */
typedef struct
{
  gint n_wanted;                /* to be lost yet */
  guint n_packets;
} Loss;

static gboolean
loss_takes (Loss * loss, GstBuffer * packet)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  gboolean is_video;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return FALSE;
  is_video = gst_rtp_buffer_get_payload_type (&rtp) == VP8_PAYLOAD_TYPE;
  gst_rtp_buffer_unmap (&rtp);
  /* One of ten, so that none is the last. */
  return is_video && g_atomic_int_get (&loss->n_wanted) > 0
      && ++loss->n_packets % 10 == 0
      && g_atomic_int_add (&loss->n_wanted, -1) > 0;
}

static GstPadProbeReturn
lose_packet (GstPad * pad, GstPadProbeInfo * info, gpointer loss)
{
  return loss_takes (loss, GST_PAD_PROBE_INFO_BUFFER (info)) ?
      GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static void
lose_packets (GstBin * src, GstBin * bin, GstElement * element, Loss * loss)
{
  probe_packets (element, lose_packet, loss);
}

GST_START_TEST (test_loss)
{
  g_autoptr (GstStructure) stats = NULL;
  const GstStructure *track;
  Loss loss = { 0 };

  receiver_go_direct (receiver);
  g_signal_connect (receiver_get_src (receiver), "deep-element-added",
      G_CALLBACK (lose_packets), &loss);
  recovering_start ();
  fail_unless_equals_uint64 (read_count (video->track_sid, "packets-lost"), 0);
  g_atomic_int_set (&loss.n_wanted, 5);
  wait_for_count (video->track_sid, "packets-lost", 5);
  wait_for_count (video->track_sid, "nack-count", 1);
  wait_for_count (video->track_sid, "pli-count", 1);
  fail_unless (receiver_wait_for_media (receiver, video));

  stats = read_stats ();
  track = find_track (stats, video->track_sid);
  fail_unless_equals_uint64 (get_count (track, "packets-lost"), 5);
  /* The embedded SFU sends nothing twice. */
  fail_unless_equals_uint64 (get_count (track,
          "retransmitted-packets-received"), 0);
  track = find_track (stats, audio->track_sid);
  fail_unless_equals_uint64 (get_count (track, "packets-lost"), 0);
  fixture_teardown ();
}

GST_END_TEST;

/* Packets that come late, in order. */
typedef struct
{
  gint n_wanted;                /* stalls yet to be */
  guint n_packets;
} Stall;

#define STALL_US (100 * 1000)

static GstPadProbeReturn
stall (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Stall *stall = user_data;

  if (++stall->n_packets % 20 == 0 && g_atomic_int_get (&stall->n_wanted) > 0) {
    g_usleep (STALL_US);
    g_atomic_int_add (&stall->n_wanted, -1);
  }
  return GST_PAD_PROBE_OK;
}

static void
stall_packets (GstBin * src, GstBin * bin, GstElement * element, Stall * data)
{
  probe_packets (element, stall, data);
}

/* What is late isn't asked for again: nothing is missing. */
GST_START_TEST (test_late_packets)
{
  Stall data = { 0 };
  guint64 n_packets;

  receiver_go_direct (receiver);
  g_signal_connect (receiver_get_src (receiver), "deep-element-added",
      G_CALLBACK (stall_packets), &data);
  recovering_start ();
  wait_for_rates ();
  n_packets = read_count (audio->track_sid, "packets-received");
  g_atomic_int_set (&data.n_wanted, 5);
  /* With one of 20 packets, of video too. */
  wait_for_count (audio->track_sid, "packets-received", n_packets + 120);
  fail_unless_equals_int (g_atomic_int_get (&data.n_wanted), 0);
  fail_unless_equals_uint64 (read_count (audio->track_sid, "nack-count"), 0);
  fail_unless_equals_uint64 (read_count (video->track_sid, "nack-count"), 0);
  fail_unless_equals_uint64 (read_count (video->track_sid, "packets-lost"), 0);
  fixture_teardown ();
}

GST_END_TEST;

static gboolean
is_muted (ReceiverPad * pad)
{
  gboolean muted;

  g_object_get (pad->pad, "muted", &muted, NULL);
  return muted;
}

static void
set_muted (ReceiverPad * pad, gboolean muted)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000LL;

  testcall_set_muted (call, "ana", TESTCALL_VIDEO, muted);
  while (is_muted (pad) != muted) {
    fail_unless (g_get_monotonic_time () < deadline);
    g_usleep (10000);
  }
}

static GstPadProbeReturn
hold_up (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (g_atomic_int_get ((gint *) user_data))
    return GST_PAD_PROBE_DROP;
  return GST_PAD_PROBE_OK;
}

static void
hold_up_video (GstElement * src, GstBin * bin, GstElement * element,
    gint * is_held_up)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  g_autoptr (GstPad) pad = NULL;

  if (factory == NULL
      || !g_str_equal (GST_OBJECT_NAME (factory), "rtpvp8depay"))
    return;
  pad = gst_element_get_static_pad (element, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, hold_up, is_held_up, NULL);
}

/* Longer than a busy machine holds up anything. */
#define STILL_US (3 * G_USEC_PER_SEC)

/* What stands still counts, unless it is muted. */
GST_START_TEST (test_freezes)
{
  gint is_held_up = FALSE;
  g_autoptr (GstStructure) stats = NULL;
  const GstStructure *track;
  guint64 n_freezes;
  gdouble before;

  receiver_go_direct (receiver);
  g_signal_connect (receiver_get_src (receiver), "deep-element-added",
      G_CALLBACK (hold_up_video), &is_held_up);
  recovering_start ();
  wait_for_rates ();
  set_muted (video, TRUE);
  stats = read_stats ();
  track = find_track (stats, video->track_sid);
  /* A busy machine may have made some. */
  n_freezes = get_count (track, "freeze-count");
  before = get_double (track, "total-freezes-duration");
  g_usleep (STILL_US);
  fail_unless_equals_uint64 (read_count (video->track_sid, "freeze-count"),
      n_freezes);
  set_muted (video, FALSE);
  fail_unless (receiver_wait_for_media (receiver, video));
  gst_clear_structure (&stats);
  stats = read_stats ();
  track = find_track (stats, video->track_sid);
  fail_unless (get_double (track, "total-freezes-duration") - before <
      STILL_US / (gdouble) G_USEC_PER_SEC);
  n_freezes = get_count (track, "freeze-count");
  before = get_double (track, "total-freezes-duration");

  g_atomic_int_set (&is_held_up, TRUE);
  g_usleep (STILL_US);
  g_atomic_int_set (&is_held_up, FALSE);
  wait_for_count (video->track_sid, "freeze-count", n_freezes + 1);
  gst_clear_structure (&stats);
  stats = read_stats ();
  track = find_track (stats, video->track_sid);
  fail_unless (get_double (track, "total-freezes-duration") - before >
      0.9 * STILL_US / G_USEC_PER_SEC);
  fixture_teardown ();
}

GST_END_TEST;

/* What comes is counted, whether anything can be given out of it or not. */
GST_START_TEST (test_without_pad)
{
  gint is_held_up = TRUE;
  g_autofree gchar *identity = NULL;
  g_autofree gchar *sid = NULL;
  g_autoptr (GstStructure) stats = NULL;
  const GstStructure *track;

  receiver_go_direct (receiver);
  g_signal_connect (receiver_get_src (receiver), "deep-element-added",
      G_CALLBACK (hold_up_video), &is_held_up);
  testcall_join (call, "ana", TESTCALL_VIDEO, TESTCALL_VP8);
  sid = testcall_get_track_sid (call, "ana", TESTCALL_VIDEO);
  identity = testcall_get_identity (call, "ana");
  receiver_play (receiver);
  wait_for_count (sid, "packets-received", 30);
  stats = read_stats ();
  fail_unless_equals_int (count_tracks (stats), 1);
  track = find_track (stats, sid);
  fail_if (gst_structure_has_field (track, "pad"));
  fail_unless_equals_string (gst_structure_get_string (track, "kind"), "video");
  fail_unless_equals_string (gst_structure_get_string (track,
          "participant-identity"), identity);
  fail_unless_equals_int (receiver_count_pads (receiver), 0);

  /* None of it is left of a session that is over. */
  recovering_reconnect ();
  wait_for_count (sid, "packets-received", 1);
  gst_clear_structure (&stats);
  stats = read_stats ();
  fail_unless_equals_int (count_tracks (stats), 1);

  g_atomic_int_set (&is_held_up, FALSE);
  fail_unless (receiver_wait_for_track (receiver, sid) != NULL);
  gst_clear_structure (&stats);
  stats = read_stats ();
  fail_unless (gst_structure_has_field (find_track (stats, sid), "pad"));
  fixture_teardown ();
}

GST_END_TEST;

/* State times */

static gdouble
sum_state_times (const GstStructure * times)
{
  gdouble sum = 0;
  gint i;

  for (i = 0; i < gst_structure_n_fields (times); i++)
    sum += get_double (times, gst_structure_nth_field_name (times, i));
  return sum;
}

static const GstStructure *
get_connection (const GstStructure * stats)
{
  const GstStructure *connection = get_item (stats, "connections", 0);

  fail_unless (connection != NULL);
  fail_unless (get_item (stats, "connections", 1) == NULL);
  return connection;
}

static const GstStructure *
get_state_times (const GstStructure * stats)
{
  return gst_value_get_structure (gst_structure_get_value (get_connection
          (stats), "state-times"));
}

static void
wait_for_round_trip (void)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_MS * 1000LL;
  gboolean is_there;

  do {
    g_autoptr (GstStructure) stats = read_stats ();

    fail_unless (g_get_monotonic_time () < deadline);
    is_there = gst_structure_has_field (get_connection (stats),
        "signal-round-trip-time");
  } while (!is_there);
}

GST_START_TEST (test_connection)
{
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GstStructure) stats = NULL;
  const GstStructure *connection;
  gdouble passed, sum;
  guint n;

  receiver_go_direct (receiver);
  recovering_start ();
  wait_for_round_trip ();
  recovering_reconnect ();
  recovering_check_media ();
  stats = read_stats ();
  passed = (gdouble) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  connection = get_connection (stats);
  fail_unless_equals_string (gst_structure_get_string (connection,
          "service-url"), testcall_get_sfu_url (call));
  fail_unless (gst_structure_get_uint (connection, "reconnects", &n));
  fail_unless_equals_int (n, 1);
  fail_unless (get_double (connection, "signal-round-trip-time") >= 0);
  fail_unless (get_double (connection, "signal-round-trip-time") < passed);
  sum = sum_state_times (get_state_times (stats));
  fail_unless (sum <= passed && sum > 0.3 * passed, "%f of %f", sum, passed);
  fail_unless (get_double (get_state_times (stats), "connected") > 0);
  fail_unless (get_double (get_state_times (stats), "reconnecting") > 0);
  fixture_teardown ();
}

GST_END_TEST;

/* Counters go on with the pad. */
GST_START_TEST (test_reconnect)
{
  guint64 packets, frames;
  g_autofree gchar *sid = NULL;

  receiver_go_direct (receiver);
  recovering_start ();
  wait_for_rates ();
  packets = read_count (video->track_sid, "packets-received");
  frames = read_count (video->track_sid, "frames-received");
  testcall_restart (call, TESTCALL_RETURN_AT_ONCE);
  recovering_wait_for_states ("reconnecting", "connected");
  recovering_check_media ();
  g_object_get (video->pad, "track-sid", &sid, NULL);
  fail_if (g_str_equal (sid, video->track_sid));
  fail_unless (read_count (sid, "packets-received") >= packets + 10);
  fail_unless (read_count (sid, "frames-received") >= frames + 10);
  {
    g_autoptr (GstStructure) stats = read_stats ();

    fail_unless_equals_int (count_tracks (stats), 2);
    fail_unless (find_track (stats, video->track_sid) == NULL);
  }
  fixture_teardown ();
}

GST_END_TEST;

static void
stop (void)
{
  fail_unless_equals_int (gst_element_set_state (receiver_get_pipeline
          (receiver), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
}

/* The last snapshot stays, and a start begins anew. */
GST_START_TEST (test_stop)
{
  g_autoptr (GstStructure) last = NULL;
  g_autoptr (GstStructure) later = NULL;
  g_autoptr (GstStructure) first = NULL;
  g_autofree gchar *sid = NULL;
  guint64 packets;

  receiver_go_direct (receiver);
  recovering_start ();
  wait_for_rates ();
  sid = g_strdup (video->track_sid);
  packets = read_count (sid, "packets-received");
  stop ();
  last = read_stats ();
  fail_unless_equals_int (count_tracks (last), 2);
  fail_unless (get_count (find_track (last, sid), "packets-received") >=
      packets);
  fail_unless (get_count (find_track (last, sid), "frames-received") > 0);
  fail_unless (get_double (get_state_times (last), "connected") > 0);
  later = read_stats ();
  fail_unless (gst_structure_is_equal (last, later));

  receiver_forget_pads (receiver);
  receiver_play (receiver);
  first = read_stats ();
  fail_unless (find_track (first, sid) == NULL
      || get_count (find_track (first, sid), "packets-received") < packets);
  fixture_teardown ();
}

GST_END_TEST;

/* Tracks that end are gone. */
GST_START_TEST (test_end)
{
  g_autoptr (GstStructure) stats = NULL;
  g_autofree gchar *sid = NULL;

  receiver_go_direct (receiver);
  recovering_start ();
  sid = g_strdup (video->track_sid);
  testcall_unpublish (call, "ana", TESTCALL_VIDEO);
  fail_unless (receiver_wait_for_removal (receiver, sid));
  fail_unless (receiver_wait_for_media (receiver, audio));
  stats = read_stats ();
  fail_unless_equals_int (count_tracks (stats), 1);
  fail_unless (find_track (stats, audio->track_sid) != NULL);
  fixture_teardown ();
}

GST_END_TEST;

/* Tokens are in none of it. */
GST_START_TEST (test_secrets)
{
  g_autoptr (GstStructure) stats = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *token = NULL;

  receiver_go_direct (receiver);
  token = testcall_make_jwt (call, "recorder", NULL);
  g_object_set (receiver_get_src (receiver), "livekit-token", token, NULL);
  recovering_start ();
  stats = read_stats ();
  text = gst_structure_to_string (stats);
  fail_if (strstr (text, token) != NULL);
  fixture_teardown ();
}

GST_END_TEST;

/* Reading all the time */

#define READ_INTERVAL_US 200

static gpointer
read_on (gpointer is_over)
{
  guint64 n = 0;

  while (!g_atomic_int_get ((gint *) is_over)) {
    g_autoptr (GstStructure) stats = read_stats ();

    fail_unless (count_tracks (stats) < 1000);
    n++;
    /* The call has to get on, too, where all else is busy. */
    g_usleep (READ_INTERVAL_US);
  }
  return GSIZE_TO_POINTER (n);
}

#define N_READERS 2
#define N_ROUNDS 6

/* While tracks come and go, sessions are lost, and all of it stops and starts. */
GST_START_TEST (test_read_always)
{
  GThread *readers[N_READERS];
  gint is_over = FALSE;
  guint i;

  receiver_go_direct (receiver);
  for (i = 0; i < N_READERS; i++)
    readers[i] = g_thread_new ("reader", read_on, &is_over);
  recovering_start ();
  for (i = 0; i < N_ROUNDS; i++) {
    g_autofree gchar *sid = NULL;
    ReceiverPad *pad;

    testcall_join (call, "ben", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
    sid = testcall_get_track_sid (call, "ben", TESTCALL_VIDEO);
    pad = receiver_wait_for_track (receiver, sid);
    fail_unless (pad != NULL);
    if (i % 3 == 1)
      recovering_reconnect ();
    testcall_leave (call, "ben");
    fail_unless (receiver_wait_for_removal (receiver, sid));
    if (i % 3 == 2) {
      stop ();
      receiver_forget_pads (receiver);
      receiver_play (receiver);
      fail_unless (receiver_wait_for_state (receiver, "connected"));
    }
  }
  g_atomic_int_set (&is_over, TRUE);
  for (i = 0; i < N_READERS; i++)
    fail_unless (g_thread_join (readers[i]) != NULL);
  receiver_fail_on_error (receiver);
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
stats_suite (void)
{
  Suite *suite = suite_create ("stats");
  TCase *tc = fixture_add_case (suite, fixture_setup);

  tcase_set_timeout (tc, 120);
  tcase_add_test (tc, test_before);
  tcase_add_test (tc, test_tracks);
  tcase_add_test (tc, test_rtp);
  tcase_add_test (tc, test_loss);
  tcase_add_test (tc, test_late_packets);
  tcase_add_test (tc, test_freezes);
  tcase_add_test (tc, test_without_pad);
  tcase_add_test (tc, test_connection);
  tcase_add_test (tc, test_reconnect);
  tcase_add_test (tc, test_stop);
  tcase_add_test (tc, test_end);
  tcase_add_test (tc, test_secrets);
  tcase_add_test (tc, test_read_always);
  return suite;
}

GST_CHECK_MAIN (stats);
