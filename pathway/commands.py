"""The ``pathway`` command line. Everything heavy is imported where it is used."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pathway.commands_erasing import erase, erase_again
from pathway.commands_privacy import subject_access
from pathway.commands_reports import report
from pathway.commands_staff import staff, token
from pathway.console import database, plain_refusals, progress, refuse

if TYPE_CHECKING:
    from flask import Flask

    from pathway.acts import Act
    from pathway.config import Settings

KINDS = {"sites": "pathway.beds.imports", "people": "pathway.people.imports"}

STAGED_KINDS = {
    "contacts": "pathway.outreach.importing",
    "placements": "pathway.beds.importing",
}
"""What may be too much for one transaction."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pathway")
def main() -> None:
    """Pathway: beds, placements and the way off the street in Camden."""


main.add_command(erase)
main.add_command(report)
main.add_command(staff)
main.add_command(subject_access)
main.add_command(token)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, workers: int) -> None:
    """Serve the pages and the API."""
    from pathway import config
    from pathway.workers import counting_together

    with plain_refusals():
        settings = config.read()
        if settings.sqlite and workers > 1:
            refuse("SQLite takes one worker. Use PostgreSQL for more, or --workers 1.")
    click.get_current_context().with_resource(counting_together(workers))
    from pathway.server import Server
    from pathway.sites.queries import organisation_ids
    from pathway.staff.queries import anybody_made_up

    with plain_refusals():
        app = _whole_app(settings)
        with app.app_context():
            if settings.oidc and settings.oidc.organisation not in organisation_ids():
                refuse("PATHWAY_OIDC_ORGANISATION is no organisation's code.")
            app.jinja_env.globals["demo"] = settings.demo or anybody_made_up()
    click.echo(f"Pathway serves on http://{host}:{port}")
    if settings.demo:
        from pathway.demo import sign_ins

        click.echo(sign_ins())
    Server(app, settings, bind=f"{host}:{port}", workers=workers).run()


@main.command("jobs")
def run_jobs() -> None:
    """Run the background jobs alone, until stopped; one process leads."""
    import signal

    from pathway import config, logs
    from pathway.clockwork import Clockwork
    from pathway.jobs import JOBS

    with plain_refusals():
        clockwork = Clockwork(_whole_app(config.read()), JOBS)
    ends = {signal.SIGTERM, signal.SIGINT}
    # Blocked and waited for: a handler could interrupt the very lock that it needs to stop.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    logs.configure()
    clockwork.start()
    click.echo("Pathway runs the background jobs.")
    signal.sigwait(ends)
    clockwork.stop()


def _whole_app(settings: "Settings") -> "Flask":
    """Return the application on a database that is up to date."""
    from pathway import schema
    from pathway.web import create_app

    app = create_app(settings)
    with app.app_context():
        if schema.current() != schema.newest():
            refuse("The database is not up to date. Run “pathway upgrade” first.")
    return app


@main.command()
def upgrade() -> None:
    """Bring the database to the newest schema and load the reference data."""
    with database() as app:
        from pathway import acts, schema
        from pathway.beds.imports import load_reference
        from pathway.db import transaction

        schema.move_to("head")
        with transaction():
            loaded = load_reference(acts.by_service(acts.now()))
        _write_missing_keys()
        erase_again(app, acts.by_service(acts.now()))
    click.echo("The database is up to date." + (" Reference data loaded." if loaded else ""))


def _write_missing_keys() -> None:
    """Let everybody be compared who was recorded before that was done, a few at a time."""
    from pathway.db import transaction
    from pathway.people.keys import missing_after, rebuild_keys

    last: int | None = 0
    while last is not None:
        with transaction():
            some = missing_after(last)
            rebuild_keys(some)
        last = some[-1] if some else None


@main.command()
@click.option("--if-empty", is_flag=True, help="Do nothing when people are recorded already.")
@click.option("--published", is_flag=True, help="Add a history with the published figures.")
def demo(*, if_empty: bool, published: bool) -> None:
    """Load fictional people and a night; refuses a database with people in it."""
    with database() as app:
        from pathway import acts
        from pathway import published as history
        from pathway.demo import load
        from pathway.people.queries import anybody

        if anybody():
            if if_empty:
                return
            refuse("There are people in this database. The demonstration needs an empty one.")
        click.echo(load(acts.now(), passwords=app.config["DEMO"]))
        if published:
            click.echo(history.load(acts.now()))


@main.group()
def audit() -> None:
    """Seal the audit trail, and verify it."""


@audit.command("seal")
def seal_trail() -> None:
    """Put every line so far under a chain of hashes; print the newest."""
    with database():
        from pathway import acts, seals

        done = seals.seal(acts.by_service(acts.now()))
        click.echo(f"{done.lines:,} lines sealed. Keep this somewhere else: {done.head}")


@audit.command("verify")
@click.option("--head", help="A hash that sealing printed, as it was kept elsewhere.")
def verify_trail(head: str | None) -> None:
    """Say whether every sealed line is still what was sealed."""
    with database():
        from pathway import seals

        found = seals.verify(head.strip().lower() if head else None)
        if found.findings:
            refuse("\n".join(found.findings))
        click.echo(f"Whole: {found.sealed:,} lines are sealed, {found.unsealed:,} not yet.")


@main.command("import")
@click.argument("kind", type=click.Choice(sorted(KINDS | STAGED_KINDS)))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Judge the file and change nothing.")
def import_file(kind: str, file: Path, *, dry_run: bool) -> None:
    """Read a CSV file: all of it or nothing."""
    with database():
        from pathway import acts
        from pathway.csvfile import FileFault

        act = acts.by_service(acts.now())
        try:
            said = _taken(act, kind, file, keep=not dry_run)
        except FileFault as fault:
            refuse("\n".join([*fault.sentences, "Nothing was imported."]))
        click.echo(said + (" (Dry run: nothing was changed.)" if dry_run else ""))


def _taken(act: "Act", kind: str, file: Path, *, keep: bool) -> str:
    """Take a file of one kind; return what was done."""
    from importlib import import_module

    from pathway.db import transaction

    if kind in STAGED_KINDS:
        with progress() as say:
            return str(import_module(STAGED_KINDS[kind]).take(act, file, keep=keep, say=say))
    kinds = import_module(KINDS[kind])
    rows = kinds.read(file)
    with transaction(keep=keep):
        return str(kinds.write(act, rows))
