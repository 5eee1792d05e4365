// SPDX-License-Identifier: GPL-2.0-only
#include "cli/lock_print.h"

#include "cli/lock_json.h"
#include "model/lock_verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

static void print_hex(struct bytes bytes, FILE *out)
{
	size_t i;

	for (i = 0; i < bytes.len; i++)
		fprintf(out, "%02x", bytes.data[i]);
}

static void print_key_id(struct bytes id, FILE *out)
{
	fputs("tlpub:", out);
	print_hex(id, out);
}

/* Text of others; what is beyond ASCII is left as it is. */
static void print_text(struct bytes text, FILE *out)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		putc(c < 0x20 || c == 0x7f ? '?' : c, out);
	}
}

static void print_name(const char *name, FILE *out)
{
	print_text((struct bytes){ (const uint8_t *)name, strlen(name) }, out);
}

static bool text_is(struct bytes text, const char *s)
{
	return text.len == strlen(s) && memcmp(text.data, s, text.len) == 0;
}

static struct bytes find_meta(const struct lock_meta *meta, const char *name)
{
	size_t i;

	for (i = 0; i < meta->n; i++) {
		if (text_is(meta->item[i].name, name))
			return meta->item[i].value;
	}
	return (struct bytes){ 0 };
}

static void print_key_line(const struct lock_status *status,
			   const struct lock_key *key, FILE *out)
{
	struct bytes id = find_meta(&key->meta, "authkey_stableid");
	struct bytes own = { status->public.byte, KEY_LEN };

	putc('\t', out);
	print_key_id(key->id.b, out);
	fprintf(out, "\t%" PRIu64 "\t", key->votes);
	if (status->has_public && bytes_eq(key->id.b, own))
		fputs("(self)", out);
	if (text_is(find_meta(&key->meta, "purpose"), "pre-auth key")) {
		fputs("(pre-auth key", out);
		if (id.len) {
			putc(' ', out);
			print_text(id, out);
		}
		putc(')', out);
	}
	putc('\n', out);
}

/* @known: the keys that are trusted are; else it may be as it should be */
static void print_peer_line(const struct lock_peer *peer, bool known, FILE *out)
{
	char text[IP_TEXT_MAX];
	struct key_hex hex;
	size_t i;

	putc('\t', out);
	print_name(peer->name, out);
	putc('\t', out);
	for (i = 0; i < peer->n_ip; i++)
		fprintf(out, "%s%s", i ? "," : "",
			ip_format(&peer->ip[i], text));
	putc('\t', out);
	print_name(peer->stable_id, out);
	fprintf(out, "\t%s\n", key_text_format_node(&peer->key, &hex));
	if (!peer->reason)
		return;
	fputs("\t\t", out);
	print_name(peer->reason, out);
	if (!known) {
		putc('\n', out);
		return;
	}
	/* A key that was given up stays so, whoever signs it. */
	if (!strcmp(peer->reason, lock_verdict_text(LOCK_VERDICT_OBSOLETE)))
		fputs("; to give it a new key, there: tailnet up --force-reauth\n",
		      out);
	else
		fprintf(out, "; to let it in: tailnet lock sign %s\n", hex.c);
}

static const char *sig_kind(const struct node_sig_layer *layer)
{
	switch (layer->kind) {
	case NODE_SIG_DIRECT:
		return "direct";
	case NODE_SIG_ROTATION:
		return "rotation";
	case NODE_SIG_CREDENTIAL:
		return "credential";
	}
	return "invalid";
}

/* The layers, each further to the right than the one around it. */
static void print_sig(const struct node_sig *sig, FILE *out)
{
	struct node_public node;
	struct key_short text;
	size_t i;

	for (i = 0; i < sig->n; i++) {
		const struct node_sig_layer *layer = &sig->layer[i];
		int indent = 2 * i;

		if (i)
			fprintf(out, "%*sNested:\n", indent - 2, "");
		fprintf(out, "%*sSigKind: %s\n", indent, "", sig_kind(layer));
		if (node_sig_node(layer, &node))
			fprintf(out, "%*sPubkey: %s\n", indent, "",
				key_text_short_node(&node, &text));
		if (layer->key_id.len) {
			fprintf(out, "%*sKeyID: ", indent, "");
			print_key_id(layer->key_id, out);
			putc('\n', out);
		}
		if (layer->wrapping.len) {
			fprintf(out, "%*sWrappingPubkey: ", indent, "");
			print_key_id(layer->wrapping, out);
			putc('\n', out);
		}
	}
}

static void print_self(const struct lock_status *status, FILE *out)
{
	struct key_hex node, lock;

	if (!status->enabled || !status->has_public || !status->has_node_key)
		return;
	if (!status->has_head) {
		fputs("Whether this node is signed will show when the trusted keys are known.\n",
		      out);
	} else if (status->signed_) {
		fputs("This node is signed: others let it in.\n", out);
		print_sig(&status->sig, out);
	} else {
		fputs("This node is LOCKED OUT: no trusted key has signed it. On a node whose key\n"
		      "is trusted, run:\n\n", out);
		fprintf(out, "\ttailnet lock sign %s %s\n",
			key_text_format_node(&status->node_key, &node),
			key_text_format_lock_cli(&status->public, &lock));
	}
	putc('\n', out);
}

