// SPDX-License-Identifier: GPL-2.0-only
#include "store/side.h"

#include "wire/json_put.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

/**
 * struct side - the open file
 * @dir: its directory, -1 = in memory only
 * @io: how to write
 * @object: the entries
 */
struct side {
	int dir;
	const struct state_io *io;
	json_t *object;
};

static int check_entries(json_t *object, struct err_detail *detail)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value) {
		if (!json_is_string(value))
			return err_explain(detail, TNE_STATE_FORMAT,
					   "%s: %s is not a text", SIDE_FILE,
					   name);
	}
	return 0;
}

static int parse(const struct secret_buf *text, struct err_detail *detail,
		 json_t **ret)
{
	json_error_t error;
	json_t *object = json_loadb(text->len ? text->data : "", text->len,
				    JSON_REJECT_DUPLICATES, &error);
	int r;

	if (!object && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (!json_is_object(object))
		r = err_explain(detail, TNE_STATE_FORMAT,
				"%s is damaged, line %d", SIDE_FILE,
				error.line);
	else
		r = check_entries(object, detail);
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

static int load(int dir, struct err_detail *detail, json_t **ret)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		text = { 0 };
	int fd, r;

	fd = dir < 0 ? -1 : openat(dir, SIDE_FILE, O_RDONLY | O_NOFOLLOW |
				   O_NONBLOCK | O_CLOEXEC);
	if (dir < 0 || (fd < 0 && errno == ENOENT)) {
		*ret = json_object();
		return *ret ? 0 : -ENOMEM;
	}
	if (fd < 0)
		return err_explain(detail,
				   errno == ELOOP ? TNE_STATE_FILE : -errno,
				   "cannot open %s: %s", SIDE_FILE,
				   strerror(errno));
	r = secret_buf_read(&text, fd, SIDE_MAX);
	close(fd);
	if (r < 0)
		return err_explain(detail, r, "cannot read %s: %s", SIDE_FILE,
				   err_text(r));
	return parse(&text, detail, ret);
}

int side_open(struct state *state, const struct state_io *io,
	      struct err_detail *detail, struct side **ret)
{
	struct side *side auto_clean(side) = calloc(1, sizeof(*side));
	int r;

	if (!side)
		return -ENOMEM;
	side->dir = state_dir(state);
	side->io = io;
	r = load(side->dir, detail, &side->object);
	if (r < 0)
		return r;
	*ret = steal(side);
	return 0;
}

void side_close(struct side *side)
{
	if (!side)
		return;
	json_decref(side->object);
	free(side);
}

const char *side_find(const struct side *side, const char *name)
{
	return json_string_value(json_object_get(side->object, name));
}

static int save(const struct side *side, json_t *object)
{
	char *text;
	int r;

	if (side->dir < 0)
		return 0;
	text = json_text(object, JSON_INDENT(2) | JSON_SORT_KEYS);
	if (!text)
		return -ENOMEM;
	r = state_replace_file(side->io, side->dir, SIDE_FILE, text,
			       strlen(text));
	free(text);
	return r;
}

int side_write(struct side *side, const char *name, const char *value)
{
	const char *old = side_find(side, name);
	json_t *object;
	int r;

	if (value ? old && strcmp(old, value) == 0 : !old)
		return 0;
	object = json_copy(side->object);
	if (!object)
		return -ENOMEM;
	r = 0;
	if (!value)
		json_object_del(object, name);
	else if (json_object_set_new(object, name, json_string(value)) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = save(side, object);
	if (r < 0) {
		json_decref(object);
		return r;
	}
	json_decref(side->object);
	side->object = object;
	return r;
}
