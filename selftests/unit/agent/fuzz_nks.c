// SPDX-License-Identifier: GPL-2.0-only
/* Node-key signatures: what is taken is written as it was read. */
#include "wire/nks.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t back[NKS_MAX], hash[BLAKE2S_LEN];
	struct node_public node;
	struct node_sig sig;
	size_t i, back_len;

	if (nks_parse((struct bytes){ data, len }, &sig) < 0)
		return 0;
	assert(sig.n >= 1 && sig.n <= NODE_SIG_LAYERS_MAX);
	assert(nks_build(&sig, back, &back_len) == 0);
	assert(back_len == len && memcmp(back, data, len) == 0);
	for (i = 0; i < sig.n; i++) {
		assert(nks_sig_hash(&sig, i, hash) == 0);
		node_sig_node(&sig.layer[i], &node);
		node_sig_wrapping(&sig, i);
	}
	node_sig_authorizing(&sig);
	return 0;
}
