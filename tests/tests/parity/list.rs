//! The list of what std has, and the list of gaps.
