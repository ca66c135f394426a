# The usual ways in. Everything is also plain CMake: see CMakePresets.json and CONTRIBUTING.md.
PRESET ?= release
BUILD := build/$(PRESET)

.PHONY: build static interop demo test bench format tidy sanitizers clean

build:
	@tools/install-packages.sh build
	@cmake --preset $(PRESET) -DLIFEBOAT_TESTS=OFF -DLIFEBOAT_BENCH=OFF -B build/product >/dev/null
	@cmake --build build/product --target lifeboat
	@ln -sf product/src/lifeboat build/lifeboat

static:
	@tools/install-packages.sh build
	@cmake --preset static >/dev/null
	@cmake --build build/static --target lifeboat

interop: build static
	@tools/install-packages.sh interop
	@tools/interop.sh

demo: build
	@LIFEBOAT=build/lifeboat tools/demo.sh

test:
	@tools/install-packages.sh test
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build $(BUILD)
	@ln -sf $(PRESET)/src/lifeboat build/lifeboat
	@tools/run-tests.py $(BUILD)

sanitizers:
	@$(MAKE) --no-print-directory test PRESET=asan-ubsan
	@$(MAKE) --no-print-directory test PRESET=tsan

bench:
	@tools/install-packages.sh bench
	@cmake --preset release >/dev/null
	@cmake --build build/release
	@bench/run.sh build/release/src/lifeboat

format:
	@tools/install-packages.sh lint
	@git ls-files '*.cpp' '*.h' | xargs clang-format-14 -i

# What a change must pass beside the tests. Formatting first: it is the quicker one.
tidy:
	@tools/install-packages.sh lint
	@git ls-files '*.cpp' '*.h' | xargs clang-format-14 --dry-run -Werror
	@cmake --preset $(PRESET) >/dev/null
	@tools/tidy.py $(BUILD)

clean:
	@rm -rf build
