// SPDX-License-Identifier: GPL-2.0-only
#include "loop/transfers.h"

#include "base/array.h"
#include "loop/proxy.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* Unanswered data after which a connection counts as dead; ours. */
#define USER_TIMEOUT_MS 30000

/**
 * struct transfers - libcurl on the loop
 * @loop: the loop
 * @multi: drives all transfers
 * @timer: when libcurl wants to be called
 * @kick: the same, at once
 * @check: look for transfers that are over
 * @sockets: struct watch
 * @ca_file: owned, or NULL
 * @overrides: owned, with their names
 * @n_overrides: how many
 * @mark: of sockets
 * @no_proxy: do not look at the environment
 */
struct transfers {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer timer;
	struct loop_later kick;
	struct loop_later check;
	struct list sockets;
	char *ca_file;
	struct host_override *overrides;
	size_t n_overrides;
	uint32_t mark;
	bool no_proxy;
};

/**
 * struct watch - a socket that libcurl waits for
 * @io: in the loop
 * @transfers: whose it is
 * @link: in @transfers
 */
struct watch {
	struct loop_io io;
	struct transfers *transfers;
	struct list link;
};

static void act(struct transfers *t, curl_socket_t fd, int what)
{
	int running;

	curl_multi_socket_action(t->multi, fd, what, &running);
	/* Ends are told from a clean stack: their owners free handles. */
	loop_later_set(t->loop, &t->check);
}

static void timeout_due(void *ctx)
{
	act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static void socket_ready(void *ctx, uint32_t events)
{
	struct watch *watch = ctx;
	int what = 0;

	if (events & (EPOLLIN | EPOLLHUP))
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (events & EPOLLERR)
		what |= CURL_CSELECT_ERR;
	/* May end the watch. */
	act(watch->transfers, watch->io.fd, what);
}

static void watch_free(struct watch *watch)
{
	loop_io_del(watch->transfers->loop, &watch->io);
	list_del(&watch->link);
	free(watch);
}

static struct watch *watch_new(struct transfers *t, curl_socket_t fd)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->transfers = t;
	loop_io_init(&watch->io, socket_ready, watch);
	list_init(&watch->link);
	list_add(&t->sockets, &watch->link);
	curl_multi_assign(t->multi, fd, watch);
	return watch;
}

/*
 * Never fails: told of an error here, libcurl counts the socket as in use for
 * ever, and who gets its number next is not heard of. Without a watch the
 * transfer stands still, and its owner's deadline ends it.
 */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx,
		     void *socket_ctx)
{
	struct transfers *t = ctx;
	struct watch *watch = socket_ctx;
	uint32_t events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watch)
			watch_free(watch);
		return 0;
	}
	if (!watch)
		watch = watch_new(t, fd);
	if (!watch)
		return 0;
	if (what & CURL_POLL_IN)
		events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		events |= EPOLLOUT;
	(void)loop_io_set(t->loop, &watch->io, fd, events);
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
	struct transfers *t = ctx;

	(void)multi;
	loop_timer_cancel(t->loop, &t->timer);
	loop_later_cancel(&t->kick);
	/* libcurl must not be called from here. */
	if (timeout_ms == 0)
		loop_later_set(t->loop, &t->kick);
	else if (timeout_ms > 0)
		loop_timer_set(t->loop, &t->timer, timeout_ms);
	return 0;
}

static int on_open(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	const struct transfers *t = ctx;
	unsigned int timeout_ms = USER_TIMEOUT_MS;

	(void)purpose;
	/* Unmarked it might run into the tunnel that it serves. */
	if (t->mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &t->mark,
				  sizeof(t->mark)) < 0)
		return CURL_SOCKOPT_ERROR;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms,
		   sizeof(timeout_ms));
	return CURL_SOCKOPT_OK;
}

static int to_err(CURLcode code, CURL *easy)
{
	long os_errno = 0;

	switch ((int)code) {
	case CURLE_OK:
		return 0;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return TNE_URL;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return TNE_NAME_LOOKUP;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
		return os_errno > 0 ? -os_errno : -ECONNREFUSED;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
		return TNE_TLS;
	}
	return TNE_FETCH;
}

static void end(struct transfer *transfer, int err)
{
	struct err_detail detail = { { 0 } };

	if (err < 0 && transfer->error_text[0])
		err_explain(&detail, err, "%s", transfer->error_text);
	transfer->fn(transfer->ctx, err, &detail);
}

static void check_due(void *ctx)
{
	struct transfers *t = ctx;
	struct transfer *transfer;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(t->multi, &left))) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
				  (char **)&transfer);
		/* Whatever is freed by this is not told any more. */
		end(transfer, to_err(msg->data.result, msg->easy_handle));
	}
}

