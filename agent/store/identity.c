// SPDX-License-Identifier: GPL-2.0-only
#include "store/identity.h"

#include "crypto/key_text.h"
#include "crypto/lock_key.h"
#include "wire/profile_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#define MACHINE_KEY	"_machinekey"
#define PROFILES	"_profiles"
#define CURRENT		"_current-profile"
#define LEGACY_PREFS	"_daemon"
#define LOG_ID		"LogID"

#define PROFILE_KEY_MAX	64	/* bytes; ours */
#define ID_TRIES	64	/* of 65536 ids */

static bool get(const struct state *state, const char *name,
		struct state_bytes *ret)
{
	*ret = (struct state_bytes){ .data = "" };
	return state_find(state, name, ret);
}

static int check_machine(struct secret32 *key, struct err_detail *detail)
{
	if (sodium_is_zero(secret32_expose(key), SECRET_LEN))
		return err_explain(detail, TNE_STATE_IDENTITY, "%s is zero",
				   MACHINE_KEY);
	return 0;
}

static int parse_machine(struct state_bytes text, struct err_detail *detail,
			 struct secret32 **ret)
{
	struct secret32 *key auto_clean(secret32) = secret32_new();
	int r;

	if (!key)
		return -ENOMEM;
	if (key_text_parse_private(text.data, text.len, key) < 0)
		return err_explain(detail, TNE_STATE_IDENTITY,
				   "%s is not a key", MACHINE_KEY);
	r = check_machine(key, detail);
	if (r == 0)
		*ret = steal(key);
	return r;
}

static int make_machine(struct state *state, struct err_detail *detail,
			struct secret32 **ret)
{
	struct secret32 *key auto_clean(secret32) = secret32_new();
	char text[KEY_PRIVATE_HEX_LEN + 1];
	struct state_change change = { .name = MACHINE_KEY, .data = text,
				       .len = KEY_PRIVATE_HEX_LEN };
	int r;

	if (!key)
		return -ENOMEM;
	key_make_private(key);
	key_text_format_private(key, text);
	r = state_write(state, &change, 1, detail);
	secret_wipe(text, sizeof(text));
	if (r < 0)
		return r;
	*ret = steal(key);
	return 0;
}

static int load_machine(struct state *state, struct err_detail *detail,
			struct identity *id)
{
	struct state_bytes text, other;

	if (get(state, MACHINE_KEY, &text))
		return parse_machine(text, detail, &id->machine);
	if (get(state, PROFILES, &other) || get(state, CURRENT, &other) ||
	    get(state, LEGACY_PREFS, &other))
		return err_explain(detail, TNE_STATE_IDENTITY,
				   "missing machine key in a state with profiles; restore the file, or delete it to begin as a new node");
	return make_machine(state, detail, &id->machine);
}

static bool is_log_id(const char *text)
{
	return text && strlen(text) == LOG_ID_LEN &&
		strspn(text, "0123456789abcdef") == LOG_ID_LEN;
}

static int load_log_id(struct side *side, struct err_detail *detail,
		       struct identity *id)
{
	const char *text = side_find(side, LOG_ID);
	unsigned char random[LOG_ID_LEN / 2];
	int r;

	if (is_log_id(text)) {
		memcpy(id->log_id, text, LOG_ID_LEN);
		return 0;
	}
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(id->log_id, sizeof(id->log_id), random, sizeof(random));
	r = side_write(side, LOG_ID, id->log_id);
	if (r < 0)
		return err_explain(detail, r, "cannot write the state: %s",
				   err_text(r));
	return 0;
}

static int make_lock_key(struct persist *persist)
{
	struct secret32 *seed auto_clean(secret32) = secret32_new();
	struct lock_public public;
	int r;

	if (!seed)
		return -ENOMEM;
	secret_random(seed);
	r = lock_key_derive(seed, &public);
	if (r < 0)
		return r;
	secret32_free(persist->lock_seed);
	persist->lock_seed = steal(seed);
	persist->lock = public;
	return 0;
}

/* Which profile is the current one; 0 = there is none yet. */
static int find_profile(const struct state *state, struct err_detail *detail,
			struct profile *ret)
{
	struct state_bytes list, current;
	char key[PROFILE_KEY_MAX + 1];
	int r;

