// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tailnet lock of a device: sets keys, gives peers signatures, shows verdicts.
 *
 * usage: lockctl DEV set GENERATION NAME...
 *	  lockctl DEV off GENERATION disabled|local
 *	  lockctl DEV get
 *	  lockctl DEV peer PUBLIC-KEY SIGNATURE [flip|flip-inner]
 *	  lockctl DEV verdict PUBLIC-KEY
 *	  lockctl DEV watch
 *	  lockctl DEV vectors FOLDER
 *	  lockctl DEV filter FOLDER
 *	  lockctl DEV bench PEERS
 *
 * NAME stands for a signing key made of it. SIGNATURE is one of
 *	none				take the signature away
 *	unsigned, not-unsigned		the flag
 *	obsolete, not-obsolete		likewise
 *	direct NAME [WRAPPING]		by a trusted key
 *	chain NAME WRAPPING NODE-KEY...	direct for the first node key, then
 *					rotations by WRAPPING for the others and
 *					at last for PUBLIC-KEY
 *	credential NAME DELEGATED	rotation by DELEGATED
 * "flip" spoils a bit of the outermost signature, "flip-inner" one of the innermost
 * after all are made. Prints "error NAME" with the module's words behind it, and
 * ends with 1, if the module refuses. "vectors" and "filter" install the recorded
 * cases of a folder one by one, or table by table, and compare verdicts; the device
 * must have no peers and is left without. "bench" installs so many signed peers and
 * says how long what takes.
 */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lock_ask.h"
#include "nks.h"
#include "nodesig_hash.h"
#include "tnl.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *const events[] = {
	[TAILNET_EVENT_ADMITTED] = "admitted",
	[TAILNET_EVENT_REFUSED] = "refused",
	[TAILNET_EVENT_LOCK_ON] = "lock-on",
	[TAILNET_EVENT_LOCK_CHANGED] = "lock-changed",
	[TAILNET_EVENT_LOCK_OFF] = "lock-off",
};

static void from_base64(const char *text, uint8_t *key)
{
	size_t len;

	if (sodium_base642bin(key, 32, text, strlen(text), NULL, &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL) || len != 32)
		tnl_die("not a key");
}

struct signer {
	unsigned char public[32], secret[64];
};

static void make_signer(const char *name, struct signer *s)
{
	unsigned char seed[32];

	crypto_generichash(seed, sizeof(seed), (const void *)name,
			   strlen(name), NULL, 0);
	crypto_sign_seed_keypair(s->public, s->secret, seed);
}

/* Signatures. */

static void set_node(struct tn_nodesig_layer *l, const uint8_t *node)
{
	l->pubkey_len = TN_NODESIG_PUBKEY_LEN;
	memcpy(l->pubkey, "np", 2);
	memcpy(l->pubkey + 2, node, 32);
}

static void sign(struct tn_nodesig_layer *layers, unsigned int num,
		 const struct signer *by)
{
	uint8_t bytes[TN_NODESIG_BYTES], hash[32];
	size_t len = tn_nodesig_encode(layers, num, false, bytes);

	tn_blake2s(hash, 32, bytes, len, NULL, 0);
	crypto_sign_detached(layers->sig, NULL, hash, 32, by->secret);
	layers->has_sig = true;
}

/* Put a layer in front. */
static struct tn_nodesig_layer *front(struct tn_nodesig_layer *layers,
				      unsigned int *num)
{
	if (*num == TN_NODESIG_LAYERS)
		tnl_die("too many layers");
	memmove(layers + 1, layers, *num * sizeof(*layers));
	memset(layers, 0, sizeof(*layers));
	(*num)++;
	return layers;
}

