# mlregistry: PGXS build. `make help` lists the targets.

EXTENSION = mlregistry
MODULE_big = mlregistry
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" mlregistry.control)

CORE_SOURCES = $(wildcard src/core/*.cpp)
GLUE_SOURCES = $(wildcard src/pg/*.cpp)
OBJS = $(CORE_SOURCES:.cpp=.o) $(GLUE_SOURCES:.cpp=.o)

# The install script and the upgrade scripts are put together from src/sql by scripts/assemble-sql.
SQL_SOURCES = $(shell find src/sql -type f)
UPGRADES = $(notdir $(wildcard src/sql/upgrades/mlregistry--*--*.sql))
DATA_built = $(EXTENSION)--$(EXTVERSION).sql $(UPGRADES)
# The upgrade scripts of released versions are frozen.
DATA = $(wildcard src/sql/released/mlregistry--*--*.sql)

REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
REGRESS_OPTS = --inputdir=. --load-extension=mlregistry
ISOLATION = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --outputdir=output_iso --load-extension=mlregistry --launcher=test/isolation/launcher

EXTRA_CLEAN = $(DATA_built) $(OBJS:.o=.d) results output_iso

# No bitcode: with C++ it would tie the build to one clang, and inlining our functions is not worth that.
override with_llvm = no

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# -isystem: PostgreSQL's headers are not ours to warn about. PGDLLEXPORT: empty before 16, where nothing is hidden.
MLR_CXXFLAGS = -std=c++20 -O2 -g -fPIC -Wall -Wextra -Werror -Wno-register -fvisibility=hidden -MMD -MP
ifeq ($(MAJORVERSION),15)
MLR_CXXFLAGS += -D'PGDLLEXPORT=__attribute__((visibility("default")))'
endif
override CXXFLAGS = $(MLR_CXXFLAGS) $(MLR_EXTRA_CXXFLAGS)
override CPPFLAGS += -Isrc -isystem $(includedir_server) -DMLREGISTRY_VERSION='"$(EXTVERSION)"'
COMPILER = $(CXX) $(CXXFLAGS)

# A new version string must reach the library.
src/pg/module.o: mlregistry.control

-include $(OBJS:.o=.d)

$(EXTENSION)--$(EXTVERSION).sql: scripts/assemble-sql mlregistry.control $(SQL_SOURCES)
	scripts/assemble-sql install $(EXTVERSION) > $@.new && mv $@.new $@

$(UPGRADES): mlregistry--%.sql: src/sql/upgrades/mlregistry--%.sql scripts/assemble-sql $(SQL_SOURCES)
	scripts/assemble-sql upgrade $< > $@.new && mv $@.new $@

.PHONY: help format lint core-test
help:
	@echo 'make                 build the extension for the PostgreSQL of PG_CONFIG'
	@echo 'make install         install it (PG_CONFIG=… chooses the PostgreSQL)'
	@echo 'make installcheck    run pg_regress and the isolation tests against a running server'
	@echo 'make core-test       unit tests and fuzzers of the C++ core, without PostgreSQL'
	@echo 'make lint            boundary lint and formatting (scripts/lint --tidy adds clang-tidy)'
	@echo 'make format          clang-format over src and test'
	@echo 'make clean           remove what make made'
	@echo 'scripts/demo         the main job on real versions, on a throwaway cluster'
	@echo 'scripts/test         the whole suite, on a throwaway cluster'
	@echo 'scripts/refresh-cookbook   write what the recipes of docs/cookbook.md print into the page'
	@echo 'bench/run NAME       a benchmark beside its peers (bench/README.md)'

core-test:
	test/run-core

lint:
	scripts/lint

format:
	clang-format -i $$(git ls-files 'src/*.[ch]pp' 'test/*.[ch]pp')
