// SPDX-License-Identifier: GPL-2.0-only
#include "tnl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MSG_MAX (1 << 20)	/* bytes: many peers in one request */

static struct nl_sock *nl;
static int family;
static const char *program, *device;
static char words[256];

void tnl_die(const char *what)
{
	fprintf(stderr, "%s: %s\n", program ? program : "?", what);
	exit(2);
}

void tnl_open(const char *of_program, const char *of_device)
{
	int on = 1;

	program = of_program;
	device = of_device;
	nl = nl_socket_alloc();
	if (!nl || genl_connect(nl))
		tnl_die("no generic netlink");
	nl_socket_set_buffer_size(nl, MSG_MAX, MSG_MAX);
	nl_socket_set_msg_buf_size(nl, 1 << 17);
	family = genl_ctrl_resolve(nl, TAILNET_GENL_NAME);
	if (family < 0)
		tnl_die("no netlink family");
	setsockopt(nl_socket_get_fd(nl), SOL_NETLINK, NETLINK_EXT_ACK, &on,
		   sizeof(on));
}

struct nl_msg *tnl_msg(uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(MSG_MAX);
	struct nlattr *nest;

	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_ACK, cmd,
		    TAILNET_GENL_VERSION);
	nest = nla_nest_start(msg, TAILNET_A_DEV);
	nla_put_string(msg, TAILNET_A_DEV_IFNAME, device);
	nla_nest_end(msg, nest);
	return msg;
}

static int on_error(struct sockaddr_nl *who, struct nlmsgerr *e, void *arg)
{
	const struct nlmsghdr *nlh = (struct nlmsghdr *)e - 1;
	struct nlattr *attr, *text = NULL;
	int len = sizeof(*e);

	(void)who;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		len += e->msg.nlmsg_len - sizeof(e->msg);
	attr = (struct nlattr *)((char *)e + len);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		text = nla_find(attr, nlh->nlmsg_len - sizeof(*nlh) - len,
				NLMSGERR_ATTR_MSG);
	snprintf(words, sizeof(words), "%s", text ? nla_get_string(text) : "");
	*(int *)arg = e->error;
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	(void)msg;
	*(int *)arg = 0;
	return NL_STOP;
}

int tnl_talk(struct nl_msg *msg, nl_recvmsg_msg_cb_t on_answer, void *arg)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int state = 1, ret;

	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &state);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &state);
	if (on_answer)
		nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_answer, arg);
	if (nl_send_auto(nl, msg) < 0)
		tnl_die("cannot send");
	while (state > 0) {
		ret = nl_recvmsgs(nl, cb);
		if (ret < 0 && state > 0)
			tnl_die(nl_geterror(ret));
	}
	nl_cb_put(cb);
	nlmsg_free(msg);
	return state;
}

const char *tnl_words(void)
{
	return words;
}

int tnl_report(int ret)
{
	if (!ret)
		return 0;
	printf("error %s %s\n", strerrorname_np(-ret), words);
	return 1;
}

int tnl_watch(const char *group, nl_recvmsg_msg_cb_t on_event)
{
	int number = genl_ctrl_resolve_grp(nl, TAILNET_GENL_NAME, group);

	if (number < 0 || nl_socket_add_membership(nl, number))
		tnl_die("cannot join the group");
	nl_socket_disable_seq_check(nl);
	nl_socket_modify_cb(nl, NL_CB_VALID, NL_CB_CUSTOM, on_event, NULL);
	printf("ready\n");
	fflush(stdout);
	while (nl_recvmsgs_default(nl) != -NLE_BAD_SOCK)
		;
	return 1;
}
