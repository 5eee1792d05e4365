// SPDX-License-Identifier: GPL-2.0-only
#include "wire/profile_json.h"

#include "base/array.h"
#include "wire/json_put.h"
#include "wire/prefs_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG	"Config"
#define KEY_PREFIX "profile-"

/* Members of the identity that are read below; all others are kept. */
static const char *const persist_known[] = {
	"PrivateNodeKey", "OldPrivateNodeKey", "UserProfile", "NetworkLockKey",
	"NodeID", "DisallowedTKAStateIDs",
};

static int get_user(const json_t *object, struct err_detail *detail,
		    struct profile_user *user)
{
	int r = json_take_object(object, "UserProfile", detail, &object);

	if (r == 0)
		r = json_take_number(object, "ID", detail, &user->id);
	if (r == 0)
		r = json_take_string(object, "LoginName", detail, &user->login);
	if (r == 0)
		r = json_take_string(object, "DisplayName", detail, &user->display);
	if (r == 0)
		r = json_take_string(object, "ProfilePicURL", detail,
			     &user->picture_url);
	return r == 0 ? json_take_list(object, "Groups", detail, &user->groups) : r;
}

/* All zero is how "no key" is written. */
static bool is_zero_key(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon && colon[1 + strspn(colon + 1, "0")] == 0;
}

static int get_key(const json_t *object, const char *name,
		   struct err_detail *detail, struct secret32 **slot)
{
	const char *text = json_string_value(json_object_get(object, name));
	struct secret32 *key auto_clean(secret32) = NULL;

	if (!text || !*text || is_zero_key(text))
		return 0;
	key = secret32_new();
	if (!key)
		return -ENOMEM;
	if (key_text_parse_private(text, strlen(text), key) < 0)
		return err_explain(detail, TNE_KEY_FORMAT, "%s is not a key",
				   name);
	*slot = steal(key);
	return 0;
}

static int get_lock_key(const json_t *object, struct err_detail *detail,
			struct persist *persist)
{
	const char *text = json_string_value(json_object_get(object,
							     "NetworkLockKey"));
	struct secret32 *seed auto_clean(secret32) = NULL;

	if (!text || !*text || is_zero_key(text))
		return 0;
	seed = secret32_new();
	if (!seed)
		return -ENOMEM;
	if (key_text_parse_lock_private(text, strlen(text), seed,
					&persist->lock) < 0)
		return err_explain(detail, TNE_KEY_FORMAT,
				   "NetworkLockKey is not a key");
	persist->lock_seed = steal(seed);
	return 0;
}

static int keep_unknown(const json_t *object, struct persist *persist)
{
	json_t *rest = json_copy((json_t *)object);
	size_t i;
	int r = 0;

	if (!rest)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(persist_known); i++)
		json_object_del(rest, persist_known[i]);
	if (json_object_size(rest) > 0) {
		persist->extra = json_text(rest, JSON_COMPACT);
		if (!persist->extra)
			r = -ENOMEM;
	}
	json_decref(rest);
	return r;
}

static int parse_persist(const json_t *object, struct err_detail *detail,
			 struct persist *persist)
{
	int r = get_key(object, "PrivateNodeKey", detail, &persist->node);

	if (r == 0)
		r = get_key(object, "OldPrivateNodeKey", detail,
			    &persist->old_node);
	if (r == 0)
		r = get_lock_key(object, detail, persist);
	if (r == 0)
		r = get_user(object, detail, &persist->user);
	if (r == 0)
		r = json_take_string(object, "NodeID", detail, &persist->node_id);
	if (r == 0)
		r = json_take_list(object, "DisallowedTKAStateIDs", detail,
			     &persist->disallowed);
	return r == 0 ? keep_unknown(object, persist) : r;
}

int profile_prefs_parse(struct state_bytes text, struct err_detail *detail,
			struct prefs *prefs, struct persist *persist)
{
	struct persist read = { 0 };
	const json_t *config;
	json_t *object;
	int r = json_read_object(text.data, text.len, "a profile", detail,
				 &object);

	if (r < 0)
		return r;
	r = json_take_object(object, CONFIG, detail, &config);
	if (r == 0 && json_is_object(config))
		r = parse_persist(config, detail, &read);
	if (r == 0)
		r = prefs_json_parse(object, true, detail, prefs);
	json_decref(object);
	if (r < 0) {
		persist_done(&read);
		return r;
	}
	*persist = read;
	return 0;
}

