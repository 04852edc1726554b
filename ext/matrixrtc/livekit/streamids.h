/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "room.h"

G_BEGIN_DECLS

void livekit_stream_ids_assign (LiveKitParticipant * participant,
    const LiveKitParticipant * former);

G_END_DECLS
