// SPDX-License-Identifier: GPL-2.0-only
#include "cli/status_print.h"

#include "base/array.h"
#include "base/tame.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS		5
#define CELL_MAX	256	/* bytes of a cell; ours */
#define GAP		2	/* spaces behind the widest cell */

/* Nodes of a commercial exit service are many, and have a list of their own. */
#define LOCATION_SUFFIX "mullvad.ts.net."

/**
 * struct row - one line
 * @cell: its texts
 */
struct row {
	char cell[COLUMNS][CELL_MAX];
};

static void append(char *cell, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void append(char *cell, const char *fmt, ...)
{
	size_t len = strlen(cell);
	va_list args;

	va_start(args, fmt);
	vsnprintf(cell + len, CELL_MAX - len, fmt, args);
	va_end(args);
	tame_text(cell + len);
}

/* Own names have no odd characters; what a host calls itself may have any. */
static void append_host(char *cell, const char *name)
{
	append(cell, "(\"");
	for (; *name; name++) {
		unsigned char c = *name;

		if (isalnum(c) || c == '-')
			append(cell, "%c", tolower(c));
		else if (c == ' ' || c == '_' || c == '.')
			append(cell, "-");
	}
	append(cell, "\")");
}

static void fill_name(const struct status *status,
		      const struct status_peer *peer, char *cell)
{
	const char *suffix = status_text(status->magic_dns_suffix);
	const char *name = status_text(peer->dns_name), *end;
	size_t len = strlen(name), cut = strlen(suffix);

	if (!*name) {
		append_host(cell, status_text(peer->host_name));
		return;
	}
	if (len && name[len - 1] == '.')
		len--;
	end = name + len - cut;
	if (cut && len > cut + 1 && strncmp(end, suffix, cut) == 0 &&
	    end[-1] == '.')
		len -= cut + 1;
	append(cell, "%.*s", (int)len, name);
}

static void fill_owner(const struct status *status,
		       const struct status_peer *peer, char *cell)
{
	int64_t id = peer->sharer_id ? peer->sharer_id : peer->user_id;
	const struct status_user *user = status_find_user(status, id);
	const char *login = user ? status_text(user->login) : "", *at;

	if (peer->tags.n && !peer->sharer_id) {
		append(cell, "tagged-devices");
	} else if (!id) {
		append(cell, "-");
	} else if (!*login) {
		append(cell, "%" PRId64, id);
	} else {
		at = strchr(login, '@');
		append(cell, "%.*s", at ? (int)(at + 1 - login) :
		       (int)strlen(login), login);
	}
}

static void append_offline(const struct status_print *how,
			   const struct status_peer *peer, bool self,
			   char *cell)
{
	int64_t min;

	if (self || peer->online)
		return;
	append(cell, "; offline");
	if (!peer->last_seen.set)
		return;
	min = (how->now_s - peer->last_seen.s) / 60;
	if (min < 1)
		min = 1;
	if (min < 60)
		append(cell, ", last seen %" PRId64 "m ago", min);
	else if (min < 24 * 60)
		append(cell, ", last seen %" PRId64 "h ago", min / 60);
	else
		append(cell, ", last seen %" PRId64 "d ago", min / 60 / 24);
}

static void fill_inactive(const struct status_print *how,
			  const struct status_peer *peer, bool self,
			  char *cell)
{
	size_t begin = strlen(cell);

	if (peer->exit_node)
		append(cell, "idle; exit node");
	else if (peer->exit_node_option)
		append(cell, "idle; offers exit node");
	else if (peer->rx_bytes || peer->tx_bytes)
		append(cell, "idle");
	else if (!self && !peer->online) {
		/* The word is not said twice. */
		append_offline(how, peer, self, cell);
		memmove(cell + begin, cell + begin + 2,
			strlen(cell + begin + 2) + 1);
		return;
	} else {
		append(cell, "-");
		return;
	}
	append_offline(how, peer, self, cell);
}

static void fill_active(const struct status_print *how,
			const struct status_peer *peer, bool self, char *cell)
{
	append(cell, "active; ");
	if (peer->exit_node)
		append(cell, "exit node; ");
	else if (peer->exit_node_option)
		append(cell, "offers exit node; ");
	if (*status_text(peer->cur_addr))
		append(cell, "direct %s", peer->cur_addr);
	else if (*status_text(peer->peer_relay))
		append(cell, "peer-relay %s", peer->peer_relay);
	else if (*status_text(peer->relay))
		append(cell, "relay \"%s\"", peer->relay);
	append_offline(how, peer, self, cell);
}

static void fill_state(const struct status_print *how,
		       const struct status_peer *peer, bool self, char *cell)
{
	if (*status_text(peer->refused))
		append(cell, "refused: %s; ", peer->refused);
	if (peer->active && !self)
		fill_active(how, peer, self, cell);
	else
		fill_inactive(how, peer, self, cell);
	if (peer->rx_bytes || peer->tx_bytes)
		append(cell, ", tx %" PRIu64 " rx %" PRIu64, peer->tx_bytes,
		       peer->rx_bytes);
}

static void fill_row(const struct status *status,
		     const struct status_print *how,
		     const struct status_peer *peer, struct row *row)
{
	bool self = peer == &status->self;
	const char *os = status_text(peer->os);

	append(row->cell[0], "%s",
	       peer->addresses.n ? peer->addresses.item[0] : "");
	fill_name(status, peer, row->cell[1]);
	fill_owner(status, peer, row->cell[2]);
	append(row->cell[3], "%s", *os ? os : "-");
	fill_state(how, peer, self, row->cell[4]);
}

static int compare(const void *a, const void *b)
{
	const struct status_peer *p = *(const struct status_peer *const *)a;
	const struct status_peer *q = *(const struct status_peer *const *)b;
	int order = strcmp(status_text(p->dns_name), status_text(q->dns_name));

	if (!order)
		order = strcmp(status_text(p->host_name),
			       status_text(q->host_name));
	if (!order)
		order = strcmp(p->addresses.n ? p->addresses.item[0] : "",
			       q->addresses.n ? q->addresses.item[0] : "");
	return order ? order : key_cmp_public(&p->key, &q->key);
}

static bool is_location(const struct status_peer *peer)
{
	const char *name = status_text(peer->dns_name);
	size_t len = strlen(name), cut = strlen(LOCATION_SUFFIX);

	return len >= cut && strcmp(name + len - cut, LOCATION_SUFFIX) == 0;
}

/* Which peers are shown, sorted; @ret_hidden: are there some of a list? */
static size_t choose(const struct status *status,
		     const struct status_print *how,
		     const struct status_peer **ret, bool *ret_hidden)
{
	size_t n = 0, i;

	for (i = 0; how->peers && i < status->n_peers; i++) {
		const struct status_peer *peer = &status->peers[i];

		if (peer->sharee || (how->active && !peer->active))
			continue;
		if (is_location(peer) && !peer->exit_node) {
			*ret_hidden = true;
			continue;
		}
		ret[n++] = peer;
	}
	if (n)
		qsort(ret, n, sizeof(*ret), compare);
	return n;
}

static void print_rows(const struct row *rows, size_t n, FILE *out)
{
	size_t width[COLUMNS] = { 0 }, i, c;

	for (i = 0; i < n; i++) {
		for (c = 0; c < COLUMNS; c++) {
			if (strlen(rows[i].cell[c]) > width[c])
				width[c] = strlen(rows[i].cell[c]);
		}
	}
	for (i = 0; i < n; i++) {
		for (c = 0; c < COLUMNS - 1; c++)
			fprintf(out, "%-*s", (int)(width[c] + GAP),
				rows[i].cell[c]);
		fprintf(out, "%s\n", rows[i].cell[COLUMNS - 1]);
	}
}

static size_t fill_header(struct row *rows)
{
	static const char *const names[COLUMNS] = {
		"IP", "Hostname", "Owner", "OS", "Status" };
	size_t c, len;

	for (c = 0; c < COLUMNS; c++) {
		append(rows[0].cell[c], "%s", names[c]);
		len = strlen(names[c]);
		memset(rows[1].cell[c], '-', len);
		rows[1].cell[c][len] = 0;
	}
	return 2;
}

int status_print_table(const struct status *status,
		       const struct status_print *how, FILE *out)
{
	const struct status_peer **peer;
	struct row *rows;
	bool hidden = false;
	size_t n = 0, n_peers, i;

	peer = calloc(status->n_peers + 1, sizeof(*peer));
	rows = calloc(status->n_peers + 3, sizeof(*rows));
	if (!peer || !rows) {
		free(peer);
		free(rows);
		return -ENOMEM;
	}
	n_peers = choose(status, how, peer, &hidden);
	if (how->header)
		n = fill_header(rows);
	if (how->self)
		fill_row(status, how, &status->self, &rows[n++]);
	for (i = 0; i < n_peers; i++)
		fill_row(status, how, peer[i], &rows[n++]);
	print_rows(rows, n, out);
	if (hidden)
		fputs("# location-based exit nodes are not shown\n", out);
	free(peer);
	free(rows);
	return 0;
}

void status_print_health(const struct status *status, FILE *out)
{
	char line[CELL_MAX * 2];
	size_t i;

	if (status->health.n == 0)
		return;
	fputs("# Health check:\n", out);
	for (i = 0; i < status->health.n; i++) {
		snprintf(line, sizeof(line), "%s", status->health.item[i]);
		tame_text(line);
		fprintf(out, "#     - %s\n", line);
	}
}

static void append_tpm(const struct status_rest *rest, char *line)
{
	if (rest->tpm)
		append(line, " (%s)", rest->tpm);
	if (rest->tpm_error || rest->lockout)
		append(line, "; %s", rest->tpm_error ? rest->tpm_error :
						       "the TPM is in lockout");
	if (rest->lockout)
		append(line, "; %u failures of %u, one is forgotten every %u s",
		       rest->failures, rest->failures_max, rest->interval_s);
}

void status_print_rest(const struct status_rest *rest, FILE *out)
{
	char line[CELL_MAX] = "";

	if (!rest->known)
		return;
	append(line, "%s", rest->sealed ? "sealed by the TPM" : "plain");
	append_tpm(rest, line);
	if (rest->sealed) {
		append(line, "; recovery key: %s",
		       rest->recovery_key ? "yes" : "none");
		append(line, "; counter: %s", rest->counter ? "yes" : "no");
	}
	fprintf(out, "# State at rest: %s\n", line);
}
