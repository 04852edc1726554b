/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys of a call by identity: e2ee/e2eecall.h.
 */
#include <gst/check/gstcheck.h>
#include <string.h>
#include "e2ee/e2eecall.h"

#define ANA "@ana:example.org:DEV"
#define ANA_HASHED "aaa"

static E2eeCall *call;
static E2eeKey *key, *other_key;

static E2eeKey *
key_new (guint8 first)
{
  guint8 raw[E2EE_RAW_KEY_SIZE] = { first };

  return e2ee_key_new_from_raw (raw, sizeof (raw));
}

static void
setup (void)
{
  call = e2ee_call_new ();
  key = key_new (1);
  other_key = key_new (2);
}

static void
teardown (void)
{
  e2ee_call_unref (call);
  e2ee_key_unref (key);
  e2ee_key_unref (other_key);
}

static E2eeKeyStatus
try_ring (E2eeKeyRing * ring, guint8 index, E2eeKey * with)
{
  g_autoptr (E2eeKeyRing) sender = e2ee_key_ring_new (-1, 0);
  const guint8 iv[E2EE_IV_SIZE] = { 0 };
  guint8 cipher[4 + E2EE_TAG_SIZE], plain[4];
  E2eeMessage message = {.iv = iv,.data = (const guint8 *) "text",.size = 4 };

  e2ee_key_ring_set (sender, index, with);
  fail_unless_equals_int (e2ee_key_ring_encrypt (sender, index, &message,
          cipher), E2EE_KEY_STATUS_GOOD);
  message.data = cipher;
  return e2ee_key_ring_decrypt (ring, index, &message, plain);
}

/* Whether a frame of @identity, encrypted with @with at @index, is decrypted. */
static gboolean
decrypts (const gchar * identity, guint8 index, E2eeKey * with)
{
  g_autoptr (E2eeKeyRing) ring = e2ee_call_get_key_ring (call, identity);

  return try_ring (ring, index, with) == E2EE_KEY_STATUS_GOOD;
}

GST_START_TEST (test_identities)
{
  fail_unless (e2ee_call_set_key (call, ANA, 5, key));
  fail_unless (decrypts (ANA, 5, key));
  fail_if (decrypts (ANA, 5, other_key));
  fail_if (decrypts (ANA, 4, key));
  fail_if (decrypts ("@ben:example.org:DEV", 5, key));
}

GST_END_TEST;

/* A track has its ring before the keys come. */
GST_START_TEST (test_late_key)
{
  g_autoptr (E2eeKeyRing) ring = e2ee_call_get_key_ring (call, ANA);

  fail_unless_equals_int (try_ring (ring, 0, key), E2EE_KEY_STATUS_MISSING);
  e2ee_call_set_key (call, ANA, 0, key);
  fail_unless_equals_int (try_ring (ring, 0, key), E2EE_KEY_STATUS_GOOD);
}

GST_END_TEST;

GST_START_TEST (test_sources)
{
  e2ee_call_set_key (call, ANA, 0, key);
  e2ee_call_use_shared_key (call, other_key);
  fail_unless (decrypts (ANA, 0, other_key));
  fail_unless (decrypts ("anybody", 0, other_key));
  fail_if (decrypts (ANA, 0, key));
  e2ee_call_use_no_keys (call);
  fail_if (decrypts (ANA, 0, key));
  fail_if (decrypts (ANA, 0, other_key));
  e2ee_call_use_participants_keys (call);
  fail_unless (decrypts (ANA, 0, key));
}

GST_END_TEST;

/* A wrong password stays to be tried, a participant's wrong key doesn't. */
GST_START_TEST (test_tolerance)
{
  g_autoptr (E2eeKeyRing) ring = NULL;
  guint i;

  e2ee_call_use_shared_key (call, key);
  ring = e2ee_call_get_key_ring (call, ANA);
  for (i = 0; i < 100; i++)
    e2ee_key_ring_count_wrong (ring, 0);
  fail_unless_equals_int (try_ring (ring, 0, key), E2EE_KEY_STATUS_GOOD);
}

GST_END_TEST;

GST_START_TEST (test_member)
{
  fail_unless (e2ee_call_set_member_key (call, ANA, ANA_HASHED, 1, 100, key));
  fail_unless (decrypts (ANA, 1, key));
  fail_unless (decrypts (ANA_HASHED, 1, key));
}

GST_END_TEST;

/* By the sender's clock, for each index of each membership. */
GST_START_TEST (test_order)
{
  fail_unless (e2ee_call_set_member_key (call, ANA, ANA_HASHED, 1, 100, key));
  fail_if (e2ee_call_set_member_key (call, ANA, ANA_HASHED, 1, 99, other_key));
  fail_unless (decrypts (ANA, 1, key));
  fail_unless (e2ee_call_set_member_key (call, ANA, ANA_HASHED, 1, 100,
          other_key));
  fail_unless (decrypts (ANA, 1, other_key));
  fail_unless (e2ee_call_set_member_key (call, ANA, ANA_HASHED, 2, 50, key));
  fail_unless (decrypts (ANA, 2, key));
  /* The same device in a new membership. */
  fail_unless (e2ee_call_set_member_key (call, ANA, "bbb", 1, 60, key));
  fail_unless (decrypts (ANA, 1, key));
  fail_unless (decrypts ("bbb", 1, key));
  fail_unless (decrypts (ANA_HASHED, 1, other_key));
}

