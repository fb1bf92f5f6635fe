from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from experiments import link_fits
from experiments.bench import Bench
from netmodel.links.affine import AffineLink
from netmodel.probe_records import LinkFit
from planner.errors import ProbeError

NAME = "100Mbit/s+20ms"


def fit(residual, *, bandwidth_bytes_per_s=1e7):
    return LinkFit(
        model=AffineLink(bandwidth_bytes_per_s=bandwidth_bytes_per_s, latency_s=0.02),
        samples=(),
        residuals=(),
        rms_residual=residual,
        scatter=0.0,
        start_error_s=0.0,
        bandwidth_error_bytes_per_s=0.0,
        affine_rms_residual=residual,
    )


@pytest.fixture
def probes(monkeypatch):
    """Answers of the probe, the next one first: fits there and back, or an error."""
    answers = []

    @contextmanager
    def fake_bench(cluster, *, on_testbed):
        yield Bench(None)

    def fake_probe(hosts, *ends, deadline_s):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(links=[SimpleNamespace(fit=one) for one in answer])

    monkeypatch.setattr(link_fits, "open_bench", fake_bench)
    monkeypatch.setattr(link_fits.api, "probe_between", fake_probe)
    return answers


def fitted(path, *, on_testbed=True):
    return link_fits.fitted_settings([NAME], path, on_testbed=on_testbed, deadline_s=1.0)[NAME]


def test_a_setting_is_probed_once_for_several_runs(tmp_path, probes):
    good = fit(0.01)
    probes.append((good, good))
    assert fitted(tmp_path / "links.json") == good.model
    assert fitted(tmp_path / "links.json") == good.model


def test_what_was_not_measured_is_no_fit_for_the_testbed_nor_the_other_way_round(tmp_path, probes):
    path = tmp_path / "links.json"
    paced = fitted(path, on_testbed=False)
    good = fit(0.01, bandwidth_bytes_per_s=1.1e7)
    probes.append((good, good))
    assert fitted(path) == good.model
    assert fitted(path, on_testbed=False) == paced != good.model


@pytest.mark.parametrize("second", [0.015, 0.05])
def test_a_poor_fit_is_measured_once_more_and_the_better_one_is_kept(tmp_path, probes, second):
    good, poor = fit(0.01), fit(0.03)
    again = fit(second, bandwidth_bytes_per_s=1.1e7)
    probes += [(good, poor), (again, again)]
    assert fitted(tmp_path / "links.json") == (again if second < 0.03 else good).model
    assert not probes


def test_a_poor_fit_stays_where_the_second_probe_fails(tmp_path, probes):
    poor = fit(0.03)
    probes += [(poor, poor), ProbeError("too slow"), ProbeError("too slow")]
    assert fitted(tmp_path / "links.json") == poor.model
