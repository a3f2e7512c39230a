"""Tests of one group are run by one process, one after the other: they share a port, or what takes long to start."""

import pytest


@pytest.mark.xdist_group("groups")
def test_groups_are_told_to_whoever_deals_out_the_tests(request: pytest.FixtureRequest) -> None:
    """Xdist tells groups by the names of tests; where it may not change them it drops every group without a word."""
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("not dealt out by groups")
    assert request.node.nodeid.endswith("@groups")
