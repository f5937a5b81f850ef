"""Is the file on disk the same function as the original?"""

from __future__ import annotations

from kconvert.verify.comparing import Tolerance
from kconvert.verify.intermediate import facts_of
from kconvert.verify.process import Verifier
from kconvert.verify.verification import verified, verified_pair

__all__ = ["Tolerance", "Verifier", "facts_of", "verified", "verified_pair"]
