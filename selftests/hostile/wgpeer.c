// SPDX-License-Identifier: GPL-2.0-only
/*
 * wgpeer - a WireGuard protocol peer that does as it is told, and mostly not
 * what it should. Exit: 0 when the victim did everything right, 1 with the
 * name of the case on stderr when it did not.
 */
#include "modes.h"

#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct mode modes[] = {
	{ "handshake", mode_handshake, "a session in each role, an echo each" },
	{ "ping", mode_ping, "[COUNT]: a session and echoes" },
	{ "serve", mode_serve, "[SECONDS]: answer the victim's initiations" },
	{ "key", mode_key, "public|private N|victim: a well-known key" },
	{ "setconf", mode_setconf, "PEERS [PORT]: configuration for the victim" },
	{ "init-mutate", mode_init_mutate, "initiations, cut and bits flipped" },
	{ "init-rules", mode_init_rules, "replays, stamps, strangers, points" },
	{ "resp-mutate", mode_resp_mutate, "responses, cut and bits flipped" },
	{ "resp-rules", mode_resp_rules, "responses replayed, of wrong keys" },
	{ "data-mutate", mode_data_mutate, "data, cut and bits flipped" },
	{ "data-lengths", mode_data_lengths, "data of every size" },
	{ "replay", mode_replay, "counters" },
	{ "roam-replay", mode_roam_replay, "replays from elsewhere" },
	{ "rotate", mode_rotate, "three keypair slots" },
	{ "race", mode_race, "simultaneous initiations" },
	{ "inner", mode_inner, "malformed packets inside the tunnel" },
	{ "cookie-forge", mode_cookie_forge, "forged and replayed cookies" },
	{ "cookie-load", mode_cookie_load, "cookies of a victim under load" },
	{ "flood", mode_flood, "init|init-badmac|badtag|stale|junk COUNT RATE" },
	{ "handshake-load", mode_handshake_load, "PEERS SECONDS [WINDOW]" },
};

static const struct option long_options[] = {
	{ "to", required_argument, NULL, 't' },
	{ "from", required_argument, NULL, 'f' },
	{ "port", required_argument, NULL, 'p' },
	{ "psk", required_argument, NULL, 'k' },
	{ "netns", required_argument, NULL, 'n' },
	{ "reset-cmd", required_argument, NULL, 'r' },
	{ "seed", required_argument, NULL, 's' },
	{ "scale", required_argument, NULL, 'c' },
	{ "patience", required_argument, NULL, 'w' },
	{ "window", required_argument, NULL, 'W' },
	{ "verbose", no_argument, NULL, 'v' },
	{ 0 },
};

static _Noreturn void usage(void)
{
	size_t i;

	fprintf(stderr,
		"usage: wgpeer [OPTION...] MODE [ARGUMENT...]\n"
		"  --to ADDR:PORT     the victim\n"
		"  --from N           which well-known key is ours (0)\n"
		"  --port N           our UDP port (any)\n"
		"  --psk BASE64       preshared key\n"
		"  --netns NAME       the victim's namespace\n"
		"  --reset-cmd CMD    makes the victim forget its sessions\n"
		"  --seed N           of random choices (1)\n"
		"  --scale PERCENT    of the cases to run (100)\n"
		"  --patience MS      for answers that must come (10000)\n"
		"  --window PACKETS   usable replay window (8128)\n"
		"  --verbose          name each case\n");
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		fprintf(stderr, "  %-18s %s\n", modes[i].name, modes[i].help);
	exit(2);
}

static void parse_psk(const char *text, uint8_t psk[KEY_LEN])
{
	size_t len;

	if (sodium_base642bin(psk, KEY_LEN, text, strlen(text), NULL, &len,
			      NULL, sodium_base64_VARIANT_ORIGINAL) ||
	    len != KEY_LEN)
		die("--psk: not a key");
}

static void parse_options(struct options *opt, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "+v", long_options, NULL)) != -1) {
		switch (c) {
		case 't':
			if (addr_parse(optarg, &opt->to))
				die("--to: no address: %s", optarg);
			break;
		case 'f':
			opt->from = (unsigned int)atoi(optarg);
			break;
		case 'p':
			opt->port = (uint16_t)atoi(optarg);
			break;
		case 'k':
			parse_psk(optarg, opt->psk);
			break;
		case 'n':
			opt->netns = optarg;
			break;
		case 'r':
			opt->reset_cmd = optarg;
			break;
		case 's':
			opt->seed = strtoull(optarg, NULL, 0);
			break;
		case 'c':
			opt->scale = (unsigned int)atoi(optarg);
			if (opt->scale < 1 || opt->scale > 100)
				die("--scale: 1 to 100");
			break;
		case 'w':
			opt->patience_ms = (unsigned int)atoi(optarg);
			break;
		case 'W':
			opt->window = strtoull(optarg, NULL, 0);
			break;
		case 'v':
			opt->verbose = true;
			break;
		default:
			usage();
		}
	}
}

int main(int argc, char **argv)
{
	struct options opt = {
		.seed = 1,
		.scale = 100,
		.patience_ms = 10000,
		.window = WINDOW_DEFAULT,
	};
	const char *name;
	size_t i;

	if (sodium_init() < 0)
		die("libsodium does not start");
	parse_options(&opt, argc, argv);
	if (optind == argc)
		usage();
	name = argv[optind];
	rnd_seed(opt.seed);
	setvbuf(stdout, NULL, _IOLBF, 0);

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].name, name))
			continue;
		if (!opt.to.sa.sa_family && modes[i].run != mode_key &&
		    modes[i].run != mode_setconf)
			die("--to is wanted");
		modes[i].run(&opt, argc - optind - 1, argv + optind + 1);
		if (case_count())
			printf("%s: %u hostile messages, none had an effect\n",
			       name, case_count());
		return 0;
	}
	usage();
}
