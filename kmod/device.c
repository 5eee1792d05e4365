// SPDX-License-Identifier: GPL-2.0-only
/* A tailnet link from its creation to its end. */
#include "device.h"

#include <linux/inetdevice.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/suspend.h>
#include <net/addrconf.h>
#include <net/ip_tunnels.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "events.h"
#include "expiry.h"
#include "handshake_io.h"
#include "merge.h"
#include "messages.h"
#include "peer.h"
#include "ratelimit.h"
#include "rx.h"
#include "socket.h"
#include "timers.h"
#include "tx.h"
#include "txn_open.h"

/* Tailscale's links have it, and every path can carry it. */
#define TN_MTU_DEFAULT 1280

/* Outer IPv6 and UDP headers and those of a data message, bytes. */
#define TN_OVERHEAD_MAX (40 + 8 + TN_DATA_OVERHEAD)

/* Adopted sockets of a namespace that nobody else may know of, seconds. */
#define TN_ORPHAN_TIMEOUT_S 3600

static LIST_HEAD(tn_devices);
static DEFINE_MUTEX(tn_devices_lock);	/* protects tn_devices; inside RTNL */

/* As many segments as one outgoing super-packet holds, so that none is cut. */
static void tn_device_limit_gso(struct net_device *dev, unsigned int mtu)
{
	unsigned int seg = ALIGN(max(mtu, 1u), TN_PADDING_MULTIPLE) +
			   TN_DATA_OVERHEAD;

	netif_set_tso_max_segs(dev, clamp((U16_MAX - 28) / seg, 1u,
					  TN_BATCH_SEGS_MAX));
}

static int tn_open(struct net_device *dev)
{
	struct in_device *in4 = __in_dev_get_rtnl(dev);
	struct tn_device *tn = netdev_priv(dev);
	struct tn_sockets *socks;
	struct tn_peer *peer;
	unsigned long i;
	int ret = 0;

	if (in4) {
		/* A redirect would tell who is where inside the tunnel. */
		IN_DEV_CONF_SET(in4, SEND_REDIRECTS, false);
		IPV4_DEVCONF_ALL(dev_net(dev), SEND_REDIRECTS) = false;
	}
#if IS_ENABLED(CONFIG_IPV6)
	{
		struct inet6_dev *in6 = __in6_dev_get(dev);

		if (in6)
			in6->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	}
#endif
	mutex_lock(&tn->cfg_lock);
	if (!rcu_access_pointer(tn->socks)) {
		ret = tn_sockets_make(tn, tn->listen_port, &socks);
		if (ret)
			goto out;
		tn_sockets_install(tn, socks);
	}
	WRITE_ONCE(tn->up, true);
	xa_for_each(&tn->peers, i, peer)
		tn_peer_start(peer);
out:
	mutex_unlock(&tn->cfg_lock);
	return ret;
}

/* cfg_lock held. Adopted sockets stay: their owner still uses them. */
static void tn_device_down(struct tn_device *tn)
{
	struct tn_sockets *socks;
	struct tn_peer *peer;
	unsigned long i;

	if (!tn->up)
		return;
	WRITE_ONCE(tn->up, false);
	socks = rcu_dereference_protected(tn->socks,
					  lockdep_is_held(&tn->cfg_lock));
	if (socks && !socks->adopted)
		tn_sockets_install(tn, NULL);
	/* Whoever saw us up is through; from here on no timer is armed. */
	synchronize_net();
	xa_for_each(&tn->peers, i, peer) {
		tn_peer_stop(peer, TN_DROP_TX_DOWN);
		cond_resched();
	}
}

static int tn_stop(struct net_device *dev)
{
	struct tn_device *tn = netdev_priv(dev);

	mutex_lock(&tn->cfg_lock);
	tn_device_down(tn);
	mutex_unlock(&tn->cfg_lock);
	return 0;
}

static int tn_change_mtu(struct net_device *dev, int mtu)
{
	WRITE_ONCE(dev->mtu, mtu);
	tn_device_limit_gso(dev, mtu);
	return 0;
}

/*
 * The device leaves the system: it cannot be found any more, and it lets go of
 * sockets and peers. Requests that found it before see that it is dying.
 */
