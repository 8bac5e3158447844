"""Makes the writer of the protocol's layouts importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
