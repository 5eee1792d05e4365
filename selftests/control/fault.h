/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the server can be told to do wrong. Each row is a name and a line for
 * "fault list"; the code that misbehaves asks fault_take().
 */
#ifndef CONTROL_FAULT_H
#define CONTROL_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#define FAULTS(X) \
	X(KEY_STATUS, "key-status", "/key answers with status ARG (500)") \
	X(KEY_EMPTY, "key-empty", "/key answers 200 with an empty body") \
	X(KEY_HEX, "key-hex", "/key answers with 64 digits, the oldest form") \
	X(KEY_ZERO, "key-zero", "/key gives the zero key") \
	X(KEY_GARBAGE, "key-garbage", "/key answers with something that is no JSON") \
	X(KEY_HUGE, "key-huge", "/key answers with ARG bytes of JSON string (1048576)") \
	X(KEY_WRONG, "key-wrong", "/key gives the key of someone else") \
	X(KEY_HANG, "key-hang", "/key never answers") \
	X(KEY_DRIP, "key-drip", "/key answers one byte each ARG ms (1000)") \
	X(KEY_REDIRECT, "key-redirect", "/key redirects to itself, or to ARG, without end") \
	X(UPGRADE_STATUS, "upgrade-status", "/ts2021 answers with status ARG (500)") \
	X(UPGRADE_NO_HEADER, "upgrade-no-header", "101 without the Upgrade header") \
	X(UPGRADE_HANG, "upgrade-hang", "/ts2021 never answers") \
	X(UPGRADE_CLOSE, "upgrade-close", "the connection closes right after 101") \
	X(UPGRADE_REDIRECT, "upgrade-redirect", "/ts2021 redirects to itself, or to ARG") \
	X(UPGRADE_HUGE, "upgrade-huge", "101 with ARG bytes of header (1048576)") \
	X(UPGRADE_SPLIT, "upgrade-split", "legal: the Noise answer comes ARG ms after 101 (300)") \
	X(WIRE_DRIBBLE, "wire-dribble", "legal: one byte per segment, 4096 times") \
	X(NOISE_TYPE, "noise-type", "handshake answer of type ARG (9)") \
	X(NOISE_LENGTH, "noise-length", "handshake answer of length ARG (65535)") \
	X(NOISE_TAG, "noise-tag", "handshake answer with a wrong tag") \
	X(NOISE_LOW_ORDER, "noise-low-order", "handshake answer with the zero point") \
	X(NOISE_ERROR, "noise-error", "error message ARG in place of the answer") \
	X(NOISE_ERROR_CONTROL, "noise-error-control", "error message of control characters") \
	X(NOISE_ERROR_HUGE, "noise-error-huge", "error message of 65535 bytes") \
	X(NOISE_SILENT, "noise-silent", "101, then nothing") \
	X(RECORD_TYPE, "record-type", "first record of type 5") \
	X(RECORD_OVERSIZE, "record-oversize", "first record of 4097 bytes") \
	X(RECORD_HUGE, "record-huge", "first record says 65535 bytes") \
	X(RECORD_SHORT, "record-short", "first record of 15 bytes") \
	X(RECORD_TAG, "record-tag", "first record with a wrong tag") \
	X(RECORD_EMPTY, "record-empty", "legal: ARG empty records first (100)") \
	X(RECORD_TINY, "record-tiny", "legal: at most ARG bytes per record (1)") \
	X(EARLY_OFF, "early-off", "legal: no early payload") \
	X(EARLY_SPLIT, "early-split", "legal: early payload, one byte per record") \
	X(EARLY_HUGE, "early-huge", "early payload says 2147483648 bytes") \
	X(EARLY_MALFORMED, "early-malformed", "early payload is no JSON") \
	X(H2_GARBAGE, "h2-garbage", "noise in place of HTTP/2") \
	X(H2_SILENT, "h2-silent", "no HTTP/2 at all, nothing is answered") \
	X(H2_GOAWAY, "h2-goaway", "GOAWAY at once") \
	X(H2_GOAWAY_MAP, "h2-goaway-map", "GOAWAY when a map stream begins") \
	X(H2_RST_MAP, "h2-rst-map", "RST_STREAM of a map stream after its first message") \
	X(H2_PUSH, "h2-push", "PUSH_PROMISE with the answer of any request") \
	X(H2_HEADERS_HUGE, "h2-headers-huge", "answers with 60000 bytes of headers") \
	X(H2_HEADERS_MANY, "h2-headers-many", "answers with ARG header fields (500)") \
	X(H2_CONTINUATION, "h2-continuation", "ARG CONTINUATION frames without end (100000)") \
	X(H2_HPACK_BOMB, "h2-hpack-bomb", "one HEADERS frame that unpacks to 40 MB") \
	X(H2_PING_FLOOD, "h2-ping-flood", "ARG PING frames (100000)") \
	X(H2_SETTINGS_FLOOD, "h2-settings-flood", "ARG SETTINGS frames (100000)") \
	X(H2_RST_FLOOD, "h2-rst-flood", "ARG RST_STREAM frames of stream 1 (100000)") \
	X(H2_WINDOW_TINY, "h2-window-tiny", "legal: SETTINGS with a window of 16 bytes") \
	X(REGISTER_STATUS, "register-status", "register answers with status ARG (500)") \
	X(REGISTER_429, "register-429", "429; Retry-After is ARG, left out if none") \
	X(REGISTER_EMPTY, "register-empty", "200 with an empty body") \
	X(REGISTER_GARBAGE, "register-garbage", "200 with a page of HTML") \
	X(REGISTER_HUGE, "register-huge", "200 with ARG bytes of JSON (2097152)") \
	X(REGISTER_ERROR, "register-error", "200 with Error ARG (refused)") \
	X(REGISTER_ERROR_CONTROL, "register-error-control", "Error of control characters") \
	X(REGISTER_AUTHURL, "register-authurl", "AuthURL ARG (file:///etc/passwd)") \
	X(REGISTER_AUTHURL_CONTROL, "register-authurl-control", "AuthURL of control characters") \
	X(REGISTER_AUTHURL_HUGE, "register-authurl-huge", "AuthURL of 100000 characters") \
	X(REGISTER_AUTHURL_LOOP, "register-authurl-loop", "a new AuthURL each time, at once") \
	X(REGISTER_AUTHURL_SAME, "register-authurl-same", "the same AuthURL each time, at once") \
	X(REGISTER_EXPIRED, "register-expired", "NodeKeyExpired for each key") \
	X(REGISTER_SIGN, "register-sign", "demands a re-signed key each time") \
	X(REGISTER_HANG, "register-hang", "register never answers") \
	X(REGISTER_REDIRECT, "register-redirect", "register redirects to itself, or to ARG") \
	X(RPC_STATUS, "rpc-status", "the small RPCs answer with status ARG (501)") \
