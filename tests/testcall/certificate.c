/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A certificate for https on this machine, made anew for each call. */

#include "testcall-private.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define DAY (24 * 60 * 60)

static void
add_extension (X509 * certificate, gint nid, const gchar * value)
{
  X509V3_CTX context;
  X509_EXTENSION *extension;

  X509V3_set_ctx_nodb (&context);
  X509V3_set_ctx (&context, certificate, certificate, NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  if (!extension || !X509_add_ext (certificate, extension, -1))
    g_error ("testcall: no certificate with %s", value);
  X509_EXTENSION_free (extension);
}

static X509 *
sign_new (EVP_PKEY * key)
{
  X509 *certificate = X509_new ();
  X509_NAME *name = X509_get_subject_name (certificate);

  X509_set_version (certificate, 2);
  ASN1_INTEGER_set (X509_get_serialNumber (certificate), g_random_int ());
  X509_gmtime_adj (X509_getm_notBefore (certificate), -DAY);
  X509_gmtime_adj (X509_getm_notAfter (certificate), DAY);
  X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_ASC,
      (const guchar *) "testcall", -1, -1, 0);
  X509_set_issuer_name (certificate, name);
  X509_set_pubkey (certificate, key);
  add_extension (certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension (certificate, NID_subject_alt_name,
      "IP:127.0.0.1,DNS:localhost");
  if (X509_sign (certificate, key, EVP_sha256 ()) <= 0)
    g_error ("testcall: the certificate can't be signed");
  return certificate;
}

/* The certificate, which is its own authority, and its key. */
gchar *
certificate_new_pem (void)
{
  EVP_PKEY *key = EVP_EC_gen ("P-256");
  X509 *certificate = sign_new (key);
  BIO *bio = BIO_new (BIO_s_mem ());
  gchar *data;
  glong size;
  gchar *pem;

  if (!PEM_write_bio_X509 (bio, certificate)
      || !PEM_write_bio_PrivateKey (bio, key, NULL, NULL, 0, NULL, NULL))
    g_error ("testcall: the certificate can't be written");
  size = BIO_get_mem_data (bio, &data);
  pem = g_strndup (data, size);
  BIO_free (bio);
  X509_free (certificate);
  EVP_PKEY_free (key);
  return pem;
}
