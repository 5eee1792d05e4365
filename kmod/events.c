// SPDX-License-Identifier: GPL-2.0-only
/* Notifications for whoever joined our multicast groups. */
#include "events.h"

#include <linux/netdevice.h>
#include <linux/timekeeping.h>
#include <net/genetlink.h>

#include "device.h"
#include "genl.h"
#include "lock.h"
#include "path.h"
#include "peer.h"
#include "stats.h"

/*
 * Notifications that packets may cause, per device, CPU and second. Ours: an
 * agent that reads at leisure keeps up, and the cost is below one per mille of
 * a CPU.
 */
#define TN_EVENTS_PER_SECOND 256

/*
 * Bytes of one notification: headers, GENERATION, EVENT, a device's reference
 * and a peer's key, number and endpoint come to about 200.
 */
#define TN_EVENT_SIZE 320

static bool tn_event_wanted(struct tn_device *tn, enum tn_genl_group group)
{
	bool ret;

	/* The namespace may change below us; it stays valid under RCU. */
	rcu_read_lock();
	ret = genl_has_listeners(&tn_genl_family, dev_net(tn->dev), group);
	rcu_read_unlock();
	return ret;
}

/* May a packet cause one more notification on this CPU in this second? */
static bool tn_event_allowed(struct tn_device *tn)
{
	u32 now = (u32)ktime_get_seconds();
	struct tn_drop_stats *s;
	bool ret;

	/*
	 * A softirq may come between the steps. Then one more or one less is
	 * let through, which does no harm.
	 */
	s = get_cpu_ptr(tn->drops);
	if (s->event_second != now) {
		s->event_second = now;
		s->events = 0;
	}
	ret = s->events < TN_EVENTS_PER_SECOND;
	if (ret)
		s->events++;
	put_cpu_ptr(tn->drops);
	return ret;
}

static int tn_event_put_peer(struct sk_buff *skb, struct tn_peer *peer,
			     enum tailnet_event event)
{
	struct tn_endpoint ep;
	struct nlattr *nest;

	nest = nla_nest_start(skb, TAILNET_A_PEER);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put(skb, TAILNET_A_PEER_PUBLIC_KEY, TN_KEY_LEN,
		    peer->hs.remote_static) ||
	    nla_put_u64_64bit(skb, TAILNET_A_PEER_NODE_ID,
			      READ_ONCE(peer->node_id), TAILNET_A_PEER_PAD))
		return -EMSGSIZE;
	if (event == TAILNET_EVENT_ENDPOINT) {
		tn_path_get(&peer->path, &ep);
		if (tn_genl_put_endpoint(skb, &ep))
			return -EMSGSIZE;
	}
	if ((event == TAILNET_EVENT_ADMITTED ||
	     event == TAILNET_EVENT_REFUSED) &&
	    tn_genl_put_verdict(skb, peer))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int tn_event_put_lock(struct sk_buff *skb, const struct tn_lock *lock,
			     enum tailnet_lock_off reason)
{
	const struct tn_lock_keys *keys = lock->keys;
	struct nlattr *nest;

