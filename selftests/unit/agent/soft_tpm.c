// SPDX-License-Identifier: GPL-2.0-only
#include "soft_tpm.h"

#include "wire/sealed_json.h"

#include <fcntl.h>
#include <poll.h>
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

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		_exit(1);
	return fd;
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, 4) < 0)
		die("cannot listen");
	return fd;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* One command or answer. Return: its length, 0 = the other side has gone. */
static size_t take(int fd, uint8_t *buf, size_t size)
{
	size_t len = 0, want = 10;
	ssize_t n;

	while (len < want) {
		n = read(fd, buf + len, want - len);
		if (n <= 0)
			return 0;
		len += n;
		if (len == 10)
			want = be32(buf + 2);
		if (want > size)
			_exit(1);
	}
	return len;
}

static void put(int fd, const uint8_t *buf, size_t len)
{
	if (write(fd, buf, len) != (ssize_t)len)
		_exit(1);
}

#define CC_UNSEAL 0x15e
#define CC_CREATE_PRIMARY 0x131
#define BUSY_COMMANDS 12	/* more than tpm2-tss tries by itself */
#define LOST_AT 4		/* a command in the middle */
#define SLOW_AT 4
#define SLOW_S 5

struct tap {
	const struct soft_tpm *t;
	enum soft_tpm_fault fault;
	const uint8_t *secret;
	int commands;
	bool was_lost;
};

static void listen_in(const struct tap *tap, const uint8_t *buf, size_t len)
{
	char path[100];

	if (!memmem(buf, len, tap->secret, 32))
		return;
	snprintf(path, sizeof(path), "%s/leaked", tap->t->dir);
	close(open(path, O_WRONLY | O_CREAT, 0600));
}

/* Return: an answer was given in place of the TPM. */
static bool answer_itself(struct tap *tap, int fd)
{
	uint8_t busy[] = { 0x80, 1, 0, 0, 0, 10, 0, 0, 9, 0x22 };

	if (tap->fault == SOFT_TPM_DEAD) {
		busy[8] = 1;
		busy[9] = 1;
	} else if (tap->fault != SOFT_TPM_BUSY_LONG &&
		   (tap->fault != SOFT_TPM_BUSY ||
		    tap->commands > BUSY_COMMANDS)) {
		return false;
	}
	put(fd, busy, sizeof(busy));
	return true;
}

/* One command with its answer. Return: false when the client has gone. */
static bool pass_on(struct tap *tap, int client, int tpm)
{
	uint8_t buf[8192];
	size_t len = take(client, buf, sizeof(buf));
	uint32_t command;

	if (len == 0)
		return false;
	tap->commands++;
	command = be32(buf + 6);
	listen_in(tap, buf, len);
	if (answer_itself(tap, client))
		return true;
	if (tap->fault == SOFT_TPM_LOST && !tap->was_lost &&
	    tap->commands == LOST_AT) {
		tap->was_lost = true;
		return false;
	}
	if ((tap->fault == SOFT_TPM_SLOW && tap->commands == SLOW_AT) ||
	    (tap->fault == SOFT_TPM_SLOW_LONG && command == CC_CREATE_PRIMARY))
		sleep(SLOW_S);
	put(tpm, buf, len);
	len = take(tpm, buf, sizeof(buf));
	if (len == 0)
		_exit(1);
	listen_in(tap, buf, len);
	/* Header, size of the parameters, size of the data; then the data. */
	if (tap->fault == SOFT_TPM_FLIP && command == CC_UNSEAL && len > 20)
		buf[18] ^= 1;
	put(client, buf, len);
	return true;
}

/* What came on one channel goes to the other as it is. */
static void pass_bytes(int *from, int *to)
{
	uint8_t buf[4096];
	ssize_t n = read(*from, buf, sizeof(buf));

	if (n > 0) {
		put(*to, buf, n);
		return;
	}
	close(*from);
	close(*to);
	*from = *to = -1;
}

static void drop_pair(int *a, int *b)
{
	close(*a);
	close(*b);
	*a = *b = -1;
}

/* One client at a time; each command of its control channel is a connection. */
static _Noreturn void run_tap(struct tap *tap, int data, int ctrl)
{
	enum { DATA, CTRL, CLIENT, CLIENT_CTRL, TPM_CTRL, ALL };
	struct pollfd p[ALL] = { { data, POLLIN, 0 }, { ctrl, POLLIN, 0 },
				 { -1, POLLIN, 0 }, { -1, POLLIN, 0 },
				 { -1, POLLIN, 0 } };
	char path[100];
	int tpm = -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		p[DATA].fd = p[CLIENT].fd < 0 ? data : -1;
		p[CTRL].fd = p[CLIENT_CTRL].fd < 0 ? ctrl : -1;
		if (poll(p, ALL, -1) < 0)
			_exit(1);
		if (p[DATA].fd >= 0 && p[DATA].revents) {
			p[CLIENT].fd = accept(data, NULL, NULL);
			snprintf(path, sizeof(path), "%s/s", tap->t->dir);
			tpm = connect_to(path);
		} else if (p[CTRL].fd >= 0 && p[CTRL].revents) {
			p[CLIENT_CTRL].fd = accept(ctrl, NULL, NULL);
			snprintf(path, sizeof(path), "%s/s.ctrl", tap->t->dir);
			p[TPM_CTRL].fd = connect_to(path);
		} else if (p[CLIENT].fd >= 0 && p[CLIENT].revents) {
			if (!pass_on(tap, p[CLIENT].fd, tpm))
				drop_pair(&p[CLIENT].fd, &tpm);
		} else if (p[CLIENT_CTRL].fd >= 0 && p[CLIENT_CTRL].revents) {
			pass_bytes(&p[CLIENT_CTRL].fd, &p[TPM_CTRL].fd);
		} else if (p[TPM_CTRL].fd >= 0 && p[TPM_CTRL].revents) {
			pass_bytes(&p[TPM_CTRL].fd, &p[CLIENT_CTRL].fd);
		}
	}
}

