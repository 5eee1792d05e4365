// SPDX-License-Identifier: GPL-2.0-only
#include "store/adopt_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX	8		/* folders in folders; ours */
#define FILE_MAX	(64u << 20)	/* bytes; ours */
#define FLAGS		"FLAGS="
#define STATEDIR	"statedir"

static int failed(struct err_detail *detail, const char *what, const char *name)
{
	int err = -errno;

	return err_explain(detail, err, "cannot %s %s: %s", what, name,
			   err_text(err));
}

/* Go through a folder. @fn gets the folder, a name in it and what that is. */
static int each(int dir, struct err_detail *detail, void *ctx,
		int (*fn)(void *ctx, int dir, const char *name, mode_t mode,
			  struct err_detail *detail))
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	struct dirent *entry;
	struct stat st;
	DIR *list;

	if (fd < 0)
		return failed(detail, "open", "a folder");
	list = fdopendir(fd);
	if (!list) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (entry = readdir(list))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = failed(detail, "look at", entry->d_name);
		else
			r = fn(ctx, dir, entry->d_name, st.st_mode, detail);
	}
	closedir(list);
	return r;
}

static int open_folder(int dir, const char *name, struct err_detail *detail)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
			O_CLOEXEC);

	return fd < 0 ? failed(detail, "open", name) : fd;
}

/* Owners */

struct give {
	uid_t uid;
	gid_t gid;
	unsigned int depth;
};

/*
 * A second name of a file is perhaps one that the giver could not give: the
 * agent's user can put links to anything into a folder of its own.
 */
static int give_name(const struct give *give, int dir, const char *name,
		     struct err_detail *detail)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), r = 0;
	struct stat st;

	if (fd < 0)
		return failed(detail, "open", name);
	if (fstat(fd, &st) < 0)
		r = failed(detail, "look at", name);
	else if (S_ISREG(st.st_mode) && st.st_nlink > 1)
		r = err_explain(detail, TNE_ADOPT,
				"%s has other names (hard links), so it stays as it is; remove them first",
				name);
	else if (fchownat(fd, "", give->uid, give->gid, AT_EMPTY_PATH) < 0)
		r = failed(detail, "give away", name);
	close(fd);
	return r;
}

/* Links and anything strange stay whose they are. */
static int give_one(void *ctx, int dir, const char *name, mode_t mode,
		    struct err_detail *detail)
{
	struct give *give = ctx;
	int fd, r;

	if (!S_ISREG(mode) && !S_ISDIR(mode))
		return 0;
	if (S_ISDIR(mode)) {
		if (give->depth == DEPTH_MAX)
			return err_explain(detail, TNE_TOO_LONG,
					   "folders are too deep");
		fd = open_folder(dir, name, detail);
		if (fd < 0)
			return fd;
		give->depth++;
		r = each(fd, detail, give, give_one);
		give->depth--;
		close(fd);
		if (r < 0)
			return r;
	}
	return give_name(give, dir, name, detail);
}

int adopt_give(int dir, uid_t uid, gid_t gid, struct err_detail *detail)
{
	struct give give = { .uid = uid, .gid = gid };
	int r = each(dir, detail, &give, give_one);

	/* The folder last: until then who had it can try again. */
	if (r == 0 && fchown(dir, uid, gid) < 0)
		r = failed(detail, "give away", "the folder");
	return r;
}

/* Copies */

struct copy {
	int to;
	unsigned int depth;
};

static int write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len; data += n, len -= n) {
		n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return -errno;
	}
	return 0;
}

static int copy_bytes(int from, int to)
{
	struct secret_buf text = { 0 };
	int r = secret_buf_read(&text, from, FILE_MAX);

	if (r == 0 && text.len)
		r = write_all(to, text.data, text.len);
	if (r == 0 && fsync(to) < 0)
		r = -errno;
	secret_buf_done(&text);
	return r;
}

static int copy_file(int from, int to, const char *name,
		     struct err_detail *detail)
{
	int in, out, r;

