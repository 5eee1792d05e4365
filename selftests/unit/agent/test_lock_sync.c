// SPDX-License-Identifier: GPL-2.0-only
#include "fail_alloc.h"
#include "lock_rig.h"
#include "tka.h"

#include "lock/check.h"

/* Hand an answer over; a request that comes of it is dropped. */
static int give(struct lock_sync *sync, struct secret_buf *answer,
		struct sync_request *request)
{
	struct err_detail detail = { "" };
	int r;

	secret_buf_done(&request->body);
	r = sync_answer(sync, answer->data, answer->len, NOW, &detail,
			request);
	secret_buf_done(answer);
	return r;
}

static void client_done(struct lock_sync *sync)
{
	sync_done(sync);
	authority_free(sync->authority);
}

static bool asks(const struct sync_request *request, const char *path,
		 const char *text)
{
	char *body = strndup(request->body.data, request->body.len);
	bool good = strcmp(request->path, path) == 0 && strstr(body, text);

	free(body);
	return good;
}

static void joins_and_follows(void)
{
	struct server server __attribute__((cleanup(server_cleanup)));
	struct lock_sync sync __attribute__((cleanup(client_done))) = { 0 };
	struct sync_request request = { 0 };
	struct secret_buf answer = { 0 };
	struct sync_wanted wanted;

	CHECK_IN(server_init(&server));
	CHECK_IN(advance(server.authority, &server, 2));
	wanted = wants(&server, true);
	CHECK_EQ(sync_begin(&sync, &wanted, false, &request),
		 SYNC_DO_NOTHING);
	CHECK_EQ(sync_begin(&sync, &wanted, true, &request), SYNC_DO_REQUEST);
	CHECK(asks(&request, TKA_PATH_BOOTSTRAP, "\"Head\":\"\""));
	CHECK_EQ(sync.state, SYNC_BOOTSTRAP);
	CHECK_EQ(sync_begin(&sync, &wanted, true, &request), -EBUSY);
	CHECK_IN(answer_bootstrap(server.genesis, (struct bytes){ 0 },
				  &answer));
	CHECK_EQ(give(&sync, &answer, &request), SYNC_DO_REQUEST);
	CHECK(asks(&request, TKA_PATH_OFFER, "\"Ancestors\":[\""));
	CHECK_EQ(request.answer_max, TKA_ANSWER_MAX);
	CHECK_IN(answer_offer(&server, sync.authority, &answer));
	CHECK_EQ(give(&sync, &answer, &request), SYNC_DO_REQUEST);
	/* Even with nothing to send. */
	CHECK(asks(&request, TKA_PATH_SEND, "\"MissingAUMs\":[],"
		   "\"Interactive\":false"));
	CHECK(aum_hash_eq(&authority_head(sync.authority)->hash,
			  &wanted.head));
	CHECK_IN(answer_head(&wanted.head, &answer));
	CHECK_EQ(give(&sync, &answer, &request), SYNC_DO_NOTHING);
	CHECK_EQ(sync.state, SYNC_IDLE);
	CHECK(!sync.differs && !sync.unpinned && !sync.refused);
	CHECK_EQ(sync.compact_err, 0);
	/* Nothing has changed. */
	CHECK_EQ(sync_begin(&sync, &wanted, false, &request),
		 SYNC_DO_NOTHING);
	secret_buf_done(&request.body);
}

/* A client that knows everything the server does. */
static void joined(struct lock_sync *sync, const struct server *server)
{
	CHECK_EQ(authority_bootstrap(server->genesis, &nothing_denied, NOW,
				     &no_disk, &sync->authority), 0);
}

static void sends_what_the_server_lacks(void)
{
	struct server server __attribute__((cleanup(server_cleanup)));
	struct lock_sync sync __attribute__((cleanup(client_done))) = { 0 };
	struct sync_request request = { 0 };
	struct secret_buf answer = { 0 };
	struct sync_wanted wanted;

	CHECK_IN(server_init(&server));
	CHECK_IN(joined(&sync, &server));
	CHECK_IN(advance(sync.authority, &server, 3));
	wanted = wants(&server, true);
	CHECK_EQ(sync_begin(&sync, &wanted, true, &request), SYNC_DO_REQUEST);
	CHECK_IN(answer_offer(&server, server.authority, &answer));
	CHECK_EQ(give(&sync, &answer, &request), SYNC_DO_REQUEST);
	CHECK(asks(&request, TKA_PATH_SEND, "\"MissingAUMs\":[\""));
	CHECK_IN(answer_head(&wanted.head, &answer));
	CHECK_EQ(give(&sync, &answer, &request), SYNC_DO_NOTHING);
	CHECK(sync.differs);
	/* The head goes by updates, not by what anybody says. */
	CHECK(!aum_hash_eq(&authority_head(sync.authority)->hash,
			   &wanted.head));
	secret_buf_done(&request.body);
}

