// SPDX-License-Identifier: GPL-2.0-only
#include "noise_server.h"

#include "crypto/blake2s.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "fail_alloc.h"

#define CHALLENGE "{\"nodeKeyChallenge\":\"chalpub:" \
	"0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20\"}"

/* To the next connection; what this one holds is lost, as the process will be. */
static jmp_buf next_connection;

static _Noreturn void leave(void)
{
	longjmp(next_connection, 1);
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* The handshake. */

struct symmetric {
	uint8_t h[32];
	uint8_t ck[32];
	uint8_t k[32];
};

static void mix(struct symmetric *s, const void *data, size_t len)
{
	const struct blake2s_part part[] = { { s->h, 32 }, { data, len } };

	must(blake2s_hash(part, 2, s->h) == 0);
}

static void mix_dh(struct symmetric *s, const uint8_t *private,
		   const uint8_t *public)
{
	uint8_t shared[32];

	must(crypto_scalarmult(shared, private, public) == 0);
	must(blake2s_hkdf(s->ck, shared, 32, s->ck, s->k) == 0);
}

static int open_part(struct symmetric *s, const uint8_t *sealed, size_t len,
		     uint8_t *plain)
{
	static const uint8_t nonce[12];

	if (crypto_aead_chacha20poly1305_ietf_decrypt(plain, NULL, NULL,
						      sealed, len, s->h, 32,
						      nonce, s->k) != 0)
		return -1;
	mix(s, sealed, len);
	return 0;
}

int noise_server_respond(struct noise_server_keys *keys,
			 const uint8_t initiation[CONTROL_INITIATION_LEN],
			 uint8_t response[NOISE_IK_RESPONSE_LEN])
{
	static const char name[] = "Noise_IK_25519_ChaChaPoly_BLAKE2s";
	static const uint8_t nonce[12];
	const struct blake2s_part part = { name, sizeof(name) - 1 };
	const uint8_t *e = initiation + 5;
	uint8_t public[32], none[1];
	struct symmetric s;
	char prologue[64];

	must(blake2s_hash(&part, 1, s.h) == 0);
	memcpy(s.ck, s.h, 32);
	sprintf(prologue, "Tailscale Control Protocol v%u",
		initiation[0] << 8 | initiation[1]);
	mix(&s, prologue, strlen(prologue));
	crypto_scalarmult_base(public, keys->static_private);
	mix(&s, public, 32);
	mix(&s, e, 32);
	mix_dh(&s, keys->static_private, e);
	if (open_part(&s, e + 32, 48, keys->client) < 0)
		return -1;
	mix_dh(&s, keys->static_private, keys->client);
	if (open_part(&s, e + 80, 16, none) < 0)
		return -1;
	crypto_scalarmult_base(response, keys->ephemeral_private);
	mix(&s, response, 32);
	mix_dh(&s, keys->ephemeral_private, e);
	mix_dh(&s, keys->ephemeral_private, keys->client);
	crypto_aead_chacha20poly1305_ietf_encrypt(response + 32, NULL, NULL, 0,
						  s.h, 32, NULL, nonce, s.k);
	mix(&s, response + 32, 16);
	must(blake2s_hkdf(s.ck, NULL, 0, keys->k1, keys->k2) == 0);
	return 0;
}

/* One connection. */

struct conn {
	const struct noise_server_options *options;
	volatile struct noise_server_shared *shared;
	int fd;
	SSL *ssl;
	struct noise_cipher *send;
	struct noise_cipher *receive;
	uint8_t in[CONTROL_RECORD_MAX];
	size_t in_len;
	nghttp2_session *session;
	bool over;
};

static void put_raw(struct conn *c, const void *data, size_t len)
{
	ssize_t n;

	if (c->ssl)
		n = SSL_write(c->ssl, data, len);
	else
		n = send(c->fd, data, len, MSG_NOSIGNAL);
	if (n != (ssize_t)len)
		leave();
}

static void put(struct conn *c, const void *data, size_t len)
{
	const struct noise_server_options *o = c->options;
	uint8_t *copy = __real_malloc(len + 1);
	size_t at = c->shared->output, cut_at = c->shared->cut_at, i;

	must(copy);
	memcpy(copy, data, len);
	if (o->flip && at <= cut_at && cut_at < at + len)
		copy[cut_at - at] ^= 1 << cut_at % 8;
	if (o->cut && at + len >= cut_at) {
		put_raw(c, copy, cut_at - at);
		leave();
	}
	for (i = 0; o->dribble && i < len; i++)
		put_raw(c, copy + i, 1);
	if (!o->dribble && len)
		put_raw(c, copy, len);
	c->shared->output = at + len;
	free(copy);
}

static size_t get(struct conn *c, void *data, size_t len)
{
	ssize_t n;

	n = c->ssl ? SSL_read(c->ssl, data, len) : recv(c->fd, data, len, 0);
	if (n <= 0)
		leave();
	return n;
}

static void put_record(struct conn *c, const uint8_t *data, size_t len)
{
	uint8_t record[CONTROL_RECORD_MAX];

	control_record_build(len + NOISE_TAG_LEN, record);
	must(noise_cipher_seal(c->send, data, len, record + 3) == 0);
	put(c, record, 3 + len + NOISE_TAG_LEN);
}

static void put_plain(struct conn *c, const void *data, size_t len)
{
	size_t max = c->options->piece ? c->options->piece : CONTROL_PLAIN_MAX;
	const uint8_t *p = data;

	while (len > 0) {
		size_t n = len < max ? len : max;

		put_record(c, p, n);
		p += n;
		len -= n;
	}
}

static void put_early(struct conn *c)
{
	const char *text = c->options->early_text;
	uint8_t head[9] = { 0xff, 0xff, 0xff, 'T', 'S' };
	uint32_t len;
	uint8_t all[4096];

	text = text ? text : CHALLENGE;
	len = c->options->early_len ? c->options->early_len : strlen(text);
	head[5] = len >> 24;
	head[6] = len >> 16;
	head[7] = len >> 8;
	head[8] = len;
	memcpy(all, head, 9);
	memcpy(all + 9, text, strlen(text));
	put_plain(c, all, 9 + strlen(text));
}

/* HTTP/2. */

struct request {
	int32_t id;
	char path[128];
	uint8_t *body;
	size_t body_len;
	size_t left;
	size_t at;
};

static void transmit(struct conn *c)
{
	const uint8_t *data;
	ssize_t n;

	while ((n = nghttp2_session_mem_send(c->session, &data)) > 0)
		put_plain(c, data, n);
	must(n == 0);
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *to,
			 size_t len, uint32_t *flags,
			 nghttp2_data_source *source, void *ctx)
{
	struct request *r = source->ptr;
	size_t i;

	(void)session;
	(void)id;
	(void)ctx;
	if (len >= r->left) {
		len = r->left;
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	}
	for (i = 0; i < len; i++)
		to[i] = r->body ? r->body[r->at + i] :
				  NOISE_SERVER_PATTERN(r->at + i);
	r->at += len;
	r->left -= len;
	return len;
}

static nghttp2_nv field(const char *name, const char *value)
{
	return (nghttp2_nv){ (uint8_t *)name, (uint8_t *)value, strlen(name),
			     strlen(value), NGHTTP2_NV_FLAG_NONE };
}

static void respond(struct conn *c, struct request *r, const char *status)
{
	const nghttp2_data_provider body = {
		.source.ptr = r, .read_callback = read_body,
	};
	const nghttp2_nv nv[] = {
		field(":status", status), field("content-type", "text/x"),
		field("retry-after", "17"),
	};

	must(nghttp2_submit_response(c->session, r->id, nv, 3, &body) == 0);
}

static void respond_headers(struct conn *c, struct request *r)
{
	unsigned int count, bytes, i;
	static char name[400][16], value[70000];
	nghttp2_nv nv[400];

	must(sscanf(r->path, "/headers/%u/%u", &count, &bytes) == 2 &&
	     count < 400 && bytes < sizeof(value));
	memset(value, 'v', bytes);
	value[bytes] = 0;
	nv[0] = field(":status", "200");
	for (i = 1; i < count; i++) {
		sprintf(name[i], "x%07u", i);
		nv[i] = field(name[i], value);
	}
	must(nghttp2_submit_response(c->session, r->id, nv, count, NULL) == 0);
}

static void push(struct conn *c, struct request *r)
{
	/* PUSH_PROMISE of stream 2: four indexed fields. */
	uint8_t frame[] = { 0, 0, 8, 5, 4, 0, 0, 0, r->id, 0, 0, 0, 2,
			    0x82, 0x86, 0x84, 0x81 };

	transmit(c);
	put_plain(c, frame, sizeof(frame));
}

static void interim(struct conn *c, struct request *r)
{
	const nghttp2_nv nv = field(":status", "103");

	must(nghttp2_submit_headers(c->session, 0, r->id, NULL, &nv, 1,
				    NULL) == 0);
	respond(c, r, "200");
}

static void answer(struct conn *c, struct request *r)
{
	unsigned int n;

	c->shared->requests++;
	if (strcmp(r->path, "/echo") == 0) {
		r->left = r->body_len;
		respond(c, r, "200");
	} else if (sscanf(r->path, "/big/%u", &n) == 1) {
		free(r->body);
		r->body = NULL;
		r->left = n;
		respond(c, r, "200");
	} else if (sscanf(r->path, "/status/%u", &n) == 1) {
		respond(c, r, r->path + 8);
	} else if (strncmp(r->path, "/headers/", 9) == 0) {
		respond_headers(c, r);
	} else if (strcmp(r->path, "/reset") == 0) {
		nghttp2_submit_rst_stream(c->session, 0, r->id,
					  NGHTTP2_INTERNAL_ERROR);
	} else if (strcmp(r->path, "/refuse") == 0) {
		nghttp2_submit_rst_stream(c->session, 0, r->id,
					  NGHTTP2_REFUSED_STREAM);
	} else if (strcmp(r->path, "/interim") == 0) {
		interim(c, r);
	} else if (strcmp(r->path, "/push") == 0) {
		push(c, r);
	} else if (strcmp(r->path, "/goaway") == 0) {
		nghttp2_submit_goaway(c->session, 0, r->id, 0, NULL, 0);
		respond(c, r, "200");
	} else if (strcmp(r->path, "/goaway0") == 0) {
		/* By hand: the library would not disown a stream. */
		uint8_t frame[] = { 0, 0, 8, 7, 0, 0, 0, 0, 0,
				    0, 0, 0, 0, 0, 0, 0, 0 };

		transmit(c);
		put_plain(c, frame, sizeof(frame));
	} else if (strcmp(r->path, "/close") == 0) {
		leave();
	}
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame,
		    void *ctx)
{
	struct request *r;

	(void)ctx;
	if (frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	r = __real_calloc(1, sizeof(*r));
	must(r);
	r->id = frame->hd.stream_id;
	nghttp2_session_set_stream_user_data(session, r->id, r);
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
		     const uint8_t *name, size_t name_len, const uint8_t *value,
		     size_t len, uint8_t flags, void *ctx)
{
	struct request *r = nghttp2_session_get_stream_user_data(
		session, frame->hd.stream_id);

	(void)flags;
	(void)ctx;
	if (r && name_len == 5 && memcmp(name, ":path", 5) == 0 &&
	    len < sizeof(r->path))
		memcpy(r->path, value, len + 1);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
		   const uint8_t *data, size_t len, void *ctx)
{
	struct request *r = nghttp2_session_get_stream_user_data(session, id);

	(void)flags;
	(void)ctx;
	r->body = realloc(r->body, r->body_len + len);
	must(r->body);
	memcpy(r->body + r->body_len, data, len);
	r->body_len += len;
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
		    void *ctx)
{
	struct request *r;

	/* Nobody is interested in the body, of which much is under way. */
	r = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	if (frame->hd.type == NGHTTP2_HEADERS && r &&
	    strcmp(r->path, "/reset_early") == 0)
		nghttp2_submit_rst_stream(session, 0, r->id,
					  NGHTTP2_INTERNAL_ERROR);
	if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) ||
	    (frame->hd.type != NGHTTP2_HEADERS &&
	     frame->hd.type != NGHTTP2_DATA))
		return 0;
	if (r)
		answer(ctx, r);
	return 0;
}

