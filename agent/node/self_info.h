/* SPDX-License-Identifier: GPL-2.0-only */
/* What this node says of itself to the control server. */
#ifndef NODE_SELF_INFO_H
#define NODE_SELF_INFO_H

#include "model/hostinfo.h"
#include "model/prefs.h"
#include "system/host.h"
#include "tpm/tpm.h"

/**
 * struct self_info - the value with all that it borrows from
 * @facts: about the host
 * @info: what is said; borrows from here and from the preferences
 * @sealed: the state is sealed
 * @tpm_facts: about the TPM
 * @tpm: the same as part of @info
 * @has_tpm: there is one, as far as is known
 * @netinfo: part of it
 * @routes: part of it, owned
 * @tags: part of it, owned
 */
struct self_info {
	struct host_facts facts;
	struct hostinfo info;
	bool sealed;
	struct tpm_facts tpm_facts;
	struct tpm_info tpm;
	bool has_tpm;
	struct netinfo netinfo;
	struct ip_prefix *routes;
	const char **tags;
};

/**
 * self_info_init() - learn about the host
 * @self: filled with the facts, nothing to be said yet
 */
void self_info_init(struct self_info *self);

/**
 * self_info_set_state() - how is the state kept?
 * @self:	says so after the next self_info_set()
 * @sealed:	by the TPM
 * @facts:	about the TPM, copied; NULL = not known
 */
void self_info_set_state(struct self_info *self, bool sealed,
			 const struct tpm_facts *facts);

/**
 * self_info_set() - say what follows from the preferences
 * @self:	its @info is changed on success
 * @prefs:	borrowed until the next call
 * @log_id:	names the installation; borrowed likewise
 *
 * Nothing is claimed that is not built: no services, no SSH, no relay.
 *
 * Return: 0 or -ENOMEM.
 */
int self_info_set(struct self_info *self, const struct prefs *prefs,
		  const char *log_id);

/**
 * self_info_done() - free the contents
 * @self: initialised or all zero
 */
void self_info_done(struct self_info *self);

#endif /* NODE_SELF_INFO_H */