static void up_to_date_sends_nothing(void)
{
	struct server server __attribute__((cleanup(server_cleanup)));
	struct lock_sync sync __attribute__((cleanup(client_done))) = { 0 };
	struct sync_request request = { 0 };
	struct secret_buf answer = { 0 };
	struct sync_wanted wanted = { .enabled = true };

	CHECK_IN(server_init(&server));
	CHECK_IN(joined(&sync, &server));
	/* Without a head in the map there is no knowing. */
	CHECK_EQ(sync_begin(&sync, &wanted, true, &request), SYNC_DO_REQUEST);
	CHECK_IN(answer_offer(&server, sync.authority, &answer));
	CHECK_EQ(give(&sync, &answer, &request), SYNC_DO_NOTHING);
	CHECK_EQ(sync.state, SYNC_IDLE);
}

static int forgotten;

static int forget(void *ctx)
{
	forgotten++;
	return *(int *)ctx;
}

static int offered_secret(struct lock_sync *sync, const struct server *server,
			  struct bytes with, struct sync_request *request)
{
	struct sync_wanted wanted = wants(server, false);
	struct secret_buf answer = { 0 };
	int r = sync_begin(sync, &wanted, true, request);

	if (r != SYNC_DO_REQUEST || sync->state != SYNC_DISABLE ||
	    !asks(request, TKA_PATH_BOOTSTRAP, "\"Head\":\""))
		return -1;
	answer_bootstrap((struct bytes){ 0 }, with, &answer);
	return give(sync, &answer, request);
}

static int check_secret(const struct lock_sync *sync)
{
	uint8_t value[DISABLE_VALUE_LEN];
	int r = disable_derive(sync_secret(sync), value);

	return r < 0 ? r : disable_match(authority_state(sync->authority),
					 value);
}

/* A check costs time by the length, too. */
static void long_secrets(void)
{
	static const uint8_t bytes[DISABLE_SECRET_MAX + 1];
	struct server server __attribute__((cleanup(server_cleanup)));
	struct lock_sync sync __attribute__((cleanup(client_done))) = { 0 };
	struct sync_request request = { 0 };

	CHECK_IN(server_init(&server));
	CHECK_IN(joined(&sync, &server));
	CHECK_EQ(offered_secret(&sync, &server,
				(struct bytes){ bytes, DISABLE_SECRET_MAX + 1 },
				&request), SYNC_DO_NOTHING);
	CHECK(sync.refused && sync.authority);
	CHECK_EQ(offered_secret(&sync, &server,
				(struct bytes){ bytes, DISABLE_SECRET_MAX },
				&request), SYNC_DO_CHECK);
}

/* By what an update says itself, whoever asks. */
static void follows_its_parent(void)
{
	struct server server __attribute__((cleanup(server_cleanup)));
	struct server before __attribute__((cleanup(server_cleanup)));
	const struct chain_item *head;

	CHECK_IN(server_init(&server));
	CHECK_IN(server_init(&before));
	CHECK_IN(advance(server.authority, &server, 2));
	head = authority_head(server.authority);
	CHECK_EQ(aum_verify(&head->aum, authority_state(before.authority),
			    false), 0);
	CHECK_EQ(aum_verify(&head->aum, authority_state(server.authority),
			    false), TNE_LOCK_PARENT);
	CHECK_IN(advance(server.authority, &server, 3));
	head = authority_head(server.authority);
	CHECK_EQ(aum_verify(&head->aum, authority_state(before.authority),
			    false), TNE_LOCK_PARENT);
}

