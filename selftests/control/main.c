// SPDX-License-Identifier: GPL-2.0-only
/* tn-control: options, the parts put together, the loop. */
#include <getopt.h>
#include <openssl/err.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "admin.h"
#include "conn.h"
#include "make_ca.h"
#include "map.h"
#include "rpc.h"
#include "server.h"
#include "state.h"

static const char usage[] =
"usage: tn-control [OPTION]...\n"
"       tn-control --make-ca DIR NAME|ADDR...\n"
"  --listen ADDR:PORT       plain HTTP; port 0 takes any, see what it prints\n"
"  --listen-tls ADDR:PORT   HTTPS, with --cert FILE and --key FILE\n"
"  --admin SOCKET           commands; see the program ctl\n"
"  --url URL                base of the URLs it gives out\n"
"  --state FILE             keep nodes and keys\n"
"  --mode headscale|tailscale\n"
"  --domain NAME            name of the tailnet (tail.test)\n"
"  --derpmap FILE           JSON\n"
"  --auto-login             opening a login page finishes the login\n"
"  --open                   whoever registers is let in\n"
"  --auto-routes            advertised routes need no approval\n"
"  --authkey KEY            a reusable auth key of that text\n"
"  --lock                   offer the tailnet lock\n"
"  --keepalive SECONDS      on map streams (50)\n"
"  --verbose                log requests\n";

/**
 * struct options - what main() needs besides the server's own settings
 */
struct options {
	const char *listen;
	const char *listen_tls;
	const char *cert;
	const char *key;
	const char *admin;
	const char *derpmap;
	const char *make_ca;
};

static void die(const char *what)
{
	fprintf(stderr, "tn-control: %s\n", what);
	exit(2);
}

static void set_mode(struct server *srv, const char *name)
{
	if (!strcmp(name, "headscale")) {
		srv->cfg.mode = SERVER_HEADSCALE;
		srv->cfg.min_capver = 113;
	} else if (strcmp(name, "tailscale")) {
		die("--mode headscale or tailscale");
	}
}

static void add_authkey(struct server *srv, const char *text)
{
	struct authkey *k = authkey_new(&srv->nodes, "user@example.com");

	snprintf(k->text, sizeof(k->text), "%s", text);
	k->reusable = true;
}

enum { OPT_LISTEN = 256, OPT_TLS, OPT_CERT, OPT_KEY, OPT_ADMIN, OPT_URL,
	OPT_STATE, OPT_MODE, OPT_DOMAIN, OPT_DERPMAP, OPT_AUTO_LOGIN, OPT_OPEN,
	OPT_AUTO_ROUTES, OPT_AUTHKEY, OPT_LOCK, OPT_KEEPALIVE, OPT_VERBOSE, OPT_MAKE_CA };

static const struct option long_options[] = {
	{ "listen", 1, NULL, OPT_LISTEN },
	{ "listen-tls", 1, NULL, OPT_TLS },
	{ "cert", 1, NULL, OPT_CERT },
	{ "key", 1, NULL, OPT_KEY },
	{ "admin", 1, NULL, OPT_ADMIN },
	{ "control", 1, NULL, OPT_ADMIN },
	{ "url", 1, NULL, OPT_URL },
	{ "state", 1, NULL, OPT_STATE },
	{ "mode", 1, NULL, OPT_MODE },
	{ "domain", 1, NULL, OPT_DOMAIN },
	{ "derpmap", 1, NULL, OPT_DERPMAP },
	{ "auto-login", 0, NULL, OPT_AUTO_LOGIN },
	{ "open", 0, NULL, OPT_OPEN },
	{ "auto-routes", 0, NULL, OPT_AUTO_ROUTES },
	{ "authkey", 1, NULL, OPT_AUTHKEY },
	{ "lock", 0, NULL, OPT_LOCK },
	{ "keepalive", 1, NULL, OPT_KEEPALIVE },
	{ "verbose", 0, NULL, OPT_VERBOSE },
	{ "make-ca", 1, NULL, OPT_MAKE_CA },
	{ "help", 0, NULL, 'h' },
	{}
};