	nest = nla_nest_start(skb, TAILNET_A_LOCK);
	if (!nest)
		return -EMSGSIZE;
	if ((keys && nla_put_flag(skb, TAILNET_A_LOCK_ON)) ||
	    nla_put_u64_64bit(skb, TAILNET_A_LOCK_GENERATION, lock->generation,
			      TAILNET_A_LOCK_PAD) ||
	    nla_put_u32(skb, TAILNET_A_LOCK_NUM_KEYS, keys ? keys->num : 0) ||
	    (reason && nla_put_u32(skb, TAILNET_A_LOCK_OFF_REASON, reason)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Begin a notification; *@ret_hdr is for genlmsg_end(). NULL: no memory. */
static struct sk_buff *tn_event_new(struct tn_device *tn, u8 cmd,
				    enum tailnet_event event, void **ret_hdr)
{
	struct sk_buff *skb = genlmsg_new(TN_EVENT_SIZE, GFP_ATOMIC);

	if (!skb)
		return NULL;
	*ret_hdr = genlmsg_put(skb, 0, 0, &tn_genl_family, 0, cmd);
	if (*ret_hdr && !nla_put_u32(skb, TAILNET_A_EVENT, event) &&
	    !tn_genl_put_ref(skb, tn, READ_ONCE(tn->generation)))
		return skb;
	WARN_ON_ONCE(1);	/* TN_EVENT_SIZE is too small */
	nlmsg_free(skb);
	return NULL;
}

static void tn_event_multicast(struct tn_device *tn, struct sk_buff *skb,
			       enum tn_genl_group group)
{
	rcu_read_lock();
	genlmsg_multicast_netns(&tn_genl_family, dev_net(tn->dev), skb, 0,
				group, GFP_ATOMIC);
	rcu_read_unlock();
}

static void tn_event_send(struct tn_device *tn, struct tn_peer *peer,
			  enum tn_genl_group group, u8 cmd,
			  enum tailnet_event event)
{
	struct sk_buff *skb;
	void *hdr;

	skb = tn_event_new(tn, cmd, event, &hdr);
	if (!skb)
		return;
	if (peer && WARN_ON_ONCE(tn_event_put_peer(skb, peer, event))) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	tn_event_multicast(tn, skb, group);
}

/**
 * tn_event_peer() - something happened to a peer's session or endpoint
 * @peer:	the peer
 * @event:	SESSION_UP, SESSION_DOWN, EXPIRED or ENDPOINT
 *
 * Only a handshake makes or ends a session, and those are rare by protocol;
 * but a peer may change its address with every packet.
 *
 * Context: Any but hard interrupt; tn_path.lock not held.
 */
void tn_event_peer(struct tn_peer *peer, enum tailnet_event event)
{
	struct tn_device *tn = peer->tn;

	if (!tn_event_wanted(tn, TN_GENL_GROUP_PEER))
		return;
	if (event == TAILNET_EVENT_ENDPOINT && !tn_event_allowed(tn))
		return;
	tn_event_send(tn, peer, TN_GENL_GROUP_PEER, TAILNET_CMD_PEER_NTF,
		      event);
}

/**
 * tn_event_path() - a peer cannot be reached
 * @peer:	the peer
 * @event:	WANT_PATH or UNREACHABLE
 *
 * WANT_PATH is said once until the peer is given a path. Nobody has been told
 * when nobody listens or the limit is reached: then the next packet tries
 * again.
 *
 * Context: Any but hard interrupt.
 */
void tn_event_path(struct tn_peer *peer, enum tailnet_event event)
{
	struct tn_device *tn = peer->tn;

	if (event == TAILNET_EVENT_WANT_PATH &&
	    test_bit(TN_PEER_WANT_PATH_SENT, &peer->state))
		return;
	if (!tn_event_wanted(tn, TN_GENL_GROUP_PATH) || !tn_event_allowed(tn))
		return;
	if (event == TAILNET_EVENT_WANT_PATH &&
	    test_and_set_bit(TN_PEER_WANT_PATH_SENT, &peer->state))
		return;
	tn_event_send(tn, peer, TN_GENL_GROUP_PATH, TAILNET_CMD_PATH_NTF,
		      event);
}

/**
 * tn_event_device() - something happened to a device as a whole
 * @tn:		the device
 * @event:	CONFIG, SOCKET_GONE, ORPHANED or VMFORK
 *
 * Context: Any but hard interrupt.
 */
void tn_event_device(struct tn_device *tn, enum tailnet_event event)
{
	if (!tn_event_wanted(tn, TN_GENL_GROUP_DEVICE))
		return;
	tn_event_send(tn, NULL, TN_GENL_GROUP_DEVICE, TAILNET_CMD_DEV_NTF,
		      event);
}

/**
 * tn_event_admission() - a peer was suspended, or goes on
 * @peer:	the peer
 * @event:	REFUSED or ADMITTED
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_event_admission(struct tn_peer *peer, enum tailnet_event event)
{
	struct tn_device *tn = peer->tn;

	if (!tn_event_wanted(tn, TN_GENL_GROUP_ADMISSION))
		return;
	tn_event_send(tn, peer, TN_GENL_GROUP_ADMISSION, TAILNET_CMD_LOCK_NTF,
		      event);
}

/**
 * tn_event_lock() - the lock itself changed
 * @tn:		the device
 * @event:	LOCK_ON, LOCK_CHANGED or LOCK_OFF
 * @reason:	of LOCK_OFF, else 0
 *
 * Context: Process; @tn's cfg_lock held.
 */
void tn_event_lock(struct tn_device *tn, enum tailnet_event event,
		   enum tailnet_lock_off reason)
{
	struct sk_buff *skb;
	void *hdr;

	lockdep_assert_held(&tn->cfg_lock);
	if (!tn_event_wanted(tn, TN_GENL_GROUP_ADMISSION))
		return;
	skb = tn_event_new(tn, TAILNET_CMD_LOCK_NTF, event, &hdr);
	if (!skb)
		return;
	if (WARN_ON_ONCE(tn_event_put_lock(skb, &tn->lock, reason))) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	tn_event_multicast(tn, skb, TN_GENL_GROUP_ADMISSION);
}
