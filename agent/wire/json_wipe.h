/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_JSON_WIPE_H
#define WIRE_JSON_WIPE_H

/**
 * json_wipe_init() - let the JSON library wipe what it frees
 *
 * Documents with private keys go through it. To be called once, by the program
 * itself and before it does anything else: the setting is the process's.
 */
void json_wipe_init(void);

#endif /* WIRE_JSON_WIPE_H */
