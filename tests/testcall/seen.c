/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the server saw, for the test's thread to read and to wait for. */

#include "testcall-private.h"

#include <string.h>

typedef struct
{
  gchar *method;
  gchar *path;
  gchar *head;                  /* request line and header lines */
  gchar *body;
} Request;

typedef struct
{
  GBytes *last;
  guint count;
} Signal;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_free (request->method);
  g_free (request->path);
  g_free (request->head);
  g_free (request->body);
  g_free (request);
}

static void
signal_free (gpointer data)
{
  Signal *signal = data;

  g_bytes_unref (signal->last);
  g_free (signal);
}

void
seen_init (Seen * seen)
{
  g_mutex_init (&seen->lock);
  g_cond_init (&seen->cond);
  seen->requests = g_ptr_array_new_with_free_func (request_free);
  seen->signals = g_hash_table_new_full (NULL, NULL, NULL, signal_free);
  seen->tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  seen->newest_tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      g_free);
  seen->last_leave_reason = -1;
}

void
seen_clear (Seen * seen)
{
  g_ptr_array_unref (seen->requests);
  g_hash_table_unref (seen->signals);
  g_hash_table_unref (seen->tokens);
  g_hash_table_unref (seen->newest_tokens);
  g_free (seen->last_answer);
  g_free (seen->last_offer);
  g_free (seen->last_identity);
  g_cond_clear (&seen->cond);
  g_mutex_clear (&seen->lock);
}

/* --- Written by the server ----------------------------------------------- */

void
seen_add (Seen * seen, TestcallSaw what, gint64 change)
{
  g_mutex_lock (&seen->lock);
  seen->counts[what] += change;
  g_cond_broadcast (&seen->cond);
  g_mutex_unlock (&seen->lock);
}

static void
append_header (const gchar * name, const gchar * value, gpointer text)
{
  g_string_append_printf (text, "%s: %s\r\n", name, value);
}

void
seen_request (Seen * seen, SoupServerMessage * msg)
{
  GUri *uri = soup_server_message_get_uri (msg);
  const gchar *query = g_uri_get_query (uri);
  SoupMessageBody *body = soup_server_message_get_request_body (msg);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  Request *request = g_new0 (Request, 1);
  GString *head = g_string_new (NULL);

  request->method = g_strdup (soup_server_message_get_method (msg));
  request->path = g_strdup (g_uri_get_path (uri));
  g_string_append_printf (head, "%s %s%s%s\r\n", request->method,
      request->path, query ? "?" : "", query ? query : "");
  soup_message_headers_foreach (soup_server_message_get_request_headers (msg),
      append_header, head);
  request->head = g_string_free (head, FALSE);
  request->body = g_strndup (g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes));

  g_mutex_lock (&seen->lock);
  g_ptr_array_add (seen->requests, request);
  g_mutex_unlock (&seen->lock);
}

/* The first tag tells what it is, also where our proto file doesn't. */
static guint
first_field (GBytes * message)
{
  gsize length, i;
  const guint8 *data = g_bytes_get_data (message, &length);
  guint tag = 0;

  for (i = 0; i < length && i < 4; i++) {
    tag |= (data[i] & 0x7fu) << (7 * i);
    if (!(data[i] & 0x80))
      return tag >> 3;
  }
  return 0;
}

void
seen_signal (Seen * seen, GBytes * message)
{
  gpointer field = GUINT_TO_POINTER (first_field (message));
  Signal *signal;

  g_mutex_lock (&seen->lock);
  signal = g_hash_table_lookup (seen->signals, field);
  if (!signal) {
    signal = g_new0 (Signal, 1);
    g_hash_table_insert (seen->signals, field, signal);
  }
  g_clear_pointer (&signal->last, g_bytes_unref);
  signal->last = g_bytes_ref (message);
  signal->count++;
  g_mutex_unlock (&seen->lock);
}

static void
replace_text (Seen * seen, gchar ** where, const gchar * text)
{
  g_mutex_lock (&seen->lock);
  g_free (*where);
  *where = g_strdup (text);
  g_mutex_unlock (&seen->lock);
}

void
seen_offer (Seen * seen, const gchar * sdp, guint id)
{
  replace_text (seen, &seen->last_offer, sdp);
  g_mutex_lock (&seen->lock);
  seen->last_offer_id = id;
  seen->counts[TESTCALL_SAW_OFFER]++;
  g_cond_broadcast (&seen->cond);
  g_mutex_unlock (&seen->lock);
}

void
seen_answer (Seen * seen, const gchar * sdp)
{
  replace_text (seen, &seen->last_answer, sdp);
}

