//! A recording of bytes: Beast, AVR or other lines, as a feed would have sent them.

use crate::{ByteSource, SourceError, SourceInfo};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A file read as a feed, flat out.
#[derive(Debug)]
pub struct ByteRecording {
    file: File,
    name: String,
}

impl ByteRecording {
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let name = path.display().to_string();
        let file = super::open_file(path, &name)?;
        Ok(Self { file, name })
    }
}

impl ByteSource for ByteRecording {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "file", name: self.name.clone(), live: false }
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
        loop {
            match self.file.read(buf) {
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                other => return other.map_err(|e| SourceError::from_io(&self.name, e)),
            }
        }
    }
}
