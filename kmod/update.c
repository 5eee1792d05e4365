// SPDX-License-Identifier: GPL-2.0-only
/* An update as a value: what a request asks for, before anything is judged. */
#include "update.h"

#include <linux/file.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>

/**
 * tn_update_init() - make an update that asks for nothing
 * @upd:	the update
 */
void tn_update_init(struct tn_update *upd)
{
	memset(upd, 0, sizeof(*upd));
	INIT_LIST_HEAD(&upd->peers);
}

static void tn_peer_update_free(struct tn_peer_update *peer)
{
	struct tn_aip_update *aip, *tmp;

	list_for_each_entry_safe(aip, tmp, &peer->aips, list)
		kfree(aip);
	tn_lock_sig_put(peer->sig);
	kfree_sensitive(peer);
}

/**
 * tn_update_done() - free and wipe what an update holds
 * @upd:	the update; not usable until initialised again
 *
 * Context: Process.
 */
void tn_update_done(struct tn_update *upd)
{
	struct tn_peer_update *peer, *tmp;

	list_for_each_entry_safe(peer, tmp, &upd->peers, list)
		tn_peer_update_free(peer);
	if (upd->dev.file4)
		fput(upd->dev.file4);
	if (upd->dev.file6)
		fput(upd->dev.file6);
	tn_lock_keys_put(upd->lock.keys);
	memzero_explicit(upd, sizeof(*upd));
}

/**
 * tn_update_add_peer() - append an item about a peer
 * @upd:	the update
 * @pub:	the peer's public key, TN_KEY_LEN bytes
 *
 * Context: Process; sleeps.
 * Return: the item, which asks for nothing yet and belongs to @upd; or NULL if
 *	   memory is short.
 */
struct tn_peer_update *tn_update_add_peer(struct tn_update *upd, const u8 *pub)
{
	struct tn_peer_update *peer;

	peer = kzalloc(sizeof(*peer), GFP_KERNEL_ACCOUNT);
	if (!peer)
		return NULL;
	memcpy(peer->pub, pub, TN_KEY_LEN);
	INIT_LIST_HEAD(&peer->aips);
	list_add_tail(&peer->list, &upd->peers);
	upd->num_peers++;
	upd->bytes += sizeof(*peer);
	return peer;
}

/* Equal prefixes must compare equal, whatever their host bits were. */
static void tn_mask_address(u8 *addr, size_t len, u8 cidr)
{
	size_t i = cidr / 8;

	if (i >= len)
		return;
	addr[i] &= 0xff << (8 - cidr % 8);
	memset(addr + i + 1, 0, len - i - 1);
}

/**
 * tn_update_add_aip() - append a prefix to an item about a peer
 * @upd:	the update
 * @peer:	the item
 * @family:	AF_INET or AF_INET6
 * @addr:	4 or 16 bytes, network order
 * @cidr:	prefix length in bits, at most 32 or 128
 *
 * Context: Process; sleeps.
 * Return: the entry, or NULL if memory is short.
 */
struct tn_aip_update *tn_update_add_aip(struct tn_update *upd,
					struct tn_peer_update *peer,
					u8 family, const void *addr, u8 cidr)
{
	size_t len = family == AF_INET ? 4 : 16;
	struct tn_aip_update *aip;

	aip = kzalloc(sizeof(*aip), GFP_KERNEL_ACCOUNT);
	if (!aip)
		return NULL;
	memcpy(aip->addr, addr, len);
	tn_mask_address(aip->addr, len, cidr);
	aip->family = family;
	aip->cidr = cidr;
	list_add_tail(&aip->list, &peer->aips);
	upd->num_aips++;
	upd->bytes += sizeof(*aip);
	return aip;
}

static void tn_update_move_file(struct file **to, struct file **from)
{
	if (*to)
		fput(*to);
	*to = *from;
	*from = NULL;
}

static void tn_dev_update_append(struct tn_dev_update *dev,
				 struct tn_dev_update *more)
{
	if (more->has & TN_DEV_HAS_KEY)
		memcpy(dev->private_key, more->private_key, TN_KEY_LEN);
	if (more->has & TN_DEV_HAS_FWMARK)
		dev->fwmark = more->fwmark;
	if (more->has & TN_DEV_HAS_ORPHAN)
		dev->orphan_timeout_s = more->orphan_timeout_s;
	/* Never both: the later one says whose sockets are used. */
	if (more->has & TN_DEV_HAS_PORT) {
		dev->listen_port = more->listen_port;
		dev->has &= ~TN_DEV_HAS_SOCKETS;
	}
	if (more->has & TN_DEV_HAS_SOCKETS) {
		tn_update_move_file(&dev->file4, &more->file4);
		tn_update_move_file(&dev->file6, &more->file6);
		dev->owner_portid = more->owner_portid;
		dev->owner_net = more->owner_net;
		dev->has &= ~TN_DEV_HAS_PORT;
	}
	dev->has |= more->has;
	dev->flags_value = (dev->flags_value & ~more->flags_mask) |
			   more->flags_value;
	dev->flags_mask |= more->flags_mask;
}

/* The keys only: turning the lock off is a command of its own. */
static void tn_lock_update_append(struct tn_lock_update *lock,
				  struct tn_lock_update *more)
{
	if (!more->keys)
		return;
	tn_lock_keys_put(lock->keys);
	lock->keys = more->keys;
	more->keys = NULL;
}

/**
 * tn_update_append() - let an update ask for more
 * @upd:	the update
 * @more:	what it is to ask for besides; empty afterwards. Where the two
 *		contradict each other, this one counts
 *
 * The request that @more was read from may end before @upd is applied: its
 * attributes are forgotten. Mode and generation of @upd stay.
 *
 * Context: Process.
 */
void tn_update_append(struct tn_update *upd, struct tn_update *more)
{
	struct tn_peer_update *peer;

	tn_dev_update_append(&upd->dev, &more->dev);
	tn_lock_update_append(&upd->lock, &more->lock);
	list_for_each_entry(peer, &more->peers, list)
		peer->attr = NULL;
	list_splice_tail_init(&more->peers, &upd->peers);
	upd->num_peers += more->num_peers;
	upd->num_aips += more->num_aips;
	upd->bytes += more->bytes;
	tn_update_done(more);
	tn_update_init(more);
}
