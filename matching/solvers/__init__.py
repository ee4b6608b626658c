"""One method a file, one signature. OR-Tools is known here and nowhere else."""
