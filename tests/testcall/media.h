/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A feed is one synthetic track: encoded and payloaded once, then copied to
 * each subscriber's appsrc with that subscriber's SSRC and sequence numbers,
 * as an SFU does. It only runs while somebody takes it. */

#pragma once

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include "encryption.h"
#include "testcall.h"

typedef struct _Feed Feed;
typedef struct _FeedOutput FeedOutput;

/* NULL: there is no encoder for that. encryption NULL: plain. */
Feed *feed_new (const gchar * name, TestcallMedia media, TestcallCodec codec,
    Encryption * encryption, guint delay_ms, GstClockTime base_time);
void feed_free (Feed * feed);
void feed_set_muted (Feed * feed, gboolean muted);
void feed_set_pace (Feed * feed, guint one_in);
void feed_set_garbled (Feed * feed, gboolean garbled);
void feed_set_size (Feed * feed, guint width, guint height);
void feed_request_key_frame (Feed * feed);

/* Packets with this pt and ssrc go to src until feed_detach(), whenever it isn't
 * paused. */
FeedOutput *feed_attach (Feed * feed, GstAppSrc * src, guint pt,
    guint32 ssrc, gboolean paused);
void feed_set_paused (Feed * feed, FeedOutput * output, gboolean paused);
void feed_detach (Feed * feed, FeedOutput * output);

GstCaps *feed_caps (guint pt, guint32 ssrc);
guint feed_frequency (const gchar * name);
