/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A subscriber as small as can be, for the self-test of the embedded call: a
 * WebSocket, protobuf and a receiving webrtcbin, all on the test's thread. */

#pragma once

#include <gst/gst.h>
#include <libsoup/soup.h>
#include <nice/agent.h>

#include "livekit.pb-c.h"

typedef struct
{
  /* Signalling */
  SoupSession *session;
  SoupWebsocketConnection *socket;
  gchar *url;
  gchar *token;                 /* the newest */
  gchar *sid;                   /* its own */
  GQueue messages;              /* Livekit__SignalResponse * not taken yet */
  GArray *arrived;              /* gint: the cases of all on this socket */
  gboolean connecting;
  gboolean closed;
  guint status;                 /* of a refused upgrade */
  gsize oversize;               /* longest message */

  /* What the test wants of it */
  gboolean wide;                /* answers all the offer's codecs */
  gboolean passive;             /* answers nothing */
  gboolean keeps_path;          /* doesn't restart its ICE for a resume */
  gboolean forgets_restart;     /* answers with the first credentials again */

  /* Media */
  GstElement *pipeline;
  GstElement *webrtc;
  NiceAgent *agent;
  gchar *remote_ufrag;
  gchar *ufrag;                 /* replace webrtcbin's after a restart */
  gchar *pwd;
  gchar *last_offer;
  gchar *last_answer;

  GMutex lock;
  GHashTable *frames;           /* ssrc -> Frames * */
} Client;

typedef struct
{
  guint frames;
  guint key_frames;
} Frames;

Client *client_new (const gchar * url, const gchar * token,
    const gchar * query);
/* On a new socket, with the newest token, its own sid and sync_state. Media
 * goes on if the server's offer lets it. */
void client_resume (Client * client);
void client_free (Client * client);
void client_send (Client * client, Livekit__SignalRequest * request);
void client_send_leave (Client * client);

/* Runs the loop until then; FALSE: not within ms. */
typedef gboolean (*ClientPredicate) (Client * client, gpointer data);
gboolean client_run (Client * client, ClientPredicate predicate,
    gpointer data, guint ms);

/* The SSRC of a track in the last offer, 0: none. */
guint32 client_get_ssrc (Client * client, const gchar * track_sid);
gchar *client_get_mid (Client * client, const gchar * track_sid);
Frames client_get_frames (Client * client, guint32 ssrc);
void client_ask_key_frame (Client * client);
/* The first message of this kind, taken out; NULL: none. */
Livekit__SignalResponse *client_take (Client * client, gint message_case);

/* selftest-receiver.c */
void receiver_start (Client * client);
void receiver_stop (Client * client);
/* Takes message. */
void receiver_take_offer (Client * client, Livekit__SignalResponse * message);
void receiver_add_candidate (Client * client, const gchar * json);
