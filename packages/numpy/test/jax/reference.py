"""What the scripts beside this file share: cases by name, printed as JSON, with NaN and infinities as strings."""

import json
import math

import numpy as np


def plain(x):
    if isinstance(x, (tuple, list)):
        return [plain(v) for v in x]
    x = np.asarray(x)
    if np.iscomplexobj(x):
        return [plain(x.real), plain(x.imag)]
    if x.ndim:
        return [plain(v) for v in x]
    if x.dtype == bool or np.issubdtype(x.dtype, np.integer):
        return x.item()
    v = float(x)
    return v if math.isfinite(v) else str(v)


def write(cases):
    print("{")
    print(",\n".join(f"{json.dumps(name)}: {json.dumps(plain(value))}" for name, value in cases.items()))
    print("}")
