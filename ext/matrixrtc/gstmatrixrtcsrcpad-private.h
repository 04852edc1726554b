/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "continuity.h"
#include "filler.h"
#include "framemeter.h"
#include "gstmatrixrtcsrcpad.h"
#include "keyframedates.h"

G_BEGIN_DECLS

struct _GstMatrixRtcSrcPad
{
  GstGhostPad parent;

  /* Constant. */
  gchar *participant_identity;
  gchar *user_id;
  gchar *device_id;
  GstMatrixRtcTrackSource source;
  gboolean is_audio;
  GstStream *stream;
  gboolean is_rtp;
  GstEvent *stream_start;

  /* Under OBJECT_LOCK. */
  gchar *track_sid;
  gchar *participant_sid;
  gchar *msid;
  gchar *participant_name;
  gboolean muted;
  gboolean encrypted;
  GstMatrixRtcVideoQuality video_quality;
  MediaGap gap;
  gint64 last_output;           /* monotonic, us; 0: nothing has come out */
  gboolean is_filling;
  FrameMeter frames;            /* of a video */
  KeyFrameDates key_frame_dates;

  /* Of the streaming threads, of which the internal pad lets one at a time in. */
  Continuity continuity;
  Filler filler;
  gboolean is_pushing_filler;
  gboolean has_asked;           /* for the key frame that is needed */
  gint needs_key_frame;         /* atomic: linking starts anew */
  gint begins;                  /* atomic: somebody else listens now */
};

void gst_matrix_rtc_src_pad_ask_for_key_frame (GstMatrixRtcSrcPad * pad);
gboolean gst_matrix_rtc_src_pad_lacks_key_frame (GstMatrixRtcSrcPad * pad,
    GstPadProbeInfo * info);
gboolean gst_matrix_rtc_src_pad_keep_key_frame_date (GstMatrixRtcSrcPad * pad,
    GstEvent * event);
void gst_matrix_rtc_src_pad_look_at_key_frame_dates (GstMatrixRtcSrcPad * pad,
    GstPadProbeInfo * info);

G_END_DECLS
