/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The embedded call: one small server in one process and on one port of
 * 127.0.0.1 that is Matrix homeserver, MatrixRTC authorization service and
 * LiveKit SFU at once, with synthetic participants and a fault switch for
 * every step. The server runs on its own thread. All functions may be called
 * from any other thread, return when their effect is in place on the server,
 * and never wait for the client under test. Strings that are returned as
 * `const` live as long as the call; the others are for g_free(). */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _TestCall TestCall;

/* --- Life, addresses and names ------------------------------------------- */

TestCall *testcall_new (void);
void testcall_free (TestCall * call);

/* http://127.0.0.1:PORT */
const gchar *testcall_get_url (TestCall * call);
/* http://127.0.0.1:PORT/livekit/jwt */
const gchar *testcall_get_service_url (TestCall * call);
/* ws://127.0.0.1:PORT/livekit/sfu; the client appends "/rtc" */
const gchar *testcall_get_sfu_url (TestCall * call);

/* The Matrix user that may log in, and the room. The server name is the part
 * behind the first ':' of the user id. */
const gchar *testcall_get_access_token (TestCall * call);
const gchar *testcall_get_user_id (TestCall * call);
const gchar *testcall_get_device_id (TestCall * call);
const gchar *testcall_get_server_name (TestCall * call);
const gchar *testcall_get_room_id (TestCall * call);
/* The room's alias in the homeserver's directory. */
const gchar *testcall_get_room_name (TestCall * call);
/* Whether the user is in the room; FALSE until it joins. Default TRUE. */
void testcall_set_member (TestCall * call, gboolean is_member);
/* Before anything is asked: https too from now on, at the server name, which
 * becomes 127.0.0.1 and a port. The user and the alias move there. The file has
 * the certificate to trust, and goes with the call. */
const gchar *testcall_listen_securely (TestCall * call);
/* The LiveKit room of room id and slot m.call#ROOM. */
const gchar *testcall_get_room_alias (TestCall * call);

/* --- LiveKit tokens without Matrix --------------------------------------- */

typedef struct
{
  const gchar *room;            /* NULL: the call's room alias */
  const gchar *secret;          /* NULL: the right one */
  const gchar *issuer;          /* NULL: the right one */
  gint64 lifetime;              /* seconds; 0: one hour, < 0: expired so long */
  gboolean no_exp;              /* leave out "exp": refused */
  gboolean no_room_join;        /* without the roomJoin grant: refused */
  gboolean no_subscribe;        /* canSubscribe=false: joins, gets no offer */
  gboolean hidden;              /* others are not told of this participant */
} TestcallJwtOptions;

/* options may be NULL. */
gchar *testcall_make_jwt (TestCall * call, const gchar * identity,
    const TestcallJwtOptions * options);

/* H(a, b, ...) of the authorization service: base64 of the SHA-256 of a JSON
 * array of strings. NULL ends the list. */
gchar *testcall_hash (const gchar * first, ...) G_GNUC_NULL_TERMINATED;

/* --- The people in the call ---------------------------------------------- */

typedef enum
{
  TESTCALL_AUDIO = 1 << 0,      /* microphone, Opus, a sine of its own */
  TESTCALL_VIDEO = 1 << 1,      /* camera, 320x240 at 15 frames/s */
  TESTCALL_SCREEN = 1 << 2,     /* screen share, 480x270 at 15 frames/s */
  TESTCALL_SCREEN_AUDIO = 1 << 3
} TestcallMedia;

typedef enum
{
  TESTCALL_VP8,
  TESTCALL_H264,
  TESTCALL_VP9,
  TESTCALL_H265
} TestcallCodec;

/* A participant is named by a short name ("ana"); its Matrix user is
 * @ana:SERVER_NAME, its device ANADEVICE (upper case), its LiveKit identity
 * "@ana:SERVER_NAME:ANADEVICE" unless joined with testcall_join_as(). The
 * display name on the SFU is the short name. Each publish makes a new track
 * sid, each join a new participant sid. */
void testcall_join (TestCall * call, const gchar * name, TestcallMedia media,
    TestcallCodec codec);
void testcall_join_as (TestCall * call, const gchar * name,
    const gchar * identity, TestcallMedia media, TestcallCodec codec);
/* FALSE: there is no such participant (or track). */
gboolean testcall_leave (TestCall * call, const gchar * name);
gboolean testcall_publish (TestCall * call, const gchar * name,
    TestcallMedia track, TestcallCodec codec);