static int put_user(json_t *object, const struct profile_user *user)
{
	json_t *value = json_object();
	int r = value ? json_put(value, "ID", json_integer(user->id)) : -ENOMEM;

	if (r == 0)
		r = json_put_text(value, "LoginName", user->login);
	if (r == 0)
		r = json_put_text(value, "DisplayName", user->display);
	if (r == 0)
		r = json_put_some_text(value, "ProfilePicURL", user->picture_url);
	if (r == 0)
		r = json_put_some_list(value, "Groups", &user->groups);
	if (r < 0) {
		json_decref(value);
		return r;
	}
	return json_put(object, "UserProfile", value);
}

static int put_key(json_t *object, const char *name, struct secret32 *key)
{
	struct secret32 *zero auto_clean(secret32) = NULL;
	char text[KEY_PRIVATE_HEX_LEN + 1];
	int r;

	if (!key) {
		zero = secret32_new();
		if (!zero)
			return -ENOMEM;
		key = zero;
	}
	key_text_format_private(key, text);
	r = json_put_text(object, name, text);
	secret_wipe(text, sizeof(text));
	return r;
}

static int put_lock_key(json_t *object, const struct persist *persist)
{
	static const char prefix[] = "nlpriv:";
	char text[KEY_LOCK_PRIVATE_HEX_LEN + 1];
	int r;

	if (persist->lock_seed) {
		key_text_format_lock_private(persist->lock_seed,
					     &persist->lock, text);
	} else {
		memset(text, '0', sizeof(text) - 1);
		memcpy(text, prefix, sizeof(prefix) - 1);
		text[sizeof(text) - 1] = 0;
	}
	r = json_put_text(object, "NetworkLockKey", text);
	secret_wipe(text, sizeof(text));
	return r;
}

static int put_persist(json_t *object, const struct persist *persist)
{
	json_t *value = json_object();
	int r = value ? put_key(value, "PrivateNodeKey", persist->node) :
		-ENOMEM;

	if (r == 0)
		r = put_key(value, "OldPrivateNodeKey", persist->old_node);
	if (r == 0)
		r = put_user(value, &persist->user);
	if (r == 0)
		r = put_lock_key(value, persist);
	if (r == 0)
		r = json_put_text(value, "NodeID", persist->node_id);
	if (r == 0)
		r = json_put_some_list(value, "DisallowedTKAStateIDs",
			     &persist->disallowed);
	if (r == 0)
		r = json_put_missing(value, persist->extra);
	if (r < 0) {
		json_decref(value);
		return r;
	}
	return json_put(object, CONFIG, value);
}

int profile_prefs_build(const struct prefs *prefs,
			const struct persist *persist, struct secret_buf *out)
{
	size_t start = out->len;
	json_t *object;
	int r = prefs_json_build(prefs, &object);

	if (r < 0)
		return r;
	r = put_persist(object, persist);
	if (r == 0)
		r = json_text_secret(object, JSON_INDENT(1), out);
	json_decref(object);
	if (r < 0)
		return r;
	json_indent_tabs(out->data + start, out->len - start);
	return 0;
}

static int parse_profile(const char *id, const json_t *object,
			 struct err_detail *detail, struct profile *profile)
{
	const json_t *network;
	int r;

	if (strlen(id) != PROFILE_ID_LEN || !json_is_object(object))
		return err_explain(detail, TNE_LOCAL_JSON,
				   "a profile of the list is malformed");
	memcpy(profile->id, id, PROFILE_ID_LEN);
	r = json_take_object(object, "NetworkProfile", detail, &network);
	if (r == 0)
		r = json_take_string(network, "MagicDNSName", detail,
			     &profile->magic_dns_name);
	if (r == 0)
		r = json_take_string(network, "DomainName", detail, &profile->domain);
	if (r == 0)
		r = json_take_string(network, "DisplayName", detail, &profile->tailnet);
	if (r == 0)
		r = json_take_string(object, "Name", detail, &profile->name);
	if (r == 0)
		r = get_user(object, detail, &profile->user);
	if (r == 0)
		r = json_take_string(object, "NodeID", detail, &profile->node_id);
	if (r == 0)
		r = json_take_string(object, "ControlURL", detail,
			     &profile->control_url);
	return r;
}

static bool has_key(const char *id, const json_t *object, const char *key)
{
	const char *own = json_string_value(json_object_get(object, "Key"));

	if (own)
		return strcmp(own, key) == 0;
	return strncmp(key, KEY_PREFIX, strlen(KEY_PREFIX)) == 0 &&
		strcmp(key + strlen(KEY_PREFIX), id) == 0;
}

static int load_list(struct state_bytes list, struct err_detail *detail,
		     json_t **ret)
{
	if (list.len == 0) {
		*ret = json_object();
		return *ret ? 0 : -ENOMEM;
	}
	return json_read_object(list.data, list.len, "the list of profiles",
				detail, ret);
}

int profile_list_find(struct state_bytes list, const char *key,
		      struct err_detail *detail, struct profile *ret)
{
	struct profile profile = { 0 };
	json_t *object, *value;
	const char *id;
	int r = load_list(list, detail, &object);

