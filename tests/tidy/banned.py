"""Calls that only certain places may make: time, threads, randomness, output, locks, memory and
the environment are passed in everywhere else, so that tests and the simulation own them."""

import dataclasses
import re

import source


@dataclasses.dataclass(frozen=True)
class Ban:
    what: str
    pattern: str
    instead: str
    allowed: tuple = ()
    folders: tuple = ("src/",)


BANS = (
    Ban("environment", r"\b(?:secure_)?getenv\b|\benviron\b",
        "take it from the module's Options", ("src/cli/",)),
    Ban("threads", r"\bstd::(?:jthread|thread|async|this_thread)\b|\bpthread_create\b",
        "take a net::Loop",
        ("src/net/event_loop.h", "src/net/event_loop.cpp", "src/net/dns_resolver.cpp",
         "src/store/sqlite/", "src/cli/")),
    Ban("sleep", r"\b(?:sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep)\b|\bsleep\s*\(",
        "wait for a condition or a timer", ("src/store/sqlite/",),
        ("src/", "tests/unit/", "tests/support/")),
    Ban("clock", r"\b(?:system|steady|high_resolution|utc)_clock::now\b|\bclock_gettime\b"
        r"|\bgettimeofday\b|(?<![\w.>])(?:std::)?time\s*\((?:nullptr|NULL|0)\)",
        "take a Clock", ("src/base/clock.cpp", "src/telemetry/process.cpp"),
        ("src/", "tests/unit/", "tests/support/")),
    Ban("randomness", r"\bstd::(?:random_device|mt19937\w*|minstd_rand\w*|default_random_engine)\b"
        r"|\b(?:s?rand|rand_r|drand48|getrandom|getentropy|arc4random)\s*\(|\bRAND_bytes\b",
        "take a Random", ("src/base/random.cpp", "src/crypto/"), ("src/", "tests/")),
    Ban("output", r"\bstd::(?:cout|cerr|clog|puts|printf|fprintf|putchar|print|println)\b"
        r"|(?<![\w.:>])(?:printf|fprintf|puts|fputs|putchar|perror|vprintf|vfprintf)\s*\(",
        "log it, or return it", ("src/cli/", "src/base/check.cpp")),
    Ban("catch all", r"\bcatch\s*\(\s*\.\.\.\s*\)",
        "catch what you can name, or let it end the process", (), ("src/", "tests/")),
    Ban("throw", r"\bthrow\b", "return an Error", ("src/model/entry.cpp", "src/cli/")),
    Ban("bare locks", r"\bstd::(?:recursive_|timed_|shared_|recursive_timed_|shared_timed_)?mutex\b"
        r"|\bstd::(?:lock_guard|unique_lock|scoped_lock|shared_lock|condition_variable\w*|call_once"
        r"|once_flag)\b|\bpthread_mutex\w*",
        "use base/mutex.h, which clang's analysis understands",
        ("src/base/mutex.h", "src/telemetry/log.cpp"),  # spdlog's sinks take a lock type
        ("src/", "tests/")),
    Ban("bare memory", r"(?<!operator )\bnew\b|(?<!operator )(?<!= )\bdelete\b"
        r"|(?<![\w.])(?:std::)?(?:malloc|calloc|realloc|free|aligned_alloc|posix_memalign)\s*\(",
        "use a container or a smart pointer",
        ("src/model/entry.cpp", "src/net/frame_pool.cpp", "src/net/task.h", "src/cache/",
         "src/http/input_buffer.h", "src/http/input_buffer.cpp")),
    Ban("end of the process", r"\b(?:std::)?(?:exit|_exit|_Exit|quick_exit|abort)\s*\(",
        "return an Error, or CHECK", ("src/cli/", "src/base/check.cpp")),
    Ban("assert", r"(?<![\w_])assert\s*\(", "use CHECK: it is there in every build", (),
        ("src/", "tests/")),
    Ban("thread-unsafe C", r"(?<![\w.>:])(?:std::|::)?(?:strtok|localtime|gmtime|asctime|ctime"
        r"|strerror|gethostbyname|sprintf|vsprintf|strcpy|strcat|atoi|atol|atof|alloca|setenv"
        r"|putenv)\s*\(",
        "use the _r form, or base/text.h", (), ("src/", "tests/")),
    Ban("thread_local", r"\bthread_local\b", "pass the object: there are no globals",
        ("src/net/frame_pool.cpp", "src/http/spare_text.cpp", "src/telemetry/stripe.h",
         "src/telemetry/stripe.cpp")),
    Ban("using namespace", r"\busing\s+namespace\b", "name what you use",
        (), ("src/",)),
)

_LAMBDA = re.compile(r"(?<![\w\])])\[(?!\[)\s*([^\[\]]*?)\s*\]\s*(?=[({]|mutable\b|->|noexcept\b)")


def _matching(code, offset):
    """Offset behind the bracket that closes the one at `offset`."""
    pairs = {"{": "}", "(": ")"}
    opened, closed, depth = code[offset], pairs[code[offset]], 0
    for at in range(offset, len(code)):
        depth += (code[at] == opened) - (code[at] == closed)
        if depth == 0:
            return at + 1
    return len(code)


def _lambda_body(code, offset):
    """(start, end) of the body of the lambda whose `]` ends at `offset`; None when it has none."""
    at = offset
    if code[at:at + 1] == "(":
        at = _matching(code, at)
    brace = re.compile(r"[^;{}()]*\{").match(code, at)
    if brace is None:
        return None
    return brace.end() - 1, _matching(code, brace.end() - 1)


def capturing_coroutines(code):
    """Offsets of lambdas that capture and are coroutines: the captures die with the lambda object,
    which a suspended frame outlives."""
    lambdas = []
    for match in _LAMBDA.finditer(code):
        body = _lambda_body(code, match.end())
        if body is not None:
            lambdas.append((match.start(), match.group(1), *body))
    for start, captures, first, last in lambdas:
        text = code[first:last]
        for _, _, inner_first, inner_last in lambdas:
            if first < inner_first and inner_last <= last:
                text = (text[:inner_first - first] + " " * (inner_last - inner_first) +
                        text[inner_last - first:])
        if captures and re.search(r"\bco_(?:await|return|yield)\b", text):
            yield start


def check(root, _build=None):
    for file in source.cpp_sources(root):
        for ban in BANS:
            if not file.path.startswith(ban.folders) or source.is_allowed(file.path, ban.allowed):
                continue
            for match in re.finditer(ban.pattern, file.code):
                yield (f"{file.path}:{source.line_of(file.code, match.start())}: {ban.what}: "
                       f"`{match.group(0).strip()}`: {ban.instead}")
        for offset in capturing_coroutines(file.code):
            yield (f"{file.path}:{source.line_of(file.code, offset)}: a capturing lambda is a "
                   "coroutine: pass what it needs as parameters")