static void new_session(struct conn *c)
{
	unsigned int max = c->options->max_streams;
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, max ? max : 100 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, c->options->window },
	};
	nghttp2_session_callbacks *calls;

	must(nghttp2_session_callbacks_new(&calls) == 0);
	nghttp2_session_callbacks_set_on_begin_headers_callback(calls,
								on_begin);
	nghttp2_session_callbacks_set_on_header_callback(calls, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls,
								  on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(calls, on_frame);
	must(nghttp2_session_server_new(&c->session, calls, c) == 0);
	must(nghttp2_submit_settings(c->session, 0, settings,
				     c->options->window ? 2 : 1) == 0);
	if (c->options->window)
		must(nghttp2_session_set_local_window_size(
			     c->session, 0, 0, c->options->window) == 0);
	nghttp2_session_callbacks_del(calls);
}

static void serve_records(struct conn *c)
{
	struct control_record record;
	uint8_t plain[CONTROL_PLAIN_MAX];
	struct cursor cur;

	for (;;) {
		transmit(c);
		c->in_len += get(c, c->in + c->in_len,
				 sizeof(c->in) - c->in_len);
		cur = (struct cursor){ c->in, c->in_len };
		while (control_record_parse(&cur, &record) == 0) {
			must(noise_cipher_open(c->receive, record.sealed,
					       record.len, plain) == 0);
			if (nghttp2_session_mem_recv(
				    c->session, plain,
				    record.len - NOISE_TAG_LEN) < 0)
				leave();
		}
		memmove(c->in, cur.p, cur.len);
		c->in_len = cur.len;
	}
}