void soft_tpm_tap(struct soft_tpm *t, enum soft_tpm_fault fault,
		  const uint8_t secret[32])
{
	struct tap tap = { .t = t, .fault = fault, .secret = secret };
	char path[100];
	int data, ctrl;

	if (t->tap > 0) {
		kill(t->tap, SIGKILL);
		waitpid(t->tap, NULL, 0);
	}
	snprintf(path, sizeof(path), "%s/p", t->dir);
	data = listen_at(path);
	strcat(path, ".ctrl");
	ctrl = listen_at(path);
	t->tap = fork();
	if (t->tap == 0)
		run_tap(&tap, data, ctrl);
	close(data);
	close(ctrl);
	snprintf(t->tcti, sizeof(t->tcti), "swtpm:path=%s/p", t->dir);
}

bool soft_tpm_leaked(const struct soft_tpm *t)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/leaked", t->dir);
	return access(path, F_OK) == 0;
}

void soft_tpm_stop(struct soft_tpm *t)
{
	if (t->tap > 0) {
		kill(t->tap, SIGKILL);
		waitpid(t->tap, NULL, 0);
		t->tap = 0;
	}
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

/* It takes one connection at a time, and may be behind with ending the last. */
static void link_open(struct soft_tpm *t, struct link *l)
{
	const struct timespec pause = { 0, 10000000 };
	int i;

	setenv("TSS2_LOG", "all+none", 0);
	for (i = 0; Tss2_TctiLdr_Initialize(t->tcti, &l->tcti); i++) {
		if (i == WAIT_TRIES)
			die("cannot connect");
		nanosleep(&pause, NULL);
	}
	if (Esys_Initialize(&l->esys, l->tcti, NULL))
		die("no context");
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

void soft_tpm_forget_counter(struct soft_tpm *t, uint32_t index)
{
	ESYS_TR nv;
	struct link l;

	link_open(t, &l);
	if (Esys_TR_FromTPMPublic(l.esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
				  ESYS_TR_NONE, &nv) ||
	    Esys_NV_UndefineSpace(l.esys, ESYS_TR_RH_OWNER, nv,
				  ESYS_TR_PASSWORD, ESYS_TR_NONE,
				  ESYS_TR_NONE))
		die("cannot forget the counter");
	link_close(&l);
}

/* A storage key; the agent's has coordinates of 32 bytes. */
static ESYS_TR make_storage_key(struct link *l, TPMA_OBJECT attributes,
				uint16_t coordinate)
{
	const TPM2B_PUBLIC public = { .publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = attributes,
		.parameters.eccDetail = {
			.symmetric = { .algorithm = TPM2_ALG_AES,
				       .keyBits.aes = 128,
				       .mode.aes = TPM2_ALG_CFB },
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
		.unique.ecc = { .x.size = coordinate, .y.size = coordinate },
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

/* The agent's once more, written down by itself. */
static ESYS_TR make_parent(struct link *l)
{
	return make_storage_key(l, 0x00030472, 32);
}

void soft_tpm_make_srk(struct soft_tpm *t, bool no_da)
{
	ESYS_TR key, srk;
	struct link l;

	link_open(t, &l);
	key = make_storage_key(&l, no_da ? 0x00030472 : 0x00030072, 0);
	if (Esys_EvictControl(l.esys, ESYS_TR_RH_OWNER, key, ESYS_TR_PASSWORD,
			      ESYS_TR_NONE, ESYS_TR_NONE, 0x81000001, &srk))
		die("cannot keep the storage key");
	Esys_FlushContext(l.esys, key);
	link_close(&l);
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

void soft_tpm_seal_old(struct soft_tpm *t, uint32_t handle,
		       const uint8_t key[32], struct sealed_blob *ret)
{
	TPM2B_PRIVATE *private;
	TPM2B_PUBLIC *public;
	ESYS_TR parent;
	struct link l;
	size_t len = 0;

	link_open(t, &l);
	if (!handle)
		parent = make_parent(&l);
	else if (Esys_TR_FromTPMPublic(l.esys, handle, ESYS_TR_NONE,
				       ESYS_TR_NONE, ESYS_TR_NONE, &parent))
		die("no such storage key");
	create(&l, parent, key, 32, "", &private, &public);
	memcpy(ret->private, private->buffer, private->size);
	ret->private_len = private->size;
	if (Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, ret->public,
					sizeof(ret->public), &len))
		die("cannot marshal");
	ret->public_len = len;
	Esys_Free(private);
	Esys_Free(public);
	if (!handle)
		Esys_FlushContext(l.esys, parent);
	link_close(&l);
}
