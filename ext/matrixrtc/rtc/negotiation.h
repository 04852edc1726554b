/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "ice.h"

G_BEGIN_DECLS

typedef struct _RtcNegotiation RtcNegotiation;

/* Called on the worker thread. @sections are of the offer, as RtcSection. */
typedef struct
{
  /* The offer's turn has come. Its new sections may not be received yet. */
  void (*begun) (GPtrArray * sections, gpointer user_data);
  /* It is answered with @sdp, and webrtcbin is ready for all that it names. */
  void (*answered) (GPtrArray * sections, const gchar * sdp, guint32 offer_id,
      gpointer user_data);
  /* An offer can't be answered, so that no other will come. */
  void (*failed) (const gchar * debug, gpointer user_data);
} RtcNegotiationCallbacks;

RtcNegotiation *rtc_negotiation_new (MatrixRtcLoop * loop,
    GstElement * webrtcbin, RtcIce * ice,
    const RtcNegotiationCallbacks * callbacks, gpointer user_data);
void rtc_negotiation_get_last (RtcNegotiation * negotiation,
    const gchar ** offer, const gchar ** answer);
void rtc_negotiation_take_offer (RtcNegotiation * negotiation,
    const gchar * sdp, guint32 offer_id, GHashTable * mid_to_track);
void rtc_negotiation_close (RtcNegotiation * negotiation);
void rtc_negotiation_unref (RtcNegotiation * negotiation);

G_END_DECLS
