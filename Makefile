# The ways into Bootmark. `make` alone lists them.

# What building Bootmark needs, what running it needs, and what checking its reports needs beside.
BUILD_PACKAGES := libarchive-dev libc6-dev libdw-dev libiberty-dev liblz4-dev liblzma-dev libpcre2-dev libsqlite3-dev libxml2-dev libzstd-dev pkg-config zlib1g-dev
RUN_PACKAGES := linux-perf qemu-system-x86
CHECK_PACKAGES := binutils chromium chromium-driver fonts-dejavu-core gcc google-perftools libxml2-utils python3-venv strace tmux valgrind

# debug shares its build with the tests; release is what users run.
CONFIGURATION ?= release
BOOTMARK := .build/$(CONFIGURATION)/bootmark

.PHONY: help tools guests newer-qemu build demo test scenarios lint fuzz bench bench-verdict conformance clean
help:
	@echo 'make demo         boot tiny and a Linux as baseline and with a real slowdown; print verdicts, write reports'
	@echo 'make test         run all tests, the ones with real guests too'
	@echo 'make scenarios    run only Scenarios/: record baselines, then compare with them'
	@echo 'make guests       build tiny, and fetch the real guests from Debian packages'
	@echo 'make build        build the command bootmark: $(BOOTMARK)'
	@echo 'make lint         check the formatting'
	@echo 'make conformance  have the reports read by other tools'
	@echo 'make fuzz         give every reader of profiles, symbols and menus changed files; SECONDS=30 for each'
	@echo 'make bench        measure Bootmark itself, beside its peers'
	@echo 'make bench-verdict  count false alarms and finds of verdict rules, in simulation and on real boots (an hour)'
	@echo 'Each installs the Debian packages that it lacks (sudo only when not root).'

tools:
	@Scripts/install-packages $(BUILD_PACKAGES) $(RUN_PACKAGES)

guests: tools
	@Guests/install-tools
	@$(MAKE) --no-print-directory -C Guests all

# The QEMU of another Debian release, in a folder: tests of the plugin are repeated there.
newer-qemu:
	@$(MAKE) --no-print-directory -C Guests newer-qemu

build: tools
	swift build -c $(CONFIGURATION) --product bootmark

demo: build guests
	@Scripts/demo $(BOOTMARK)

test: tools guests newer-qemu
	swift build --build-tests
	swift test --skip-build --skip '^Scenarios\.'
	@$(MAKE) --no-print-directory scenarios

# Baselines of another machine compare with nothing here, so they are taken first, and then compared with.
SCENARIO_SETTINGS := BOOTMARK_BOOTS=$(or $(BOOTS),3) BOOTMARK_WARM_UP=0 BOOTMARK_REPORTS=.build/scenarios/reports \
	BOOTMARK_BASELINES=.build/scenarios/baselines
scenarios: tools guests
	rm -rf .build/scenarios
	$(SCENARIO_SETTINGS) BOOTMARK_RECORD=all swift test --filter '^Scenarios\.'
	$(SCENARIO_SETTINGS) BOOTMARK_RECORD=never swift test --skip-build --filter '^Scenarios\.'

lint:
	swift format lint -s -p -r Sources Scenarios Tests Benchmarks Fuzz Package.swift

conformance: tools guests
	@Scripts/install-packages $(CHECK_PACKAGES)
	@Guests/install-tools
	@Tests/Conformance/run

# SECONDS is for each reader; READERS names some of them as the folders of Tests/ProfileSamples and Fuzz/Samples are.
fuzz: tools
	@Scripts/fuzz $(or $(SECONDS),30) $(READERS)

bench: guests
	swift build -c release --product bootmark
	swift build -c release --product Overhead
	swift build -c release --product VerdictSimulation
	@Benchmarks/run

bench-verdict: guests
	swift build -c release --product VerdictSimulation
	.build/release/VerdictSimulation
	BOOTMARK_BENCHMARKS=1 swift build -c release --product VerdictOnBoots
	@Benchmarks/run verdict-real

clean:
	rm -rf .build Reports Guests/build
