/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONTROL_H2_MEM_H
#define CONTROL_H2_MEM_H

#include <stddef.h>

#include <nghttp2/nghttp2.h>

/**
 * h2_mem() - memory for libnghttp2 that is wiped when it is freed
 *
 * Fields of a header may be secret; the library frees them as they are.
 *
 * Return: for nghttp2_session_client_new3(), which copies it.
 */
nghttp2_mem h2_mem(void);

#endif /* CONTROL_H2_MEM_H */