static void tn_uninit(struct net_device *dev)
{
	struct tn_device *tn = netdev_priv(dev);
	struct tn_peer *peer;
	unsigned long i;
	LIST_HEAD(gone);

	mutex_lock(&tn_devices_lock);
	list_del_init(&tn->list);
	mutex_unlock(&tn_devices_lock);

	mutex_lock(&tn->cfg_lock);
	tn->dying = true;
	tn_device_down(tn);
	tn_sockets_install(tn, NULL);
	RCU_INIT_POINTER(tn->creating_net, NULL);
	xa_for_each(&tn->peers, i, peer)
		list_add_tail(&peer->gone, &gone);
	tn_peers_remove(tn, &gone);
	mutex_unlock(&tn->cfg_lock);
	tn_txn_drop(tn);
}

/*
 * Nobody holds the net_device any more. What can still run for it ends here, in
 * the order in which one gives work to the next.
 */
static void tn_destruct(struct net_device *dev)
{
	struct tn_device *tn = netdev_priv(dev);

	/* 1. Works that look after the sockets, and after expiry. */
	cancel_delayed_work_sync(&tn->orphan_work);
	cancel_delayed_work_sync(&tn->bound_work);
	tn_expiry_done(tn);
	/* 2. Handshake messages that were queued before the sockets went. */
	tn_handshake_io_stop(tn);
	/* 3. Batches with the crypt workers. */
	tn_crypt_done(&tn->crypt);
	/* 4. Batches with the poll functions. */
	tn_rx_stop(tn);
	/* 5. Works of peers. Nobody holds a peer after this. */
	tn_handshake_io_done(tn);
	/* 6. Peers, keypairs and prefixes on their way through RCU. */
	rcu_barrier();
	/* 7. The tables, empty now. */
	mutex_lock(&tn->cfg_lock);
	tn_allowedips_free(&tn->allowedips);
	mutex_unlock(&tn->cfg_lock);
	xa_destroy(&tn->peers);
	tn_indices_done(&tn->indices);
	tn_pubkeys_done(&tn->pubkeys);
	tn_lock_done(tn);
	tn_rx_done(tn);
	tn_cookie_checker_done(&tn->cookies);
	tn_identity_done(&tn->identity);
	tn_ratelimit_done();
	tn_stats_done(tn);
	mutex_destroy(&tn->cfg_lock);
}

static const struct net_device_ops tn_netdev_ops = {
	.ndo_open = tn_open,
	.ndo_stop = tn_stop,
	.ndo_uninit = tn_uninit,
	.ndo_start_xmit = tn_tx_xmit,
	.ndo_change_mtu = tn_change_mtu,
	.ndo_get_stats64 = dev_get_tstats64,
};

static const struct device_type tn_device_type = { .name = KBUILD_MODNAME };

static void tn_setup(struct net_device *dev)
{
	const netdev_features_t features = NETIF_F_HW_CSUM | NETIF_F_RXCSUM |
					   NETIF_F_SG | NETIF_F_GSO_SOFTWARE |
					   NETIF_F_HIGHDMA;

	dev->netdev_ops = &tn_netdev_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->hard_header_len = 0;
	dev->addr_len = 0;
	dev->needed_headroom = TN_TX_HEADROOM;
	dev->needed_tailroom = TN_TAG_LEN + TN_PADDING_MULTIPLE - 1;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->needs_free_netdev = true;
	tn_dev_set_lltx(dev);
	dev->features |= features;
	dev->hw_features |= features;
	dev->hw_enc_features |= features;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->mtu = TN_MTU_DEFAULT;
	dev->min_mtu = 0;
	dev->max_mtu = ALIGN_DOWN(U16_MAX - TN_OVERHEAD_MAX,
				  TN_PADDING_MULTIPLE);
	SET_NETDEV_DEVTYPE(dev, &tn_device_type);
	/* ICMP errors for the host need the route that a packet came by. */
	netif_keep_dst(dev);
	netif_set_tso_max_size(dev, GSO_MAX_SIZE);
	tn_device_limit_gso(dev, TN_MTU_DEFAULT);
}

