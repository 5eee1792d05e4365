// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/nl_conn.h"

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#define ECHO_LEN 64	/* bytes of the request that is sent back */

/* An error as the kernel sends it. @flags: NLM_F_CAPPED, NLM_F_ACK_TLVS */
static struct nl_msg *make(int type, unsigned int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(1024);
	struct nlmsgerr err = { .error = -22 };
	int code = -22;

	nlmsg_put(msg, 0, 1, type, 0, flags);
	if (type == NLMSG_DONE) {
		nlmsg_append(msg, &code, sizeof(code), NLMSG_ALIGNTO);
	} else {
		err.msg.nlmsg_len = sizeof(err.msg) + ECHO_LEN;
		nlmsg_append(msg, &err, sizeof(err), NLMSG_ALIGNTO);
		if (!(flags & NLM_F_CAPPED))
			nlmsg_reserve(msg, ECHO_LEN, NLMSG_ALIGNTO);
	}
	nla_put_string(msg, NLMSGERR_ATTR_MSG, "no such thing");
	nla_put_u32(msg, NLMSGERR_ATTR_OFFS, 40);
	nla_put_u32(msg, NLMSGERR_ATTR_MISS_TYPE, 3);
	nla_put_u32(msg, NLMSGERR_ATTR_MISS_NEST, 20);
	return msg;
}

static void check_reason(const struct nl_refusal *r)
{
	CHECK(strcmp(r->text, "no such thing") == 0);
	CHECK(r->has_attr && r->has_missing);
	CHECK_EQ(r->attr_offset, 40);
	CHECK_EQ(r->missing_type, 3);
	CHECK_EQ(r->missing_nest, 20);
}

static void reads_reasons(void)
{
	static const struct {
		const char *name;
		int type;
		unsigned int flags;
	} cases[] = {
		{ "capped", NLMSG_ERROR, NLM_F_ACK_TLVS | NLM_F_CAPPED },
		{ "with the request", NLMSG_ERROR, NLM_F_ACK_TLVS },
		{ "end of a dump", NLMSG_DONE, NLM_F_ACK_TLVS },
	};
	struct nl_refusal r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nl_msg *msg = make(cases[i].type, cases[i].flags);

		test_case("%s", cases[i].name);
		nl_refusal_parse(nlmsg_hdr(msg), &r);
		CHECK_IN(check_reason(&r));
		nlmsg_free(msg);
	}
}

static void no_reason_given(void)
{
	struct nl_msg *msg = make(NLMSG_ERROR, NLM_F_CAPPED);
	struct nl_refusal r;

	nl_refusal_parse(nlmsg_hdr(msg), &r);
	CHECK(!r.text[0] && !r.has_attr && !r.has_missing);
	nlmsg_free(msg);
}

static void every_truncation(void)
{
	static const int types[] = { NLMSG_ERROR, NLMSG_DONE };
	static const unsigned int flags[] = {
		NLM_F_ACK_TLVS, NLM_F_ACK_TLVS | NLM_F_CAPPED,
	};
	struct nl_refusal r;
	uint32_t len;
	size_t i;

	for (i = 0; i < 4; i++) {
		struct nl_msg *msg = make(types[i / 2], flags[i % 2]);
		uint32_t whole = nlmsg_hdr(msg)->nlmsg_len;

		for (len = NLMSG_HDRLEN; len <= whole; len++) {
			/* No byte to spare: reading on is seen. */
			struct nlmsghdr *copy = malloc(len);

			CHECK(copy);
			memcpy(copy, nlmsg_hdr(msg), len);
			copy->nlmsg_len = len;
			nl_refusal_parse(copy, &r);
			CHECK(strlen(r.text) < sizeof(r.text));
			free(copy);
		}
		CHECK_IN(check_reason(&r));
		nlmsg_free(msg);
	}
}

static void long_text_is_cut(void)
{
	struct nl_msg *msg = nlmsg_alloc_size(2048);
	struct nlmsgerr err = { .error = -22 };
	char text[600];
	struct nl_refusal r;

	memset(text, 'x', sizeof(text));
	nlmsg_put(msg, 0, 1, NLMSG_ERROR, 0, NLM_F_ACK_TLVS | NLM_F_CAPPED);
	nlmsg_append(msg, &err, sizeof(err), NLMSG_ALIGNTO);
	nla_put(msg, NLMSGERR_ATTR_MSG, sizeof(text), text);
	nl_refusal_parse(nlmsg_hdr(msg), &r);
	CHECK_EQ(strlen(r.text), sizeof(r.text) - 1);
	nlmsg_free(msg);
}

static const struct test tests[] = {
	TEST(reads_reasons),
	TEST(no_reason_given),
	TEST(every_truncation),
	TEST(long_text_is_cut),
};

TEST_MAIN(tests)
