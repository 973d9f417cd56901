"""The page of the background jobs: who runs them, and what each last came to."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from pathway import runs
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.timetable import TIMETABLE
from pathway.trouble import LEADERLESS

bp = Blueprint("jobs", __name__)


@bp.get("/jobs")
@permits(Doing.SEE_JOBS)
def show() -> ResponseReturnValue:
    """Show who runs the jobs, and for each its last run and its next."""
    act = this_act()
    leader = runs.leader()
    return render_template(
        "desk/jobs.html",
        leader=leader,
        silent=leader.beat_at is None or act.at - leader.beat_at > LEADERLESS,
        jobs=TIMETABLE,
        last=runs.last_runs(),
        now=act.at,
    )
