"""`partway probe`: measure a link and fit its model, or answer another machine's probe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.console import progress, stderr, stdout
from planner.cli.options import Json, check_output

if TYPE_CHECKING:
    from netmodel.probe_records import Probe

_SERVE, _ANYWHERE = "serve", "0.0.0.0"
_DEADLINE = "60s"


def probe(
    place: Annotated[
        str,
        typer.Argument(
            metavar="HOST[:PORT]|serve",
            help="The machine to probe, where `partway probe serve` runs; or the word serve.",
        ),
    ],
    source: Annotated[
        str | None, typer.Option("--from", help="Name of this node in the cluster file.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--to", help="Name of the other node in the cluster file.")
    ] = None,
    deadline: Annotated[str, typer.Option(help="Time limit of the whole probe.")] = _DEADLINE,
    cluster: Annotated[
        Path | None,
        typer.Option(
            "--cluster", "-c", help="Cluster file to write the two directions of the link into."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File for samples, residuals and fits.")
    ] = None,
    as_json: Json = False,
    host: Annotated[
        str | None,
        typer.Option(
            help="With serve: address of the interface to listen at; all of IPv4 if left out, :: "
            "for all of both."
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="With serve: port to listen at.")
    ] = None,
) -> None:
    """Measure the link to another machine, both ways, warm and on fresh connections.

    Messages of several sizes go over the connections that stages use. Sizes are chosen so that the
    probe ends by its deadline. One clock is used: a delay is half of a round trip.

    \b
    Examples:
      partway probe serve                       on the other machine
      partway probe server.local --from phone --to server --cluster cluster.yaml
    """
    if place == _SERVE:
        given = {
            "--from": source, "--to": target, "--cluster": cluster, "--output": output,
            "--json": as_json, "--deadline": deadline != _DEADLINE,
        }  # fmt: skip
        _refuse([name for name, value in given.items() if value], "is not for")
        _serve(_ANYWHERE if host is None else host, port)
        return
    _refuse(["--host"] if host is not None else [], "is for")
    name, number = _endpoint(place, port)
    ends = _ends(source, target, cluster)
    seconds = _prepared(deadline, cluster, output, ends)
    from planner import api

    with progress("probe") as on_step:
        found = api.probe(name, number, ends, deadline_s=seconds, on_step=on_step)
    _write(found, cluster, output)
    if as_json:
        stdout().print_json(found.model_dump_json(by_alias=True))
    else:
        from planner.cli.probe_tables import probe_summary, probe_table

        stdout().print(probe_table(found))
        stdout().print(probe_summary(found), markup=False)


def _refuse(names: list[str], reason: str) -> None:
    from planner.errors import PlannerError

    if names:
        raise PlannerError(f"{names[0]} {reason} `partway probe serve`: leave it out")


def _serve(host: str, port: int | None) -> None:
    """Answers probes until it is interrupted."""
    from planner.errors import PlannerError
    from planner.runtime.connection import endpoint, listen
    from planner.runtime.errors import ConnectionLost
    from planner.runtime.probe_messages import DEFAULT_PORT
    from planner.runtime.probe_server import ProbeServer

    def tell(reason: str) -> None:
        stderr().print(reason, markup=False)

    try:
        listener = listen(host, DEFAULT_PORT if port is None else port)
    except ConnectionLost as error:
        raise PlannerError(f"{error}: name another --host or --port") from error
    with listener:
        at = endpoint(*listener.getsockname()[:2])
        stdout().print(f"answering probes at {at}, one after another; Ctrl-C ends it", markup=False)
        ProbeServer(listener, on_end=tell).serve()


def _endpoint(place: str, port: int | None) -> tuple[str, int]:
    from planner.errors import PlannerError
    from planner.runtime.probe_messages import DEFAULT_PORT

    if port is not None:
        raise PlannerError("--port is for `partway probe serve`: write HOST:PORT for another one")
    name, colon, number = place.rpartition(":")
    if not colon or place.endswith("]") or (":" in name and not name.startswith("[")):
        return place.strip("[]"), DEFAULT_PORT  # a name, or an IPv6 address, alone
    if not name or not number.isascii() or not number.isdigit() or not 0 < int(number) < 2**16:
        raise PlannerError(f"{place!r} is no HOST:PORT: write it like server.local:{DEFAULT_PORT}")
    return name.strip("[]"), int(number)


def _ends(source: str | None, target: str | None, cluster: Path | None) -> tuple[str, str]:
    from planner.errors import PlannerError

    if cluster is not None and (source is None or target is None):
        raise PlannerError("a cluster file needs names for both ends: give --from and --to")
    ends = source or "here", target or "there"
    if ends[0] == ends[1]:
        raise PlannerError(f"--from and --to are both {ends[0]!r}: a link leads to another node")
    return ends


def _prepared(
    deadline: str, cluster: Path | None, output: Path | None, ends: tuple[str, str]
) -> float:
    """The deadline in seconds, after looking whether all files can be written."""
    from netmodel.units import parse_duration_s
    from planner import api
    from planner.errors import MismatchError

    for path in (cluster, output):
        if path is not None:
            check_output(path)
    if cluster is not None:
        names = [node.name for node in api.read_cluster(cluster).nodes]
        for end in ends:
            if end not in names:
                raise MismatchError(f"{cluster} has no node {end!r}: it has {', '.join(names)}")
    return parse_duration_s(deadline)


def _write(found: Probe, cluster: Path | None, output: Path | None) -> None:
    from netmodel.cluster_edit import with_measured_links
    from planner.files import write_record, write_text_atomic

    if output is not None:
        write_record(output, found)
        stderr().print(f"wrote {output}", markup=False)
    if cluster is not None:
        # As bytes, for text would lose the ends of lines that other systems write.
        text = with_measured_links(cluster.read_bytes().decode(), found.cluster_links)
        write_text_atomic(cluster, text)
        stderr().print(f"wrote the link into {cluster}", markup=False)
