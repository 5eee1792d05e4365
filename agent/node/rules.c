// SPDX-License-Identifier: GPL-2.0-only
#include "node/rules.h"

#include "control/server_url.h"
#include "model/prefs.h"
#include "system/change.h"

bool node_rules_link_lost(unsigned int bits, uint32_t taken, uint32_t now)
{
	return bits & CHANGE_LINK || !now || now != taken;
}

bool node_rules_leave_alone(bool wanted, bool no_map, bool had_map)
{
	return wanted && no_map && !had_map;
}

int node_rules_check_prefs(const struct prefs *prefs,
			   struct err_detail *detail)
{
	const char *text = prefs_text(prefs->control_url);
	struct server_url url;
	int r;

	r = prefs_check(prefs, detail);
	if (r < 0 || !*text)
		return r;
	r = server_url_parse(text, &url);
	if (r == TNE_URL)
		return err_explain(detail, TNE_PREFS,
				   "\"%.100s\" is not the address of a control server",
				   text);
	return r;
}

bool node_rules_may_exit(bool allowed, uint64_t up_ms)
{
	return allowed && up_ms >= NODE_RULES_EXIT_SELDOM_MS;
}