void
seen_identity (Seen * seen, const gchar * identity)
{
  replace_text (seen, &seen->last_identity, identity);
}

void
seen_leave (Seen * seen, gint reason)
{
  g_mutex_lock (&seen->lock);
  seen->last_leave_reason = reason;
  g_mutex_unlock (&seen->lock);
}

void
seen_token (Seen * seen, const gchar * identity, const gchar * token,
    TestcallTokenOrigin origin)
{
  const gchar *older;

  g_mutex_lock (&seen->lock);
  older = g_hash_table_lookup (seen->newest_tokens, identity);
  if (older)
    g_hash_table_insert (seen->tokens, g_strdup (older),
        GINT_TO_POINTER (TESTCALL_TOKEN_STALE));
  g_hash_table_insert (seen->tokens, g_strdup (token),
      GINT_TO_POINTER (origin));
  g_hash_table_insert (seen->newest_tokens, g_strdup (identity),
      g_strdup (token));
  g_mutex_unlock (&seen->lock);
}

void
seen_upgrade (Seen * seen, const gchar * token)
{
  TestcallTokenOrigin origin = TESTCALL_TOKEN_NONE;

  g_mutex_lock (&seen->lock);
  if (token)
    origin = GPOINTER_TO_INT (g_hash_table_lookup (seen->tokens, token));
  if (token && origin == TESTCALL_TOKEN_NONE)
    origin = TESTCALL_TOKEN_ISSUED;
  seen->last_token_origin = origin;
  g_mutex_unlock (&seen->lock);
}

/* --- Read by the test ---------------------------------------------------- */

guint64
testcall_count (TestCall * call, TestcallSaw what)
{
  guint64 count;

  g_return_val_if_fail (what < TESTCALL_N_SAW, 0);
  g_mutex_lock (&call->seen.lock);
  count = call->seen.counts[what];
  g_mutex_unlock (&call->seen.lock);
  return count;
}

typedef struct
{
  TestcallSaw what;
  guint64 bound;
} Bound;

static gboolean
is_at_least (TestCall * call, gpointer user_data)
{
  const Bound *bound = user_data;

  return testcall_count (call, bound->what) >= bound->bound;
}

static gboolean
is_at_most (TestCall * call, gpointer user_data)
{
  const Bound *bound = user_data;

  return testcall_count (call, bound->what) <= bound->bound;
}

/* The predicate runs unlocked; a change that it missed is found by comparing
 * the counts that it was run after. */
gboolean
testcall_wait_until (TestCall * call, TestcallPredicate predicate,
    gpointer user_data, guint deadline_ms)
{
  Seen *seen = &call->seen;
  gint64 end = g_get_monotonic_time () + deadline_ms * G_TIME_SPAN_MILLISECOND;
  guint64 before[TESTCALL_N_SAW];
  gboolean in_time = TRUE;

  for (;;) {
    g_mutex_lock (&seen->lock);
    memcpy (before, seen->counts, sizeof (before));
    g_mutex_unlock (&seen->lock);
    if (predicate (call, user_data))
      return TRUE;
    if (!in_time)
      return FALSE;
    g_mutex_lock (&seen->lock);
    while (in_time && memcmp (before, seen->counts, sizeof (before)) == 0)
      in_time = g_cond_wait_until (&seen->cond, &seen->lock, end);
    g_mutex_unlock (&seen->lock);
  }
}

gboolean
testcall_wait_for (TestCall * call, TestcallSaw what, guint64 at_least,
    guint deadline_ms)
{
  Bound bound = { what, at_least };

  return testcall_wait_until (call, is_at_least, &bound, deadline_ms);
}

gboolean
testcall_wait_for_at_most (TestCall * call, TestcallSaw what,
    guint64 at_most, guint deadline_ms)
{
  Bound bound = { what, at_most };

  return testcall_wait_until (call, is_at_most, &bound, deadline_ms);
}

/* Called with seen->lock held. */
static const Request *
find_last_locked (const Seen * seen, const gchar * path)
{
  guint i;

  for (i = seen->requests->len; i > 0; i--) {
    const Request *request = g_ptr_array_index (seen->requests, i - 1);

    if (g_str_equal (request->path, path))
      return request;
  }
  return NULL;
}

gchar *
testcall_get_last_request (TestCall * call, const gchar * path)
{
  const Request *request;
  gchar *text = NULL;

  g_mutex_lock (&call->seen.lock);
  request = find_last_locked (&call->seen, path);
  if (request)
    text = g_strconcat (request->head, "\r\n", request->body, NULL);
  g_mutex_unlock (&call->seen.lock);
  return text;
}

