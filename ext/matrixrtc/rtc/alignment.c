/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much later each stream has to come out for all that was sampled at one time
 * to have one timestamp. Pure functions.
 *
 * A sender report says which time of the sender's clock an RTP timestamp is, and
 * the jitter buffer which running time it gives it. The difference of the two is
 * the stream's lateness: the difference of the clocks, which all streams of a
 * sender have in common, and what the stream's own way takes longer. So all streams
 * of a sender are put off to its latest one.
 *
 * Senders whose clocks agree, by NTP or because they are one machine, are put off
 * to the latest stream of them all. Whose clock is another is left to itself: how
 * late it really is can't be known.
 *
 * Of a stream that pauses, as those of muted tracks do, there are no reports. Its
 * lateness changes with that of the others meanwhile, as clocks drift.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "alignment.h"

/* ns. What the streams of one sender differ by more is no delay but a wrong
 * report. */
#define MAX_SKEW G_GINT64_CONSTANT (2000000000)

/* ns. Clocks that agree seem to be as far apart as the ways from them. */
#define MAX_CLOCK_DIFFERENCE G_GINT64_CONSTANT (250000000)

/* ns, between two reports. What a clock is set by is no drift. */
#define MAX_DRIFT G_GINT64_CONSTANT (100000000)

/* us. SFUs send reports every few seconds. */
#define PAUSE (10 * G_USEC_PER_SEC)

typedef struct
{
  gchar *id;
  GPtrArray *streams;           /* of Stream */
  guint clock;                  /* the same for all whose clocks agree */
  /* Of the streams' lateness; earliest > latest: there is nothing to go by. */
  gint64 earliest;
  gint64 latest;
} Sender;

typedef struct
{
  guint32 ssrc;
  Sender *sender;
  gint64 lateness;              /* ns */
  gint64 reported;              /* us; 0: never */
  guint32 leader;               /* whose drift it takes while it pauses, or 0 */
} Stream;

struct _RtcAlignment
{
  GHashTable *senders;          /* id -> Sender */
  GHashTable *streams;          /* ssrc -> Stream */
  guint n_clocks;               /* told apart so far */
};

static void
sender_free (gpointer data)
{
  Sender *sender = data;

  g_ptr_array_unref (sender->streams);
  g_free (sender->id);
  g_free (sender);
}

RtcAlignment *
rtc_alignment_new (void)
{
  RtcAlignment *alignment = g_new0 (RtcAlignment, 1);

  alignment->senders =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, sender_free);
  alignment->streams = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return alignment;
}

void
rtc_alignment_free (RtcAlignment * alignment)
{
  g_hash_table_unref (alignment->streams);
  g_hash_table_unref (alignment->senders);
  g_free (alignment);
}

static guint64
distance (gint64 a, gint64 b)
{
  return a > b ? (guint64) a - (guint64) b : (guint64) b - (guint64) a;
}

/* Senders and their clocks */

static void
sender_measure (Sender * sender)
{
  gint64 earliest = G_MAXINT64, latest = G_MININT64;
  guint i;

  for (i = 0; i < sender->streams->len; i++) {
    const Stream *stream = g_ptr_array_index (sender->streams, i);

    if (stream->reported == 0)
      continue;
    earliest = MIN (earliest, stream->lateness);
    latest = MAX (latest, stream->lateness);
  }
  sender->earliest = earliest;
  sender->latest = latest;
  if (latest > earliest && distance (latest, earliest) > MAX_SKEW)
    sender->latest = G_MININT64;
}

static gboolean
sender_is_known (const Sender * sender)
{
  return sender->earliest <= sender->latest;
}

/* Who has come to agree with others stays with them until it is far off: no report
 * is quite like the last. */
static gboolean
sender_keeps_clock (Sender * sender, RtcAlignment * alignment)
{
  GHashTableIter iter;
  Sender *other;

  g_hash_table_iter_init (&iter, alignment->senders);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & other)) {
    if (other != sender && other->clock == sender->clock
        && sender_is_known (other)
        && distance (other->earliest, sender->earliest)
        <= 2 * MAX_CLOCK_DIFFERENCE)
      return TRUE;
  }
  return FALSE;
}

static void
sender_find_clock (Sender * sender, RtcAlignment * alignment)
{
  guint64 nearest = MAX_CLOCK_DIFFERENCE;
  GHashTableIter iter;
  Sender *other;

  if (!sender_is_known (sender) || sender_keeps_clock (sender, alignment))
    return;
  sender->clock = ++alignment->n_clocks;
  g_hash_table_iter_init (&iter, alignment->senders);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & other)) {
    if (other == sender || !sender_is_known (other)
        || distance (other->earliest, sender->earliest) > nearest)
      continue;
    nearest = distance (other->earliest, sender->earliest);
    sender->clock = other->clock;
  }
}

