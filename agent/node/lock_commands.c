// SPDX-License-Identifier: GPL-2.0-only
#include "node/lock_commands.h"

#include "base/log.h"
#include "crypto/lock_key.h"
#include "lock/auth_key.h"
#include "lock/build.h"
#include "lock/disable.h"
#include "lock/disable_job.h"
#include "lock/sig.h"
#include "lock/state.h"
#include "node/core.h"
#include "node/lock_show.h"
#include "node/lock_signer.h"
#include "node_lock.h"
#include "wire/aum.h"
#include "wire/tka_rpc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

/**
 * struct lock_command - one that waits for the server
 * @link: in node_own.commands
 * @node: whose
 * @call: who waits
 * @mem: owns what it needs
 * @rpc: under way, or NULL
 * @check: likewise, of @secret
 * @answer: reads what the server says: 0 = done, 1 = it has asked something
 *	else, below 0 = failed
 * @head: that the server has to name
 * @key_id: whose signatures were asked for
 * @secret: that turns the lock off, if it is right
 * @support: goes with the end of an init
 * @list: for who waits
 * @n: how many
 */
struct lock_command {
	struct list link;
	struct node_own *node;
	struct node_lock_call call;
	struct arena *mem;
	struct rpc *rpc;
	struct disable_job *check;
	int (*answer)(struct lock_command *cmd, const char *text, size_t len,
		      struct err_detail *detail);
	struct aum_hash head;
	struct bytes key_id;
	struct secret_buf secret;
	struct bytes support;
	const struct bytes *list;
	size_t n;
};

static void command_free(struct lock_command *cmd)
{
	if (!cmd)
		return;
	list_del(&cmd->link);
	rpc_cancel(cmd->rpc);
	disable_job_cancel(cmd->check);
	secret_buf_done(&cmd->secret);
	arena_put(cmd->mem);
	free(cmd);
}

DEFINE_CLEANUP(command, struct lock_command *, command_free)

static struct lock_command *command_new(struct node_own *node,
					const struct node_lock_call *call)
{
	struct lock_command *cmd = calloc(1, sizeof(*cmd));

	if (!cmd)
		return NULL;
	list_init(&cmd->link);
	cmd->node = node;
	cmd->call = *call;
	cmd->mem = arena_new();
	if (!cmd->mem) {
		command_free(cmd);
		return NULL;
	}
	return cmd;
}

static void finish(struct lock_command *cmd, int err,
		   const struct err_detail *detail)
{
	list_del(&cmd->link);
	cmd->call.done(cmd->call.ctx, err, detail, cmd->list,
		       err < 0 ? 0 : cmd->n);
	command_free(cmd);
}

void lock_commands_end(struct node_own *node)
{
	static const struct err_detail detail = { "the agent ends" };

	while (!list_empty(&node->commands))
		finish(list_entry(node->commands.next, struct lock_command,
				  link), -ECANCELED, &detail);
}

static int refused_by_server(const struct rpc_answer *answer,
			     struct err_detail *detail)
{
	if (answer->status == 404 || answer->status == 501)
		return err_explain(detail, TNE_UNSUPPORTED,
				   "the control server has no tailnet lock");
	return err_explain(detail, TNE_CONTROL_STATUS,
			   "the control server refuses: %d %.*s",
			   answer->status,
			   (int)(answer->len < 200 ? answer->len : 200),
			   answer->body ? answer->body : "");
}

static void on_answer(void *ctx, const struct rpc_answer *answer)
{
	struct lock_command *cmd = ctx;
	struct err_detail detail = { "" };
	int r = answer->err;

	cmd->rpc = NULL;
	if (r < 0)
		err_explain(&detail, r, "no answer of the control server: %s",
			    err_text(r));
	else if (answer->status != 200)
		r = refused_by_server(answer, &detail);
	else
		r = cmd->answer(cmd, answer->body ? answer->body : "",
				answer->len, &detail);
	if (r <= 0)
		finish(cmd, r, &detail);
}

