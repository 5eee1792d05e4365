// SPDX-License-Identifier: GPL-2.0-only
/* Names for the places in a request; declared in batch.h. */
#include "dataplane/batch.h"

#include "dataplane/genl_conn.h"
#include "uapi/tailnet.h"

#include <stdio.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

/**
 * struct attr_set - what the attributes of a nest are called
 * @names: by type, as in tailnet.yaml
 * @nested: by type, the set inside, or NULL
 * @n: entries of @names
 * @n_nested: entries of @nested
 */
struct attr_set {
	const char *const *names;
	const struct attr_set *const *nested;
	int n;
	int n_nested;
};

#define LEAF(names_) {						\
	.names = (names_),					\
	.n = sizeof(names_) / sizeof((names_)[0]),		\
}

#define SET(names_, nested_) {					\
	.names = (names_), .nested = (nested_),			\
	.n = sizeof(names_) / sizeof((names_)[0]),		\
	.n_nested = sizeof(nested_) / sizeof((nested_)[0]),	\
}

static const char *const endpoint_names[] = {
	[TAILNET_A_ENDPOINT_ADDR] = "addr",
	[TAILNET_A_ENDPOINT_PORT] = "port",
	[TAILNET_A_ENDPOINT_SCOPE] = "scope",
};
static const struct attr_set endpoint_set = LEAF(endpoint_names);

static const char *const allowedip_names[] = {
	[TAILNET_A_ALLOWEDIP_ADDR] = "addr",
	[TAILNET_A_ALLOWEDIP_PREFIX_LEN] = "prefix-len",
	[TAILNET_A_ALLOWEDIP_FLAGS] = "flags",
};
static const struct attr_set allowedip_set = LEAF(allowedip_names);

static const char *const peer_names[] = {
	[TAILNET_A_PEER_PUBLIC_KEY] = "public-key",
	[TAILNET_A_PEER_PRESHARED_KEY] = "preshared-key",
	[TAILNET_A_PEER_NODE_ID] = "node-id",
	[TAILNET_A_PEER_FLAGS] = "flags",
	[TAILNET_A_PEER_ENDPOINT] = "endpoint",
	[TAILNET_A_PEER_KEEPALIVE] = "keepalive",
	[TAILNET_A_PEER_REPLACE_ALLOWEDIPS] = "replace-allowedips",
	[TAILNET_A_PEER_ALLOWEDIP] = "allowedip",
	[TAILNET_A_PEER_OP] = "op",
	[TAILNET_A_PEER_EXPIRES] = "expires",
};
static const struct attr_set *const peer_nested[] = {
	[TAILNET_A_PEER_ENDPOINT] = &endpoint_set,
	[TAILNET_A_PEER_ALLOWEDIP] = &allowedip_set,
};
static const struct attr_set peer_set = SET(peer_names, peer_nested);

static const char *const dev_names[] = {
	[TAILNET_A_DEV_IFINDEX] = "ifindex",
	[TAILNET_A_DEV_IFNAME] = "ifname",
	[TAILNET_A_DEV_PRIVATE_KEY] = "private-key",
	[TAILNET_A_DEV_LISTEN_PORT] = "listen-port",
	[TAILNET_A_DEV_SOCK4] = "sock4",
	[TAILNET_A_DEV_SOCK6] = "sock6",
	[TAILNET_A_DEV_FWMARK] = "fwmark",
	[TAILNET_A_DEV_FLAGS] = "flags",
	[TAILNET_A_DEV_ORPHAN_TIMEOUT] = "orphan-timeout",
};
static const struct attr_set dev_set = LEAF(dev_names);

static const char *const txn_names[] = {
	[TAILNET_A_TXN_TOKEN] = "token",
	[TAILNET_A_TXN_MODE] = "mode",
};
static const struct attr_set txn_set = LEAF(txn_names);

