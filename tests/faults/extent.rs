//! How much of the stories is asked for, and with which chances.

/// Whether the long forms of the stories are asked for (scripts/soak, or LOGIN_DRAIN_LONG=1).
pub fn long() -> bool {
    std::env::var("LOGIN_DRAIN_LONG").is_ok_and(|value| value == "1")
}

/// The seed of this run of the tests: LOGIN_DRAIN_SEED, or 1.
pub fn seed() -> u64 {
    std::env::var("LOGIN_DRAIN_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}
