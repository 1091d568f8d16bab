//! Just enough of POSIX ustar (IEEE 1003.1, pax, "ustar Interchange Format") to unpack a handheld's logs: regular files.
//!
//! ```text
//!   header, 512 bytes:  name 0..100 · size 124..136 octal · checksum 148..156 · type 156 · "ustar" 257 · prefix 345..500
//!   data, padded to 512; two zero blocks end it
//! ```
//! Links, devices and names that lead outside are passed over; a header whose checksum is wrong ends it with an error.

use std::io::{Error, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

const BLOCK: usize = 512;

/// Calls `each` with the name and contents of every regular file. `each` need not read all of it.
pub(super) fn unpack(mut from: impl Read, mut each: impl FnMut(PathBuf, &mut dyn Read) -> Result<(), Error>) -> Result<(), Error> {
    let mut header = [0; BLOCK];
    loop {
        match from.read_exact(&mut header) {
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        if header.iter().all(|b| *b == 0) {
            return Ok(());
        }
        if !checks(&header) {
            return Err(Error::new(ErrorKind::InvalidData, "it is no tar archive, or damaged"));
        }
        let size = octal(&header[124..136]).ok_or_else(|| Error::new(ErrorKind::InvalidData, "a file in it has no size"))?;
        let mut data = from.by_ref().take(size);
        if let (b'0' | 0, Some(name)) = (header[156], name(&header)) {
            each(name, &mut data)?;
        }
        // What was not read, and the padding.
        let rest = data.limit() + (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        std::io::copy(&mut from.by_ref().take(rest), &mut std::io::sink())?;
    }
}

fn checks(header: &[u8; BLOCK]) -> bool {
    let sum: u64 = header.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { u64::from(b' ') } else { u64::from(*b) }).sum();
    octal(&header[148..156]) == Some(sum)
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    u64::from_str_radix(text, 8).ok()
}

fn text(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field.split(|b| *b == 0).next()?).ok()
}

fn name(header: &[u8; BLOCK]) -> Option<PathBuf> {
    let prefix = if &header[257..262] == b"ustar" { text(&header[345..500])? } else { "" };
    let path = Path::new(prefix).join(text(&header[..100])?);
    inside(&path)
}

/// The path without `.`; `None`: it is empty, absolute, or leads upwards.
pub(super) fn inside(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!plain.as_os_str().is_empty()).then_some(plain)
}
