"""What was measured, and how: a script for each table of ``dfad_lite/results``."""

from pathlib import Path

import dfad_lite

RESULTS = Path(dfad_lite.__file__).parent / "results"