static int copy_options(struct transfers *t,
			const struct transfers_options *options)
{
	size_t i;

	t->mark = options->mark;
	t->no_proxy = options->no_proxy;
	if (options->ca_file) {
		t->ca_file = strndup(options->ca_file,
				     strlen(options->ca_file));
		if (!t->ca_file)
			return -ENOMEM;
	}
	t->overrides = calloc(options->n_overrides + 1, sizeof(*t->overrides));
	if (!t->overrides)
		return -ENOMEM;
	for (i = 0; i < options->n_overrides; i++) {
		const struct host_override *from = &options->overrides[i];
		char *host = strndup(from->host, strlen(from->host));

		if (!host)
			return -ENOMEM;
		t->overrides[i].host = host;
		t->overrides[i].addr = from->addr;
		t->n_overrides++;
	}
	return 0;
}

int transfers_new(struct loop *loop, const struct transfers_options *options,
		  struct transfers **ret)
{
	struct transfers *t auto_clean(transfers) = NULL;
	int r;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return -ENOMEM;
	t = calloc(1, sizeof(*t));
	if (!t) {
		curl_global_cleanup();
		return -ENOMEM;
	}
	t->loop = loop;
	list_init(&t->sockets);
	loop_timer_init(&t->timer, timeout_due, t);
	loop_later_init(&t->kick, timeout_due, t);
	loop_later_init(&t->check, check_due, t);
	r = copy_options(t, options);
	if (r < 0)
		return r;
	t->multi = curl_multi_init();
	if (!t->multi)
		return -ENOMEM;
	curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
	curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
	*ret = steal(t);
	return 0;
}

void transfers_free(struct transfers *t)
{
	size_t i;

	if (!t)
		return;
	curl_multi_cleanup(t->multi);
	while (!list_empty(&t->sockets))
		watch_free(list_entry(t->sockets.next, struct watch, link));
	loop_timer_cancel(t->loop, &t->timer);
	loop_later_cancel(&t->kick);
	loop_later_cancel(&t->check);
	for (i = 0; i < t->n_overrides; i++)
		free((char *)t->overrides[i].host);
	free(t->overrides);
	free(t->ca_file);
	free(t);
	curl_global_cleanup();
}

struct loop *transfers_loop(const struct transfers *t)
{
	return t->loop;
}

int transfer_init(struct transfer *transfer, struct transfers *t,
		  void (*fn)(void *ctx, int err,
			     const struct err_detail *detail),
		  void *ctx)
{
	CURL *easy;

	*transfer = (struct transfer){ .fn = fn, .ctx = ctx, .transfers = t };
	easy = curl_easy_init();
	if (!easy)
		return -ENOMEM;
	transfer->easy = easy;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error_text);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	/* No connection outlives its transfer, with whatever was checked on it. */
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, t);
	if (t->ca_file &&
	    curl_easy_setopt(easy, CURLOPT_CAINFO, t->ca_file) != CURLE_OK)
		return -ENOMEM;
	return 0;
}

static int get_part(CURLU *url, CURLUPart part, unsigned int flags, char **ret)
{
	CURLUcode code = curl_url_get(url, part, ret, flags);

	if (code == CURLUE_OUT_OF_MEMORY)
		return -ENOMEM;
	return code == CURLUE_OK ? 0 : TNE_URL;
}

/* The name or address without brackets, and the port. */
static int take_host(struct transfer *transfer, CURLU *url,
		     unsigned int default_port)
{
	char *host, *port = NULL;
	size_t len;
	int r;

	r = get_part(url, CURLUPART_HOST, 0, &host);
	if (r < 0)
		return r;
	len = strlen(host);
	free(transfer->host);
	if (len > 2 && host[0] == '[')
		transfer->host = strndup(host + 1, len - 2);
	else
		transfer->host = strndup(host, len);
	curl_free(host);
	if (!transfer->host)
		return -ENOMEM;
	transfer->port = default_port;
	if (curl_url_get(url, CURLUPART_PORT, &port, 0) == CURLUE_OK)
		transfer->port = strtoul(port, NULL, 10);
	curl_free(port);
	return 0;
}

