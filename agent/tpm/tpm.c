// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects of the TPM: the storage key is derived anew for each operation and
 * nothing is left in the TPM, so that any program with the same template can
 * open what we have sealed, on a machine where nobody has set up anything. Only
 * where the owner's password keeps us from that, a persistent key will do.
 */
#include "tpm/tpm.h"

#include "base/array.h"
#include "tpm/tpm_core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#define FAMILY_2_0	"2.0"
#define OPEN_FIRST_MS	100	/* doubled each time; ours */
#define OPEN_TRIES	7	/* 0.1 s to 3.2 s in between */
#define COORDINATE	32	/* bytes, all zero; go-tpm has them in its template */
#define PARENT_ATTRIBUTES 0x00030472u

static const TPMT_PUBLIC parent_template = {
	.type = TPM2_ALG_ECC,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = PARENT_ATTRIBUTES,
	.parameters.eccDetail = {
		.symmetric = {
			.algorithm = TPM2_ALG_AES,
			.keyBits.aes = 128,
			.mode.aes = TPM2_ALG_CFB,
		},
		.scheme.scheme = TPM2_ALG_NULL,
		.curveID = TPM2_ECC_NIST_P256,
		.kdf.scheme = TPM2_ALG_NULL,
	},
	/* Sizes count: without them it is another key. */
	.unique.ecc = { .x.size = COORDINATE, .y.size = COORDINATE },
};

int tpm_fail(struct tpm *tpm, TSS2_RC rc, enum tpm_step step,
	     struct err_detail *detail)
{
	int err = tpm_class_find(rc, step);

	return err_explain(detail, err, "%s: %s (%s, 0x%08X)",
			   tpm_step_name(step), err_text(err),
			   tpm->tss.Tss2_RC_Decode(rc), rc);
}

static void pause_ms(unsigned int ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000l };

	nanosleep(&t, NULL);
}

static int class_of_errno(int err)
{
	switch (err) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case ENOTDIR:
		return TNE_TPM_ABSENT;
	case EACCES:
	case EPERM:
		return TNE_TPM_DENIED;
	case EBUSY:
	case EAGAIN:
		return TNE_TPM_BUSY;
	}
	return TNE_TPM_FAILED;
}

/* Can it be opened? The library does not say why not. */
static int check_device(const char *path, struct err_detail *detail)
{
	unsigned int ms = OPEN_FIRST_MS;
	int tries, fd, r = 0;

	for (tries = 0; tries < OPEN_TRIES; tries++, ms *= 2) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0) {
			close(fd);
			return 0;
		}
		r = class_of_errno(errno);
		err_explain(detail, r, "opening TPM: %s: %s", path,
			    strerror(errno));
		if (r != TNE_TPM_BUSY)
			break;
		if (tries + 1 < OPEN_TRIES)
			pause_ms(ms);
	}
	return r;
}

static int connect_to(struct tpm *tpm, const char *tcti,
		      struct err_detail *detail)
{
	TSS2_RC rc;

	alarm(tpm->options->command_s);
	rc = tpm->tss.Tss2_TctiLdr_Initialize(tcti, &tpm->tcti);
	alarm(0);
	return rc ? tpm_fail(tpm, rc, TPM_STEP_OPEN, detail) : 0;
}

/* The resource manager first: it is for many users, and cleans up after us. */
static int connect_device(struct tpm *tpm, struct err_detail *detail)
{
	static const char *const device[] = { "device:/dev/tpmrm0",
					      "device:/dev/tpm0" };
	struct err_detail first = { "" }, second = { "" };
	int r, r2;

	r = check_device(strchr(device[0], '/'), &first);
	if (r == 0)
		return connect_to(tpm, device[0], detail);
	r2 = check_device(strchr(device[1], '/'), &second);
	if (r2 == 0)
		return connect_to(tpm, device[1], detail);
	/* What is there but cannot be used says more than what is not there. */
	if (r == TNE_TPM_ABSENT)
		r = r2;
	return err_explain(detail, r, "%s; %s", first.text, second.text);
}

