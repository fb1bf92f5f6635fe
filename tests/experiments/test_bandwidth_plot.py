from matplotlib.figure import Figure

from experiments.bandwidth.plot import panels_of, plot_panel
from experiments.contest import ContestRow


def row(link, nodes, by, predicted_s, measured_s=None, *, fits=True, cuts="none"):
    return ContestRow(
        case="tiny", link=link, cuts=cuts, nodes=nodes, visit=0, chosen_by=by,
        result="ok" if measured_s else "LeftOut: for a reason", fits=fits,
        predicted_s=predicted_s, measured_s=measured_s,
    )  # fmt: skip


ROWS = [
    row("10Mbit/s+0ms", "b", "partway; all on server", 0.1, 0.11),
    row("10Mbit/s+0ms", "a", "all on device", 0.4, fits=False),
    row("10Mbit/s+0ms", "c", "slow", 0.3, 0.31),
    row("1Mbit/s+0ms", "a b", "partway", 0.2, 0.21, cuts="3"),
    row("1Mbit/s+0ms", "b", "all on server", 0.9),
    row("1Mbit/s+0ms", "d", "quick", 0.25, 0.24),
    row("1Mbit/s+0ms", "c", "slow", 0.3, 0.19),
    row("1Mbit/s+20ms", "b", "partway", 0.3, 0.3),
]


def test_a_panel_has_one_model_and_delay_and_slow_links_first():
    panels = panels_of(ROWS)
    assert {key: list(cells) for key, cells in panels.items()} == {
        ("tiny", 0.0): [1e6, 10e6],
        ("tiny", 0.02): [1e6],
    }
    assert [each.name for each in panels["tiny", 0.02][1e6]] == ["partway"]


def test_a_panel_draws_what_is_known_and_says_where_our_plan_changes():
    ax = Figure().subplots()
    plot_panel(panels_of(ROWS)["tiny", 0.0], ax)
    lines = [
        (line.get_linestyle(), *(tuple(map(float, data)) for data in line.get_data()))
        for line in ax.lines
    ]
    ours, ours_measured, device, _, server, server_measured, worst, _, best, quickest, change = (
        lines
    )
    assert ours == ("-", (1.0, 10.0), (200.0, 100.0))
    assert ours_measured == ("None", (1.0, 10.0), (210.0, 110.0))
    assert device == (":", (10.0,), (400.0,))
    assert server == ("-", (1.0, 10.0), (900.0, 100.0))
    assert server_measured == ("None", (10.0,), (110.0,))
    assert worst == ("-", (1.0, 10.0), (900.0, 300.0))
    assert best == ("-", (1.0, 10.0), (250.0, 100.0))
    # Over the slow link the one that was predicted to be slow beats ours when it is measured.
    assert quickest == ("None", (1.0, 10.0), (190.0, 110.0))
    assert change[1] == (10**0.5,) * 2
    assert [text.get_text() for text in ax.texts] == ["a [3] b", "b"]
