/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a call and its connection are in numbers, and whose the tracks are that rtc/
 * has the numbers of. Written on the worker thread, read on any.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "callstats.h"
#include "gstmatrixrtc-enumtypes.h"
#include "meters.h"
#include "structurelist.h"

/* Whose a track is. */
typedef struct
{
  gchar *identity;
  gboolean is_audio;
  GstMatrixRtcTrackSource source;
  gboolean muted;
} Owner;

struct _CallStats
{
  RtcStats *rtc;                /* constant */

  GMutex lock;                  /* a leaf: nothing is called under it */
  gchar *service_url;           /* all under lock; NULL: not known yet */
  guint n_reconnects;
  guint n_resumes;
  gint64 round_trip;            /* us; -1: not known yet */
  StateTimes times;
  GHashTable *owners;           /* sid -> Owner, of all that is published */
};

static void
owner_free (gpointer data)
{
  Owner *owner = data;

  g_free (owner->identity);
  g_free (owner);
}

CallStats *
call_stats_new (void)
{
  CallStats *stats = g_atomic_rc_box_new0 (CallStats);

  stats->rtc = rtc_stats_new ();
  g_mutex_init (&stats->lock);
  stats->round_trip = -1;
  stats->owners =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, owner_free);
  return stats;
}

CallStats *
call_stats_ref (CallStats * stats)
{
  return g_atomic_rc_box_acquire (stats);
}

static void
stats_clear (CallStats * stats)
{
  rtc_stats_unref (stats->rtc);
  g_mutex_clear (&stats->lock);
  g_free (stats->service_url);
  g_hash_table_unref (stats->owners);
}

void
call_stats_unref (CallStats * stats)
{
  g_atomic_rc_box_release_full (stats, (GDestroyNotify) stats_clear);
}

RtcStats *
call_stats_get_rtc (CallStats * stats)
{
  return stats->rtc;
}

/* Writing */

void
call_stats_take_state (CallStats * stats, GstMatrixRtcConnectionState state,
    const gchar * service_url)
{
  g_mutex_lock (&stats->lock);
  state_times_enter (&stats->times, state, g_get_monotonic_time ());
  g_free (stats->service_url);
  stats->service_url = g_strdup (service_url);
  g_mutex_unlock (&stats->lock);
}

void
call_stats_take_counts (CallStats * stats, guint n_reconnects, guint n_resumes)
{
  g_mutex_lock (&stats->lock);
  stats->n_reconnects = n_reconnects;
  stats->n_resumes = n_resumes;
  g_mutex_unlock (&stats->lock);
}

/* In us. */
void
call_stats_take_round_trip (CallStats * stats, gint64 round_trip)
{
  g_mutex_lock (&stats->lock);
  stats->round_trip = round_trip;
  g_mutex_unlock (&stats->lock);
}

static gboolean
is_owned_by (gpointer sid, gpointer owner, gpointer identity)
{
  return g_str_equal (((Owner *) owner)->identity, identity);
}

static void
stats_add_track (CallStats * stats, const gchar * identity,
    const LiveKitTrack * track)
{
  Owner *owner = g_new (Owner, 1);

  owner->identity = g_strdup (identity);
  owner->is_audio = track->is_audio;
  owner->source = track->source;
  owner->muted = track->muted;
  g_hash_table_replace (stats->owners, g_strdup (track->sid), owner);
}

/* Somebody has come, or is another now. */
void
call_stats_take_participant (CallStats * stats,
    const LiveKitParticipant * participant)
{
  guint i;

  g_mutex_lock (&stats->lock);
  g_hash_table_foreach_remove (stats->owners, is_owned_by,
      participant->identity);
  for (i = 0; i < participant->tracks->len; i++)
    stats_add_track (stats, participant->identity,
        g_ptr_array_index (participant->tracks, i));
  g_mutex_unlock (&stats->lock);
}

void
call_stats_take_left (CallStats * stats, const gchar * identity)
{
  g_mutex_lock (&stats->lock);
  g_hash_table_foreach_remove (stats->owners, is_owned_by, (gpointer) identity);
  g_mutex_unlock (&stats->lock);
}

/* Reading */