static int connect_tpm(struct tpm *tpm, struct err_detail *detail)
{
	TSS2_RC rc;
	int r;

	r = tpm->options->tcti[0] ?
		connect_to(tpm, tpm->options->tcti, detail) :
		connect_device(tpm, detail);
	if (r < 0)
		return r;
	rc = tpm->tss.Esys_Initialize(&tpm->esys, tpm->tcti, NULL);
	return rc ? tpm_fail(tpm, rc, TPM_STEP_OPEN, detail) : 0;
}

int tpm_open(const struct tpm_options *options, struct err_detail *detail,
	     struct tpm **ret)
{
	struct tpm *tpm auto_clean(tpm) = calloc(1, sizeof(*tpm));
	int r;

	if (!tpm)
		return -ENOMEM;
	tpm->options = options;
	tpm->parent = ESYS_TR_NONE;
	tpm->session = ESYS_TR_NONE;
	r = tss_load(detail, &tpm->tss);
	if (r == 0)
		r = connect_tpm(tpm, detail);
	if (r < 0)
		return r;
	*ret = steal(tpm);
	return 0;
}

/* The last one to use a handle flushes it; a failure costs the TPM a slot. */
static void flush(struct tpm *tpm, ESYS_TR *handle)
{
	if (*handle != ESYS_TR_NONE)
		(void)COMMAND(tpm, Esys_FlushContext, *handle);
	*handle = ESYS_TR_NONE;
}

/* A persistent one stays where it is, we only forget it. */
static void drop_parent(struct tpm *tpm)
{
	flush(tpm, &tpm->session);
	if (tpm->handle && tpm->parent != ESYS_TR_NONE) {
		(void)tpm->tss.Esys_TR_Close(tpm->esys, &tpm->parent);
		tpm->parent = ESYS_TR_NONE;
	}
	flush(tpm, &tpm->parent);
	tpm->handle = 0;
}

struct tpm_options *tpm_options_new(void)
{
	struct tpm_options *options = sodium_malloc(sizeof(*options));

	if (options)
		memset(options, 0, sizeof(*options));
	return options;
}

void tpm_options_free(struct tpm_options *options)
{
	sodium_free(options);
}

void tpm_close(struct tpm *tpm)
{
	if (!tpm)
		return;
	if (tpm->esys) {
		drop_parent(tpm);
		tpm->tss.Esys_Finalize(&tpm->esys);
	}
	if (tpm->tcti)
		tpm->tss.Tss2_TctiLdr_Finalize(&tpm->tcti);
	tss_unload(&tpm->tss);
	sodium_memzero(tpm, sizeof(*tpm));
	free(tpm);
}

/* Facts */

static int read_properties(struct tpm *tpm, uint32_t first, uint32_t n,
			   struct err_detail *detail,
			   TPML_TAGGED_TPM_PROPERTY *ret)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	TPMI_YES_NO more;
	TSS2_RC rc;

	rc = COMMAND(tpm, Esys_GetCapability, ESYS_TR_NONE, ESYS_TR_NONE,
		     ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, first, n, &more,
		     &data);
	if (rc)
		return tpm_fail(tpm, rc, TPM_STEP_CAPABILITY, detail);
	*ret = data->data.tpmProperties;
	tpm->tss.Esys_Free(data);
	if (ret->count > TPM2_MAX_TPM_PROPERTIES)
		ret->count = TPM2_MAX_TPM_PROPERTIES;
	return 0;
}

/* Four characters a word, what cannot be printed is left out. */
static void add_text(char *text, size_t size, uint32_t word)
{
	size_t len = strlen(text);
	int shift;
	char c;

	for (shift = 24; shift >= 0; shift -= 8) {
		c = word >> shift;
		if (c >= 0x20 && c < 0x7f && len + 1 < size)
			text[len++] = c;
	}
	text[len] = 0;
}

