// SPDX-License-Identifier: GPL-2.0-only
#include "wire/register_json.h"

#include "wire/hostinfo_json.h"
#include "wire/json.h"
#include "wire/json_out.h"

#include <errno.h>
#include <string.h>

#define TEXT_MAX 1024
#define ERROR_MAX 16384
#define URL_MAX 2048
#define SIGNATURE_MAX 65536

/*
 * A lock key may be wrapped into an auth key: it is for us, the server must not
 * see it. Source: tka/tka.go, DecodeWrappedAuthkey.
 */
static size_t sent_len(const struct secret_buf *key)
{
	static const char wrap[] = "--TL";
	const char *at = memmem(key->data, key->len, wrap, sizeof(wrap) - 1);

	return at ? (size_t)(at - key->data) : key->len;
}

static void build_auth(struct json_out *out, const struct secret_buf *key)
{
	if (!key || key->len == 0)
		return;
	json_out_open_object(out, "Auth");
	json_out_text_len(out, "AuthKey", key->data, sent_len(key));
	json_out_close_object(out);
}

int register_request_build(const struct register_request *request,
			   struct secret_buf *ret)
{
	struct json_out out = { 0 };
	struct secret_buf text;
	struct key_hex key;
	int r;

	json_out_open_object(&out, NULL);
	json_out_int(&out, "Version", request->version);
	json_out_text(&out, "NodeKey",
		      key_text_format_node(&request->node_key, &key));
	json_out_text(&out, "OldNodeKey",
		      key_text_format_node(&request->old_node_key, &key));
	json_out_text(&out, "NLKey",
		      key_text_format_lock(&request->lock_key, &key));
	build_auth(&out, request->auth_key);
	json_out_time(&out, "Expiry", &request->expiry);
	json_out_text(&out, "Followup", request->followup);
	hostinfo_json_build(&out, "Hostinfo", request->hostinfo);
	json_out_true_if(&out, "Ephemeral", request->ephemeral);
	json_out_bytes(&out, "NodeKeySignature", request->signature.data,
		       request->signature.len);
	json_out_text_if(&out, "Tailnet", request->tailnet);
	json_out_close_object(&out);
	r = json_out_end(&out, &text);
	if (r < 0)
		return r;
	if (text.len > REGISTER_JSON_MAX) {
		secret_buf_done(&text);
		return TNE_TOO_LONG;
	}
	*ret = text;
	return 0;
}

/* People's names and pictures: what is not right counts as missing. */
static int copy(const json_t *object, const char *name, struct arena *mem,
		const char **ret)
{
	int r;

	*ret = "";
	r = json_copy_text(object, name, TEXT_MAX, mem, ret);
	return r == -ENOMEM ? r : 0;
}

static int parse_user(const json_t *object, struct register_response *ret)
{
	struct register_user *user = &ret->user;
	json_t *value = NULL;
	int r = json_get_object(object, "User", &value);

	if (r < 0)
		return r;
	r = copy(value, "DisplayName", ret->mem, &user->display_name);
	if (r == 0)
		r = copy(value, "ProfilePicURL", ret->mem,
			 &user->profile_pic_url);
	if (r == 0)
		r = json_get_int(value, "ID", INT64_MIN, INT64_MAX, &user->id);
	return r < 0 ? r : 0;
}

static int parse_login(const json_t *object, struct register_response *ret)
{
	struct register_login *login = &ret->login;
	json_t *value = NULL;
	int r = json_get_object(object, "Login", &value);

	if (r < 0)
		return r;
	r = copy(value, "Provider", ret->mem, &login->provider);
	if (r == 0)
		r = copy(value, "LoginName", ret->mem, &login->login_name);
	if (r == 0)
		r = copy(value, "DisplayName", ret->mem, &login->display_name);
	if (r == 0)
		r = copy(value, "ProfilePicURL", ret->mem,
			 &login->profile_pic_url);
	if (r == 0)
		r = json_get_int(value, "ID", INT64_MIN, INT64_MAX, &login->id);
	return r < 0 ? r : 0;
}

/* What decides: a field that is not right makes the answer no answer. */
static int parse_verdict(const json_t *object, struct register_response *ret)
{
	int r;

	ret->auth_url = "";
	ret->error = "";
	r = json_get_bool(object, "NodeKeyExpired", &ret->node_key_expired);
	if (r >= 0)
		r = json_get_bool(object, "MachineAuthorized",
				  &ret->machine_authorized);
	if (r >= 0)
		r = json_copy_text(object, "AuthURL", URL_MAX, ret->mem,
				   &ret->auth_url);
	if (r >= 0)
		r = json_copy_bytes(object, "NodeKeySignature", SIGNATURE_MAX,
				    ret->mem, &ret->signature);
	if (r >= 0)
		r = json_copy_text(object, "Error", ERROR_MAX, ret->mem,
				   &ret->error);
	return r < 0 ? r : 0;
}

static struct register_response *response_new(void)
{
	struct arena *mem = arena_new();
	struct register_response *response;

	response = mem ? arena_alloc(mem, sizeof(*response)) : NULL;
	if (!response) {
		arena_put(mem);
		return NULL;
	}
	response->mem = mem;
	return response;
}

int register_response_parse(const char *text, size_t len,
			    struct err_detail *detail,
			    struct register_response **ret)
{
	struct register_response *response auto_clean(register_response) = NULL;
	json_t *object auto_clean(json) = NULL;
	int r;

	if (len > REGISTER_JSON_MAX)
		return err_explain(detail, TNE_TOO_LONG,
				   "register response of %zu bytes", len);
	r = json_read(text, len, detail, &object);
	if (r < 0)
		return r;
	response = response_new();
	if (!response)
		return -ENOMEM;
	r = parse_verdict(object, response);
	if (r == 0)
		r = parse_user(object, response);
	if (r == 0)
		r = parse_login(object, response);
	if (r == TNE_JSON_VALUE)
		return err_explain(detail, r,
				   "register response has a wrong value");
	if (r < 0)
		return r;
	*ret = steal(response);
	return 0;
}

void register_response_free(struct register_response *response)
{
	if (response)
		arena_put(response->mem);
}

enum register_next
register_response_check(const struct register_response *response,
			bool key_is_fresh)
{
	if (*response->error)
		return REGISTER_REFUSED;
	if (response->signature.len)
		return REGISTER_RESIGN;
	if (response->node_key_expired)
		return key_is_fresh ? REGISTER_EXPIRED : REGISTER_NEW_KEY;
	if (*response->auth_url)
		return REGISTER_VISIT;
	return REGISTER_DONE;
}
