"""Print what each adversary gains, and what it costs, as Markdown: `python -m tests.attacks.adversaries`."""

from collections.abc import Iterator

import click

from tests.attacks.adversaries import (
    alone,
    changer,
    insider,
    leaver,
    lesson,
    linked_rooms,
    member,
    passer_by,
    threshold,
    utility,
)
from tests.attacks.adversaries.guess import Attack, measure
from tests.attacks.adversaries.limit import best_possible
from tests.attacks.adversaries.people import MIX

SIZES = (5, 6, 8, 12, 20, 40)
CHANGES = (0.0, 0.2, 0.8)
_LESSON_IS_LONG = 4
"""Fewer cases of so many records are enough."""
ATTACKS: dict[str, Attack] = {
    "alone after a crowd": alone.attack,
    "passer-by, 7 of 20 frames": passer_by.attack,
    "insider: do all others show the same?": insider.attack,
    "last of a small group, after a restart": threshold.attack,
    "one of the group": member.attack,
    "known leaver, two records": leaver.attack,
    "known person changes, two records": changer.attack,
    "known walker between two rooms, four records": linked_rooms.attack,
    "known leaver, averages of a lesson": lesson.attack,
    "known leaver, exact counts (not published)": leaver.exact,
}


def gains(trials: int) -> Iterator[str]:
    """Yield the lines of the adversaries' table."""
    yield f"| adversary | looks that change | base rate | {' | '.join(f'{size}' for size in SIZES)} |"
    yield "|---|---|---|" + "---|" * len(SIZES)
    for name, attack in ATTACKS.items():
        for changes in CHANGES:
            enough = trials // _LESSON_IS_LONG if attack is lesson.attack else trials
            results = [measure(attack, size, changes, enough) for size in SIZES]
            base = sum(result.base for result in results) / len(results)
            cells = " | ".join(f"{max(0.0, result.gain):.2f}" for result in results)
            yield f"| {name} | {changes:.0%} | {base:.2f} | {cells} |"
    yield ""
    yield f"The best possible guess at a known leaver of a large group with looks that stay: {best_possible(MIX):.2f}."


def costs(lessons: int) -> Iterator[str]:
    """Yield the lines of the table of what disclosure control costs."""
    yield "| people | looks that change | `faces.mean` | an emotion | the worst emotion | bound only | withheld |"
    yield "|---|---|---|---|---|---|---|"
    for size in SIZES:
        for changes in CHANGES:
            cost = utility.measure(size, changes, lessons)
            emotions = f"{cost.mean:.2f} | {cost.worst:.2f}" if cost.emotions else "– | –"
            shares = f"{cost.banded:.0%} | {cost.withheld:.0%}"
            yield f"| {size} | {changes:.0%} | {cost.faces:.2f} | {emotions} | {shares} |"


@click.command(help=__doc__)
@click.option("--trials", default=600, show_default=True, help="Cases to learn from, and as many to guess.")
@click.option("--lessons", default=10, show_default=True, help="Lessons for the costs.")
def main(trials: int, lessons: int) -> None:
    """Print both tables."""
    for line in gains(trials):
        click.echo(line)
    click.echo()
    for line in costs(lessons):
        click.echo(line)


if __name__ == "__main__":
    main()