static void set_fact(struct tpm_facts *facts, uint32_t property, uint32_t value)
{
	switch (property) {
	case TPM2_PT_FAMILY_INDICATOR:
		add_text(facts->family, sizeof(facts->family), value);
		break;
	case TPM2_PT_REVISION:
		facts->revision = value;
		break;
	case TPM2_PT_MANUFACTURER:
		add_text(facts->manufacturer, sizeof(facts->manufacturer),
			 value);
		break;
	case TPM2_PT_VENDOR_STRING_1:
	case TPM2_PT_VENDOR_STRING_2:
	case TPM2_PT_VENDOR_STRING_3:
	case TPM2_PT_VENDOR_STRING_4:
		add_text(facts->vendor, sizeof(facts->vendor), value);
		break;
	case TPM2_PT_VENDOR_TPM_TYPE:
		facts->model = value;
		break;
	case TPM2_PT_FIRMWARE_VERSION_1:
		facts->firmware |= (uint64_t)value << 32;
		break;
	case TPM2_PT_FIRMWARE_VERSION_2:
		facts->firmware |= value;
		break;
	case TPM2_PT_PERMANENT:
		facts->permanent = value;
		break;
	case TPM2_PT_LOCKOUT_COUNTER:
		facts->lockout_count = value;
		break;
	case TPM2_PT_MAX_AUTH_FAIL:
		facts->lockout_max = value;
		break;
	case TPM2_PT_LOCKOUT_INTERVAL:
		facts->lockout_interval_s = value;
		break;
	case TPM2_PT_LOCKOUT_RECOVERY:
		facts->lockout_recovery_s = value;
		break;
	}
}

int tpm_read_facts(struct tpm *tpm, struct err_detail *detail,
		   struct tpm_facts *ret)
{
	static const struct {
		uint32_t first, n;
	} parts[] = {
		{ TPM2_PT_FAMILY_INDICATOR, 13 },
		{ TPM2_PT_PERMANENT, 1 },
		{ TPM2_PT_LOCKOUT_COUNTER, 4 },
	};
	TPML_TAGGED_TPM_PROPERTY list = { 0 };
	struct tpm_facts facts = { 0 };
	size_t i, k;
	int r;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		r = read_properties(tpm, parts[i].first, parts[i].n, detail,
				    &list);
		if (r < 0)
			return r;
		for (k = 0; k < list.count; k++)
			set_fact(&facts, list.tpmProperty[k].property,
				 list.tpmProperty[k].value);
	}
	*ret = facts;
	if (strcmp(facts.family, FAMILY_2_0) != 0)
		return err_explain(detail, TNE_TPM_UNFIT,
				   "the TPM is of family %s, not " FAMILY_2_0,
				   facts.family[0] ? facts.family : "1.2");
	return 0;
}

/* Storage key and session */

static int check_parent(struct tpm *tpm, struct err_detail *detail)
{
	const struct tpm_name *want = &tpm->options->parent;
	struct tpm_name name;

	if (want->len == 0)
		return 0;
	tpm_parent_name(tpm, &name);
	if (name.len == want->len &&
	    memcmp(name.byte, want->byte, name.len) == 0)
		return 0;
	/* Before anything is told it: it may be a stranger on the bus. */
	return err_explain(detail, TNE_TPM_FOREIGN,
			   "tpm2.CreatePrimary: the storage key is not the one this state was sealed under; %s",
			   err_text(TNE_TPM_FOREIGN));
}

static TSS2_RC set_owner_auth(struct tpm *tpm)
{
	TPM2B_AUTH auth = { .size = tpm->options->auth_len };
	TSS2_RC rc;

	memcpy(auth.buffer, tpm->options->auth, tpm->options->auth_len);
	rc = tpm->tss.Esys_TR_SetAuth(tpm->esys, ESYS_TR_RH_OWNER, &auth);
	sodium_memzero(&auth, sizeof(auth));
	return rc;
}

static int derive_parent(struct tpm *tpm, struct err_detail *detail)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_PUBLIC public = { .publicArea = parent_template };
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION pcrs = { 0 };
	TSS2_RC rc = set_owner_auth(tpm);

	if (rc == 0)
		rc = COMMAND(tpm, Esys_CreatePrimary, ESYS_TR_RH_OWNER,
			     ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			     &sensitive, &public, &outside, &pcrs,
			     &tpm->parent, NULL, NULL, NULL, NULL);
	if (rc) {
		tpm->parent = ESYS_TR_NONE;
		return tpm_fail(tpm, rc, TPM_STEP_PARENT, detail);
	}
	return 0;
}

