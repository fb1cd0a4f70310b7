"""Clock, ids, paths, logs and secrets: what both programs need from the machine."""
