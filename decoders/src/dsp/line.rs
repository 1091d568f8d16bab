//! The last samples of a stream as one slice.

/// The last samples, oldest first: each is kept twice, so that they always lie in a row.
#[derive(Debug)]
pub struct Line {
    twice: Box<[f32]>,
    len: usize,
    at: usize,
}

impl Line {
    pub fn new(len: usize) -> Self {
        Self { twice: vec![0.0; 2 * len].into(), len, at: 0 }
    }

    #[inline]
    pub fn push(&mut self, x: f32) -> &[f32] {
        self.twice[self.at] = x;
        self.twice[self.at + self.len] = x;
        self.at = if self.at + 1 == self.len { 0 } else { self.at + 1 };
        self.last()
    }

    #[inline]
    pub fn last(&self) -> &[f32] {
        &self.twice[self.at..self.at + self.len]
    }
}
