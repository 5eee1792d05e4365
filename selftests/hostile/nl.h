/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_NL_H
#define HOSTILE_NL_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NL_MAX		(1 << 19)	/* bytes of the longest message */
#define NL_DEPTH	8

/**
 * struct nlbuf - a message being built, or one to be mangled
 * @len:	bytes in use; the header's own length may say something else
 * @data:	message
 */
struct nlbuf {
	size_t len;
	uint8_t data[NL_MAX] __attribute__((aligned(8)));
};

/**
 * struct nl - a generic netlink socket
 * @fd:		socket
 * @port:	its port
 * @family:	number of the tailnet family
 * @seq:	last sequence number
 */
struct nl {
	int fd;
	uint32_t port;
	uint16_t family;
	uint32_t seq;
};

/**
 * struct answer - what a request led to
 * @got:	false when nothing came at all
 * @lost:	the kernel had no memory for the answer
 * @err:	0 or a negative error
 * @has_text:	there was a text that explains it
 * @text:	that text
 */
struct answer {
	bool got;
	bool lost;
	int err;
	bool has_text;
	char text[160];
};

/* Called for each message of an answer but the last one. */
typedef void (*nl_each)(const struct nlmsghdr *msg, void *ctx);

struct nlmsghdr *nl_head(struct nlbuf *b);
void nl_begin(struct nlbuf *b, uint16_t type, uint16_t flags, uint8_t cmd);
void nl_put(struct nlbuf *b, uint16_t type, const void *data, size_t len);
void nl_put_u8(struct nlbuf *b, uint16_t type, uint8_t v);
void nl_put_u16(struct nlbuf *b, uint16_t type, uint16_t v);
void nl_put_u32(struct nlbuf *b, uint16_t type, uint32_t v);
void nl_put_u64(struct nlbuf *b, uint16_t type, uint64_t v);
size_t nl_nest(struct nlbuf *b, uint16_t type);
void nl_end(struct nlbuf *b, size_t nest);

int nl_open(struct nl *nl, const char *family);
void nl_close(struct nl *nl);
int nl_send(struct nl *nl, struct nlbuf *b);
void nl_answer(struct nl *nl, bool dump, nl_each each, void *ctx,
	       unsigned int ms, struct answer *ret);
void nl_call(struct nl *nl, struct nlbuf *b, nl_each each, void *ctx,
	     struct answer *ret);

#endif
