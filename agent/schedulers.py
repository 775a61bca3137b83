"""The batch systems we know."""
from htcondor import HTCondor
from slurm import Slurm

KNOWN = (HTCondor(), Slurm())
