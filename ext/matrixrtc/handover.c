/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which session each track that is given out comes from, and the sessions that are
 * over until their tracks have gone on in the present one. Lives on the worker
 * thread.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "debug.h"
#include "handover.h"
#include "tracktable.h"

#define GST_CAT_DEFAULT matrixrtc_connection_debug

struct _Handover
{
  TrackCallbacks callbacks;
  gpointer user_data;
  TrackTable *tracks;
  GPtrArray *former;            /* of Session: their tracks still come */
  GPtrArray *retiring;          /* of Session: nothing comes any more */
  GSource *deadline;            /* of what of the former hasn't gone on */
};

Handover *
handover_new (const TrackCallbacks * callbacks, gpointer user_data)
{
  Handover *handover = g_new0 (Handover, 1);

  handover->callbacks = *callbacks;
  handover->user_data = user_data;
  handover->tracks = track_table_new ();
  handover->former = g_ptr_array_new ();
  handover->retiring = g_ptr_array_new ();
  return handover;
}

static void
abandon_session (gpointer session, gpointer user_data)
{
  session_abandon (session);
}

/* Nothing of the former sessions comes any more. */
void
handover_abandon (Handover * handover)
{
  matrix_rtc_clear_source (&handover->deadline);
  g_ptr_array_foreach (handover->former, abandon_session, NULL);
}

static void
free_session (gpointer session, gpointer user_data)
{
  session_free (session);
}

/* See session_free(). */
void
handover_free (Handover * handover)
{
  handover_abandon (handover);
  g_ptr_array_foreach (handover->former, free_session, NULL);
  g_ptr_array_unref (handover->former);
  g_ptr_array_foreach (handover->retiring, free_session, NULL);
  g_ptr_array_unref (handover->retiring);
  track_table_free (handover->tracks);
  g_free (handover);
}

/* Sessions */

/* Whether anything is given out that comes from @session. */
gboolean
handover_is_from (Handover * handover, Session * session)
{
  return track_table_has_session (handover->tracks, session);
}

/* @session is down: nothing waits for it any more. */
void
handover_take_retired (Handover * handover, Session * session)
{
  g_ptr_array_remove (handover->retiring, session);
  session_free (session);
}

static void
handover_retire_if_done (Handover * handover, Session * session)
{
  if (handover_is_from (handover, session)
      || !g_ptr_array_remove (handover->former, session))
    return;
  g_ptr_array_add (handover->retiring, session);
  session_retire (session);
}

/* Takes @session, which is over; its tracks come out of it until they go on
 * elsewhere. */
void
handover_take_former (Handover * handover, Session * session)
{
  g_ptr_array_add (handover->former, session);
  handover_retire_if_done (handover, session);
}

/* Interrupts what of @session hasn't gone on elsewhere. */
static void
handover_interrupt (Handover * handover, Session * session)
{
  g_autoptr (GPtrArray) entries = track_table_dup (handover->tracks);
  guint i;

  for (i = 0; i < entries->len; i++) {
    TrackEntry *entry = g_ptr_array_index (entries, i);

    if (entry->session != session)
      continue;
    entry->session = NULL;
    handover->callbacks.interrupted (entry->sid, handover->user_data);
  }
  handover_retire_if_done (handover, session);
}

static gboolean
on_deadline (gpointer user_data)
{
  Handover *handover = user_data;

  matrix_rtc_clear_source (&handover->deadline);
  while (handover->former->len > 0)
    handover_interrupt (handover, g_ptr_array_index (handover->former, 0));
  return G_SOURCE_REMOVE;
}

/* The present session is connected: what of the former ones hasn't gone on within
 * @timeout_ms is interrupted, and they retire. */
void
handover_start_deadline (Handover * handover, guint timeout_ms)
{
  matrix_rtc_clear_source (&handover->deadline);
  if (handover->former->len > 0)
    handover->deadline =
        matrix_rtc_add_timeout (timeout_ms, on_deadline, handover);
}

