/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_TAME_H
#define BASE_TAME_H

/**
 * tame_text() - make text fit to be shown and to be put into JSON
 * @text:	terminated; each byte that is no valid UTF-8 becomes '?', a
 *		character cut short at the end as well, and so do the bytes of
 *		control characters and of those that turn the direction of text
 *
 * Texts of others may be any bytes, and those that were cut to a length have
 * been cut in the middle of a character. Source: RFC 3629, section 4; terminals
 * obey U+0080 to U+009F as they do ESC.
 */
void tame_text(char *text);

#endif /* BASE_TAME_H */
