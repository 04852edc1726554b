/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of the embedded call share. Everything here runs on the
 * server's thread unless it says otherwise; `seen` is the one part that the
 * test's thread reads, and has the lock. */

#pragma once

#include "testcall.h"
#include "media.h"
#include "offer.h"
#include "peer.h"
#include "stall.h"

#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "livekit.pb-c.h"

#define TESTCALL_ISSUER "devkey"
#define TESTCALL_SECRET "a secret of the embedded call, for tests only"

/* What the server saw. Any thread; lock is held only for a moment. */
typedef struct
{
  GMutex lock;
  GCond cond;                   /* after each change */
  guint64 counts[TESTCALL_N_SAW];
  GPtrArray *requests;          /* Request * */
  gchar *last_answer;
  gchar *last_offer;
  guint last_offer_id;
  gint last_leave_reason;
  gchar *last_identity;
  GHashTable *signals;          /* field number -> Signal * */
  GHashTable *tokens;           /* what we gave -> TestcallTokenOrigin */
  GHashTable *newest_tokens;    /* identity -> token */
  TestcallTokenOrigin last_token_origin;
} Seen;

typedef struct
{
  TestcallFault fault;
  gboolean set;
  GBytes *body;
  gchar *content_type;
  gchar *headers;
  guint met;                    /* how often the step was met since */
} FaultSlot;

/* Somebody who sends. */
typedef struct
{
  gchar *name;
  gchar *identity;
  gchar *sid;
  GPtrArray *tracks;            /* Track * */
  guint version;
  Encryption *encryption;       /* of its new tracks; NULL: plain */
  guint delay_ms;               /* of its new tracks */
  gchar *display_name;          /* NULL: its name */
  gchar *metadata;              /* NULL: none */
  GHashTable *attributes;       /* key -> value; NULL: none */
} Person;

/* One published track. Sessions hold references in their lines. */
typedef struct
{
  gchar *sid;
  gchar *cname;
  TestcallMedia media;
  TestcallCodec codec;
  Feed *feed;                   /* NULL: a codec that we can't encode */
  gboolean muted;
  gboolean encrypted;
} Track;

/* One m-line towards one subscriber. Its index is its place in the SDP. */
typedef struct
{
  OfferKind kind;
  Track *track;                 /* NULL: free, or on its way to be */
  FeedOutput *output;           /* packets flow, unless it's paused */
  gboolean paused;
  guint32 ssrc;
  gint source;                  /* of the peer, -1 for application */
  gboolean offered;             /* the open or last offer had a track here */
  gboolean reusable;            /* an answer made it inactive */
} Line;

/* One subscriber: a socket (NULL while it is away) and a peer. */
typedef struct
{
  TestCall *call;
  SoupWebsocketConnection *socket;
  StallConnection *connection;  /* under it */
  gchar *identity;
  gchar *sid;
  gboolean can_subscribe;
  gboolean hidden;
  gboolean joined;              /* the subscriber knows of it */
  gboolean hung_up;             /* the socket's last message is out or queued */
  gboolean closing;             /* ends with its socket */
  gboolean kept;                /* outlives its socket, by the test's wish */
  gboolean ended;               /* callbacks that come late do nothing */
  GQueue outgoing;              /* Outgoing *, kept in order by delays */
  GSource *outgoing_timer;
  GSource *closer;              /* ends the session outside of callbacks */
  gboolean sending;
  GPtrArray *missed;            /* Livekit__ParticipantInfo *: left meanwhile */

  Peer *peer;
  gboolean connected;
  GPtrArray *lines;             /* Line * */
  GHashTable *refused;          /* track sids */
  gboolean auto_subscribe;      /* all tracks but the exceptions, or those only */
  GHashTable *exceptions;       /* track sids */
  GHashTable *disabled;         /* track sids: nothing is sent for now */
  OfferCodecs codecs;           /* frozen by the first answer of a kind */
  gboolean offer_open;
  gboolean accepting;           /* its answer is at work */
  gboolean preparing;
  gboolean dirty;
  gboolean data_offered;
  guint offer_id;
  guint sdp_version;
  gboolean reconnecting;        /* ICE is at it */
  gboolean restart;             /* the next offer restarts ICE */
  gboolean offered_path;        /* our credentials were offered */
  GQueue candidates;            /* gchar *: ours, not sent yet */
  gboolean gathered;            /* no more will come */
} Session;

