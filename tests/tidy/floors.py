"""Floors and fences: a module includes only strictly lower modules, and each third-party or
operating-system header is included only where the table says."""

import re

import source

FLOORS = {
    "base": 0,
    "model": 1, "telemetry": 1, "json": 1, "crypto": 1, "plot": 1,
    "net": 2,
    "http": 3, "cache": 3, "store": 3, "ring": 3, "feed": 3,
    "kv": 4, "peer": 4, "cloudsql": 4, "scaler": 4,
    "node": 5, "bench": 5,
    "api": 6, "ops": 6,
    "cli": 7,
}

# Headers of net that show Asio's types, for its own sources.
NET_PRIVATE = ("src/net/asio_context.h", "src/net/tcp_connection.h", "src/net/tls_connection.h")

# Headers in <…> that are neither the C++ library's nor in PLAIN: pattern -> who may include them.
FENCES = {
    r"boost/asio/buffer\.hpp": ["src/net/*.cpp", "src/http/*.cpp", *NET_PRIVATE],  # Beast's input
    r"boost/asio(/.*|\.hpp)": ["src/net/*.cpp", *NET_PRIVATE],
    r"boost/beast(/.*|\.hpp)": ["src/http/"],
    r"boost/(none|optional|core|system|intrusive)(/.*|\.hpp)":
        ["src/http/", "src/net/", "src/json/"],
    r"boost/json(/.*|\.hpp)": ["src/json/"],
    r"boost/url(/.*|\.hpp)": ["src/store/", "src/cloudsql/", "src/cli/"],
    r"sqlite3\.h": ["src/store/sqlite/", "tests/unit/store/"],
    r"(libpq-fe|libpq-events|postgres_ext)\.h": ["src/store/postgres/", "tests/unit/store/"],
    r"(spdlog|fmt)/.*": ["src/telemetry/"],
    r"openssl/.*": ["src/crypto/", "src/net/", "tests/unit/crypto/", "tests/unit/net/"],
    r"ares\.h": ["src/net/"],
    r"CLI/.*": ["src/cli/"],
    r"xxhash\.h": ["src/base/"],
    r"yaml-cpp/.*": ["src/scaler/"],
    r"zstd\.h": ["src/peer/", "src/bench/"],
    r"lzma\.h": ["src/bench/"],
    r"(gtest|gmock)/.*": ["tests/"],
    r"benchmark/.*": ["bench/", "tests/bench/"],
    # Sockets, threads' and processes' calls of the operating system.
    r"(sys/(socket|epoll|eventfd|timerfd|un)|netinet/.*|arpa/inet|netdb|poll|ifaddrs)(\.h)?":
        ["src/net/", "tests/unit/net/"],
    r"linux/filter\.h": ["src/net/"],
    r"(pthread|sched)\.h":
        ["src/net/", "src/store/sqlite/", "src/telemetry/", "src/cli/", "tests/unit/telemetry/"],
    r"sys/random\.h": ["src/base/"],
}

# Headers of the C library and the kernel that anybody may include.
PLAIN = {
    "dirent.h", "errno.h", "fcntl.h", "malloc.h", "signal.h", "spawn.h", "sys/mman.h",
    "sys/resource.h", "sys/stat.h", "sys/statfs.h", "sys/statvfs.h", "sys/types.h", "sys/uio.h",
    "sys/utsname.h", "time.h", "unistd.h", "sys/wait.h", "sys/file.h",
}

# Our own headers that are not for everyone who is high enough: pattern -> who may include them.
PRIVATE = {
    r"net/(asio_context|tcp_connection|tls_connection)\.h": ["src/net/*.cpp", *NET_PRIVATE],
    r"net/dns_question\.h": ["src/net/*.cpp"],
    # Real threads, sockets and signals: floors 3 to 5 get them as interfaces, so that the
    # simulation can run them.
    r"net/(dns_resolver|event_loop|signals)\.h":
        ["src/net/", "src/api/", "src/ops/", "src/cli/", "tests/"],
}


def _check_own(file, module, include):
    target = include.target.split("/")[0]
    if target not in FLOORS:
        return f"{include.target} is in no module of the table FLOORS"
    if target != module and FLOORS[target] >= FLOORS[module]:
        return (f"{module} (floor {FLOORS[module]}) includes {include.target} (floor "
                f"{FLOORS[target]}): only strictly lower floors")
    return None


def _check_fences(file, include):
    for pattern, allowed in (PRIVATE if include.quoted else FENCES).items():
        if re.fullmatch(pattern, include.target):
            if source.is_allowed(file.path, allowed):
                return None
            return f"{include.target} is fenced: only {', '.join(allowed)}"
    if not include.quoted and re.search(r"[./]", include.target) and include.target not in PLAIN:
        return f"<{include.target}> is in no table: name its fence in FENCES or add it to PLAIN"
    return None


def check(root, _build=None):
    for file in source.cpp_sources(root):
        parts = file.path.split("/")
        module = parts[1] if parts[0] == "src" else None
        if module is not None and module not in FLOORS:
            yield f"{file.path}:1: src/{module} is in no floor: add it to FLOORS"
            continue
        for include in file.includes:
            problem = _check_fences(file, include)
            generated = include.target.startswith("embedded/")
            if problem is None and include.quoted and module is not None and not generated:
                problem = _check_own(file, module, include)
            if problem is not None:
                yield f"{file.path}:{include.line}: {problem}"