/*
 * A storage key whose password, which we take to be empty, is not counted: if
 * that is wrong, nothing may come of it but a refusal.
 */
static bool is_storage_key(const TPM2B_PUBLIC *public)
{
	const TPMA_OBJECT want = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT |
				 TPMA_OBJECT_FIXEDTPM |
				 TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA;

	return (public->publicArea.objectAttributes & want) == want;
}

static int check_persistent(struct tpm *tpm, uint32_t handle,
			    struct err_detail *detail)
{
	TPM2B_PUBLIC *public = NULL;
	TSS2_RC rc;
	bool ok;

	rc = COMMAND(tpm, Esys_ReadPublic, tpm->parent, ESYS_TR_NONE,
		     ESYS_TR_NONE, ESYS_TR_NONE, &public, NULL, NULL);
	if (rc)
		return tpm_fail(tpm, rc, TPM_STEP_PARENT, detail);
	ok = is_storage_key(public);
	tpm->tss.Esys_Free(public);
	return ok ? 0 : err_explain(detail, TNE_TPM_UNFIT,
				    "the key at 0x%08X is not for storage",
				    handle);
}

static int take_persistent(struct tpm *tpm, uint32_t handle,
			   struct err_detail *detail)
{
	TSS2_RC rc = set_owner_auth(tpm);
	int r;

	if (rc == 0)
		rc = COMMAND(tpm, Esys_TR_FromTPMPublic, handle, ESYS_TR_NONE,
			     ESYS_TR_NONE, ESYS_TR_NONE, &tpm->parent);
	if (rc)
		tpm->parent = ESYS_TR_NONE;
	if (tpm_is_missing(rc))
		return err_explain(detail, TNE_TPM_FOREIGN,
				   "there is no storage key at 0x%08X; %s",
				   handle, err_text(TNE_TPM_FOREIGN));
	if (rc)
		return tpm_fail(tpm, rc, TPM_STEP_PARENT, detail);
	tpm->handle = handle;
	r = check_persistent(tpm, handle, detail);
	if (r == 0)
		r = check_parent(tpm, detail);
	if (r < 0)
		drop_parent(tpm);
	return r;
}

static int make_parent(struct tpm *tpm, struct err_detail *detail)
{
	struct err_detail other;
	int r;

	if (tpm->options->handle)
		return take_persistent(tpm, tpm->options->handle, detail);
	r = derive_parent(tpm, detail);
	/* What is wrong stays the password, if that does not help. */
	if (r == TNE_TPM_OWNER_AUTH)
		return take_persistent(tpm, TPM_SRK, &other) < 0 ? r : 0;
	return r < 0 ? r : check_parent(tpm, detail);
}

/*
 * Salted with the storage key: who listens on the bus cannot follow, and who
 * sits on it cannot change anything without being noticed.
 */
static int make_session(struct tpm *tpm, struct err_detail *detail)
{
	const TPMT_SYM_DEF cipher = {
		.algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB,
	};
	TSS2_RC rc;

	rc = COMMAND(tpm, Esys_StartAuthSession, tpm->parent, ESYS_TR_NONE,
		     ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
		     TPM2_SE_HMAC, &cipher, TPM2_ALG_SHA256, &tpm->session);
	if (rc == 0)
		return 0;
	tpm->session = ESYS_TR_NONE;
	return tpm_fail(tpm, rc, TPM_STEP_SESSION, detail);
}

int tpm_prepare(struct tpm *tpm, struct err_detail *detail)
{
	int r = 0;

	if (tpm->parent == ESYS_TR_NONE)
		r = make_parent(tpm, detail);
	if (r == 0 && tpm->session == ESYS_TR_NONE)
		r = make_session(tpm, detail);
	return r;
}

TSS2_RC tpm_set_session(struct tpm *tpm, TPMA_SESSION flags)
{
	return tpm->tss.Esys_TRSess_SetAttributes(tpm->esys, tpm->session,
						  flags |
						  TPMA_SESSION_CONTINUESESSION,
						  0xff);
}

