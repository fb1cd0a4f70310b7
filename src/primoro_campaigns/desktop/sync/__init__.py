"""Keeping this computer and the server the same: plan, projection, engine, timetable. No Qt, no SQL."""
