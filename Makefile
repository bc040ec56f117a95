# Every target is one call of a small program, so that it works the same without make.
.DEFAULT_GOAL := help
.PHONY: help setup start stop doctor demo test check int e2e bench soak sandbox-image clean
export SHARE REPO SEED SANDBOX

help: ## Print this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install packages and build, where something changed
	@node scripts/setup.mjs

start: setup ## Start the plane in the background and print a link to the panel
	@node apps/launcher/dist/main.js start

stop: ## Stop the plane; no process is left
	@node scripts/stop.mjs

doctor: setup ## Look at machine, data and plane, and say what is wrong
	@node apps/launcher/dist/main.js doctor

demo: setup ## Three jobs on a clone of this repository (REPO=path for another, SANDBOX=kind for one kind of sandbox), from spec to branch
	@node scripts/demo.mjs

test: setup ## All tests: pure, on real services, and end to end
	@node scripts/test.mjs unit int e2e

check: setup ## Format, lint, types and pure tests; under a minute when warm
	@node scripts/check.mjs

int: setup ## Only the tests on real Postgres, Redis, git and Docker
	@node scripts/test.mjs int

e2e: setup ## Only the scenarios against a whole running plane
	@node scripts/test.mjs e2e

bench: setup ## Measure against floors of the same machine (ROWS=7,13 for some rows, ROUNDS=9 for more than 5 rounds)
	@node scripts/bench.mjs

soak: setup ## Kill, falsify, replay and take safeguards away, with checkers from outside (SHARE=0.1 for a tenth, SEED=n to repeat, REPO=path)
	@node scripts/soak.mjs

sandbox-image: ## Build the image of docker_sandbox
	@node libs/infra/sandbox/image/build-image.mjs

clean: ## Remove what was built; packages and data stay
	@node scripts/clean.mjs