static void serve_noise(struct conn *c, const char *request)
{
	static const char up[] =
		"HTTP/1.1 101 Switching Protocols\r\n"
		"Upgrade: tailscale-control-protocol\r\n"
		"Connection: upgrade\r\n\r\n";
	const struct noise_server_options *o = c->options;
	const char *value = strstr(request, "X-Tailscale-Handshake: ");
	uint8_t initiation[CONTROL_INITIATION_LEN], out[1024];
	struct noise_server_keys keys = { { 0 } };
	size_t len, up_len = sizeof(up) - 1;
	unsigned int i;

	must(value);
	value += 23;
	must(sodium_base642bin(initiation, sizeof(initiation), value,
			       strcspn(value, "\r"), NULL, &len, NULL,
			       sodium_base64_VARIANT_ORIGINAL) == 0 &&
	     len == sizeof(initiation));
	if (o->after_upgrade) {
		put(c, up, up_len);
		put(c, o->after_upgrade, o->after_upgrade_len);
		leave();
	}
	memset(keys.static_private, 0x22, 32);
	randombytes_buf(keys.ephemeral_private, 32);
	/* In one piece with 101, so that nobody may drop it. */
	memcpy(out, up, up_len);
	if (noise_server_respond(&keys, initiation, out + up_len + 3) < 0) {
		put(c, up, up_len);
		leave();
	}
	memcpy(out + up_len, "\x02\x00\x30", 3);
	put(c, out, up_len + 3 + NOISE_IK_RESPONSE_LEN);
	c->receive = noise_cipher_new(keys.k1);
	c->send = noise_cipher_new(keys.k2);
	must(c->receive && c->send);
	if (o->after_handshake) {
		put(c, o->after_handshake, o->after_handshake_len);
		leave();
	}
	for (i = 0; i < o->empty; i++)
		put_record(c, out, 0);
	if (o->early)
		put_early(c);
	new_session(c);
	serve_records(c);
}

