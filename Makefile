# Each target sets up what it needs in .venv from nothing but python3, a C++20 compiler and make.
PYTHON ?= python3
BIN := .venv/bin
TOOLS := build/tools/bin
BUILT_FROM := pyproject.toml CMakeLists.txt $(shell find cpp -type f)
# Keras and TensorFlow are chatty on start; tests and the demo are about our own words.
export TF_CPP_MIN_LOG_LEVEL ?= 2

FUZZ_SECONDS ?= 20
# NumPy 1.24, the oldest that is allowed, has wheels up to this one.
OLDEST_PYTHON ?= python3.11
CLANG := $(shell command -v clang++ || command -v clang++-14)

.PHONY: demo test test-oldest test-gpu test-streams test-serve test-scale test-tflite test-aarch64 aarch64 lint asan fuzz bench docs wheel wheels test-sdist sbom format clean

demo: .venv/edge.stamp  ## ships outlined on the samples and in a video, on one page
	$(BIN)/shipedge predict edge/shipedge/samples --annotate --out out/demo/samples --fresh
	$(BIN)/python demo/flight.py out/demo/flight.mp4
	$(BIN)/shipedge predict out/demo/flight.mp4 --track --annotate --out out/demo/flight --fresh
	@$(BIN)/python demo/page.py out/demo
	@echo "To use shipedge in this shell: . .venv/bin/activate"

test: .venv/dev.stamp  ## Python and C++ tests (tests/cpp/test_cpp.py builds and runs the latter), a process for each core
	$(BIN)/pytest -n auto --maxprocesses 8 --dist loadfile

test-oldest: .venv/dev.stamp  ## the device tests with the oldest versions that pyproject.toml allows (tests/oldest.txt)
	$(BIN)/python tests/toy_models.py build/toy_models
	$(OLDEST_PYTHON) -m venv build/oldest
	build/oldest/bin/pip install --quiet -c tests/oldest.txt ".[edge]" hypothesis packaging pillow pytest
	SHIPEDGE_TOY_MODELS=build/toy_models build/oldest/bin/pytest -m "not slow" tests/edge
	$(OLDEST_PYTHON) -m venv build/oldest-masks
	build/oldest-masks/bin/pip install --quiet "numpy==1.24.0" "click==8.2.0" "msgspec==0.19.0" . hypothesis pytest
	build/oldest-masks/bin/pytest -m "not slow" tests/rle

