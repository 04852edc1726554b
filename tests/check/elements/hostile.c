/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An SFU that sends what it shouldn't. Each time the call goes on, or ends with
 * one error, and the element starts again.
 */
#include "fixture.h"
#include "outcome.h"

#include <math.h>
#include <string.h>

#include "livekit.pb-c.h"

#define MEBI (1024 * 1024)

#define PACK(what, WHAT, message_) \
  pack (&(Livekit__SignalResponse) { \
      PROTOBUF_C_MESSAGE_INIT (&livekit__signal_response__descriptor), \
      .message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_##WHAT, \
      .what = (message_) })

static void
setup (void)
{
  fixture_setup ();
  outcome_watch (receiver);
  testcall_join (call, "ana", TESTCALL_AUDIO, TESTCALL_VP8);
  receiver_go_direct (receiver);
}

static GBytes *
pack (const Livekit__SignalResponse * message)
{
  gsize size = livekit__signal_response__get_packed_size (message);
  guint8 *data = g_malloc (size + 1);

  livekit__signal_response__pack (message, data);
  return g_bytes_new_take (data, size);
}

static gchar *
make_text (gsize size, gchar filler)
{
  gchar *text = g_malloc (size + 1);

  memset (text, filler, size);
  text[size] = '\0';
  return text;
}

/* A row of a table: something to send. */
typedef struct
{
  const gchar *name;
  GBytes *(*make) (gint variant);
  gint variant;
  const gchar *code;            /* NULL: the call goes on */
} Row;

static void
send_row (const Row * row)
{
  g_autoptr (GBytes) bytes = row->make (row->variant);

  testcall_send_raw (call, g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes), FALSE);
}

/* Not even messages */

