//! The scrambler of 9600 baud packet radio (K9NG, G3RUH): x¹⁷ + x¹² + 1, over the levels, so that they change often whatever is sent.
//!
//! ```text
//!   sent:  y[n] = x[n] ⊕ y[n−12] ⊕ y[n−17]          heard:  x[n] = y[n] ⊕ y[n−12] ⊕ y[n−17]
//! ```
//! What is heard needs no start: after 17 bits it is in step. One wrong bit makes three.

#[derive(Clone, Copy, Debug, Default)]
pub struct Descrambler {
    /// The newest in bit 0.
    last: u32,
}

impl Descrambler {
    #[inline]
    pub fn bit(&mut self, bit: bool) -> bool {
        let out = u32::from(bit) ^ self.last >> 11 ^ self.last >> 16;
        self.last = self.last << 1 | u32::from(bit);
        out & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_scrambled_comes_back(bits in prop::collection::vec(any::<bool>(), 1..300), noise in prop::collection::vec(any::<bool>(), 0..30)) {
            let mut sent: Vec<bool> = noise;
            let before = sent.len();
            for bit in &bits {
                let back = |by: usize| sent.len().checked_sub(by).is_some_and(|i| sent[i]);
                let y = bit ^ back(12) ^ back(17);
                sent.push(y);
            }
            let mut descrambler = Descrambler::default();
            let heard: Vec<bool> = sent.iter().map(|b| descrambler.bit(*b)).collect();
            prop_assert_eq!(&heard[before..], &bits[..]);
        }
    }
}
