/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LiveKit's data packets, of which only those are read that applications send as
 * they are. Who sent one is the server's word.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gst/gst.h>
#include "../debug.h"
#include "datapacket.h"
#include "livekit.pb-c.h"

#define GST_CAT_DEFAULT matrixrtc_signal_debug

#define MAX_PAYLOAD (64 * 1024)
#define MAX_TEXT 1024

/* As in room.c: what names a participant is the same there. */
static gchar *
dup_text (const gchar * text)
{
  return g_utf8_make_valid (text, strnlen (text, MAX_TEXT));
}

/* Servers of before 2025 name the sender where others repeat it. */
static const gchar *
pick_text (const gchar * text, const gchar * former)
{
  return *text != '\0' ? text : former;
}

static LiveKitDataPacket *
packet_new (const Livekit__DataPacket * data)
{
  const Livekit__UserPacket *user = data->user;
  LiveKitDataPacket *packet = g_new0 (LiveKitDataPacket, 1);

  packet->identity = dup_text (pick_text (data->participant_identity,
          user->participant_identity));
  packet->sid = dup_text (pick_text (data->participant_sid,
          user->participant_sid));
  if (*user->topic != '\0')
    packet->topic = dup_text (user->topic);
  packet->payload = g_bytes_new (user->payload.data, user->payload.len);
  packet->sequence = data->sequence;
  return packet;
}

/* What is too long is no better cut off. */
static gboolean
check_user_packet (const Livekit__UserPacket * user)
{
  if (user == NULL)
    GST_LOG ("a data packet is not for us");
  else if (user->payload.len > MAX_PAYLOAD || strlen (user->topic) > MAX_TEXT)
    GST_INFO ("a data packet is too long");
  else
    return TRUE;
  return FALSE;
}

/* NULL: nothing for an application. */
LiveKitDataPacket *
livekit_data_packet_new (GBytes * bytes)
{
  LiveKitDataPacket *packet = NULL;
  Livekit__DataPacket *data = NULL;

  if (g_bytes_get_size (bytes) <= LIVEKIT_MAX_DATA_PACKET)
    data = livekit__data_packet__unpack (NULL, g_bytes_get_size (bytes),
        g_bytes_get_data (bytes, NULL));
  if (data == NULL) {
    GST_INFO ("a message of %" G_GSIZE_FORMAT " bytes is no data packet",
        g_bytes_get_size (bytes));
    return NULL;
  }
  if (check_user_packet (data->user))
    packet = packet_new (data);
  livekit__data_packet__free_unpacked (data, NULL);
  return packet;
}

void
livekit_data_packet_free (LiveKitDataPacket * packet)
{
  g_free (packet->identity);
  g_free (packet->sid);
  g_free (packet->topic);
  g_bytes_unref (packet->payload);
  g_free (packet);
}