void tpm_parent_name(const struct tpm *tpm, struct tpm_name *ret)
{
	TPM2B_NAME *name = NULL;

	ret->len = 0;
	if (tpm->parent == ESYS_TR_NONE ||
	    tpm->tss.Esys_TR_GetName(tpm->esys, tpm->parent, &name))
		return;
	if (name->size <= sizeof(ret->byte)) {
		memcpy(ret->byte, name->name, name->size);
		ret->len = name->size;
	}
	tpm->tss.Esys_Free(name);
}

uint32_t tpm_parent_handle(const struct tpm *tpm)
{
	return tpm->handle;
}

/* Seal */

static int pack(struct tpm *tpm, const TPM2B_PRIVATE *private,
		const TPM2B_PUBLIC *public, struct err_detail *detail,
		struct sealed_blob *ret)
{
	size_t len = 0;
	TSS2_RC rc;

	rc = tpm->tss.Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea,
						  ret->public,
						  sizeof(ret->public), &len);
	if (rc)
		return tpm_fail(tpm, rc, TPM_STEP_CREATE, detail);
	if (private->size == 0 || private->size > sizeof(ret->private))
		return err_explain(detail, TNE_TPM_UNFIT,
				   "tpm2.Create: a blob of %u bytes",
				   private->size);
	ret->public_len = len;
	memcpy(ret->private, private->buffer, private->size);
	ret->private_len = private->size;
	return 0;
}

static int create(struct tpm *tpm, const uint8_t *key,
		  struct err_detail *detail, struct sealed_blob *ret)
{
	TPM2B_SENSITIVE_CREATE sensitive = { .sensitive.data.size = SECRET_LEN };
	const TPM2B_PUBLIC public = { .publicArea = {
		.type = TPM2_ALG_KEYEDHASH,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPM_PAYLOAD_ATTRIBUTES,
		.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
	} };
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION pcrs = { 0 };
	TPM2B_PRIVATE *out_private = NULL;
	TPM2B_PUBLIC *out_public = NULL;
	TSS2_RC rc = tpm_set_session(tpm, TPMA_SESSION_DECRYPT);
	int r;

	memcpy(sensitive.sensitive.data.buffer, key, SECRET_LEN);
	if (rc == 0)
		rc = COMMAND(tpm, Esys_Create, tpm->parent, tpm->session,
			     ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &public,
			     &outside, &pcrs, &out_private, &out_public, NULL,
			     NULL, NULL);
	sodium_memzero(&sensitive, sizeof(sensitive));
	if (rc)
		return tpm_fail(tpm, rc, TPM_STEP_CREATE, detail);
	r = pack(tpm, out_private, out_public, detail, ret);
	tpm->tss.Esys_Free(out_private);
	tpm->tss.Esys_Free(out_public);
	return r;
}

int tpm_seal(struct tpm *tpm, const uint8_t *key, struct err_detail *detail,
	     struct sealed_blob *ret)
{
	struct sealed_blob blob;
	uint8_t *back;
	bool old;
	int r = tpm_prepare(tpm, detail);

	if (r == 0)
		r = create(tpm, key, detail, &blob);
	if (r < 0)
		return r;
	back = sodium_malloc(SECRET_LEN);
	if (!back)
		return -ENOMEM;
	r = tpm_unseal(tpm, &blob, detail, &old, back);
	if (r == 0 && sodium_memcmp(key, back, SECRET_LEN) != 0)
		r = err_explain(detail, TNE_TPM_UNFIT,
				"the TPM gives another key back");
	sodium_free(back);
	if (r == 0)
		*ret = blob;
	return r;
}

/* Unseal */

static int bad_blob(struct err_detail *detail)
{
	return err_explain(detail, TNE_TPM_FOREIGN,
			   "tpm2.Load: the blob is damaged");
}

