/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands between LiveKit's offers and webrtcbin: session descriptions are
 * rewritten for what webrtcbin can't do. Pure functions on GstSDPMessage.
 *
 * webrtcbin before 1.26 can't take a section up again that was inactive, and
 * LiveKit reuses sections for other people's tracks all the time. So webrtcbin
 * is shown every section as sending for ever, and only the server is told which
 * ones have ended.
 *
 * webrtcbin before 1.28 answers with one codec per section, and LiveKit takes
 * the first answer of a kind for the whole connection. So all codecs of the offer
 * that we can depayload are put into the answer.
 *
 * webrtcbin tells its rtprtxreceive which formats repair which when it makes that,
 * and later only if the first section is one of media. LiveKit's first section is
 * that of the data channels.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include "codec.h"
#include "sdp.h"

#define RTP_MAX_PAYLOAD_TYPE 127

gboolean
rtc_sdp_section_is_media (const GstSDPMedia * media)
{
  const gchar *kind = gst_sdp_media_get_media (media);

  return g_strcmp0 (kind, "audio") == 0 || g_strcmp0 (kind, "video") == 0;
}

/* The SSRC that a value starts with. 0 is none. */
guint32
rtc_sdp_parse_ssrc (const gchar * value)
{
  guint64 parsed = g_ascii_isdigit (*value) ?
      g_ascii_strtoull (value, NULL, 10) : 0;

  return parsed <= G_MAXUINT32 ? (guint32) parsed : 0;
}

static void
remove_attributes (GstSDPMedia * media, const gchar * const *keys)
{
  guint i = gst_sdp_media_attributes_len (media);

  while (i-- > 0) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

    if (g_strv_contains (keys, attribute->key))
      gst_sdp_media_remove_attribute (media, i);
  }
}

static GstSDPMedia *
get_media_mutable (GstSDPMessage * sdp, guint i)
{
  return (GstSDPMedia *) gst_sdp_message_get_media (sdp, i);
}

void
rtc_sdp_set_direction (GstSDPMessage * sdp, guint mline,
    const gchar * direction)
{
  static const gchar *const directions[] = {
    "sendrecv", "sendonly", "recvonly", "inactive", NULL
  };
  GstSDPMedia *media = get_media_mutable (sdp, mline);

  remove_attributes (media, directions);
  gst_sdp_media_add_attribute (media, direction, "");
}

/* Makes every section send, for webrtcbin's eyes only. */
void
rtc_sdp_stick_directions (GstSDPMessage * offer)
{
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (offer); i++) {
    if (rtc_sdp_section_is_media (gst_sdp_message_get_media (offer, i)))
      rtc_sdp_set_direction (offer, i, "sendonly");
  }
}

/* The value of an attribute that starts with a payload type and a space. */
static const gchar *
attribute_of_payload (const GstSDPMedia * media, const gchar * key,
    const gchar * payload)
{
  gsize length = strlen (payload);
  guint i;

  for (i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

    if (g_str_equal (attribute->key, key)
        && strncmp (attribute->value, payload, length) == 0
        && attribute->value[length] == ' ')
      return attribute->value + length + 1;
  }
  return NULL;
}

static gboolean
payload_is_codec (const GstSDPMedia * media, const gchar * payload,
    gboolean is_audio)
{
  const gchar *rtpmap = attribute_of_payload (media, "rtpmap", payload);
  const RtcCodec *codec;
  g_autofree gchar *name = NULL;

  if (rtpmap == NULL)
    return FALSE;
  name = g_strndup (rtpmap, strcspn (rtpmap, "/"));
  codec = rtc_codec_find (name);
  return codec != NULL && codec->is_audio == is_audio
      && rtc_codec_is_available (codec);
}

/* The payload type that a retransmission format repairs, or NULL. */
static gchar *
payload_get_apt (const GstSDPMedia * media, const gchar * payload)
{
  const gchar *rtpmap = attribute_of_payload (media, "rtpmap", payload);
  const gchar *fmtp = attribute_of_payload (media, "fmtp", payload);

  if (rtpmap == NULL || fmtp == NULL
      || g_ascii_strncasecmp (rtpmap, "rtx/", 4) != 0
      || !g_str_has_prefix (fmtp, "apt="))
    return NULL;
  return g_strndup (fmtp + 4, strspn (fmtp + 4, "0123456789"));
}

/* The payload types of an offered section that we can receive, with the
 * retransmission formats that repair them. */
