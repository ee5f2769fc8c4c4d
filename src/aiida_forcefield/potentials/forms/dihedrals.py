"""Forms of dihedrals: functions of φ in radians, 180° being trans (IUPAC); linear in parameters."""

from typing import Final

import numpy as np

from aiida_forcefield.potentials.forms.form import Array, Form, FormValue, Parameter


def fourier(phi: Array, parameters: Array) -> FormValue:
    """E = Σ k_n (1 + cos nφ), n = 1, 2, ... up to the number of parameters: W. D. Cornell et al.,
    JACS 117, 5179 (1995), with phases of 0° alone and no factor ½.
    """
    n = np.arange(1.0, len(parameters) + 1)
    cosine, sine = 1 + np.cos(n * phi[..., None]), -n * np.sin(n * phi[..., None])
    return FormValue(cosine @ parameters, sine @ parameters, cosine, sine)


def threefold(phi: Array, parameters: Array) -> FormValue:
    """E = k3 (1 + cos 3φ), the one term of the series that acts on a symmetric group of three."""
    (k3,) = parameters
    cosine, sine = 1 + np.cos(3 * phi), -3 * np.sin(3 * phi)
    return FormValue(k3 * cosine, k3 * sine, cosine[..., None], sine[..., None])


def chiral_fourier(phi: Array, parameters: Array) -> FormValue:
    """E = Σ k_n (1 + cos nφ) + s_n sin nφ; parameters k1, s1, k2, s2, ...

    The sines tell left from right, where the atoms around a bond do; they are phases δ_n of the
    cosines, tan δ_n = s_n / k_n, but linear, and defined where there is no barrier.
    """
    n = np.arange(1.0, len(parameters) // 2 + 1)
    angle = n * phi[..., None]
    basis = np.stack([1 + np.cos(angle), np.sin(angle)], axis=-1).reshape(*phi.shape, -1)
    slopes = np.stack([-n * np.sin(angle), n * np.cos(angle)], axis=-1).reshape(*phi.shape, -1)
    return FormValue(basis @ parameters, slopes @ parameters, basis, slopes)


def ryckaert_bellemans(phi: Array, parameters: Array) -> FormValue:
    """E = Σ C_n cosⁿ(φ − 180°), n from 0: J.-P. Ryckaert, A. Bellemans, Faraday Discuss. 66, 95
    (1978).
    """
    n = np.arange(float(len(parameters)))
    cosine, sine = -np.cos(phi)[..., None], np.sin(phi)[..., None]
    basis = cosine**n
    slopes = n * cosine ** np.maximum(n - 1, 0) * sine
    return FormValue(basis @ parameters, slopes @ parameters, basis, slopes)


def _barriers(symbols: str, last: int) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(f"{symbol}{n}", "eV", False, (-1.0, 1.0))
        for n in range(1, last + 1)
        for symbol in symbols
    )


_SERIES: Final = "Σ kn (1 + cos nφ)"

FOURIER: Final = Form("fourier", "dihedral", "Fourier", _SERIES, _barriers("k", 4), fourier)
FOURIER6: Final = Form("fourier6", "dihedral", "Fourier", _SERIES, _barriers("k", 6), fourier)
THREEFOLD: Final = Form(
    "threefold",
    "dihedral",
    "threefold",
    "k3 (1 + cos 3φ)",
    _barriers("k", 4)[2:3],
    threefold,
)
CHIRAL_FOURIER: Final = Form(
    "chiral_fourier",
    "dihedral",
    "Fourier with phases",
    "Σ kn (1 + cos nφ) + sn sin nφ",
    _barriers("ks", 6),
    chiral_fourier,
)
RYCKAERT_BELLEMANS: Final = Form(
    "ryckaert_bellemans",
    "dihedral",
    "Ryckaert-Bellemans",
    "Σ Cn cosⁿ(φ − 180°)",
    tuple(Parameter(f"C{n}", "eV", False, (-2.0, 2.0)) for n in range(6)),
    ryckaert_bellemans,
)