static Sender *
alignment_get_sender (RtcAlignment * alignment, const gchar * id)
{
  Sender *sender = g_hash_table_lookup (alignment->senders, id);

  if (sender != NULL)
    return sender;
  sender = g_new0 (Sender, 1);
  sender->id = g_strdup (id);
  sender->streams = g_ptr_array_new ();
  sender->clock = ++alignment->n_clocks;
  sender_measure (sender);
  g_hash_table_insert (alignment->senders, sender->id, sender);
  return sender;
}

/* Streams */

static Stream *
alignment_find (RtcAlignment * alignment, guint32 ssrc)
{
  return g_hash_table_lookup (alignment->streams, GUINT_TO_POINTER (ssrc));
}

/* Whose clock the reports of @ssrc are of. Before any. */
void
rtc_alignment_set_sender (RtcAlignment * alignment, guint32 ssrc,
    const gchar * id)
{
  Stream *stream = alignment_find (alignment, ssrc);

  if (stream != NULL && g_str_equal (stream->sender->id, id))
    return;
  rtc_alignment_remove (alignment, ssrc);
  stream = g_new0 (Stream, 1);
  stream->ssrc = ssrc;
  stream->sender = alignment_get_sender (alignment, id);
  g_ptr_array_add (stream->sender->streams, stream);
  g_hash_table_insert (alignment->streams, GUINT_TO_POINTER (ssrc), stream);
}

void
rtc_alignment_remove (RtcAlignment * alignment, guint32 ssrc)
{
  Stream *stream = alignment_find (alignment, ssrc);
  Sender *sender;

  if (stream == NULL)
    return;
  sender = stream->sender;
  g_ptr_array_remove_fast (sender->streams, stream);
  if (sender->streams->len == 0)
    g_hash_table_remove (alignment->senders, sender->id);
  else
    sender_measure (sender);
  g_hash_table_remove (alignment->streams, GUINT_TO_POINTER (ssrc));
}

static gboolean
stream_pauses (const Stream * stream, gint64 now)
{
  return stream->reported != 0 && now - stream->reported > PAUSE;
}

/* What @leader's clock has drifted by, @stream's has too. */
static void
stream_follow (Stream * stream, RtcAlignment * alignment,
    const Stream * leader, gint64 drift, gint64 now)
{
  const Stream *former = alignment_find (alignment, stream->leader);

  if (stream->leader == leader->ssrc)
    stream->lateness += drift;
  else if (former == NULL || stream_pauses (former, now))
    stream->leader = leader->ssrc;
  sender_measure (stream->sender);
}

static void
alignment_spread_drift (RtcAlignment * alignment, const Stream * leader,
    gint64 drift, gint64 now)
{
  GHashTableIter iter;
  Stream *stream;

  g_hash_table_iter_init (&iter, alignment->streams);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & stream)) {
    if (stream != leader && stream->sender->clock == leader->sender->clock
        && stream_pauses (stream, now))
      stream_follow (stream, alignment, leader, drift, now);
  }
}

/* @lateness: running time less the sender's, in ns; @now: monotonic, in us. What is
 * nobody's says nothing. */
void
rtc_alignment_take_report (RtcAlignment * alignment, guint32 ssrc,
    gint64 lateness, gint64 now)
{
  Stream *stream = alignment_find (alignment, ssrc);

  if (stream == NULL)
    return;
  if (stream->reported != 0 && !stream_pauses (stream, now)
      && distance (lateness, stream->lateness) <= MAX_DRIFT)
    alignment_spread_drift (alignment, stream, lateness - stream->lateness,
        now);
  stream->lateness = lateness;
  stream->reported = now;
  stream->leader = 0;
  sender_measure (stream->sender);
  sender_find_clock (stream->sender, alignment);
}

/* Offsets */

static gint64
alignment_get_latest (RtcAlignment * alignment, guint clock)
{
  gint64 latest = G_MININT64;
  GHashTableIter iter;
  Sender *sender;

  g_hash_table_iter_init (&iter, alignment->senders);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & sender)) {
    if (sender->clock == clock && sender_is_known (sender))
      latest = MAX (latest, sender->latest);
  }
  return latest;
}

/* Calls @func for @ssrc and all whose offset depends on it: those that have had a
 * report. */
void
rtc_alignment_foreach (RtcAlignment * alignment, guint32 ssrc,
    RtcAlignmentFunc func, gpointer user_data)
{
  const Stream *reason = alignment_find (alignment, ssrc);
  GHashTableIter iter;
  Stream *stream;
  gint64 latest;

  if (reason == NULL)
    return;
  latest = alignment_get_latest (alignment, reason->sender->clock);
  g_hash_table_iter_init (&iter, alignment->streams);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & stream)) {
    if (stream->sender->clock == reason->sender->clock
        && sender_is_known (stream->sender) && stream->reported != 0
        && distance (latest, stream->lateness) <= MAX_SKEW)
      func (stream->ssrc, latest - stream->lateness, user_data);
  }
}