static GPtrArray *
pick_payloads (const GstSDPMedia * offered)
{
  gboolean is_audio = g_str_equal (gst_sdp_media_get_media (offered), "audio");
  GPtrArray *payloads = g_ptr_array_new ();
  guint i;

  for (i = 0; i < gst_sdp_media_formats_len (offered); i++) {
    const gchar *payload = gst_sdp_media_get_format (offered, i);
    g_autofree gchar *apt = payload_get_apt (offered, payload);

    if (payload_is_codec (offered, apt != NULL ? apt : payload, is_audio)
        && !g_ptr_array_find_with_equal_func (payloads, payload, g_str_equal,
            NULL))
      g_ptr_array_add (payloads, (gpointer) payload);
  }
  return payloads;
}

/* Whether an ssrc line of section number @i may stay. @owners has the section of
 * each SSRC, from 1 on. webrtcbin takes an SSRC from its cname line. */
static gboolean
claim_ssrc (GHashTable * owners, const gchar * line, guint i, guint * n_claimed)
{
  guint32 ssrc = rtc_sdp_parse_ssrc (line);
  const gchar *space = strchr (line, ' ');
  gpointer key = GUINT_TO_POINTER (ssrc);
  guint owner = GPOINTER_TO_UINT (g_hash_table_lookup (owners, key));

  if (owner != 0)
    return owner == i + 1;
  if (ssrc == 0 || space == NULL || !g_str_has_prefix (space + 1, "cname:")
      || ++*n_claimed > RTC_SDP_MAX_SSRCS)
    return FALSE;
  g_hash_table_insert (owners, key, GUINT_TO_POINTER (i + 1));
  return TRUE;
}

static gboolean
group_is_claimed (GHashTable * owners, const gchar * group, guint i)
{
  g_auto (GStrv) words = g_strsplit (group, " ", -1);
  guint j;

  for (j = 1; words[0] != NULL && words[j] != NULL; j++) {
    gpointer key = GUINT_TO_POINTER (rtc_sdp_parse_ssrc (words[j]));

    if (GPOINTER_TO_UINT (g_hash_table_lookup (owners, key)) != i + 1)
      return FALSE;
  }
  return TRUE;
}

static gboolean
section_is_receivable (const GstSDPMedia * media)
{
  g_autoptr (GPtrArray) payloads = NULL;

  if (!rtc_sdp_section_is_media (media) || gst_sdp_media_get_port (media) == 0)
    return FALSE;
  payloads = pick_payloads (media);
  return payloads->len > 0;
}

static void
clean_section (GstSDPMedia * media, guint i, GHashTable * owners)
{
  gboolean is_receivable = section_is_receivable (media);
  guint n_claimed = 0;
  guint j = 0;

  while (j < gst_sdp_media_attributes_len (media)) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, j);

    if (!g_str_equal (attribute->key, "ssrc") || (is_receivable
            && claim_ssrc (owners, attribute->value, i, &n_claimed)))
      j++;
    else
      gst_sdp_media_remove_attribute (media, j);
  }
  for (j = gst_sdp_media_attributes_len (media); j-- > 0;) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, j);

    if (g_str_equal (attribute->key, "ssrc-group")
        && !group_is_claimed (owners, attribute->value, i))
      gst_sdp_media_remove_attribute (media, j);
  }
}

/* Takes out what webrtcbin can't bear: SSRC 0, one SSRC in two sections, more of
 * them than a section can need, and those of sections that it will reject. With
 * an SSRC whose section has no transceiver webrtcbin dereferences NULL. Before
 * the sections are read. */
void
rtc_sdp_clean_ssrcs (GstSDPMessage * offer)
{
  g_autoptr (GHashTable) owners = g_hash_table_new (NULL, NULL);
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (offer); i++)
    clean_section (get_media_mutable (offer, i), i, owners);
}

/* Clocks that timestamps would be made by (RFC 7273): jitter buffers ask an NTP
 * server for its time, whichever an offer names. */
void
rtc_sdp_remove_clocks (GstSDPMessage * offer)
{
  static const gchar *const clocks[] = { "ts-refclk", "mediaclk", NULL };
  guint i;

  for (i = gst_sdp_message_attributes_len (offer); i-- > 0;) {
    if (g_strv_contains (clocks, gst_sdp_message_get_attribute (offer, i)->key))
      gst_sdp_message_remove_attribute (offer, i);
  }
  for (i = 0; i < gst_sdp_message_medias_len (offer); i++)
    remove_attributes (get_media_mutable (offer, i), clocks);
}

/* We send no bandwidth estimates, so we promise none. */
static gboolean
attribute_is_promised (const GstSDPAttribute * attribute)
{
  return !g_str_equal (attribute->key, "rtcp-fb")
      || strstr (attribute->value, "goog-remb") == NULL;
}

