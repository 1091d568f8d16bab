//! Reed–Solomon decoding with errors and erasures, for every protocol that has it.
//!
//! ```text
//!   UAT (DO-282B §2.2.3.1.3, §2.2.3.2.3): GF(256) of x⁸+x⁷+x²+x+1 (0x187), roots α^120 … α^(119+r)
//!   FX.25 (stensat draft §3):             GF(256) of x⁸+x⁴+x³+x²+1 (0x11D), roots α^1 … α^r
//!   IL2P (draft 0.6):                     the same field, roots α^0 … α^(r−1)
//!   shortened: word[0] is the highest power that is sent
//!   syndromes ─► error locator (Berlekamp–Massey, started with the erasures) ─► places (Chien) ─► values (Forney)
//! ```
//! e errors and s erasures are corrected when 2e + s ≤ r. No crate that is kept well takes first root, field and erasures
//! together (`reed-solomon`, `reed-solomon-erasure`: fixed fields and roots; `gf256`: fixed at compile time by a macro).

/// The three codes of UAT: (30,18), (48,34), (92,72).
pub const BASIC: Code = Code { length: 30, parity: 12, field: &UAT };
pub const LONG: Code = Code { length: 48, parity: 14, field: &UAT };
pub const UPLINK: Code = Code { length: 92, parity: 20, field: &UAT };

static UAT: Field = field(0x187, 120);
/// The field and the roots of FX.25.
pub static FX25: Field = field(0x11D, 1);
pub static IL2P: Field = field(0x11D, 0);

/// A shortened code: `length` bytes, the last `parity` of them check bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub length: usize,
    pub parity: usize,
    pub field: &'static Field,
}

/// More is wrong than the code can set right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyErrors;

/// FX.25's strongest.
const PARITY_MAX: usize = 64;
/// Log of 0.
const NO_LOG: u8 = 255;

/// GF(256) with a code's first root.
#[derive(PartialEq, Eq)]
pub struct Field {
    exp: [u8; 510],
    log: [u8; 256],
    first_root: usize,
}

impl core::fmt::Debug for Field {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "roots from α^{}", self.first_root)
    }
}

const fn field(polynomial: usize, first_root: usize) -> Field {
    let (mut exp, mut log) = ([0_u8; 510], [NO_LOG; 256]);
    let (mut x, mut i) = (1_usize, 0);
    while i < 255 {
        exp[i] = x as u8;
        exp[i + 255] = x as u8;
        log[x] = i as u8;
        x <<= 1;
        if x & 0x100 != 0 {
            x ^= polynomial;
        }
        i += 1;
    }
    Field { exp, log, first_root }
}

impl Field {
    #[inline]
    fn alpha(&self, power: usize) -> u8 {
        self.exp[power % 255]
    }

    #[inline]
    fn times(&self, a: u8, b: u8) -> u8 {
        if a == 0 || b == 0 { 0 } else { self.exp[usize::from(self.log[usize::from(a)]) + usize::from(self.log[usize::from(b)])] }
    }

    /// `b` is not 0.
    #[inline]
    fn over(&self, a: u8, b: u8) -> u8 {
        if a == 0 { 0 } else { self.exp[usize::from(self.log[usize::from(a)]) + 255 - usize::from(self.log[usize::from(b)])] }
    }
}

/// Coefficients, lowest power first.
type Poly = [u8; PARITY_MAX + 1];
const ZERO: Poly = [0; PARITY_MAX + 1];

