/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target: a message of a data channel.
 */
#include <string.h>
#include <gst/gst.h>
#include "fuzz.h"
#include "debug.h"
#include "livekit/datapacket.h"

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (NULL, NULL);
  matrix_rtc_debug_init ();
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  return 0;
}

/* Reads all of it, so that a sanitizer sees what isn't there. */
static void
check_packet (const LiveKitDataPacket * packet, gsize size)
{
  g_autofree guint8 *payload =
      g_memdup2 (g_bytes_get_data (packet->payload, NULL),
      g_bytes_get_size (packet->payload));

  g_assert (g_bytes_get_size (packet->payload) < size);
  g_assert (g_utf8_validate (packet->identity, -1, NULL));
  g_assert (g_utf8_validate (packet->sid, -1, NULL));
  g_assert (packet->topic == NULL || (*packet->topic != '\0'
          && g_utf8_validate (packet->topic, -1, NULL)));
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autoptr (GBytes) message = g_bytes_new (data, size);
  g_autoptr (LiveKitDataPacket) packet = livekit_data_packet_new (message);

  if (packet != NULL)
    check_packet (packet, size);
  return 0;
}
