/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The longest message on a data channel that can be of use. */
#define LIVEKIT_MAX_DATA_PACKET (72 * 1024)

/* What a participant has sent to all or to us. Strings are valid UTF-8. */
typedef struct
{
  gchar *identity;              /* of the sender; "": not told */
  gchar *sid;
  gchar *topic;                 /* NULL: none */
  GBytes *payload;
  guint32 sequence;             /* of the sender's reliable packets; 0: not told */
} LiveKitDataPacket;

LiveKitDataPacket *livekit_data_packet_new (GBytes * bytes);
void livekit_data_packet_free (LiveKitDataPacket * packet);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveKitDataPacket, livekit_data_packet_free)

G_END_DECLS
