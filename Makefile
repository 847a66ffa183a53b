# make test runs all sections; CI runs nothing else. The sections themselves are
# in internal/tools/check, so any of them can be run alone: make vet, make race.

CHECK := go run -C internal/tools -buildvcs=false ./check -root "$(CURDIR)"
SECTIONS := toolchain gofmt vet staticcheck govulncheck browsers race fuzz client e2e

.PHONY: help test quick lint bench gobench demo chat $(SECTIONS)

help:
	@echo "make test    all tests: format, vet, staticcheck, govulncheck, Go tests without and"
	@echo "             with -race, fuzzing, the JS client's tests, and real browsers"
	@echo "make e2e     only the browsers, installed if missing: the client behind a fault proxy,"
	@echo "             the demo, the examples"
	@echo "make quick   vet and the Go tests"
	@echo "make lint    format, vet, staticcheck, govulncheck"
	@echo "make fuzz    every fuzz target for a few seconds, or make fuzz FUZZTIME=1m"
	@echo "make bench   Everwire beside its peers, into bench/RESULTS.md (20 to 30 minutes); to see that"
	@echo "             it works: make bench BENCHFLAGS=\"-rounds=1 -short\""
	@echo "make gobench the Go benchmarks"
	@echo "make demo    the transports side by side, on localhost"
	@echo "make chat    a chat on localhost"
	@echo "also alone:  make $(SECTIONS)"

test:
	@$(CHECK)

quick:
	@$(CHECK) vet test

lint:
	@$(CHECK) gofmt vet staticcheck govulncheck

$(filter-out e2e,$(SECTIONS)):
	@$(CHECK) $@

e2e:
	@$(CHECK) browsers e2e

bench:
	go run -C bench -buildvcs=false . $(BENCHFLAGS)

gobench:
	go test -run '^$$' -bench . -benchmem ./...

demo chat:
	go run ./examples/$@
