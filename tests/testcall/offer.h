/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The SDP that a subscriber sees, as pure functions: the offer text in
 * LiveKit's manner, what an answer says, and the answer that our own webrtcbin
 * is given in its place. */

#pragma once

#include <gst/gst.h>
#include <gst/sdp/sdp.h>

typedef enum
{
  OFFER_APPLICATION,
  OFFER_AUDIO,
  OFFER_VIDEO
} OfferKind;

#define OFFER_PT_VP8 96
#define OFFER_PT_VP9 98
#define OFFER_PT_H264 108
#define OFFER_PT_H264_MODE0 125
#define OFFER_PT_H265 116
#define OFFER_PT_OPUS 111

/* Payload types that answers left standing; before the first answer of a kind
 * all are offered. */
typedef struct
{
  gboolean audio_frozen;
  gboolean video_frozen;
  gboolean allowed[128];
} OfferCodecs;

typedef struct
{
  OfferKind kind;
  const gchar *stream;          /* msid "PA_..|TR_.."; NULL: no track here */
  const gchar *track;           /* TR_.. */
  guint32 ssrc;                 /* RTX is ssrc + 1 */
} OfferLine;

typedef struct
{
  const gchar *ufrag;
  const gchar *pwd;
  const gchar *fingerprint;     /* "sha-256 AA:BB..." */
  guint version;                /* of the o= line */
} OfferTransport;

gchar *offer_text (const OfferTransport * transport, const OfferLine * lines,
    guint n_lines, const OfferCodecs * codecs);
/* Without a=mid and the BUNDLE group. */
gchar *offer_without_mid (const gchar * text);

typedef struct
{
  gboolean rejected;            /* port 0 */
  gboolean receives;            /* recvonly or sendrecv */
  gboolean pts[128];
} AnswerLine;

typedef struct
{
  gchar *ufrag;
  gchar *pwd;
  gchar *fingerprint;
  gchar *setup;
  GArray *lines;                /* AnswerLine */
} Answer;

/* NULL: no SDP, or with other lines than the offer's n_lines. */
Answer *answer_new (const gchar * text, guint n_lines);
void answer_free (Answer * answer);

/* Takes over what the first answer of a kind allows. */
void answer_freeze_codecs (const Answer * answer, const OfferLine * lines,
    OfferCodecs * codecs);

/* Our own webrtcbin's offer, accepted whole by somebody with the answer's
 * credentials: its directions never change. */
GstSDPMessage *answer_for_peer (const GstSDPMessage * local_offer,
    const Answer * answer);

/* In place of the ICE credentials of all lines; NULL: they stay. */
void offer_put_credentials (GstSDPMessage * sdp, const gchar * ufrag,
    const gchar * pwd);