static int unpack(struct tpm *tpm, const struct sealed_blob *blob,
		  struct err_detail *detail, TPM2B_PRIVATE *private,
		  TPM2B_PUBLIC *public)
{
	size_t used = 0;

	*private = (TPM2B_PRIVATE){ .size = blob->private_len };
	*public = (TPM2B_PUBLIC){ 0 };
	if (blob->private_len > sizeof(private->buffer))
		return bad_blob(detail);
	memcpy(private->buffer, blob->private, blob->private_len);
	if (tpm->tss.Tss2_MU_TPMT_PUBLIC_Unmarshal(blob->public,
						   blob->public_len, &used,
						   &public->publicArea) ||
	    used != blob->public_len)
		return bad_blob(detail);
	return 0;
}

static int take_key(const TPM2B_SENSITIVE_DATA *data, struct err_detail *detail,
		    uint8_t *ret_key)
{
	if (data->size != SECRET_LEN)
		return err_explain(detail, TNE_TPM_FOREIGN,
				   "unsealed key should be %d bytes long, got %u",
				   SECRET_LEN, data->size);
	memcpy(ret_key, data->buffer, SECRET_LEN);
	return 0;
}

static int unseal_object(struct tpm *tpm, ESYS_TR object,
			 struct err_detail *detail, uint8_t *ret_key)
{
	TPM2B_SENSITIVE_DATA *data = NULL;
	TSS2_RC rc = tpm_set_session(tpm, TPMA_SESSION_ENCRYPT);
	int r;

	if (rc == 0)
		rc = COMMAND(tpm, Esys_Unseal, object, tpm->session,
			     ESYS_TR_NONE, ESYS_TR_NONE, &data);
	if (rc)
		return tpm_fail(tpm, rc, TPM_STEP_UNSEAL, detail);
	r = take_key(data, detail, ret_key);
	sodium_memzero(data, sizeof(*data));
	tpm->tss.Esys_Free(data);
	return r;
}

static int try_unseal(struct tpm *tpm, const struct sealed_blob *blob,
		      struct err_detail *detail, bool *ret_old,
		      uint8_t *ret_key)
{
	TPM2B_PRIVATE private;
	TPM2B_PUBLIC public;
	ESYS_TR object = ESYS_TR_NONE;
	TSS2_RC rc;
	int r = tpm_prepare(tpm, detail);

	if (r == 0)
		r = unpack(tpm, blob, detail, &private, &public);
	if (r < 0)
		return r;
	rc = tpm_set_session(tpm, 0);
	if (rc == 0)
		rc = COMMAND(tpm, Esys_Load, tpm->parent, tpm->session,
			     ESYS_TR_NONE, ESYS_TR_NONE, &private, &public,
			     &object);
	if (rc)
		return tpm_fail(tpm, rc, TPM_STEP_LOAD, detail);
	r = unseal_object(tpm, object, detail, ret_key);
	flush(tpm, &object);
	if (r == 0)
		*ret_old = !(public.publicArea.objectAttributes &
			     TPMA_OBJECT_NODA);
	return r;
}

/* The one of the two storage keys that was not tried. */
static int take_other_parent(struct tpm *tpm)
{
	bool derive = tpm->options->handle || tpm->handle;
	struct err_detail other;
	int r;

	drop_parent(tpm);
	if (!derive)
		return take_persistent(tpm, TPM_SRK, &other);
	r = derive_parent(tpm, &other);
	return r < 0 ? r : check_parent(tpm, &other);
}

int tpm_unseal(struct tpm *tpm, const struct sealed_blob *blob,
	       struct err_detail *detail, bool *ret_old, uint8_t *ret_key)
{
	struct err_detail other;
	int r = try_unseal(tpm, blob, detail, ret_old, ret_key);

	if (r != TNE_TPM_FOREIGN || take_other_parent(tpm) < 0)
		return r;
	return try_unseal(tpm, blob, &other, ret_old, ret_key) < 0 ? r : 0;
}

size_t tpm_parent_template(uint8_t *ret, size_t size)
{
	struct tss tss = { 0 };
	size_t len = 0;

	if (tss_load(NULL, &tss) < 0)
		return 0;
	if (tss.Tss2_MU_TPMT_PUBLIC_Marshal(&parent_template, ret, size, &len))
		len = 0;
	tss_unload(&tss);
	return len;
}
