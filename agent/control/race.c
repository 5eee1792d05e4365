// SPDX-License-Identifier: GPL-2.0-only
#include "control/race.h"

#include "control/noise_conn.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "model/netmap_delta.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum stage {
	STAGE_PLAN,
	STAGE_NAME,
	STAGE_SPARE,
	STAGE_OVER,
};

/**
 * struct runner - one address
 * @race: whose
 * @candidate: the address; family 0 = the name
 * @timer: starts it
 * @dial: owned; NULL = not started, or lost
 * @running: it may still win
 */
struct runner {
	struct race *race;
	struct race_candidate candidate;
	struct loop_timer timer;
	struct dial *dial;
	bool running;
};

/**
 * struct race - all addresses
 * @config: as given; its candidates are in @plan and @spare
 * @loop: of timers
 * @fn: told the end
 * @ctx: for @fn
 * @plan: planned addresses
 * @spare: the others
 * @stage: what is being tried; changed by enter() and finish() alone
 * @runner: of this stage
 * @n_runners: how many
 * @deadline: of all; not for a name alone, whose dial has the same
 * @no_name: the name has no address
 * @err: result if nothing leads to the server
 * @detail: the same for people
 */
struct race {
	struct race_config config;
	struct loop *loop;
	attempt_fn fn;
	void *ctx;
	struct race_candidate plan[RACE_MAX];
	struct race_candidate spare[RACE_MAX];
	enum stage stage;
	struct runner runner[RACE_MAX];
	size_t n_runners;
	struct loop_timer deadline;
	bool no_name;
	int err;
	struct err_detail detail;
};

size_t race_plan(const struct dial_plan *plan, struct race_candidate *ret)
{
	size_t i, n = 0;

	for (i = 0; plan && i < plan->n && n < RACE_MAX; i++) {
		const struct dial_candidate *from = &plan->item[i];

		if (*from->ace_host || !from->ip.len)
			continue;
		ret[n] = (struct race_candidate){
			.after_ms = from->start_delay_ms,
			.timeout_ms = from->timeout_ms,
		};
		ret[n].addr.family = from->ip.len == 4 ? AF_INET : AF_INET6;
		memcpy(ret[n].addr.byte, from->ip.byte, from->ip.len);
		n++;
	}
	return n;
}

uint32_t race_deadline_ms(const struct race_candidate *plan, size_t n)
{
	uint32_t most = RACE_LEAST_MS, ms;
	size_t i;

	for (i = 0; i < n; i++) {
		ms = plan[i].after_ms + plan[i].timeout_ms;
		if (ms > most)
			most = ms;
	}
	most += RACE_MORE_MS;
	return most < RACE_MOST_MS ? most : RACE_MOST_MS;
}

static void drop_runners(struct race *race)
{
	size_t i;

	for (i = 0; i < race->n_runners; i++) {
		loop_timer_cancel(race->loop, &race->runner[i].timer);
		dial_free(steal(race->runner[i].dial));
		race->runner[i].running = false;
	}
	race->n_runners = 0;
}

/* The last call: the owner may free the race. */
static void finish(struct race *race, int err, const struct err_detail *detail,
		   struct noise_session *session)
{
	assert(race->stage != STAGE_OVER);
	race->stage = STAGE_OVER;
	loop_timer_cancel(race->loop, &race->deadline);
	drop_runners(race);
	race->fn(race->ctx, err, detail, session);
}

/* A wrong key is what the caller can do something about. */
static void note(struct race *race, int err, const struct err_detail *detail)
{
	if (race->err == TNE_NOISE_TAG)
		return;
	race->err = err;
	race->detail = *detail;
}

static bool is_running(const struct race *race)
{
	size_t i;

	for (i = 0; i < race->n_runners; i++) {
		if (race->runner[i].running)
			return true;
	}
	return false;
}

static void start_runner(struct runner *runner);

static void on_timer(void *ctx)
{
	start_runner(ctx);
}

static void enter(struct race *race, enum stage stage,
		  const struct race_candidate *candidates, size_t n)
{
	size_t i;

	assert(stage > race->stage || race->n_runners == 0);
	drop_runners(race);
	race->stage = stage;
	race->n_runners = n;
	for (i = 0; i < n; i++) {
		struct runner *runner = &race->runner[i];

		*runner = (struct runner){
			.race = race, .candidate = candidates[i],
			.running = true,
		};
		loop_timer_init(&runner->timer, on_timer, runner);
		/* From the loop: all of them stand at the line first. */
		loop_timer_set(race->loop, &runner->timer,
			       candidates[i].after_ms);
	}
}

