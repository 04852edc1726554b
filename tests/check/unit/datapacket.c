/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LiveKit's data packets: livekit/datapacket.h.
 */
#include <string.h>
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "livekit.pb-c.h"
#include "livekit/datapacket.h"

#define MAX_PAYLOAD (64 * 1024)
#define MAX_TEXT 1024

static Livekit__UserPacket user;
static Livekit__DataPacket data;

static void
setup (void)
{
  matrix_rtc_debug_init ();
  livekit__user_packet__init (&user);
  livekit__data_packet__init (&data);
  data.user = &user;
}

static LiveKitDataPacket *
parse (gconstpointer bytes, gsize size)
{
  /* Ends where the data does, so that a sanitizer sees reads behind. */
  g_autoptr (GBytes) message = g_bytes_new (bytes, size);

  return livekit_data_packet_new (message);
}

/* What there is in `data`. */
static LiveKitDataPacket *
parse_data (void)
{
  gsize size = livekit__data_packet__get_packed_size (&data);
  g_autofree guint8 *bytes = g_malloc (size);

  livekit__data_packet__pack (&data, bytes);
  return parse (bytes, size);
}

/* With all that LiveKit's protocol has for it, what we don't read too: a kind,
 * destinations, an id, times, a nonce. */
GST_START_TEST (test_wire)
{
  static const gchar bytes[] = "\x08\x01"       /* kind */
      "\x12\x27"                /* user */
      "\x0a\x04PA_1"            /*   participant_sid */
      "\x12\x03" "a\0b"         /*   payload */
      "\x22\x04" "chat"         /*   topic */
      "\x2a\x03" "bob"          /*   participant_identity */
      "\x32\x02me"              /*   destination_identities */
      "\x42\x02id"              /*   id */
      "\x48\x01\x50\x02"        /*   start_time, end_time */
      "\x5a\x03non"             /*   nonce */
      "\x22\x03" "bob"          /* participant_identity */
      "\x2a\x02me"              /* destination_identities */
      "\x80\x01\x96\x01"        /* sequence */
      "\x8a\x01\x04PA_1";       /* participant_sid */
  g_autoptr (LiveKitDataPacket) packet = parse (bytes, sizeof (bytes) - 1);

  fail_unless (packet != NULL);
  fail_unless_equals_string (packet->identity, "bob");
  fail_unless_equals_string (packet->sid, "PA_1");
  fail_unless_equals_string (packet->topic, "chat");
  fail_unless_equals_int (packet->sequence, 150);
  fail_unless_equals_int (g_bytes_get_size (packet->payload), 3);
  fail_unless (memcmp (g_bytes_get_data (packet->payload, NULL), "a\0b", 3)
      == 0);
}

GST_END_TEST;

GST_START_TEST (test_least)
{
  g_autoptr (LiveKitDataPacket) packet = parse_data ();

  fail_unless (packet != NULL);
  fail_unless_equals_string (packet->identity, "");
  fail_unless_equals_string (packet->sid, "");
  fail_unless (packet->topic == NULL);
  fail_unless_equals_int (packet->sequence, 0);
  fail_unless_equals_int (g_bytes_get_size (packet->payload), 0);
}

GST_END_TEST;

/* Of servers that name the sender only there. What newer ones say counts. */
GST_START_TEST (test_deprecated_sender)
{
  LiveKitDataPacket *packet;

  user.participant_identity = (gchar *) "bob";
  user.participant_sid = (gchar *) "PA_1";
  packet = parse_data ();
  fail_unless_equals_string (packet->identity, "bob");
  fail_unless_equals_string (packet->sid, "PA_1");
  livekit_data_packet_free (packet);
  data.participant_identity = (gchar *) "eve";
  data.participant_sid = (gchar *) "PA_2";
  packet = parse_data ();
  fail_unless_equals_string (packet->identity, "eve");
  fail_unless_equals_string (packet->sid, "PA_2");
  livekit_data_packet_free (packet);
}