/* Direct or credential. */
static void first(struct tn_nodesig_layer *layers, unsigned int *num,
		  uint8_t kind, const char *by, const uint8_t *node,
		  const struct signer *wrapping)
{
	struct tn_nodesig_layer *l = front(layers, num);
	struct signer signer;

	make_signer(by, &signer);
	l->kind = kind;
	if (node)
		set_node(l, node);
	l->key_id_len = 32;
	memcpy(l->key_id, signer.public, 32);
	l->has_wrapping = wrapping;
	if (wrapping)
		memcpy(l->wrapping, wrapping->public, 32);
	sign(layers, *num, &signer);
}

static void rotate(struct tn_nodesig_layer *layers, unsigned int *num,
		   const struct signer *by, const uint8_t *node)
{
	struct tn_nodesig_layer *l = front(layers, num);

	l->kind = TN_NODESIG_ROTATION;
	set_node(l, node);
	sign(layers, *num, by);
}

static unsigned int make_sig(const uint8_t *key, int argc, char **argv,
			     struct tn_nodesig_layer *layers)
{
	struct signer wrapping;
	unsigned int num = 0;
	uint8_t node[32];
	bool wraps;
	int i;

	if (argc >= 2 && !strcmp(argv[0], "direct")) {
		wraps = argc >= 3 && strncmp(argv[2], "flip", 4);
		if (wraps)
			make_signer(argv[2], &wrapping);
		first(layers, &num, TN_NODESIG_DIRECT, argv[1], key,
		      wraps ? &wrapping : NULL);
	} else if (argc >= 4 && !strcmp(argv[0], "chain")) {
		make_signer(argv[2], &wrapping);
		for (i = 3; i < argc && strncmp(argv[i], "flip", 4); i++) {
			from_base64(argv[i], node);
			if (i == 3)
				first(layers, &num, TN_NODESIG_DIRECT, argv[1],
				      node, &wrapping);
			else
				rotate(layers, &num, &wrapping, node);
		}
		rotate(layers, &num, &wrapping, key);
	} else if (argc >= 3 && !strcmp(argv[0], "credential")) {
		make_signer(argv[2], &wrapping);
		first(layers, &num, TN_NODESIG_CREDENTIAL, argv[1], NULL,
		      &wrapping);
		rotate(layers, &num, &wrapping, key);
	} else {
		tnl_die("usage");
	}
	if (!strcmp(argv[argc - 1], "flip"))
		layers->sig[3] ^= 4;
	if (!strcmp(argv[argc - 1], "flip-inner"))
		layers[num - 1].sig[3] ^= 4;
	return num;
}

static int do_peer(const char *text, int argc, char **argv)
{
	struct tn_nodesig_layer layers[TN_NODESIG_LAYERS];
	unsigned int num;
	uint8_t key[32];

	from_base64(text, key);
	if (!strcmp(argv[0], "none"))
		return tnl_report(lock_peer_forget(key));
	if (!strcmp(argv[0], "unsigned"))
		return tnl_report(lock_peer_flag(key, LOCK_FLAG_ON));
	if (!strcmp(argv[0], "not-unsigned"))
		return tnl_report(lock_peer_flag(key, LOCK_FLAG_OFF));
	if (!strcmp(argv[0], "obsolete"))
		return tnl_report(lock_peer_obsolete(key, LOCK_FLAG_ON));
	if (!strcmp(argv[0], "not-obsolete"))
		return tnl_report(lock_peer_obsolete(key, LOCK_FLAG_OFF));
	num = make_sig(key, argc, argv, layers);
	return tnl_report(lock_peer(TAILNET_CMD_PEER_SET, key, layers, num));
}