gboolean testcall_unpublish (TestCall * call, const gchar * name,
    TestcallMedia track);
gboolean testcall_set_muted (TestCall * call, const gchar * name,
    TestcallMedia track, gboolean muted);
/* Of so many frames only one is sent, and nobody is told of the others, as in DTX.
 * 0: none at all, as if the sender were frozen. */
gboolean testcall_set_pace (TestCall * call, const gchar * name,
    TestcallMedia track, guint one_in);
/* What the participant publishes from now on is sent so much later than it is
 * sampled, by timestamps and sender reports. FALSE: there is no such
 * participant. */
gboolean testcall_set_delay (TestCall * call, const gchar * name,
    guint delay_ms);
/* What the participant tells of itself; value NULL: no such attribute any more.
 * FALSE: there is no such participant. */
gboolean testcall_set_display_name (TestCall * call, const gchar * name,
    const gchar * display_name);
gboolean testcall_set_metadata (TestCall * call, const gchar * name,
    const gchar * metadata);
gboolean testcall_set_attribute (TestCall * call, const gchar * name,
    const gchar * key, const gchar * value);
/* Frames that look well from outside and can't be decoded, from the next key
 * frame on, and to the next one after that. */
gboolean testcall_set_garbled (TestCall * call, const gchar * name,
    TestcallMedia track, gboolean garbled);
/* Another picture, as of another layer, with a key frame. */
gboolean testcall_set_size (TestCall * call, const gchar * name,
    TestcallMedia track, guint width, guint height);
/* What the participant publishes from now on is encrypted (Opus and VP8 only),
 * with the newest key, at its index. FALSE: there is no such participant. The
 * raw key is of 16 bytes. */
gboolean testcall_set_media_key (TestCall * call, const gchar * name,
    guint index, GBytes * key);
gboolean testcall_set_passphrase (TestCall * call, const gchar * name,
    const gchar * passphrase);
/* A lie of the SFU's: the participant's tracks are not encrypted. */
gboolean testcall_deny_encryption (TestCall * call, const gchar * name);
/* Many changes in one offer: hold offers and updates back until thawed. */
void testcall_freeze (TestCall * call);
void testcall_thaw (TestCall * call);

/* Back in the room after a testcall_restart() that left people absent; name
 * NULL: all of them. FALSE: nobody is absent. Who never comes back leaves. */
gboolean testcall_return (TestCall * call, const gchar * name);

/* NULL: no such participant or track. */
gchar *testcall_get_identity (TestCall * call, const gchar * name);
gchar *testcall_get_participant_sid (TestCall * call, const gchar * name);
gchar *testcall_get_track_sid (TestCall * call, const gchar * name,
    TestcallMedia track);
/* New with each testcall_restart() and testcall_move_room(). */
gchar *testcall_get_room_sid (TestCall * call);
/* The frequency of the participant's sine in Hz, by its name alone. */
guint testcall_get_frequency (const gchar * name);

/* --- What the server does by itself to its subscribers ------------------- */

typedef enum
{
  TESTCALL_OFFER_DATA_FIRST,    /* m=application alone, then tracks (default) */
  TESTCALL_OFFER_TRACKS_AT_ONCE
} TestcallFirstOffer;

typedef enum
{
  TESTCALL_ROOM_OPEN,
  TESTCALL_ROOM_FULL,           /* upgrade 500, validate 200 */
  TESTCALL_ROOM_ABSENT,         /* 404 with LiveKit's text on both */
  TESTCALL_NODE_LIMIT           /* 503 on both */
} TestcallRoomState;

/* These count for subscribers that join from now on. */
void testcall_set_first_offer (TestCall * call, TestcallFirstOffer how);
void testcall_set_room_state (TestCall * call, TestcallRoomState state);
/* Offers, but there is never a media path: no candidate is sent and answers
 * are dropped. */
void testcall_set_silent_peer (TestCall * call, gboolean silent);
/* ping_interval and ping_timeout of the join message, default 5 and 15. */
void testcall_set_ping (TestCall * call, guint interval_s, guint timeout_s);
/* What `reconnect=1` finds: FALSE (default) its session is gone and the first
 * message is leave RECONNECT/STATE_MISMATCH; TRUE the session is resumed with
 * `reconnect`, `update` of everybody, `room_update`, `refresh_token`, `update`
 * of who left meanwhile, and an ICE-restart offer with its candidates behind
 * it. From that offer on the session's media stands still until the client's
 * ICE has new credentials too, and they have found each other. */