static void only_a_secret_turns_it_off(void)
{
	static const struct bytes good = { secret, sizeof(secret) };
	static const struct bytes bad = { secret, sizeof(secret) - 1 };
	struct server server __attribute__((cleanup(server_cleanup)));
	struct lock_sync sync __attribute__((cleanup(client_done))) = { 0 };
	struct sync_request request = { 0 };
	struct sync_wanted wanted;
	int fails = -EIO, r;

	CHECK_IN(server_init(&server));
	CHECK_IN(joined(&sync, &server));
	sync.config.forget = forget;
	sync.config.ctx = &fails;
	forgotten = 0;
	/* The server just says so: it stays on, and is still compared. */
	CHECK_EQ(offered_secret(&sync, &server, (struct bytes){ 0 }, &request),
		 SYNC_DO_NOTHING);
	CHECK(sync.refused && sync.authority);
	/* Nothing was tried, so it may come up with one. */
	CHECK_EQ(offered_secret(&sync, &server, bad, &request), SYNC_DO_CHECK);
	CHECK(bytes_eq(sync_secret(&sync), bad));
	r = check_secret(&sync);
	CHECK_EQ(r, TNE_LOCK_SECRET);
	CHECK_EQ(sync_secret_checked(&sync, r, &request), SYNC_DO_NOTHING);
	CHECK(sync.refused && sync.authority && forgotten == 0);
	/* Not a second time for the same map. */
	wanted = wants(&server, false);
	CHECK_EQ(sync_begin(&sync, &wanted, true, &request), SYNC_DO_NOTHING);
	CHECK(sync.refused);
	wanted.enabled = true;
	CHECK_EQ(sync_begin(&sync, &wanted, true, &request), SYNC_DO_NOTHING);
	CHECK(!sync.refused);
	CHECK_EQ(offered_secret(&sync, &server, good, &request),
		 SYNC_DO_CHECK);
	r = check_secret(&sync);
	CHECK_EQ(r, 0);
	/* What is on disk would turn it on again. */
	CHECK_EQ(sync_secret_checked(&sync, r, &request), -EIO);
	CHECK(sync.authority && forgotten == 1);
	CHECK_EQ(sync.state, SYNC_IDLE);
	fails = 0;
	CHECK_EQ(offered_secret(&sync, &server, good, &request),
		 SYNC_DO_CHECK);
	CHECK_EQ(sync_secret_checked(&sync, 0, &request), SYNC_DO_NOTHING);
	CHECK(!sync.authority && forgotten == 2);
	secret_buf_done(&request.body);
}

/* With a head of another kind the lock is off, which has to be proved. */
static void reads_the_map(void)
{
	struct sync_wanted wanted;
	struct tka_info info = { 0 };

	wanted = sync_wanted_from(&info);
	CHECK(!wanted.enabled && !wanted.has_head);
	info.present = true;
	wanted = sync_wanted_from(&info);
	CHECK(wanted.enabled && !wanted.has_head);
	strcpy(info.head, "DQRVGSEOBA746CKVRNIXDBWKJIQGWJUSY7AWXFR342MOYJU3NCXA");
	wanted = sync_wanted_from(&info);
	CHECK(wanted.enabled && wanted.has_head);
	info.head[51] = '=';
	wanted = sync_wanted_from(&info);
	CHECK(!wanted.enabled && !wanted.has_head);
	info.head[51] = 'A';
	info.disabled = true;
	wanted = sync_wanted_from(&info);
	CHECK(!wanted.enabled && wanted.has_head);
}

static void bad_answers_change_nothing(void)
{
	static const char *const texts[] = {
		"", "{", "[]", "{}", "{\"Head\":1}", "{\"GenesisAUM\":\"YWJj\"}",
		"{\"Head\":\"DQRVGSEOBA746CKVRNIXDBWKJIQGWJUSY7AWXFR342MOYJU3NCXA\"}",
	};
	struct server server __attribute__((cleanup(server_cleanup)));
	struct sync_request request = { 0 };
	struct sync_wanted wanted;
	struct err_detail detail;
	size_t i;
	int on;

	CHECK_IN(server_init(&server));
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (on = 0; on < 2; on++) {
			struct lock_sync sync = { 0 };

			test_case("%s, %s", texts[i], on ? "on" : "off");
			wanted = wants(&server, true);
			if (on) {
				CHECK_IN(joined(&sync, &server));
				wanted.head.byte[0]++;
			}
			CHECK_EQ(sync_begin(&sync, &wanted, true, &request),
				 SYNC_DO_REQUEST);
			secret_buf_done(&request.body);
			CHECK(sync_answer(&sync, texts[i], strlen(texts[i]),
					  NOW, &detail, &request) < 0);
			CHECK_EQ(sync.state, SYNC_IDLE);
			CHECK_EQ(sync.authority != NULL, on);
			client_done(&sync);
		}
	}
}