static void one_option(struct server *srv, struct options *o, int opt)
{
	switch (opt) {
	case OPT_LISTEN:
		o->listen = optarg;
		break;
	case OPT_TLS:
		o->listen_tls = optarg;
		break;
	case OPT_CERT:
		o->cert = optarg;
		break;
	case OPT_KEY:
		o->key = optarg;
		break;
	case OPT_ADMIN:
		o->admin = optarg;
		break;
	case OPT_URL:
		srv->cfg.url = strdup(optarg);
		break;
	case OPT_STATE:
		srv->cfg.state_file = optarg;
		break;
	case OPT_MODE:
		set_mode(srv, optarg);
		break;
	case OPT_DOMAIN:
		snprintf(srv->cfg.domain, sizeof(srv->cfg.domain), "%s",
			 optarg);
		break;
	case OPT_DERPMAP:
		o->derpmap = optarg;
		break;
	case OPT_AUTO_LOGIN:
		srv->cfg.auto_login = true;
		break;
	case OPT_OPEN:
		srv->cfg.open = true;
		break;
	case OPT_LOCK:
		srv->cfg.lock = true;
		break;
	case OPT_AUTO_ROUTES:
		srv->cfg.auto_routes = true;
		break;
	case OPT_AUTHKEY:
		add_authkey(srv, optarg);
		break;
	case OPT_KEEPALIVE:
		srv->cfg.keepalive_ms = atof(optarg) * 1000;
		break;
	case OPT_VERBOSE:
		srv->cfg.verbose = true;
		break;
	case OPT_MAKE_CA:
		o->make_ca = optarg;
		break;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	default:
		fputs(usage, stderr);
		exit(2);
	}
}

/* --- parts ------------------------------------------------------------------ */

static void server_init(struct server *srv)
{
	srv->loop = loop_new();
	srv->zstd = ZSTD_createCCtx();
	if (!srv->zstd)
		abort();
	srv->cfg.early = true;
	srv->cfg.keepalive_ms = 50000;
	srv->cfg.ephemeral_ms = 120000;
	strcpy(srv->cfg.domain, "tail.test");
	randombytes_buf(srv->key, sizeof(srv->key));
	crypto_scalarmult_base(srv->pub, srv->key);
	srv->filters = json_loads("{\"base\":[{\"SrcIPs\":[\"*\"],\"DstPorts\":"
		"[{\"IP\":\"*\",\"Ports\":{\"First\":0,\"Last\":65535}}]}]}", 0,
		NULL);
	srv->bootstrap_dns = json_object();
	srv->ping_ids = json_object();
	srv->rpc_log = json_array();
	srv->state_dirty = true;
}

static void server_done(struct server *srv)
{
	struct c2n *q;

	conn_close_all(srv);
	admin_close_all(srv);
	while ((q = srv->c2n)) {
		srv->c2n = q->next;
		loop_cancel(srv->loop, &q->late);
		free(q);
	}
	for (struct node *n = srv->nodes.list; n; n = n->next)
		map_forget(srv, n);
	lock_done(&srv->lock);
	nodes_done(srv);
	json_decref(srv->filters);
	json_decref(srv->bootstrap_dns);
	json_decref(srv->ping_ids);
	json_decref(srv->rpc_log);
	free(srv->dns);
	free(srv->derpmap);
	free(srv->cfg.url);
	SSL_CTX_free(srv->tls);
	ZSTD_freeCCtx(srv->zstd);
	loop_free(srv->loop);
}

