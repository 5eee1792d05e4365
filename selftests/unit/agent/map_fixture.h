/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Map messages for tests. Single quotes stand for double ones.
 */
#ifndef MAP_FIXTURE_H
#define MAP_FIXTURE_H

#include "model/netmap.h"
#include "model/netmap_delta.h"

/* 64 digits */
#define H(d) d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d
#define K1 "nodekey:" H("11")
#define K6 "nodekey:" H("66")
#define K8 "nodekey:" H("88")
#define D4 "discokey:" H("44")
#define D7 "discokey:" H("77")

/* A complete first message: node 7, peer 9. */
extern const char map_first[];

/**
 * map_text() - a text with its quotes turned
 * @format: as printf
 *
 * Return: for free().
 */
char *map_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * map_delta() - parse such a text
 * @text: freed; NULL gives NULL
 *
 * Return: the message; NULL after test_fail().
 */
struct netmap_delta *map_delta(char *text);

/**
 * map_refused() - parse such a text that is wrong
 * @text: freed
 *
 * Return: the error, 0 if there was none.
 */
int map_refused(char *text);

/* 2029-06-01T12:00:00Z, when the messages come in. */
#define MAP_NOW_S 1875009600

/**
 * map_merged() - a map with a message applied
 * @old:	moved; NULL gives NULL
 * @text:	as for map_delta()
 *
 * Return: the map, owned by the caller; NULL fails the test.
 */
struct netmap *map_merged(struct netmap *old, char *text);

#endif /* MAP_FIXTURE_H */
