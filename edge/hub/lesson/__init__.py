"""Lessons: timetable, marks, and what changed in a room, computed from what devices published."""