/* A lone update of nowhere among good ones: none of them counts. */
static void a_batch_is_taken_whole(void)
{
	struct server server __attribute__((cleanup(server_cleanup)));
	struct server other __attribute__((cleanup(server_cleanup)));
	struct lock_sync sync __attribute__((cleanup(client_done))) = { 0 };
	struct sync_request request = { 0 };
	struct secret_buf answer = { 0 };
	struct json_out out = { 0 };
	struct chain_item *good, *bad;
	struct sync_wanted wanted;

	CHECK_IN(server_init(&server));
	CHECK_IN(server_init(&other));
	CHECK_IN(joined(&sync, &server));
	CHECK_IN(advance(server.authority, &server, 2));
	CHECK_IN(advance(other.authority, &other, 3));
	CHECK_IN(advance(other.authority, &other, 4));
	good = authority_head(server.authority);
	bad = authority_head(other.authority);
	wanted = wants(&server, true);
	CHECK_EQ(sync_begin(&sync, &wanted, true, &request), SYNC_DO_REQUEST);
	json_out_open_object(&out, NULL);
	put_hash(&out, "Head", &good->hash);
	json_out_open_array(&out, "Ancestors");
	put_hash(&out, NULL, &authority_oldest(server.authority)->hash);
	json_out_close_array(&out);
	json_out_open_array(&out, "MissingAUMs");
	json_out_bytes(&out, NULL, good->data.data, good->data.len);
	json_out_bytes(&out, NULL, bad->data.data, bad->data.len);
	json_out_close_array(&out);
	json_out_close_object(&out);
	CHECK_EQ(json_out_end(&out, &answer), 0);
	CHECK_EQ(give(&sync, &answer, &request), TNE_LOCK_PARENT);
	CHECK_EQ(authority_chain(sync.authority)->n, 1);
	CHECK_EQ(sync.state, SYNC_IDLE);
	/* And the next one works. */
	CHECK_EQ(sync_begin(&sync, &wanted, true, &request), SYNC_DO_REQUEST);
	CHECK_IN(answer_offer(&server, sync.authority, &answer));
	CHECK_EQ(give(&sync, &answer, &request), SYNC_DO_REQUEST);
	CHECK_EQ(authority_chain(sync.authority)->n, 2);
	sync_fail(&sync);
	CHECK_EQ(sync.state, SYNC_IDLE);
	secret_buf_done(&request.body);
}

/**
 * struct script - answers that are ready
 * @wanted: what the map says
 * @answer: to each request
 */
struct script {
	struct sync_wanted wanted;
	struct secret_buf answer[3];
};

static int play(void *ctx)
{
	struct lock_sync sync __attribute__((cleanup(client_done))) = { 0 };
	struct sync_request request = { 0 };
	struct script *script = ctx;
	struct err_detail detail;
	size_t i;
	int r = sync_begin(&sync, &script->wanted, true, &request);

	for (i = 0; r == SYNC_DO_REQUEST && i < 3; i++) {
		secret_buf_done(&request.body);
		r = sync_answer(&sync, script->answer[i].data,
				script->answer[i].len, NOW, &detail,
				&request);
	}
	if (sync.state != SYNC_IDLE)
		return 0;
	/* That old updates were not forgotten is no failure by itself. */
	return r < 0 ? r : sync.compact_err;
}

static void every_allocation_may_fail(void)
{
	struct server server __attribute__((cleanup(server_cleanup)));
	struct authority *genesis auto_clean(authority) = NULL;
	struct script script = { 0 };
	size_t i;

	CHECK_IN(server_init(&server));
	CHECK_IN(advance(server.authority, &server, 2));
	CHECK_EQ(authority_bootstrap(server.genesis, &nothing_denied, NOW,
				     &no_disk, &genesis), 0);
	script.wanted = wants(&server, true);
	CHECK_IN(answer_bootstrap(server.genesis, (struct bytes){ 0 },
				  &script.answer[0]));
	CHECK_IN(answer_offer(&server, genesis, &script.answer[1]));
	CHECK_IN(answer_head(&script.wanted.head, &script.answer[2]));
	CHECK(fail_alloc_each(play, &script) >= 20);
	for (i = 0; i < 3; i++)
		secret_buf_done(&script.answer[i]);
}

static const struct test tests[] = {
	TEST(joins_and_follows),
	TEST(sends_what_the_server_lacks),
	TEST(up_to_date_sends_nothing),
	TEST(long_secrets),
	TEST(follows_its_parent),
	TEST(only_a_secret_turns_it_off),
	TEST(reads_the_map),
	TEST(bad_answers_change_nothing),
	TEST(a_batch_is_taken_whole),
	TEST(every_allocation_may_fail),
};
TEST_MAIN(tests)
