"""The counts that CI reports come from tools/count_results.py: they never look better than what
happened."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
sys.dont_write_bytecode = True
import count_results  # noqa: E402

CTEST = """<testsuite><testcase name="unit.base" status="run"/>
<testcase name="tidy.floors" status="{floors}">{inner}</testcase></testsuite>"""
GTEST = """<testsuites><testsuite><testcase name="A" status="run" result="completed"/>
<testcase name="B" status="run"><failure message="no"/></testcase>
<testcase name="C" status="run" result="skipped"/></testsuite></testsuites>"""
PYTEST = """<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure/></testcase>
<testcase name="c"><error/></testcase><testcase name="d"><skipped/></testcase></testsuite>
</testsuites>"""


class CountTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "results.xml"

    def count(self, status, text):
        self.path.write_text(text, encoding="utf-8")
        return count_results.count(status, self.path)

    def test_cases_inside_a_program_are_counted(self):
        (self.path.parent / "unit.base.xml").write_text(GTEST, encoding="utf-8")
        self.assertEqual(self.count(1, CTEST.format(floors="run", inner="")), (2, 1, 1))

    def test_a_program_without_a_report_counts_as_one(self):
        self.assertEqual(self.count(0, CTEST.format(floors="run", inner="")), (2, 0, 0))
        self.assertEqual(self.count(8, CTEST.format(floors="fail", inner="<failure/>")), (1, 1, 0))

    def test_a_program_that_skips_itself_and_one_that_is_missing(self):
        text = CTEST.format(floors="notrun", inner='<skipped message="{}"/>')
        self.assertEqual(self.count(0, text.format("SKIP_RETURN_CODE=77")), (1, 0, 1))
        self.assertEqual(self.count(8, text.format("Unable to find executable")), (1, 1, 0))
        self.assertEqual(self.count(0, CTEST.format(floors="disabled", inner="")), (1, 0, 1))

    def test_a_crash_after_the_report_is_a_failure(self):
        (self.path.parent / "tidy.floors.xml").write_text(
            GTEST.replace('<failure message="no"/>', ""), encoding="utf-8")
        self.assertEqual(self.count(8, CTEST.format(floors="fail", inner="")), (3, 1, 1))

    def test_pytest(self):
        self.assertEqual(self.count(1, PYTEST), (1, 2, 1))

    def test_never_better_than_the_exit_status(self):
        self.assertEqual(self.count(1, CTEST.format(floors="run", inner="")), (2, 1, 0))
        self.assertEqual(self.count(0, "<testsuite/>"), (0, 1, 0))
        self.assertEqual(self.count(0, "<half"), (0, 1, 0))
        self.path.unlink()
        self.assertEqual(count_results.count(0, self.path), (0, 1, 0))


if __name__ == "__main__":
    unittest.main()
