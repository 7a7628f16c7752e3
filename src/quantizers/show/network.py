"""A page of what a network costs and what its results hold: one file of HTML, without scripts and without a network."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..network.profile import Profile, TensorProfile
    from ..network.report import NetworkReport

_FOLDER = Path(__file__).parent
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_BAR, _HEIGHT, _TEXT = 14, 84, 14  # of a picture, in its units: a power of two, the highest bar, a line of text
_FEWEST = 16  # powers of two that a picture has room for
_EVERY = 4  # powers of two between two numbers below


def page(report: NetworkReport, profile: Profile | None) -> str:
    """See `NetworkReport.to_html`."""
    style = ''.join((_FOLDER / name).read_text('utf-8') for name in ('colours.css', 'network.css'))
    table = report.table()._replace(summary='').html(len(report.layers))
    held = '' if profile is None else _held(profile)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>Network in formats</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>Network in formats</h1>
<section aria-labelledby="costs">
<h2 id="costs">What each layer costs</h2>
<dl>{''.join(_totals(report))}</dl>
<p>Of one sample. EBOPs are effective bit operations (arXiv 2405.00645): over the multiplications, the bits of the
number without its sign times those of the weight from its highest to its lowest 1.</p>
<div class="table" role="region" aria-label="layers" tabindex="0">{table}</div>
</section>
{held}</main>
</body>
</html>
"""


def _totals(report: NetworkReport) -> Iterator[str]:
    total = report.to_dict()['total']
    zeros = '-' if total['zeros'] is None else f'{total["zeros"]:.1%} of {total["weights"]:,}'
    rows = {
        'EBOPs': f'{total["ebops"]:,}',
        'EBOPs with adders': f'{total["ebops_with_adders"]:,}',
        'multiplications': f'{total["multiplications"]:,}',
        'bits of weights': f'{total["memory"]:,}',
        'weights that are 0': zeros,
    }
    yield from (f'<div><dt>{name}</dt><dd>{value}</dd></div>' for name, value in rows.items())


def _held(profile: Profile) -> str:
    figures = '\n'.join(f'<figure>{_picture(each)}{_caption(each)}</figure>' for each in profile.tensors)
    return f"""<section aria-labelledby="holds">
<h2 id="holds">What the results hold</h2>
<p>In floating point, of {profile.samples:,} samples. A bar is the share of numbers whose highest bit is 2<sup>n</sup>;
the band behind is the bits of the format: what is left of it saturates or wraps, what is right of it is less than a
step.</p>
<div class="pictures">
{figures}
</div>
</section>
"""


def _caption(tensor: TensorProfile) -> str:
    data = tensor.to_dict()
    facts = [f'{tensor.low:.6g} to {tensor.high:.6g}', f'{data["integer"]} integer bits']
    facts += [f'{data["zeros"]:.1%} zeros'] if tensor.zeros else []
    if tensor.spec is not None:
        facts.append(tensor.spec.label)
        facts += [f'{data["saturated"]:.2%} saturated', f'{data["flushed"]:.2%} flushed to 0', f'{data["sqnr"]:.1f} dB']
    items = ''.join(f'<li>{escape(fact)}</li>' for fact in facts)
    return f'<figcaption><b>{escape(tensor.name)}</b><ul>{items}</ul></figcaption>'


def _picture(tensor: TensorProfile) -> str:
    """Bars over powers of two, the largest on the left as bits are written."""
    spec, counts = tensor.spec, tensor.histogram
    bits = [] if spec is None else [spec.i - 1, -spec.f]
    ends = [*counts, *bits] or [0]
    high = max(ends)
    low = min(*ends, high - _FEWEST + 1)
    width, most = (high - low + 1) * _BAR, max(counts.values(), default=1)

    def left(exponent: int) -> int:
        return (high - exponent) * _BAR

    band = ''
    if spec is not None and bits[0] >= bits[1]:
        band = f'<rect class="bits" x="{left(bits[0])}" width="{(bits[0] - bits[1] + 1) * _BAR}" height="{_HEIGHT}"/>'
    bars = ''.join(
        f'<rect class="{_kind(exponent, bits)}" x="{left(exponent) + 1}" y="{_HEIGHT - tall:.1f}" width="{_BAR - 2}"'
        f' height="{tall:.1f}"><title>2^{exponent}: {count / tensor.count:.2%}</title></rect>'
        for exponent, count in sorted(counts.items())
        for tall in [max(count / most * _HEIGHT, 1)]
    )
    texts = ''.join(
        f'<text x="{left(exponent) + _BAR / 2:g}" y="{_HEIGHT + _TEXT}" text-anchor="middle">{exponent}</text>'
        for exponent in range(low, high + 1)
        if exponent % _EVERY == 0
    )
    said = (
        f'{tensor.name}: numbers by their highest bit, from 2^{max(counts)} to 2^{min(counts)}' if counts else 'zeros'
    )
    return (
        f'<svg role="img" aria-label="{escape(said)}" preserveAspectRatio="xMinYMax"'
        f' viewBox="0 0 {width} {_HEIGHT + _TEXT + 4}">{band}{bars}<path d="M0 {_HEIGHT}H{width}"/>{texts}</svg>'
    )


def _kind(exponent: int, bits: list[int]) -> str:
    if not bits or bits[1] <= exponent <= bits[0]:
        return 'held'
    return 'over' if exponent > bits[0] else 'under'
