"""The table of differences in the docs is that of the code."""

import unittest

import differences
from cloud import ROOT


class Page(unittest.TestCase):
    endpoint = None

    def test_the_docs_have_the_table_of_differences(self):
        page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
        self.assertIn(differences.page(), page, "docs/deploy.md: put in what `python tests/localstack/differences.py` prints")
