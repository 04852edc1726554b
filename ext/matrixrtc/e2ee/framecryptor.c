/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LiveKit's encryption of one encoded frame, which is what a depayloader gives:
 *
 *   clear header | cipher text | tag 16 | IV 12 | 0x0c | key index
 *                \____ escaped as one run in H.264 and H.265 _____/
 *
 * The clear header, by which an SFU tells what the frame is, is authenticated.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <openssl/evp.h>
#include "framecryptor.h"

#define OPUS_HEADER 1
#define VP8_KEY_HEADER 10
#define VP8_DELTA_HEADER 3

#define MAX_LAYOUTS 3

/* One way to read a frame. */
typedef struct
{
  gsize header;                 /* size of the clear header */
  gboolean is_escaped;
} Layout;

struct _E2eeFrameCryptor
{
  E2eeCodec codec;
  E2eeKeyRing *ring;
  gboolean encrypted;
  gboolean packet_trailer;
  GBytes *sif_trailer;          /* NULL: frames of the SFU aren't looked for */
  guint8 *scratch;              /* up to twice the largest frame */
  gsize scratch_size;
};

/* --- zeros and what follows them --- */

/* Where 00 00 @third is, at or after @from; @size if it is nowhere. */
static gsize
find_after_zeros (const guint8 * data, gsize size, gsize from, guint8 third)
{
  const guint8 *end = data + size;
  const guint8 *at;

  if (size < 3 || from > size - 3)
    return size;
  at = data + from + 2;
  /* Few bytes are @third: memchr() runs over the others. */
  while ((at = memchr (at, third, end - at)) != NULL) {
    if (at[-1] == 0 && at[-2] == 0)
      return at - 2 - data;
    at++;
  }
  return size;
}

/**
 * e2ee_rbsp_escape:
 * @data: any bytes
 * @size: of @data
 * @out: takes E2EE_MAX_ESCAPED_SIZE (@size) bytes
 *
 * Keeps start codes out of an H.264 or H.265 NAL unit.
 *
 * Returns: how many bytes there are in @out
 */
gsize
e2ee_rbsp_escape (const guint8 * data, gsize size, guint8 * out)
{
  guint8 *to = out;
  guint zeros = 0;
  gsize i;

  for (i = 0; i < size; i++) {
    if (zeros >= 2 && data[i] <= 3) {
      *to++ = 3;
      zeros = 0;
    }
    zeros = data[i] == 0 ? zeros + 1 : 0;
    *to++ = data[i];
  }
  return to - out;
}

/* @at: where the first escape is, as find_after_zeros() says it. */
static gsize
unescape (const guint8 * data, gsize size, gsize at, guint8 * out)
{
  guint8 *to = out;
  gsize from = 0;

  while (at < size) {
    memcpy (to, data + from, at + 2 - from);
    to += at + 2 - from;
    from = at + 3;
    at = find_after_zeros (data, size, from, 3);
  }
  if (from < size)
    memcpy (to, data + from, size - from);
  return to + (size - from) - out;
}

/**
 * e2ee_rbsp_unescape:
 * @data: what e2ee_rbsp_escape() wrote
 * @size: of @data
 * @out: takes @size bytes
 *
 * Returns: how many bytes there are in @out
 */
gsize
e2ee_rbsp_unescape (const guint8 * data, gsize size, guint8 * out)
{
  return unescape (data, size, find_after_zeros (data, size, 0, 3), out);
}

/* --- the clear header --- */

static gboolean
is_slice (E2eeCodec codec, guint8 nal_header)
{
  guint type;

  if (codec == E2EE_CODEC_H264) {
    type = nal_header & 0x1f;
    return type == 1 || type == 5;
  }
  type = nal_header >> 1 & 0x3f;
  return type <= 9 || (type >= 16 && type <= 21);
}

static gboolean
are_zeros (const guint8 * data, gsize size)
{
  while (size > 0 && data[size - 1] == 0)
    size--;
  return size == 0;
}

/* The size of an Annex B frame's clear header, which ends two bytes into the
 * first slice; 0 if there is no slice. As LiveKit's SDK does it: a stream must
 * begin with a start code, and a last NAL unit of up to 3 bytes isn't seen. */
