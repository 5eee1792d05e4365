/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_QR_H
#define CLI_QR_H

#include <stdio.h>

/**
 * qr_print() - draw a text as a QR code
 * @text:	shown
 * @out:	a terminal with UTF-8; two rows of the code make one line
 *
 * Return: 0, or -errno if the text is too long or memory is short.
 */
int qr_print(const char *text, FILE *out);

#endif /* CLI_QR_H */
