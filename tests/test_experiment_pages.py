"""What an experiment's page and the README say is what its rows and its summary say."""

import json
import re
import shutil
from pathlib import Path
from statistics import median

import pytest

from experiments.bandwidth import tables as bandwidth
from experiments.contest import OURS, ContestRow
from experiments.families import tables as families
from experiments.families.contenders import Way
from experiments.granularity import summary as granularity
from experiments.markdown import percent
from experiments.peers import tables as peers
from experiments.rows import rows_of
from experiments.scaling import summary as scaling
from experiments.visits import KILLED

ROOT = Path(__file__).parent.parent
SUM_UPS = {
    "bandwidth": bandwidth.sum_up,
    "families": families.sum_up,
    "granularity": granularity.sum_up,
    "peers": peers.sum_up,
    "scaling": scaling.sum_up,
}


def is_of_table(line):
    """Lines between header and body are left out: they may align columns."""
    return line.startswith("|") and set(line) - set("|-: ")


def numbers(text):
    """A summary; fits may differ in their last digits from machine to machine."""
    return json.loads(text, parse_float=lambda digits: f"{float(digits):.9g}")


@pytest.mark.parametrize("name", SUM_UPS)
def test_the_tables_and_the_summary_of_a_page_are_those_of_its_rows(name, tmp_path, capsys):
    folder, page = tmp_path / name, ROOT / "experiments" / name
    shutil.copytree(page, folder, ignore=shutil.ignore_patterns("*.py", "*.png", "links.json"))
    SUM_UPS[name](folder)
    made = [line for line in capsys.readouterr().out.splitlines() if is_of_table(line)]
    shown = [line for line in (page / "README.md").read_text().splitlines() if is_of_table(line)]
    assert len(made) > 5
    assert [line for line in made if line not in shown] == []
    kept, again = (numbers((path / "summary.json").read_text()) for path in (page, folder))
    assert {field for field in kept | again if kept.get(field) != again.get(field)} == set()


def words_of(name):
    """The text of a page, whatever the lines that it is broken into."""
    return " ".join((ROOT / "experiments" / name / "README.md").read_text().split())


def test_the_page_of_other_tools_tells_plans_from_their_runs():
    rows = rows_of(ROOT / "experiments" / "peers", ContestRow)
    capped = {row.case for row in rows if row.result.startswith(KILLED)}
    runs = [(name, row) for row in rows if row.case in capped for name in row.names if name != OURS]
    killed = [(name, row) for name, row in runs if row.result.startswith(KILLED)]
    plans, killed_plans = ({(name, row.link) for name, row in of} for of in (runs, killed))
    said = words_of("peers")
    assert f"{len(killed_plans)} of {len(plans)} plans" in said
    assert f"{len(killed)} of {len(runs)} visits" in said
    assert (len(runs), len(killed)) == (2 * len(plans), 2 * len(killed_plans))


def test_the_page_of_families_tells_errors_of_visits_from_those_of_medians():
    found = summary_of("families")
    errors = [
        abs(cell["predicted_s"] / cell["measured_s"] - 1)
        for cell in found["cells"]
        if cell["way"] == Way.BEST and cell["measured_s"] is not None
    ]
    said = words_of("families")
    assert f"within {percent(found['median_error'])} in the median of all visits" in said
    assert f"within {percent(median(errors))} in that of the tables' latencies" in said


def summary_of(name):
    return json.loads((ROOT / "experiments" / name / "summary.json").read_text())


def unsaid(name, *phrases):
    """Phrases that the README does not have where it names the page of an experiment."""
    parts = re.split(r"\n\n|\n(?=\|)", (ROOT / "README.md").read_text())
    link = f"](experiments/{name}/README.md)"
    said = " ".join(word for part in parts if link in part for word in part.split())
    return [phrase for phrase in phrases if phrase not in said]


def span(values, digits=1):
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def test_the_readme_says_of_other_tools_what_their_summary_says():
    found = summary_of("peers")
    medians = span([tool["median"] for tool in found["tools"].values()])
    cells = [cell for cell in found["cells"] if cell["over_ours"] is not None]
    closest, farthest = (pick(cells, key=lambda c: c["over_ours"]) for pick in (min, max))
    capped = {cell["case"] for cell in found["cells"] if cell["outcome"] == "killed"}
    plans = [cell for cell in found["cells"] if cell["case"] in capped]
    killed = sum(cell["outcome"] == "killed" for cell in plans)
    phrases = (
        f"quicker in {len(cells)} cells; they took {medians} times as long (medians by tool)",
        f"{closest['over_ours']:.2f} at least and {farthest['over_ours']:.1f} at most",
        f"{medians} times as long as our plan in the median of {len(cells)} cells",
        f"the closest cell took {closest['over_ours']:.2f} times, which is within the noise",
        f"{killed} of {len(plans)} plans were killed for their memory",
    )
    assert unsaid("peers", *phrases) == []
    assert 1 < closest["over_ours"] < 1 + closest["noise"]


def test_the_readme_says_of_rules_and_links_what_their_summary_says():
    found = summary_of("bandwidth")
    phrases = (
        f"{found['compared']} cells",
        f"best of {len(found['rules'])} rules",
        f"the same plan as the best one in {found['equal']}",
        f"quicker in {found['better']} (beyond the noise in {found['better_beyond_noise']})",
        f"{percent(found['worst_over_best'] - 1)} slower",
    )
    assert unsaid("bandwidth", *phrases) == []


def fall_of_cap(links):
    """Which is the same over all links."""
    cost = next(iter(links.values()))
    whole, least = (cost[field] / 2**20 for field in ("whole_bytes", "least_threshold_bytes"))
    return f"from {whole:.0f} to {least:.0f} MiB"


def test_the_readme_says_of_numbers_of_parts_what_their_summary_says():
    found = summary_of("granularity")["parts"]
    costs = [cost for links in found.values() for cost in links.values()]
    fast_s, slow_s = (
        [links[link]["further_part_s"] for links in found.values()]
        for link in ("100Mbit/s+0.3ms", "10Mbit/s+20ms")
    )
    by_hand = [1 + cost["hand_over_best"] for cost in costs if cost["hand_over_best"] is not None]
    phrases = (
        f"in up to {max(cost['most_parts'] for cost in costs)} parts",
        f"{span([1e3 * slope_s for slope_s in fast_s], 0)} ms a part over 100 Mbit/s",
        f"{span(slow_s)} s over 10 Mbit/s + 20 ms",
        f"{fall_of_cap(found['torchvision:resnet18'])} (ResNet-18)",
        f"{fall_of_cap(found['torchvision:resnet152'])} (ResNet-152)",
        f"{span(by_hand)} times as long as the best plan",
    )
    assert unsaid("granularity", *phrases) == []


def test_the_readme_says_of_smaller_models_what_their_summary_says():
    found = summary_of("families")
    name = "efficientnet_b0"
    phrases = (
        f"{span(found['over_split'][name], 2)} of its time",
        f"at {found['points_lost'][name]:.1f} points less published accuracy",
        f"(within {found['rel_differences'][found['familiar']]:.1e})".replace("e-0", "e-"),
    )
    assert unsaid("families", *phrases) == []


def test_the_readme_says_of_the_largest_gap_what_its_summary_says():
    found = summary_of("scaling")
    assert unsaid("scaling", f"{percent(found['largest_gap'])} in ") == []
