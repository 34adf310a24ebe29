//! Owns the list of outer tests: one binary, so that the servers they need are asked for once.
