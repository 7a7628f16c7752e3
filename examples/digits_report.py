"""What `train_digits.py` makes of its results: the table, the verdict and the picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

FLOAT = 'float32'
# the verdict: percentage points below float32, and the share of the baseline's bits
MAX_LOSS, MAX_SHARE = 0.5, 0.6


class Result(NamedTuple):
    """What a trained network needs, and its accuracies in percent."""

    bits: float
    validation: float
    test: float


def table(results: Mapping[str, Sequence[Result]], mean: Mapping[str, Result]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield '| network | bits | validation / % | test / % | test, each seed |'
    yield '| --- | ---: | ---: | ---: | --- |'
    for name, runs in results.items():
        bits, validation, test = mean[name]
        yield f'| {name} | {bits:.0f} | {validation:.2f} | {test:.2f} | {", ".join(f"{r.test:.2f}" for r in runs)} |'


def choose(mean: Mapping[str, Result]) -> tuple[str | None, str]:
    """The baseline, None where no uniform width is good enough, and the learned network to compare with it.

    That one is the best on the validation images among those of few enough bits, or among all where there is none such;
    of equals it is the one with the weaker cost.
    """
    enough = [n for n in mean if n.startswith('uniform') and mean[n].test >= mean[FLOAT].test - MAX_LOSS]
    baseline = min(enough, key=lambda n: mean[n].bits, default=None)
    names = [n for n in mean if n.startswith('learned')]
    cheap = [n for n in names if baseline and mean[n].bits <= MAX_SHARE * mean[baseline].bits]
    return baseline, max(cheap or names, key=lambda n: mean[n].validation)


def verdict(mean: Mapping[str, Result], baseline: str | None, best: str) -> Iterator[str]:
    """The comparison in words."""
    if baseline is None:
        yield f'Verdict: none, no uniform width is at most {MAX_LOSS} point below float32.'
        return
    small, large = mean[best], mean[baseline]
    passed = small.bits <= MAX_SHARE * large.bits and small.test >= large.test
    yield f'Baseline: {baseline}, the smallest at most {MAX_LOSS} point below float32 ({mean[FLOAT].test:.2f} %).'
    yield f'Compared with: {best}, by validation accuracy among the strengths of at most {MAX_SHARE:.0%} of its bits.'
    yield f'Bits: {small.bits:.0f} of {large.bits:.0f}, which is {small.bits / large.bits:.1%}.'
    yield f'Right on the test images: {small.test:.2f} %, the baseline {large.test:.2f} %.'
    yield f'Verdict: {"passed" if passed else "failed"}.'


def draw(path: Path, mean: Mapping[str, Result]) -> None:
    """Bits against test accuracy."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout='constrained')
    axes = figure.subplots()
    axes.axhline(mean[FLOAT].test, color='grey', linestyle='--', label=FLOAT)
    # the curves rise from the left and then stay level: labels stand left of the one and below the other
    places = {'uniform': ('s', 'width', (0, -14), 'center'), 'learned': ('o', 'strength', (-8, 2), 'right')}
    for kind, (marker, number, offset, side) in places.items():
        points = sorted((result.bits, result.test, name) for name, result in mean.items() if name.startswith(kind))
        axes.plot([p[0] for p in points], [p[1] for p in points], marker=marker, label=f'{kind} ({number})')
        for bits, test, name in points:
            axes.annotate(name.split()[1], (bits, test), offset, textcoords='offset points', ha=side, fontsize=8)
    axes.set_xlim(left=800)
    axes.set_xscale('log')
    ticks = [1000, 2000, 5000, 10_000, 20_000, 40_000]
    axes.set_xticks(ticks, [f'{tick:,}' for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel('bits of all weights and activations')
    axes.set_ylabel('test accuracy / %')
    axes.grid(alpha=0.3)
    axes.legend(loc='lower right')
    figure.savefig(path, dpi=120)
