//! Copies a handheld's files (a mounted tablet or SD card) from one place below the import root to another, and unpacks
//! what is packed.
//!
//! Constraints: both places lie below the root after every symbolic link is followed; links in between are not followed;
//! at most [`FILES_MAX`] files and [`BYTES_MAX`] bytes; an existing file is never written over.

use super::tar::{inside, unpack};
use flate2::read::GzDecoder;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

pub(crate) const FILES_MAX: usize = 10_000;
pub(crate) const BYTES_MAX: u64 = 4 << 30;

#[derive(Debug, Error)]
pub(crate) enum ImportError {
    #[error("source_path is not below the import root")]
    Outside,
    #[error("There is no such source_path below the import root")]
    Missing,
    #[error("destination_dir must be a relative path without ..")]
    BadDestination,
    #[error("More than {FILES_MAX} files or {BYTES_MAX} bytes: import less at once")]
    TooMuch,
    #[error("{0}")]
    Io(#[from] io::Error),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Imported {
    pub destination: PathBuf,
    /// Relative to it, in order.
    pub files: Vec<String>,
}

/// `source`: absolute or relative to `root`. `destination`: relative to `root`; `imported/<name>` unless given.
pub(crate) fn import(root: &Path, source: &Path, destination: Option<&Path>, extract: bool) -> Result<Imported, ImportError> {
    let root = root.canonicalize()?;
    let source = root.join(source).canonicalize().map_err(|_| ImportError::Missing)?;
    if !source.starts_with(&root) {
        return Err(ImportError::Outside);
    }
    let name = source.file_name().filter(|_| source != root).unwrap_or("all".as_ref()).to_owned();
    let destination = match destination {
        Some(given) => inside(given).ok_or(ImportError::BadDestination)?,
        None => Path::new("imported").join(name),
    };
    let destination = root.join(destination);
    fs::create_dir_all(&destination)?;
    // A link on the way may have led elsewhere.
    let destination = destination.canonicalize()?;
    if !destination.starts_with(&root) {
        return Err(ImportError::BadDestination);
    }
    let mut work = Work { destination: destination.clone(), extract, files: Vec::new(), bytes: 0 };
    if source.is_dir() {
        work.folder(&source, Path::new(""))?;
    } else {
        work.file(&source, Path::new(source.file_name().unwrap_or("file".as_ref())))?;
    }
    work.files.sort();
    Ok(Imported { destination, files: work.files })
}

struct Work {
    destination: PathBuf,
    extract: bool,
    files: Vec<String>,
    bytes: u64,
}

impl Work {
    fn folder(&mut self, from: &Path, to: &Path) -> Result<(), ImportError> {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            // Not what we are writing just now.
            if self.destination.starts_with(&path) {
                continue;
            }
            if kind.is_dir() {
                self.folder(&path, &to.join(entry.file_name()))?;
            } else if kind.is_file() {
                self.file(&path, &to.join(entry.file_name()))?;
            }
        }
        Ok(())
    }

    fn file(&mut self, from: &Path, to: &Path) -> Result<(), ImportError> {
        let name = to.to_string_lossy().to_ascii_lowercase();
        let packed = |ends: &[&str]| self.extract && ends.iter().any(|end| name.ends_with(end));
        let opened = File::open(from)?;
        if packed(&[".tar"]) {
            return self.archive(opened, to);
        }
        if packed(&[".tar.gz", ".tgz"]) {
            return self.archive(GzDecoder::new(opened), to);
        }
        if packed(&[".gz"]) {
            return self.write(GzDecoder::new(opened), &to.with_extension(""));
        }
        self.write(opened, to)
    }

    /// Into a folder with the archive's name.
    fn archive(&mut self, from: impl Read, to: &Path) -> Result<(), ImportError> {
        let name = to.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.split(".t").next().unwrap_or("archive");
        let folder = to.with_file_name(if stem.is_empty() { "archive" } else { stem });
        let mut too_much = false;
        let unpacked = unpack(from, |name, data| match self.write(data, &folder.join(name)) {
            Ok(()) => Ok(()),
            Err(ImportError::Io(error)) => Err(error),
            Err(_) => {
                too_much = true;
                Err(io::Error::other("too much"))
            }
        });
        if too_much { Err(ImportError::TooMuch) } else { Ok(unpacked?) }
    }

