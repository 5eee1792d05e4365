// SPDX-License-Identifier: GPL-2.0-only
#include "cli/wg_load.h"

#include "wire/wg_value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define KEY_FILE_MAX 4096		/* bytes */
#define CONF_FILE_MAX (256 << 20)	/* bytes; a million peers fit. Ours */

/* Source: wg(8), WG_ENDPOINT_RESOLUTION_RETRIES; pauses as wg makes them. */
#define LOOKUP_RETRIES 15
#define LOOKUP_PAUSE_MS 1000
#define LOOKUP_PAUSE_MAX_MS 20000

static int load(const char *path, size_t max, struct err_detail *detail,
		struct secret_buf *buf)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return err_explain(detail, -errno, "%.200s: %s", path,
				   err_text(-errno));
	r = secret_buf_read(buf, fd, max);
	close(fd);
	if (r < 0)
		return err_explain(detail, r, "%.200s: %s", path, err_text(r));
	return 0;
}

int wg_load_file(const char *path, struct err_detail *detail,
		 struct secret_buf *buf)
{
	return load(path, CONF_FILE_MAX, detail, buf);
}

/* *ret stays NULL for an empty file. */
static int load_key(const char *path, struct secret_arena **arena,
		    struct err_detail *detail, struct secret32 **ret)
{
	struct secret_buf buf auto_clean(secret_buf) = { 0 };
	struct secret32 *key;
	bool empty;
	int r;

	r = load(path, KEY_FILE_MAX, detail, &buf);
	if (r < 0)
		return r;
	key = secret_arena_add(arena);
	if (!key)
		return err_explain(detail, -ENOMEM, "%s", err_text(-ENOMEM));
	r = wg_parse_key_file((struct wg_text){ buf.data, buf.len }, NULL, key,
			      &empty);
	if (r < 0)
		return err_explain(detail, r, "%.200s: %s", path, err_text(r));
	*ret = empty ? NULL : key;
	return 0;
}

int wg_load_keys(struct wg_config *config, struct err_detail *detail)
{
	size_t i;
	int r = 0;

	if (config->key_file)
		r = load_key(config->key_file, &config->arena, detail,
			     &config->private_key);
	for (i = 0; i < config->n_peers && r == 0; i++) {
		struct wg_peer_config *peer = &config->peers[i];

		if (peer->psk_file)
			r = load_key(peer->psk_file, &config->arena, detail,
				     &peer->psk);
	}
	return r;
}

/* Return: retries allowed, negative = without end. */
static long lookup_retries(void)
{
	const char *text = getenv("WG_ENDPOINT_RESOLUTION_RETRIES");
	char *end;
	long n;

	if (!text || !*text)
		return LOOKUP_RETRIES;
	if (strcasecmp(text, "infinity") == 0)
		return -1;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || *end || n < 0) {
		fprintf(stderr,
			"Unable to parse WG_ENDPOINT_RESOLUTION_RETRIES: `%s'\n",
			text);
		return LOOKUP_RETRIES;
	}
	return n;
}

/* Asking again does not help with these. */
static bool lookup_is_final(int err)
{
	return err == EAI_NONAME || err == EAI_FAIL || err == EAI_NODATA ||
	       err == EAI_SERVICE || err == EAI_SOCKTYPE ||
	       err == EAI_FAMILY || err == EAI_BADFLAGS;
}

static bool take_address(const struct addrinfo *list, struct wg_endpoint *ret)
{
	const struct addrinfo *ai;

	for (ai = list; ai; ai = ai->ai_next) {
		if (ai->ai_family == AF_INET) {
			struct sockaddr_in in;

			memcpy(&in, ai->ai_addr, sizeof(in));
			memcpy(ret->addr, &in.sin_addr, 4);
			ret->addr_len = 4;
			ret->scope = 0;
			return true;
		}
		if (ai->ai_family == AF_INET6) {
			struct sockaddr_in6 in6;

			memcpy(&in6, ai->ai_addr, sizeof(in6));
			memcpy(ret->addr, &in6.sin6_addr, 16);
			ret->addr_len = 16;
			ret->scope = in6.sin6_scope_id;
			return true;
		}
	}
	return false;
}

static void pause_ms(long ms)
{
	struct timespec left = {
		.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000,
	};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static int lookup(const char *host, struct err_detail *detail,
		  struct wg_endpoint *ret)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
		.ai_protocol = IPPROTO_UDP,
	};
	long retries = lookup_retries(), wait_ms = LOOKUP_PAUSE_MS;
	struct addrinfo *list;
	int err;

	for (;;) {
		err = getaddrinfo(host, NULL, &hints, &list);
		if (err == 0)
			break;
		if (lookup_is_final(err) || retries == 0)
			return err_explain(detail, TNE_NAME_LOOKUP,
					   "%s: `%.200s:%u'",
					   err == EAI_SYSTEM ?
						   strerror(errno) :
						   gai_strerror(err),
					   host, ret->port);
		if (retries > 0)
			retries--;
		fprintf(stderr,
			"%s: `%s:%u'. Trying again in %ld.%02ld seconds...\n",
			gai_strerror(err), host, ret->port, wait_ms / 1000,
			wait_ms % 1000 / 10);
		pause_ms(wait_ms);
		wait_ms = wait_ms * 6 / 5;
		if (wait_ms > LOOKUP_PAUSE_MAX_MS)
			wait_ms = LOOKUP_PAUSE_MAX_MS;
	}
	err = take_address(list, ret) ? 0 : TNE_NAME_LOOKUP;
	freeaddrinfo(list);
	if (err < 0)
		return err_explain(detail, err,
				   "Neither an IPv4 nor an IPv6 address: `%.200s:%u'",
				   host, ret->port);
	return 0;
}

int wg_load_endpoints(struct wg_config *config, struct err_detail *detail)
{
	size_t i;
	int r = 0;

	for (i = 0; i < config->n_peers && r == 0; i++) {
		struct wg_peer_config *peer = &config->peers[i];

		if (peer->host && !peer->remove)
			r = lookup(peer->host, detail, &peer->endpoint);
	}
	return r;
}

void wg_load_warn(const struct wg_config *config, FILE *out)
{
	char addr[INET6_ADDRSTRLEN];
	size_t i, j;

	for (i = 0; i < config->n_peers; i++) {
		const struct wg_prefixes *list = &config->peers[i].prefixes;

		for (j = 0; j < list->n; j++) {
			const struct wg_prefix *p = &list->item[j];

			if (!wg_prefix_has_host_bits(p))
				continue;
			inet_ntop(p->addr_len == 4 ? AF_INET : AF_INET6,
				  p->addr, addr, sizeof(addr));
			fprintf(out,
				"Warning: AllowedIP has nonzero host part: %s/%u\n",
				addr, p->bits);
		}
	}
}