/* Notifications. */

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct nlattr *event = nlmsg_find_attr(nlh, GENL_HDRLEN,
					       TAILNET_A_EVENT);
	struct nlattr *peer = nlmsg_find_attr(nlh, GENL_HDRLEN,
					      TAILNET_A_PEER);
	struct nlattr *lock = nlmsg_find_attr(nlh, GENL_HDRLEN,
					      TAILNET_A_LOCK);
	struct nlattr *tb[TAILNET_A_PEER_MAX + 1];
	struct nlattr *lb[TAILNET_A_LOCK_MAX + 1];
	char text[64] = "";
	uint32_t n;

	(void)arg;
	if (!event)
		return NL_OK;
	n = nla_get_u32(event);
	printf("event %s", n < ARRAY_SIZE(events) && events[n] ? events[n] :
								"unknown");
	if (peer && !nla_parse_nested(tb, TAILNET_A_PEER_MAX, peer, NULL)) {
		sodium_bin2base64(text, sizeof(text),
				  nla_data(tb[TAILNET_A_PEER_PUBLIC_KEY]), 32,
				  sodium_base64_VARIANT_ORIGINAL);
		printf(" %s %s", text,
		       nla_get_string(tb[TAILNET_A_PEER_VERDICT_NAME]));
	}
	if (lock && !nla_parse_nested(lb, TAILNET_A_LOCK_MAX, lock, NULL))
		printf(" generation=%" PRIu64 " keys=%u reason=%u",
		       nla_get_u64(lb[TAILNET_A_LOCK_GENERATION]),
		       nla_get_u32(lb[TAILNET_A_LOCK_NUM_KEYS]),
		       lb[TAILNET_A_LOCK_OFF_REASON] ?
		       nla_get_u32(lb[TAILNET_A_LOCK_OFF_REASON]) : 0);
	printf("\n");
	fflush(stdout);
	return NL_OK;
}

/* Recorded cases. */

static unsigned int done, wrong, out_of_bounds;

/*
 * One peer with one signature under the keys in force. @want: 1 admitted, 0 not.
 * What does not fit the interface's bounds or is not canonical is refused before
 * it comes here; that must be something to be refused, or @lenient.
 */
static void one_case(const char *name, const uint8_t *node, const uint8_t *sig,
		     int len, bool want, bool lenient)
{
	struct tn_nodesig_layer layers[TN_NODESIG_LAYERS];
	unsigned int num = nks_parse(sig, len, layers);
	const char *verdict;
	int ret;

	done++;
	if (!num) {
		out_of_bounds++;
		if (want && !lenient) {
			wrong++;
			printf("%s: does not fit\n", name);
		}
		return;
	}
	ret = lock_peer(TAILNET_CMD_PEER_NEW, node, layers, num);
	if (ret == -ERANGE || ret == -EINVAL) {
		out_of_bounds++;
		verdict = "refused by the policy";
	} else if (ret) {
		tnl_die(tnl_words());
	} else {
		verdict = lock_verdict(node);
		lock_peer(TAILNET_CMD_PEER_DEL, node, NULL, 0);
	}
	if (!strcmp(verdict, "admitted") == want)
		return;
	if (want && lenient && !strcmp(verdict, "wrapping"))
		return;
	/* Valid, and about a key that it leaves behind: that is the table's. */
	if (want && !strcmp(verdict, "obsolete"))
		return;
	wrong++;
	printf("%s: %s, expected %s\n", name, verdict,
	       want ? "admitted" : "something else");
}

static const char *row_name(const json_t *row, const char *section, size_t i)
{
	const char *name = json_string_value(json_object_get(row, "name"));
	static char text[160];

	snprintf(text, sizeof(text), "%s %zu %s", section, i, name ? name : "");
	return text;
}

static json_t *open_vectors(const char *base, const char *folder,
			    const char *name)
{
	json_t *root = vectors_open(base, folder, name);

	if (!root)
		tnl_die("no vectors");
	return root;
}

static void use_keys(uint8_t (*keys)[32], size_t num)
{
	if (lock_set(lock_next_generation(), keys, num))
		tnl_die(tnl_words());
}

