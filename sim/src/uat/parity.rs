//! Reed–Solomon parity (DO-282B §2.2.3.1.3, §2.2.3.2.3): GF(256) of x⁸+x⁷+x²+x+1 (0x187), generator Π (x − α^i), i from 120.
//!
//! Written for plainness: products by shifting, division by long hand, no tables shared with any decoder.

/// Product in the field.
fn times(mut a: u16, mut b: u16) -> u16 {
    let mut product = 0;
    while b != 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a <<= 1;
        if a & 0x100 != 0 {
            a ^= 0x187;
        }
        b >>= 1;
    }
    product
}

/// α^n, α = x.
fn alpha_to(n: u32) -> u16 {
    (0..n % 255).fold(1, |power, _| times(power, 2))
}

/// Coefficients of the generator without its leading 1, highest degree first.
fn generator(parity: usize) -> Vec<u16> {
    let mut g = vec![1];
    for i in 0..parity as u32 {
        let root = alpha_to(120 + i);
        g.push(0);
        for k in (1..g.len()).rev() {
            g[k] ^= times(g[k - 1], root);
        }
    }
    g.remove(0);
    g
}

/// `data` followed by `parity` check bytes.
pub fn with_parity(data: &[u8], parity: usize) -> Vec<u8> {
    let generator = generator(parity);
    let mut rest = vec![0_u16; parity];
    for byte in data {
        let factor = rest[0] ^ u16::from(*byte);
        rest.rotate_left(1);
        rest[parity - 1] = 0;
        for (r, g) in rest.iter_mut().zip(&generator) {
            *r ^= times(factor, *g);
        }
    }
    data.iter().copied().chain(rest.into_iter().map(|r| r as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A code word as a polynomial is 0 at every root of the generator.
    #[test]
    fn code_words_vanish_at_the_roots() {
        for (data, parity) in [(18, 12), (34, 14), (72, 20)] {
            let word = with_parity(&(0..data).map(|i| (i * 37 + 11) as u8).collect::<Vec<_>>(), parity);
            assert_eq!(word.len(), data + parity);
            for i in 0..parity as u32 {
                let x = alpha_to(120 + i);
                assert_eq!(word.iter().fold(0, |value, byte| times(value, x) ^ u16::from(*byte)), 0, "root {i}");
            }
        }
    }
}