static void tn_orphan_work(struct work_struct *work)
{
	struct tn_device *tn = container_of(to_delayed_work(work),
					    struct tn_device, orphan_work);
	struct tn_sockets *socks;

	mutex_lock(&tn->cfg_lock);
	socks = rcu_dereference_protected(tn->socks,
					  lockdep_is_held(&tn->cfg_lock));
	if (tn->orphaned && socks && socks->adopted) {
		tn_sockets_install(tn, NULL);
		tn_event_device(tn, TAILNET_EVENT_SOCKET_GONE);
	}
	mutex_unlock(&tn->cfg_lock);
}

/* The parts of a device that need memory. */
static int tn_device_alloc(struct tn_device *tn)
{
	int ret;

	ret = tn_stats_init(tn);
	if (ret)
		return ret;
	ret = tn_ratelimit_init();
	if (ret)
		goto err_stats;
	ret = tn_pubkeys_init(&tn->pubkeys);
	if (ret)
		goto err_ratelimit;
	ret = tn_indices_init(&tn->indices);
	if (ret)
		goto err_pubkeys;
	ret = tn_crypt_init(&tn->crypt, tn->dev->name);
	if (ret)
		goto err_indices;
	ret = tn_handshake_io_init(tn);
	if (ret)
		goto err_crypt;
	ret = tn_rx_init(tn);
	if (ret)
		goto err_handshake;
	ret = tn_lock_init(tn);
	if (ret)
		goto err_rx;
	return 0;

err_rx:
	tn_rx_stop(tn);
	tn_rx_done(tn);
err_handshake:
	tn_handshake_io_done(tn);
err_crypt:
	tn_crypt_done(&tn->crypt);
err_indices:
	tn_indices_done(&tn->indices);
err_pubkeys:
	tn_pubkeys_done(&tn->pubkeys);
err_ratelimit:
	tn_ratelimit_done();
err_stats:
	tn_stats_done(tn);
	return ret;
}

static void tn_device_unalloc(struct tn_device *tn)
{
	tn_rx_stop(tn);
	tn_rx_done(tn);
	tn_handshake_io_done(tn);
	tn_crypt_done(&tn->crypt);
	tn_indices_done(&tn->indices);
	tn_pubkeys_done(&tn->pubkeys);
	tn_lock_done(tn);
	tn_ratelimit_done();
	tn_stats_done(tn);
}

static int tn_newlink_impl(struct net *link_net, struct net_device *dev,
			   struct nlattr *tb[], struct nlattr *data[],
			   struct netlink_ext_ack *extack)
{
	struct tn_device *tn = netdev_priv(dev);
	unsigned int i;
	int ret;

	tn->dev = dev;
	INIT_LIST_HEAD(&tn->list);
	mutex_init(&tn->cfg_lock);
	tn_identity_init(&tn->identity);
	tn_cookie_checker_init(&tn->cookies);
	xa_init(&tn->peers);
	tn_allowedips_init(&tn->allowedips, &tn->cfg_lock);
	rcu_assign_pointer(tn->creating_net, link_net);
	tn->flags = TAILNET_DEV_F_GSO | TAILNET_DEV_F_GRO |
		    TAILNET_DEV_F_INLINE;
	tn->generation = 1;
	if (!net_eq(link_net, &init_net))
		tn->orphan_timeout_s = TN_ORPHAN_TIMEOUT_S;
	INIT_DELAYED_WORK(&tn->orphan_work, tn_orphan_work);
	INIT_DELAYED_WORK(&tn->bound_work, tn_sockets_bound_work);
	tn_expiry_init(tn);
	for (i = 0; i < ARRAY_SIZE(tn->pass); i++) {
		spin_lock_init(&tn->pass[i].lock);
		tn->pass[i].refill = jiffies;
	}
	ret = tn_device_alloc(tn);
	if (ret)
		return ret;
	ret = register_netdevice(dev);
	if (ret) {
		tn_device_unalloc(tn);
		return ret;
	}
	/* Only now, or a failed registration would call it for us. */
	dev->priv_destructor = tn_destruct;
	mutex_lock(&tn_devices_lock);
	list_add_tail(&tn->list, &tn_devices);
	mutex_unlock(&tn_devices_lock);
	return 0;
}

TN_DEFINE_NEWLINK(tn_newlink, tn_newlink_impl)

static struct net *tn_get_link_net(const struct net_device *dev)
{
	const struct tn_device *tn = netdev_priv(dev);
	struct net *net = rcu_dereference_rtnl(tn->creating_net);

