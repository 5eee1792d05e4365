// SPDX-License-Identifier: GPL-2.0-only
#include "wire/local_json.h"

#include "crypto/key_text.h"
#include "wire/json_put.h"
#include "wire/prefs_json.h"
#include "wire/status_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ZEROS64 \
	"0000000000000000000000000000000000000000000000000000000000000000"

static int build_user(const struct login_info *user, json_t **ret)
{
	/* Read only while it is written. */
	struct status_user status = { .id = user->id,
				      .login = (char *)user->login,
				      .display = (char *)user->display };

	return status_json_build_user(&status, ret);
}

static int put_config(json_t *object, const struct login_info *user)
{
	json_t *config, *profile;
	int r = build_user(user, &profile);

	if (r < 0)
		return r;
	config = json_object();
	if (!config) {
		json_decref(profile);
		return -ENOMEM;
	}
	r = json_put(config, "UserProfile", profile);
	if (r == 0)
		r = json_put_text(config, "PrivateNodeKey",
				  "privkey:" ZEROS64);
	if (r == 0)
		r = json_put_text(config, "OldPrivateNodeKey",
				  "privkey:" ZEROS64);
	if (r == 0)
		r = json_put_text(config, "NetworkLockKey",
				  "nlpriv:" ZEROS64 ZEROS64);
	if (r == 0)
		r = json_put_text(config, "NodeID", user->node_id);
	if (r < 0) {
		json_decref(config);
		return r;
	}
	return json_put(object, "Config", config);
}

int local_prefs_build(const struct prefs *prefs,
		      const struct login_info *user, json_t **ret)
{
	json_t *object;
	int r = prefs_json_build(prefs, &object);

	if (r < 0)
		return r;
	r = put_config(object, user);
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

int local_prefs_parse(const json_t *object, struct err_detail *detail,
		      struct prefs *prefs, char **ret_login)
{
	const json_t *config, *user = NULL;
	char *login = NULL;
	int r = json_take_object(object, "Config", detail, &config);

	if (r == 0)
		r = json_take_object(config, "UserProfile", detail, &user);
	if (r == 0)
		r = json_take_string(user, "LoginName", detail, &login);
	if (r == 0 && !login) {
		login = calloc(1, 1);
		if (!login)
			r = -ENOMEM;
	}
	if (r == 0)
		r = prefs_json_parse(object, false, detail, prefs);
	if (r < 0) {
		free(login);
		return r;
	}
	*ret_login = login;
	return 0;
}

static int take_auth_key(const json_t *object, struct err_detail *detail,
			 struct secret_buf *ret)
{
	const json_t *value = json_object_get(object, "AuthKey");
	size_t len = json_string_length(value);
	int r;

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value) || len > LOCAL_AUTH_KEY_MAX)
		return err_explain(detail, TNE_LOCAL_JSON,
				   "AuthKey is not a text of that length");
	if (len == 0)
		return 0;
	r = secret_buf_reserve(ret, len);
	if (r < 0)
		return r;
	memcpy(ret->data, json_string_value(value), len);
	ret->len = len;
	return 0;
}

int local_start_parse(const json_t *object, struct err_detail *detail,
		      struct local_start *ret)
{
	struct local_start start = { 0 };
	const json_t *prefs;
	int r = take_auth_key(object, detail, &start.auth_key);

	if (r == 0)
		r = json_take_object(object, "UpdatePrefs", detail, &prefs);
	if (r == 0 && prefs) {
		r = prefs_json_parse(prefs, false, detail, &start.prefs);
		start.has_prefs = r == 0;
	}
	if (r < 0) {
		local_start_done(&start);
		return r;
	}
	*ret = start;
	return 0;
}