static void derived_cases(const char *base)
{
	json_t *root = open_vectors(base, "tka", "nks.json"), *row;
	uint8_t keys[64][32], node[32], sig[8192];
	size_t i, num = 0;

	json_array_foreach(json_object_get(root, "trusted_keys"), i, row)
		num += hex_member(row, "key_id", keys[num], 32) == 32;
	use_keys(keys, num);
	json_array_foreach(json_object_get(root, "cases"), i, row) {
		json_t *required = json_object_get(row, "required");

		hex_member(row, "node_key", node, 32);
		one_case(row_name(row, "derived", i), node, sig,
			 hex_member(row, "cbor", sig, sizeof(sig)),
			 json_is_true(json_object_get(required, "accept")),
			 false);
	}
	json_decref(root);
}

static void recorded_cases(const char *base)
{
	json_t *root = open_vectors(base, "tka-reference", "nks.json");
	json_t *row, *authority, *key;
	uint8_t keys[64][32], node[32], sig[8192];
	size_t i, j, k, num;

	json_array_foreach(json_object_get(root, "authorities"), j, authority) {
		num = 0;
		json_array_foreach(json_object_get(authority, "keys"), k, key)
			num += hex_member(key, "public", keys[num], 32) == 32;
		use_keys(keys, num);
		json_array_foreach(json_object_get(root, "authorization"), i,
				   row) {
			if (!json_equal(json_object_get(row, "authority"),
					json_object_get(authority, "name")))
				continue;
			hex_member(row, "node_public", node, 32);
			one_case(row_name(row, "recorded", i), node, sig,
				 hex_member(row, "signature", sig, sizeof(sig)),
				 json_is_true(json_object_get(row,
							      "authorized")),
				 true);
		}
	}
	json_decref(root);
}

static void curve_cases(const char *base)
{
	static const char *const sections[] = { "direct_signatures",
						"rotation_signatures" };
	json_t *root = open_vectors(base, "tka-reference", "ed25519.json");
	uint8_t keys[64][32], node[32], sig[8192];
	json_t *row;
	size_t i, s;
	int len;

	len = hex_text(json_string_value(json_array_get(json_object_get(
		root, "authority_genesis"), 0)), sig, sizeof(sig));
	use_keys(keys, nks_trusted(sig, len, keys, 64));
	for (s = 0; s < 2; s++) {
		json_array_foreach(json_object_get(root, sections[s]), i, row) {
			hex_member(row, "node_public", node, 32);
			one_case(row_name(row, sections[s], i), node, sig,
				 hex_member(row, "signature", sig, sizeof(sig)),
				 json_is_true(json_object_get(row,
							      "authorized")),
				 s);
		}
	}
	json_decref(root);
}

static int vectors(const char *base)
{
	derived_cases(base);
	recorded_cases(base);
	curve_cases(base);
	printf("%u cases, %u of them out of bounds, %u wrong\n", done,
	       out_of_bounds, wrong);
	return wrong != 0;
}

/* Whole tables. */

static void put_filter_peer(struct nl_msg *msg, const json_t *peer)
{
	struct tn_nodesig_layer layers[TN_NODESIG_LAYERS];
	bool is_unsigned = json_is_true(json_object_get(peer,
						"unsigned_peerapi_only"));
	uint8_t node[32], sig[8192];
	int len;

	hex_member(peer, "node_key", node, 32);
	len = hex_member(peer, "signature", sig, sizeof(sig));
	lock_put_peer(msg, node, layers, nks_parse(sig, len < 0 ? 0 : len, layers),
		 is_unsigned ? LOCK_FLAG_ON : LOCK_FLAG_AS_IS);
}

static void filter_check(const char *name, const char *how, const json_t *row)
{
	const json_t *keep = json_object_get(row, "keep"), *peer, *id;
	const char *verdict;
	uint8_t node[32];
	size_t i, j;
	bool kept, got;

	json_array_foreach(json_object_get(row, "peers"), i, peer) {
		kept = false;
		json_array_foreach(keep, j, id)
			kept |= json_equal(id, json_object_get(peer, "id"));
		hex_member(peer, "node_key", node, 32);
		verdict = lock_verdict(node);
		got = !strcmp(verdict, "admitted") ||
		      !strcmp(verdict, "peer-api");
		done++;
		if (got == kept)
			continue;
		wrong++;
		printf("%s, %s: peer %zu is %s\n", name, how, i, verdict);
	}
}

