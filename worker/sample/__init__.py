"""An invented population of leads, with the truth about it, for demonstrations and measurement.

Everything is made from a seed: no real person, no dialable number, no network. README.md describes
the model. This package knows the tables of the files system and nothing of how leads are decided.
"""

from worker.sample.split import SplitSummary, split_sample
from worker.sample.write import SampleSummary, write_sample

__all__ = ["SampleSummary", "SplitSummary", "split_sample", "write_sample"]
