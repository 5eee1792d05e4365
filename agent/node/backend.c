// SPDX-License-Identifier: GPL-2.0-only
#include "node/backend.h"

enum backend_state backend_decide(const struct backend_facts *facts)
{
	if (!facts->has_key || facts->logged_out)
		return BACKEND_NEEDS_LOGIN;
	if (!facts->want_running)
		return BACKEND_STOPPED;
	if (facts->forgotten)
		return BACKEND_NEEDS_LOGIN;

	switch (facts->closed) {
	case VIEW_NO_MAP:
		return facts->has_url ? BACKEND_NEEDS_LOGIN :
					BACKEND_STARTING;
	case VIEW_SELF_EXPIRED:
		return BACKEND_NEEDS_LOGIN;
	case VIEW_UNAPPROVED:
		return BACKEND_NEEDS_MACHINE_AUTH;
	case VIEW_OPEN:
		break;
	}
	return facts->applied ? BACKEND_RUNNING : BACKEND_STARTING;
}
