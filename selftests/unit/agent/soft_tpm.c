// SPDX-License-Identifier: GPL-2.0-only
#include "soft_tpm.h"

#include "wire/sealed_json.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_tctildr.h>

#define WAIT_TRIES 500	/* of 10 ms */

static void die(const char *what)
{
	fprintf(stderr, "soft_tpm: %s\n", what);
	abort();
}

bool soft_tpm_is_there(void)
{
	return system("command -v swtpm > /dev/null") == 0;
}

void soft_tpm_make(struct soft_tpm *t)
{
	memset(t, 0, sizeof(*t));
	/* Absolute: swtpm changes its directory. */
	strcpy(t->dir, "/tmp/soft_tpm.XXXXXX");
	if (!mkdtemp(t->dir))
		die("no temporary directory");
	snprintf(t->tcti, sizeof(t->tcti), "swtpm:path=%s/s", t->dir);
}

static bool answers(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	ok = fd >= 0 && connect(fd, (struct sockaddr *)&addr,
				sizeof(addr)) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

void soft_tpm_start(struct soft_tpm *t)
{
	char state[100], server[120], ctrl[120], path[100];
	const struct timespec pause = { 0, 10000000 };
	int i, null;

	snprintf(state, sizeof(state), "dir=%s,mode=0600", t->dir);
	snprintf(server, sizeof(server), "type=unixio,path=%s/s", t->dir);
	snprintf(ctrl, sizeof(ctrl), "type=unixio,path=%s/s.ctrl", t->dir);
	snprintf(path, sizeof(path), "%s/s.ctrl", t->dir);
	t->pid = fork();
	if (t->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		null = open("/dev/null", O_WRONLY);
		dup2(null, 1);
		dup2(null, 2);
		execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate",
		       state, "--server", server, "--ctrl", ctrl, "--flags",
		       "not-need-init,startup-clear", NULL);
		_exit(127);
	}
	if (t->pid < 0)
		die("cannot fork");
	for (i = 0; i < WAIT_TRIES && !answers(path); i++)
		nanosleep(&pause, NULL);
	if (i == WAIT_TRIES)
		die("swtpm does not come up");
}

void soft_tpm_stop(struct soft_tpm *t)
{
	if (t->pid <= 0)
		return;
	kill(t->pid, SIGCONT);
	kill(t->pid, SIGTERM);
	waitpid(t->pid, NULL, 0);
	t->pid = 0;
}

void soft_tpm_remove(struct soft_tpm *t)
{
	char command[100];

	soft_tpm_stop(t);
	snprintf(command, sizeof(command), "rm -rf '%s'", t->dir);
	if (t->dir[0] && system(command) != 0)
		die("cannot delete");
	memset(t, 0, sizeof(*t));
}

void soft_tpm_freeze(struct soft_tpm *t, bool frozen)
{
	kill(t->pid, frozen ? SIGSTOP : SIGCONT);
}

/* A connection of the test's own. */
struct link {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
};

static void link_open(struct soft_tpm *t, struct link *l)
{
	setenv("TSS2_LOG", "all+none", 0);
	if (Tss2_TctiLdr_Initialize(t->tcti, &l->tcti) ||
	    Esys_Initialize(&l->esys, l->tcti, NULL))
		die("cannot connect");
}

static void link_close(struct link *l)
{
	Esys_Finalize(&l->esys);
	Tss2_TctiLdr_Finalize(&l->tcti);
}

void soft_tpm_clear(struct soft_tpm *t)
{
	struct link l;

	link_open(t, &l);
	if (Esys_Clear(l.esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD,
		       ESYS_TR_NONE, ESYS_TR_NONE))
		die("cannot clear");
	link_close(&l);
}

void soft_tpm_set_owner_auth(struct soft_tpm *t, const char *auth)
{
	TPM2B_AUTH value = { .size = strlen(auth) };
	struct link l;

	memcpy(value.buffer, auth, value.size);
	link_open(t, &l);
	if (Esys_HierarchyChangeAuth(l.esys, ESYS_TR_RH_OWNER,
				     ESYS_TR_PASSWORD, ESYS_TR_NONE,
				     ESYS_TR_NONE, &value))
		die("cannot set the owner's password");
	link_close(&l);
}

/* The storage key once more, written down by itself. */
static ESYS_TR make_parent(struct link *l)
{
	const TPM2B_PUBLIC public = { .publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = 0x00030472,
		.parameters.eccDetail = {
			.symmetric = { .algorithm = TPM2_ALG_AES,
				       .keyBits.aes = 128,
				       .mode.aes = TPM2_ALG_CFB },
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
		.unique.ecc = { .x.size = 32, .y.size = 32 },
	} };
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPML_PCR_SELECTION pcrs = { 0 };
	const TPM2B_DATA outside = { 0 };
	ESYS_TR parent;

	if (Esys_CreatePrimary(l->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
			       ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &public,
			       &outside, &pcrs, &parent, NULL, NULL, NULL,
			       NULL))
		die("no storage key");
	return parent;
}