void testcall_set_resumable (TestCall * call, gboolean resumable);

/* Sent to every subscriber now. Numbers are those of livekit.proto. A leave
 * with action DISCONNECT ends the sessions, RECONNECT too; RESUME keeps them
 * for a resume. The sockets are closed behind it. */
void testcall_send_leave (TestCall * call, guint reason, guint action);
void testcall_send_speakers (TestCall * call, const gchar * name,
    gdouble level);
void testcall_send_quality (TestCall * call, const gchar * name,
    guint quality);
/* Sent to all over a data channel, as soon as that is open. */
typedef struct
{
  const gchar *topic;           /* NULL: none */
  const void *payload;
  gsize length;
  gboolean lossy;
  guint sequence;               /* 0: none */
} TestcallData;

/* name NULL: the server's own. FALSE: there is no such participant. */
gboolean testcall_send_data (TestCall * call, const gchar * name,
    const TestcallData * data);
/* Of at least one byte: GStreamer can't send an empty message. */
void testcall_send_raw_data (TestCall * call, gboolean lossy,
    gconstpointer data, gsize length);
void testcall_send_raw (TestCall * call, gconstpointer data, gsize length,
    gboolean text);
/* The room moves: room_moved with a new room sid, a fresh token, and new
 * participant sids for the subscriber and all others. Sockets, media and track
 * sids stay. */
void testcall_move_room (TestCall * call);
/* Cuts the signalling sockets without a close frame. keep_sessions: media goes
 * on and the session waits for a resume; otherwise it is forgotten. */
void testcall_drop_sockets (TestCall * call, gboolean keep_sessions);
/* The media path of every subscriber dies; sockets stay. Not even a resume
 * brings it back, a new session has its own. */
void testcall_drop_media (TestCall * call);
/* The signalling sockets that are open now: TRUE nothing is read from nor
 * written to them, as if the network were gone; FALSE they go on where they
 * were. Media goes on. A session may be resumed or replaced meanwhile. */
void testcall_stall_sockets (TestCall * call, gboolean stalled);
/* FALSE: new TCP connections are refused; those that were accepted stay. TRUE:
 * on the same port again. */
void testcall_set_listening (TestCall * call, gboolean listening);

typedef enum
{
  TESTCALL_RETURN_AT_ONCE,
  TESTCALL_RETURN_LATER         /* absent until testcall_return() */
} TestcallReturn;

/* The SFU is killed and started again: signalling sockets are cut, sessions and
 * their media end, all without a word. The room has a new sid; people have new
 * participant sids and track sids and are else what they were, down to their
 * media keys. */
void testcall_restart (TestCall * call, TestcallReturn people);

/* Any other path of the homeserver, for one method and exact decoded path:
 * answered from now on with this. body NULL forgets it. */
void testcall_set_reply (TestCall * call, const gchar * method,
    const gchar * path, guint status, const gchar * body);

/* --- Faults -------------------------------------------------------------- */

typedef enum
{
  /* HTTP requests */
  TESTCALL_STEP_WELL_KNOWN,
  TESTCALL_STEP_VERSIONS,
  TESTCALL_STEP_DIRECTORY,      /* the room's alias */
  TESTCALL_STEP_MEMBERSHIP,     /* the user's own m.room.member */
  TESTCALL_STEP_ROOM_JOIN,
  TESTCALL_STEP_STATE,          /* of the room: who is in the call */
  TESTCALL_STEP_TRANSPORTS,     /* unstable */
  TESTCALL_STEP_TRANSPORTS_V1,  /* default 404 */
  TESTCALL_STEP_WHOAMI,
  TESTCALL_STEP_OPENID,
  TESTCALL_STEP_USERINFO,
  TESTCALL_STEP_GET_TOKEN,
  TESTCALL_STEP_SFU_GET,
  TESTCALL_STEP_UPGRADE,
  TESTCALL_STEP_VALIDATE,
  /* Messages of the SFU, in the order of a normal start */
  TESTCALL_STEP_JOIN,           /* or `reconnect` of a resume: first message */
  TESTCALL_STEP_REFRESH_TOKEN,
  TESTCALL_STEP_OFFER,
  TESTCALL_STEP_TRICKLE,
  TESTCALL_STEP_UPDATE,
  TESTCALL_STEP_PONG,
  TESTCALL_N_STEPS
} TestcallStep;