static void read_request(struct conn *c, char *request, size_t size)
{
	size_t len = 0;

	do {
		if (len >= size - 1)
			leave();
		len += get(c, request + len, size - 1 - len);
		request[len] = 0;
	} while (!strstr(request, "\r\n\r\n"));
}

static void serve(struct conn *c)
{
	char request[8192];

	c->shared->output = 0;
	if (c->ssl && SSL_accept(c->ssl) != 1)
		leave();
	read_request(c, request, sizeof(request));
	if (strncmp(request, "CONNECT ", 8) == 0) {
		snprintf((char *)c->shared->connect,
			 sizeof(c->shared->connect), "%.*s",
			 (int)strcspn(request, "\r"), request);
		put_raw(c, "HTTP/1.1 200 OK\r\n\r\n", 19);
		read_request(c, request, sizeof(request));
	}
	if (strncmp(request, "POST /ts2021 ", 13) == 0)
		serve_noise(c, request);
	request[strcspn(request, "\r")] = 0;
	snprintf((char *)c->shared->http_request,
		 sizeof(c->shared->http_request), "%.200s", request);
	if (c->options->http)
		put(c, c->options->http, strlen(c->options->http));
	leave();
}

static SSL_CTX *tls_context(const struct noise_server_options *options)
{
	SSL_CTX *ctx;

	if (!options->tls)
		return NULL;
	ctx = SSL_CTX_new(TLS_server_method());
	must(ctx && SSL_CTX_use_certificate_file(ctx, options->cert,
						 SSL_FILETYPE_PEM) == 1 &&
	     SSL_CTX_use_PrivateKey_file(ctx, options->key,
					 SSL_FILETYPE_PEM) == 1);
	return ctx;
}