/* @body: moved. Return: 1, or an error. */
static int ask(struct lock_command *cmd, const char *path, size_t answer_max,
	       struct secret_buf *body, struct err_detail *detail)
{
	const struct rpc_request request = {
		.method = "GET", .path = path,
		.body = body->data, .len = body->len,
		.answer_max = answer_max, .timeout_ms = TKA_TIMEOUT_MS,
	};
	struct node_own *node = cmd->node;
	int r = node->client ? rpc_send(client_rpcs(node->client), &request,
					on_answer, cmd, &cmd->rpc) : -ENOTCONN;

	secret_buf_done(body);
	if (r == -ENOTCONN)
		return err_explain(detail, TNE_NOT_READY,
				   "there is no connection to the control server; see: tailnet status");
	return r < 0 ? r : 1;
}

typedef int (*answer_fn)(struct lock_command *cmd, const char *text, size_t len,
			 struct err_detail *detail);

/*
 * The first question of a command, if all went well so far: @r. Return: 0, and
 * from now on the command is the node's, or an error.
 */
static int begin(struct lock_command *cmd, int r, const char *path,
		 size_t answer_max, struct secret_buf *body, answer_fn answer,
		 struct err_detail *detail)
{
	if (r < 0)
		return r;
	cmd->answer = answer;
	r = ask(cmd, path, answer_max, body, detail);
	if (r < 0)
		return r;
	list_add(&cmd->node->commands, &cmd->link);
	return 0;
}

static int take_empty(struct lock_command *cmd, const char *text, size_t len,
		      struct err_detail *detail)
{
	(void)cmd;
	return tka_empty_parse(text, len, detail);
}

static int need_authority(struct node_own *node, struct err_detail *detail,
			  struct authority **ret)
{
	*ret = lock_side_authority(&node->lock);
	if (*ret)
		return 0;
	if (lock_side_mode(&node->lock) == LOCK_MODE_OFF)
		return err_explain(detail, TNE_NOT_READY,
				   "the tailnet lock is not enabled; to turn it on, run: tailnet lock init");
	return err_explain(detail, TNE_NOT_READY,
			   "the tailnet lock cannot be worked with: %s",
			   *node->lock.trouble ? node->lock.trouble :
			   "it is not known yet which keys it trusts");
}

static struct bytes own_id(const struct node_own *node)
{
	return (struct bytes){
		.data = node->identity.persist.lock.byte, .len = KEY_LEN,
	};
}

/* An authority, and our own key trusted by it. */
static int need_signer(struct node_own *node, struct err_detail *detail,
		       struct authority **ret, struct lock_signer *ret_signer)
{
	int r = need_authority(node, detail, ret);
	struct key_hex hex;

	if (r < 0)
		return r;
	*ret_signer = lock_signer_of(&node->identity.persist);
	if (!lock_state_find_key(authority_state(*ret), own_id(node)))
		return err_explain(detail, TNE_LOCK_SIGNER,
				   "this node's lock key is not trusted; run this on a node whose key is, or there: tailnet lock add %s",
				   key_text_format_lock_cli(&ret_signer->public,
							    &hex));
	return 0;
}

static const struct tka_caller *caller(const struct node_own *node)
{
	return &node->lock.sync.config.caller;
}

/* Questions */

static int cmp_wg_peer(const void *a, const void *b)
{
	return key_cmp_public(&((const struct wg_peer *)a)->key,
			      &((const struct wg_peer *)b)->key);
}

static int lock_status(void *ctx, struct arena *mem, struct lock_status *ret)
{
	struct node_own *node = ctx;
	struct wg_device dev = { 0 };
	const struct lock_show_input in = {
		.lock = &node->lock, .netmap = node->netmap,
		.persist = &node->identity.persist, .device = &dev,
	};
	int r;

	if (data_side_read(&node->data, true, &dev) < 0)
		wg_device_drop_peers(&dev);
	if (dev.n_peers)
		qsort(dev.peers, dev.n_peers, sizeof(*dev.peers), cmp_wg_peer);
	r = lock_show_status(&in, mem, ret);
	wg_device_done(&dev);
	return r;
}

static int lock_state_id(void *ctx, uint64_t *ret)
{
	struct node_own *node = ctx;
	struct authority *authority = lock_side_authority(&node->lock);

	if (!authority)
		return -ENODATA;
	*ret = authority_state(authority)->id1;
	return 0;
}

static int lock_log(void *ctx, size_t limit, struct arena *mem,
		    struct lock_update **ret, size_t *ret_n)
{
	struct node_own *node = ctx;
	struct authority *authority = lock_side_authority(&node->lock);

