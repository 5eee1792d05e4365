// SPDX-License-Identifier: GPL-2.0-only
#include "harness.h"

#include <ctype.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- the server -------------------------------------------------------------- */

static void run_server(const struct rig *r, const char *const *options, int out)
{
	const char *argv[32] = { SERVER, "--listen", "127.0.0.1:0", "--admin" };
	char path[128];
	int n = 4;

	/* It must not outlive a test that dies. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s/admin", r->dir);
	argv[n++] = path;
	while (options && *options && n < 31)
		argv[n++] = *options++;
	argv[n] = NULL;
	dup2(out, 1);
	execv(SERVER, (char *const *)argv);
	perror(SERVER);
	_exit(127);
}

static void note_port(char *dst, const char *line)
{
	const char *port = strrchr(line, ':');

	snprintf(dst, 16, "%.*s", (int)strspn(port + 1, "0123456789"),
		 port + 1);
}

/* Until it says that it is ready. */
static bool read_ports(struct rig *r, FILE *f)
{
	char line[256];

	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "listen http://", 14))
			note_port(r->port, line);
		else if (!strncmp(line, "listen https://", 15))
			note_port(r->tls_port, line);
		else if (!strcmp(line, "ready\n"))
			return true;
	}
	return false;
}

static bool open_admin(struct rig *r)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	snprintf(un.sun_path, sizeof(un.sun_path), "%s/admin", r->dir);
	r->admin = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return !connect(r->admin, (struct sockaddr *)&un, sizeof(un));
}

bool rig_start(struct rig *r, const char *const *options)
{
	struct buf key = {};
	int out[2];
	FILE *f;
	bool ok;

	memset(r, 0, sizeof(*r));
	strcpy(r->dir, "/tmp/tn-control.XXXXXX");
	if (sodium_init() < 0 || !mkdtemp(r->dir) || pipe2(out, 0))
		return false;
	fflush(NULL);
	r->pid = fork();
	if (!r->pid)
		run_server(r, options, out[1]);
	close(out[1]);
	f = fdopen(out[0], "r");
	ok = read_ports(r, f) && open_admin(r) && rig_admin(r, &key, "key") &&
	     (buf_str(&key)[strcspn(buf_str(&key), "\n")] = '\0',
	      key_parse(buf_str(&key), "mkey", r->pub));
	fclose(f);
	buf_done(&key);
	if (!ok)
		rig_stop(r);
	return ok;
}