typedef enum
{
  TESTCALL_SEND_NORMAL,         /* only delay_ms and sdp/id changes count */
  TESTCALL_SEND_INSTEAD,        /* `body` as one binary message instead */
  TESTCALL_SEND_TEXT_INSTEAD,   /* `body` as one text message instead */
  TESTCALL_SEND_AFTER,          /* the message, then `body` as binary */
  TESTCALL_SEND_NOTHING,        /* the message is lost */
  TESTCALL_SEND_OVERSIZE,       /* a binary message of `length` bytes instead */
  TESTCALL_SEND_LEAVE,          /* leave with `reason` and `action` instead,
                                 * then close */
  TESTCALL_SEND_CLOSE,          /* close frame instead */
  TESTCALL_SEND_DROP,           /* bare end of the connection instead */
  TESTCALL_SEND_TRUNCATED,      /* less of the message than its frame's header
                                 * promises, then as DROP */
  TESTCALL_SEND_TWICE           /* the same message a second time */
} TestcallSend;

typedef enum
{
  TESTCALL_SDP_AS_IS,
  TESTCALL_SDP_NO_MID,          /* offer text without a=mid and BUNDLE */
  TESTCALL_SDP_TEXT             /* `body` is the SDP of the offer */
} TestcallSdp;

/* Zero-initialise, then set what shall happen. All memory is copied. With
 * `skip` (and `times`), or when set between two connections, a fault at UPGRADE
 * or JOIN hits just the one that matters, such as a resume's. When the first
 * message is the last one on its socket, the subscriber was neither let in nor
 * resumed. */
typedef struct
{
  /* When */
  guint skip;                   /* so many good ones first */
  guint times;                  /* then so many bad ones; 0: for ever */

  /* Any step */
  guint delay_ms;               /* wait before the answer or message */

  /* HTTP steps */
  guint status;                 /* 0: the normal answer */
  const void *body;             /* any bytes */
  gsize body_length;            /* 0 with a body: strlen */
  const gchar *content_type;    /* NULL: application/json */
  const gchar *headers;         /* more header lines, each with \r\n, or NULL */
  gboolean stall;               /* accept, never answer */
  gboolean cut;                 /* end the connection after cut_after bytes of
                                 * the whole answer, head included */
  gsize cut_after;
  guint bytes_per_second;       /* slow; 0: at once */

  /* Messages of the SFU */
  TestcallSend send;
  gsize length;                 /* of TESTCALL_SEND_OVERSIZE */
  guint reason;                 /* of TESTCALL_SEND_LEAVE */
  guint action;
  TestcallSdp sdp;              /* TESTCALL_STEP_OFFER only */
  gint id_offset;               /* added to the offer's id */
} TestcallFault;

/* NULL: good again. */
void testcall_set_fault (TestCall * call, TestcallStep step,
    const TestcallFault * fault);

/* --- What the server saw ------------------------------------------------- */

