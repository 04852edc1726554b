/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "datalimits.h"
#include "livekit/datapacket.h"
#include "livekit/room.h"

G_BEGIN_DECLS

typedef struct _Packets Packets;

/* @sender has only an identity and a sid, which may be "", if nobody with these is
 * known. */
typedef void (*PacketsTold) (const LiveKitParticipant * sender,
    const LiveKitDataPacket * packet, gboolean is_reliable, gpointer user_data);

Packets *packets_new (LiveKitRoom * participants, DataLimits * limits,
    PacketsTold told, gpointer user_data);
void packets_free (Packets * packets);

void packets_take (Packets * packets, GBytes * bytes, gboolean is_reliable,
    gint64 now);

G_END_DECLS
