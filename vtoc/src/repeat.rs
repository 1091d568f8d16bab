//! A recording several times over, as one signal: address filters and tracks stay warm.

use hw::{Chunk, Recording, RecordingOptions, SampleSource, SourceError, SourceInfo};
use model::{IqFormat, Tuning};
use std::path::{Path, PathBuf};

pub struct Repeated {
    now: Recording,
    path: PathBuf,
    options: RecordingOptions,
    left: u32,
}

impl Repeated {
    pub fn open(path: &Path, options: &RecordingOptions, times: u32) -> Result<Self, SourceError> {
        Ok(Self { now: Recording::open(path, options)?, path: path.to_owned(), options: options.clone(), left: times - 1 })
    }
}

impl SampleSource for Repeated {
    fn info(&self) -> SourceInfo {
        self.now.info()
    }

    fn tuning(&self) -> Tuning {
        self.now.tuning()
    }

    fn format(&self) -> IqFormat {
        self.now.format()
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        let chunk = self.now.read(buf)?;
        if chunk.bytes != 0 || self.left == 0 {
            return Ok(chunk);
        }
        self.left -= 1;
        self.now = Recording::open(&self.path, &self.options)?;
        self.now.read(buf)
    }
}