	in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (in < 0)
		return failed(detail, "open", name);
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		     O_CLOEXEC, 0600);
	if (out < 0) {
		r = failed(detail, "create", name);
		close(in);
		return r;
	}
	r = copy_bytes(in, out);
	close(in);
	if (close(out) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		unlinkat(to, name, 0);
	return r < 0 ? err_explain(detail, r, "cannot copy %s: %s", name,
				   err_text(r)) : 0;
}

static int not_a_file(struct err_detail *detail, const char *name)
{
	return err_explain(detail, TNE_ADOPT,
			   "%s is neither a file nor a folder: it would not be in a copy",
			   name);
}

static int check_one(void *ctx, int dir, const char *name, mode_t mode,
		     struct err_detail *detail)
{
	unsigned int *depth = ctx;
	int fd, r;

	if (S_ISREG(mode))
		return 0;
	if (!S_ISDIR(mode))
		return not_a_file(detail, name);
	if (*depth == DEPTH_MAX)
		return err_explain(detail, TNE_TOO_LONG,
				   "folders are too deep");
	fd = open_folder(dir, name, detail);
	if (fd < 0)
		return fd;
	++*depth;
	r = each(fd, detail, depth, check_one);
	--*depth;
	close(fd);
	return r;
}

int adopt_check_copy(int from, const char *name, struct err_detail *detail)
{
	unsigned int depth = 0;
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : failed(detail, "look at", name);
	return check_one(&depth, from, name, st.st_mode, detail);
}

static int copy_one(void *ctx, int dir, const char *name, mode_t mode,
		    struct err_detail *detail)
{
	struct copy *copy = ctx, inner;
	int from, r;

	if (S_ISREG(mode))
		return copy_file(dir, copy->to, name, detail);
	if (!S_ISDIR(mode))
		return not_a_file(detail, name);
	if (copy->depth == DEPTH_MAX)
		return err_explain(detail, TNE_TOO_LONG,
				   "folders are too deep");
	if (mkdirat(copy->to, name, 0700) < 0)
		return failed(detail, "create", name);
	from = open_folder(dir, name, detail);
	if (from < 0)
		return from;
	inner = (struct copy){ open_folder(copy->to, name, detail),
			       copy->depth + 1 };
	r = inner.to < 0 ? inner.to : each(from, detail, &inner, copy_one);
	if (r == 0 && fsync(inner.to) < 0)
		r = failed(detail, "sync", name);
	close(from);
	if (inner.to >= 0)
		close(inner.to);
	return r;
}

int adopt_copy(int from, int to, const char *name, struct err_detail *detail)
{
	struct copy copy = { .to = to };
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : failed(detail, "look at", name);
	return copy_one(&copy, from, name, st.st_mode, detail);
}

/* Removing */

static int remove_at(int dir, const char *name, unsigned int depth,
		     struct err_detail *detail);

static int empty_folder(int fd, unsigned int depth, struct err_detail *detail)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	struct dirent *entry;
	DIR *list = copy < 0 ? NULL : fdopendir(copy);

	if (!list) {
		if (copy >= 0)
			close(copy);
		return failed(detail, "open", "a folder");
	}
	while (r == 0 && (entry = readdir(list))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			r = remove_at(fd, entry->d_name, depth + 1, detail);
	}
	closedir(list);
	return r;
}

static int remove_at(int dir, const char *name, unsigned int depth,
		     struct err_detail *detail)
{
	int fd, r;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return failed(detail, "remove", name);
	if (depth > DEPTH_MAX)
		return err_explain(detail, TNE_TOO_LONG, "folders are too deep");
	fd = open_folder(dir, name, detail);
	if (fd < 0)
		return fd;
	r = empty_folder(fd, depth, detail);
	close(fd);
	if (r == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0)
		r = failed(detail, "remove", name);
	return r;
}

int adopt_remove(int dir, const char *name, struct err_detail *detail)
{
	return remove_at(dir, name, 0, detail);
}

/* Settings */