	if (!authority)
		return -ENODATA;
	if (limit > NODE_LOCK_LOG_MAX)
		limit = NODE_LOCK_LOG_MAX;
	return lock_show_log(authority, limit, mem, ret, ret_n);
}

/* Begin an authority */

static int sign_all(struct lock_command *cmd, const struct tka_node *node,
		    size_t n, struct tka_node_sig *ret)
{
	const struct lock_signer signer =
		lock_signer_of(&cmd->node->identity.persist);
	struct key_short text;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		log_notice("lock: signing node key %s",
			   key_text_short_node(&node[i].key, &text));
		ret[i].id = node[i].id;
		r = sign_node(&signer, &node[i].key,
			      node[i].has_rotation ? &node[i].rotation : NULL,
			      cmd->mem, &ret[i].sig);
	}
	return r;
}

/* The nodes that there are have to be signed before it is on. */
static int take_init_begin(struct lock_command *cmd, const char *text,
			   size_t len, struct err_detail *detail)
{
	struct secret_buf body = { 0 };
	const struct tka_node *node;
	struct tka_node_sig *sigs;
	size_t n;
	int r;

	r = tka_init_begin_parse(text, len, cmd->mem, detail, &node, &n);
	if (r < 0)
		return r;
	sigs = arena_array(cmd->mem, n, sizeof(*sigs));
	if (!sigs)
		return -ENOMEM;
	r = sign_all(cmd, node, n, sigs);
	if (r == 0)
		r = tka_init_finish_build(caller(cmd->node), sigs, n,
					  cmd->support, &body);
	if (r < 0)
		return r;
	cmd->answer = take_empty;
	return ask(cmd, TKA_PATH_INIT_FINISH, TKA_SHORT_ANSWER_MAX, &body,
		   detail);
}

static int check_init(struct node_own *node, struct err_detail *detail)
{
	const struct node *self = node->netmap ? node->netmap->self : NULL;

	if (lock_side_mode(&node->lock) != LOCK_MODE_OFF)
		return err_explain(detail, TNE_LOCK_EXISTS,
				   "the tailnet lock is enabled already; see: tailnet lock status");
	if (!self)
		return err_explain(detail, TNE_NOT_READY,
				   "this node is not connected; run: tailnet up");
	if (!node_find_cap(self, SYNC_CAPABILITY))
		return err_explain(detail, -EPERM,
				   "the control server does not let this tailnet have a lock");
	return 0;
}

static int lock_init(void *ctx, const struct lock_local_init *init,
		     const struct node_lock_call *call,
		     struct err_detail *detail)
{
	struct lock_command *cmd auto_clean(command) = command_new(ctx, call);
	struct node_own *node = ctx;
	struct secret_buf body = { 0 };
	struct lock_signer signer;
	struct bytes genesis;
	uint64_t id[2];
	int r;

	if (!cmd)
		return -ENOMEM;
	r = check_init(node, detail);
	if (r < 0)
		return r;
	signer = lock_signer_of(&node->identity.persist);
	randombytes_buf(id, sizeof(id));
	r = build_genesis(init->keys, init->n_keys, init->values,
			  init->n_values, id, &signer, cmd->mem, &genesis);
	if (r == TNE_LOCK_SIGNER)
		err_explain(detail, r, "the lock key of this node has to be among the trusted keys");
	if (r == 0)
		r = arena_bytes(cmd->mem, init->support, &cmd->support);
	if (r == 0)
		r = tka_init_begin_build(caller(node), genesis, &body);
	r = begin(cmd, r, TKA_PATH_INIT_BEGIN, TKA_ANSWER_MAX, &body,
		  take_init_begin, detail);
	if (r == 0)
		steal(cmd);
	return r;
}

/* Let nodes in, change keys */

static int lock_sign(void *ctx, const struct lock_local_sign *sign,
		     const struct node_lock_call *call,
		     struct err_detail *detail)
{
	struct lock_command *cmd auto_clean(command) = command_new(ctx, call);
	struct secret_buf body = { 0 };
	struct authority *authority;
	struct lock_signer signer;
	struct bytes sig;
	int r;

