/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include "livekit/datapacket.h"
#include "livekit/room.h"

G_BEGIN_DECLS

GstStructure *participant_info_new (const LiveKitParticipant * participant,
    const gchar * name);
GstStructure *participant_info_new_quality
    (const LiveKitParticipant * participant, const gchar * name);
GstStructure *participant_info_new_data (const LiveKitParticipant * sender,
    const LiveKitDataPacket * packet, gboolean is_reliable,
    const gchar * name);
GstStructure *participant_info_new_speakers (const GPtrArray * speakers,
    const gchar * name);

G_END_DECLS