	return net ?: dev_net(dev);
}

static struct rtnl_link_ops tn_link_ops __read_mostly = {
	.kind = KBUILD_MODNAME,
	.priv_size = sizeof(struct tn_device),
	.setup = tn_setup,
	.newlink = tn_newlink,
	.get_link_net = tn_get_link_net,
};

/**
 * tn_device_is_ours() - is this a tailnet link?
 * @dev:	any device
 */
bool tn_device_is_ours(const struct net_device *dev)
{
	return dev->netdev_ops == &tn_netdev_ops;
}

/**
 * tn_device_get() - find a tailnet link and hold it
 * @net:	the namespace it is in
 * @ifindex:	its number, or 0 to find it by name
 * @name:	its name
 *
 * Context: Process.
 * Return: the device; or an error pointer: -ENODEV, -EOPNOTSUPP if it is of
 *	   another kind.
 */
struct tn_device *tn_device_get(struct net *net, int ifindex, const char *name)
{
	struct net_device *dev;

	dev = ifindex ? dev_get_by_index(net, ifindex) :
			dev_get_by_name(net, name);
	if (!dev)
		return ERR_PTR(-ENODEV);
	if (!tn_device_is_ours(dev)) {
		dev_put(dev);
		return ERR_PTR(-EOPNOTSUPP);
	}
	return netdev_priv(dev);
}

/**
 * tn_device_put() - let go of a device
 * @tn:	the device
 */
void tn_device_put(struct tn_device *tn)
{
	dev_put(tn->dev);
}

/* Every peer has to make a new session with the key that is in force now. */
static void tn_device_forget_sessions(struct tn_device *tn)
{
	struct tn_peer *peer;
	unsigned long i;

	xa_for_each(&tn->peers, i, peer) {
		tn_handshake_clear(&peer->hs);
		tn_indices_del(&tn->indices, &peer->hs_index);
		tn_keypairs_stop_sending(peer);
		atomic64_set(&peer->last_sent_handshake_ns,
			     ktime_get_coarse_boottime_ns() -
			     (u64)(TN_REKEY_TIMEOUT_S + 1) * NSEC_PER_SEC);
	}
}

/**
 * tn_device_set_private_key() - change who this device is
 * @tn:		the device
 * @key:	TN_KEY_LEN bytes; all zero for none
 *
 * What peers send in their sessions with the old key is still received until
 * those end.
 *
 * Context: Process; cfg_lock held.
 */
void tn_device_set_private_key(struct tn_device *tn, const u8 *key)
{
	struct tn_peer *peer;
	unsigned long i;

	lockdep_assert_held(&tn->cfg_lock);
	down_write(&tn->identity.lock);
	tn_identity_set(&tn->identity, key);
	tn_cookie_checker_update_keys(&tn->cookies,
				      tn->identity.has_key ?
				      tn->identity.public : NULL);
	up_write(&tn->identity.lock);
	tn_device_forget_sessions(tn);
	if (!tn->up)
		return;
	xa_for_each(&tn->peers, i, peer)
		tn_peer_start(peer);
}

/**
 * tn_device_owner_gone() - a netlink socket closed
 * @net:	its namespace, compared only
 * @portid:	its number
 *
 * Devices whose sockets it had handed over go on without it.
 *
 * Context: Process.
 */
void tn_device_owner_gone(const struct net *net, u32 portid)
{
	struct tn_device *tn;

	mutex_lock(&tn_devices_lock);
	list_for_each_entry(tn, &tn_devices, list) {
		mutex_lock(&tn->cfg_lock);
		if (tn->owner_portid == portid && tn->owner_net == net &&
		    portid && !tn->orphaned) {
			tn->orphaned = true;
			tn->owner_portid = 0;
			tn->owner_net = NULL;
			if (tn->orphan_timeout_s)
				queue_delayed_work(system_wq, &tn->orphan_work,
						   tn->orphan_timeout_s * HZ);
			tn_event_device(tn, TAILNET_EVENT_ORPHANED);
		}
		mutex_unlock(&tn->cfg_lock);
	}
	mutex_unlock(&tn_devices_lock);
}

/*
 * A namespace ends. Sockets of devices that were created in it, wherever those
 * live now, go with it, and so do routes that lead through it.
 */
