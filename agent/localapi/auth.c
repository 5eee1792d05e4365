// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/auth.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>

#define PASSWD_MAX 16384	/* bytes of one entry; ours */

int auth_find_uid(const char *name, uid_t *ret)
{
	char buf[PASSWD_MAX], *end;
	struct passwd entry, *found;
	unsigned long number;
	int r;

	if (isdigit((unsigned char)*name)) {
		errno = 0;
		number = strtoul(name, &end, 10);
		/* The last number stands for "nobody known". */
		if (*end || errno || number >= (uid_t)-1)
			return -ENOENT;
		*ret = number;
		return 0;
	}
	r = getpwnam_r(name, &entry, buf, sizeof(buf), &found);
	if (r)
		return -r;
	if (!found)
		return -ENOENT;
	*ret = found->pw_uid;
	return 0;
}

static bool may_write(const struct auth_policy *policy,
		      const struct http_peer *peer)
{
	const char *operator_user = policy->operator_user;
	uid_t uid;

	if (!peer->known)
		return false;
	if (peer->uid == 0)
		return true;
	if (policy->own_uid != 0 && peer->uid == policy->own_uid)
		return true;
	/* Looked up each time: the name may be given to somebody else. */
	return operator_user && *operator_user &&
		policy->find_uid(operator_user, &uid) == 0 && peer->uid == uid;
}

struct auth_rights auth_check(const struct auth_policy *policy,
			      const struct http_peer *peer, bool in_group)
{
	bool write = may_write(policy, peer);

	return (struct auth_rights){
		.write = write,
		.read = write || !policy->restrict_read || in_group,
	};
}