GST_END_TEST;

/* Nobody has them any more, not even who got the ring before. */
GST_START_TEST (test_forget)
{
  g_autoptr (E2eeKeyRing) ring = NULL;

  e2ee_call_set_member_key (call, ANA, ANA_HASHED, 1, 100, key);
  ring = e2ee_call_get_key_ring (call, ANA_HASHED);
  e2ee_call_forget_keys (call, ANA_HASHED);
  fail_unless_equals_int (try_ring (ring, 1, key), E2EE_KEY_STATUS_MISSING);
  fail_if (decrypts (ANA, 1, key));
  fail_if (decrypts (ANA_HASHED, 1, key));
  /* A new membership may begin with an older clock. */
  fail_unless (e2ee_call_set_member_key (call, ANA, ANA_HASHED, 1, 1, key));
}

GST_END_TEST;

/* The device is back already, in another membership. */
GST_START_TEST (test_forget_former)
{
  e2ee_call_set_member_key (call, ANA, "former", 0, 1, key);
  e2ee_call_set_present (call, "former");
  e2ee_call_set_member_key (call, ANA, "new", 0, 2, other_key);
  e2ee_call_set_present (call, "new");
  e2ee_call_forget_keys (call, "former");
  fail_if (decrypts ("former", 0, key));
  fail_unless (decrypts ("new", 0, other_key));
}

GST_END_TEST;

GST_START_TEST (test_forget_all)
{
  g_autoptr (E2eeKeyRing) ring = NULL;

  e2ee_call_set_key (call, ANA, 0, key);
  ring = e2ee_call_get_key_ring (call, ANA);
  e2ee_call_forget_all_keys (call);
  fail_unless_equals_int (try_ring (ring, 0, key), E2EE_KEY_STATUS_MISSING);
  fail_if (decrypts (ANA, 0, key));
}

GST_END_TEST;

/* A flood costs only those who aren't there. */
GST_START_TEST (test_flood)
{
  guint i;

  e2ee_call_set_key (call, ANA, 0, key);
  e2ee_call_set_present (call, ANA);
  e2ee_call_set_key (call, "absent", 0, key);
  for (i = 0; i < 2 * E2EE_CALL_MAX_IDENTITIES; i++) {
    g_autofree gchar *identity = g_strdup_printf ("flood-%u", i);

    fail_unless (e2ee_call_set_key (call, identity, 0, other_key));
  }
  fail_unless (decrypts (ANA, 0, key));
  fail_if (decrypts ("absent", 0, key));
  fail_unless (decrypts ("flood-2047", 0, other_key));
}

GST_END_TEST;

/* One member that changes its id all the time costs nobody else. */
GST_START_TEST (test_flood_of_member)
{
  guint i;

  e2ee_call_set_key (call, "absent", 0, key);
  for (i = 0; i < 2 * E2EE_CALL_MAX_IDENTITIES; i++) {
    g_autofree gchar *hashed = g_strdup_printf ("flood-%u", i);

    fail_unless (e2ee_call_set_member_key (call, ANA, hashed, 0, i, key));
  }
  fail_unless (decrypts ("absent", 0, key));
  fail_unless (decrypts ("flood-2047", 0, key));
  fail_unless (decrypts (ANA, 0, key));
}

GST_END_TEST;

/* Nobody is thrown out who is there. */
GST_START_TEST (test_full)
{
  guint i;

  for (i = 0; i < E2EE_CALL_MAX_IDENTITIES; i++) {
    g_autofree gchar *identity = g_strdup_printf ("there-%u", i);

    e2ee_call_set_present (call, identity);
  }
  fail_if (e2ee_call_set_key (call, ANA, 0, key));
  fail_unless (e2ee_call_set_key (call, "there-7", 0, key));
}

GST_END_TEST;

static Suite *
e2eecall_suite (void)
{
  Suite *suite = suite_create ("e2eecall");
  TCase *tc = tcase_create ("e2eecall");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_identities);
  tcase_add_test (tc, test_late_key);
  tcase_add_test (tc, test_sources);
  tcase_add_test (tc, test_tolerance);
  tcase_add_test (tc, test_member);
  tcase_add_test (tc, test_order);
  tcase_add_test (tc, test_forget);
  tcase_add_test (tc, test_forget_former);
  tcase_add_test (tc, test_forget_all);
  tcase_add_test (tc, test_flood);
  tcase_add_test (tc, test_flood_of_member);
  tcase_add_test (tc, test_full);
  return suite;
}

GST_CHECK_MAIN (e2eecall);
