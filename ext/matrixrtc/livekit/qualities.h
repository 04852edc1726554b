/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "room.h"

G_BEGIN_DECLS

/* Beside the values of GstMatrixRtcVideoQuality: nothing is wanted for now. */
#define LIVEKIT_QUALITY_OFF 3
#define LIVEKIT_N_QUALITIES 4

typedef struct _LiveKitQualities LiveKitQualities;

LiveKitQualities *livekit_qualities_new (void);
void livekit_qualities_free (LiveKitQualities * qualities);

void livekit_qualities_update (LiveKitQualities * qualities,
    const GPtrArray * tracks, GstMatrixRtcVideoQuality usual,
    GHashTable * wishes, GHashTable * off, GPtrArray ** changed);
GPtrArray *livekit_qualities_get_off (LiveKitQualities * qualities);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveKitQualities, livekit_qualities_free)

G_END_DECLS