static int set_proxy(struct transfer *transfer, const char *proxy)
{
	CURL *easy = transfer->easy;
	CURLU *url;
	int r = TNE_URL;

	/* Our decision, not a second one of libcurl's. */
	if (curl_easy_setopt(easy, CURLOPT_NOPROXY, "") != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_PROXY, proxy ? proxy : "") !=
	    CURLE_OK)
		return -ENOMEM;
	transfer->proxied = proxy;
	if (!proxy)
		return 0;
	url = curl_url();
	if (!url)
		return -ENOMEM;
	if (curl_url_set(url, CURLUPART_URL, proxy,
			 CURLU_DEFAULT_SCHEME | CURLU_GUESS_SCHEME |
			 CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
		r = take_host(transfer, url, 1080);
	curl_url_cleanup(url);
	return r;
}

static int read_url(struct transfer *transfer, CURLU *url)
{
	struct proxy_env env;
	char *scheme;
	bool https;
	int r;

	r = get_part(url, CURLUPART_SCHEME, 0, &scheme);
	if (r < 0)
		return r;
	https = strcmp(scheme, "https") == 0;
	if (!https && strcmp(scheme, "http") != 0)
		r = TNE_URL;
	curl_free(scheme);
	if (r == 0)
		r = take_host(transfer, url, https ? 443 : 80);
	if (r < 0)
		return r;
	if (transfer->transfers->no_proxy)
		return set_proxy(transfer, NULL);
	proxy_env_read(&env);
	return set_proxy(transfer, proxy_find(&env, https, transfer->host));
}

static int take_url(struct transfer *transfer, const char *text)
{
	CURLU *url = curl_url();
	CURLUcode code;
	int r;

	if (!url)
		return -ENOMEM;
	code = curl_url_set(url, CURLUPART_URL, text, 0);
	if (code == CURLUE_OUT_OF_MEMORY)
		r = -ENOMEM;
	else if (code != CURLUE_OK)
		r = TNE_URL;
	else
		r = read_url(transfer, url);
	curl_url_cleanup(url);
	if (r == 0 &&
	    curl_easy_setopt(transfer->easy, CURLOPT_URL, text) != CURLE_OK)
		r = -ENOMEM;
	return r;
}

/* "host:port:addr,[addr]", so that libcurl has nothing left to look up. */
static char *resolve_line(const struct transfer *transfer,
			  const struct resolve_answer *answer)
{
	char text[INET6_ADDRSTRLEN];
	char *line, *end;
	size_t i;

	line = malloc(strlen(transfer->host) + 16 +
		      answer->n * (INET6_ADDRSTRLEN + 3));
	if (!line)
		return NULL;
	end = line + sprintf(line, "%s:%u:", transfer->host, transfer->port);
	for (i = 0; i < answer->n; i++) {
		bool six = answer->addr[i].family == AF_INET6;

		inet_ntop(answer->addr[i].family, answer->addr[i].byte, text,
			  sizeof(text));
		end += sprintf(end, "%s%s%s%s", i ? "," : "", six ? "[" : "",
			       text, six ? "]" : "");
	}
	return line;
}

static int set_addresses(struct transfer *transfer,
			 const struct resolve_answer *answer)
{
	struct resolve_addr literal;
	char *line;

	curl_slist_free_all(transfer->addresses);
	transfer->addresses = NULL;
	if (resolve_parse_addr(transfer->host, &literal) == 0)
		return 0;
	line = resolve_line(transfer, answer);
	if (!line)
		return -ENOMEM;
	transfer->addresses = curl_slist_append(NULL, line);
	free(line);
	if (!transfer->addresses)
		return -ENOMEM;
	curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, transfer->addresses);
	return 0;
}

static void resolved(void *ctx, int err, const struct resolve_answer *answer)
{
	struct transfer *transfer = ctx;

	transfer->resolve = NULL;
	if (err == 0)
		err = set_addresses(transfer, answer);
	if (err == 0 && curl_multi_add_handle(transfer->transfers->multi,
					      transfer->easy) != CURLM_OK)
		err = -ENOMEM;
	if (err < 0) {
		snprintf(transfer->error_text, sizeof(transfer->error_text),
			 "%s: %s", transfer->host, err_text(err));
		end(transfer, err);
		return;
	}
	transfer->added = true;
}

/* An overriding address is looked up as text, which makes no helper. */
static int look_up(struct transfer *transfer)
{
	const struct transfers *t = transfer->transfers;
	char text[INET6_ADDRSTRLEN];
	const char *name = transfer->host;
	size_t i;

	if (transfer->fixed.family && !transfer->proxied)
		name = inet_ntop(transfer->fixed.family, transfer->fixed.byte,
				 text, sizeof(text));
	for (i = 0; i < t->n_overrides; i++) {
		if (strcasecmp(t->overrides[i].host, name) != 0)
			continue;
		name = inet_ntop(t->overrides[i].addr.family,
				 t->overrides[i].addr.byte, text, sizeof(text));
		break;
	}
	return resolve_start(t->loop, name, resolved, transfer,
			     &transfer->resolve);
}

/* Take it back from libcurl. */
static void stop(struct transfer *transfer)
{
	resolve_cancel(transfer->resolve);
	transfer->resolve = NULL;
	if (transfer->added)
		curl_multi_remove_handle(transfer->transfers->multi,
					 transfer->easy);
	transfer->added = false;
}

int transfer_start(struct transfer *transfer, const char *url)
{
	int r;

	assert(!transfer->resolve);
	stop(transfer);
	transfer->error_text[0] = 0;
	r = take_url(transfer, url);
	return r < 0 ? r : look_up(transfer);
}

void transfer_done(struct transfer *transfer)
{
	if (!transfer->transfers)
		return;
	stop(transfer);
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->addresses);
	free(transfer->host);
	memset(transfer, 0, sizeof(*transfer));
}
