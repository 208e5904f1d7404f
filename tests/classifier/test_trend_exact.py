"""The quick tests say what the reference implementations say."""

from __future__ import annotations

import warnings

import numpy as np
import pymannkendall
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, hypergeom, theilslopes

from classifier.trend.exact import ExactTests
from classifier.trend.kendall import kendall, z_and_p

GROUP = st.tuples(st.integers(0, 400), st.integers(0, 4000))
SERIES = st.lists(st.one_of(st.integers(0, 9), st.integers(0, 500)), min_size=8, max_size=60)


@given(GROUP, GROUP)
@settings(max_examples=150)
def test_tables_are_tested_as_scipy_does(first: tuple[int, int], second: tuple[int, int]) -> None:
    every, marked, drawn = sum(first) + sum(second), first[0] + second[0], sum(first)
    exact = ExactTests(every)
    assert exact.fisher(first, second) == pytest.approx(fisher_exact([first, second]).pvalue, rel=1e-6, abs=1e-300)
    wanted = hypergeom.sf(first[0] - 1, every, marked, drawn) if every else 1.0
    assert exact.at_least(first[0], every, marked, drawn) == pytest.approx(wanted, rel=1e-6, abs=1e-12)


@given(SERIES)
@settings(max_examples=150)
def test_series_are_tested_as_pymannkendall_and_scipy_do(values: list[int]) -> None:
    data = np.asarray(values, dtype=float)
    found = kendall(data, 0.05)
    plain = pymannkendall.original_test(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        careful = pymannkendall.hamed_rao_modification_test(data)
    assert (found.score, found.variance) == pytest.approx((plain.s, plain.var_s))
    assert z_and_p(found.score, found.variance) == pytest.approx((plain.z, plain.p), abs=1e-12)
    assert found.careful_variance == pytest.approx(careful.var_s, rel=1e-6, abs=1e-6, nan_ok=True)
    slope, _, low, high = theilslopes(data, alpha=0.95)
    assert (found.slope, found.slope_low, found.slope_high) == pytest.approx((slope, low, high))
