/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What stands in for media that doesn't come. Zero-initialised. Of one thread. */
typedef struct
{
  GstBuffer *picture;           /* the last that needs no other, or NULL */
} Filler;

void filler_take_buffer (Filler * filler, GstBuffer * buffer);
GstBuffer *filler_make_buffer (Filler * filler, GstCaps * caps);
void filler_clear (Filler * filler);

G_END_DECLS
