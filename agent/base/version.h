/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define VERSION_SHORT	"0.1.0"

/* What the agent calls itself on the local API and towards control. */
#define VERSION_LONG	VERSION_SHORT "-tailnet"

/* Capability version that is claimed, until more of later ones is there. */
#define VERSION_CAP	113

#endif /* BASE_VERSION_H */
