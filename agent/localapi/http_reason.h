/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALAPI_HTTP_REASON_H
#define LOCALAPI_HTTP_REASON_H

/**
 * http_reason() - the words that go with a status
 * @status:	of HTTP
 *
 * Source: RFC 9110, section 15.
 *
 * Return: a static string.
 */
const char *http_reason(int status);

#endif /* LOCALAPI_HTTP_REASON_H */