static void tn_netns_pre_exit(struct net *net)
{
	struct tn_device *tn;
	struct tn_peer *peer;
	unsigned long i;

	mutex_lock(&tn_devices_lock);
	list_for_each_entry(tn, &tn_devices, list) {
		mutex_lock(&tn->cfg_lock);
		if (rcu_access_pointer(tn->creating_net) == net) {
			netif_carrier_off(tn->dev);
			RCU_INIT_POINTER(tn->creating_net, NULL);
			tn_sockets_install(tn, NULL);
			xa_for_each(&tn->peers, i, peer)
				tn_path_clear_src(&peer->path);
		}
		mutex_unlock(&tn->cfg_lock);
	}
	mutex_unlock(&tn_devices_lock);
}

static struct pernet_operations tn_netns_ops = {
	.pre_exit = tn_netns_pre_exit,
};

/* Time stands still for keys while the machine sleeps, but not for others. */
static int tn_pm_notify(struct notifier_block *nb, unsigned long action,
			void *data)
{
	struct tn_device *tn;
	struct tn_peer *peer;
	unsigned long i;

	/* A machine that sleeps whenever it can would never keep a session. */
	if (IS_ENABLED(CONFIG_PM_AUTOSLEEP) ||
	    IS_ENABLED(CONFIG_PM_USERSPACE_AUTOSLEEP))
		return 0;
	if (action != PM_HIBERNATION_PREPARE && action != PM_SUSPEND_PREPARE)
		return 0;
	mutex_lock(&tn_devices_lock);
	list_for_each_entry(tn, &tn_devices, list) {
		mutex_lock(&tn->cfg_lock);
		xa_for_each(&tn->peers, i, peer) {
			timer_delete(&peer->timer_zero_keys);
			tn_handshake_clear(&peer->hs);
			tn_indices_del(&tn->indices, &peer->hs_index);
			tn_keypairs_clear(peer);
		}
		mutex_unlock(&tn->cfg_lock);
	}
	mutex_unlock(&tn_devices_lock);
	rcu_barrier();
	return 0;
}

static struct notifier_block tn_pm_notifier = {
	.notifier_call = tn_pm_notify,
};

/*
 * The machine was cloned: its twin has the same keys and the same counters. No
 * packet may be sent in the old sessions.
 */
static int tn_vmfork_notify(struct notifier_block *nb, unsigned long action,
			    void *data)
{
	struct tn_device *tn;

	mutex_lock(&tn_devices_lock);
	list_for_each_entry(tn, &tn_devices, list) {
		mutex_lock(&tn->cfg_lock);
		tn_device_forget_sessions(tn);
		tn_event_device(tn, TAILNET_EVENT_VMFORK);
		mutex_unlock(&tn->cfg_lock);
	}
	mutex_unlock(&tn_devices_lock);
	return 0;
}

static struct notifier_block tn_vmfork_notifier = {
	.notifier_call = tn_vmfork_notify,
};

/**
 * tn_device_init() - make links of our kind possible
 *
 * Return: 0 or a negative error.
 */
int tn_device_init(void)
{
	int ret;

	ret = register_pm_notifier(&tn_pm_notifier);
	if (ret)
		return ret;
	ret = register_random_vmfork_notifier(&tn_vmfork_notifier);
	if (ret)
		goto err_pm;
	ret = register_pernet_device(&tn_netns_ops);
	if (ret)
		goto err_vmfork;
	ret = rtnl_link_register(&tn_link_ops);
	if (ret)
		goto err_netns;
	return 0;

err_netns:
	unregister_pernet_device(&tn_netns_ops);
err_vmfork:
	unregister_random_vmfork_notifier(&tn_vmfork_notifier);
err_pm:
	unregister_pm_notifier(&tn_pm_notifier);
	return ret;
}

/** tn_device_done() - remove all links; reverse of tn_device_init() */
void tn_device_done(void)
{
	rtnl_link_unregister(&tn_link_ops);
	unregister_pernet_device(&tn_netns_ops);
	unregister_random_vmfork_notifier(&tn_vmfork_notifier);
	unregister_pm_notifier(&tn_pm_notifier);
	/* The last peers and keypairs are freed by functions of ours. */
	rcu_barrier();
}
