"""Background work: the job runner, progress, the one bridge between threads, and what changed."""