/*
 * A server that keeps changes to itself cannot be told from one that has none:
 * people may know that there should have been some.
 */
static void print_head(const struct lock_status *status, FILE *out)
{
	time_t since = status->head_s;
	struct aum_hash_text text;
	char date[64] = "";
	struct tm tm;

	if (!status->has_head)
		return;
	if (since && gmtime_r(&since, &tm))
		strftime(date, sizeof(date), ", here since %Y-%m-%d %H:%M UTC",
			 &tm);
	fprintf(out, "Newest change of the trusted keys: %s%s\n\n",
		aum_hash_format(&status->head, &text), date);
}

void lock_print_status(const struct lock_status *status, FILE *out)
{
	struct key_hex hex;
	size_t i;

	fprintf(out, "Tailnet Lock is %s.\n\n",
		status->enabled ? "ENABLED" : "NOT enabled");
	if (status->trouble && *status->trouble) {
		fputs(status->enabled && !status->has_head ?
		      "NOBODY is let in: " : "Warning: ", out);
		print_name(status->trouble, out);
		fputs("\n\n", out);
	}
	print_self(status, out);
	if (status->has_public)
		fprintf(out, "Tailnet-lock key of this node: %s\n\n",
			key_text_format_lock_cli(&status->public, &hex));
	if (!status->enabled)
		return;
	print_head(status, out);
	if (status->has_head)
		fputs("Trusted keys, with their votes:\n", out);
	for (i = 0; i < status->n_keys; i++)
		print_key_line(status, &status->keys[i], out);
	if (!status->n_filtered)
		return;
	fputs(status->has_head ?
	      "\nNodes without a valid signature, which are not let in:\n" :
	      "Nodes that are not let in:\n", out);
	for (i = 0; i < status->n_filtered; i++)
		print_peer_line(&status->filtered[i], status->has_head, out);
}

static int print_meta(const struct lock_meta *meta, const char *indent,
		      FILE *out)
{
	struct lock_meta_pair *pair;
	size_t i;

	if (!meta->n)
		return 0;
	pair = lock_meta_by_name(meta);
	if (!pair)
		return -ENOMEM;
	fprintf(out, "%sMetadata: map[", indent);
	for (i = 0; i < meta->n; i++) {
		if (i)
			putc(' ', out);
		print_text(pair[i].name, out);
		putc(':', out);
		print_text(pair[i].value, out);
	}
	fputs("]\n", out);
	free(pair);
	return 0;
}

static int print_key(const struct lock_key *key, const char *indent, FILE *out)
{
	fprintf(out, "%sType: %s\n%sKeyID: ", indent,
		key->kind == LOCK_KEY_25519 ? "25519" : "invalid", indent);
	print_key_id(key->id.b, out);
	putc('\n', out);
	return print_meta(&key->meta, indent, out);
}

static int print_checkpoint(const struct lock_state *state, FILE *out)
{
	size_t i;
	int r = 0;

	fputs("Disablement values:\n", out);
	for (i = 0; i < state->n_values; i++) {
		fputs(" - ", out);
		print_hex(state->values[i].b, out);
		putc('\n', out);
	}
	fputs("Keys:\n", out);
	for (i = 0; i < state->n_keys && r == 0; i++)
		r = print_key(&state->keys[i], "  ", out);
	return r;
}

static int print_change(const struct aum *aum, FILE *out)
{
	fputs("KeyID: ", out);
	print_key_id(aum->key_id, out);
	putc('\n', out);
	if (aum->kind != AUM_UPDATE_KEY)
		return 0;
	if (aum->has_votes)
		fprintf(out, "Votes: %" PRIu64 "\n", aum->votes);
	return print_meta(&aum->meta, "", out);
}

/* A kind that we have no words for. */
static int print_other(const struct aum *aum, FILE *out)
{
	struct secret_buf text = { 0 };
	int r = lock_json_aum(aum, &text);

	if (r < 0)
		return r;
	fwrite(text.data, 1, text.len, out);
	secret_buf_done(&text);
	fputs("\n\n", out);
	return 0;
}

static int print_body(const struct aum *aum, FILE *out)
{
	if (aum->kind == AUM_ADD_KEY && aum->key)
		return print_key(aum->key, "", out);
	if (aum->kind == AUM_REMOVE_KEY || aum->kind == AUM_UPDATE_KEY)
		return print_change(aum, out);
	if (aum->kind == AUM_CHECKPOINT && aum->state)
		return print_checkpoint(aum->state, out);
	return print_other(aum, out);
}

int lock_print_log(const struct lock_update *update, size_t n, bool color,
		   FILE *out)
{
	char kind[AUM_KIND_TEXT_MAX];
	struct aum_hash_text text;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		fprintf(out, "%supdate %s (%s)%s\n", color ? YELLOW : "",
			aum_hash_format(&update[i].hash, &text),
			aum_kind_text(update[i].aum.kind, kind),
			color ? PLAIN : "");
		r = print_body(&update[i].aum, out);
		putc('\n', out);
	}
	return r;
}