static void create(struct link *l, ESYS_TR parent, const uint8_t *data,
		   size_t len, const char *auth, TPM2B_PRIVATE **ret_private,
		   TPM2B_PUBLIC **ret_public)
{
	TPM2B_SENSITIVE_CREATE sensitive = { .sensitive = {
		.data.size = len, .userAuth.size = strlen(auth) } };
	const TPM2B_PUBLIC public = { .publicArea = {
		.type = TPM2_ALG_KEYEDHASH,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = 0x00000052, /* takes part in the lockout */
		.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
	} };
	const TPML_PCR_SELECTION pcrs = { 0 };
	const TPM2B_DATA outside = { 0 };

	memcpy(sensitive.sensitive.data.buffer, data, len);
	memcpy(sensitive.sensitive.userAuth.buffer, auth, strlen(auth));
	if (Esys_Create(l->esys, parent, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE, &sensitive, &public, &outside, &pcrs,
			ret_private, ret_public, NULL, NULL, NULL))
		die("cannot seal");
}

void soft_tpm_lock_out(struct soft_tpm *t)
{
	const TPM2B_AUTH wrong = { .size = 5, .buffer = "wrong" };
	TPM2B_SENSITIVE_DATA *data;
	TPM2B_PRIVATE *private;
	TPM2B_PUBLIC *public;
	ESYS_TR parent, object;
	struct link l;
	int i;

	link_open(t, &l);
	if (Esys_DictionaryAttackParameters(l.esys, ESYS_TR_RH_LOCKOUT,
					    ESYS_TR_PASSWORD, ESYS_TR_NONE,
					    ESYS_TR_NONE, 3, 1000, 1000))
		die("cannot set the limits");
	parent = make_parent(&l);
	create(&l, parent, (const uint8_t *)"x", 1, "right", &private, &public);
	if (Esys_Load(l.esys, parent, ESYS_TR_PASSWORD, ESYS_TR_NONE,
		      ESYS_TR_NONE, private, public, &object) ||
	    Esys_TR_SetAuth(l.esys, object, &wrong))
		die("cannot load");
	for (i = 0; i < 3; i++)
		(void)Esys_Unseal(l.esys, object, ESYS_TR_PASSWORD,
				  ESYS_TR_NONE, ESYS_TR_NONE, &data);
	Esys_Free(private);
	Esys_Free(public);
	Esys_FlushContext(l.esys, object);
	Esys_FlushContext(l.esys, parent);
	link_close(&l);
}

void soft_tpm_end_lockout(struct soft_tpm *t)
{
	struct link l;

	link_open(t, &l);
	if (Esys_DictionaryAttackLockReset(l.esys, ESYS_TR_RH_LOCKOUT,
					   ESYS_TR_PASSWORD, ESYS_TR_NONE,
					   ESYS_TR_NONE))
		die("cannot end the lockout");
	link_close(&l);
}

static int count_handles(struct link *l, uint32_t first)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	TPMI_YES_NO more;
	int n;

	if (Esys_GetCapability(l->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			       ESYS_TR_NONE, TPM2_CAP_HANDLES, first, 32,
			       &more, &data))
		return -1000;
	n = data->data.handles.count;
	Esys_Free(data);
	return n;
}

int soft_tpm_transients(struct soft_tpm *t)
{
	struct link l;
	int n;

	link_open(t, &l);
	n = count_handles(&l, 0x80000000u) +
		count_handles(&l, 0x02000000u);
	link_close(&l);
	return n < 0 ? -1 : n;
}

void soft_tpm_seal_old(struct soft_tpm *t, const uint8_t key[32],
		       struct sealed_blob *ret)
{
	TPM2B_PRIVATE *private;
	TPM2B_PUBLIC *public;
	ESYS_TR parent;
	struct link l;
	size_t len = 0;

	link_open(t, &l);
	parent = make_parent(&l);
	create(&l, parent, key, 32, "", &private, &public);
	memcpy(ret->private, private->buffer, private->size);
	ret->private_len = private->size;
	if (Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, ret->public,
					sizeof(ret->public), &len))
		die("cannot marshal");
	ret->public_len = len;
	Esys_Free(private);
	Esys_Free(public);
	Esys_FlushContext(l.esys, parent);
	link_close(&l);
}
