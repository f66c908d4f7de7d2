"""Names for arrays by what they hold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.signedinteger[Any]]  # of as few bytes as the levels of a column need
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