int local_start_build(const struct secret_buf *auth_key,
		      const struct prefs *prefs, json_t **ret)
{
	json_t *object = json_object(), *update;
	int r = object ? 0 : -ENOMEM;

	if (r == 0 && auth_key && auth_key->len)
		r = json_put(object, "AuthKey",
			     json_stringn(auth_key->data, auth_key->len));
	if (r == 0 && prefs) {
		r = prefs_json_build(prefs, &update);
		if (r == 0)
			r = json_put(object, "UpdatePrefs", update);
	}
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

void local_start_done(struct local_start *start)
{
	secret_buf_done(&start->auth_key);
	if (start->has_prefs)
		prefs_done(&start->prefs);
	start->has_prefs = false;
}

static int put_engine(json_t *object, const struct notify_engine *engine)
{
	json_t *value;
	int r;

	if (!engine)
		return json_put(object, "Engine", json_null());
	value = json_object();
	r = value ? json_put(value, "RBytes", json_integer(engine->rx_bytes)) :
		-ENOMEM;
	if (r == 0)
		r = json_put(value, "WBytes", json_integer(engine->tx_bytes));
	if (r == 0)
		r = json_put(value, "NumLive", json_integer(engine->n_live));
	if (r == 0)
		r = json_put(value, "LiveDERPs",
			     json_integer(engine->live_relays));
	if (r == 0)
		r = json_put(value, "LivePeers", json_object());
	if (r < 0) {
		json_decref(value);
		return r;
	}
	return json_put(object, "Engine", value);
}

static int put_warning(json_t *map, const struct notify_warning *warning)
{
	json_t *value = json_object();
	int r = value ? json_put_text(value, "WarnableCode", warning->code) :
		-ENOMEM;

	if (r == 0)
		r = json_put_text(value, "Severity", warning->severity);
	if (r == 0)
		r = json_put_text(value, "Title", warning->title);
	if (r == 0)
		r = json_put_text(value, "Text", warning->text);
	if (r == 0 && warning->since.set)
		r = json_put_time(value, "BrokenSince", &warning->since);
	if (r == 0)
		r = json_put_true(value, "ImpactsConnectivity",
				  warning->impacts);
	if (r < 0) {
		json_decref(value);
		return r;
	}
	return json_put(map, warning->code, value);
}

static int put_health(json_t *object, const struct notify *msg)
{
	json_t *health, *map;
	size_t i;
	int r;

	if (!msg->has_health)
		return 0;
	map = json_object();
	r = map ? 0 : -ENOMEM;
	for (i = 0; i < msg->n_warnings && r == 0; i++)
		r = put_warning(map, &msg->warnings[i]);
	health = r == 0 ? json_object() : NULL;
	if (!health) {
		json_decref(map);
		return -ENOMEM;
	}
	r = json_put(health, "Warnings", map);
	if (r < 0) {
		json_decref(health);
		return r;
	}
	return json_put(object, "Health", health);
}

static int put_prefs(json_t *object, const struct notify *msg,
		     const struct local_notify_extra *extra)
{
	json_t *value;
	int r;

	if (!msg->prefs)
		return json_put(object, "Prefs", json_null());
	r = local_prefs_build(msg->prefs, &extra->user, &value);
	return r < 0 ? r : json_put(object, "Prefs", value);
}

/* Members without a rule to leave them out are null when they are not set. */
static int put_fixed(json_t *object, const struct notify *msg,
		     const struct local_notify_extra *extra)
{
	int r = json_put_text(object, "Version", extra->version);

	if (r == 0 && extra->session)
		r = json_put_text(object, "SessionID", extra->session);
	if (r == 0)
		r = json_put(object, "ErrMessage", msg->error ?
			     json_string(msg->error) : json_null());
	if (r == 0)
		r = json_put(object, "LoginFinished", msg->login_finished ?
			     json_object() : json_null());
	if (r == 0)
		r = json_put(object, "State", msg->has_state ?
			     json_integer(msg->state) : json_null());
	if (r == 0)
		r = put_prefs(object, msg, extra);
	if (r == 0)
		r = json_put_json(object, "NetMap", msg->netmap);
	if (r == 0)
		r = put_engine(object, msg->engine);
	if (r == 0)
		r = json_put(object, "BrowseToURL", msg->browse_to_url ?
			     json_string(msg->browse_to_url) : json_null());
	if (r == 0)
		r = json_put(object, "DriveShares", json_null());
	return r;
}

static int put_optional(json_t *object, const struct notify *msg,
			const struct local_notify_extra *extra)
{
	json_t *value;
	int r = put_health(object, msg);

	if (r == 0 && msg->self) {
		r = status_json_build_node(msg->self, &value);
		if (r == 0)
			r = json_put(object, "SelfChange", value);
	}
	if (r == 0 && extra->status) {
		r = status_json_build(extra->status, &value);
		if (r == 0)
			r = json_put(object, "InitialStatus", value);
	}
	return r;
}

int local_notify_build(const struct notify *msg,
		       const struct local_notify_extra *extra, json_t **ret)
{
	json_t *object = json_object();
	int r = object ? put_fixed(object, msg, extra) : -ENOMEM;

	if (r == 0)
		r = put_optional(object, msg, extra);
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

static int take_state(const json_t *object, struct err_detail *detail,
		      struct local_notify *notify)
{
	const json_t *value = json_object_get(object, "State");

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) >= BACKEND_STATES)
		return err_explain(detail, TNE_LOCAL_JSON, "State is unknown");
	notify->has_state = true;
	notify->state = json_integer_value(value);
	return 0;
}

static int take_self(const json_t *object, struct err_detail *detail,
		     struct local_notify *notify)
{
	const json_t *self;
	const char *key;
	int r = json_take_object(object, "SelfChange", detail, &self);

	if (r < 0)
		return r;
	key = json_string_value(json_object_get(self, "Key"));
	if (!key)
		return 0;
	if (key_text_parse_node(key, strlen(key), &notify->self_key) < 0)
		return err_explain(detail, TNE_LOCAL_JSON,
				   "Key is not a node key");
	notify->has_self_key = true;
	return 0;
}

int local_notify_parse(const json_t *object, struct err_detail *detail,
		       struct local_notify *ret)
{
	struct local_notify notify = { 0 };
	int r = json_take_string(object, "ErrMessage", detail, &notify.error);

	if (r == 0)
		r = json_take_string(object, "BrowseToURL", detail,
				   &notify.browse_to_url);
	if (r == 0)
		r = take_state(object, detail, &notify);
	if (r == 0)
		r = take_self(object, detail, &notify);
	notify.login_finished = json_is_object(json_object_get(object,
							       "LoginFinished"));
	if (r < 0) {
		local_notify_done(&notify);
		return r;
	}
	*ret = notify;
	return 0;
}

void local_notify_done(struct local_notify *notify)
{
	free(notify->error);
	free(notify->browse_to_url);
	memset(notify, 0, sizeof(*notify));
}

void local_error_parse(const char *data, size_t len, struct err_detail *ret)
{
	json_t *object = len ? json_loadb(data, len, 0, NULL) : NULL;
	const char *text = json_string_value(json_object_get(object, "error"));

	if (!text)
		text = json_string_value(json_object_get(object, "Error"));
	while (len && (data[len - 1] == '\n' || data[len - 1] == '\r'))
		len--;
	if (len > sizeof(ret->text))
		len = sizeof(ret->text);
	if (text)
		err_explain(ret, 0, "%s", text);
	else
		err_explain(ret, 0, "%.*s", (int)len, len ? data : "");
	json_decref(object);
}
