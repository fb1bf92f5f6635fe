"""The axis of every objective."""

import pytest

from planner.objectives import LATENCY, NODES, PRICE, THROUGHPUT, latency_quantile, mean_variance
from planner.plotting.objective_axis import axis_of


@pytest.mark.parametrize(
    ("objective", "label", "words"),
    [
        (LATENCY, "Latency (ms)", "500 ms"),
        (latency_quantile(0.95), "P95 of the latency (ms)", "500 ms"),
        (THROUGHPUT, "Time between two answers (ms)", "500 ms"),
        (NODES, "Number of nodes", "0.5"),
        (PRICE, "Price of a request (currency of the cluster file)", "0.5"),
        (mean_variance(1.0, 2.0), "Mean-variance (s)", "0.5 s"),
    ],
)
def test_an_axis_names_the_objective_and_its_unit(objective, label, words):
    axis = axis_of(objective)
    assert axis.label == label
    assert axis.words(0.5 * axis.factor) == words
