"""Fourier transforms of NumPy, for fft.test.ts: python3 fft.py > fft.json"""

import numpy as np

from reference import write

f = np.fft
x = np.sin(np.arange(24.0) * 1.7 + 0.3).reshape(2, 3, 4)
z = x + 1j * np.cos(np.arange(24.0) * 0.9).reshape(2, 3, 4)

cases = {"x": x, "z": z}
for norm in ("backward", "ortho", "forward"):
    cases |= {
        f"fft {norm}": f.fft(z, norm=norm),
        f"ifft {norm}": f.ifft(z, norm=norm),
        f"rfft {norm}": f.rfft(x, norm=norm),
        f"irfft {norm}": f.irfft(z, norm=norm),
        f"hfft {norm}": f.hfft(z, norm=norm),
        f"ihfft {norm}": f.ihfft(x, norm=norm),
        f"fftn {norm}": f.fftn(z, norm=norm),
        f"irfftn {norm}": f.irfftn(z, norm=norm),
    }
cases |= {
    "fft of a real array": f.fft(x),
    "fft cut": f.fft(z, 3, 0 + 2),
    "fft filled": f.fft(z, 5, 1),
    "fft on axis 0": f.fft(z, axis=0),
    "ifft cut": f.ifft(z, 2, axis=-2),
    "rfft filled": f.rfft(x, 7, axis=1),
    "rfft cut": f.rfft(x, 3),
    "irfft of 5": f.irfft(z, 5),
    "irfft of 9": f.irfft(z, 9, axis=0),
    "hfft of 5": f.hfft(z, 5),
    "ihfft of 3": f.ihfft(x, 3),
    "fft2": f.fft2(z),
    "ifft2": f.ifft2(z, (4, 2)),
    "rfft2": f.rfft2(x),
    "irfft2": f.irfft2(z, (3, 5)),
    "fftn with lengths": f.fftn(z, (2, 5), axes=(1, 2)),
    "fftn of axes": f.fftn(z, axes=(2, 0)),
    "ifftn": f.ifftn(z),
    "rfftn": f.rfftn(x),
    "rfftn of axes": f.rfftn(x, axes=(2, 0)),
    "irfftn of axes": f.irfftn(z, axes=(0, 1)),
    "fftfreq 5": f.fftfreq(5, 0.5),
    "fftfreq 6": f.fftfreq(6),
    "rfftfreq 2": f.rfftfreq(2),
    "rfftfreq 7": f.rfftfreq(7, 0.25),
    "fftshift": f.fftshift(x),
    "fftshift of an axis": f.fftshift(z, 1),
    "ifftshift": f.ifftshift(x, (0, 1)),
}
write(cases)
