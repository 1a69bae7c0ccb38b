"""Each check sees the violation that is planted for it, and nothing in a clean tree."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import banned  # noqa: E402
import changelog  # noqa: E402
import compiled  # noqa: E402
import decoders  # noqa: E402
import floors  # noqa: E402
import sizes  # noqa: E402
import source  # noqa: E402
import wording  # noqa: E402

HEADER = "// Why: a header of the tests, any thread.\n#pragma once\n"


class Tree(unittest.TestCase):
    """A root of its own for each test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()

    def plant(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def compile(self, *paths):
        """A build directory whose compile commands name the paths."""
        entries = [{"directory": str(self.root), "file": str(self.root / path),
                    "command": f"g++ -std=c++2b -I{self.root}/src -c {path}"} for path in paths]
        self.plant("build/compile_commands.json", json.dumps(entries))
        return self.root / "build"

    def assert_found(self, check, *wanted, build=None):
        """The problems are exactly the wanted ones, each named by a part of its line."""
        found = list(check(self.root, build))
        self.assertEqual(len(found), len(wanted), found)
        for text in wanted:
            self.assertTrue(any(text in line for line in found), (text, found))


class SourceTest(unittest.TestCase):
    def test_comments_and_literals_are_blanked(self):
        text = ('int a = 1\'000; // new\nauto b = "delete"; /* throw\n */ char c = \'"\'; '
                'R"x(new)x";')
        code = source.strip_code(text)
        self.assertEqual(len(code), len(text))
        for word in ("new", "delete", "throw"):
            self.assertNotIn(word, code)
        self.assertIn("1'000", code)
        self.assertEqual(code.count("\n"), text.count("\n"))


class DecodersTest(Tree):
    def setUp(self):
        super().setUp()
        self.plant("src/a/a.h", HEADER + "Result<A> ParseA(std::string_view text);\n"
                   "Result<B> DecodeB(Bytes bytes);\nC ReadC(std::string_view text);\n"
                   "C ReadFile(const std::string& path);\n"
                   "// ParseD(x) is not here\ninline A Make() { return other::ParseE(); }\n")
        self.plant("tests/fuzz/a_fuzz.cpp", "void Try() { ParseA(); }\n")

    def table(self, *lines):
        self.plant(decoders.TABLE, "# a comment\n" + "\n".join(lines) + "\n")

    def test_a_target_or_a_reason_will_do(self):
        self.table("src/a/a.h ParseA a", "src/a/a.h DecodeB a by ParseA",
                   "src/a/a.h ReadC - of no consequence")
        self.assert_found(decoders.check)

    def test_every_decoder_is_named(self):
        self.assert_found(decoders.check, "ParseA has neither", "DecodeB has neither",
                          "ReadC has neither")

    def test_a_line_must_be_true(self):
        self.table("src/a/a.h ParseA b", "src/a/a.h DecodeB a", "src/a/a.h ReadC -",
                   "src/a/a.h ReadC a by it", "src/a/a.h ParseD a", "what")
        self.assert_found(decoders.check, "no target b", "does not name it", "needs a reason",
                          "names ReadC twice", "no decoder ParseD", "is not `header")


class FloorsTest(Tree):
    def test_lower_floor_is_fine(self):
        self.plant("src/kv/a.h", '#include "cache/cache.h"\n#include "kv/b.h"\n#include <vector>\n')
        self.plant("src/net/tcp.cpp", "#include <boost/asio/ip/tcp.hpp>\n#include <unistd.h>\n")
        self.assert_found(floors.check)

    def test_upward(self):
        self.plant("src/cache/a.cpp", '\n#include "kv/service.h"\n')
        self.assert_found(floors.check, "src/cache/a.cpp:2: cache (floor 3) includes kv/service.h")

    def test_same_floor_and_so_every_cycle(self):
        self.plant("src/cache/a.h", '#include "store/store.h"\n')
        self.plant("src/store/store.h", '#include "cache/a.h"\n')
        self.assert_found(floors.check, "src/cache/a.h:1", "src/store/store.h:1")

    def test_module_without_a_floor(self):
        self.plant("src/extra/a.h", "")
        self.plant("src/api/a.h", '#include "extra/a.h"\n')
        self.assert_found(floors.check, "src/extra is in no floor", "extra/a.h is in no module")

    def test_third_party_fence(self):
        self.plant("src/http/a.cpp", "#include <boost/asio/post.hpp>\n")
        self.plant("src/store/memory/a.cpp", "#include <sqlite3.h>\n")
        self.plant("src/net/a.h", "#include <boost/asio.hpp>\n")
        self.plant("tests/unit/kv/a_test.cpp", "#include <sys/socket.h>\n")
        self.assert_found(floors.check, "src/http/a.cpp:1", "src/store/memory/a.cpp:1",
                          "src/net/a.h:1", "tests/unit/kv/a_test.cpp:1")

    def test_unknown_third_party(self):
        self.plant("src/base/a.cpp", "#include <absl/strings.h>\n// #include <other/a.h>\n")
        self.assert_found(floors.check, "<absl/strings.h> is in no table")

    def test_private_header(self):
        self.plant("src/kv/a.cpp", '#include "net/event_loop.h"\n')
        self.assert_found(floors.check, "net/event_loop.h is fenced")


def function(lines, name="Run"):
    return f"int {name}(int a) const {{\n" + "  a += 1;\n" * (lines - 2) + "}\n"


class SizesTest(Tree):
    def test_limits_themselves_are_fine(self):
        self.plant("src/base/a.h", "\n" * sizes.HEADER_LINES_MAX)
        self.plant("src/base/a.cpp", function(sizes.FUNCTION_LINES_MAX) * 7)
        self.assert_found(sizes.check)

    def test_long_files(self):
        self.plant("src/base/a.h", "\n" * (sizes.HEADER_LINES_MAX + 1))
        self.plant("src/base/a.cpp", "\n" * (sizes.SOURCE_LINES_MAX + 1))
        self.assert_found(sizes.check, "src/base/a.h has 251 lines", "src/base/a.cpp has 501 lines")

    def test_long_functions_of_every_shape(self):
        body = "{\n" + "if (a) {\nb({1, 2});\n}\n" * 25 + "}\n"
        self.plant("src/base/a.cpp", "namespace coolkit {\nstruct A {\n  A() : a_{1}, b_(2) " + body
                   + "  template <class T>\n  auto B(T t) -> int " + body + "};\n"
                   + "TEST(Suite, Name) " + body + "int Fine() { return 1; }\n}\n")
        self.assert_found(sizes.check, "::A ", "::B ", "::TEST ")

    def test_a_class_is_no_function(self):
        self.plant("src/base/a.cpp", 'class CAPABILITY("mutex") A {\n' + "  int F() { return 1; }\n"
                   * 80 + "};\nconst std::array a{\n" + "1,\n" * 80 + "};\n")
        self.assert_found(sizes.check)

    def test_ratchet_allows_what_it_names(self):
        self.plant("src/base/a.cpp", function(80))
        self.plant(sizes.RATCHET, "# why\nsrc/base/a.cpp::Run 80\n")
        self.assert_found(sizes.check)

    def test_ratchet_is_exact(self):
        self.plant("src/base/a.cpp", function(80))
        self.plant("src/base/b.cpp", function(80))
        self.plant(sizes.RATCHET, "src/base/a.cpp::Run 81\nsrc/base/b.cpp::Run 79\n")
        self.assert_found(sizes.check, "has 80 now, lower it", "grew to 80 lines from 79")

    def test_ratchet_only_shrinks_over_commits(self):
        def git(*arguments):
            subprocess.run(["git", "-C", self.root, "-c", "user.name=a", "-c", "user.email=a@b",
                            *arguments], check=True, capture_output=True)
        git("init", "-q")
        self.plant("src/base/a.cpp", function(80))
        self.plant(sizes.RATCHET, "src/base/a.cpp::Run 80\n")
        git("add", ".")
        git("commit", "-qm", "first")
        self.assert_found(sizes.check)
        self.plant("src/base/a.cpp", function(90) + function(75, "Walk"))
        self.plant(sizes.RATCHET, "src/base/a.cpp::Run 90\nsrc/base/a.cpp::Walk 75\n")
        self.assert_found(sizes.check, "Run 90: grew since", "Walk 75: grew since")


class BannedTest(Tree):
    PLANTED = (
        'auto a = std::getenv("HOME");', "std::thread t;", "std::this_thread::yield();",
        "usleep(5);", "auto n = std::chrono::system_clock::now();", "auto n = time(nullptr);",
        "std::mt19937 r;", "int a = rand();", 'std::cout << 1;', 'printf("x");',
        'std::fprintf(stderr, "x");', "try { } catch (...) { }", "throw 1;", "std::mutex m;",
        "std::lock_guard<M> lock(m);", "auto* a = new int;", "delete a;", "free(a);",
        "std::exit(1);", "abort();", "assert(a);", "auto* t = localtime(&now);",
        "thread_local int a;", "using namespace std;",
    )
    FINE = (
        "A(const A&) = delete;", "static void operator delete(void* memory);", "clock.Now();",
        "::operator delete(memory);", "// new std::thread", 'auto a = "throw";',
        "int new_size = 1;", "auto t = entry.time(0);", "CHECK(a);",
        "catch (const std::exception& e) {}",
        "std::chrono::system_clock::time_point a;", "fmt::gmtime(a);", "out.free();",
        "log.printf(a);",
    )

    def test_each_ban_is_planted(self):
        for ban in banned.BANS:
            self.assertTrue(any(__import__("re").search(ban.pattern, source.strip_code(line))
                                for line in self.PLANTED), ban.what)

    def test_planted(self):
        for line in self.PLANTED:
            with self.subTest(line):
                self.plant("src/kv/a.cpp", line + "\n")
                self.assertTrue(list(banned.check(self.root)), line)

    def test_fine(self):
        self.plant("src/kv/a.cpp", "\n".join(self.FINE) + "\n")
        self.assert_found(banned.check)

    def test_allowed_place(self):
        self.plant("src/cli/main.cpp", 'auto a = std::getenv("HOME");\n')
        self.plant("src/base/mutex.h", "std::mutex m;\n")
        self.assert_found(banned.check)

    def test_sleep_in_a_unit_test(self):
        self.plant("tests/unit/kv/a_test.cpp", "\nstd::this_thread::sleep_for(1s);\n")
        self.assert_found(banned.check, "tests/unit/kv/a_test.cpp:2: sleep")

    def test_capturing_coroutine(self):
        self.plant("src/kv/a.cpp", "auto a = [this](int b) -> Task<int> {\n  co_return b;\n};\n"
                   "auto c = [&] { co_await d; };\n"
                   "auto e = [f = 1]() mutable -> Task<> { co_await g; };\n")
        self.assert_found(banned.check, "a.cpp:1:", "a.cpp:4:", "a.cpp:5:")

    def test_harmless_lambdas(self):
        self.plant("src/kv/a.cpp", "auto a = [](A& a) -> Task<int> { co_return a.b[1]; };\n"
                   "auto c = [&](int d) { return d; };\nint e[3] = {1};\n"
                   "auto f = [&] { Run([](B b) -> Task<> { co_await b; }); };\n"
                   "[[nodiscard]] int G() { co_await x[i](1); }\n")
        self.assert_found(banned.check)


class WordingTest(Tree):
    def test_columns(self):
        self.plant("src/base/a.h", "//" + "x" * 98 + "\n//" + "é" * 98 + "\n")
        self.plant("tests/unit/json/a_test.cpp", '    {R"(' + "x" * 200 + ')",\n')
        self.assert_found(wording.check_columns)
        self.plant("src/base/a.h", "//" + "x" * 99 + "\n")
        self.plant("tools/gates", "a \n")
        self.plant("src/base/b.cpp", "\tint a;\n")
        self.assert_found(wording.check_columns, "a.h:1: 101 columns", "tools/gates:1", "b.cpp:1")

    def test_leftovers(self):
        self.plant("src/base/a.h", "// TODO: more\n// mkstemp XXXXXX\n")
        self.plant("docs/a.md", "\nFIXME\n")
        self.plant("Makefile", "# XXX\n")
        self.assert_found(wording.check_leftovers, "src/base/a.h:1", "docs/a.md:2", "Makefile:1")

    def test_names(self):
        self.plant("src/base/string_utils.h", "class Fine;\n")
        self.plant("src/kv/common/a.h", "class Fine;\n")
        self.plant("src/kv/a.h", "class ConnectionManager {\n};\nclass Commonwealth;\n")
        self.assert_found(wording.check_names, "`string_utils.h`", "`common`",
                          "`ConnectionManager`")

    def test_reasons(self):
        self.plant("src/base/a.h", HEADER)
        self.plant("src/base/b.h", "#pragma once\n// Why: too late for a reason here.\n")
        self.plant("src/base/c.h", HEADER.replace("#pragma once", ""))
        self.assert_found(wording.check_reasons, "src/base/b.h:1: a header begins",
                          "src/base/c.h:1: no #pragma once")


class ChangelogTest(Tree):
    GOOD = ("# Changelog\n\n## [Unreleased]\n\n### Added\n\n- a\n\n## [0.2.0] - 2024-01-31\n\n"
            "### Fixed\n\n- b\n\n## [0.1.0] - 2024-01-01\n")

    def test_good(self):
        self.plant("CHANGELOG.md", self.GOOD)
        self.assert_found(changelog.check)

    def test_missing(self):
        self.assert_found(changelog.check, "is missing")

    def test_each_departure(self):
        for old, new in (("# Changelog\n", "# Changes\n"), ("Added", "New things"),
                         ("- 2024-01-31", "(2024)"), (" - 2024-01-31", ""), ("[0.1.0]", "[0.3.0]"),
                         ("[Unreleased]", "[Unreleased] - 2024-01-01"), ("### Added\n", "")):
            with self.subTest(new):
                self.plant("CHANGELOG.md", self.GOOD.replace(old, new))
                self.assertTrue(list(changelog.check(self.root)))


class CompiledTest(Tree):
    def test_unregistered(self):
        self.plant("src/kv/a.cpp", "")
        self.plant("src/kv/b.cpp", "")
        self.plant("tests/unit/kv/a_test.cpp", "TEST(A, B) {}\n")
        self.plant("tests/unit/kv/tests.cpp", "TEST(A, B) {}\n")
        self.plant("tests/integration/reads.py", "def test_read():\n    pass\n")
        build = self.compile("src/kv/a.cpp", "tests/unit/kv/tests.cpp")
        self.assert_found(
            compiled.check_registered, "src/kv/b.cpp:1: no target", "kv/a_test.cpp:1: no target",
            "tests.cpp:1: has tests, but", "reads.py:1: has tests, but", build=build)

    def test_header_that_needs_another(self):
        self.plant("src/base/a.h", HEADER + "inline std::string A() { return {}; }\n")
        self.plant("src/base/b.h", HEADER + "#include <string>\nstd::string B();\n")
        self.plant("src/base/c.h", "struct C {};\n")
        self.plant("src/base/b.cpp", '#include "base/b.h"\n')
        build = self.compile("src/base/b.cpp")
        self.assert_found(compiled.check_headers, "src/base/a.h:1: not self-contained",
                          "src/base/c.h:1: not self-contained", build=build)

    def test_header_that_a_source_includes_first_is_proven(self):
        self.plant("src/base/a.h", "no C++ at all\n")
        self.plant("src/base/a.cpp", '// why\n#include "base/a.h"\n')
        self.assert_found(compiled.check_headers, build=self.compile("src/base/a.cpp"))
        self.plant("src/base/a.cpp", '#include <string>\n#include "base/a.h"\n')
        self.assert_found(compiled.check_headers, "src/base/a.h:1",
                          build=self.compile("src/base/a.cpp"))


if __name__ == "__main__":
    unittest.main()
