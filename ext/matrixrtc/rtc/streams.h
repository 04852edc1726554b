/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../loop.h"
#include "receiver.h"

G_BEGIN_DECLS

typedef struct _RtcStreams RtcStreams;

/* Called on the worker thread. */
typedef struct
{
  /* A stream has come, whosever it is, and one is gone. */
  void (*come) (gpointer user_data);
  void (*gone) (gpointer user_data);
  /* A track's first frame waits; answer with rtc_streams_start_track(), now or
   * later. */
  void (*track_ready) (const gchar * track_sid, gpointer user_data);
  /* A track is over. If it was started, it has had its EOS. */
  void (*track_ended) (const gchar * track_sid, gpointer user_data);
  /* One track can't be received. */
  void (*track_failed) (const gchar * track_sid, const gchar * debug,
      gpointer user_data);
} RtcStreamsCallbacks;

RtcStreams *rtc_streams_new (MatrixRtcLoop * loop, GstBin * bin,
    GstElement * webrtcbin, const GstMatrixRtcReceiverSettings * receivers,
    const RtcStreamsCallbacks * callbacks, gpointer user_data);
void rtc_streams_abandon (RtcStreams * streams);
void rtc_streams_take_down (RtcStreams * streams);
void rtc_streams_free (RtcStreams * streams);

void rtc_streams_begin_offer (RtcStreams * streams, GPtrArray * sections);
void rtc_streams_allow_offer (RtcStreams * streams);
void rtc_streams_match (RtcStreams * streams);

GStrv rtc_streams_get_track_sids (RtcStreams * streams);
GstPad *rtc_streams_get_track_pad (RtcStreams * streams,
    const gchar * track_sid);
gchar *rtc_streams_get_track_msid (RtcStreams * streams,
    const gchar * track_sid);
gboolean rtc_streams_is_track_ready (RtcStreams * streams,
    const gchar * track_sid);
void rtc_streams_set_off (RtcStreams * streams, const GPtrArray * track_sids);
gboolean rtc_streams_are_expected (RtcStreams * streams);
void rtc_streams_set_track_publisher (RtcStreams * streams,
    const gchar * track_sid, const gchar * publisher);
gboolean rtc_streams_is_track_complete (RtcStreams * streams,
    const gchar * track_sid);
void rtc_streams_set_track_encryption (RtcStreams * streams,
    const RtcTrackEncryption * encryption);
void rtc_streams_start_track (RtcStreams * streams, const gchar * track_sid);
void rtc_streams_release_track (RtcStreams * streams, const gchar * track_sid);
void rtc_streams_end_track (RtcStreams * streams, const gchar * track_sid);
void rtc_streams_end_started_track (RtcStreams * streams,
    const gchar * track_sid);
void rtc_streams_end_all_tracks (RtcStreams * streams);

gboolean rtc_streams_take_media_error (RtcStreams * streams,
    GstObject * source, const gchar * debug);

G_END_DECLS
