// SPDX-License-Identifier: GPL-2.0-only
#include "model/lock_verdict.h"

bool lock_verdict_refused(enum lock_verdict verdict)
{
	switch (verdict) {
	case LOCK_VERDICT_OFF:
	case LOCK_VERDICT_ADMITTED:
	case LOCK_VERDICT_PEER_API:
		return false;
	case LOCK_VERDICT_UNSIGNED:
	case LOCK_VERDICT_KIND:
	case LOCK_VERDICT_NODE_KEY:
	case LOCK_VERDICT_PUBKEY:
	case LOCK_VERDICT_NO_KEY_ID:
	case LOCK_VERDICT_UNTRUSTED:
	case LOCK_VERDICT_SIGNATURE:
	case LOCK_VERDICT_NO_WRAPPING:
	case LOCK_VERDICT_WRAPPING:
	case LOCK_VERDICT_ROTATION:
	case LOCK_VERDICT_OBSOLETE:
	case LOCK_VERDICT_OTHER:
		break;
	}
	return true;
}

const char *lock_verdict_text(enum lock_verdict verdict)
{
	switch (verdict) {
	case LOCK_VERDICT_OFF:
		return "there is no lock";
	case LOCK_VERDICT_ADMITTED:
		return "it is let in";
	case LOCK_VERDICT_PEER_API:
		return "it needs no signature, and gets no address";
	case LOCK_VERDICT_UNSIGNED:
		return "it has no signature";
	case LOCK_VERDICT_KIND:
		return "its signature is put together in a way that means nothing";
	case LOCK_VERDICT_NODE_KEY:
		return "its signature is for another node key";
	case LOCK_VERDICT_PUBKEY:
		return "its signature names a node key that is none";
	case LOCK_VERDICT_NO_KEY_ID:
		return "its signature does not say who signed";
	case LOCK_VERDICT_UNTRUSTED:
		return "it is signed by a key that is not trusted";
	case LOCK_VERDICT_SIGNATURE:
		return "its signature is not by the trusted key that it names";
	case LOCK_VERDICT_NO_WRAPPING:
		return "nobody was allowed to give it another key";
	case LOCK_VERDICT_WRAPPING:
		return "its key for key changes cannot sign";
	case LOCK_VERDICT_ROTATION:
		return "its key change is not signed by who may do that";
	case LOCK_VERDICT_OBSOLETE:
		return "the node has gone over to another key, or was copied";
	case LOCK_VERDICT_OTHER:
		break;
	}
	return "the kernel module does not let it in";
}
