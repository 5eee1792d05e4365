// SPDX-License-Identifier: GPL-2.0-only
#include "store/side.h"

#include "base/log.h"
#include "store/file_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

/**
 * struct side - the open entries
 * @state: has them
 * @object: the same, as texts
 * @moved: what is in @object is in @state, too
 */
struct side {
	struct state *state;
	json_t *object;
	bool moved;
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

/* Return: 1 and the entries, 0 if there is no file, or an error. */
static int read_old(int dir, struct err_detail *detail, json_t **ret)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		text = { 0 };
	int fd, r;

	fd = file_check_open(dir, SIDE_FILE, SIDE_MAX, detail);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = secret_buf_read(&text, fd, SIDE_MAX);
	close(fd);
	if (r < 0)
		return err_explain(detail, r, "cannot read %s: %s", SIDE_FILE,
				   err_text(r));
	r = parse(&text, detail, ret);
	return r < 0 ? r : 1;
}

/* An entry of the state, if it is one of ours. */
static int add_entry(void *ctx, const char *name, struct state_bytes bytes,
		     struct err_detail *detail)
{
	json_t *object = ctx, *text;

	if (strncmp(name, SIDE_ENTRY, strlen(SIDE_ENTRY)) != 0)
		return 0;
	text = memchr(bytes.data, 0, bytes.len) ? NULL :
		json_stringn(bytes.data, bytes.len);
	if (!text)
		return err_explain(detail, TNE_STATE_FORMAT,
				   "%.200s is not a text", name);
	return json_object_set_new(object, name + strlen(SIDE_ENTRY), text) < 0 ?
		-ENOMEM : 0;
}

static char *name_of(const char *name)
{
	char *text = malloc(sizeof(SIDE_ENTRY) + strlen(name));

	if (text)
		strcpy(stpcpy(text, SIDE_ENTRY), name);
	return text;
}

static void free_changes(struct state_change *change, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free((char *)change[i].name);
	free(change);
}

/* Every entry of @object: what is not moved yet moves whole. */
static int write_all(struct side *side, json_t *object,
		     struct err_detail *detail)
{
	struct state_change *change;
	const char *name;
	json_t *value;
	size_t n = 0;
	int r = 0;

	change = calloc(json_object_size(object) + 1, sizeof(*change));
	if (!change)
		return -ENOMEM;
	json_object_foreach(object, name, value) {
		change[n] = (struct state_change){
			.name = name_of(name),
			.data = json_string_value(value),
			.len = json_string_length(value),
		};
		if (!change[n].name) {
			r = -ENOMEM;
			break;
		}
		n++;
	}
	if (r == 0)
		r = state_write(side->state, change, n, detail);
	free_changes(change, n);
	return r;
}

static void remove_old(const struct side *side, const struct state_io *io,
		       bool was_used)
{
	int dir = state_dir(side->state);
	struct stat st;

	if (dir < 0 || fstatat(dir, SIDE_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (io->unlinkat(dir, SIDE_FILE, 0) < 0)
		log_warning("store: %s counts for nothing any more, and cannot be removed: %s",
			    SIDE_FILE, strerror(errno));
	else
		log_notice(was_used ? "store: what was in %s is in the state file now" :
			   "store: %s counts for nothing any more, removed",
			   SIDE_FILE);
}

/* Return: 1 if everything is in the state now, for good. */
static int take_over(struct side *side, struct err_detail *detail)
{
	struct err_detail why;
	json_t *object = NULL;
	int r = 0;

	if (state_dir(side->state) >= 0)
		r = read_old(state_dir(side->state), detail, &object);
	if (r <= 0)
		return r;
	json_decref(side->object);
	side->object = object;
	r = write_all(side, object, &why);
	if (r == -ENOMEM)
		return r;
	/* A disk that is full or read-only is no reason to be away. */
	side->moved = r >= 0;
	return r == 0;
}

int side_open(struct state *state, const struct state_io *io,
	      struct err_detail *detail, struct side **ret)
{
	struct side *side auto_clean(side) = calloc(1, sizeof(*side));
	int r;

	if (!side)
		return -ENOMEM;
	side->state = state;
	side->object = json_object();
	if (!side->object)
		return -ENOMEM;
	r = state_each(state, add_entry, detail, side->object);
	if (r < 0)
		return r;
	side->moved = json_object_size(side->object) > 0;
	if (side->moved) {
		remove_old(side, io, false);
	} else {
		r = take_over(side, detail);
		if (r < 0)
			return r;
		/* Not before what was in it is sure to be elsewhere. */
		if (r > 0)
			remove_old(side, io, true);
	}
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

static int write_one(struct side *side, const char *name, const char *value)
{
	struct state_change change = { .name = name_of(name), .data = value,
				       .len = value ? strlen(value) : 0 };
	struct err_detail detail;
	int r = -ENOMEM;

	if (change.name)
		r = state_write(side->state, &change, 1, &detail);
	free((char *)change.name);
	return r;
}

int side_write(struct side *side, const char *name, const char *value)
{
	const char *old = side_find(side, name);
	struct err_detail detail;
	json_t *object;
	int r = 0;

	/* One without text would not be found again. */
	if (value && !*value)
		value = NULL;
	if (value ? old && strcmp(old, value) == 0 : !old)
		return 0;
	object = json_copy(side->object);
	if (!object)
		return -ENOMEM;
	if (!value)
		json_object_del(object, name);
	else if (json_object_set_new(object, name, json_string(value)) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = side->moved ? write_one(side, name, value) :
				  write_all(side, object, &detail);
	if (r < 0) {
		json_decref(object);
		return r;
	}
	side->moved = true;
	json_decref(side->object);
	side->object = object;
	return r;
}
