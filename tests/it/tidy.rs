//! Owns the house rules as tests.
//! Never: what the program does.
