/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "room.h"

G_BEGIN_DECLS

typedef struct _LiveKitSelection LiveKitSelection;

LiveKitSelection *livekit_selection_new (GstMatrixRtcMedia media);
void livekit_selection_free (LiveKitSelection * selection);

void livekit_selection_set_media (LiveKitSelection * selection,
    GstMatrixRtcMedia media);
void livekit_selection_set_streams (LiveKitSelection * selection,
    const gchar * const *stream_ids);

gboolean livekit_selection_is_all (const LiveKitSelection * selection);
gboolean livekit_selection_allows (const LiveKitSelection * selection,
    const LiveKitTrack * track);
gboolean livekit_selection_wants (const LiveKitSelection * selection,
    const LiveKitTrack * track);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveKitSelection, livekit_selection_free)

G_END_DECLS