/* Tracks */

static void
handover_move_track (Handover * handover, TrackEntry * entry,
    Session * session, const LiveKitParticipant * participant,
    const LiveKitTrack * track, const gchar * msid, GstPad * pad)
{
  Session *former = entry->session;
  g_autofree gchar *former_sid = entry->sid;

  entry->sid = g_strdup (track->sid);
  entry->session = session;
  handover->callbacks.moved (former_sid, participant, track, msid, pad,
      handover->user_data);
  if (former == NULL)
    return;
  rtc_streams_release_track (session_get_streams (former), former_sid);
  handover_retire_if_done (handover, former);
}

/* The first frame of @track waits in @session: it goes on where a track of a former
 * session ended, or is a new one. Returns what the stream is called from then on. */
const gchar *
handover_show_track (Handover * handover, Session * session,
    const LiveKitParticipant * participant, const LiveKitTrack * track)
{
  RtcStreams *streams = session_get_streams (session);
  g_autofree gchar *msid = NULL;
  g_autoptr (GstPad) pad = NULL;
  TrackEntry *former = track_table_find (handover->tracks, track->sid, session);

  if (former != NULL)
    return former->stream_id;
  msid = rtc_streams_get_track_msid (streams, track->sid);
  pad = rtc_streams_get_track_pad (streams, track->sid);
  former = track_table_find_former (handover->tracks, participant, track,
      session);
  if (former != NULL) {
    handover_move_track (handover, former, session, participant, track, msid,
        pad);
    return former->stream_id;
  }
  track_table_add (handover->tracks, participant->identity, track, session);
  handover->callbacks.added (participant, track, msid, pad,
      handover->user_data);
  return track->stream_id;
}

/* The track has had its EOS. It may be none that was given out. */
void
handover_take_ended (Handover * handover, Session * session,
    const gchar * track_sid)
{
  TrackEntry *entry = track_table_find (handover->tracks, track_sid, session);

  if (entry == NULL)
    return;
  track_table_remove (handover->tracks, entry);
  handover->callbacks.removed (track_sid, handover->user_data);
  handover_retire_if_done (handover, session);
}

static void
handover_end_entry (Handover * handover, TrackEntry * entry)
{
  if (entry->session != NULL) {
    rtc_streams_end_track (session_get_streams (entry->session), entry->sid);
    return;
  }
  handover->callbacks.lost (entry->sid, handover->user_data);
  track_table_remove (handover->tracks, entry);
}

/* Ends what came from former sessions, of one publisher or (NULL) of all, and by
 * what @room tells can't go on in @present, where @selection is wanted. */
void
handover_end_missing (Handover * handover, Session * present,
    LiveKitRoom * room, const LiveKitSelection * selection,
    const gchar * identity)
{
  g_autoptr (GPtrArray) entries = track_table_dup (handover->tracks);
  guint i;

  for (i = 0; i < entries->len; i++) {
    TrackEntry *entry = g_ptr_array_index (entries, i);

    if (entry->session != present
        && (identity == NULL || g_str_equal (entry->identity, identity))
        && !track_table_has_successor (handover->tracks, entry, room,
            selection))
      handover_end_entry (handover, entry);
  }
}

void
handover_end_all (Handover * handover)
{
  g_autoptr (GPtrArray) entries = track_table_dup (handover->tracks);
  guint i;

  for (i = 0; i < entries->len; i++)
    handover_end_entry (handover, g_ptr_array_index (entries, i));
}

/* FALSE if @source is in none of a former session's. */
gboolean
handover_take_media_error (Handover * handover, GstObject * source,
    const gchar * debug)
{
  guint i;

  for (i = 0; i < handover->former->len; i++) {
    Session *former = g_ptr_array_index (handover->former, i);

    if (session_take_media_error (former, source, debug))
      return TRUE;
  }
  return FALSE;
}
