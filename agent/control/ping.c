// SPDX-License-Identifier: GPL-2.0-only
#include "control/ping.h"

#include "base/list.h"
#include "base/log.h"
#include "control/c2n.h"
#include "control/control_conn.h"
#include "loop/fetch.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "model/netmap_delta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TAILSCALE_SUFFIX ".tailscale.com"
#define ANSWER_MAX 65536	/* bytes of an answer that is thrown away; ours */
#define MINUTE_MS 60000

/**
 * struct answer - a request of ours in the channel
 * @pinger: whose
 * @link: in the pinger
 * @stream: the request
 * @timer: gives it up
 */
struct answer {
	struct pinger *pinger;
	struct list link;
	struct h2_stream *stream;
	struct loop_timer timer;
};

/**
 * struct pinger - answers under way
 * @transfers: for requests outside of the channel
 * @server: where pings come from
 * @answers: struct answer
 * @n_answers: how many
 * @outside: request outside of the channel under way, or NULL
 * @minute_ms: start of the current minute
 * @n_minute: requests outside of the channel in it
 */
struct pinger {
	struct transfers *transfers;
	struct server_url server;
	struct list answers;
	unsigned int n_answers;
	struct fetch *outside;
	uint64_t minute_ms;
	unsigned int n_minute;
};

static bool has_suffix(const char *s, size_t len, const char *suffix)
{
	size_t want = strlen(suffix);

	return len > want && !strncasecmp(s + len - want, suffix, want);
}

static bool is_printable(const char *s)
{
	for (; *s; s++) {
		if (*s <= 0x20 || *s >= 0x7f || *s == '\\')
			return false;
	}
	return true;
}

/* Return: what is behind the scheme, or NULL if it is another. */
static const char *skip_scheme(const char *url)
{
	if (!strncasecmp(url, "https://", 8))
		return url + 8;
	if (!strncasecmp(url, "http://", 7))
		return url + 7;
	return NULL;
}

bool ping_check_url(const char *url, const struct server_url *server)
{
	const char *host = skip_scheme(url);
	size_t len, own;

	if (!host || !is_printable(url))
		return false;
	len = strcspn(host, "/?#");
	if (memchr(host, '@', len))
		return false;
	if (host[0] == '[') {
		host++;
		len = strcspn(host, "]/?#");
	} else {
		len = strcspn(host, ":/?#");
	}
	own = strlen(server->host);
	if (len == own && !strncasecmp(host, server->host, len))
		return true;
	return has_suffix(server->host, own, TAILSCALE_SUFFIX) &&
	       has_suffix(host, len, TAILSCALE_SUFFIX);
}

bool ping_url_path(const char *url, char ret[PING_PATH_MAX])
{
	const char *path = skip_scheme(url);
	size_t len;

	if (!path || !is_printable(url))
		return false;
	path += strcspn(path, "/?#");
	len = strcspn(path, "#");
	if (*path != '/' || len >= PING_PATH_MAX)
		return false;
	memcpy(ret, path, len);
	ret[len] = 0;
	return true;
}

enum ping_act ping_decide(const struct ping_request *ping,
			  const struct server_url *server)
{
	char path[PING_PATH_MAX];

	if (ping->c2n)
		return ping_url_path(ping->url, path) ? PING_ACT_C2N :
							PING_ACT_NONE;
	if (!ping->head)
		return PING_ACT_NONE;
	if (ping->url_is_noise)
		return ping_url_path(ping->url, path) ? PING_ACT_HEAD_NOISE :
							PING_ACT_NONE;
	return ping_check_url(ping->url, server) ? PING_ACT_HEAD_OUTSIDE :
						   PING_ACT_NONE;
}

struct pinger *pinger_new(struct transfers *transfers,
			  const struct server_url *server)
{
	struct pinger *pinger = calloc(1, sizeof(*pinger));

	if (!pinger)
		return NULL;
	pinger->transfers = transfers;
	pinger->server = *server;
	list_init(&pinger->answers);
	return pinger;
}

static void answer_free(struct answer *answer)
{
	struct pinger *pinger = answer->pinger;

	h2_cancel(answer->stream);
	loop_timer_cancel(transfers_loop(pinger->transfers), &answer->timer);
	list_del(&answer->link);
	pinger->n_answers--;
	free(answer);
}