static void filter_clear(const json_t *row)
{
	uint8_t node[32];
	const json_t *peer;
	size_t i;

	json_array_foreach(json_object_get(row, "peers"), i, peer) {
		hex_member(peer, "node_key", node, 32);
		lock_peer(TAILNET_CMD_PEER_DEL, node, NULL, 0);
	}
}

/* All at once, then one by one in both orders, then keys last. */
static void filter_case(const json_t *row, uint8_t (*keys)[32], size_t num)
{
	const char *name = json_string_value(json_object_get(row, "name"));
	const json_t *peers = json_object_get(row, "peers"), *peer;
	struct nl_msg *msg = tnl_msg(TAILNET_CMD_PEER_NEW);
	size_t i, n = json_array_size(peers);

	json_array_foreach(peers, i, peer)
		put_filter_peer(msg, peer);
	if (tnl_talk(msg, NULL, NULL))
		tnl_die(tnl_words());
	filter_check(name, "at once", row);
	use_keys(keys, 0);
	use_keys(keys, num);
	filter_check(name, "keys last", row);
	filter_clear(row);
	for (i = 0; i < 2 * n; i++) {
		if (i == n) {
			filter_check(name, "one by one", row);
			filter_clear(row);
		}
		msg = tnl_msg(TAILNET_CMD_PEER_NEW);
		put_filter_peer(msg, json_array_get(peers, i < n ? i :
						    2 * n - 1 - i));
		if (tnl_talk(msg, NULL, NULL))
			tnl_die(tnl_words());
	}
	filter_check(name, "last one first", row);
	filter_clear(row);
}

static int filter(const char *base)
{
	json_t *root = open_vectors(base, "tka", "peer-filter.json"), *row;
	uint8_t keys[8][32];
	size_t i, num = 0;

	json_array_foreach(json_object_get(root, "trusted_keys"), i, row)
		num += hex_member(row, "key_id", keys[num], 32) == 32;
	use_keys(keys, num);
	json_array_foreach(json_object_get(root, "cases"), i, row)
		if (json_object_get(row, "peers"))
			filter_case(row, keys, num);
	json_decref(root);
	printf("%u verdicts, %u wrong\n", done, wrong);
	return wrong != 0;
}

/* Many peers. */

static uint32_t token;

static int on_token(struct nl_msg *msg, void *arg)
{
	struct nlattr *top = nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN,
					     TAILNET_A_TXN);
	struct nlattr *tb[TAILNET_A_TXN_MAX + 1];

	(void)arg;
	if (top && !nla_parse_nested(tb, TAILNET_A_TXN_MAX, top, NULL))
		token = nla_get_u32(tb[TAILNET_A_TXN_TOKEN]);
	return NL_OK;
}

static struct nl_msg *new_txn_msg(uint8_t cmd, bool begin)
{
	struct nl_msg *msg = tnl_msg(cmd);
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_TXN);

	if (begin)
		nla_put_u32(msg, TAILNET_A_TXN_MODE, TAILNET_TXN_REPLACE);
	else
		nla_put_u32(msg, TAILNET_A_TXN_TOKEN, token);
	nla_nest_end(msg, nest);
	return msg;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void must(int ret)
{
	if (ret)
		tnl_die(tnl_words());
}

