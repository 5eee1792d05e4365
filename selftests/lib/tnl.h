/* SPDX-License-Identifier: GPL-2.0-only */
/* One netlink conversation with the module about one device, for test programs. */
#ifndef LIB_TNL_H
#define LIB_TNL_H

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdint.h>

#include "../../uapi/tailnet.h"

/**
 * tnl_die() - end with 2
 * @what:	why
 */
void tnl_die(const char *what) __attribute__((noreturn));

/**
 * tnl_open() - connect, or end
 * @program:	name for tnl_die()
 * @device:	that all messages are about, borrowed for ever
 */
void tnl_open(const char *program, const char *device);

/**
 * tnl_msg() - begin a request about the device
 * @cmd:	TAILNET_CMD_...
 *
 * Return: the message, to be sent by tnl_talk().
 */
struct nl_msg *tnl_msg(uint8_t cmd);

/**
 * tnl_talk() - send a request, free it, and read the answers
 * @msg:	the request
 * @on_answer:	gets each answer, may be NULL
 * @arg:	for it
 *
 * Return: 0, or a negative errno of the module.
 */
int tnl_talk(struct nl_msg *msg, nl_recvmsg_msg_cb_t on_answer, void *arg);

/**
 * tnl_words() - what the module said to the last refusal
 *
 * Return: its words, perhaps none.
 */
const char *tnl_words(void);

/**
 * tnl_report() - print "error NAME WORDS" if the module refused
 * @ret:	what tnl_talk() returned
 *
 * Return: 0, or 1 if it did.
 */
int tnl_report(int ret);

/**
 * tnl_watch() - print "ready" and listen to notifications for ever
 * @group:	TAILNET_MCGRP_...
 * @on_event:	gets each
 *
 * Return: 1, when the socket is gone.
 */
int tnl_watch(const char *group, nl_recvmsg_msg_cb_t on_event);

#endif /* LIB_TNL_H */