struct _TestCall
{
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  SoupServer *server;
  GstClockTime base_time;       /* of all pipelines, so stamps carry over */
  Seen seen;

  /* Constant after start */
  guint16 port;
  GSocket *port_holder;         /* bound: nobody else's while we are deaf */
  gchar *url;
  gchar *service_url;
  gchar *sfu_url;
  gchar *access_token;
  gchar *room_alias;
  gchar *user_id;               /* until testcall_listen_securely() */
  gchar *room_name;             /* the same */
  gchar *ca_file;               /* NULL: no https */

  /* The server's thread only */
  FaultSlot faults[TESTCALL_N_STEPS];
  GHashTable *openid_tokens;    /* set of strings */
  GHashTable *replies;          /* "METHOD path" -> CannedReply * */
  gboolean is_member;
  GPtrArray *people;
  GPtrArray *absent;            /* Person *, since a restart */
  GPtrArray *stalled;           /* SoupWebsocketConnection *: of nobody */
  gchar *room_sid;
  GPtrArray *sessions;
  TestcallFirstOffer first_offer;
  TestcallRoomState room_state;
  gboolean silent_peer;
  gboolean resumable;
  guint ping_interval;
  guint ping_timeout;
  guint frozen;
  gboolean listening;
};

/* certificate.c */
gchar *certificate_new_pem (void);

/* testcall.c */
typedef void (*TestcallFunc) (TestCall * call, gpointer data);
void testcall_run (TestCall * call, TestcallFunc func, gpointer data);
GSource *testcall_after (TestCall * call, guint delay_ms, GSourceFunc func,
    gpointer data, GDestroyNotify notify);

/* seen.c */
void seen_init (Seen * seen);
void seen_clear (Seen * seen);
void seen_add (Seen * seen, TestcallSaw what, gint64 change);
void seen_request (Seen * seen, SoupServerMessage * msg);
void seen_signal (Seen * seen, GBytes * message);
void seen_offer (Seen * seen, const gchar * sdp, guint id);
void seen_answer (Seen * seen, const gchar * sdp);
void seen_leave (Seen * seen, gint reason);
void seen_identity (Seen * seen, const gchar * identity);
void seen_token (Seen * seen, const gchar * identity, const gchar * token,
    TestcallTokenOrigin origin);
/* token NULL: none. */
void seen_upgrade (Seen * seen, const gchar * token);

/* faults.c */
/* NULL: good this time. peek looks at what the next take will give. */
const FaultSlot *faults_peek (TestCall * call, TestcallStep step);
const FaultSlot *faults_take (TestCall * call, TestcallStep step);
void faults_clear (TestCall * call);
void faults_reply (TestCall * call, SoupServerMessage * msg,
    TestcallStep step, guint status, const gchar * content_type,
    const gchar * body);
/* The normal way on when the step has no fault that answers for it. */
typedef void (*FaultsPass) (TestCall * call, SoupServerMessage * msg,
    gpointer data);
void faults_pass (TestCall * call, SoupServerMessage * msg, TestcallStep step,
    FaultsPass pass, gpointer data);

/* TRUE: what it is for arrives, whatever else does. */
gboolean fault_keeps_message (const TestcallFault * fault);

/* jwt.c */
gchar *jwt_new (const gchar * identity, const gchar * room,
    const TestcallJwtOptions * options);
/* NULL and a reason: not good. Else its claims. */
JsonObject *jwt_check (const gchar * token, const gchar ** reason);

/* homeserver.c, matrixroom.c and authorization.c: FALSE: not their path */
gboolean homeserver_handle (TestCall * call, SoupServerMessage * msg,
    const gchar * path, GHashTable * query);
