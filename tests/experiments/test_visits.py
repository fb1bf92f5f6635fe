import pytest

from experiments.visits import requests_of


@pytest.mark.parametrize(
    ("predicted_s", "requests", "warm_ups"),
    [
        (0.0, 15, 3),  # not known
        (0.01, 15, 3),  # a hundred would take a second
        (0.1, 10, 3),
        (0.31, 5, 1),
        (2.0, 3, 1),
    ],
)
def test_a_visit_takes_about_a_second_within_limits(predicted_s, requests, warm_ups):
    assert requests_of(predicted_s) == (requests, warm_ups)
