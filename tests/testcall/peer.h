/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The media path to one subscriber: a webrtcbin that only ever offers sendonly
 * lines on loopback, with an appsrc behind each. What it says and hears in SDP
 * is between it and this file; the subscriber gets other text. */

#pragma once

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include "offer.h"

typedef struct _Peer Peer;

/* All are called on the context that peer_new() got, never after
 * peer_close(). */
typedef struct
{
  void (*ready) (gpointer user_data);   /* local description is set */
  void (*candidate) (gpointer user_data, const gchar * candidate);
  void (*gathered) (gpointer user_data);
  void (*accepted) (gpointer user_data);        /* after peer_accept() */
  void (*connected) (gpointer user_data);
  void (*restarted) (gpointer user_data);       /* after peer_restart_ice() */
  void (*key_frame) (gpointer user_data, guint source);
} PeerEvents;

Peer *peer_new (GMainContext * context, GstClockTime base_time,
    const PeerEvents * events, gpointer user_data);
void peer_close (Peer * peer);

/* A new line; its number counts from 0 for the sources alone. It is there for
 * webrtcbin after the next peer_negotiate(). */
guint peer_add_source (Peer * peer, OfferKind kind);
/* For a feed that starts now. */
GstAppSrc *peer_start_source (Peer * peer, guint source);

/* TRUE: there are lines that webrtcbin has not offered yet. */
gboolean peer_needs_negotiation (Peer * peer);
void peer_negotiate (Peer * peer);
/* The ICE credentials of an answer, before peer_accept(). FALSE: new ones that
 * no restart had asked for. */
gboolean peer_hear (Peer * peer, const Answer * answer);
/* The answer to what was offered last. webrtcbin hears of it if it was its own
 * offer. */
void peer_accept (Peer * peer, const Answer * answer);
void peer_add_candidate (Peer * peer, const gchar * candidate);
/* When the data channel is open. */
void peer_send_data (Peer * peer, gboolean reliable, GBytes * message);

/* Of the local description; valid until the next call. */
void peer_get_transport (Peer * peer, OfferTransport * transport);

/* New ICE credentials, for a resume; the old candidates hold for them too.
 * Media stops until the other side has done its part. */
void peer_restart_ice (Peer * peer);
void peer_tell_candidates (Peer * peer);
/* The network dies without a word. */
void peer_cut (Peer * peer);
