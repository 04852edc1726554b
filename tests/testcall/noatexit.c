/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Linked into test programs that use DTLS: keeps OpenSSL from cleaning up when the
 * process exits. GLib's pool threads end in their own time, and one that has used
 * OpenSSL may be freeing its error state at the very moment that OpenSSL's exit
 * handler frees it too.
 */
#include <openssl/crypto.h>

static void __attribute__((constructor))
    disable_openssl_cleanup (void)
{
  OPENSSL_init_crypto (OPENSSL_INIT_NO_ATEXIT, NULL);
}