gchar *
testcall_get_last_body (TestCall * call, const gchar * path)
{
  const Request *request;
  gchar *text;

  g_mutex_lock (&call->seen.lock);
  request = find_last_locked (&call->seen, path);
  text = request ? g_strdup (request->body) : NULL;
  g_mutex_unlock (&call->seen.lock);
  return text;
}

static gchar *
find_header (const gchar * head, const gchar * name)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  gsize length = strlen (name);
  guint i;

  for (i = 1; lines[0] && lines[i]; i++) {
    if (g_ascii_strncasecmp (lines[i], name, length) == 0
        && g_str_has_prefix (lines[i] + length, ": "))
      return g_strdup (lines[i] + length + 2);
  }
  return NULL;
}

gchar *
testcall_get_last_header (TestCall * call, const gchar * path,
    const gchar * name)
{
  const Request *request;
  gchar *value;

  g_mutex_lock (&call->seen.lock);
  request = find_last_locked (&call->seen, path);
  value = request ? find_header (request->head, name) : NULL;
  g_mutex_unlock (&call->seen.lock);
  return value;
}

guint
testcall_count_path (TestCall * call, const gchar * path)
{
  guint i, count = 0;

  g_mutex_lock (&call->seen.lock);
  for (i = 0; i < call->seen.requests->len; i++) {
    const Request *request = g_ptr_array_index (call->seen.requests, i);

    count += g_str_equal (request->path, path);
  }
  g_mutex_unlock (&call->seen.lock);
  return count;
}

gchar *
testcall_get_request_log (TestCall * call)
{
  GString *log = g_string_new (NULL);
  guint i;

  g_mutex_lock (&call->seen.lock);
  for (i = 0; i < call->seen.requests->len; i++) {
    const Request *request = g_ptr_array_index (call->seen.requests, i);

    g_string_append_printf (log, "%s %s\n", request->method, request->path);
  }
  g_mutex_unlock (&call->seen.lock);
  return g_string_free (log, FALSE);
}

static gchar *
copy_text (Seen * seen, gchar ** where)
{
  gchar *copy;

  g_mutex_lock (&seen->lock);
  copy = g_strdup (*where);
  g_mutex_unlock (&seen->lock);
  return copy;
}

gchar *
testcall_get_last_answer (TestCall * call)
{
  return copy_text (&call->seen, &call->seen.last_answer);
}

gchar *
testcall_get_last_offer (TestCall * call)
{
  return copy_text (&call->seen, &call->seen.last_offer);
}

gchar *
testcall_get_last_identity (TestCall * call)
{
  return copy_text (&call->seen, &call->seen.last_identity);
}

gchar *
testcall_dup_newest_token (TestCall * call, const gchar * identity)
{
  gchar *token;

  g_mutex_lock (&call->seen.lock);
  token = g_strdup (g_hash_table_lookup (call->seen.newest_tokens, identity));
  g_mutex_unlock (&call->seen.lock);
  return token;
}

TestcallTokenOrigin
testcall_get_last_token_origin (TestCall * call)
{
  TestcallTokenOrigin origin;

  g_mutex_lock (&call->seen.lock);
  origin = call->seen.last_token_origin;
  g_mutex_unlock (&call->seen.lock);
  return origin;
}

guint
testcall_get_last_offer_id (TestCall * call)
{
  guint id;

  g_mutex_lock (&call->seen.lock);
  id = call->seen.last_offer_id;
  g_mutex_unlock (&call->seen.lock);
  return id;
}

gint
testcall_get_last_leave_reason (TestCall * call)
{
  gint reason;

  g_mutex_lock (&call->seen.lock);
  reason = call->seen.last_leave_reason;
  g_mutex_unlock (&call->seen.lock);
  return reason;
}

GBytes *
testcall_get_last_signal (TestCall * call, guint field)
{
  const Signal *signal;
  GBytes *bytes;

  g_mutex_lock (&call->seen.lock);
  signal = g_hash_table_lookup (call->seen.signals, GUINT_TO_POINTER (field));
  bytes = signal ? g_bytes_ref (signal->last) : NULL;
  g_mutex_unlock (&call->seen.lock);
  return bytes;
}

guint
testcall_count_signal (TestCall * call, guint field)
{
  const Signal *signal;
  guint count;

  g_mutex_lock (&call->seen.lock);
  signal = g_hash_table_lookup (call->seen.signals, GUINT_TO_POINTER (field));
  count = signal ? signal->count : 0;
  g_mutex_unlock (&call->seen.lock);
  return count;
}