	get(state, PROFILES, &list);
	if (get(state, CURRENT, &current)) {
		if (current.len > PROFILE_KEY_MAX)
			return err_explain(detail, TNE_STATE_IDENTITY,
					   "%s is too long", CURRENT);
		memcpy(key, current.data, current.len);
		key[current.len] = 0;
		r = profile_list_find(list, key, detail, ret);
		if (r != 0)
			return r;
		r = profile_list_find(list, NULL, detail, ret);
		if (r != 0)
			return r;
		return err_explain(detail, TNE_STATE_IDENTITY,
				   "the current profile does not exist");
	}
	return 0;
}

static void entry_name(const struct profile *profile, char *ret, size_t size)
{
	snprintf(ret, size, "profile-%s", profile->id);
}

static int load_profile(const struct state *state, struct err_detail *detail,
			struct identity *id)
{
	char name[PROFILE_KEY_MAX];
	struct state_bytes text;
	int r = find_profile(state, detail, &id->profile);

	if (r < 0)
		return r;
	if (r == 0) {
		/* What was there before there were profiles. */
		if (!get(state, LEGACY_PREFS, &text))
			return 0;
		return profile_prefs_parse(text, detail, &id->prefs,
					   &id->persist);
	}
	entry_name(&id->profile, name, sizeof(name));
	if (!get(state, name, &text))
		return err_explain(detail, TNE_STATE_IDENTITY,
				   "the current profile has no preferences");
	return profile_prefs_parse(text, detail, &id->prefs, &id->persist);
}

int identity_load(struct state *state, struct side *side,
		  struct err_detail *detail, struct identity *ret)
{
	struct identity id = { 0 };
	int r;

	prefs_init(&id.prefs);
	r = load_machine(state, detail, &id);
	if (r == 0)
		r = load_profile(state, detail, &id);
	if (r == 0)
		r = load_log_id(side, detail, &id);
	if (r == 0 && !id.persist.lock_seed)
		r = make_lock_key(&id.persist);
	if (r < 0) {
		identity_done(&id);
		return r;
	}
	*ret = id;
	return 0;
}

/* "profile-1ab3||_routeInfo" and the like are others' business. */
static bool is_profile(const char *name)
{
	return strcmp(name, LEGACY_PREFS) == 0 ||
		(strncmp(name, "profile-", 8) == 0 && !strchr(name, '|'));
}

static int check_profile(void *ctx, const char *name, struct state_bytes text,
			 struct err_detail *detail)
{
	struct persist persist = { 0 };
	struct prefs prefs;
	int r;

	(void)ctx;
	if (strcmp(name, LEGACY_PREFS) == 0 || !is_profile(name))
		return 0;
	prefs_init(&prefs);
	r = profile_prefs_parse(text, detail, &prefs, &persist);
	prefs_done(&prefs);
	persist_done(&persist);
	if (r < 0 && r != -ENOMEM)
		return err_explain(detail, TNE_STATE_IDENTITY,
				   "%s cannot be read", name);
	return r;
}

static int check_current(const struct identity *id, struct err_detail *detail)
{
	if (!id->profile.id[0])
		return err_explain(detail, TNE_STATE_IDENTITY,
				   "there is no current profile");
	if (!id->persist.node ||
	    sodium_is_zero(secret32_expose(id->persist.node), SECRET_LEN))
		return err_explain(detail, TNE_STATE_IDENTITY,
				   "the current profile has no node key: it is logged out");
	return 0;
}

int identity_check(const struct state *state, struct err_detail *detail)
{
	struct identity id = { 0 };
	struct state_bytes text;
	int r;

	if (!get(state, MACHINE_KEY, &text))
		return err_explain(detail, TNE_STATE_IDENTITY, "missing %s",
				   MACHINE_KEY);
	prefs_init(&id.prefs);
	r = parse_machine(text, detail, &id.machine);
	if (r == 0)
		r = load_profile(state, detail, &id);
	if (r == 0)
		r = check_current(&id, detail);
	if (r == 0)
		r = state_each(state, check_profile, detail, NULL);
	identity_done(&id);
	return r;
}

/**
 * struct trusted - a profile that could go on
 * @name: its entry, "" = none
 * @prefs: its preferences
 * @persist: its keys
 */
struct trusted {
	char name[PROFILE_KEY_MAX];
	struct prefs prefs;
	struct persist persist;
};

static void trusted_done(struct trusted *t)
{
	prefs_done(&t->prefs);
	persist_done(&t->persist);
	t->name[0] = 0;
}

static int find_trusted(void *ctx, const char *name, struct state_bytes text,
			struct err_detail *detail)
{
	struct trusted *t = ctx;
	int r;

