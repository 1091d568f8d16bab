//! A file of zeros beside the database. On a full file system even DELETE fails, because it needs room in the log; giving
//! up the ballast makes room for as many deletions as it takes.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug)]
pub struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    pub const fn new(path: PathBuf, bytes: u64) -> Self {
        Self { path, bytes }
    }

    fn is_there(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|m| self.bytes <= m.len())
    }

    /// `false`: it was already given up.
    pub fn release(&self) -> bool {
        std::fs::remove_file(&self.path).is_ok()
    }

    /// Writes it, when there is room. A station without ballast is none the worse until its file system is full, so a
    /// failure is no error; a part of it would be no use and is removed.
    pub fn restore(&self) {
        if self.bytes == 0 || self.is_there() {
            return;
        }
        if self.write().is_err() {
            let _ = std::fs::remove_file(&self.path);
        }
    }

    fn write(&self) -> std::io::Result<()> {
        let mut file = File::create(&self.path)?;
        let zeros = [0; 1 << 16];
        let mut left = self.bytes;
        while 0 < left {
            let n = left.min(zeros.len() as u64);
            file.write_all(&zeros[..n as usize])?;
            left -= n;
        }
        file.sync_all()
    }
}