static void
copy_payload_attributes (GstSDPMedia * answered, const GstSDPMedia * offered,
    const gchar * payload, const gchar * const *keys)
{
  guint i;

  for (i = 0; i < gst_sdp_media_attributes_len (offered); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (offered, i);
    gsize length = strlen (payload);

    if (g_strv_contains (keys, attribute->key)
        && g_str_has_prefix (attribute->value, payload)
        && attribute->value[length] == ' ' && attribute_is_promised (attribute))
      gst_sdp_media_add_attribute (answered, attribute->key, attribute->value);
  }
}

static void
widen_section (GstSDPMedia * answered, const GstSDPMedia * offered)
{
  static const gchar *const keys[] = { "rtpmap", "fmtp", "rtcp-fb", NULL };
  g_autoptr (GPtrArray) payloads = pick_payloads (offered);
  guint i;

  /* Nothing that we can receive: the server has to see what webrtcbin said. */
  if (payloads->len == 0)
    return;
  while (gst_sdp_media_formats_len (answered) > 0)
    gst_sdp_media_remove_format (answered, 0);
  remove_attributes (answered, keys);
  for (i = 0; i < payloads->len; i++) {
    const gchar *payload = g_ptr_array_index (payloads, i);

    gst_sdp_media_add_format (answered, payload);
    copy_payload_attributes (answered, offered, payload, keys);
  }
}

/* Puts every codec of @offer that we can receive into @answer. */
void
rtc_sdp_widen_answer (GstSDPMessage * answer, const GstSDPMessage * offer)
{
  guint n = MIN (gst_sdp_message_medias_len (answer),
      gst_sdp_message_medias_len (offer));
  guint i;

  for (i = 0; i < n; i++) {
    GstSDPMedia *answered = get_media_mutable (answer, i);
    const GstSDPMedia *offered = gst_sdp_message_get_media (offer, i);

    if (rtc_sdp_section_is_media (answered)
        && rtc_sdp_section_is_media (offered)
        && gst_sdp_media_get_port (answered) != 0)
      widen_section (answered, offered);
  }
}

static void
map_section (GstStructure * map, const GstSDPMedia * media)
{
  guint i;

  for (i = 0; i < gst_sdp_media_formats_len (media); i++) {
    const gchar *payload = gst_sdp_media_get_format (media, i);
    g_autofree gchar *apt = payload_get_apt (media, payload);
    guint64 type;

    if (apt != NULL && *apt != '\0'
        && g_ascii_string_to_unsigned (payload, 10, 0, RTP_MAX_PAYLOAD_TYPE,
            &type, NULL))
      gst_structure_set (map, apt, G_TYPE_UINT, (guint) type, NULL);
  }
}

/* Which payload type repairs which, in rtprtxreceive's form. All sections share
 * one transport. */
GstStructure *
rtc_sdp_map_retransmissions (const GstSDPMessage * sdp)
{
  GstStructure *map = gst_structure_new_empty ("application/x-rtp-pt-map");
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (sdp); i++)
    map_section (map, gst_sdp_message_get_media (sdp, i));
  return map;
}

static const gchar *
get_credential (const GstSDPMessage * sdp, const gchar * key)
{
  const gchar *value = gst_sdp_message_medias_len (sdp) == 0 ? NULL :
      gst_sdp_media_get_attribute_val (gst_sdp_message_get_media (sdp, 0), key);

  return value != NULL ? value : gst_sdp_message_get_attribute_val (sdp, key);
}

/* The ICE credentials of the transport that all sections share. Valid as long as
 * @sdp. */
gboolean
rtc_sdp_get_credentials (const GstSDPMessage * sdp, const gchar ** ufrag,
    const gchar ** pwd)
{
  *ufrag = get_credential (sdp, "ice-ufrag");
  *pwd = get_credential (sdp, "ice-pwd");
  return *ufrag != NULL && *pwd != NULL;
}

/* Replaces those of every section that has some. */
void
rtc_sdp_set_credentials (GstSDPMessage * sdp, const gchar * ufrag,
    const gchar * pwd)
{
  static const gchar *const keys[] = { "ice-ufrag", "ice-pwd", NULL };
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (sdp); i++) {
    GstSDPMedia *media = get_media_mutable (sdp, i);

    if (gst_sdp_media_get_attribute_val (media, "ice-ufrag") == NULL)
      continue;
    remove_attributes (media, keys);
    gst_sdp_media_add_attribute (media, "ice-ufrag", ufrag);
    gst_sdp_media_add_attribute (media, "ice-pwd", pwd);
  }
}