/* Returns when the connection is over, by leave(). */
static __attribute__((noinline)) void
serve_one(int fd, SSL_CTX *ctx, const struct noise_server_options *o,
	  volatile struct noise_server_shared *shared)
{
	struct timeval patience = { .tv_usec = 100000 };
	static struct conn c;
	int on = 1;

	if (setjmp(next_connection) != 0)
		return;
	memset(&c, 0, sizeof(c));
	c.options = o;
	c.shared = shared;
	c.fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* A client may wait for more after a fault. */
	if (o->flip)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			   sizeof(patience));
	if (ctx) {
		c.ssl = SSL_new(ctx);
		must(c.ssl && SSL_set_fd(c.ssl, fd) == 1);
	}
	serve(&c);
}

/* One after the other. */
static _Noreturn void take_connections(int listener,
				       const struct noise_server_options *o,
				       volatile struct noise_server_shared *s)
{
	SSL_CTX *ctx = tls_context(o);
	int fd;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		must(fd >= 0);
		s->connections++;
		/* A silent one is kept open. */
		if (o->silent)
			continue;
		serve_one(fd, ctx, o, s);
		close(fd);
	}
}

static int listen_somewhere(uint16_t *ret_port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && bind(fd, (struct sockaddr *)&addr, len) == 0 &&
	     listen(fd, 64) == 0 &&
	     getsockname(fd, (struct sockaddr *)&addr, &len) == 0);
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

void noise_server_start(const struct noise_server_options *options,
			struct noise_server *ret)
{
	static const uint8_t private[32] = { [0 ... 31] = 0x22 };
	int fd = listen_somewhere(&ret->port);

	crypto_scalarmult_base(ret->public.byte, private);
	ret->shared = mmap(NULL, sizeof(*ret->shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(ret->shared != MAP_FAILED);
	ret->shared->cut_at = options->cut_at;
	ret->pid = fork();
	must(ret->pid >= 0);
	if (ret->pid == 0) {
		fail_alloc_at(SIZE_MAX);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		take_connections(fd, options, ret->shared);
	}
	close(fd);
}

void noise_server_stop(struct noise_server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	munmap((void *)server->shared, sizeof(*server->shared));
}

static void add_name(X509 *cert)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name,
				  "DNS:localhost,IP:127.0.0.1");
	must(ext && X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

void noise_server_certificate(const char *cert_file, const char *key_file)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name;
	FILE *f;

	must(key && cert);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, key);
	name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	add_name(cert);
	must(X509_sign(cert, key, EVP_sha256()) > 0);
	f = fopen(cert_file, "w");
	must(f && PEM_write_X509(f, cert) == 1 && fclose(f) == 0);
	f = fopen(key_file, "w");
	must(f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 &&
	     fclose(f) == 0);
	X509_free(cert);
	EVP_PKEY_free(key);
}