gboolean matrixroom_handle (TestCall * call, SoupServerMessage * msg,
    const gchar * path);
gboolean authorization_handle (TestCall * call, SoupServerMessage * msg,
    const gchar * path);
gchar *matrix_error (const gchar * errcode, const gchar * text);
void matrix_reply_error (TestCall * call, SoupServerMessage * msg,
    TestcallStep step, guint status, const gchar * errcode,
    const gchar * text);
gboolean matrix_check_access_token (TestCall * call, SoupServerMessage * msg,
    TestcallStep step);
GHashTable *homeserver_replies_new (void);

/* sfu.c */
gboolean sfu_handle (TestCall * call, SoupServerMessage * msg,
    const gchar * path, GHashTable * query);
void sfu_send_update (TestCall * call, const Person * person, gboolean gone);
void sfu_send_session_update (TestCall * call, const Session * of,
    gboolean gone);
void sfu_send_all (TestCall * call, TestcallStep step,
    const Livekit__SignalResponse * message);
void sfu_tracks_changed (TestCall * call);
void sfu_track_gone (TestCall * call, Track * track);

/* session.c */
Session *session_new (TestCall * call, const gchar * identity,
    JsonObject * claims, gboolean auto_subscribe);
Livekit__ParticipantInfo *session_info_new (const Session * session,
    gboolean gone);
void session_attach (Session * session, SoupWebsocketConnection * socket,
    StallConnection * connection);
void session_join (Session * session);
void session_resume (Session * session);
void session_cut (Session * session);
void session_end (Session * session);

/* outgoing.c */
void session_send (Session * session, TestcallStep step,
    const Livekit__SignalResponse * message);
void session_send_bytes (Session * session, GBytes * bytes, gboolean text);
void session_send_leave (Session * session, guint reason, guint action);
void session_refuse (Session * session);
void session_drop_socket (Session * session);
void session_forget_outgoing (Session * session);

/* greeting.c: FALSE: it ends with the first message */
gboolean greeting_join (Session * session);
gboolean greeting_reconnect (Session * session);
void greeting_moved (Session * session);

/* cuts.c */
void cut_sessions (TestCall * call);

/* subscription.c */
gboolean subscription_wants (const Session * session, const Track * track);
gboolean subscription_is_paused (const Session * session,
    const Track * track);
void subscription_take_settings (Session * session,
    const Livekit__UpdateTrackSettings * settings);
void subscription_take (Session * session,
    const Livekit__UpdateSubscription * update);

/* negotiation.c */
void negotiation_start (Session * session);
void negotiation_restart (Session * session);
void negotiation_needed (Session * session);
void negotiation_drop_track (Session * session, Track * track);
void negotiation_pause_lines (Session * session);
void negotiation_answer (Session * session,
    const Livekit__SessionDescription * answer);
void negotiation_end (Session * session);
void line_free (Line * line);

/* trickle.c: the first two are PeerEvents of a session's peer */
void trickle_candidate (gpointer session, const gchar * candidate);
void trickle_gathered (gpointer session);
void trickle_send (Session * session);
void trickle_forget (Session * session);
void trickle_receive (Session * session,
    const Livekit__TrickleRequest * trickle);

/* people.c */
void person_free (Person * person);
/* New sids. */
void person_renew (Person * person, gboolean tracks_too);
Track *person_find_track (const Person * person, TestcallMedia media);
Person *people_find (TestCall * call, const gchar * name);
Track *track_new (TestCall * call, const Person * person,
    TestcallMedia media, TestcallCodec codec);
Track *track_ref (Track * track);
void track_unref (Track * track);
OfferKind track_kind (const Track * track);
Livekit__ParticipantInfo *person_info_new (const Person * person,
    gboolean gone);
void person_info_free (Livekit__ParticipantInfo * info);
gchar *sid_new (const gchar * prefix);

/* moves.c */
void people_add (TestCall * call, Person * person);
