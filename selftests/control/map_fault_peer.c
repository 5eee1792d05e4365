// SPDX-License-Identifier: GPL-2.0-only
#include "map_fault_peer.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_json.h"
#include "text.h"

#define BAD_ID		900001	/* of the first hostile peer */
#define BAD_ADDRESS	0x3f0000	/* 100.127.0.0 and up */

static void set(json_t *o, const char *field, const char *s)
{
	json_object_set_new(o, field, json_string(s));
}

static void append(json_t *o, const char *field, const char *s)
{
	json_array_append_new(json_object_get(o, field), json_string(s));
}

json_t *map_fault_add_peer(json_t *root, unsigned int i)
{
	json_t *peers = json_object_get(root, "Peers"), *p = json_object();
	char four[32], text[KEY_TEXT_MAX + 64];
	uint8_t key[KEY_LEN];

	if (!peers) {
		peers = json_array();
		json_object_set_new(root, "Peers", peers);
	}
	memset(key, 0xb0 + i, sizeof(key));
	json_object_set_new(p, "ID", json_integer(BAD_ID + i));
	snprintf(text, sizeof(text), "n%uCNTRL", BAD_ID + i);
	set(p, "StableID", text);
	snprintf(text, sizeof(text), "bad-%u.fault.example.", i);
	set(p, "Name", text);
	json_object_set(p, "User",
			json_object_get(json_object_get(root, "Node"), "User"));
	set(p, "Key", key_text("nodekey", key, text));
	key[0] ^= 0x0f;
	set(p, "DiscoKey", key_text("discokey", key, text));
	node_address4(BAD_ADDRESS + i, four);
	snprintf(text, sizeof(text), "%s/32", four);
	json_object_set_new(p, "Addresses", json_pack("[s]", text));
	json_object_set_new(p, "AllowedIPs", json_pack("[s]", text));
	json_object_set_new(p, "Endpoints", json_pack("[s]",
						      "198.18.255.1:9"));
	json_object_set_new(p, "HomeDERP", json_integer(1));
	json_object_set_new(p, "Cap", json_integer(113));
	json_object_set_new(p, "Online", json_true());
	json_object_set_new(p, "MachineAuthorized", json_true());
	json_array_append_new(peers, p);
	return p;
}

static json_t *peer(json_t *root, unsigned int i)
{
	return map_fault_add_peer(root, i);
}

static void set_addresses(json_t *p, const char *prefix)
{
	json_object_set_new(p, "Addresses", json_pack("[s]", prefix));
	json_object_set_new(p, "AllowedIPs", json_pack("[s]", prefix));
}

/* Numbered from @first.0.0 on; @format has three bytes to be filled in. */
static void many(json_t *p, const char *field, const char *format, long first,
		 long n)
{
	char text[64];
	long i;

	for (i = 1; i < n; i++) {
		snprintf(text, sizeof(text), format, first + i / 65536,
			 i / 256 % 256, i % 256);
		append(p, field, text);
	}
}

static void names(json_t *root)
{
	static const char * const bad[] = {
		"", ".", "..", "../../etc/passwd", "a b.example.", "x\ny.example.",
		"-dash-.example.", "UPPER.example.", "localhost.", "com.",
		"\x1b[2J.example.", "\xc3\xa9.example.", "a..b.", "*.example.",
		"no-dot-at-end", "100.64.0.1",
	};
	char longest[601];
	unsigned int i, n = ARRAY_SIZE(bad);

	for (i = 0; i < n; i++)
		set(peer(root, i), "Name", bad[i]);
	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	set(peer(root, n), "Name", longest);
}

static void odd_endpoints(json_t *p)
{
	static const char * const bad[] = {
		"127.0.0.1:22", "[::1]:22", "224.0.0.1:5353", "255.255.255.255:9",
		"0.0.0.0:0", "169.254.169.254:80", "192.0.2.1:0", "192.0.2.1:70000",
		"no address", "", "[fe80::1%eth0]:9", "192.0.2.1", "[::]:1",
		"100.64.0.1:41641",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		append(p, "Endpoints", bad[i]);
}

static void each_peer(json_t *root, const char *field, json_t *value)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(root, "Peers"), i, v)
		json_object_set(v, field, value);
	json_decref(value);
}

static void zero_times(json_t *root)
{
	static const char * const fields[] = { "KeyExpiry", "Created",
		"LastSeen" };
	json_t *self = json_object_get(root, "Node");
	size_t i;

	for (i = 0; i < 3; i++) {
		each_peer(root, fields[i], json_string("0001-01-01T00:00:00Z"));
		if (self)
			set(self, fields[i], "0001-01-01T00:00:00Z");
	}
	set(root, "ControlTime", "0001-01-01T00:00:00Z");
}

static bool edit_self(json_t *root, enum fault_id id, const char *arg)
{
	json_t *self = json_object_get(root, "Node");
	char text[KEY_TEXT_MAX];
	uint8_t key[KEY_LEN];

	switch ((int)id) {
	case FAULT_SELF_ID:
		json_object_set_new(self, "ID",
				    json_integer(atoll(fault_text(arg, "0"))));
		return true;
	case FAULT_SELF_NO_ADDRESSES:
		json_object_set_new(self, "Addresses", json_array());
		json_object_set_new(self, "AllowedIPs", json_array());
		return true;
	case FAULT_SELF_KEY:
		memset(key, 0x5e, sizeof(key));
		set(self, "Key", key_text("nodekey", key, text));
		return true;
	case FAULT_SELF_EXPIRED:
		set(self, "KeyExpiry", "2024-01-01T00:00:00Z");
		json_object_set_new(self, "Expired", json_true());
		return true;
	case FAULT_ZERO_TIMES:
		zero_times(root);
		return true;
	case FAULT_PEERS_EXPIRED:
		each_peer(root, "KeyExpiry",
			  json_string("2024-01-01T00:00:00Z"));
		each_peer(root, "Expired", json_true());
		return true;
	}
	return false;
}