/* Seconds of each state that it has been in. */
static GstStructure *
stats_read_times (CallStats * stats)
{
  g_autoptr (GEnumClass) klass =
      g_type_class_ref (GST_TYPE_MATRIX_RTC_CONNECTION_STATE);
  GstStructure *times = gst_structure_new_empty ("state-times");
  gint64 now = g_get_monotonic_time ();
  guint i;

  for (i = 0; i < STATE_TIMES_N_STATES; i++) {
    gint64 time = state_times_get (&stats->times, i, now);

    if (time > 0)
      gst_structure_set (times, g_enum_get_value (klass, i)->value_nick,
          G_TYPE_DOUBLE, (gdouble) time / G_TIME_SPAN_SECOND, NULL);
  }
  return times;
}

static GstStructure *
stats_read_connection (CallStats * stats)
{
  g_autoptr (GstStructure) times = stats_read_times (stats);
  GstStructure *connection = gst_structure_new ("connection",
      "state", GST_TYPE_MATRIX_RTC_CONNECTION_STATE, stats->times.state,
      "state-times", GST_TYPE_STRUCTURE, times,
      "reconnects", G_TYPE_UINT, stats->n_reconnects,
      "resumes", G_TYPE_UINT, stats->n_resumes, NULL);

  if (stats->service_url != NULL)
    gst_structure_set (connection, "service-url", G_TYPE_STRING,
        stats->service_url, NULL);
  if (stats->round_trip >= 0)
    gst_structure_set (connection, "signal-round-trip-time", G_TYPE_DOUBLE,
        (gdouble) stats->round_trip / G_TIME_SPAN_SECOND, NULL);
  return connection;
}

static GstStructure *
new_snapshot (guint n_reconnects, guint n_resumes, GstStructure * connection)
{
  GstStructure *snapshot = gst_structure_new ("matrixrtc-stats",
      "reconnects", G_TYPE_UINT, n_reconnects,
      "resumes", G_TYPE_UINT, n_resumes, NULL);
  GValue connections = G_VALUE_INIT;

  g_value_init (&connections, GST_TYPE_LIST);
  if (connection != NULL)
    structure_list_append (&connections, connection);
  gst_structure_take_value (snapshot, "connections", &connections);
  return snapshot;
}

/* Before any call. */
GstStructure *
call_stats_new_empty (void)
{
  return new_snapshot (0, 0, NULL);
}

/* All but the tracks. */
GstStructure *
call_stats_read (CallStats * stats)
{
  GstStructure *snapshot;

  g_mutex_lock (&stats->lock);
  snapshot = new_snapshot (stats->n_reconnects, stats->n_resumes,
      stats->times.since == 0 ? NULL : stats_read_connection (stats));
  g_mutex_unlock (&stats->lock);
  return snapshot;
}

/* Says in @stats, a track's, whose it is. */
void
call_stats_tell_owner (GstStructure * stats, const gchar * identity,
    gboolean is_audio, GstMatrixRtcTrackSource source, gboolean muted)
{
  gst_structure_set (stats,
      "participant-identity", G_TYPE_STRING, identity,
      "kind", G_TYPE_STRING, is_audio ? "audio" : "video",
      "source", GST_TYPE_MATRIX_RTC_TRACK_SOURCE, source,
      "muted", G_TYPE_BOOLEAN, muted, NULL);
}

static void
stats_describe_track (CallStats * stats, const gchar * sid,
    GstStructure * track)
{
  const Owner *owner = g_hash_table_lookup (stats->owners, sid);

  gst_structure_set (track, "track-sid", G_TYPE_STRING, sid, NULL);
  if (owner != NULL)
    call_stats_tell_owner (track, owner->identity, owner->is_audio,
        owner->source, owner->muted);
}

/* Sid -> GstStructure, of all tracks that are received. */
GHashTable *
call_stats_read_tracks (CallStats * stats)
{
  GHashTable *tracks = rtc_stats_read (stats->rtc);
  GHashTableIter iter;
  gpointer sid, track;

  g_mutex_lock (&stats->lock);
  g_hash_table_iter_init (&iter, tracks);
  while (g_hash_table_iter_next (&iter, &sid, &track))
    stats_describe_track (stats, sid, track);
  g_mutex_unlock (&stats->lock);
  return tracks;
}