static gsize
find_slice (E2eeCodec codec, const guint8 * frame, gsize size)
{
  gsize at = find_after_zeros (frame, size, 0, 1);

  if (!are_zeros (frame, at))
    return 0;
  while (at < size && at + 6 < size) {
    if (is_slice (codec, frame[at + 3]))
      return at + 5;
    at = find_after_zeros (frame, size, at + 3, 1);
  }
  return 0;
}

/* Bit 0 is clear in a key frame. */
static gsize
vp8_header (const guint8 * frame)
{
  return (frame[0] & 1) == 0 ? VP8_KEY_HEADER : VP8_DELTA_HEADER;
}

static Layout
layout_new (gsize header, gboolean is_escaped)
{
  const Layout layout = { header, is_escaped };

  return layout;
}

static guint
list_nal_layouts (E2eeCodec codec, const guint8 * frame, gsize size,
    Layout * layouts)
{
  gsize header = find_slice (codec, frame, size);

  if (header > 0) {
    layouts[0] = layout_new (header, TRUE);
    return 1;
  }
  /* Browsers go on as for VP8, whose bit says nothing here: it may be the other
   * size. Native SDKs leave no header. */
  header = vp8_header (frame);
  layouts[0] = layout_new (header, FALSE);
  layouts[1] = layout_new (VP8_KEY_HEADER + VP8_DELTA_HEADER - header, FALSE);
  layouts[2] = layout_new (0, TRUE);
  return 3;
}

/* The ways in which a sender may have made @frame, the likely one first. A
 * decrypting caller can try them all, as only the right one has a right tag. */
static guint
list_layouts (E2eeCodec codec, const guint8 * frame, gsize size,
    Layout * layouts)
{
  switch (codec) {
    case E2EE_CODEC_OPUS:
      layouts[0] = layout_new (OPUS_HEADER, FALSE);
      return 1;
    case E2EE_CODEC_VP8:
      layouts[0] = layout_new (vp8_header (frame), FALSE);
      return 1;
    case E2EE_CODEC_H264:
    case E2EE_CODEC_H265:
      return list_nal_layouts (codec, frame, size, layouts);
    default:
      layouts[0] = layout_new (0, FALSE);
      return 1;
  }
}

/* --- what may stand behind a frame --- */

#define PACKET_TRAILER_MAGIC "LKTS"
#define PACKET_TRAILER_MASK 0xff
#define PACKET_TRAILER_END 5    /* the trailer's size and the magic */

static gboolean
is_known_field (guint8 tag, guint8 size)
{
  switch (tag) {
    case 1:                    /* timestamp */
      return size == 8;
    case 2:                    /* frame id */
      return size == 4;
    case 3:                    /* user data, any */
      return TRUE;
    default:
      return FALSE;
  }
}

/* Whether one of the fields, up to the first that isn't whole, is known: chance
 * may have written the magic. */
static gboolean
has_known_field (const guint8 * fields, gsize size)
{
  while (size >= 2) {
    guint8 tag = fields[0] ^ PACKET_TRAILER_MASK;
    guint8 length = fields[1] ^ PACKET_TRAILER_MASK;

    if (length > size - 2)
      return FALSE;
    if (is_known_field (tag, length))
      return TRUE;
    fields += 2 + length;
    size -= 2 + length;
  }
  return FALSE;
}

/* The size of @frame without its packet trailer, the clear metadata that a
 * sender may put behind each frame. */
static gsize
strip_packet_trailer (const guint8 * frame, gsize size)
{
  gsize length;

  if (size < PACKET_TRAILER_END
      || memcmp (frame + size - 4, PACKET_TRAILER_MAGIC, 4) != 0)
    return size;
  length = frame[size - PACKET_TRAILER_END] ^ PACKET_TRAILER_MASK;
  if (length < PACKET_TRAILER_END || length > size
      || !has_known_field (frame + size - length, length - PACKET_TRAILER_END))
    return size;
  return size - length;
}

/* A blank frame that SFUs insert, to be known by its SHA-256. */
typedef struct
{
  gsize size;
  guint8 digest[32];
} BlankFrame;