static bool edit_key(json_t *root, const struct node *n, enum fault_id id)
{
	char text[KEY_TEXT_MAX];
	uint8_t zero[KEY_LEN] = {};
	json_t *p;

	switch ((int)id) {
	case FAULT_PEER_KEY_ZERO:
		set(peer(root, 0), "Key", key_text("nodekey", zero, text));
		return true;
	case FAULT_PEER_KEY_BAD:
		set(peer(root, 0), "Key", "nodekey:1234");
		set(peer(root, 1), "Key", key_text("mkey", n->machine, text));
		set(peer(root, 2), "DiscoKey", "discokey:zz");
		json_object_set_new(peer(root, 3), "Key", json_integer(7));
		return true;
	case FAULT_PEER_KEY_OWN:
		set(peer(root, 0), "Key", key_text("nodekey", n->key, text));
		return true;
	case FAULT_PEER_KEY_DUPLICATE:
		p = peer(root, 0);
		json_object_set(peer(root, 1), "Key",
				json_object_get(p, "Key"));
		return true;
	}
	return false;
}

static bool edit_address(json_t *root, const struct node *n, enum fault_id id,
			 const char *arg)
{
	char four[32], text[64];
	json_t *p;

	node_address4(n->id, four);
	snprintf(text, sizeof(text), "%s/32", four);
	switch ((int)id) {
	case FAULT_PEER_ADDRESS_OWN:
		set_addresses(peer(root, 0), text);
		return true;
	case FAULT_PEER_ADDRESS_DUPLICATE:
		p = peer(root, 0);
		json_object_set(peer(root, 1), "Addresses",
				json_object_get(p, "Addresses"));
		return true;
	case FAULT_PEER_ADDRESS_MANY:
		many(peer(root, 0), "Addresses", "100.%ld.%ld.%ld/32",
		     126, fault_number(arg, 17));
		return true;
	case FAULT_PEER_ROUTE:
		p = peer(root, 0);
		append(p, "AllowedIPs", fault_text(arg, "0.0.0.0/0"));
		if (!*arg)
			append(p, "AllowedIPs", "::/0");
		return true;
	case FAULT_PEER_ROUTE_OWN:
		append(peer(root, 0), "AllowedIPs", text);
		return true;
	case FAULT_PEER_ROUTE_OTHER:
		append(peer(root, 0), "AllowedIPs", "100.127.77.77/32");
		append(peer(root, 1), "AllowedIPs", "100.127.77.77/32");
		return true;
	case FAULT_PEER_ROUTE_MANY:
		many(peer(root, 0), "AllowedIPs", "10.%ld.%ld.%ld/32",
		     0, fault_number(arg, 65537));
		return true;
	case FAULT_PEER_ROUTE_UNMASKED:
		append(peer(root, 0), "AllowedIPs", "10.77.1.2/16");
		append(peer(root, 0), "AllowedIPs", "fd00::1/64");
		return true;
	case FAULT_PEER_ROUTE_BAD:
		p = peer(root, 0);
		append(p, "AllowedIPs", "10.0.0.0/33");
		append(p, "AllowedIPs", "300.0.0.0/8");
		append(p, "AllowedIPs", "10.0.0.1");
		json_array_append_new(json_object_get(p, "AllowedIPs"),
				      json_null());
		return true;
	}
	return false;
}

bool map_fault_edit_nodes(json_t *root, const struct node *n, enum fault_id id,
			  const char *arg)
{
	json_t *p;

	if (edit_self(root, id, arg) || edit_key(root, n, id) ||
	    edit_address(root, n, id, arg))
		return true;
	switch ((int)id) {
	case FAULT_PEER_NULL:
		peer(root, 0);
		json_array_append_new(json_object_get(root, "Peers"),
				      json_null());
		return true;
	case FAULT_PEER_ID:
		json_object_set_new(peer(root, 0), "ID",
				    json_integer(atoll(fault_text(arg, "0"))));
		return true;
	case FAULT_PEER_ID_DUPLICATE:
		peer(root, 0);
		json_object_set_new(peer(root, 1), "ID", json_integer(BAD_ID));
		return true;
	case FAULT_PEER_ID_SELF:
		json_object_set_new(peer(root, 0), "ID", json_integer(n->id));
		return true;
	case FAULT_PEER_ROUTE_NULL:
		json_object_set_new(peer(root, 0), "AllowedIPs", json_null());
		json_object_set_new(peer(root, 1), "AllowedIPs", json_array());
		return true;
	case FAULT_PEER_ENDPOINT_MANY:
		many(peer(root, 0), "Endpoints", "198.%ld.%ld.%ld:4000",
		     18, fault_number(arg, 513));
		return true;
	case FAULT_PEER_ENDPOINT_ODD:
		odd_endpoints(peer(root, 0));
		return true;
	case FAULT_PEER_NAME:
		names(root);
		return true;
	case FAULT_PEER_UNSIGNED:
		p = peer(root, 0);
		json_object_set_new(p, "UnsignedPeerAPIOnly", json_true());
		append(p, "AllowedIPs", "10.66.0.0/16");
		return true;
	}
	return false;
}
