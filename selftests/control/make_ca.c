// SPDX-License-Identifier: GPL-2.0-only
#include "make_ca.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "buf.h"

#define DAYS	3650

static void check(bool ok)
{
	if (!ok) {
		fprintf(stderr, "tn-control: libcrypto failed\n");
		abort();
	}
}

static void extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	check(ext && X509_add_ext(cert, ext, -1));
	X509_EXTENSION_free(ext);
}

/* Without a signature; the issuer's name is its own, or that of @issuer. */
static X509 *certificate(EVP_PKEY *key, const char *name, X509 *issuer)
{
	uint8_t serial[16];
	X509 *cert = X509_new();
	BIGNUM *bn;

	check(cert && X509_set_version(cert, 2));
	check(RAND_bytes(serial, sizeof(serial)) == 1);
	serial[0] &= 0x7f;
	bn = BN_bin2bn(serial, sizeof(serial), NULL);
	check(bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)));
	BN_free(bn);
	/* A day back, for guests whose clock is behind. */
	X509_gmtime_adj(X509_getm_notBefore(cert), -86400);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * DAYS);
	check(X509_set_pubkey(cert, key));
	check(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
					 MBSTRING_UTF8, (const uint8_t *)name,
					 -1, -1, 0));
	check(X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer :
							       cert)));
	return cert;
}

static void names_text(struct buf *b, char *const *names)
{
	const char *before = "";
	uint8_t raw[16];

	for (; *names; names++) {
		bool ip = inet_pton(AF_INET, *names, raw) == 1 ||
			  inet_pton(AF_INET6, *names, raw) == 1;

		buf_printf(b, "%s%s:%s", before, ip ? "IP" : "DNS", *names);
		before = ",";
	}
}

static bool save(const char *dir, const char *name, X509 *cert, EVP_PKEY *key)
{
	char path[4096];
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f) {
		fprintf(stderr, "tn-control: %s: %s\n", path, strerror(errno));
		return false;
	}
	if (key)
		fchmod(fileno(f), 0600);
	ok = cert ? PEM_write_X509(f, cert) :
	     PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	return !fclose(f) && ok;
}

bool make_ca(const char *dir, char *const *names)
{
	EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	struct buf text = {};
	X509 *ca, *cert;
	bool ok;

	check(ca_key && key);
	ca = certificate(ca_key, "tn-control test CA", NULL);
	extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE");
	extension(ca, ca, NID_key_usage, "critical,keyCertSign");
	extension(ca, ca, NID_subject_key_identifier, "hash");
	check(X509_sign(ca, ca_key, EVP_sha256()));
	cert = certificate(key, names[0], ca);
	names_text(&text, names);
	extension(cert, ca, NID_subject_alt_name, buf_str(&text));
	extension(cert, ca, NID_basic_constraints, "critical,CA:FALSE");
	extension(cert, ca, NID_ext_key_usage, "serverAuth");
	extension(cert, ca, NID_authority_key_identifier, "keyid");
	check(X509_sign(cert, ca_key, EVP_sha256()));
	mkdir(dir, 0755);
	ok = save(dir, "ca.pem", ca, NULL) &&
	     save(dir, "server.pem", cert, NULL) &&
	     save(dir, "server.key", NULL, key);
	buf_done(&text);
	X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	return ok;
}
