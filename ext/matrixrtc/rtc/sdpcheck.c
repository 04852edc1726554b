/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether an offer can be worked with: bounded in everything, and without the
 * mistakes that webrtcbin aborts on.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gio/gio.h>
#include "sdp.h"

#define MAX_SDP_SIZE (2 * 1024 * 1024)
#define MAX_SECTIONS 4096
#define MAX_MID_SIZE 64
#define MAX_FORMATS 128         /* there are no more payload types */
#define MAX_ATTRIBUTES 4096     /* of one section */

static void
set_invalid (GError ** error, const gchar * message)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, message);
}

/* What comes after walks through it again and again. */
static gboolean
sdp_is_bounded (const GstSDPMessage * sdp)
{
  guint n_sections = gst_sdp_message_medias_len (sdp);
  guint i;

  for (i = 0; i < n_sections; i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (sdp, i);

    if (gst_sdp_media_formats_len (media) > MAX_FORMATS
        || gst_sdp_media_attributes_len (media) > MAX_ATTRIBUTES)
      return FALSE;
  }
  return n_sections <= MAX_SECTIONS
      && gst_sdp_message_attributes_len (sdp) <= MAX_ATTRIBUTES;
}

GstSDPMessage *
rtc_sdp_parse (const gchar * text, GError ** error)
{
  GstSDPMessage *sdp;
  gsize size = strlen (text);

  if (size == 0 || size > MAX_SDP_SIZE || !g_utf8_validate_len (text, size,
          NULL)) {
    set_invalid (error,
        "the session description is empty, too long or no text");
    return NULL;
  }
  if (gst_sdp_message_new_from_text (text, &sdp) != GST_SDP_OK) {
    set_invalid (error, "the session description can't be parsed");
    return NULL;
  }
  if (!sdp_is_bounded (sdp)) {
    set_invalid (error, "the session description is too complex");
    gst_sdp_message_free (sdp);
    return NULL;
  }
  return sdp;
}

static gboolean
section_has (const GstSDPMessage * sdp, const GstSDPMedia * media,
    const gchar * attribute)
{
  return gst_sdp_media_get_attribute_val (media, attribute) != NULL
      || gst_sdp_message_get_attribute_val (sdp, attribute) != NULL;
}

static gboolean
check_section (const GstSDPMessage * offer, const GstSDPMedia * media,
    GHashTable * mids, GError ** error)
{
  const gchar *mid = gst_sdp_media_get_attribute_val (media, "mid");

  if (mid == NULL || *mid == '\0' || strlen (mid) > MAX_MID_SIZE
      || strpbrk (mid, " \t") != NULL) {
    set_invalid (error, "a section of the offer has no usable mid");
    return FALSE;
  }
  if (!g_hash_table_add (mids, (gpointer) mid)) {
    set_invalid (error, "two sections of the offer have the same mid");
    return FALSE;
  }
  if (!rtc_sdp_section_is_media (media)
      && g_strcmp0 (gst_sdp_media_get_media (media), "application") != 0) {
    set_invalid (error, "a section of the offer is of an unknown kind");
    return FALSE;
  }
  if (!section_has (offer, media, "ice-ufrag")
      || !section_has (offer, media, "ice-pwd")
      || !section_has (offer, media, "fingerprint")
      || !section_has (offer, media, "setup")) {
    set_invalid (error, "a section of the offer lacks ICE or DTLS parameters");
    return FALSE;
  }
  return TRUE;
}

/* webrtcbin wants the sections of an earlier offer in the same places. */
static gboolean
check_continuity (const GstSDPMessage * offer, const GstSDPMessage * previous,
    GError ** error)
{
  guint n_sections = gst_sdp_message_medias_len (previous);
  guint i;

  if (n_sections > gst_sdp_message_medias_len (offer)) {
    set_invalid (error, "the offer drops a section");
    return FALSE;
  }
  for (i = 0; i < n_sections; i++) {
    const GstSDPMedia *before = gst_sdp_message_get_media (previous, i);
    const GstSDPMedia *now = gst_sdp_message_get_media (offer, i);

    if (g_strcmp0 (gst_sdp_media_get_media (before),
            gst_sdp_media_get_media (now)) != 0
        || g_strcmp0 (gst_sdp_media_get_attribute_val (before, "mid"),
            gst_sdp_media_get_attribute_val (now, "mid")) != 0) {
      set_invalid (error, "the offer moves a section");
      return FALSE;
    }
  }
  return TRUE;
}

/* All sections must share one transport: the first group has to be BUNDLE and
 * to name every one of them. */
static gboolean
check_bundle (const GstSDPMessage * offer, GHashTable * mids, GError ** error)
{
  const gchar *group = gst_sdp_message_get_attribute_val (offer, "group");
  g_auto (GStrv) words = NULL;
  g_autoptr (GHashTable) named = g_hash_table_new (g_str_hash, g_str_equal);
  guint i;

  if (group != NULL)
    words = g_strsplit (group, " ", -1);
  if (words != NULL && g_strcmp0 (words[0], "BUNDLE") == 0) {
    for (i = 1; words[i] != NULL; i++) {
      if (!g_hash_table_contains (mids, words[i]))
        break;
      g_hash_table_add (named, words[i]);
    }
    if (words[i] == NULL
        && g_hash_table_size (named) == g_hash_table_size (mids))
      return TRUE;
  }
  set_invalid (error, "the offer doesn't bundle its sections");
  return FALSE;
}

/* Whether webrtcbin may be given @offer: it aborts the process over some
 * mistakes. @previous is the last offer that it took, or NULL. */
gboolean
rtc_sdp_check_offer (const GstSDPMessage * offer,
    const GstSDPMessage * previous, GError ** error)
{
  guint n_sections = gst_sdp_message_medias_len (offer);
  g_autoptr (GHashTable) mids = g_hash_table_new (g_str_hash, g_str_equal);
  guint n_application = 0;
  guint i;

  if (n_sections == 0 || n_sections > MAX_SECTIONS) {
    set_invalid (error, "the offer has no sections, or too many");
    return FALSE;
  }
  for (i = 0; i < n_sections; i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (offer, i);

    if (!check_section (offer, media, mids, error))
      return FALSE;
    if (!rtc_sdp_section_is_media (media) && ++n_application > 1) {
      set_invalid (error, "the offer has two data channel sections");
      return FALSE;
    }
  }
  if (previous != NULL && !check_continuity (offer, previous, error))
    return FALSE;
  return check_bundle (offer, mids, error);
}