X(TKA_STATUS, "tka-status", "lock RPCs answer with status ARG (500)") \
	X(TKA_HANG, "tka-hang", "lock RPCs never answer") \
	X(TKA_GARBAGE, "tka-garbage", "lock RPCs answer 200 with a page of HTML") \
	X(TKA_ANSWER, "tka-answer", "lock RPCs answer 200 with ARG (an empty body)") \
	X(TKA_HUGE, "tka-huge", "lock RPCs answer with ARG bytes of JSON (11534336)") \
	X(TKA_ENDLESS, "tka-endless", "lock RPCs answer with JSON that never ends") \
	X(TKA_DEEP, "tka-deep", "lock RPCs answer with arrays nested ARG deep (100000)") \
	X(TKA_CUT, "tka-cut", "answers of lock RPCs are cut in half") \
	X(TKA_ARRAY, "tka-array", "answers of lock RPCs stand in an array") \
	X(TKA_EMPTY, "tka-empty", "answers of lock RPCs without members") \
	X(TKA_NULL, "tka-null", "answers of lock RPCs with null for each member") \
	X(TKA_TYPES, "tka-types", "answers of lock RPCs with members of other types") \
	X(TKA_ELEMENTS, "tka-elements", "arrays in answers of lock RPCs hold what does not belong there") \
	X(TKA_ANSWER_HEAD, "tka-answer-head", "Head of sync answers is ARG (not a hash)") \
	X(TKA_ANCESTORS, "tka-ancestors", "sync/offer names ARG ancestors (5000)") \
	X(TKA_GENESIS_NONE, "tka-genesis-none", "bootstrap gives no genesis") \
	X(TKA_WITHHOLD, "tka-withhold", "sync/offer gives no updates, or none behind ARG") \
	X(TKA_ROLLBACK, "tka-rollback", "the head is ARG (the genesis)") \
	X(TKA_FORK, "tka-fork", "the head is a sibling of the head, signed by ARG: stranger or own (stranger)") \
	X(TKA_UPDATE, "tka-update", "the head is a child of the head that is ARG: stranger, unsigned, bad-signature, orphan, genesis or own (stranger)") \
	X(TKA_TWICE, "tka-twice", "the head is update ARG (the head) with its signature more than once, and a lower hash") \
	X(TKA_FOREIGN, "tka-foreign", "genesis, head and updates of another network") \
	X(TKA_REPEAT, "tka-repeat", "legal: sync/offer gives all updates, also those that are known") \
	X(TKA_REORDER, "tka-reorder", "updates come newest first") \
	X(TKA_LONG_FORM, "tka-long-form", "updates are not canonical CBOR") \
	X(TKA_TRAILING, "tka-trailing", "a byte behind each update") \
	X(TKA_SHORT, "tka-short", "each update lacks its last byte") \
	X(TKA_AUM_GARBAGE, "tka-aum-garbage", "an update of random bytes") \
	X(TKA_AUM_HUGE, "tka-aum-huge", "an update of ARG bytes (2097152)") \
	X(TKA_AUM_LENGTH, "tka-aum-length", "an update that says it has 2^62 bytes") \
	X(TKA_AUM_DEEP, "tka-aum-deep", "an update nested ARG deep (10000)") \
	X(TKA_AUM_WIDE, "tka-aum-wide", "an update of ARG pairs (100000)") \
	X(TKA_AUM_MANY, "tka-aum-many", "ARG updates more (5000), signed by a stranger") \
	X(TKA_NEED_MANY, "tka-need-many", "init/begin wants ARG signatures (70000)") \
	X(TKA_NEED_ROGUE, "tka-need-rogue", "init/begin wants one more, for a key of nobody") \
	X(TKA_AFFECTED, "tka-affected", "affected-sigs gives what is not affected, and garbage") \
	X(TKA_SEND_LOST, "tka-send-lost", "sync/send answers and keeps nothing") \
	X(TKA_SIGN_LOST, "tka-sign-lost", "sign answers and keeps nothing") \
	X(MAP_STATUS, "map-status", "map answers with status ARG (500)") \
	X(MAP_HTML, "map-html", "map answers 200 with a page of HTML") \
	X(MAP_EMPTY, "map-empty", "map answers 200 and ends") \
	X(MAP_SILENT, "map-silent", "map answers 200, then nothing") \
	X(MAP_STALLED, "map-stalled", "keep-alives only, no network map") \
	X(MAP_NO_KEEPALIVE, "map-no-keepalive", "no keep-alives") \
	X(MAP_DRIP, "map-drip", "first frame one byte each ARG ms (1000)") \
	X(MAP_NO_NODE, "map-no-node", "first message without Node") \
	X(MAP_LENGTH_ZERO, "map-length-zero", "frame of length 0") \
	X(MAP_LENGTH_HUGE, "map-length-huge", "frame says 4294967295 bytes") \
	X(MAP_TRUNCATED, "map-truncated", "the stream ends inside a frame") \
	X(MAP_SHORT, "map-short", "a frame holds half of its zstd frame") \
	X(MAP_GARBAGE, "map-garbage", "a frame of 1000 random bytes") \
	X(MAP_BOMB, "map-bomb", "a zstd frame that unpacks to ARG MB (300)") \
	X(MAP_WINDOW, "map-window", "a zstd frame that wants a window of ARG MB (512)") \
	X(MAP_TWO_FRAMES, "map-two-frames", "two zstd frames in one map frame") \
	X(MAP_TRAILING, "map-trailing", "bytes behind the zstd frame") \
	X(JSON_BAD, "json-bad", "a message that is cut off JSON") \
	X(JSON_ARRAY, "json-array", "a message that is no object") \
	X(JSON_DEEP, "json-deep", "a message nested ARG deep (100000)") \
	X(JSON_UTF8, "json-utf8", "a message with bytes that are no UTF-8") \
	X(JSON_NUL, "json-nul", "a peer whose name has a NUL in it") \
	X(JSON_DUPLICATE, "json-duplicate", "a message with a field twice, the first one hostile") \
	X(UNKNOWN_FIELDS, "unknown-fields", "legal: fields nobody knows, everywhere") \
	X(SELF_ID, "self-id", "own node with ID ARG (0)") \
	X(SELF_NO_ADDRESSES, "self-no-addresses", "own node without addresses") \
	X(SELF_KEY, "self-key", "own node with another node key") \
	X(SELF_EXPIRED, "self-expired", "own node expired, in its own map only") \
	X(PEER_NULL, "peer-null", "null among the peers") \
	X(PEER_ID, "peer-id", "a peer with ID ARG (0)") \
	X(PEER_ID_DUPLICATE, "peer-id-duplicate", "two peers with one ID") \
	X(PEER_ID_SELF, "peer-id-self", "a peer with our own ID") \
	X(PEER_KEY_ZERO, "peer-key-zero", "a peer with the zero key") \
	X(PEER_KEY_BAD, "peer-key-bad", "a peer whose key is no key") \
	X(PEER_KEY_OWN, "peer-key-own", "a peer with our own node key") \
	X(PEER_KEY_DUPLICATE, "peer-key-duplicate", "two peers with one key") \
	X(PEER_ADDRESS_OWN, "peer-address-own", "a peer with our own address") \
	X(PEER_ADDRESS_DUPLICATE, "peer-address-duplicate", "two peers with one address") \
	X(PEER_ADDRESS_MANY, "peer-address-many", "a peer with ARG addresses (17)") \
	X(PEER_ROUTE, "peer-route", "a peer whose AllowedIPs have ARG (0.0.0.0/0 and ::/0)") \
	X(PEER_ROUTE_OWN, "peer-route-own", "a peer whose AllowedIPs have our own address") \
	X(PEER_ROUTE_OTHER, "peer-route-other", "two peers whose AllowedIPs have one address") \
	X(PEER_ROUTE_MANY, "peer-route-many", "a peer with ARG AllowedIPs (65537)") \
	X(PEER_ROUTE_UNMASKED, "peer-route-unmasked", "AllowedIPs with host bits set") \
	X(PEER_ROUTE_BAD, "peer-route-bad", "a peer whose AllowedIPs are no prefixes") \
	X(PEER_ROUTE_NULL, "peer-route-null", "legal: AllowedIPs null, and []") \
	X(PEER_ENDPOINT_MANY, "peer-endpoint-many", "a peer with ARG endpoints (513)") \
	X(PEER_ENDPOINT_ODD, "peer-endpoint-odd", "a peer at loopback, multicast, port 0") \
	X(PEER_NAME, "peer-name", "peers with names that are no names") \
	X(PEER_UNSIGNED, "peer-unsigned", "an UnsignedPeerAPIOnly peer with routes") \
	X(PEERS_MANY, "peers-many", "ARG peers (100001)") \
	X(PEERS_EXPIRED, "peers-expired", "all peers Expired") \
	X(PEERS_REKEYED, "peers-rekeyed", "all peers with other node keys") \
	X(PEERS_REMOVED, "peers-removed", "PeersRemoved names everybody, and more") \
	X(ZERO_TIMES, "zero-times", "legal: times of the year 1 everywhere") \
	X(TIME, "time", "ControlTime is ARG seconds from now (315360000)") \
	X(TIME_JUMP, "time-jump", "ControlTime ten years ahead and back in turn") \
	X(DEBUG_EXIT, "debug-exit", "Debug.Exit with code ARG (0)") \
	X(DEBUG_SLEEP, "debug-sleep", "Debug.SleepSeconds ARG (1e9)") \
	X(BROWSER_URL, "browser-url", "PopBrowserURL ARG (a shell command)") \
	X(PING_URL, "ping-url", "PingRequest to ARG (the metadata address)") \
	X(PING_LOOPBACK, "ping-loopback", "PingRequest to port ARG of loopback (22)") \
	X(PING_FILE, "ping-file", "PingRequest to a file: URL") \
	X(PING_REPEAT, "ping-repeat", "the same PingRequest URL in two messages") \
	X(PING_STORM, "ping-storm", "ARG PingRequests at once (1000)") \
	X(C2N_PATH, "c2n-path", "C2N of path ARG (POST /netfilter-kind?kind=off)") \
	X(C2N_GARBAGE, "c2n-garbage", "C2N whose payload is no HTTP") \
	X(C2N_HUGE, "c2n-huge", "C2N with a payload of ARG bytes (2097152)") \
	X(C2N_STORM, "c2n-storm", "ARG C2N requests at once (1000)") \
	X(FILTER_EMPTY, "filter-empty", "PacketFilter [], blocks all") \
	X(FILTER_NONE, "filter-none", "no filter at all") \
	X(FILTER_BITS, "filter-bits", "a filter of the obsolete form with SrcBits") \
	X(FILTER_BAD, "filter-bad", "a filter of addresses, ports and protocols that are none") \
	X(DERP_NULL, "derp-null", "a DERP region that is null, ids out of range") \
	X(DERP_HOSTILE, "derp-hostile", "a DERP map of odd hosts, ports and InsecureForTests") \
	X(DNS_HOSTILE, "dns-hostile", "DNS of public names, no names, odd resolvers") \
	X(HEALTH_CONTROL, "health-control", "Health and DisplayMessages of control characters") \
	X(DIAL_PLAN, "dial-plan", "a dial plan of odd addresses and delays") \
	X(TKA_UNKNOWN, "tka-unknown", "TKAInfo with a head nobody knows") \
	X(TKA_INFO_NONE, "tka-info-none", "no TKAInfo") \
	X(TKA_INFO_NULL, "tka-info-null", "TKAInfo null") \
	X(TKA_INFO_TYPE, "tka-info-type", "TKAInfo with a number for a head") \
	X(TKA_INFO_HEAD, "tka-info-head", "TKAInfo with the head ARG (not a hash)") \
	X(TKA_DISABLED, "tka-disabled", "TKAInfo says disabled; bootstrap proves it by ARG: none, wrong, empty, huge or hex (none)") \
	X(TKA_FLAP, "tka-flap", "TKAInfo says disabled and enabled, ARG times in turn (20)") \
	X(TKA_PEER_UNSIGNED, "tka-peer-unsigned", "a peer without signature") \
	X(TKA_PEER_STRANGER, "tka-peer-stranger", "a peer signed by a key that is not trusted") \
	X(TKA_PEER_STOLEN, "tka-peer-stolen", "a peer with the signature of node ARG, or of another one") \
	X(TKA_PEER_ROTATED, "tka-peer-rotated", "a peer with the former key and signature of node ARG, or of any") \
	X(TKA_PEER_FORGED, "tka-peer-forged", "a peer with a rotation forged under a wrapping key of zeros") \
	X(TKA_PEER_GARBAGE, "tka-peer-garbage", "peers whose signature is no CBOR, no string, no base64, is cut, long-form, deep") \
	X(TKA_PEER_HUGE, "tka-peer-huge", "a peer with a signature of ARG bytes (1048576)") \
	X(TKA_SIG_NONE, "tka-sig-none", "node ARG, or all, without signature") \
	X(TKA_SIG_OLD, "tka-sig-old", "node ARG, or all, with the former key and signature") \
	X(TKA_SIG_SWAPPED, "tka-sig-swapped", "all with the signature of the next one") \
	X(TKA_SIG_SELF, "tka-sig-self", "own node without signature") \
	X(TKA_PATCH_KEY, "tka-patch-key", "patches give all peers other keys, with the signatures they have")

