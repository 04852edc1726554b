/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is told of the data that participants send: packets.h.
 */
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "packets.h"

#define SECOND G_USEC_PER_SEC

static LiveKitRoom *room;
static DataLimits *limits;
static Packets *packets;
static GString *told;           /* "sid/name " of each message */
static guint n_told;
static gint64 now;

static void
on_participant (const LiveKitParticipant * participant, gpointer user_data)
{
}

static void
on_told (const LiveKitParticipant * sender, const LiveKitDataPacket * packet,
    gboolean is_reliable, gpointer user_data)
{
  fail_unless (user_data == &told);
  n_told++;
  g_string_append_printf (told, "%s/%s ", sender->sid, sender->name);
}

static void
update (const gchar * sid, const gchar * identity, gint state)
{
  Livekit__ParticipantInfo info = LIVEKIT__PARTICIPANT_INFO__INIT;
  Livekit__ParticipantInfo *infos[] = { &info };

  info.sid = (gchar *) sid;
  info.identity = info.name = (gchar *) identity;
  info.state = (Livekit__ParticipantInfo__State) state;
  livekit_room_update (room, infos, 1);
}

#define ACTIVE LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE
#define GONE LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED

static void
setup (void)
{
  static const LiveKitRoomCallbacks callbacks = {
    on_participant, on_participant, on_participant
  };

  matrix_rtc_debug_init ();
  room = livekit_room_new (&callbacks, NULL);
  limits = data_limits_new ();
  packets = packets_new (room, limits, on_told, &told);
  told = g_string_new (NULL);
  n_told = 0;
  now = 5 * SECOND;
  update ("PA_1", "ana", ACTIVE);
  update ("PA_2", "ben", ACTIVE);
}

static void
teardown (void)
{
  packets_free (packets);
  data_limits_unref (limits);
  livekit_room_free (room);
  g_string_free (told, TRUE);
}

static void
send_numbered (const gchar * sid, const gchar * identity, gboolean is_reliable,
    guint sequence)
{
  Livekit__UserPacket user = LIVEKIT__USER_PACKET__INIT;
  Livekit__DataPacket data = LIVEKIT__DATA_PACKET__INIT;
  g_autoptr (GBytes) message = NULL;
  guint8 *bytes;
  gsize size;

  data.user = &user;
  data.participant_sid = (gchar *) sid;
  data.participant_identity = (gchar *) identity;
  data.sequence = sequence;
  size = livekit__data_packet__get_packed_size (&data);
  bytes = g_malloc (size);
  livekit__data_packet__pack (&data, bytes);
  message = g_bytes_new_take (bytes, size);
  packets_take (packets, message, is_reliable, now);
}

static void
send_one (const gchar * sid, const gchar * identity)
{
  send_numbered (sid, identity, FALSE, 0);
}

static guint
send_many (const gchar * sid, guint n_sent)
{
  guint n_before = n_told;

  while (n_sent-- > 0)
    send_one (sid, "");
  return n_told - n_before;
}

static void
expect_told (const gchar * expected)
{
  fail_unless_equals_string (told->str, expected);
  g_string_truncate (told, 0);
}

/* By its sid, or else by its identity, or else not at all. */
GST_START_TEST (test_sender)
{
  send_one ("PA_1", "ana");
  send_one ("PA_2", "");
  send_one ("", "ana");
  send_one ("PA_3", "ben");
  send_one ("PA_3", "zoe");
  send_one ("", "");
  expect_told ("PA_1/ana PA_2/ben PA_1/ana PA_2/ben PA_3/ / ");
}

GST_END_TEST;

GST_START_TEST (test_repeats)
{
  send_numbered ("PA_1", "ana", TRUE, 3);
  send_numbered ("PA_1", "ana", TRUE, 3);
  send_numbered ("PA_1", "ana", TRUE, 2);
  expect_told ("PA_1/ana ");
  send_numbered ("PA_2", "ben", TRUE, 1);
  send_numbered ("PA_1", "ana", TRUE, 0);
  send_numbered ("PA_1", "ana", FALSE, 3);
  send_numbered ("PA_1", "ana", TRUE, 4);
  expect_told ("PA_2/ben PA_1/ana PA_1/ana PA_1/ana ");
  /* Nobody knows whose numbers these are. */
  send_numbered ("PA_3", "zoe", TRUE, 3);
  send_numbered ("PA_4", "yan", TRUE, 2);
  expect_told ("PA_3/ PA_4/ ");
  fail_unless_equals_uint64 (data_limits_get_n_dropped (limits), 0);
}

GST_END_TEST;

/* Whoever comes again counts anew. */
GST_START_TEST (test_again)
{
  send_numbered ("PA_1", "ana", TRUE, 3);
  update ("PA_1", "ana", GONE);
  update ("PA_9", "ana", ACTIVE);
  send_numbered ("PA_9", "ana", TRUE, 1);
  expect_told ("PA_1/ana PA_9/ana ");
  /* What is known of those who have left is forgotten with that. */
  update ("PA_1", "zoe", ACTIVE);
  send_numbered ("PA_1", "zoe", TRUE, 1);
  expect_told ("PA_1/zoe ");
}

GST_END_TEST;

/* 200 a second of one, whatever others do. */
GST_START_TEST (test_flood)
{
  fail_unless_equals_int (send_many ("PA_1", 10000), 200);
  fail_unless_equals_uint64 (data_limits_get_n_dropped (limits), 9800);
  fail_unless_equals_int (send_many ("PA_2", 100), 100);
  fail_unless_equals_int (send_many ("PA_x", 201), 200);
  fail_unless_equals_int (send_many ("PA_y", 1), 0);
  now += SECOND / 2;
  fail_unless_equals_int (send_many ("PA_1", 10000), 100);
  now += SECOND;
  fail_unless_equals_int (send_many ("PA_1", 10000), 200);
}

GST_END_TEST;

/* And 1000 of all. */
GST_START_TEST (test_flood_of_all)
{
  guint i;

  for (i = 10; i < 20; i++) {
    g_autofree gchar *sid = g_strdup_printf ("PA_%u", i);

    update (sid, sid, ACTIVE);
    fail_unless_equals_int (send_many (sid, 200), i < 15 ? 200 : 0);
  }
  fail_unless_equals_uint64 (data_limits_get_n_dropped (limits), 1000);
  now += SECOND;
  fail_unless_equals_int (send_many ("PA_19", 200), 200);
}

GST_END_TEST;

/* What isn't for an application is nothing that is dropped. */
GST_START_TEST (test_not_for_us)
{
  g_autoptr (GBytes) message = g_bytes_new_static ("\x6a\x00", 2);
  guint i;

  for (i = 0; i < 10000; i++)
    packets_take (packets, message, TRUE, now);
  fail_unless_equals_uint64 (data_limits_get_n_dropped (limits), 0);
  fail_unless_equals_int (send_many ("PA_1", 200), 200);
}

GST_END_TEST;

static Suite *
packets_suite (void)
{
  Suite *suite = suite_create ("packets");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_sender);
  tcase_add_test (tc, test_repeats);
  tcase_add_test (tc, test_again);
  tcase_add_test (tc, test_flood);
  tcase_add_test (tc, test_flood_of_all);
  tcase_add_test (tc, test_not_for_us);
  return suite;
}

GST_CHECK_MAIN (packets);
