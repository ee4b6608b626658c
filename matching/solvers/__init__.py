"""One method a file, one signature. OR-Tools and numba are known here and nowhere else."""
