/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Linked into test programs that are built with ThreadSanitizer: tells it how GLib
 * and GStreamer, which aren't, put one thing before another. GLib's locks are
 * futexes, which it can't see, so that without this all that a lock protects is a
 * race to it. A program's own functions come before those of the same name in
 * libraries, for the libraries too.
 */
#include <dlfcn.h>
#include <gst/gst.h>
#include <sanitizer/tsan_interface.h>

/* What is here must not be seen by ThreadSanitizer, but by libraries. */
#define UNSEEN __attribute__((no_sanitize ("thread")))
#pragma GCC visibility push(default)

#define REAL(name) \
  static __typeof__ (&name) real; \
  if (G_UNLIKELY (real == NULL)) \
    real = (__typeof__ (&name)) (gintptr) dlsym (RTLD_NEXT, #name)

/* Locks: what was before an unlock is before what comes after a lock. */

#define LOCK(name, Type) \
  UNSEEN void (name) (Type * lock) \
  { \
    REAL (name); \
    real (lock); \
    __tsan_acquire (lock); \
  }

#define TRYLOCK(name, Type) \
  UNSEEN gboolean (name) (Type * lock) \
  { \
    gboolean is_locked; \
    REAL (name); \
    is_locked = real (lock); \
    if (is_locked) \
      __tsan_acquire (lock); \
    return is_locked; \
  }

#define UNLOCK(name, Type) \
  UNSEEN void (name) (Type * lock) \
  { \
    REAL (name); \
    __tsan_release (lock); \
    real (lock); \
  }

/* *INDENT-OFF* */
LOCK (g_mutex_lock, GMutex)
TRYLOCK (g_mutex_trylock, GMutex)
UNLOCK (g_mutex_unlock, GMutex)
LOCK (g_rec_mutex_lock, GRecMutex)
TRYLOCK (g_rec_mutex_trylock, GRecMutex)
UNLOCK (g_rec_mutex_unlock, GRecMutex)
LOCK (g_rw_lock_writer_lock, GRWLock)
TRYLOCK (g_rw_lock_writer_trylock, GRWLock)
UNLOCK (g_rw_lock_writer_unlock, GRWLock)
LOCK (g_rw_lock_reader_lock, GRWLock)
TRYLOCK (g_rw_lock_reader_trylock, GRWLock)
UNLOCK (g_rw_lock_reader_unlock, GRWLock)
/* *INDENT-ON* */

UNSEEN void
g_cond_wait (GCond * cond, GMutex * mutex)
{
  REAL (g_cond_wait);
  __tsan_release (mutex);
  real (cond, mutex);
  __tsan_acquire (mutex);
}

UNSEEN gboolean
g_cond_wait_until (GCond * cond, GMutex * mutex, gint64 end_time)
{
  gboolean is_signalled;
  REAL (g_cond_wait_until);

  __tsan_release (mutex);
  is_signalled = real (cond, mutex, end_time);
  __tsan_acquire (mutex);
  return is_signalled;
}

/* References: what was before one is dropped is before the end of the object. */

static UNSEEN void
drop (gpointer object)
{
  if (object == NULL)
    return;
  __tsan_acquire (object);
  __tsan_release (object);
}

#define UNREF(name) \
  UNSEEN void name (gpointer object) \
  { \
    REAL (name); \
    drop (object); \
    real (object); \
  }

/* *INDENT-OFF* */
UNREF (g_object_unref)
UNREF (gst_object_unref)
/* *INDENT-ON* */

UNSEEN void
gst_mini_object_unref (GstMiniObject * object)
{
  REAL (gst_mini_object_unref);
  drop (object);
  real (object);
}

UNSEEN void
g_atomic_rc_box_release_full (gpointer box, GDestroyNotify clear)
{
  REAL (g_atomic_rc_box_release_full);
  drop (box);
  real (box, clear);
}

UNSEEN void
g_bytes_unref (GBytes * bytes)
{
  REAL (g_bytes_unref);
  drop (bytes);
  real (bytes);
}

UNSEEN void (g_once_init_leave) (volatile void *location, gsize result)
{
  static void (*real) (volatile void *, gsize);

  if (real == NULL)
    real = dlsym (RTLD_NEXT, "g_once_init_leave");
  __tsan_release ((gpointer) location);
  real (location, result);
}

/* Calls that are handed from one thread to another: what was before it was handed
 * over is before the call. */

typedef struct
{
  GCallback func;
  gpointer data;
  GDestroyNotify notify;
} Call;

static UNSEEN Call *
call_new (GCallback func, gpointer data, GDestroyNotify notify)
{
  Call *call = g_new (Call, 1);

  call->func = func;
  call->data = data;
  call->notify = notify;
  __tsan_release (call);
  return call;
}

static UNSEEN void
call_free (gpointer data)
{
  Call *call = data;

  __tsan_acquire (call);
  if (call->notify != NULL)
    call->notify (call->data);
  g_free (call);
}

static UNSEEN gboolean
dispatch (gpointer data)
{
  Call *call = data;

  __tsan_acquire (call);
  return ((GSourceFunc) call->func) (call->data);
}

/* Those of others have callbacks of other types. */
UNSEEN void
g_source_set_callback (GSource * source, GSourceFunc func, gpointer data,
    GDestroyNotify notify)
{
  REAL (g_source_set_callback);
  if (source->source_funcs == &g_idle_funcs
      || source->source_funcs == &g_timeout_funcs)
    real (source, dispatch, call_new (G_CALLBACK (func), data, notify),
        call_free);
  else
    real (source, func, data, notify);
}

static UNSEEN void
run_task (gpointer task, gpointer data)
{
  Call *call = data;

  __tsan_acquire (call);
  ((GFunc) call->func) (task, call->data);
}

/* Pools live as long as the process or, rarely, leave a few bytes behind. */
UNSEEN GThreadPool *
g_thread_pool_new (GFunc func, gpointer user_data, gint max_threads,
    gboolean exclusive, GError ** error)
{
  REAL (g_thread_pool_new);
  return real (run_task, call_new (G_CALLBACK (func), user_data, NULL),
      max_threads, exclusive, error);
}

UNSEEN gboolean
g_thread_pool_push (GThreadPool * pool, gpointer data, GError ** error)
{
  REAL (g_thread_pool_push);
  if (pool->func == run_task)
    __tsan_release (pool->user_data);
  return real (pool, data, error);
}