/* The upgrade is HTTP/1.1 only, so nothing else is agreed on. */
static int choose_alpn(SSL *ssl, const unsigned char **out,
		       unsigned char *out_len, const unsigned char *in,
		       unsigned int in_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto((unsigned char **)out, out_len, ours,
				  sizeof(ours) - 1, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	return SSL_TLSEXT_ERR_OK;
}

static void load_tls(struct server *srv, const struct options *o)
{
	if (!o->cert || !o->key)
		die("--listen-tls needs --cert and --key");
	srv->tls = SSL_CTX_new(TLS_server_method());
	if (!srv->tls ||
	    SSL_CTX_use_certificate_chain_file(srv->tls, o->cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(srv->tls, o->key, SSL_FILETYPE_PEM) != 1) {
		ERR_print_errors_fp(stderr);
		die("cannot use this certificate and key");
	}
	SSL_CTX_set_alpn_select_cb(srv->tls, choose_alpn, NULL);
}

static void start_listening(struct server *srv, const struct options *o)
{
	char where[96], tls_where[96];
	int fd = -1, tls_fd = -1;

	if (o->listen) {
		fd = conn_listen(o->listen, where, sizeof(where));
		if (fd < 0)
			exit(1);
		printf("listen http://%s\n", where);
		conn_serve(srv, fd, false);
	}
	if (o->listen_tls) {
		load_tls(srv, o);
		tls_fd = conn_listen(o->listen_tls, tls_where,
				     sizeof(tls_where));
		if (tls_fd < 0)
			exit(1);
		printf("listen https://%s\n", tls_where);
		conn_serve(srv, tls_fd, true);
	}
	if (!srv->cfg.url &&
	    asprintf(&srv->cfg.url, "%s://%s", fd >= 0 ? "http" : "https",
		     fd >= 0 ? where : tls_where) < 0)
		abort();
}

static char *read_json_file(const char *path)
{
	json_error_t error;
	json_t *v = json_load_file(path, 0, &error);
	char *text;

	if (!v) {
		fprintf(stderr, "tn-control: %s: %s\n", path, error.text);
		exit(1);
	}
	text = json_dumps(v, JSON_COMPACT);
	json_decref(v);
	return text;
}

static void default_dns(struct server *srv)
{
	if (asprintf(&srv->dns, "{\"Resolvers\":[],\"Routes\":{\"%s\":[]},"
		     "\"Domains\":[\"%s\"],\"Proxied\":true}", srv->cfg.domain,
		     srv->cfg.domain) < 0)
		abort();
}

static void on_signal(void *arg, uint32_t events)
{
	struct server *srv = arg;

	(void)events;
	loop_stop(srv->loop);
}

static void before_wait(void *arg)
{
	struct server *srv = arg;

	conn_sweep(srv);
	state_save(srv);
}

static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void raise_files(void)
{
	struct rlimit r;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int run(struct server *srv, const struct options *o)
{
	struct loop_io *sig_io;
	int sig;

	if (!o->listen && !o->listen_tls)
		die("--listen or --listen-tls is needed; see --help");
	raise_files();
	sig = signals();
	if (o->derpmap)
		srv->derpmap = read_json_file(o->derpmap);
	default_dns(srv);
	if (!state_load(srv))
		exit(1);
	start_listening(srv, o);
	if (o->admin && !admin_listen(srv, o->admin))
		exit(1);
	sig_io = loop_watch(srv->loop, sig, EPOLLIN, on_signal, srv);
	loop_before_wait(srv->loop, before_wait, srv);
	puts("ready");
	fflush(stdout);
	loop_run(srv->loop);
	/* What was promised last, "quit"'s answer among it, still goes out. */
	before_wait(srv);
	loop_unwatch(sig_io);
	close(sig);
	return 0;
}

int main(int argc, char **argv)
{
	struct server *srv = calloc(1, sizeof(*srv));
	struct options o = {};
	int opt, ret;

	if (!srv || sodium_init() < 0)
		abort();
	server_init(srv);
	while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		one_option(srv, &o, opt);
	if (o.make_ca) {
		if (optind == argc)
			die("--make-ca DIR NAME...");
		ret = make_ca(o.make_ca, argv + optind) ? 0 : 1;
	} else {
		ret = run(srv, &o);
	}
	server_done(srv);
	free(srv);
	return ret;
}
