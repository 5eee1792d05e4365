// SPDX-License-Identifier: GPL-2.0-only
#include "wire/bootstrap_json.h"

#include "base/err.h"
#include "wire/json.h"

int bootstrap_json_parse(const uint8_t *body, size_t len, const char *host,
			 struct ip_addr *ret)
{
	const json_t *list, *value;
	json_t *root;
	size_t i;
	int n = 0, r;

	if (len > BOOTSTRAP_BODY_MAX)
		return TNE_TOO_LONG;
	r = json_read((const char *)body, len, NULL, &root);
	if (r < 0)
		return r;
	list = json_object_get(root, host);
	json_array_foreach(list, i, value) {
		if (n == BOOTSTRAP_ADDRS_MAX)
			break;
		if (json_is_string(value) &&
		    ip_parse(json_string_value(value),
			     json_string_length(value), &ret[n]) == 0)
			n++;
	}
	json_decref(root);
	return n ? n : TNE_NAME_LOOKUP;
}