/* *INDENT-OFF* */
static const BlankFrame blank_frames[] = {
  /* Opus, 20 ms of silence: f8 ff fe and zeros */
  {80, {
    0xaa, 0xd8, 0xd3, 0x1f, 0xc5, 0x6b, 0x28, 0x02,
    0xca, 0x50, 0x0e, 0x58, 0xc2, 0xfb, 0x9d, 0x0b,
    0x29, 0xad, 0x71, 0xbb, 0x7c, 0xb5, 0x2c, 0xd6,
    0x53, 0x02, 0x51, 0xea, 0xde, 0x18, 0x89, 0x88}},
  /* VP8, a key frame of 8x8 pixels */
  {31, {
    0xef, 0x01, 0x61, 0x65, 0x3d, 0x8b, 0x2b, 0x23,
    0xaa, 0xd4, 0x66, 0x24, 0xb4, 0x20, 0xaf, 0x1d,
    0x03, 0xce, 0x48, 0x95, 0x0e, 0x9f, 0xc8, 0x57,
    0x18, 0x02, 0x8f, 0x91, 0xb5, 0x0f, 0x92, 0x19}},
  /* H.264, a picture of 2x2 pixels: SPS, PPS and IDR, each alone */
  {24, {
    0xf0, 0xa0, 0xe0, 0x96, 0x47, 0xd8, 0x91, 0xd6,
    0xd5, 0x0a, 0xa8, 0x98, 0xbc, 0xe7, 0x10, 0x80,
    0x90, 0x37, 0x5d, 0x0d, 0x55, 0xe5, 0x0a, 0x2b,
    0xb2, 0x11, 0x47, 0xaf, 0xee, 0x55, 0x8e, 0x44}},
  {6, {
    0x61, 0xd9, 0x66, 0x5e, 0xed, 0x71, 0xb6, 0xd4,
    0x24, 0xae, 0x95, 0x39, 0x33, 0x0a, 0x3b, 0xdd,
    0x5c, 0xb3, 0x86, 0xd4, 0xd7, 0x81, 0xc8, 0x08,
    0x21, 0x9a, 0x6e, 0x36, 0x75, 0x04, 0x93, 0xa7}},
  {10, {
    0xfa, 0xff, 0xc2, 0x6b, 0x68, 0xa2, 0xfc, 0x09,
    0x09, 0x6f, 0xa2, 0x0f, 0x33, 0x51, 0xe7, 0x06,
    0x39, 0x8b, 0x6f, 0x83, 0x8a, 0x75, 0x00, 0xc8,
    0x06, 0x34, 0x72, 0xc2, 0xe4, 0x76, 0xe9, 0x0d}},
};
/* *INDENT-ON* */

static gboolean
is_blank_frame (const guint8 * frame, gsize size)
{
  guint8 digest[EVP_MAX_MD_SIZE];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (blank_frames); i++) {
    const BlankFrame *blank = &blank_frames[i];

    if (size == blank->size
        && EVP_Digest (frame, size, digest, NULL, EVP_sha256 (), NULL)
        && memcmp (digest, blank->digest, sizeof (blank->digest)) == 0)
      return TRUE;
  }
  return FALSE;
}

/* --- a frame's parts --- */

/* The buffer stays and doubles, so that few frames need an allocation. */
static guint8 *
get_scratch (E2eeFrameCryptor * self, gsize size)
{
  if (self->scratch_size < size) {
    g_free (self->scratch);
    self->scratch_size = MAX (size, 2 * self->scratch_size);
    self->scratch = g_malloc (self->scratch_size);
  }
  return self->scratch;
}

/* What follows the clear header, which is nearly always there already without
 * escapes. NULL if it is too small to be what it must be. */
static const guint8 *
read_body (E2eeFrameCryptor * self, const Layout * layout,
    const guint8 * frame, gsize size, gsize * body_size)
{
  const guint8 *body = frame + layout->header;
  gsize escape;

  if (size < layout->header + E2EE_OVERHEAD)
    return NULL;
  *body_size = escape = size - layout->header;
  if (layout->is_escaped)
    escape = find_after_zeros (body, *body_size, 0, 3);
  if (escape < *body_size) {
    guint8 *scratch = get_scratch (self, *body_size);

    *body_size = unescape (body, *body_size, escape, scratch);
    body = scratch;
  }
  return *body_size < E2EE_OVERHEAD ? NULL : body;
}

static E2eeResult
result_from_status (E2eeKeyStatus status)
{
  switch (status) {
    case E2EE_KEY_STATUS_GOOD:
      return E2EE_RESULT_DECRYPTED;
    case E2EE_KEY_STATUS_MISSING:
      return E2EE_RESULT_MISSING_KEY;
    case E2EE_KEY_STATUS_INVALID:
      return E2EE_RESULT_INVALID_KEY;
    default:
      return E2EE_RESULT_BAD_TAG;
  }
}