    fn write(&mut self, from: impl Read, to: &Path) -> Result<(), ImportError> {
        if FILES_MAX <= self.files.len() {
            return Err(ImportError::TooMuch);
        }
        let path = self.destination.join(to);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut out = match OpenOptions::new().write(true).create_new(true).open(&path) {
            // Imported before.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            other => other?,
        };
        let left = BYTES_MAX - self.bytes;
        let copied = io::copy(&mut from.take(left + 1), &mut out)?;
        self.bytes += copied;
        if left < copied {
            let _ = fs::remove_file(&path);
            return Err(ImportError::TooMuch);
        }
        self.files.push(to.to_string_lossy().into_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("sd/CAPTURES/deep")).unwrap();
        fs::write(root.join("sd/a.TXT"), "one").unwrap();
        fs::write(root.join("sd/CAPTURES/deep/b.C16"), [1, 2, 3, 4]).unwrap();
        for (flags, name) in [("-cf", "old.tar"), ("-czf", "new.tar.gz")] {
            let done = Command::new("tar").args([flags, name, "a.TXT", "CAPTURES"]).current_dir(root.join("sd")).status().unwrap();
            assert!(done.success());
        }
        Command::new("gzip").args(["-k", "a.TXT"]).current_dir(root.join("sd")).status().unwrap();
        dir
    }

    #[test]
    fn a_card_is_copied_and_unpacked() {
        let dir = tree();
        std::os::unix::fs::symlink("/etc", dir.path().join("sd/etc")).unwrap();
        let done = import(dir.path(), Path::new("sd"), None, true).unwrap();
        // `a.TXT.gz` holds what `a.TXT` is: whichever came first stays, neither is written over.
        let expected = ["CAPTURES/deep/b.C16", "a.TXT", "new/CAPTURES/deep/b.C16", "new/a.TXT", "old/CAPTURES/deep/b.C16", "old/a.TXT"];
        assert_eq!(done.files, expected);
        assert_eq!(fs::read(done.destination.join("new/CAPTURES/deep/b.C16")).unwrap(), [1, 2, 3, 4]);
        assert_eq!(fs::read_to_string(done.destination.join("a.TXT")).unwrap(), "one");
        assert!(import(dir.path(), Path::new("sd"), None, true).unwrap().files.is_empty(), "again: nothing new");
        let packed = import(dir.path(), &dir.path().join("sd"), Some(Path::new("plain/here")), false).unwrap();
        assert!(packed.files.contains(&"new.tar.gz".to_owned()) && packed.destination.ends_with("plain/here"));
        let one = import(dir.path(), Path::new("sd/old.tar"), Some(Path::new("one")), true).unwrap();
        assert_eq!(one.files, ["old/CAPTURES/deep/b.C16", "old/a.TXT"]);
    }

    #[test]
    fn nothing_outside_the_root_is_read_or_written() {
        let dir = tree();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("way-out")).unwrap();
        let refused = |source: &Path, to: Option<&Path>| import(dir.path(), source, to, true).unwrap_err().to_string();
        assert_eq!(refused(Path::new("way-out"), None), "source_path is not below the import root");
        assert_eq!(refused(&outside.path().join("secret"), None), "source_path is not below the import root");
        assert_eq!(refused(Path::new("../.."), None), "source_path is not below the import root");
        assert_eq!(refused(Path::new("nothing"), None), "There is no such source_path below the import root");
        for to in ["../x", "/tmp/x", "a/../../x", ""] {
            assert_eq!(refused(Path::new("sd"), Some(Path::new(to))), "destination_dir must be a relative path without ..", "{to}");
        }
        assert_eq!(refused(Path::new("sd"), Some(Path::new("way-out/x"))), "destination_dir must be a relative path without ..");
        assert_eq!(fs::read_dir(outside.path()).unwrap().filter(|e| e.as_ref().unwrap().path().is_file()).count(), 1);
    }

    #[test]
    fn an_archive_that_lies_harms_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("bad.tar"), vec![7; 4_096]).unwrap();
        let error = import(dir.path(), Path::new("bad.tar"), None, true).unwrap_err().to_string();
        assert_eq!(error, "it is no tar archive, or damaged");
        // A name that leads upwards, with a right checksum.
        let mut header = [0_u8; 512];
        header[..9].copy_from_slice(b"../up.txt");
        header[124..135].copy_from_slice(b"00000000003");
        header[156] = b'0';
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let archive = [&header[..], b"abc", &[0; 509], &[0; 1_024]].concat();
        fs::write(dir.path().join("up.tar"), archive).unwrap();
        assert!(import(dir.path(), Path::new("up.tar"), Some(Path::new("in")), true).unwrap().files.is_empty());
        assert!(!dir.path().join("up.txt").exists());
    }
}
