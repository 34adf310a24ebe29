//! Chance: a small seeded generator, so that a run with the same seed goes the same way.

use uuid::{Builder, Uuid};

/// SplitMix64: eight lines, no dependency, good enough for ids and dice.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `bound - 1`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    /// True with the given probability (0.0 never, 1.0 always).
    pub fn chance(&mut self, probability: f64) -> bool {
        ((self.number() >> 11) as f64) < probability * (1u64 << 53) as f64
    }

    pub fn uuid(&mut self) -> Uuid {
        let bits = (u128::from(self.number()) << 64) | u128::from(self.number());
        Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }
}
