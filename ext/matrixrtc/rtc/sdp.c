/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands between LiveKit's offers and webrtcbin: checks of what webrtcbin
 * would abort on, the map from sections to tracks, and rewriting for what
 * webrtcbin can't do. Pure functions on GstSDPMessage.
 *
 * webrtcbin before 1.26 can't take a section up again that was inactive, and
 * LiveKit reuses sections for other people's tracks all the time. So webrtcbin
 * is shown every section as sending for ever, and only the server is told which
 * ones have ended.
 *
 * webrtcbin before 1.28 answers with one codec per section, and LiveKit takes
 * the first answer of a kind for the whole connection. So all codecs of the offer
 * that we can depayload are put into the answer.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gio/gio.h>
#include "codec.h"
#include "sdp.h"

#define MAX_SDP_SIZE (2 * 1024 * 1024)
#define MAX_SECTIONS 4096
#define MAX_MID_SIZE 64
#define MAX_SSRCS 16            /* of one section */
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
section_is_media (const GstSDPMedia * media)
{
  const gchar *kind = gst_sdp_media_get_media (media);

  return g_strcmp0 (kind, "audio") == 0 || g_strcmp0 (kind, "video") == 0;
}

/* Checking */

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
  if (!section_is_media (media)
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
    if (!section_is_media (media) && ++n_application > 1) {
      set_invalid (error, "the offer has two data channel sections");
      return FALSE;
    }
  }
  if (previous != NULL && !check_continuity (offer, previous, error))
    return FALSE;
  return check_bundle (offer, mids, error);
}

/* Reading */

static void
section_free (RtcSection * section)
{
  g_free (section->mid);
  g_free (section->track_sid);
  g_free (section->msid);
  g_array_unref (section->ssrcs);
  g_free (section);
}

static gboolean
section_is_sending (const GstSDPMedia * media)
{
  return gst_sdp_media_get_port (media) != 0
      && gst_sdp_media_get_attribute_val (media, "recvonly") == NULL
      && gst_sdp_media_get_attribute_val (media, "inactive") == NULL;
}

/* LiveKit's msid is "<participant>|<track> <track>", or with synchronised
 * streams "<participant>|<stream> <track>": the second word is always right. */
static gchar *
track_sid_from_msid (const gchar * msid)
{
  const gchar *space = msid == NULL ? NULL : strchr (msid, ' ');

  return space == NULL || space[1] == '\0' ? NULL : g_strdup (space + 1);
}

/* 0 is none. */
static guint32
parse_ssrc (const gchar * value)
{
  guint64 parsed = g_ascii_isdigit (*value) ?
      g_ascii_strtoull (value, NULL, 10) : 0;

  return parsed <= G_MAXUINT32 ? (guint32) parsed : 0;
}

static void
section_add_ssrc (RtcSection * section, guint32 ssrc)
{
  guint n = section->ssrcs->len;

  /* One SSRC has several lines, one after the other. */
  if (ssrc == 0 || n >= MAX_SSRCS
      || (n > 0 && g_array_index (section->ssrcs, guint32, n - 1) == ssrc))
    return;
  g_array_append_val (section->ssrcs, ssrc);
}

static void
section_read_ssrcs (RtcSection * section, const GstSDPMedia * media)
{
  guint i;

  for (i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

    if (g_str_equal (attribute->key, "ssrc"))
      section_add_ssrc (section, parse_ssrc (attribute->value));
  }
}

static RtcSection *
section_new (const GstSDPMedia * media, guint mline)
{
  RtcSection *section = g_new0 (RtcSection, 1);

  section->mid = g_strdup (gst_sdp_media_get_attribute_val (media, "mid"));
  section->mline = mline;
  section->is_audio = g_str_equal (gst_sdp_media_get_media (media), "audio");
  section->sending = section_is_sending (media);
  section->msid = g_strdup (gst_sdp_media_get_attribute_val (media, "msid"));
  section->track_sid = track_sid_from_msid (section->msid);
  section->ssrcs = g_array_new (FALSE, FALSE, sizeof (guint32));
  section_read_ssrcs (section, media);
  return section;
}

