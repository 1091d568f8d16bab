//! Frames by hand and from a generator to events.