bool rig_stop(struct rig *r)
{
	char path[128];
	int status = -1;

	kill(r->pid, SIGTERM);
	waitpid(r->pid, &status, 0);
	close(r->admin);
	snprintf(path, sizeof(path), "%s/admin", r->dir);
	unlink(path);
	rmdir(r->dir);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* One line off the socket, without its end. */
static bool read_line(int fd, struct buf *line)
{
	char c;

	while (read(fd, &c, 1) == 1) {
		if (c == '\n')
			return true;
		buf_add(line, &c, 1);
	}
	return false;
}

bool rig_admin(struct rig *r, struct buf *ret, const char *format, ...)
{
	struct buf line = {};
	va_list ap;
	char *text;
	bool ok = false;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		abort();
	va_end(ap);
	buf_printf(&line, "%s\n", text);
	free(text);
	if (send(r->admin, buf_data(&line), buf_len(&line), MSG_NOSIGNAL) < 0) {
		buf_done(&line);
		return false;
	}
	for (;;) {
		buf_take(&line, buf_len(&line));
		if (!read_line(r->admin, &line))
			break;
		text = buf_str(&line);
		if (*text != ' ') {
			ok = !strcmp(text, "ok");
			break;
		}
		if (ret)
			buf_printf(ret, "%s\n", text + 1);
	}
	buf_done(&line);
	return ok;
}

long rig_stat(struct rig *r, const char *name)
{
	struct buf b = {};
	char *p, want[64];
	long n = -1;

	rig_admin(r, &b, "stats");
	snprintf(want, sizeof(want), "%s ", name);
	p = strstr(buf_str(&b), want);
	if (p)
		n = atol(p + strlen(want));
	buf_done(&b);
	return n;
}

/* --- nodes ------------------------------------------------------------------- */

const char *public_text(const char *prefix, const uint8_t priv[32],
			char out[KEY_TEXT_MAX])
{
	uint8_t pub[32];

	crypto_scalarmult_base(pub, priv);
	return key_text(prefix, pub, out);
}

void peer_init(struct rig *r, struct peer *p, const char *hostname)
{
	memset(p, 0, sizeof(*p));
	p->hostname = hostname;
	randombytes_buf(p->machine, 32);
	randombytes_buf(p->key, 32);
	randombytes_buf(p->disco, 32);
	peer_redial(r, p);
}

void peer_redial(struct rig *r, struct peer *p)
{
	client_free(p->c);
	p->c = client_dial(r->port, NULL, r->pub, p->machine, CLIENT_VERSION);
}

void peer_done(struct peer *p)
{
	client_free(p->c);
	p->c = NULL;
}

static void hostinfo(struct buf *b, const struct peer *p)
{
	buf_printf(b, "\"Hostinfo\":{\"OS\":\"linux\",\"Hostname\":\"%s\","
		   "\"BackendLogID\":\"00\"}", p->hostname);
}

int32_t peer_register_begin(struct peer *p, const char *more)
{
	char key[KEY_TEXT_MAX];
	struct buf b = {};
	int32_t id;

	buf_printf(&b, "{\"Version\":%d,\"NodeKey\":\"%s\",", CLIENT_VERSION,
		   public_text("nodekey", p->key, key));
	hostinfo(&b, p);
	buf_printf(&b, "%s}", more);
	id = client_send(p->c, "POST", "/machine/register", buf_str(&b));
	buf_done(&b);
	return id;
}

json_t *peer_register(struct peer *p, const char *more)
{
	int32_t id = peer_register_begin(p, more);
	struct reply *r;

	if (!client_finish(p->c, id, CLIENT_WAIT_MS))
		return NULL;
	r = client_reply(p->c, id);
	return r->status == 200 ? json_loadb((char *)buf_data(&r->body),
					     buf_len(&r->body), 0, NULL) : NULL;
}

static void map_request(struct buf *b, const struct peer *p, const char *more)
{
	char key[KEY_TEXT_MAX];

	buf_printf(b, "{\"Version\":%d,\"Compress\":\"zstd\","
		   "\"KeepAlive\":true,\"NodeKey\":\"%s\",", CLIENT_VERSION,
		   public_text("nodekey", p->key, key));
	buf_printf(b, "\"DiscoKey\":\"%s\",",
		   public_text("discokey", p->disco, key));
	hostinfo(b, p);
	buf_printf(b, "%s}", more);
}

void peer_poll(struct peer *p, const char *more)
{
	struct buf b = {}, all = {};

	buf_printf(&all, ",\"Stream\":true%s", more);
	map_request(&b, p, buf_str(&all));
	p->map = client_send(p->c, "POST", "/machine/map", buf_str(&b));
	buf_done(&b);
	buf_done(&all);
}

int peer_lite(struct peer *p, const char *more)
{
	struct buf b = {}, all = {};
	struct reply *r;

	buf_printf(&all, ",\"OmitPeers\":true%s", more);
	map_request(&b, p, buf_str(&all));
	r = client_ask(p->c, "POST", "/machine/map", buf_str(&b));
	buf_done(&b);
	buf_done(&all);
	return r ? r->status : -1;
}

json_t *peer_next(struct peer *p)
{
	json_t *v;

	while ((v = client_map(p->c, p->map, true, CLIENT_WAIT_MS))) {
		if (json_object_size(v) != 1 || !json_object_get(v, "KeepAlive"))
			return v;
		json_decref(v);
	}
	return NULL;
}

json_t *peer_join(struct peer *p, const char *authkey)
{
	struct buf more = {};
	json_t *v;

	buf_printf(&more, ",\"Auth\":{\"AuthKey\":\"%s\"}", authkey);
	v = peer_register(p, buf_str(&more));
	buf_done(&more);
	json_decref(v);
	peer_poll(p, "");
	return peer_next(p);
}

/* --- JSON -------------------------------------------------------------------- */

json_t *at(json_t *v, const char *path)
{
	char name[64];
	size_t n;

	while (v && *path) {
		n = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		v = json_is_array(v) && isdigit((unsigned char)*name) ?
		    json_array_get(v, atoi(name)) : json_object_get(v, name);
		path += n + (path[n] == '.');
	}
	return v;
}

const char *text_at(json_t *v, const char *path)
{
	const char *s = json_string_value(at(v, path));

	return s ? s : "";
}

int64_t number_at(json_t *v, const char *path)
{
	return json_integer_value(at(v, path));
}

json_t *peer_until(struct peer *p, const char *path)
{
	json_t *v;

	while ((v = peer_next(p)) && !at(v, path))
		json_decref(v);
	return v;
}

bool text_has(const char *text, const char *part)
{
	return text && strstr(text, part);
}

const char *auth_text(const char *key)
{
	static char text[256];

	snprintf(text, sizeof(text), ",\"Auth\":{\"AuthKey\":\"%.100s\"}",
		 key);
	return text;
}

const char *rig_authkey(struct rig *r, const char *options)
{
	static char text[128];
	struct buf b = {};

	rig_admin(r, &b, "authkey add %s", options);
	snprintf(text, sizeof(text), "%s", buf_str(&b));
	text[strcspn(text, "\n")] = '\0';
	buf_done(&b);
	return text;
}
