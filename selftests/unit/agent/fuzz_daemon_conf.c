// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz_daemon_conf.h"

#include "wire/daemon_conf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err_detail detail = { "" };
	struct daemon_conf conf;
	char *s = malloc(len ? len : 1);
	size_t i;

	if (!s)
		return 0;
	memcpy(s, data, len);
	assert(daemon_conf_init(&conf) == 0);
	if (daemon_conf_parse(s, len, &detail, &conf) < 0) {
		assert(detail.text[0]);
		for (i = 0; detail.text[i]; i++)
			assert((unsigned char)detail.text[i] >= 0x20);
	}
	assert(conf.state_dir[0] == '/' && conf.socket[0] == '/');
	assert(strlen(conf.tun) <= 15);
	daemon_conf_done(&conf);
	free(s);
	return 0;
}
