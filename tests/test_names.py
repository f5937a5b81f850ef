"""Legal names stay, others become legal, and no two layers end up with one name."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from kconvert.upgrade.names import LONGEST, legal_names

LEGAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@given(st.lists(st.text(min_size=1, max_size=20), unique=True, max_size=12))
@example(["a/b", "a_b", "a b", "A_B"])
@example(["ä", "a", "日本", "本日"])
@example(["x" * 200, "x" * 201])
def test_names_are_legal_and_distinct(names):
    table = legal_names(names)
    new = [n.lower() for n in table.values()]
    assert list(table) == names
    assert all(LEGAL.fullmatch(n) and len(n) <= LONGEST for n in table.values())
    assert len({n for n, old in zip(new, names, strict=True) if table[old] != old}) == sum(table[n] != n for n in names)


@given(st.lists(st.from_regex(LEGAL, fullmatch=True).filter(lambda n: len(n) < 90), unique=True))
def test_legal_names_are_left_alone(names):
    assert legal_names(names) == {n: n for n in names}