impl Code {
    /// Sets `word` right in place; bytes at `erasures` (places in `word`, each once) count as unknown. Returns how many bytes were
    /// changed or erased. An uncorrectable word is left as it was.
    pub fn correct(self, word: &mut [u8], erasures: &[u8]) -> Result<usize, TooManyErrors> {
        assert_eq!(word.len(), self.length, "a word has the code's length");
        if self.parity < erasures.len() {
            return Err(TooManyErrors);
        }
        let syndromes = self.syndromes(word);
        if syndromes[..self.parity].iter().all(|s| *s == 0) {
            return Ok(0);
        }
        let (locator, length) = self.locator(&syndromes, erasures);
        let degree = (0..=self.parity).rev().find(|&i| locator[i] != 0).unwrap_or(0);
        let mut places = [0_u8; PARITY_MAX];
        let beyond = self.parity < 2 * degree.saturating_sub(erasures.len()) + erasures.len();
        // A locator shorter than the recurrence it stands for explains only some of the syndromes.
        if beyond || degree == 0 || degree != length || self.places(&locator, degree, &mut places) != degree {
            return Err(TooManyErrors);
        }
        // Of a hopeless word the locator may have lost the erasures: what it finds then lies out of reach.
        if !erasures.iter().all(|e| places[..degree].contains(e)) {
            return Err(TooManyErrors);
        }
        let evaluator = self.evaluator(&syndromes, &locator, degree);
        for &place in &places[..degree] {
            word[usize::from(place)] ^= self.value(&locator, &evaluator, degree, place);
        }
        Ok(degree)
    }

    /// S_i = word(α^(first root + i)).
    fn syndromes(self, word: &[u8]) -> Poly {
        let mut s = ZERO;
        for (i, s) in s.iter_mut().enumerate().take(self.parity) {
            let root = self.field.alpha(self.field.first_root + i);
            *s = word.iter().fold(0, |value, byte| self.field.times(value, root) ^ byte);
        }
        s
    }

    /// Power of α that a place in the word stands for.
    fn power(self, place: u8) -> usize {
        self.length - 1 - usize::from(place)
    }

    /// The error and erasure locator, and the length of the shortest recurrence that gives all syndromes.
    fn locator(self, s: &Poly, erasures: &[u8]) -> (Poly, usize) {
        let mut lambda = ZERO;
        lambda[0] = 1;
        for (count, place) in erasures.iter().enumerate() {
            let x = self.field.alpha(self.power(*place));
            for i in (1..=count + 1).rev() {
                lambda[i] ^= self.field.times(x, lambda[i - 1]);
            }
        }
        let (mut b, mut length) = (lambda, erasures.len());
        for r in erasures.len() + 1..=self.parity {
            let discrepancy = (0..r).fold(0, |sum, i| sum ^ self.field.times(lambda[i], s[r - 1 - i]));
            b.copy_within(..self.parity, 1);
            b[0] = 0;
            if discrepancy == 0 {
                continue;
            }
            let before = lambda;
            lambda[..=self.parity].iter_mut().zip(&b).for_each(|(l, b)| *l ^= self.field.times(discrepancy, *b));
            if 2 * length < r + erasures.len() {
                length = r + erasures.len() - length;
                b[..=self.parity].iter_mut().zip(&before).for_each(|(b, c)| *b = self.field.over(*c, discrepancy));
            }
        }
        (lambda, length)
    }

    /// The places whose inverse is a root of the locator; returns their number.
    fn places(self, locator: &Poly, degree: usize, places: &mut [u8; PARITY_MAX]) -> usize {
        let mut found = 0;
        for place in 0..self.length as u8 {
            let x = 255 - self.power(place);
            let sum = (0..=degree).fold(0, |sum, i| sum ^ self.field.times(locator[i], self.field.alpha(x * i)));
            if sum == 0 {
                if found == degree {
                    return degree + 1;
                }
                places[found] = place;
                found += 1;
            }
        }
        found
    }

    /// syndromes × locator, cut at the code's parity.
    fn evaluator(self, s: &Poly, locator: &Poly, degree: usize) -> Poly {
        let mut omega = ZERO;
        for (i, omega) in omega.iter_mut().enumerate().take(self.parity) {
            *omega = (0..=degree.min(i)).fold(0, |sum, j| sum ^ self.field.times(locator[j], s[i - j]));
        }
        omega
    }

    /// Forney: X^(1−first root) · Ω(X⁻¹) / Λ'(X⁻¹).
    fn value(self, locator: &Poly, evaluator: &Poly, degree: usize, place: u8) -> u8 {
        let power = self.power(place);
        let inverse = 255 - power;
        let omega = (0..self.parity).fold(0, |sum, i| sum ^ self.field.times(evaluator[i], self.field.alpha(inverse * i)));
        let slope = (1..=degree).step_by(2).fold(0, |sum, i| sum ^ self.field.times(locator[i], self.field.alpha(inverse * (i - 1))));
        let factor = self.field.alpha(inverse * (self.field.first_root + 254));
        if slope == 0 { 0 } else { self.field.times(factor, self.field.over(omega, slope)) }
    }
}