	if (r < 0)
		return r;
	json_object_foreach(object, id, value) {
		if (key ? !has_key(id, value, key) :
		    json_object_size(object) != 1)
			continue;
		r = parse_profile(id, value, detail, &profile);
		if (r == 0)
			r = 1;
		break;
	}
	json_decref(object);
	if (r <= 0) {
		profile_done(&profile);
		return r;
	}
	*ret = profile;
	return 1;
}

static int put_network(json_t *object, const struct profile *profile)
{
	json_t *value = json_object();
	int r = value ? json_put_text(value, "MagicDNSName",
				 profile->magic_dns_name) : -ENOMEM;

	if (r == 0)
		r = json_put_text(value, "DomainName", profile->domain);
	if (r == 0)
		r = json_put_text(value, "DisplayName", profile->tailnet);
	if (r < 0) {
		json_decref(value);
		return r;
	}
	return json_put(object, "NetworkProfile", value);
}

static int put_profile(json_t *object, const struct profile *profile)
{
	char key[sizeof(KEY_PREFIX) + PROFILE_ID_LEN];
	int r;

	key[0] = 0;
	if (profile->id[0])
		snprintf(key, sizeof(key), KEY_PREFIX "%s", profile->id);
	r = json_put_text(object, "ID", profile->id);
	if (r == 0)
		r = json_put_text(object, "Name", profile->name);
	if (r == 0)
		r = put_network(object, profile);
	if (r == 0)
		r = json_put_text(object, "Key", key);
	if (r == 0)
		r = put_user(object, &profile->user);
	if (r == 0)
		r = json_put_text(object, "NodeID", profile->node_id);
	if (r == 0 && !json_object_get(object, "LocalUserID"))
		r = json_put_text(object, "LocalUserID", "");
	if (r == 0)
		r = json_put_text(object, "ControlURL", profile->control_url);
	return r;
}

int profile_list_update(struct state_bytes list, const struct profile *profile,
			struct err_detail *detail, struct secret_buf *out)
{
	json_t *object, *line;
	int r = load_list(list, detail, &object);

	if (r < 0)
		return r;
	line = json_object_get(object, profile->id);
	if (!json_is_object(line)) {
		r = json_put(object, profile->id, json_object());
		line = json_object_get(object, profile->id);
	}
	if (r == 0)
		r = put_profile(line, profile);
	if (r == 0)
		r = json_text_secret(object, JSON_COMPACT, out);
	json_decref(object);
	return r;
}

static int cmp_id(const void *a, const void *b)
{
	return strcmp(((const struct profile *)a)->id,
		      ((const struct profile *)b)->id);
}

int profile_list_parse(struct state_bytes list, struct err_detail *detail,
		       struct profile_list *ret)
{
	struct profile_list parsed = { 0 };
	json_t *object, *value;
	const char *id;
	int r = load_list(list, detail, &object);

	if (r < 0)
		return r;
	if (json_object_size(object) > PROFILES_MAX)
		r = err_explain(detail, TNE_TOO_LONG, "too many profiles");
	else
		parsed.item = calloc(json_object_size(object) + 1,
				     sizeof(*parsed.item));
	if (r == 0 && !parsed.item)
		r = -ENOMEM;
	if (r == 0) {
		json_object_foreach(object, id, value) {
			r = parse_profile(id, value, detail,
					  &parsed.item[parsed.n++]);
			if (r < 0)
				break;
		}
	}
	json_decref(object);
	if (r < 0) {
		profile_list_done(&parsed);
		return r;
	}
	qsort(parsed.item, parsed.n, sizeof(*parsed.item), cmp_id);
	parsed.current = parsed.n;
	*ret = parsed;
	return 0;
}

int profile_list_remove(struct state_bytes list, const char *id,
			struct err_detail *detail, struct secret_buf *out)
{
	json_t *object;
	int r = load_list(list, detail, &object);

	if (r < 0)
		return r;
	r = json_object_del(object, id) < 0 ? -ENOENT :
		json_text_secret(object, JSON_COMPACT, out);
	json_decref(object);
	return r;
}

int profile_json_build(const struct profile *profile, json_t **ret)
{
	json_t *object = json_object();
	int r = object ? put_profile(object, profile) : -ENOMEM;

	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

int profile_json_parse(const json_t *object, struct err_detail *detail,
		       struct profile *ret)
{
	const char *id = json_string_value(json_object_get(object, "ID"));
	struct profile profile = { 0 };
	int r;

	r = parse_profile(id ? id : "", object, detail, &profile);
	if (r < 0) {
		profile_done(&profile);
		return r;
	}
	*ret = profile;
	return 0;
}
