/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_MODES_H
#define HOSTILE_MODES_H

#include "peer.h"

/**
 * struct mode - one subcommand
 * @name:	its name
 * @run:	what it does; returns when everything was as it must be
 * @help:	one line
 */
struct mode {
	const char *name;
	void (*run)(const struct options *opt, int argc, char **argv);
	const char *help;
};

/* mode_basic.c */
void mode_handshake(const struct options *opt, int argc, char **argv);
void mode_ping(const struct options *opt, int argc, char **argv);
void mode_serve(const struct options *opt, int argc, char **argv);
void mode_key(const struct options *opt, int argc, char **argv);
void mode_setconf(const struct options *opt, int argc, char **argv);

/* mode_init.c */
void mode_init_mutate(const struct options *opt, int argc, char **argv);
void mode_init_rules(const struct options *opt, int argc, char **argv);

/* mode_resp.c */
void mode_resp_mutate(const struct options *opt, int argc, char **argv);
void mode_resp_rules(const struct options *opt, int argc, char **argv);

/* mode_data.c */
void mode_data_mutate(const struct options *opt, int argc, char **argv);
void mode_data_lengths(const struct options *opt, int argc, char **argv);

/* mode_replay.c */
void mode_replay(const struct options *opt, int argc, char **argv);
void mode_roam_replay(const struct options *opt, int argc, char **argv);

/* mode_rotate.c */
void mode_rotate(const struct options *opt, int argc, char **argv);
void mode_race(const struct options *opt, int argc, char **argv);

/* mode_inner.c */
void mode_inner(const struct options *opt, int argc, char **argv);

/* mode_cookie.c */
void mode_cookie_forge(const struct options *opt, int argc, char **argv);
void mode_cookie_load(const struct options *opt, int argc, char **argv);

/* flood.c */
void mode_flood(const struct options *opt, int argc, char **argv);

/* load.c */
void mode_handshake_load(const struct options *opt, int argc, char **argv);

#endif