static void next_stage(struct race *race)
{
	static const struct race_candidate by_name;

	switch (race->stage) {
	case STAGE_PLAN:
		enter(race, STAGE_NAME, &by_name, 1);
		return;
	case STAGE_NAME:
		if (race->no_name && race->config.n_spare) {
			loop_timer_set(race->loop, &race->deadline,
				       race_deadline_ms(NULL, 0));
			enter(race, STAGE_SPARE, race->spare,
			      race->config.n_spare);
			return;
		}
		break;
	case STAGE_SPARE:
	case STAGE_OVER:
		break;
	}
	finish(race, race->err, &race->detail, NULL);
}

static void lost(struct runner *runner, int err,
		 const struct err_detail *detail)
{
	struct race *race = runner->race;

	runner->running = false;
	if (race->stage == STAGE_NAME)
		race->no_name = err == TNE_NAME_LOOKUP;
	/* Of the name alone it matters that it has no address. */
	if (race->stage != STAGE_SPARE || err == TNE_NOISE_TAG)
		note(race, err, detail);
	if (!is_running(race))
		next_stage(race);
}

static void dialled(void *ctx, int err, const struct err_detail *detail,
		    struct noise_session *session)
{
	struct runner *runner = ctx;
	struct err_detail copy = *detail;

	if (err < 0)
		lost(runner, err, &copy);
	else
		finish(runner->race, 0, &copy, session);
}

static int dial_runner(struct runner *runner)
{
	const struct race_config *config = &runner->race->config;
	uint64_t now_ms = loop_now_ms(runner->race->loop);
	struct dial_target target = {
		.host = config->url->host,
		.addr = runner->candidate.addr,
		.timeout_ms = runner->candidate.timeout_ms,
		.server = config->server,
		.machine = config->machine,
		.version = config->version,
	};

	dial_schedule_make(config->url, config->https_only, config->memory,
			   now_ms, &target.schedule);
	config->memory->started_ms = now_ms;
	return dial_start(config->transfers, &target, dialled, runner,
			  &runner->dial);
}

static void start_runner(struct runner *runner)
{
	struct err_detail detail;
	int r = dial_runner(runner);

	if (r < 0) {
		err_explain(&detail, r, "%s", err_text(r));
		lost(runner, r, &detail);
	}
}

static void on_deadline(void *ctx)
{
	struct race *race = ctx;

	if (race->err != TNE_NOISE_TAG)
		race->err = err_explain(&race->detail, -ETIMEDOUT, "%s",
					err_text(-ETIMEDOUT));
	finish(race, race->err, &race->detail, NULL);
}

static size_t copy(const struct race_candidate *from, size_t n,
		   struct race_candidate *to)
{
	if (n > RACE_MAX)
		n = RACE_MAX;
	if (n)
		memcpy(to, from, n * sizeof(*to));
	return n;
}

int race_start(const struct race_config *config, attempt_fn fn, void *ctx,
	       struct race **ret)
{
	static const struct race_candidate by_name;
	struct race *race = calloc(1, sizeof(*race));

	if (!race)
		return -ENOMEM;
	race->config = *config;
	race->loop = transfers_loop(config->transfers);
	race->fn = fn;
	race->ctx = ctx;
	race->config.n_plan = copy(config->plan, config->n_plan, race->plan);
	race->config.n_spare = copy(config->spare, config->n_spare,
				    race->spare);
	loop_timer_init(&race->deadline, on_deadline, race);
	if (race->config.n_plan) {
		loop_timer_set(race->loop, &race->deadline,
			       race_deadline_ms(race->plan,
						race->config.n_plan));
		enter(race, STAGE_PLAN, race->plan, race->config.n_plan);
	} else {
		enter(race, STAGE_NAME, &by_name, 1);
	}
	*ret = race;
	return 0;
}

void race_free(struct race *race)
{
	if (!race)
		return;
	loop_timer_cancel(race->loop, &race->deadline);
	drop_runners(race);
	free(race);
}