	if (!cmd)
		return -ENOMEM;
	r = need_signer(ctx, detail, &authority, &signer);
	if (r == 0)
		r = sign_node(&signer, &sign->node, sign->has_rotation ?
			      &sign->rotation : NULL, cmd->mem, &sig);
	if (r == 0)
		r = tka_sign_build(caller(ctx), sig, &body);
	r = begin(cmd, r, TKA_PATH_SIGN, TKA_SHORT_ANSWER_MAX, &body,
		  take_empty, detail);
	if (r == 0)
		steal(cmd);
	return r;
}

/* In force only once the server has taken the last of them. */
static int take_sent(struct lock_command *cmd, const char *text, size_t len,
		     struct err_detail *detail)
{
	struct aum_hash head;
	int r = tka_send_parse(text, len, detail, &head);

	if (r == 0 && !aum_hash_eq(&head, &cmd->head))
		return err_explain(detail, TNE_LOCK_ANSWER,
				   "the control server did not take the change: its newest update is another one; run the same again");
	return r;
}

static int build_changes(const struct lock_local_modify *modify,
			 struct builder *builder)
{
	size_t i;
	int r = 0;

	for (i = 0; i < modify->n_add && r == 0; i++)
		r = build_add_key(builder, &modify->add[i]);
	for (i = 0; i < modify->n_remove && r == 0; i++)
		r = build_remove_key(builder, modify->remove[i].id.b);
	return r < 0 ? r : build_finish(builder);
}

static int lock_modify(void *ctx, const struct lock_local_modify *modify,
		       const struct node_lock_call *call,
		       struct err_detail *detail)
{
	struct lock_command *cmd auto_clean(command) = command_new(ctx, call);
	struct secret_buf body = { 0 };
	struct authority *authority;
	struct lock_signer signer;
	struct builder builder;
	int r;

	if (!cmd)
		return -ENOMEM;
	r = need_signer(ctx, detail, &authority, &signer);
	if (r == 0)
		r = build_begin(authority, &signer, cmd->mem, &builder);
	if (r == 0)
		r = build_changes(modify, &builder);
	if (r == 0 && !builder.n)
		r = err_explain(detail, TNE_LOCK_APPLY, "no key is changed");
	if (r == TNE_LOCK_APPLY && !detail->text[0])
		err_explain(detail, r, "a key that is added is trusted already, or one that is removed is not, or is the last; see: tailnet lock status");
	if (r == 0)
		r = aum_hash(builder.update[builder.n - 1], &cmd->head);
	if (r == 0)
		r = tka_send_build(caller(ctx), &authority_head(authority)->hash,
				   builder.update, builder.n, true, &body);
	r = begin(cmd, r, TKA_PATH_SEND, TKA_ANSWER_MAX, &body, take_sent,
		  detail);
	if (r == 0)
		steal(cmd);
	return r;
}

static int lock_submit(void *ctx, struct bytes update,
		       const struct node_lock_call *call,
		       struct err_detail *detail)
{
	struct lock_command *cmd auto_clean(command) = command_new(ctx, call);
	struct secret_buf body = { 0 };
	struct authority *authority;
	struct aum aum;
	int r;

	if (!cmd)
		return -ENOMEM;
	r = need_authority(ctx, detail, &authority);
	if (r == 0)
		r = aum_parse(update, cmd->mem, &aum);
	if (r == 0)
		r = aum_check(&aum);
	if (r == TNE_CBOR || r == TNE_LOCK_AUM)
		err_explain(detail, r, "this is not what was printed by: tailnet lock revoke-keys");
	if (r == 0)
		r = aum_hash(update, &cmd->head);
	if (r == 0)
		r = tka_send_build(caller(ctx), &cmd->head, &update, 1, false,
				   &body);
	r = begin(cmd, r, TKA_PATH_SEND, TKA_ANSWER_MAX, &body, take_sent,
		  detail);
	if (r == 0)
		steal(cmd);
	return r;
}

/* Which nodes a key stands behind */

static int take_affected(struct lock_command *cmd, const char *text, size_t len,
			 struct err_detail *detail)
{
	struct authority *authority = lock_side_authority(&cmd->node->lock);
	struct node_public node;
	size_t i;
	int r;

