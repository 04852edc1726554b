/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void structure_list_append (GValue * list, GstStructure * structure);

G_END_DECLS