bool adopt_check_path(const char *dir)
{
	const char *c;

	for (c = dir; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("/._-", *c))
			return false;
	}
	return dir[0] == '/' && dir[1];
}

static int put(struct secret_buf *out, const char *s, size_t len)
{
	if (secret_buf_reserve(out, len + 1) < 0)
		return -ENOMEM;
	memcpy(out->data + out->len, s, len);
	out->len += len;
	return 0;
}

static int put_text(struct secret_buf *out, const char *s)
{
	return put(out, s, strlen(s));
}

/* The last line that sets the flags; NULL = none. */
static const char *find_flags(const char *text, size_t len, size_t *ret_len)
{
	const char *end = text + len, *line, *eol, *found = NULL;

	for (line = text; line < end; line = eol + 1) {
		eol = memchr(line, '\n', end - line);
		if (!eol)
			eol = end;
		if ((size_t)(eol - line) >= strlen(FLAGS) &&
		    memcmp(line, FLAGS, strlen(FLAGS)) == 0) {
			found = line;
			*ret_len = eol - line;
		}
	}
	return found;
}

/* One or two dashes and the name, with a value or without. */
static bool is_statedir(const char *word, size_t n, bool *ret_has_value)
{
	size_t dashes = 0, len = strlen(STATEDIR);

	while (dashes < 2 && dashes < n && word[dashes] == '-')
		dashes++;
	if (dashes == 0 || n - dashes < len ||
	    memcmp(word + dashes, STATEDIR, len) != 0)
		return false;
	*ret_has_value = n - dashes > len && word[dashes + len] == '=';
	return *ret_has_value || n - dashes == len;
}

static const char *next_word(const char **s, const char *end, size_t *ret_len)
{
	const char *word;

	while (*s < end && strchr(" \t\"'", **s))
		(*s)++;
	word = *s;
	while (*s < end && !strchr(" \t\"'", **s))
		(*s)++;
	*ret_len = *s - word;
	return *ret_len ? word : NULL;
}

/* The words of a line but --statedir with its value, in both spellings. */
static int put_words(struct secret_buf *out, const char *s, size_t len)
{
	const char *end = s + len, *word;
	bool skip_next = false, has_value;
	size_t n;
	int r = 0;

	while (r == 0 && (word = next_word(&s, end, &n))) {
		if (skip_next) {
			skip_next = false;
			continue;
		}
		if (is_statedir(word, n, &has_value)) {
			skip_next = !has_value;
			continue;
		}
		r = put(out, word, n);
		if (r == 0)
			r = put(out, " ", 1);
	}
	return r;
}

static int put_flags(struct secret_buf *out, const char *words, size_t len,
		     const char *dir)
{
	int r = put_text(out, FLAGS "\"");

	if (r == 0 && len)
		r = put_words(out, words, len);
	if (r == 0 && dir) {
		r = put_text(out, "--" STATEDIR "=");
		if (r == 0)
			r = put_text(out, dir);
	} else if (r == 0 && out->data[out->len - 1] == ' ') {
		out->len--;
	}
	return r == 0 ? put_text(out, "\"") : r;
}

int adopt_set_flags(const char *old, size_t len, const char *dir,
		    struct secret_buf *ret)
{
	struct secret_buf out = { 0 };
	size_t line_len = 0;
	const char *line = old ? find_flags(old, len, &line_len) : NULL;
	const char *rest = line ? line + line_len : NULL;
	size_t at = strlen(FLAGS);
	int r = 0;

	if (line) {
		r = put(&out, old, line - old);
		if (r == 0)
			r = put_flags(&out, line + at, line_len - at, dir);
		if (r == 0)
			r = put(&out, rest, old + len - rest);
	} else {
		if (len)
			r = put(&out, old, len);
		if (r == 0 && len && old[len - 1] != '\n')
			r = put_text(&out, "\n");
		if (r == 0)
			r = put_flags(&out, NULL, 0, dir);
		if (r == 0)
			r = put_text(&out, "\n");
	}
	if (r < 0) {
		secret_buf_done(&out);
		return r;
	}
	*ret = out;
	return 0;
}
