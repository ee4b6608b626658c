"""The night as a person reads it on a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from graph.model.needs import Urgency
from graph.model.plans import PlanStatus
from matching.reasons import REASONS
from matching.sentences import Sentence, said, the_bottleneck, the_floor, the_night, the_shortage
from matching.use_cases.nightly import NightReport

_FEW = 3  # of what can't be had, and of what is lacking; more of them nobody reads at once
_WIDTH = 30  # characters of the longest bar
_URGENCY = {Urgency.AT_ONCE: "at once 立刻", Urgency.BY_DATE: "by date 定期", Urgency.LONG_TERM: "long-term 长期"}


def show(console: Console, report: NightReport) -> None:
    """Print a night's outcome: served, not served and why, bound and gap, seconds by stage."""
    plan = report.plan
    console.print(f"\n[bold]Night of {plan.night}[/bold]  {_headline(report)}\n")

    bars = Table.grid(padding=(0, 2))
    longest = max((f["asked"] for f in plan.figures.values()), default=1) or 1
    for urgency in Urgency:
        figure = plan.figures[urgency]
        held, served, unmet = (figure[name] for name in ("held", "served", "unmet"))
        bars.add_row(
            _URGENCY[urgency],
            _bar(held, served, unmet, longest),
            f"{held + served} of {figure['asked']} units",
        )
    console.print(bars)
    console.print("  [green]█[/green] served now   [blue]▓[/blue] served before   [yellow]░[/yellow] not served\n")

    if report.reasons:
        why = Table.grid(padding=(0, 2))
        for code, units in report.reasons.items():
            english, chinese = REASONS[code]
            why.add_row(f"{units:>5}", Text(code), english, chinese)
        console.print("Not served, units by reason:")
        console.print(why)
    else:
        console.print("Nothing is left unserved.")

    few = (*short(report)[:_FEW], *lacking(report)[:_FEW])
    for sentence in (summary(report), *few, *floors(report, only_binding=True)):
        for words in sentence:
            console.print(Text(words))
    gap = plan.bound - plan.objective
    proved = "proved optimal" if plan.status is PlanStatus.OPTIMAL else f"{plan.status}, not proved optimal"
    console.print(f"\n{proved} by {plan.method}: objective {plan.objective:,}, bound {plan.bound:,}, gap {gap:,}")
    stages = ", ".join(f"{name} {seconds:.2f}" for name, seconds in plan.seconds.items())
    console.print(f"seconds: {stages}; {sum(plan.seconds.values()):.2f} in all\n")


def summary(report: NightReport) -> Sentence:
    """Return what came of a night, in words."""
    return the_night(report.plan.figures, report.reasons, report.plan.bound - report.plan.objective)


def short(report: NightReport) -> list[Sentence]:
    """Return what can't be had, whatever the plan, in words."""
    found = report.plan.findings.shortages if report.plan.findings else ()
    return [the_shortage(shortage, names=report.names) for shortage in found]


def lacking(report: NightReport) -> list[Sentence]:
    """Return what the needs lack that are left, and with what one of each kind could be served, in words."""
    return [the_bottleneck(row, names=report.names) for row in report.bottlenecks]


def floors(report: NightReport, *, only_binding: bool = False) -> list[Sentence]:
    """Return what came of each area's least share, in words.

    Parameters
    ----------
    only_binding
        Only of those that gained by it or could not be kept, and how many there are beside them.
    """
    found = report.plan.findings.floors if report.plan.findings else ()
    told = [f for f in found if not only_binding or f.before < f.after or f.reachable < f.least]
    sentences = [the_floor(floor, names=report.names) for floor in told]
    if others := len(found) - len(told):
        sentences.append(said("floors_kept_anyway", count=others))
    return sentences


def as_json(report: NightReport) -> dict[str, Any]:
    """Return the same for programs."""
    plan = report.plan
    return {
        "plan": plan.id,
        "area": plan.area,
        "night": plan.night.isoformat(),
        "number": plan.number,
        "state": plan.state,
        "status": plan.status,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.bound - plan.objective,
        "method": plan.method,
        "pairs": plan.pairs,
        "written": plan.written,
        "skipped": plan.skipped,
        "figures": plan.figures,
        "reasons": report.reasons,
        "said": summary(report)._asdict(),
        "shortages": [sentence._asdict() for sentence in short(report)],
        "bottlenecks": [sentence._asdict() for sentence in lacking(report)],
        "floors": [sentence._asdict() for sentence in floors(report)],
        "seconds": plan.seconds,
        "dry_run": report.dry_run,
        "unchanged": report.unchanged,
        "resumed": report.resumed,
        "stopped": report.stopped,
        "expired": report.expired,
    }


def _headline(report: NightReport) -> str:
    plan = report.plan
    if report.dry_run:
        return f"a dry run: {plan.pairs} pairs would be offered; nothing was written"
    if report.unchanged:
        return "nothing has changed since this night's plan; nothing was written"
    words = [f"{plan.written} pairs offered to both sides"]
    if plan.skipped:
        words.append(f"{plan.skipped} skipped, because need or resource changed meanwhile")
    if report.expired:
        words.append(f"{report.expired} offers had run out before")
    if report.resumed:
        words.append("an earlier run was finished; run it again for what has come in since")
    if report.stopped:
        words.append(f"stopped after {plan.written + plan.skipped} of {plan.pairs}; run it again to go on")
    return "; ".join(words)


def _bar(held: int, served: int, unmet: int, longest: int) -> Text:
    bar = Text()
    for units, sign, colour in ((served, "█", "green"), (held, "▓", "blue"), (unmet, "░", "yellow")):
        bar.append(sign * round(units * _WIDTH / longest), style=colour)
    return bar
