/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A TCP connection that can stand still: it says that there is nothing to read
 * and no room to write, whatever comes, until it is let go again. */

#pragma once

#include <gio/gio.h>

#define STALL_TYPE_CONNECTION (stall_connection_get_type ())
G_DECLARE_FINAL_TYPE (StallConnection, stall_connection, STALL, CONNECTION,
    GTcpConnection)

/* Over the socket of stream, which is kept and not used any more. */
StallConnection *stall_connection_new (GSocket * socket, GIOStream * stream);
void stall_connection_set_stalled (StallConnection * connection,
    gboolean stalled);
gboolean stall_connection_is_stalled (StallConnection * connection);
