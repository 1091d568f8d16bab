//! Complex samples.

use core::ops::{Add, AddAssign, Mul, Sub};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct C32 {
    pub re: f32,
    pub im: f32,
}

impl C32 {
    pub const ZERO: Self = Self { re: 0.0, im: 0.0 };

    pub const fn new(re: f32, im: f32) -> Self {
        Self { re, im }
    }

    /// e^{j·radians}
    pub fn unit(radians: f32) -> Self {
        let (im, re) = radians.sin_cos();
        Self { re, im }
    }

    #[inline]
    pub fn conj(self) -> Self {
        Self { re: self.re, im: -self.im }
    }

    #[inline]
    pub fn power(self) -> f32 {
        self.re * self.re + self.im * self.im
    }

    #[inline]
    pub fn scale(self, by: f32) -> Self {
        Self { re: self.re * by, im: self.im * by }
    }

    pub fn angle(self) -> f32 {
        self.im.atan2(self.re)
    }
}

/// e^{j·step·(n − middle)} for n = 0, 1, 2…, by multiplication, set anew from time to time.
pub fn turning(step: f32, middle: f32) -> impl Iterator<Item = C32> {
    const RUN: usize = 128;
    let turn = C32::unit(step);
    let mut unit = C32::ZERO;
    (0..).map(move |n: usize| {
        unit = if n.is_multiple_of(RUN) { C32::unit(step * (n as f32 - middle) % core::f32::consts::TAU) } else { unit * turn };
        unit
    })
}

impl Add for C32 {
    type Output = Self;
    #[inline]
    fn add(self, o: Self) -> Self {
        Self { re: self.re + o.re, im: self.im + o.im }
    }
}

impl AddAssign for C32 {
    #[inline]
    fn add_assign(&mut self, o: Self) {
        *self = *self + o;
    }
}

impl Sub for C32 {
    type Output = Self;
    #[inline]
    fn sub(self, o: Self) -> Self {
        Self { re: self.re - o.re, im: self.im - o.im }
    }
}

impl Mul for C32 {
    type Output = Self;
    #[inline]
    fn mul(self, o: Self) -> Self {
        Self { re: self.re * o.re - self.im * o.im, im: self.re * o.im + self.im * o.re }
    }
}
