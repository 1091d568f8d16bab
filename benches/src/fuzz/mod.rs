//! Fuzzing with a stable compiler: real messages, mutated, into whatever reads bytes from outside.
//!
//! `cargo run --release -p benches --example fuzz -- ais 100000000` runs many cases; the test below runs a few of each target.
//! A parser joins by a file here and a line in [`TARGETS`]: seeds, and a harness that takes a case and asserts what must hold.

mod ais;
mod aprs;

pub use ais::SENTENCES as AIS_SENTENCES;
pub use aprs::PACKETS as APRS_PACKETS;

/// What is fuzzed.
#[derive(Debug)]
pub struct Target {
    pub name: &'static str,
    /// Well-formed input to begin from; at least one.
    pub seeds: fn() -> Vec<Vec<u8>>,
    pub harness: fn() -> Box<dyn Harness>,
}

/// Takes one case after the other; panics when something doesn't hold. State lives on from case to case.
pub trait Harness {
    fn feed(&mut self, case: &[u8]);
    /// Cases that came through to the end: a run in which none did shows nothing.
    fn deep(&self) -> u64;
}

pub const TARGETS: &[Target] = &[ais::TARGET, aprs::TARGET];

/// Longest case; longer ones are cut.
const CASE_BYTES_MAX: usize = 2048;

/// A case that did not hold.
#[derive(Debug)]
pub struct Found {
    pub number: u64,
    pub case: Vec<u8>,
}

/// Feeds `cases` mutations of the target's seeds; the same `seed` gives the same. Returns how many came through to the end.
pub fn run(target: &Target, cases: u64, seed: u64) -> Result<u64, Found> {
    let seeds = (target.seeds)();
    let mut harness = (target.harness)();
    let mut rng = Rng(seed | 1);
    let mut case = Vec::with_capacity(CASE_BYTES_MAX);
    for number in 0..cases {
        mutate(&seeds, &mut rng, &mut case);
        let fed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| harness.feed(&case)));
        if fed.is_err() {
            return Err(Found { number, case });
        }
    }
    Ok(harness.deep())
}

/// xorshift64*: fast, and the same on every machine.
#[derive(Debug)]
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

fn mutate(seeds: &[Vec<u8>], rng: &mut Rng, case: &mut Vec<u8>) {
    case.clear();
    case.extend_from_slice(&seeds[rng.below(seeds.len())]);
    for _ in 0..=rng.below(4) {
        let at = rng.below(case.len() + 1);
        match rng.below(8) {
            0 | 1 if at < case.len() => case[at] ^= 1 << rng.below(8),
            2 | 3 if at < case.len() => case[at] = rng.next() as u8,
            4 => case.insert(at, rng.next() as u8),
            5 => case.truncate(at),
            6 => drop(case.drain(at..(at + rng.below(8)).min(case.len()))),
            _ => {
                let other = &seeds[rng.below(seeds.len())];
                let from = rng.below(other.len() + 1);
                let piece = &other[from..(from + rng.below(40)).min(other.len())];
                let end = (at + piece.len()).min(case.len());
                case.splice(at..end, piece.iter().copied());
            }
        }
    }
    case.truncate(CASE_BYTES_MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutated_input_breaks_nothing() {
        for target in TARGETS {
            let deep = run(target, 20_000, 0x5EED).unwrap_or_else(|found| {
                panic!("{}: case {} does not hold: {}", target.name, found.number, String::from_utf8_lossy(&found.case))
            });
            assert!(2_000 < deep, "{}: only {deep} cases came through", target.name);
        }
    }

    #[test]
    fn a_case_that_breaks_something_is_found() {
        struct Fragile;
        impl Harness for Fragile {
            fn feed(&mut self, case: &[u8]) {
                assert!(!case.contains(&0xFF));
            }
            fn deep(&self) -> u64 {
                0
            }
        }
        let target = Target { name: "fragile", seeds: || vec![b"seed".to_vec()], harness: || Box::new(Fragile) };
        let found = run(&target, 100_000, 1).unwrap_err();
        assert!(found.case.contains(&0xFF));
    }
}