/* A table of @n peers, each signed by alice, in the place of the one there is. */
static void install(unsigned int n, const struct tn_nodesig_layer *sigs)
{
	struct nl_msg *msg;
	unsigned int i;

	must(tnl_talk(new_txn_msg(TAILNET_CMD_TXN_BEGIN, true), on_token, NULL));
	for (i = 0; i < n;) {
		msg = new_txn_msg(TAILNET_CMD_TXN_ADD, false);
		do {
			lock_put_peer(msg, sigs[i].pubkey + 2, &sigs[i], 1,
				 LOCK_FLAG_AS_IS);
		} while (++i % 1000 && i < n);
		must(tnl_talk(msg, NULL, NULL));
	}
	must(tnl_talk(new_txn_msg(TAILNET_CMD_TXN_COMMIT, false), NULL, NULL));
}

static int bench(unsigned int n)
{
	struct tn_nodesig_layer *sigs = calloc(n + 1, sizeof(*sigs));
	struct signer alice, bob;
	uint8_t keys[2][32], node[32];
	unsigned int i, num;
	double t;

	make_signer("alice", &alice);
	make_signer("bob", &bob);
	for (i = 0; i < n; i++) {
		num = 0;
		randombytes_buf(node, 32);
		first(sigs + i, &num, TN_NODESIG_DIRECT, "alice", node, NULL);
	}
	memcpy(keys[0], alice.public, 32);
	memcpy(keys[1], bob.public, 32);

	t = seconds();
	install(n, sigs);
	printf("%u peers, lock off: %.3f s\n", n, seconds() - t);
	t = seconds();
	use_keys(keys, 1);
	printf("lock on, all checked: %.3f s\n", seconds() - t);
	t = seconds();
	install(n, sigs);
	printf("the same table again: %.3f s\n", seconds() - t);
	t = seconds();
	use_keys(keys, 2);
	printf("one key more: %.3f s\n", seconds() - t);
	t = seconds();
	use_keys(keys + 1, 1);
	printf("all refused: %.3f s\n", seconds() - t);
	t = seconds();
	use_keys(keys, 1);
	printf("all admitted: %.3f s\n", seconds() - t);
	install(0, sigs);
	t = seconds();
	install(n, sigs);
	printf("%u peers, lock on: %.3f s\n", n, seconds() - t);
	install(0, sigs);
	return 0;
}

static int set_named(uint64_t generation, int argc, char **argv)
{
	static uint8_t keys[1024][32];
	struct signer s;
	int i;

	for (i = 0; i < argc && i < 1024; i++) {
		make_signer(argv[i], &s);
		memcpy(keys[i], s.public, 32);
	}
	return tnl_report(lock_set(generation, keys, i));
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	uint8_t key[32];

	if (sodium_init() < 0 || argc < 3)
		tnl_die("usage");
	tnl_open("lockctl", argv[1]);
	if (!strcmp(what, "set") && argc > 3)
		return set_named(strtoull(argv[3], NULL, 0), argc - 4,
				 argv + 4);
	if (!strcmp(what, "off") && argc == 5)
		return tnl_report(lock_off(strtoull(argv[3], NULL, 0),
				       !strcmp(argv[4], "local") ?
				       TAILNET_LOCK_OFF_LOCAL :
				       !strcmp(argv[4], "disabled") ?
				       TAILNET_LOCK_OFF_DISABLED : 0));
	if (!strcmp(what, "get"))
		return tnl_report(lock_show());
	if (!strcmp(what, "peer") && argc > 4)
		return do_peer(argv[3], argc - 4, argv + 4);
	if (!strcmp(what, "verdict") && argc == 4) {
		from_base64(argv[3], key);
		printf("%s\n", lock_verdict(key));
		return 0;
	}
	if (!strcmp(what, "watch"))
		return tnl_watch(TAILNET_MCGRP_ADMISSION, on_event);
	if (!strcmp(what, "vectors") && argc == 4)
		return vectors(argv[3]);
	if (!strcmp(what, "filter") && argc == 4)
		return filter(argv[3]);
	if (!strcmp(what, "bench") && argc == 4)
		return bench(strtoul(argv[3], NULL, 0));
	tnl_die("usage");
}
