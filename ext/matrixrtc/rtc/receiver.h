/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "../e2ee/gstmatrixrtcdecrypt.h"
#include "../gstmatrixrtc-enums.h"
#include "stats.h"

G_BEGIN_DECLS

#define GST_TYPE_MATRIX_RTC_RECEIVER (gst_matrix_rtc_receiver_get_type ())
G_DECLARE_FINAL_TYPE (GstMatrixRtcReceiver, gst_matrix_rtc_receiver, GST,
    MATRIX_RTC_RECEIVER, GstBin)

/* How the frames of a track are encrypted. */
typedef struct
{
  gboolean is_encrypted;
  const gchar *identity;        /* of the publisher: whose keys they are */
  const gchar *track_sid;
  GBytes *sif_trailer;          /* of the SFU's own frames, or NULL */
} RtcTrackEncryption;

/* What the receivers of one call have in common. */
typedef struct
{
  GstMatrixRtcOutput output;
  E2eeCall *encryption;         /* outlives them */
  GstMatrixRtcUnencryptedMedia unencrypted_media;
  RtcStats *stats;              /* of what comes to them; outlives them */
} GstMatrixRtcReceiverSettings;

/* Called on a streaming thread, at most twice. */
typedef void (*GstMatrixRtcReceiverReady) (gpointer user_data);

GstMatrixRtcReceiver *gst_matrix_rtc_receiver_new (GstCaps * rtp_caps,
    const GstMatrixRtcReceiverSettings * settings,
    GstMatrixRtcReceiverReady ready, gpointer user_data, GDestroyNotify notify,
    GError ** error);
void gst_matrix_rtc_receiver_set_encryption (GstMatrixRtcReceiver * receiver,
    const RtcTrackEncryption * encryption);
gboolean gst_matrix_rtc_receiver_is_complete (GstMatrixRtcReceiver * receiver);
void gst_matrix_rtc_receiver_unblock (GstMatrixRtcReceiver * receiver);

G_END_DECLS
