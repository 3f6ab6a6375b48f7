"""A pytest plugin: measured numbers, of which the largest of each name is reported at the end of the run."""

import pytest


@pytest.fixture
def measured(record_property):
    """Keeps a measured number."""
    return lambda name, value: record_property("measured", (name, float(value)))


def pytest_terminal_summary(terminalreporter):
    largest: dict[str, float] = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for key, measurement in report.user_properties:
            if key == "measured" and report.when == "call":
                name, value = measurement
                largest[name] = max(value, largest.get(name, 0))
    if largest:
        terminalreporter.section("measured")
        for name, value in sorted(largest.items()):
            terminalreporter.line(f"{name}: {value:.1e}")
