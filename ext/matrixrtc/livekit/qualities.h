/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "room.h"

G_BEGIN_DECLS

#define LIVEKIT_N_QUALITIES 3   /* of GstMatrixRtcVideoQuality */

typedef struct _LiveKitQualities LiveKitQualities;

LiveKitQualities *livekit_qualities_new (void);
void livekit_qualities_free (LiveKitQualities * qualities);

void livekit_qualities_update (LiveKitQualities * qualities,
    const GPtrArray * tracks, GstMatrixRtcVideoQuality usual, GHashTable * wishes,
    GPtrArray ** changed);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveKitQualities, livekit_qualities_free)

G_END_DECLS
