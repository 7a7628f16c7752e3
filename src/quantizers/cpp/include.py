"""Where the C++ headers of this package are."""

from __future__ import annotations

from pathlib import Path

HEADERS = ('ap_minifloat.h', 'ap_binary.h', 'ap_float.h')


def get_include() -> str:
    """The folder of `ap_minifloat.h` and `ap_binary.h`, for the compiler's `-I`.

    Beside them is `ap_float.h`, which gives `ap_minifloat` the name that it has in hls4ml's sources; nothing else
    includes it, as Vitis HLS has another file of that name. They need the vendor's `ap_fixed.h`, which comes with the
    HLS tool. RuntimeError where the headers are missing.
    """
    package = Path(__file__).parents[1]
    # beside the modules where a wheel was installed, in the repository where it is installed in editable mode
    places = (package / 'include', package.parents[1] / 'cpp_ref' / 'include')
    for folder in places:
        if all((folder / name).is_file() for name in HEADERS):
            return str(folder)
    raise RuntimeError(
        f'{", ".join(HEADERS)} are missing from {" and ".join(map(str, places))}: install quantizers again'
    )