static const char *const top_names[] = {
	[TAILNET_A_DEV] = "dev",
	[TAILNET_A_PEER] = "peer",
	[TAILNET_A_TXN] = "txn",
	[TAILNET_A_STATS] = "stats",
	[TAILNET_A_GENERATION] = "generation",
};
static const struct attr_set *const top_nested[] = {
	[TAILNET_A_DEV] = &dev_set,
	[TAILNET_A_PEER] = &peer_set,
	[TAILNET_A_TXN] = &txn_set,
};
static const struct attr_set top_set = SET(top_names, top_nested);

/**
 * struct place - a path of attribute names being put together
 * @text: "peer KEY endpoint port"
 * @len: in use
 * @has_key: it leads into a peer
 * @key: names that peer
 * @set: names of what is inside the last one; NULL = nothing
 */
struct place {
	char text[200];
	size_t len;
	bool has_key;
	struct node_public key;
	const struct attr_set *set;
};

static void append(struct place *p, const char *word)
{
	int n = snprintf(p->text + p->len, sizeof(p->text) - p->len, "%s%s",
			 p->len ? " " : "", word);

	if (n > 0 && (size_t)n < sizeof(p->text) - p->len)
		p->len += n;
}

static void append_type(struct place *p, int type)
{
	const struct attr_set *set = p->set;
	bool known = set && type < set->n && set->names[type];
	bool inside = known && set->nested && type < set->n_nested;
	char number[32];

	if (known) {
		append(p, set->names[type]);
	} else {
		snprintf(number, sizeof(number), "attribute %d", type);
		append(p, number);
	}
	p->set = inside ? set->nested[type] : NULL;
}

/* A request may hold many peers: say which one. */
static void append_peer_key(struct place *p, const struct nlattr *nest)
{
	const struct nlattr *attr = nla_find(nla_data(nest), nla_len(nest),
					     TAILNET_A_PEER_PUBLIC_KEY);
	struct key_text text;

	if (!attr || nla_len(attr) != KEY_LEN)
		return;
	memcpy(p->key.byte, nla_data(attr), KEY_LEN);
	p->has_key = true;
	append(p, key_format_public(&p->key, &text));
}

/* Walk down from the message to the attribute at @offset. */
static void find_place(struct nl_msg *msg, uint32_t offset, struct place *p)
{
	const char *start = (const char *)nlmsg_hdr(msg);
	const struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(msg));
	const struct nlattr *attr = genlmsg_attrdata(genl, 0);
	int left = genlmsg_attrlen(genl, 0);

	p->set = &top_set;
	while (nla_ok(attr, left)) {
		uint32_t at = (const char *)attr - start;

		if (offset < at)
			return;
		if (offset >= at + nla_total_size(nla_len(attr))) {
			attr = nla_next(attr, &left);
			continue;
		}
		append_type(p, nla_type(attr));
		if (p->set == &peer_set)
			append_peer_key(p, attr);
		if (offset == at || !p->set)
			return;
		left = nla_len(attr);
		attr = nla_data(attr);
	}
}

bool batch_refused_peer(struct nl_msg *msg, const struct nl_refusal *refusal,
			struct node_public *ret)
{
	struct place p = { .set = &top_set };

	if (refusal->has_missing && refusal->missing_nest)
		find_place(msg, refusal->missing_nest, &p);
	else if (refusal->has_attr)
		find_place(msg, refusal->attr_offset, &p);
	if (p.has_key)
		*ret = p.key;
	return p.has_key;
}

int batch_explain(struct nl_msg *msg, const struct nl_refusal *refusal,
		  int err, struct err_detail *detail)
{
	struct place p = { .set = &top_set };
	const char *missing = "";

	if (refusal->has_missing) {
		if (refusal->missing_nest)
			find_place(msg, refusal->missing_nest, &p);
		append_type(&p, refusal->missing_type);
		missing = "missing ";
	} else if (refusal->has_attr) {
		find_place(msg, refusal->attr_offset, &p);
	}

	if (refusal->text[0] && p.len)
		return err_explain(detail, err, "%s (%s%s)", refusal->text,
				   missing, p.text);
	if (refusal->text[0])
		return err_explain(detail, err, "%s", refusal->text);
	if (p.len)
		return err_explain(detail, err, "%s (%s%s)", err_text(err),
				   missing, p.text);
	return err_explain(detail, err, "%s", err_text(err));
}