void pinger_cancel(struct pinger *pinger)
{
	while (!list_empty(&pinger->answers))
		answer_free(list_entry(pinger->answers.next, struct answer,
				       link));
}

void pinger_free(struct pinger *pinger)
{
	if (!pinger)
		return;
	pinger_cancel(pinger);
	fetch_cancel(pinger->outside);
	free(pinger);
}

static void on_answered(void *ctx, int err)
{
	struct answer *answer = ctx;

	(void)err;
	answer->stream = NULL;
	answer_free(answer);
}

static void on_timeout(void *ctx)
{
	answer_free(ctx);
}

/* Return: 0 or an error. */
static int send_answer(struct pinger *pinger, struct control_conn *conn,
		       const struct h2_request *request)
{
	struct loop *loop = transfers_loop(pinger->transfers);
	struct h2_stream_calls calls = { .end = on_answered };
	struct answer *answer;
	int r;

	if (pinger->n_answers >= PING_ANSWERS_MAX)
		return -EBUSY;
	answer = calloc(1, sizeof(*answer));
	if (!answer)
		return -ENOMEM;
	answer->pinger = pinger;
	loop_timer_init(&answer->timer, on_timeout, answer);
	list_init(&answer->link);
	list_add(&pinger->answers, &answer->link);
	pinger->n_answers++;

	calls.ctx = answer;
	r = control_conn_request(conn, request, &calls, &answer->stream);
	if (r < 0)
		answer_free(answer);
	else
		loop_timer_set(loop, &answer->timer, PING_TIMEOUT_MS);
	return r;
}

static int head_in_channel(struct pinger *pinger,
			   const struct ping_request *ping,
			   struct control_conn *conn)
{
	char path[PING_PATH_MAX];
	const struct h2_request request = { .method = "HEAD", .path = path };

	if (!ping_url_path(ping->url, path))
		return -EINVAL;
	return send_answer(pinger, conn, &request);
}

static int answer_c2n(struct pinger *pinger, const struct ping_request *ping,
		      struct control_conn *conn)
{
	char path[PING_PATH_MAX];
	struct h2_request request = { .method = "POST", .path = path };
	char *body;
	int r;

	if (!ping_url_path(ping->url, path))
		return -EINVAL;
	r = c2n_answer(ping->payload, &body, &request.body_len);
	if (r < 0)
		return r;
	request.body = body;
	r = send_answer(pinger, conn, &request);
	free(body);
	return r;
}

static void on_head(void *ctx, int err, const struct err_detail *detail,
		    const struct fetch_response *response)
{
	struct pinger *pinger = ctx;

	(void)err;
	(void)detail;
	(void)response;
	pinger->outside = NULL;
}

static int head_outside(struct pinger *pinger, const struct ping_request *ping)
{
	const struct fetch_request request = {
		.method = FETCH_HEAD,
		.url = ping->url,
		.body_max = ANSWER_MAX,
		.timeout_ms = PING_TIMEOUT_MS,
	};
	uint64_t now_ms = loop_now_ms(transfers_loop(pinger->transfers));

	if (now_ms - pinger->minute_ms >= MINUTE_MS) {
		pinger->minute_ms = now_ms;
		pinger->n_minute = 0;
	}
	if (pinger->outside || pinger->n_minute >= PING_PER_MINUTE)
		return -EBUSY;
	pinger->n_minute++;
	return fetch_start(pinger->transfers, &request, on_head, pinger,
			   &pinger->outside);
}

void pinger_handle(struct pinger *pinger, const struct ping_request *ping,
		   struct control_conn *conn)
{
	int r = -EOPNOTSUPP;

	switch (ping_decide(ping, &pinger->server)) {
	case PING_ACT_NONE:
		break;
	case PING_ACT_HEAD_NOISE:
		r = head_in_channel(pinger, ping, conn);
		break;
	case PING_ACT_HEAD_OUTSIDE:
		r = head_outside(pinger, ping);
		break;
	case PING_ACT_C2N:
		r = answer_c2n(pinger, ping, conn);
		break;
	}
	if (r < 0)
		log_debug("control: a ping is not answered: %s", err_text(r));
}