GST_END_TEST;

GST_START_TEST (test_text)
{
  g_autofree gchar *name = g_strnfill (MAX_TEXT + 1, 'n');
  g_autoptr (LiveKitDataPacket) packet = NULL;

  data.participant_identity = name;
  data.participant_sid = (gchar *) "a\xff";
  user.topic = (gchar *) "\xff" "b";
  packet = parse_data ();
  fail_unless_equals_int (strlen (packet->identity), MAX_TEXT);
  fail_unless_equals_string (packet->sid, "a\xef\xbf\xbd");
  fail_unless_equals_string (packet->topic, "\xef\xbf\xbd" "b");
}

GST_END_TEST;

/* Nothing is cut off. */
GST_START_TEST (test_too_long)
{
  g_autofree gchar *text = g_strnfill (MAX_PAYLOAD + 1, 't');
  g_autofree gchar *topic = g_strnfill (MAX_TEXT + 1, 't');
  LiveKitDataPacket *packet;

  user.payload.data = (guint8 *) text;
  user.payload.len = MAX_PAYLOAD;
  user.topic = topic + 1;
  packet = parse_data ();
  fail_unless (packet != NULL);
  fail_unless_equals_int (g_bytes_get_size (packet->payload), MAX_PAYLOAD);
  fail_unless_equals_string (packet->topic, topic + 1);
  livekit_data_packet_free (packet);
  user.payload.len = MAX_PAYLOAD + 1;
  fail_unless (parse_data () == NULL);
  user.payload.len = MAX_PAYLOAD;
  user.topic = topic;
  fail_unless (parse_data () == NULL);
}

GST_END_TEST;

/* However little of it is the payload. */
GST_START_TEST (test_too_long_message)
{
  g_autofree gchar *text = g_strnfill (LIVEKIT_MAX_DATA_PACKET, 't');

  data.participant_identity = text;
  fail_unless (parse_data () == NULL);
}

GST_END_TEST;

typedef struct
{
  const gchar *bytes;
  gsize size;
} Row;

#define ROW(bytes) {bytes, sizeof (bytes) - 1}

static const Row not_for_us[] = {
  ROW (""),
  ROW ("\0"),
  ROW ("\xff\xff\xff\xff\xff\xff\xff\xff"),
  ROW ("\x12\x7f"),             /* a user packet longer than the message */
  ROW ("\x12\x02\x12\x7f"),     /* a payload longer than its packet */
  ROW ("\x12\xff\xff\xff\xff\x0f"),     /* and of 4 GiB */
  ROW ("\x10\x01"),             /* user as a number */
  ROW ("\x3a\x00"),             /* a transcription */
  ROW ("\x4a\x00"),             /* a chat message */
  ROW ("\x52\x00"),             /* a remote call */
  ROW ("\x6a\x00"),             /* a stream's header, */
  ROW ("\x72\x00"),             /* chunk, */
  ROW ("\x7a\x00"),             /* and trailer */
  ROW ("\x92\x01\x02\x08\x01"), /* an encrypted packet */
};

GST_START_TEST (test_not_for_us)
{
  fail_unless (parse (not_for_us[__i__].bytes, not_for_us[__i__].size) == NULL);
}

GST_END_TEST;

static Suite *
datapacket_suite (void)
{
  Suite *suite = suite_create ("datapacket");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, NULL);
  tcase_add_test (tc, test_wire);
  tcase_add_test (tc, test_least);
  tcase_add_test (tc, test_deprecated_sender);
  tcase_add_test (tc, test_text);
  tcase_add_test (tc, test_too_long);
  tcase_add_test (tc, test_too_long_message);
  tcase_add_loop_test (tc, test_not_for_us, 0, G_N_ELEMENTS (not_for_us));
  return suite;
}

GST_CHECK_MAIN (datapacket);