/* The audio and video sections of an offer, as RtcSection. */
GPtrArray *
rtc_sdp_read_sections (const GstSDPMessage * offer)
{
  GPtrArray *sections =
      g_ptr_array_new_with_free_func ((GDestroyNotify) section_free);
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (offer); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (offer, i);

    if (section_is_media (media))
      g_ptr_array_add (sections, section_new (media, i));
  }
  return sections;
}

/* The section that sends @ssrc now, or NULL. */
RtcSection *
rtc_sections_find_ssrc (GPtrArray * sections, guint32 ssrc)
{
  guint i, j;

  for (i = 0; i < sections->len; i++) {
    RtcSection *section = g_ptr_array_index (sections, i);

    for (j = 0; section->sending && j < section->ssrcs->len; j++) {
      if (g_array_index (section->ssrcs, guint32, j) == ssrc)
        return section;
    }
  }
  return NULL;
}

/* The section that sends @track_sid now, or NULL. */
RtcSection *
rtc_sections_find_track (GPtrArray * sections, const gchar * track_sid)
{
  guint i;

  for (i = 0; i < sections->len; i++) {
    RtcSection *section = g_ptr_array_index (sections, i);

    if (section->sending && g_strcmp0 (section->track_sid, track_sid) == 0)
      return section;
  }
  return NULL;
}

/* Rewriting */

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

static void
set_direction (GstSDPMedia * media, const gchar * direction)
{
  static const gchar *const directions[] = {
    "sendrecv", "sendonly", "recvonly", "inactive", NULL
  };

  remove_attributes (media, directions);
  gst_sdp_media_add_attribute (media, direction, "");
}

static GstSDPMedia *
get_media_mutable (GstSDPMessage * sdp, guint i)
{
  return (GstSDPMedia *) gst_sdp_message_get_media (sdp, i);
}

/* Whether an ssrc line of section number @i may stay. @owners has the section of
 * each SSRC, from 1 on. */
static gboolean
claim_ssrc (GHashTable * owners, guint32 ssrc, guint i, guint * n_claimed)
{
  gpointer key = GUINT_TO_POINTER (ssrc);
  guint owner = GPOINTER_TO_UINT (g_hash_table_lookup (owners, key));

  if (owner != 0)
    return owner == i + 1;
  if (ssrc == 0 || ++*n_claimed > MAX_SSRCS)
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
    gpointer key = GUINT_TO_POINTER (parse_ssrc (words[j]));

    if (GPOINTER_TO_UINT (g_hash_table_lookup (owners, key)) != i + 1)
      return FALSE;
  }
  return TRUE;
}

static void
clean_section (GstSDPMedia * media, guint i, GHashTable * owners)
{
  gboolean is_media = section_is_media (media);
  guint n_claimed = 0;
  guint j = 0;

  while (j < gst_sdp_media_attributes_len (media)) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, j);
    gboolean keep = TRUE;

    if (g_str_equal (attribute->key, "ssrc"))
      keep = is_media && claim_ssrc (owners, parse_ssrc (attribute->value), i,
          &n_claimed);
    if (keep)
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

/* Takes out what webrtcbin is critical about: SSRC 0, one SSRC in two sections,
 * and more of them than a section can need. Before the sections are read. */
void
rtc_sdp_clean_ssrcs (GstSDPMessage * offer)
{
  g_autoptr (GHashTable) owners = g_hash_table_new (NULL, NULL);
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (offer); i++)
    clean_section (get_media_mutable (offer, i), i, owners);
}

/* Makes every section send, for webrtcbin's eyes only. */
void
rtc_sdp_stick_directions (GstSDPMessage * offer)
{
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (offer); i++) {
    GstSDPMedia *media = get_media_mutable (offer, i);

    if (section_is_media (media))
      set_direction (media, "sendonly");
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

    if (section_is_media (answered) && section_is_media (offered)
        && gst_sdp_media_get_port (answered) != 0)
      widen_section (answered, offered);
  }
}

/* Tells the server which sections don't receive: those that don't send. */
void
rtc_sdp_end_sections (GstSDPMessage * answer, GPtrArray * sections)
{
  guint i;

  for (i = 0; i < sections->len; i++) {
    RtcSection *section = g_ptr_array_index (sections, i);

    if (!section->sending
        && section->mline < gst_sdp_message_medias_len (answer))
      set_direction (get_media_mutable (answer, section->mline), "inactive");
  }
}
