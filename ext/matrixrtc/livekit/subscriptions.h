/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "selection.h"

G_BEGIN_DECLS

typedef struct _LiveKitSubscriptions LiveKitSubscriptions;

LiveKitSubscriptions *livekit_subscriptions_new (gboolean auto_subscribe);
void livekit_subscriptions_free (LiveKitSubscriptions * subscriptions);

void livekit_subscriptions_update (LiveKitSubscriptions * subscriptions,
    const GPtrArray * tracks, const LiveKitSelection * selection,
    GPtrArray * subscribe, GPtrArray * unsubscribe);
void livekit_subscriptions_forget (LiveKitSubscriptions * subscriptions);
gboolean livekit_subscriptions_are_automatic (LiveKitSubscriptions *
    subscriptions);
GPtrArray *livekit_subscriptions_get_exceptions (LiveKitSubscriptions *
    subscriptions);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveKitSubscriptions, livekit_subscriptions_free)

G_END_DECLS
