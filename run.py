"""The launcher: `python run.py` starts a database and workers that serve; `python run.py --help`
lists the commands that make, change or check a portal; `python run.py worker` runs the queue,
`python run.py results-demo N` releases the results of N candidates who do not exist, `python run.py
prove` asks the edge for every one of them."""

import os
import signal
import sys
from importlib import import_module
from typing import Any

from app import cli, server
from config import load_settings


def wsgi() -> Any:
    """What one worker serves: the application with every door, and the results before it."""
    import dashboards
    import views
    from app.factory import build_app
    from app.results import by_phone
    from app.results.edge import Edge, beside
    from app.results.serve import keep_counts

    server.end_with_launcher()
    settings = load_settings()
    folder = settings.data_dir / "results"
    edge = Edge(folder, proxies=settings.proxy_hops)
    keep_counts(edge, folder)
    by_phone.configure(by_phone.Store(folder, edge.look))
    return beside(build_app(settings, doors=[views, dashboards]), edge)


PROGRAMS = {"worker": "app.worker", "results-demo": "app.results_trial"}


def work(name: str, *arguments: str) -> None:
    """Runs one of the programs: the queue's jobs until told to stop, or a trial of results."""
    import views

    server.end_with_launcher()
    with server.databases(load_settings()) as settings:
        server.refuse_unready(settings)
        import_module(PROGRAMS[name]).run(settings, [views], *arguments)


def edge() -> None:
    """Becomes the public edge of the results: a program without the portal, Flask and database."""
    settings = load_settings()
    folder = settings.data_dir / "results"
    key = folder / "ledger.pem"
    said = {
        "folder": folder,
        "host": settings.edge_host,
        "port": settings.edge_port,
        "workers": settings.workers,
        "tls-cert": settings.edge_tls_cert,
        "tls-key": settings.edge_tls_key,
        "ledger-key": key if key.exists() else None,
    }
    options = [f"--{name}={value}" for name, value in said.items() if value is not None]
    os.execv(sys.executable, [sys.executable, "-m", "app.results.serve", *options])  # noqa: S606


def prove(options: list[str]) -> None:
    """Asks the edge for every candidate of the loaded file, and ends with what differed."""
    settings = load_settings()
    scheme = "https" if settings.edge_tls_cert else "http"
    said = [
        f"--url={scheme}://{settings.edge_host}:{settings.edge_port}",
        f"--folder={settings.data_dir / 'results'}",
        f"--file={settings.data_dir / 'results-demo.csv'}",
    ]
    sys.exit(import_module("app.results_proof.program").main([*said, *options]))


def main(arguments: list[str]) -> None:
    """Serves until told to stop, or runs one command."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if arguments and arguments[0] in PROGRAMS:
        work(*arguments)
    elif arguments == ["edge"]:
        edge()
    elif arguments and arguments[0] == "prove":
        prove(arguments[1:])
    elif arguments:
        cli.commands(arguments, obj=load_settings, prog_name="python run.py")
    else:
        with server.databases(load_settings()) as settings:
            server.refuse_unready(settings)
            print(server.welcome(settings), flush=True)
            server.serve(settings, target="run:wsgi")


if __name__ == "__main__":
    main(sys.argv[1:])