/// Parity by definition, for tests: the remainder of data·x^r by the generator, long hand.
#[cfg(test)]
pub fn encode(code: Code, data: &[u8]) -> Vec<u8> {
    let mut generator = vec![1_u8];
    for i in 0..code.parity {
        let root = code.field.alpha(code.field.first_root + i);
        generator.push(0);
        for k in (1..generator.len()).rev() {
            generator[k] ^= code.field.times(generator[k - 1], root);
        }
    }
    let mut rest = vec![0_u8; code.parity];
    for byte in data {
        let factor = rest[0] ^ byte;
        rest.rotate_left(1);
        rest[code.parity - 1] = 0;
        rest.iter_mut().zip(&generator[1..]).for_each(|(r, g)| *r ^= code.field.times(factor, *g));
    }
    [data, &rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn codes() -> impl Strategy<Value = Code> {
        prop::sample::select(vec![
            BASIC,
            LONG,
            UPLINK,
            Code { length: 255, parity: 16, field: &FX25 },
            Code { length: 255, parity: 64, field: &FX25 },
            Code { length: 15, parity: 2, field: &IL2P },
            Code { length: 255, parity: 16, field: &IL2P },
        ])
    }

    /// A code word, changes to apply (places, not 0) and how many of them are told as erasures.
    fn damaged() -> impl Strategy<Value = (Code, Vec<u8>, Vec<(u8, u8)>, usize)> {
        codes().prop_flat_map(|code| {
            let data = prop::collection::vec(any::<u8>(), code.length - code.parity);
            (Just(code), data, 0..=code.parity).prop_flat_map(move |(code, data, erased)| {
                let changes = (code.parity - erased) / 2 + erased;
                let places = prop::sample::subsequence((0..code.length as u8).collect::<Vec<_>>(), changes).prop_shuffle();
                let values = prop::collection::vec(1..=255_u8, changes);
                (Just(code), Just(data), (places, values).prop_map(|(p, v)| p.into_iter().zip(v).collect()), Just(erased))
            })
        })
    }

    proptest! {
        #[test]
        fn sets_right_all_that_it_can((code, data, changes, erased) in damaged()) {
            let sent = encode(code, &data);
            let mut word = sent.clone();
            changes.iter().for_each(|(place, value)| word[usize::from(*place)] ^= value);
            let erasures: Vec<u8> = changes[..erased].iter().map(|c| c.0).collect();
            let corrected = code.correct(&mut word, &erasures);
            prop_assert_eq!(&word, &sent);
            prop_assert_eq!(corrected, Ok(changes.len()));
        }

        /// Whatever comes in: what goes out is a code word within reach, or nothing was touched.
        #[test]
        fn never_gives_what_is_no_code_word(
            (code, mut word, erasures) in codes().prop_flat_map(|code| {
                let erasures = prop::sample::subsequence((0..code.length as u8).collect::<Vec<_>>(), 0..=code.parity + 1);
                (Just(code), prop::collection::vec(any::<u8>(), code.length), erasures)
            }),
        ) {
            let before = word.clone();
            match code.correct(&mut word, &erasures) {
                Ok(_) => {
                    prop_assert!(code.syndromes(&word).iter().all(|s| *s == 0));
                    let changed = |i: &usize| word[*i] != before[*i] && !erasures.contains(&(*i as u8));
                    prop_assert!(2 * (0..code.length).filter(changed).count() + erasures.len() <= code.parity);
                }
                Err(TooManyErrors) => prop_assert_eq!(word, before),
            }
        }
    }

    #[test]
    fn every_single_error_of_every_code() {
        for code in [BASIC, LONG, UPLINK, Code { length: 15, parity: 2, field: &IL2P }] {
            let sent = encode(code, &(0..(code.length - code.parity) as u8).map(|i| i.wrapping_mul(91)).collect::<Vec<_>>());
            for place in 0..code.length {
                for value in 1..=255 {
                    let mut word = sent.clone();
                    word[place] ^= value;
                    assert_eq!((code.correct(&mut word, &[]), &word), (Ok(1), &sent));
                }
            }
        }
    }
}
