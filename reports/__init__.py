"""What a run leaves: the posture, and every deliverable made from it and from nothing else."""