/* Reads @frame in one of its ways. */
static E2eeResult
decrypt_layout (E2eeFrameCryptor * self, const Layout * layout,
    const guint8 * frame, gsize size, guint8 * out, gsize * out_size)
{
  E2eeMessage message;
  E2eeResult result;
  gsize body_size;
  const guint8 *body = read_body (self, layout, frame, size, &body_size);

  if (body == NULL || body[body_size - 2] != E2EE_IV_SIZE)
    return E2EE_RESULT_MALFORMED;
  message.iv = body + body_size - 2 - E2EE_IV_SIZE;
  message.aad = frame;
  message.aad_size = layout->header;
  message.data = body;
  message.size = body_size - E2EE_OVERHEAD;
  result = result_from_status (e2ee_key_ring_decrypt (self->ring,
          body[body_size - 1], &message, out + layout->header));
  if (result == E2EE_RESULT_DECRYPTED) {
    memcpy (out, frame, layout->header);
    *out_size = layout->header + message.size;
  }
  return result;
}

/* Goes through the ways to read @frame until one is right. Failures of keys
 * other than a bad tag don't depend on the way. */
static E2eeResult
decrypt_frame (E2eeFrameCryptor * self, const guint8 * frame, gsize size,
    guint8 * out, gsize * out_size)
{
  Layout layouts[MAX_LAYOUTS];
  guint n = list_layouts (self->codec, frame, size, layouts);
  E2eeResult result = E2EE_RESULT_MALFORMED;
  guint i;

  for (i = 0; i < n; i++) {
    E2eeResult one = decrypt_layout (self, &layouts[i], frame, size, out,
        out_size);

    if (one != E2EE_RESULT_MALFORMED)
      result = one;
    if (one != E2EE_RESULT_MALFORMED && one != E2EE_RESULT_BAD_TAG)
      break;
  }
  if (result == E2EE_RESULT_BAD_TAG)
    e2ee_key_ring_count_wrong (self->ring, frame[size - 1]);
  return result;
}

static gboolean
has_sif_trailer (E2eeFrameCryptor * self, const guint8 * frame, gsize size,
    gsize * rest)
{
  gsize length;
  const guint8 *trailer;

  if (self->sif_trailer == NULL)
    return FALSE;
  trailer = g_bytes_get_data (self->sif_trailer, &length);
  if (size < length || memcmp (frame + size - length, trailer, length) != 0)
    return FALSE;
  *rest = size - length;
  return TRUE;
}

static E2eeResult
pass (E2eeResult result, const guint8 * frame, gsize size, guint8 * out,
    gsize * out_size)
{
  memcpy (out, frame, size);
  *out_size = size;
  return result;
}

/* --- a track's cryptor --- */

/**
 * e2ee_frame_cryptor_new:
 * @codec: of the track, as it was negotiated
 * @ring: the keys of the track's sender
 *
 * The track is taken for an encrypted one without trailers.
 */
E2eeFrameCryptor *
e2ee_frame_cryptor_new (E2eeCodec codec, E2eeKeyRing * ring)
{
  E2eeFrameCryptor *self = g_new0 (E2eeFrameCryptor, 1);

  self->codec = codec;
  self->ring = e2ee_key_ring_ref (ring);
  self->encrypted = TRUE;
  return self;
}

void
e2ee_frame_cryptor_free (E2eeFrameCryptor * self)
{
  e2ee_key_ring_unref (self->ring);
  g_clear_pointer (&self->sif_trailer, g_bytes_unref);
  g_free (self->scratch);
  g_free (self);
}

/* Whether the track is encrypted, which its frames don't tell. */
void
e2ee_frame_cryptor_set_encrypted (E2eeFrameCryptor * self, gboolean encrypted)
{
  self->encrypted = encrypted;
}

/* Whether the track's sender has said that it puts packet trailers behind its
 * frames. There are none on audio tracks. */
void
e2ee_frame_cryptor_set_packet_trailer (E2eeFrameCryptor * self,
    gboolean packet_trailer)
{
  self->packet_trailer = packet_trailer;
}

/* What the SFU that the track comes from puts behind frames of its own. Without
 * a byte they aren't looked for. */
