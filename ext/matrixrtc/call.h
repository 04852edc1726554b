/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "callsettings.h"
#include "callstats.h"
#include "e2ee/e2eecall.h"
#include "loop.h"

G_BEGIN_DECLS

typedef struct _Call Call;

/* One remote track, with what is known of its publisher. */
typedef struct
{
  const gchar *sid;
  const gchar *msid;
  const gchar *stream_id;       /* the same in each run */
  const gchar *mime_type;       /* as announced, or empty */
  gboolean is_audio;
  GstMatrixRtcTrackSource source;
  gboolean muted;
  gboolean encrypted;
  const gchar *participant_identity;
  const gchar *participant_sid;
  const gchar *participant_name;
  const gchar *user_id;         /* NULL: not a Matrix identity that tells */
  const gchar *device_id;
  gboolean is_selected;         /* it's received, or will be */
} CallTrack;

/* Called on the worker thread. */
typedef struct
{
  /* @error is why, with failed and the states of a connection that is lost.
   * @details holds service-url, identity and room as far as they are known. */
  void (*state_changed) (GstMatrixRtcConnectionState state,
      const GError * error, const GstStructure * details, gpointer user_data);
  /* Takes @message. */
  void (*message) (GstStructure * message, gpointer user_data);
  void (*participants_changed) (gpointer user_data);
  /* What may be chosen has changed, or what is chosen: @tracks are CallTracks, without
   * msid, user_id and device_id. @room is the SFU's name of the room, or NULL. */
  void (*tracks_changed) (const GArray * tracks, const gchar * room,
      gpointer user_data);
  /* What came with @seqnum has been asked of the SFU. */
  void (*streams_selected) (guint32 seqnum, gpointer user_data);
  /* FALSE: the track isn't wanted. */
  gboolean (*track_added) (const CallTrack * track, GstPad * pad,
      gpointer user_data);
  void (*track_updated) (const CallTrack * track, gpointer user_data);
  /* What was @former_sid comes out of another pad now, @pad. */
  void (*track_moved) (const gchar * former_sid, const CallTrack * track,
      GstPad * pad, gpointer user_data);
  /* Nothing comes out of the track's pad any more, until it is moved or lost. */
  void (*track_interrupted) (const gchar * track_sid, gpointer user_data);
  /* The track is over, with an EOS behind it. */
  void (*track_removed) (const gchar * track_sid, gpointer user_data);
  /* The track is over while it's interrupted: the EOS is still due. */
  void (*track_lost) (const gchar * track_sid, gpointer user_data);
  void (*track_failed) (const gchar * track_sid, const gchar * debug,
      gpointer user_data);
} CallCallbacks;

void call_prepare (GstElement * element);
Call *call_new (const CallSettings * settings, E2eeCall * encryption,
    GstBin * bin, MatrixRtcLoop * loop, const CallCallbacks * callbacks,
    gpointer user_data);
void call_set_media (Call * call, GstMatrixRtcMedia media);
void call_select_streams (Call * call, GStrv stream_ids, guint32 seqnum);
void call_set_video_quality (Call * call, const gchar * track_sid,
    GstMatrixRtcVideoQuality quality);
void call_set_used (Call * call, const gchar * track_sid, gboolean is_used);
void call_start (Call * call);
void call_stop (Call * call);
void call_free (Call * call);

gchar *call_dup_room_id (Call * call);
GstStructure *call_get_participants (Call * call);
guint64 call_get_n_dropped_data (Call * call);
CallStats *call_get_stats (Call * call);
void call_take_media_error (Call * call, GstObject * source,
    const gchar * debug);

G_END_DECLS