test-gpu: .venv/dev.stamp  ## the GPU's rung on software Vulkan, which is unpacked into build/mesa
	tests/mesa.sh build/mesa
	SHIPEDGE_TEST_GPU=1 VK_DRIVER_FILES=$$(echo $(CURDIR)/build/mesa/root/usr/share/vulkan/icd.d/lvp_icd*.json) \
	LD_LIBRARY_PATH=$$(echo $(CURDIR)/build/mesa/root/usr/lib/*-linux-gnu) $(BIN)/pytest tests/edge/test_gpu.py

test-streams: .venv/dev.stamp  ## live sources, with Debian's RTSP server, which is unpacked into build/streams
	tests/streams.sh build/streams
	SHIPEDGE_TEST_STREAMS=$(CURDIR)/build/streams $(BIN)/pytest tests/edge/streams

test-serve: .venv/dev.stamp  ## the service, with Debian's MQTT broker and Chromium, which are unpacked into build/serve
	tests/serve.sh build/serve
	$(BIN)/pip install --quiet playwright
	npm install --silent --no-save --prefix build/serve axe-core@4
	SHIPEDGE_TEST_SERVE=$(CURDIR)/build/serve $(BIN)/pytest tests/edge/serve

test-scale: .venv/dev.stamp  ## archives, with Parquet, object stores (S3 as moto serves it) and Ray
	$(BIN)/pip install --quiet -e ".[scale,ray]" s3fs "moto[s3,server]"
	SHIPEDGE_TEST_KILLS=20 $(BIN)/pytest tests/edge/engines tests/edge/scale tests/train/test_verify_workers.py

test-tflite: .venv/dev.stamp  ## the rung of tflite-runtime, in an environment with NumPy 1
	$(BIN)/python tests/toy_models.py build/toy_models
	$(OLDEST_PYTHON) -m venv build/tflite
	build/tflite/bin/pip install --quiet ".[tflite]" hypothesis pytest
	SHIPEDGE_TOY_MODELS=build/toy_models build/tflite/bin/pytest tests/edge/test_tflite_runtime.py tests/edge/test_delegates.py

test-aarch64: .venv/dev.stamp  ## the wheel for aarch64, cross-built by zig, under qemu: the same ships, networks and masks, and the C++ tests
	@if packaging/debian_python.sh build/pythons/3.13-aarch64 trixie 3.13 arm64; then $(MAKE) --no-print-directory aarch64; else echo "aarch64 was not tried."; fi

AARCH64 := build/aarch64/bin/python
# What an emulator runs in minutes; tests/rle/test_safety_memory.py bounds memory that the emulator itself needs.
AARCH64_TESTS := $(addprefix tests/rle/test_,codec.py csv_index.py kernels.py png.py messages.py values.py safety_exit.py safety_types.py)

aarch64: build/tools.stamp
	$(TOOLS)/python packaging/wheels.py cp313-aarch64
	rm -rf build/aarch64 && cp -r build/pythons/3.13-aarch64/python build/aarch64
	sed 's/^opencv-python=/opencv-python-headless=/' constraints.txt >build/aarch64/constraints.txt
	$(BIN)/pip install --quiet -c build/aarch64/constraints.txt --target build/aarch64/lib/python3.13/site-packages \
	--python-version 3.13 $(foreach glibc,17 27 28,--platform manylinux_2_$(glibc)_aarch64) --only-binary :all: \
	"shipedge[headless] @ file://$$(echo $(CURDIR)/dist/*cp313-cp313-*aarch64.whl)" pytest hypothesis
	SHIPEDGE_MACHINE=aarch64 SHIPEDGE_ZIG=$$($(TOOLS)/python -c 'import ziglang; print(ziglang.__path__[0] + "/zig")') \
	$(BIN)/cmake -S . -B build/aarch64/tests -G Ninja -DCMAKE_MAKE_PROGRAM=$(CURDIR)/$(BIN)/ninja -DSHIPEDGE_TESTS=ON -DSHIPEDGE_MODULE=OFF \
	-DCMAKE_TOOLCHAIN_FILE=$(CURDIR)/packaging/zig.cmake
	SHIPEDGE_MACHINE=aarch64 SHIPEDGE_ZIG=$$($(TOOLS)/python -c 'import ziglang; print(ziglang.__path__[0] + "/zig")') \
	$(BIN)/cmake --build build/aarch64/tests
	QEMU_CPU=cortex-a76 build/pythons/3.13-aarch64/qemu-aarch64 -L build/pythons/3.13-aarch64/root build/aarch64/tests/tests/cpp/shipedge_tests
	SHIPEDGE_AARCH64=$(CURDIR)/$(AARCH64) $(BIN)/pytest tests/edge/test_aarch64.py
	$(AARCH64) -m pytest -p no:cacheprovider -m "not slow" $(AARCH64_TESTS)

lint: .venv/dev.stamp  ## style, types, the one direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/clang-format --dry-run --Werror $$(git ls-files 'cpp/*.[ch]pp' 'tests/*.c' 'tests/cpp/*.cpp' 'tests/fuzz/*.[ch]pp')

# A sanitized module needs the sanitizer in the process before Python, which is built without.
SANITIZED = LD_PRELOAD="$$($(CXX) -print-file-name=lib$@.so) $$($(CXX) -print-file-name=libstdc++.so.6)" \
	$(BIN)/python tests/stress.py --core $$(echo build/$@/_core.*)

asan: .venv/dev.stamp  ## C++ tests, and the module under stress, with AddressSanitizer (and UndefinedBehaviorSanitizer)
	$(BIN)/cmake --preset asan -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python
	$(BIN)/cmake --build --preset asan --parallel 2
	$(BIN)/ctest --preset asan
	ASAN_OPTIONS=detect_leaks=0 $(SANITIZED) --no-forks --seconds 20

tsan: .venv/dev.stamp  ## the module under stress with ThreadSanitizer
	$(BIN)/cmake --preset tsan -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python
	$(BIN)/cmake --build --preset tsan --parallel 2
	TSAN_OPTIONS=halt_on_error=1 $(SANITIZED) --calm --seconds 20

fuzz: .venv/dev.stamp  ## every fuzz target for FUZZ_SECONDS under the sanitizers, then broken files through the commands
	@test -n "$(CLANG)" || echo "clang++ is not installed: our own driver under $(CXX) takes the place of libFuzzer."
	$(BIN)/cmake --preset fuzz $(if $(CLANG),-DCMAKE_CXX_COMPILER=$(CLANG))
	$(BIN)/cmake --build --preset fuzz --parallel 2
	$(BIN)/python tests/fuzz/run.py build/fuzz --seconds $(FUZZ_SECONDS)
	$(BIN)/python -W error tests/fuzz/readers.py --seconds $(FUZZ_SECONDS)
	$(BIN)/python tests/fuzz/commands.py --seconds $(FUZZ_SECONDS)

docs: .venv/docs.stamp  ## the site, in build/site; warnings are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Open this page: $(CURDIR)/build/site/index.html"

bench: .venv/bench.stamp  ## run-length throughput beside its peers
	$(BIN)/shipedge bench rle

wheel: .venv/dev.stamp  ## dist/*.whl for this machine and its Python
	$(BIN)/pip wheel --no-deps --wheel-dir dist .

wheels: build/tools.stamp  ## source archive and wheels for Linux in dist/, each tried where a Python for it can be had
	$(TOOLS)/python packaging/wheels.py
	$(TOOLS)/python packaging/try_wheels.py

test-sdist: build/tools.stamp  ## the source archive builds with no more than its build requirements, and finds ships
	$(TOOLS)/python -m build --sdist --outdir build/sdist .
	$(PYTHON) -m venv --clear build/from-sdist
	build/from-sdist/bin/pip install --quiet "scikit-build-core>=0.11" "pybind11>=3.0" ninja
	build/from-sdist/bin/pip wheel --quiet --no-index --no-build-isolation --no-deps --wheel-dir build/sdist build/sdist/*.tar.gz
	build/from-sdist/bin/pip install --quiet "shipedge[headless] @ file://$$(echo $(CURDIR)/build/sdist/*.whl)"
	build/from-sdist/bin/shipedge predict edge/shipedge/samples --out build/sdist/predictions --fresh

sbom: build/tools.stamp  ## dist/*.cdx.json: what a device installs and what is compiled in
	$(TOOLS)/python packaging/sbom.py

format: .venv/dev.stamp
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/clang-format -i $$(git ls-files 'cpp/*.[ch]pp' 'tests/*.c' 'tests/cpp/*.cpp' 'tests/fuzz/*.[ch]pp')

clean:
	rm -rf .venv build dist out

build/tools.stamp: packaging/tools.txt
	$(PYTHON) -m venv build/tools
	$(TOOLS)/pip install --quiet -c constraints.txt -r packaging/tools.txt
	@touch $@

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

.venv/edge.stamp: .venv/bin/python $(BUILT_FROM)
	@echo "Installing, and compiling the core: two minutes or more, with nothing to see ..."
	$(BIN)/pip install --quiet -e ".[edge]"
	@touch $@

.venv/dev.stamp: .venv/bin/python $(BUILT_FROM)
	@echo "Installing TensorFlow and the tools, and compiling the core: some minutes, with nothing to see ..."
	$(BIN)/pip install --quiet -e ".[edge,train,imagenet,dev]"
	@touch $@ .venv/edge.stamp

.venv/docs.stamp: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --group docs
	@touch $@

.venv/bench.stamp: .venv/bin/python $(BUILT_FROM)
	$(BIN)/pip install --quiet -e ".[bench]"
	@touch $@