void
e2ee_frame_cryptor_set_sif_trailer (E2eeFrameCryptor * self,
    const guint8 * trailer, gsize size)
{
  g_clear_pointer (&self->sif_trailer, g_bytes_unref);
  if (size > 0)
    self->sif_trailer = g_bytes_new (trailer, size);
}

/**
 * e2ee_frame_cryptor_decrypt:
 * @self: the track's cryptor
 * @frame: one encoded frame, whole
 * @size: of @frame
 * @out: takes @size bytes, apart from @frame
 * @out_size: (out): how many bytes there are in @out: 0 without a frame
 */
E2eeResult
e2ee_frame_cryptor_decrypt (E2eeFrameCryptor * self, const guint8 * frame,
    gsize size, guint8 * out, gsize * out_size)
{
  gsize rest;

  *out_size = 0;
  if (size > E2EE_MAX_FRAME_SIZE)
    return E2EE_RESULT_MALFORMED;
  if (self->packet_trailer && self->codec != E2EE_CODEC_OPUS)
    size = strip_packet_trailer (frame, size);
  if (size == 0)
    return E2EE_RESULT_EMPTY;
  if (!self->encrypted)
    return pass (E2EE_RESULT_PLAIN, frame, size, out, out_size);
  if (!has_sif_trailer (self, frame, size, &rest))
    return decrypt_frame (self, frame, size, out, out_size);
  if (!is_blank_frame (frame, rest))
    return E2EE_RESULT_SIF_DROP;
  return pass (E2EE_RESULT_SIF_FORWARD, frame, rest, out, out_size);
}

/* Writes what follows the clear header of @layout, unescaped. */
static E2eeKeyStatus
write_body (E2eeFrameCryptor * self, const Layout * layout, guint8 index,
    const guint8 * iv, const guint8 * frame, gsize size, guint8 * body)
{
  const E2eeMessage message = {
    iv, frame, layout->header, frame + layout->header, size - layout->header
  };
  guint8 *end = body + message.size + E2EE_TAG_SIZE;

  memcpy (end, iv, E2EE_IV_SIZE);
  end[E2EE_IV_SIZE] = E2EE_IV_SIZE;
  end[E2EE_IV_SIZE + 1] = index;
  return e2ee_key_ring_encrypt (self->ring, index, &message, body);
}

/**
 * e2ee_frame_cryptor_encrypt:
 * @self: the track's cryptor
 * @index: the index of the key
 * @iv: E2EE_IV_SIZE bytes, which no two frames of a key may share
 * @frame: one encoded frame, whole
 * @size: of @frame
 * @out: takes E2EE_MAX_ENCRYPTED_SIZE (@size) bytes, apart from @frame
 * @out_size: (out): how many bytes there are in @out: 0 without a frame
 *
 * Makes what e2ee_frame_cryptor_decrypt() reads, as LiveKit's SDK for browsers
 * does. A frame shorter than its codec's clear header is malformed.
 */
E2eeResult
e2ee_frame_cryptor_encrypt (E2eeFrameCryptor * self, guint8 index,
    const guint8 * iv, const guint8 * frame, gsize size, guint8 * out,
    gsize * out_size)
{
  Layout layouts[MAX_LAYOUTS];
  Layout *layout = &layouts[0];
  E2eeKeyStatus status;
  guint8 *body;
  gsize body_size;

  *out_size = 0;
  if (size == 0)
    return E2EE_RESULT_EMPTY;
  list_layouts (self->codec, frame, size, layouts);
  if (size < layout->header || size > E2EE_MAX_FRAME_SIZE)
    return E2EE_RESULT_MALFORMED;
  body_size = size - layout->header + E2EE_OVERHEAD;
  body = layout->is_escaped ? get_scratch (self, body_size) :
      out + layout->header;
  status = write_body (self, layout, index, iv, frame, size, body);
  if (status != E2EE_KEY_STATUS_GOOD)
    return result_from_status (status);
  memcpy (out, frame, layout->header);
  if (layout->is_escaped)
    body_size = e2ee_rbsp_escape (body, body_size, out + layout->header);
  *out_size = layout->header + body_size;
  return E2EE_RESULT_ENCRYPTED;
}

/* Whether there is a frame to go on with. */
gboolean
e2ee_result_has_frame (E2eeResult result)
{
  return result < E2EE_RESULT_SIF_DROP;
}