static const struct
{
  const gchar *name;
  const gchar *data;
  gsize size;
  gboolean text;
} raws[] = {
  {"empty", "", 0, FALSE},
  {"empty text", "", 0, TRUE},
  {"text", "hello", 5, TRUE},
  {"a message as text", "\x1a\x01x", 3, TRUE},
  {"zero field", "\x00\x00", 2, FALSE},
  {"endless varint", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11, FALSE},
  {"length over the end", "\x1a\x7f\x00", 3, FALSE},
  {"length of 4 GiB", "\x1a\xff\xff\xff\xff\x0f\x00", 7, FALSE},
  {"length of 2^63", "\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10, FALSE},
  {"inner length over the end", "\x2a\x04\x0a\x7f\x0a\x00", 6, FALSE},
  {"no value", "\x1a", 1, FALSE},
  {"groups", "\x1b\x1b\x1b\x1c\x1c\x1c", 6, FALSE},
  {"join as a number", "\x08\x01", 2, FALSE},
  {"offer as a fixed64", "\x19\x01\x02\x03\x04\x05\x06\x07\x08", 9, FALSE},
  {"wire type 7", "\x1f\x00", 2, FALSE},
  {"unknown field", "\x9a\x06\x03xyz", 6, FALSE},
  {"unknown case", "\xba\x06\x00", 3, FALSE},
  {"empty offer", "\x1a\x00", 2, FALSE},
  {"empty trickle", "\x22\x00", 2, FALSE},
  {"empty update", "\x2a\x00", 2, FALSE},
  {"empty participant", "\x2a\x02\x0a\x00", 4, FALSE},
  {"empty token", "\x82\x01\x00", 3, FALSE},
  {"empty pong", "\xa2\x01\x00", 3, FALSE},
  {"empty speakers", "\x52\x00", 2, FALSE},
  {"empty mute, stream state and others", "\x4a\x00\x72\x00\x7a\x00\x8a\x01\x00"
        "\x92\x01\x00\x9a\x01\x00\xb2\x01\x00", 19, FALSE},
  {"two cases", "\x2a\x02\x0a\x00\x82\x01\x01x", 8, FALSE},
  {"three offers in one", "\x1a\x02\x0a\x00\x1a\x02\x12\x00\x1a\x02\x18\x07",
      12, FALSE},
  {"a second join", "\x0a\x02\x30\x01", 4, FALSE},
};

GST_START_TEST (test_raw)
{
  const gchar *name = raws[__i__].name;
  const gchar *code = strstr (name, "offer") != NULL ? OUTCOME_ANY : NULL;

  outcome_connect (call, receiver);
  testcall_send_raw (call, raws[__i__].data, raws[__i__].size,
      raws[__i__].text);
  outcome_check (call, receiver, name, code);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* The same instead of the join, and behind it. */
GST_START_TEST (test_raw_at_join)
{
  const TestcallFault instead = {.send = raws[__i__ / 2].text ?
        TESTCALL_SEND_TEXT_INSTEAD : TESTCALL_SEND_INSTEAD,
    .body = raws[__i__ / 2].data,.body_length = raws[__i__ / 2].size
  };
  const TestcallFault after = {.send = TESTCALL_SEND_AFTER,
    .body = raws[__i__ / 2].data,.body_length = raws[__i__ / 2].size
  };

  testcall_set_fault (call, TESTCALL_STEP_JOIN, __i__ % 2 ? &after : &instead);
  g_object_set (receiver_get_src (receiver), "timeout", 1, NULL);
  receiver_play (receiver);
  outcome_check (call, receiver, raws[__i__ / 2].name, OUTCOME_ANY);
  testcall_set_fault (call, TESTCALL_STEP_JOIN, NULL);
  g_object_set (receiver_get_src (receiver), "timeout", 15, NULL);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* Messages */

static GBytes *
make_garbage (gint variant)
{
  GRand *rand = g_rand_new_with_seed (variant);
  gsize size = 1 + variant * 997;
  guint8 *data = g_malloc (size);
  gsize i;

  for (i = 0; i < size; i++)
    data[i] = g_rand_int (rand);
  g_rand_free (rand);
  return g_bytes_new_take (data, size);
}

static GBytes *
make_zeros (gint size)
{
  return g_bytes_new_take (g_malloc0 (size), size);
}

static GBytes *
make_token (gint size)
{
  g_autofree gchar *token = make_text (size, 'x');

  return PACK (refresh_token, REFRESH_TOKEN, token);
}

static GBytes *
make_pong (gint variant)
{
  static const gint64 times[] = { G_MININT64, G_MAXINT64, -1, 1 };
  Livekit__Pong pong = LIVEKIT__PONG__INIT;

  pong.last_ping_timestamp = times[variant];
  pong.timestamp = times[3 - variant];
  return PACK (pong_resp, PONG_RESP, &pong);
}

static GBytes *
make_leave (gint variant)
{
  Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;

  leave.reason = variant % 100;
  leave.action = variant / 100;
  if (variant == 9999) {
    leave.reason = (Livekit__DisconnectReason) - 1;
    leave.action = (Livekit__LeaveRequest__Action) G_MININT32;
  }
  return PACK (leave, LEAVE, &leave);
}

static GBytes *
make_speakers (gint n)
{
  Livekit__SpeakersChanged speakers = LIVEKIT__SPEAKERS_CHANGED__INIT;
  Livekit__SpeakerInfo info = LIVEKIT__SPEAKER_INFO__INIT;
  g_autofree Livekit__SpeakerInfo **infos = g_new (Livekit__SpeakerInfo *, n);
  gint i;

  info.sid = (gchar *) "\xff\xfe";
  info.level = NAN;
  info.active = TRUE;
  for (i = 0; i < n; i++)
    infos[i] = &info;
  speakers.n_speakers = n;
  speakers.speakers = infos;
  return PACK (speakers_changed, SPEAKERS_CHANGED, &speakers);
}

static GBytes *
make_quality (gint quality)
{
  Livekit__ConnectionQualityUpdate update =
      LIVEKIT__CONNECTION_QUALITY_UPDATE__INIT;
  Livekit__ConnectionQualityInfo info = LIVEKIT__CONNECTION_QUALITY_INFO__INIT;
  Livekit__ConnectionQualityInfo *infos[] = { &info };

  info.quality = quality;
  info.score = -INFINITY;
  update.n_updates = 1;
  update.updates = infos;
  return PACK (connection_quality, CONNECTION_QUALITY, &update);
}

/* Participants */

typedef enum
{
  BAD_UTF8,
  LONG_TEXTS,
  NO_TRACK_SIDS,
  WILD_ENUMS,
  DUPLICATES,
  MANY_TRACKS,
  STOLEN_TRACK,
  STOLEN_SID,
  STOLEN_IDENTITY,
  OURSELVES_GONE,
  STRANGER_GONE,
} Update;

static void
fill_texts (Livekit__ParticipantInfo * info, Livekit__TrackInfo * track,
    gchar * text)
{
  info->sid = info->identity = info->name = text;
  track->sid = track->name = track->mime_type = track->stream = text;
}

static GBytes *
make_update (gint variant)
{
  Livekit__ParticipantUpdate update = LIVEKIT__PARTICIPANT_UPDATE__INIT;
  Livekit__ParticipantInfo info = LIVEKIT__PARTICIPANT_INFO__INIT;
  Livekit__TrackInfo track = LIVEKIT__TRACK_INFO__INIT;
  Livekit__ParticipantInfo *infos[] = { &info, &info, &info };
  Livekit__TrackInfo *tracks[3000];
  g_autofree gchar *long_text = make_text (300 * 1024, 'L');
  g_autofree gchar *ana_sid = testcall_get_participant_sid (call, "ana");
  g_autofree gchar *ana_track =
      testcall_get_track_sid (call, "ana", TESTCALL_AUDIO);
  g_autofree gchar *ana = testcall_get_identity (call, "ana");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (tracks); i++)
    tracks[i] = &track;
  update.n_participants = 1;
  update.participants = infos;
  info.sid = (gchar *) "PA_x";
  info.identity = (gchar *) "@x:y:Z";
  info.n_tracks = 2;
  info.tracks = tracks;
  track.sid = (gchar *) "TR_x";
  switch ((Update) variant) {
    case BAD_UTF8:
      fill_texts (&info, &track, (gchar *) "\xff\xc0\x80\xed\xa0\x80\xf8");
      break;
    case LONG_TEXTS:
      fill_texts (&info, &track, long_text);
      break;
    case NO_TRACK_SIDS:
      track.sid = (gchar *) "";
      break;
    case WILD_ENUMS:
      track.type = G_MAXINT32;
      track.source = G_MININT32;
      track.encryption = -1;
      info.state = 77;
      track.width = track.height = info.version = G_MAXUINT32;
      break;
    case DUPLICATES:
      update.n_participants = 3;
      break;
    case MANY_TRACKS:
      info.n_tracks = G_N_ELEMENTS (tracks);
      break;
    case STOLEN_TRACK:
      track.sid = ana_track;
      break;
    case STOLEN_SID:
      info.sid = ana_sid;
      break;
    case STOLEN_IDENTITY:
      info.identity = ana;
      break;
    case OURSELVES_GONE:
      info.identity = (gchar *) "recorder";
      info.state = LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED;
      break;
    case STRANGER_GONE:
      info.state = LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED;
      break;
  }
  return PACK (update, UPDATE, &update);
}

static GBytes *
make_crowd (gint n)
{
  Livekit__ParticipantUpdate update = LIVEKIT__PARTICIPANT_UPDATE__INIT;
  g_autofree Livekit__ParticipantInfo *infos =
      g_new (Livekit__ParticipantInfo, n);
  g_autofree Livekit__ParticipantInfo **pointers =
      g_new (Livekit__ParticipantInfo *, n);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  gint i;

  for (i = 0; i < n; i++) {
    gchar *text = g_strdup_printf ("P%d", i);

    g_ptr_array_add (texts, text);
    livekit__participant_info__init (&infos[i]);
    infos[i].sid = infos[i].identity = text;
    pointers[i] = &infos[i];
  }
  update.n_participants = n;
  update.participants = pointers;
  return PACK (update, UPDATE, &update);
}

/* Candidates */

static const gchar *const candidates[] = {
  "", "{", "null", "[]", "7", "\"candidate\"", "{\"candidate\":7}",
  "{\"candidate\":\"\",\"sdpMLineIndex\":0}",
  "{\"candidate\":\"candidate:\",\"sdpMLineIndex\":0}",
  "{\"candidate\":\"candidate:1 1 udp 1\",\"sdpMLineIndex\":0}",
  "{\"candidate\":\"candidate:1 1 udp 1 127.0.0.1 99999999 typ host\"}",
  "{\"candidate\":\"candidate:1 9 udp -1 127.0.0.1 -1 typ host\"}",
  "{\"candidate\":\"candidate:1 1 udp 1 ::::: 9 typ host\"}",
  "{\"candidate\":\"candidate:1 1 udp 1 nowhere.local 9 typ host\"}",
  "{\"candidate\":\"candidate:1 1 udp 1 nowhere.invalid 9 typ host\"}",
  "{\"candidate\":\"candidate:1 1 sctp 1 127.0.0.1 9 typ nonsense\"}",
  "{\"candidate\":\"candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype x\"}",
  "{\"candidate\":\"candidate:1 1 udp 1 127.0.0.1 9 typ srflx raddr\"}",
  "{\"candidate\":\"candidate:1 1 udp 1 127.0.0.1 9 typ host\","
      "\"sdpMLineIndex\":65535}",
  "{\"candidate\":\"candidate:1 1 udp 1 127.0.0.1 9 typ host\","
      "\"sdpMLineIndex\":-1}",
  "{\"candidate\":\"candidate:1 1 udp 1 127.0.0.1 9 typ host\","
      "\"sdpMLineIndex\":1.5}",
  "{\"candidate\":\"candidate:1 1 udp 1 127.0.0.1 9 typ host\\r\\na=mid:7\"}",
  "{\"candidate\":\"\\ud800\"}",
  "\xff\xfe{}",
};

static GBytes *
pack_trickle (gchar * text, gint target)
{
  Livekit__TrickleRequest trickle = LIVEKIT__TRICKLE_REQUEST__INIT;

  trickle.candidateinit = text;
  trickle.target = target;
  return PACK (trickle, TRICKLE, &trickle);
}

GST_START_TEST (test_candidates)
{
  gint target;
  guint i;

  outcome_connect (call, receiver);
  for (i = 0; i < G_N_ELEMENTS (candidates); i++) {
    for (target = -1; target <= 2; target++) {
      g_autoptr (GBytes) bytes = pack_trickle ((gchar *) candidates[i], target);
      testcall_send_raw (call, g_bytes_get_data (bytes, NULL),
          g_bytes_get_size (bytes), FALSE);
    }
  }
  outcome_check (call, receiver, "candidates", NULL);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

static GBytes *
make_deep_candidate (gint depth)
{
  g_autofree gchar *open = make_text (depth, '[');
  g_autofree gchar *close = make_text (depth, ']');
  g_autofree gchar *text =
      g_strdup_printf ("{\"candidate\":%s%s}", open, close);

  return pack_trickle (text, LIVEKIT__SIGNAL_TARGET__SUBSCRIBER);
}

static GBytes *
make_long_candidate (gint size)
{
  g_autofree gchar *tail = make_text (size, '1');
  g_autofree gchar *text =
      g_strdup_printf ("{\"candidate\":\"candidate:%s\"}", tail);

  return pack_trickle (text, LIVEKIT__SIGNAL_TARGET__SUBSCRIBER);
}

static const Row rows[] = {
  {"garbage", make_garbage, 0}, {"garbage", make_garbage, 1},
  {"garbage", make_garbage, 7}, {"garbage", make_garbage, 66},
  {"4 MiB of zeros", make_zeros, 4 * MEBI},
  {"over 4 MiB", make_zeros, 4 * MEBI + 1},
  {"over 8 MiB", make_zeros, 8 * MEBI},
  {"token of 1 MiB", make_token, MEBI},
  {"pong", make_pong, 0}, {"pong", make_pong, 1}, {"pong", make_pong, 2},
  {"pong", make_pong, 3},
  {"speakers", make_speakers, 1}, {"speakers", make_speakers, 20000},
  {"quality", make_quality, 99}, {"quality", make_quality, -1},
  {"leave, unknown reason", make_leave, 99, "CONNECTION_LOST_ERROR"},
  {"leave, unknown action", make_leave, 9800, "CONNECTION_LOST_ERROR"},
  {"leave, reason 16, resume", make_leave, 116},
  {"leave, negative", make_leave, 9999, "CONNECTION_LOST_ERROR"},
  {"update, no UTF-8", make_update, BAD_UTF8},
  {"update, long texts", make_update, LONG_TEXTS},
  {"update, tracks without sid", make_update, NO_TRACK_SIDS},
  {"update, wild enums", make_update, WILD_ENUMS},
  {"update, duplicate sids", make_update, DUPLICATES},
  {"update, many tracks", make_update, MANY_TRACKS},
  {"update, ana's track", make_update, STOLEN_TRACK},
  {"update, ana's sid", make_update, STOLEN_SID},
  {"update, ana's identity", make_update, STOLEN_IDENTITY},
  {"update, ourselves gone", make_update, OURSELVES_GONE},
  {"update, a stranger gone", make_update, STRANGER_GONE},
  {"update, 2000 participants", make_crowd, 2000},
  {"candidate, deep", make_deep_candidate, 100000},
  {"candidate, 100 KB", make_long_candidate, 100000},
};

GST_START_TEST (test_message)
{
  const Row *row = &rows[__i__];

  outcome_connect (call, receiver);
  send_row (row);
  outcome_check (call, receiver, row->name, row->code);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* The limit is 4096, and one more is a stranger: the call itself stays. */
GST_START_TEST (test_crowd)
{
  const Row crowd = { "5000 participants", make_crowd, 5000 };

  outcome_connect (call, receiver);
  send_row (&crowd);
  testcall_drop_sockets (call, FALSE);
  outcome_check (call, receiver, crowd.name, NULL);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* A message cut at each of its bytes, and whole at the end. */
GST_START_TEST (test_truncated)
{
  g_autoptr (GBytes) bytes = make_update (DUPLICATES);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  gsize i;

  outcome_connect (call, receiver);
  for (i = 0; i <= size; i++)
    testcall_send_raw (call, data, i, FALSE);
  outcome_check (call, receiver, "truncated", NULL);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* Pings */

static const struct
{
  guint interval;
  guint timeout;
} pings[] = {
  {0, 0}, {G_MAXUINT, G_MAXUINT}, {G_MAXINT, G_MAXINT}, {G_MAXINT, 0},
  {1u << 31, 1u << 31}, {1, G_MAXINT}
};

GST_START_TEST (test_ping_settings)
{
  testcall_set_ping (call, pings[__i__].interval, pings[__i__].timeout);
  outcome_connect (call, receiver);
  outcome_check (call, receiver, "ping", NULL);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
hostile_suite (void)
{
  Suite *suite = suite_create ("hostile");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_loop_test (tc, test_raw, 0, G_N_ELEMENTS (raws));
  tcase_add_loop_test (tc, test_raw_at_join, 0, 2 * G_N_ELEMENTS (raws));
  tcase_add_loop_test (tc, test_message, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tc, test_candidates);
  tcase_add_test (tc, test_crowd);
  tcase_add_test (tc, test_truncated);
  tcase_add_loop_test (tc, test_ping_settings, 0, G_N_ELEMENTS (pings));
  return suite;
}

GST_CHECK_MAIN (hostile);
