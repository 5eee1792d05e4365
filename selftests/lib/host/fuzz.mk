# SPDX-License-Identifier: GPL-2.0-only
#
# How a fuzz target is run: fuzz-run-NAME runs $(O)/fuzz_NAME for SECONDS, with
# "make -j2" two of them side by side. Inputs that reach new code are kept in
# $(O)/corpus from run to run; corpus/NAME, if there is one, is where a first run
# starts. A finding is left in $(O)/NAME-crash-*; "$(O)/fuzz_NAME FILE" shows it
# again.

.PRECIOUS: $(O)/fuzz_%
fuzz-run-%: $(O)/fuzz_%
	@mkdir -p $(O)/corpus/$*
	@if $< -max_total_time=$(SECONDS) -max_len=4096 -timeout=20 \
		-print_final_stats=1 -artifact_prefix=$(O)/$*- \
		$(O)/corpus/$* $(wildcard corpus/$*) > $(O)/$*.log 2>&1; then \
		n=$$(sed -n 's/^stat::number_of_executed_units: *//p' \
			$(O)/$*.log); \
		echo "ok fuzz-$* - $$n executions in $(SECONDS) s"; \
	else \
		tail -n 25 $(O)/$*.log; \
		echo "not ok fuzz-$* - see $(O)/$*.log"; \
		exit 1; \
	fi