	if (!is_profile(name) || strlen(name) >= sizeof(t->name))
		return 0;
	prefs_init(&t->prefs);
	r = profile_prefs_parse(text, detail, &t->prefs, &t->persist);
	if (r == 0 && (t->persist.node || !t->prefs.logged_out)) {
		strcpy(t->name, name);
		return 1;
	}
	trusted_done(t);
	return r == -ENOMEM ? r : 0;
}

static int write_distrusted(struct state *state, struct trusted *t,
			    struct err_detail *detail)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		text = { 0 };
	struct persist *persist = &t->persist;
	struct state_change change = { .name = t->name };
	int r;

	if (persist->node) {
		secret32_free(persist->old_node);
		persist->old_node = steal(persist->node);
	}
	t->prefs.logged_out = true;
	r = profile_prefs_build(&t->prefs, persist, &text);
	if (r < 0)
		return r;
	change.data = text.data;
	change.len = text.len;
	return state_write(state, &change, 1, detail);
}

int identity_distrust(struct state *state, struct err_detail *detail)
{
	struct trusted t = { .name = "" };
	int r;

	for (;;) {
		r = state_each(state, find_trusted, detail, &t);
		if (r <= 0)
			return r;
		r = write_distrusted(state, &t, detail);
		trusted_done(&t);
		if (r < 0)
			return r;
	}
}

/* An id that no profile has, nor any entry left over from one. */
static int make_id(const struct state *state, struct profile *profile)
{
	char name[PROFILE_KEY_MAX];
	struct state_bytes other;
	unsigned char random[PROFILE_ID_LEN / 2];
	int tries;

	for (tries = 0; tries < ID_TRIES; tries++) {
		randombytes_buf(random, sizeof(random));
		sodium_bin2hex(profile->id, sizeof(profile->id), random,
			       sizeof(random));
		entry_name(profile, name, sizeof(name));
		if (!get(state, name, &other))
			return 0;
	}
	profile->id[0] = 0;
	return -EEXIST;
}

static int write_profile(struct state *state, const struct identity *id,
			 struct err_detail *detail)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		list = { 0 };
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		prefs = { 0 };
	char name[PROFILE_KEY_MAX];
	struct state_bytes old;
	int r;

	get(state, PROFILES, &old);
	r = profile_list_update(old, &id->profile, detail, &list);
	if (r == 0)
		r = profile_prefs_build(&id->prefs, &id->persist, &prefs);
	if (r < 0)
		return r;
	entry_name(&id->profile, name, sizeof(name));

	struct state_change changes[] = {
		{ .name = name, .data = prefs.data, .len = prefs.len },
		{ .name = PROFILES, .data = list.data, .len = list.len },
		{ .name = CURRENT, .data = name, .len = strlen(name) },
	};
	return state_write(state, changes, 3, detail);
}

/* What the line in the list repeats of the preferences and the identity. */
static int fill_profile(struct identity *id)
{
	const char *name = prefs_text(id->prefs.profile_name);
	struct profile_user user;
	int r = profile_user_copy(&id->persist.user, &user);

	if (r < 0)
		return r;
	profile_user_done(&id->profile.user);
	id->profile.user = user;
	if (!*name)
		name = prefs_text(user.login);
	r = prefs_set_text(&id->profile.name, name);
	if (r == 0)
		r = prefs_set_text(&id->profile.node_id, id->persist.node_id);
	if (r == 0)
		r = prefs_set_text(&id->profile.control_url,
				   id->prefs.control_url);
	return r;
}

int identity_save(struct state *state, struct identity *id,
		  struct err_detail *detail)
{
	bool is_new = !id->profile.id[0];
	int r = fill_profile(id);

	if (r == 0 && is_new)
		r = make_id(state, &id->profile);
	if (r == 0)
		r = write_profile(state, id, detail);
	if (r < 0 && is_new)
		id->profile.id[0] = 0;
	return r;
}

int identity_forget(struct identity *id)
{
	struct persist fresh = { 0 };
	int r = make_lock_key(&fresh);

	if (r < 0)
		return r;
	persist_done(&id->persist);
	id->persist = fresh;
	return 0;
}

void identity_done(struct identity *id)
{
	secret32_free(id->machine);
	profile_done(&id->profile);
	prefs_done(&id->prefs);
	persist_done(&id->persist);
	memset(id, 0, sizeof(*id));
}