	if (!authority)
		return TNE_NOT_READY;
	r = tka_affected_parse(text, len, cmd->mem, detail, &cmd->list,
			       &cmd->n);
	for (i = 0; i < cmd->n && r == 0; i++) {
		r = sig_check_affected(authority_state(authority), cmd->key_id,
				       cmd->list[i], &node);
		if (r < 0 && r != -ENOMEM)
			r = err_explain(detail, TNE_LOCK_ANSWER,
					"the control server names a signature that the key did not make; to remove the key all the same, run: tailnet lock remove --re-sign=false");
	}
	return r;
}

static int lock_affected(void *ctx, struct bytes key_id,
			 const struct node_lock_call *call,
			 struct err_detail *detail)
{
	struct lock_command *cmd auto_clean(command) = command_new(ctx, call);
	struct secret_buf body = { 0 };
	struct authority *authority;
	int r;

	if (!cmd)
		return -ENOMEM;
	r = need_authority(ctx, detail, &authority);
	if (r == 0)
		r = arena_bytes(cmd->mem, key_id, &cmd->key_id);
	if (r == 0)
		r = tka_affected_build(caller(ctx), key_id, &body);
	r = begin(cmd, r, TKA_PATH_AFFECTED, TKA_SHORT_ANSWER_MAX, &body,
		  take_affected, detail);
	if (r == 0)
		steal(cmd);
	return r;
}

/* The end of it */

static void on_derived(void *ctx, int err, const uint8_t *value)
{
	struct lock_command *cmd = ctx;
	struct err_detail detail = { "" };
	struct secret_buf body = { 0 };
	struct authority *authority;
	int r = err;

	cmd->check = NULL;
	if (r == 0)
		r = need_authority(cmd->node, &detail, &authority);
	/* A wrong one must not be shown to the server. */
	if (r == 0)
		r = disable_match(authority_state(authority), value);
	if (r == TNE_LOCK_SECRET)
		err_explain(&detail, r, "the secret is not one of this tailnet lock; to turn it off on this node alone, run: tailnet lock local-disable");
	if (r == 0)
		r = tka_disable_build(caller(cmd->node),
				      &authority_head(authority)->hash,
				      (struct bytes){
					(const uint8_t *)cmd->secret.data,
					cmd->secret.len,
				      }, &body);
	cmd->answer = take_empty;
	if (r == 0)
		r = ask(cmd, TKA_PATH_DISABLE, TKA_SHORT_ANSWER_MAX, &body,
			&detail);
	if (r < 0)
		finish(cmd, r, &detail);
}

static int keep_secret(struct bytes secret, struct secret_buf *ret)
{
	int r = secret_buf_reserve(ret, secret.len);

	if (r == 0 && secret.len)
		memcpy(ret->data, secret.data, secret.len);
	if (r == 0)
		ret->len = secret.len;
	return r;
}

static int lock_disable(void *ctx, struct bytes secret,
			const struct node_lock_call *call,
			struct err_detail *detail)
{
	struct lock_command *cmd auto_clean(command) = command_new(ctx, call);
	struct node_own *node = ctx;
	struct authority *authority;
	int r;

	if (!cmd)
		return -ENOMEM;
	r = need_authority(node, detail, &authority);
	if (r == 0)
		r = keep_secret(secret, &cmd->secret);
	if (r == 0)
		r = disable_job_start(node->config.loop, secret, on_derived,
				      cmd, &cmd->check);
	if (r < 0)
		return r;
	list_add(&node->commands, &cmd->link);
	steal(cmd);
	return 0;
}

static int lock_local_disable(void *ctx, struct err_detail *detail)
{
	struct node_own *node = ctx;
	struct str_list *denied = &node->identity.persist.disallowed;
	enum lock_mode mode = lock_side_mode(&node->lock);
	char id[AUTHORITY_ID_TEXT_MAX];
	int r = 0;

	if (node->lock.genesis)
		return err_explain(detail, TNE_NOT_READY,
				   "LockGenesis in the file of settings says that this node is always under a tailnet lock; take that line out first, and start tailnetd anew");
	if (mode == LOCK_MODE_OFF)
		return err_explain(detail, TNE_NOT_READY,
				   "the tailnet lock is not enabled; see: tailnet lock status");
	/*
	 * What is given up is one authority, by its name. Without one, a word of
	 * the server would be enough to have this node let in everybody, and
	 * under whatever lock came next it would be again.
	 */
	if (mode == LOCK_MODE_WAITING)
		return err_explain(detail, TNE_NOT_READY,
				   "the control server says that there is a tailnet lock but has not shown it, so it is not known which one to give up: peers stay out until it shows it or takes it back; nothing has changed. See: tailnet lock status");
	if (lock_side_id(&node->lock, id) &&
	    str_list_find(denied, id) == denied->n)
		r = str_list_add(denied, id, strlen(id));
	/* First of all on disk, or the next start would take it up again. */
	if (r == 0)
		r = node_save(node, detail);
	if (r < 0)
		return r;
	log_notice("lock: turned off on this node, by its owner");
	return lock_side_give_up(&node->lock, denied, detail);
}

