// SPDX-License-Identifier: GPL-2.0-only
/* Clients that misbehave: the server drops them and serves the others. */
#include <errno.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "test.h"

#define KEY	"tskey-auth-test"

static const char *const options[] = { "--authkey", KEY, NULL };
static struct rig rig;

static bool serves(void)
{
	struct peer p;
	json_t *v;
	bool ok;

	peer_init(&rig, &p, "honest");
	v = peer_join(&p, KEY);
	ok = at(v, "Node.ID");
	json_decref(v);
	peer_done(&p);
	rig_admin(&rig, NULL, "delete honest");
	return ok;
}

/* Resident memory of the server, in MB. */
static long memory_mb(void)
{
	char path[64];
	long pages = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", rig.pid);
	f = fopen(path, "r");
	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = -1;
	if (f)
		fclose(f);
	return pages / 256;
}

static void outer(void)
{
	struct buf big = {}, b = {};
	int i;

	CHECK(rig_start(&rig, options));
	buf_text(&big, "GET / HTTP/1.1\r\nX: ");
	memset(buf_grow(&big, 1 << 20), 'x', 1 << 20);
	buf_text(&big, "\r\n\r\n");
	/* Refused before it was all read, so writing may fail. */
	http_ask(rig.port, NULL, buf_str(&big), &b, 2000);
	CHECK(buf_len(&b) < 1000);
	buf_done(&b);
	buf_done(&big);
	http_ask(rig.port, NULL, "POST / HTTP/1.1\r\nContent-Length: "
		 "99999999999\r\n\r\n", &b, 2000);
	CHECK(strstr(buf_str(&b), " 400 "));
	buf_done(&b);
	http_ask(rig.port, NULL, "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", &b, 2000);
	CHECK(strstr(buf_str(&b), " 400 "));
	buf_done(&b);
	for (i = 0; i < 50; i++) {
		uint8_t noise[600];

		randombytes_buf(noise, sizeof(noise) - 1);
		noise[sizeof(noise) - 1] = '\0';
		memcpy(noise + 500, "\r\n\r\n", 4);
		http_ask(rig.port, NULL, (char *)noise, &b, 20);
		buf_done(&b);
	}
	CHECK(serves());
	CHECK(rig_stop(&rig));
}

/* @n bytes behind the handshake, as they are. Return: did the server hang up. */
static bool after_handshake(const void *data, size_t n)
{
	uint8_t machine[32], drop[4096];
	struct timeval tv = { 5, 0 };
	struct client *c;
	ssize_t got;

	randombytes_buf(machine, sizeof(machine));
	c = client_dial(rig.port, NULL, rig.pub, machine, 113);
	if (c->why)
		return false;
	send(c->fd, data, n, MSG_NOSIGNAL);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	while ((got = recv(c->fd, drop, sizeof(drop), 0)) > 0)
		;
	client_free(c);
	return got == 0 || errno == ECONNRESET;
}

static void records(void)
{
	uint8_t data[5000];

	CHECK(rig_start(&rig, options));
	randombytes_buf(data, sizeof(data));
	memcpy(data, "\x04\xff\xff", 3);
	CHECK(after_handshake(data, sizeof(data)));
	memcpy(data, "\x04\x00\x0f", 3);
	CHECK(after_handshake(data, 18));
	memcpy(data, "\x05\x00\x20", 3);
	CHECK(after_handshake(data, 35));
	memcpy(data, "\x04\x00\x20", 3);
	CHECK(after_handshake(data, 35));
	CHECK(serves());
	CHECK(rig_stop(&rig));
}

/* Wrong inside an honest channel. */
static void http2(void)
{
	uint8_t rec[NOISE_RECORD_MAX];
	struct client *c;
	uint8_t machine[32] = { 9 };
	int i;

	CHECK(rig_start(&rig, options));
	c = client_dial(rig.port, NULL, rig.pub, machine, 113);
	CHECK(!c->why);
	noise_seal(&c->ch.tx, "GET / HTTP/1.1\r\n\r\n", 18, rec);
	send(c->fd, rec, 18 + 19, MSG_NOSIGNAL);
	for (i = 0; i < 100 && client_step(c, 100); i++)
		;
	CHECK(c->why);
	client_free(c);
	/* Acknowledgements that are never read must not pile up. */
	c = client_dial(rig.port, NULL, rig.pub, machine, 113);
	CHECK(!c->why);
	CHECK(client_step(c, 1000));
	for (i = 0; i < 200000; i++) {
		noise_seal(&c->ch.tx, "\0\0\x08\x06\0\0\0\0\0flooding", 17, rec);
		if (send(c->fd, rec, 17 + 19, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
	}
	client_free(c);
	CHECK(memory_mb() < 500);
	CHECK(serves());
	CHECK(rig_stop(&rig));
}

static void bodies(void)
{
	struct buf b = {};
	struct reply *r;
	struct peer p;

	CHECK(rig_start(&rig, options));
	peer_init(&rig, &p, "n");
	memset(buf_grow(&b, 3 << 20), '[', 3 << 20);
	r = client_ask(p.c, "POST", "/machine/register", buf_str(&b));
	CHECK_EQ(r->status, 413);
	buf_take(&b, (3 << 20) - 1000000);
	r = client_ask(p.c, "POST", "/machine/map", buf_str(&b));
	CHECK_EQ(r->status, 400);
	r = client_ask(p.c, "POST", "/machine/register", buf_str(&b));
	CHECK_EQ(r->status, 400);
	buf_done(&b);
	r = client_ask(p.c, "POST", "/machine/register",
		       "{\"Version\":113,\"NodeKey\":\"nodekey:00\"}");
	CHECK_EQ(r->status, 400);
	r = client_ask(p.c, "POST", "/machine/register", "[1]");
	CHECK_EQ(r->status, 400);
	CHECK(serves());
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

/* A poll whose answer is never read is cut off, not kept for ever. */
static void no_reader(void)
{
	char key[KEY_TEXT_MAX];
	struct buf b = {};
	struct peer p;
	int i;

	CHECK(rig_start(&rig, options));
	CHECK(rig_admin(&rig, NULL, "synth 5000"));
	peer_init(&rig, &p, "deaf");
	json_decref(peer_register(&p, ",\"Auth\":{\"AuthKey\":\"" KEY "\"}"));
	buf_printf(&b, "{\"Version\":113,\"Stream\":true,\"NodeKey\":\"%s\"}",
		   public_text("nodekey", p.key, key));
	client_send(p.c, "POST", "/machine/map", buf_str(&b));
	buf_done(&b);
	for (i = 0; i < 100; i++) {
		CHECK(rig_admin(&rig, NULL, "refresh"));
		if (i && !rig_stat(&rig, "open_connections"))
			break;
	}
	CHECK(i < 100);
	CHECK(serves());
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

static void many_logins(void)
{
	struct buf b = {};
	struct peer p;
	int i, lines;
	char *s;

	CHECK(rig_start(&rig, NULL));
	peer_init(&rig, &p, "n");
	for (i = 0; i < 1100; i++)
		json_decref(peer_register(&p, ""));
	CHECK(rig_admin(&rig, &b, "logins"));
	for (lines = 0, s = buf_str(&b); (s = strchr(s, '\n')); s++)
		lines++;
	CHECK_EQ(lines, 1000);
	buf_done(&b);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

static const struct test tests[] = {
	TEST(outer), TEST(records), TEST(http2), TEST(bodies),
	TEST(no_reader), TEST(many_logins),
};
TEST_MAIN(tests)
