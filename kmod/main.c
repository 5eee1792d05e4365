// SPDX-License-Identifier: GPL-2.0-only
/* Module in, module out: exact mirror images. */
#include <linux/module.h>
#include <net/rtnetlink.h>

#include "device.h"
#include "genl.h"
#include "merge.h"
#include "tx.h"

static int __init tn_module_init(void)
{
	int ret;

	ret = tn_tx_init();
	if (ret)
		return ret;
	ret = tn_merge_init();
	if (ret)
		goto err_tx;
	/* Before the first device can exist: its events go there. */
	ret = tn_genl_init();
	if (ret)
		goto err_merge;
	ret = tn_device_init();
	if (ret)
		goto err_genl;
	return 0;

err_genl:
	tn_genl_done();
err_merge:
	tn_merge_done();
err_tx:
	tn_tx_done();
	return ret;
}

static void __exit tn_module_exit(void)
{
	tn_device_done();
	tn_genl_done();
	tn_merge_done();
	tn_tx_done();
}

module_init(tn_module_init);
module_exit(tn_module_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("tailnet data plane: WireGuard sessions, packet filter, tailnet lock");
MODULE_AUTHOR("The tailnet developers");
MODULE_VERSION(TN_VERSION);
MODULE_ALIAS_RTNL_LINK("tailnet");
MODULE_ALIAS_GENL_FAMILY(TAILNET_GENL_NAME);