/* What is signed without the server */

static int lock_wrap(void *ctx, const char *auth_key, struct secret32 *seed,
		     const struct lock_public *public, struct secret_buf *ret,
		     struct err_detail *detail)
{
	const struct lock_signer signer = { .seed = seed, .public = *public };
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_signer delegate = { 0 };
	struct bytes credential;
	int r = mem ? 0 : -ENOMEM;

	(void)ctx;
	(void)detail;
	delegate.seed = secret32_new();
	if (!delegate.seed)
		r = -ENOMEM;
	if (r == 0) {
		secret_random(delegate.seed);
		r = lock_key_derive(delegate.seed, &delegate.public);
	}
	if (r == 0)
		r = sign_credential(&signer, &delegate.public, mem,
				    &credential);
	if (r == 0)
		r = auth_key_wrap(auth_key, credential, &delegate, ret);
	secret32_free(delegate.seed);
	return r;
}

/* Nothing but such an update is ever signed for others. */
static int check_recovery(const struct authority *authority,
			  struct bytes update, struct arena *mem)
{
	const struct lock_state *state = authority_state(authority);
	struct aum aum;
	int r = aum_parse(update, mem, &aum);

	if (r < 0)
		return r;
	if (aum.kind != AUM_CHECKPOINT || !aum.state ||
	    aum.state->id1 != state->id1 || aum.state->id2 != state->id2)
		return TNE_LOCK_AUM;
	return 0;
}

static int lock_cosign(void *ctx, struct bytes update, struct arena *mem,
		       struct bytes *ret, struct err_detail *detail)
{
	struct authority *authority;
	struct lock_signer signer;
	int r = need_signer(ctx, detail, &authority, &signer);

	if (r == 0)
		r = check_recovery(authority, update, mem);
	if (r == 0)
		r = build_cosign(update, &signer, mem, ret);
	if (r == TNE_CBOR || r == TNE_LOCK_AUM)
		err_explain(detail, r, "this is not what was printed by: tailnet lock revoke-keys");
	if (r == TNE_LOCK_EXISTS)
		err_explain(detail, r, "this node has signed it already; to put it into force, run: tailnet lock revoke-keys --finish");
	return r;
}

static int lock_recovery(void *ctx, const struct lock_local_recovery *recovery,
			 struct arena *mem, struct bytes *ret,
			 struct err_detail *detail)
{
	struct authority *authority;
	struct lock_signer signer;
	struct bytes update;
	int r = need_signer(ctx, detail, &authority, &signer);

	if (r < 0)
		return r;
	r = build_revocation(authority, recovery->ids, recovery->n,
			     own_id(ctx),
			     recovery->has_fork ? &recovery->fork_from : NULL,
			     mem, &update);
	if (r == TNE_LOCK_APPLY)
		err_explain(detail, r, "none of the keys is trusted, or no other one is left; see: tailnet lock status");
	if (r == TNE_LOCK_PARENT)
		err_explain(detail, r, "the update to go on from is not known; see: tailnet lock log");
	return r < 0 ? r : build_cosign(update, &signer, mem, ret);
}

const struct node_lock_api lock_commands = {
	.status = lock_status,
	.state_id = lock_state_id,
	.log = lock_log,
	.init = lock_init,
	.sign = lock_sign,
	.modify = lock_modify,
	.disable = lock_disable,
	.affected = lock_affected,
	.submit = lock_submit,
	.local_disable = lock_local_disable,
	.wrap = lock_wrap,
	.recovery = lock_recovery,
	.cosign = lock_cosign,
};