typedef enum
{
  /* Counters, never going down. First the requests, counted on arrival. */
  TESTCALL_SAW_WELL_KNOWN = TESTCALL_STEP_WELL_KNOWN,
  TESTCALL_SAW_VERSIONS,
  TESTCALL_SAW_DIRECTORY,
  TESTCALL_SAW_MEMBERSHIP,
  TESTCALL_SAW_ROOM_JOIN,
  TESTCALL_SAW_STATE,
  TESTCALL_SAW_TRANSPORTS,
  TESTCALL_SAW_TRANSPORTS_V1,
  TESTCALL_SAW_WHOAMI,
  TESTCALL_SAW_OPENID,
  TESTCALL_SAW_USERINFO,
  TESTCALL_SAW_GET_TOKEN,
  TESTCALL_SAW_SFU_GET,
  TESTCALL_SAW_UPGRADE,
  TESTCALL_SAW_VALIDATE,
  TESTCALL_SAW_OTHER_REQUEST,   /* any other path */
  TESTCALL_SAW_JOIN,            /* subscribers let in (join was sent) */
  TESTCALL_SAW_RESUME,          /* subscribers resumed */
  TESTCALL_SAW_OFFER,           /* offers sent */
  TESTCALL_SAW_ANSWER,          /* answers with the id of the open offer */
  TESTCALL_SAW_BAD_ANSWER,      /* wrong id, no open offer, unreadable, or
                                 * ICE credentials that are new for no reason */
  TESTCALL_SAW_TRICKLE,         /* candidates for target SUBSCRIBER */
  TESTCALL_SAW_BAD_TRICKLE,     /* wrong target or bad JSON */
  TESTCALL_SAW_PING,            /* ping_req */
  TESTCALL_SAW_LEAVE,           /* leave messages of clients */
  TESTCALL_SAW_OTHER_SIGNAL,    /* well-formed, of any other kind */
  TESTCALL_SAW_BAD_SIGNAL,      /* not protobuf, or text */
  TESTCALL_SAW_CONNECTED,       /* media paths that came up */
  TESTCALL_SAW_RECONNECTED,     /* and again after a resume */
  TESTCALL_SAW_PLI,             /* key frame requests of clients */
  TESTCALL_SAW_CODEC_REFUSED,   /* SE_CODEC_UNSUPPORTED sent */
  TESTCALL_SAW_SOCKET_CLOSED,   /* sockets ended, by whomever */
  /* Levels */
  TESTCALL_OPEN_SOCKETS,
  TESTCALL_OPEN_SESSIONS,       /* subscribers the SFU holds media for */
  TESTCALL_OPEN_LINES,          /* m-lines that packets are sent on */
  TESTCALL_N_SAW
} TestcallSaw;

guint64 testcall_count (TestCall * call, TestcallSaw what);
/* TRUE as soon as the count is at least (at most) so much, FALSE when it is
 * not after deadline_ms. */
gboolean testcall_wait_for (TestCall * call, TestcallSaw what,
    guint64 at_least, guint deadline_ms);
gboolean testcall_wait_for_at_most (TestCall * call, TestcallSaw what,
    guint64 at_most, guint deadline_ms);
/* predicate is called in this thread after each change, and must call nothing
 * but testcall_count(). */
typedef gboolean (*TestcallPredicate) (TestCall * call, gpointer user_data);
gboolean testcall_wait_until (TestCall * call, TestcallPredicate predicate,
    gpointer user_data, guint deadline_ms);

/* The last request with this decoded path, as one text: request line with
 * query, header lines, empty line, body. NULL: none. */
gchar *testcall_get_last_request (TestCall * call, const gchar * path);
guint testcall_count_path (TestCall * call, const gchar * path);
/* "Name" of the last request with this path, or NULL. */
gchar *testcall_get_last_header (TestCall * call, const gchar * path,
    const gchar * name);
gchar *testcall_get_last_body (TestCall * call, const gchar * path);
/* All in the order of arrival, "METHOD path", one a line. */
gchar *testcall_get_request_log (TestCall * call);

/* SDP as it went over the wire; NULL: none yet. */
gchar *testcall_get_last_answer (TestCall * call);
gchar *testcall_get_last_offer (TestCall * call);
guint testcall_get_last_offer_id (TestCall * call);
/* Of the last leave message of a client; -1: none yet. */
gint testcall_get_last_leave_reason (TestCall * call);
/* Identity of the last subscriber let in. */
gchar *testcall_get_last_identity (TestCall * call);
typedef enum
{
  TESTCALL_TOKEN_NONE,          /* no upgrade yet, or one without */
  TESTCALL_TOKEN_ISSUED,        /* by the authorization service or the test */
  TESTCALL_TOKEN_REFRESHED,     /* by refresh_token, and nothing came after */
  TESTCALL_TOKEN_MOVED,         /* by room_moved, and nothing came after */
  TESTCALL_TOKEN_STALE          /* by either, but it was not the newest */
} TestcallTokenOrigin;

/* Where the token of the last upgrade request had come from. */
TestcallTokenOrigin testcall_get_last_token_origin (TestCall * call);
/* The token that this subscriber was sent last; NULL: none. */
gchar *testcall_dup_newest_token (TestCall * call, const gchar * identity);
/* The last message of a client whose first protobuf field has this number
 * (answer 2, trickle 3, subscription 6, track_setting 7, leave 8, sync_state
 * 12, ping_req 16), whole as it came, and how many there were. */
GBytes *testcall_get_last_signal (TestCall * call, guint field);
guint testcall_count_signal (TestCall * call, guint field);

G_END_DECLS