enum fault_id {
#define FAULT_ENUM(id, name, what)	FAULT_##id,
	FAULTS(FAULT_ENUM)
#undef FAULT_ENUM
	FAULT_COUNT
};

#define FAULT_ARG_MAX	1024

/**
 * struct fault - one switch
 * @on:		is it set
 * @left:	how many times more, -1 for ever
 * @hits:	how often it was taken since it was set
 * @node:	label of the only node that gets it, or ""
 * @arg:	what stood behind its name, or ""
 */
struct fault {
	bool on;
	long left;
	unsigned long hits;
	char node[64];
	char arg[FAULT_ARG_MAX];
};

struct faults {
	struct fault of[FAULT_COUNT];
};

const char *fault_name(enum fault_id id);
const char *fault_what(enum fault_id id);
/* Return: FAULT_COUNT if there is none of that name. */
enum fault_id fault_find(const char *name);

/* "[times=N] [node=LABEL] [ARG...]"; @words may be "". */
void fault_set(struct faults *f, enum fault_id id, const char *words);
void fault_clear(struct faults *f, enum fault_id id);
void fault_clear_all(struct faults *f);

/* Is it to happen now, to the node @label (NULL: not known)? Counts.
 * Return: its argument, which may be ""; NULL for no.
 */
const char *fault_take(struct faults *f, enum fault_id id, const char *label);
/* The same, for use in a condition; @ret is written if it is to happen. */
bool fault_take_arg(struct faults *f, enum fault_id id, const char *label,
		    const char **ret);
/* The same without counting. */
bool fault_on(const struct faults *f, enum fault_id id, const char *label);

/* A number in place of an argument left out. */
long fault_number(const char *arg, long otherwise);
/* A text in place of an argument left out. */
const char *fault_text(const char *arg, const char *otherwise);

#endif /* CONTROL_FAULT_H */
