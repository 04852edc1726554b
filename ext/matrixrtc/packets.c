/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What participants send as data, each told once, and no more of it than an
 * application can bear; of one participant less than of all, so that nobody's flood
 * drowns what others send. Times are as in ratelimit.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "debug.h"
#include "packets.h"
#include "ratelimit.h"

#define GST_CAT_DEFAULT matrixrtc_connection_debug

#define MAX_MESSAGES 200        /* a second, of one participant */

typedef struct
{
  RateLimit rate;
  guint32 last_sequence;        /* of reliable packets; 0: none */
} Sender;

struct _Packets
{
  LiveKitRoom *participants;    /* the owner's */
  DataLimits *limits;
  PacketsTold told;
  gpointer user_data;
  GHashTable *senders;          /* sid -> Sender, of participants who are known */
  Sender others;
};

static gboolean
is_unknown_sender (gpointer sid, gpointer sender, gpointer user_data)
{
  Packets *packets = user_data;

  return livekit_room_find_sid (packets->participants, sid) == NULL;
}

/* Those of who has left are of no use any more when another begins to send. */
static Sender *
packets_find_sender (Packets * packets, const LiveKitParticipant * participant)
{
  Sender *sender;

  if (participant == NULL)
    return &packets->others;
  sender = g_hash_table_lookup (packets->senders, participant->sid);
  if (sender == NULL) {
    g_hash_table_foreach_remove (packets->senders, is_unknown_sender, packets);
    sender = g_new0 (Sender, 1);
    g_hash_table_insert (packets->senders, g_strdup (participant->sid), sender);
  }
  return sender;
}

/* The server may send again what it can't know that we have. */
static gboolean
sender_has_sent (const Sender * sender, const LiveKitDataPacket * packet,
    gboolean is_reliable)
{
  return is_reliable && packet->sequence != 0
      && packet->sequence <= sender->last_sequence;
}

static gboolean
packets_admit (Packets * packets, Sender * sender, gint64 now)
{
  return rate_limit_take (&sender->rate, MAX_MESSAGES, now)
      && data_limits_admit (packets->limits, now);
}

static void
packets_drop (Packets * packets, const LiveKitDataPacket * packet, gint64 now)
{
  if (data_limits_count_drop (packets->limits, now))
    GST_WARNING
        ("more data come in than can be told, at last from \"%s\"; some "
        "are dropped", packet->identity);
}

/* The payload counts as long as the application keeps it. */
static gboolean
packets_hold (Packets * packets, LiveKitDataPacket * packet)
{
  GBytes *payload = data_limits_hold (packets->limits, packet->payload);

  if (payload == NULL)
    return FALSE;
  g_bytes_unref (packet->payload);
  packet->payload = payload;
  return TRUE;
}

static const LiveKitParticipant *
packets_find_participant (Packets * packets, const LiveKitDataPacket * packet)
{
  const LiveKitParticipant *participant =
      livekit_room_find_sid (packets->participants, packet->sid);

  if (participant == NULL && *packet->identity != '\0')
    participant = livekit_room_find_identity (packets->participants,
        packet->identity);
  return participant;
}

/* The application may free nothing, but stop us from inside. */
static void
packets_tell (Packets * packets, const LiveKitParticipant * participant,
    const LiveKitDataPacket * packet, gboolean is_reliable)
{
  const LiveKitParticipant stranger = {
    .identity = packet->identity,.sid = packet->sid,.name = (gchar *) ""
  };

  packets->told (participant != NULL ? participant : &stranger, packet,
      is_reliable, packets->user_data);
}

/* @bytes are a message of a data channel. */
void
packets_take (Packets * packets, GBytes * bytes, gboolean is_reliable,
    gint64 now)
{
  g_autoptr (LiveKitDataPacket) packet = livekit_data_packet_new (bytes);
  const LiveKitParticipant *participant;
  Sender *sender;

  if (packet == NULL)
    return;
  participant = packets_find_participant (packets, packet);
  sender = packets_find_sender (packets, participant);
  if (sender_has_sent (sender, packet, is_reliable))
    return;
  if (is_reliable && participant != NULL && packet->sequence != 0)
    sender->last_sequence = packet->sequence;
  if (packets_admit (packets, sender, now) && packets_hold (packets, packet))
    packets_tell (packets, participant, packet, is_reliable);
  else
    packets_drop (packets, packet, now);
}

/* @participants has to outlive us. */
Packets *
packets_new (LiveKitRoom * participants, DataLimits * limits, PacketsTold told,
    gpointer user_data)
{
  Packets *packets = g_new0 (Packets, 1);

  packets->participants = participants;
  packets->limits = data_limits_ref (limits);
  packets->told = told;
  packets->user_data = user_data;
  packets->senders =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return packets;
}

void
packets_free (Packets * packets)
{
  g_hash_table_unref (packets->senders);
  data_limits_unref (packets->limits);
  g_free (packets);
}
