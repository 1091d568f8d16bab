//! PostgreSQL's binary COPY format, as far as events need it (manual, "COPY", Binary Format).
//!
//! ```text
//!   "PGCOPY\n\xff\r\n\0"  flags:i32=0  extension:i32=0
//!   per row:  fields:i16  { length:i32 (-1 = NULL)  bytes }…
//!   end:      -1:i16
//! ```
//! All numbers big endian; a timestamp is microseconds since 2000-01-01; jsonb is a version byte (1) and text.

use model::UnixMicros;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// 2000-01-01T00:00:00Z
const POSTGRES_EPOCH: UnixMicros = UnixMicros::from_secs(946_684_800);

pub(super) struct CopyRows(Vec<u8>);

impl CopyRows {
    pub fn with_capacity(bytes: usize) -> Self {
        let mut out = Vec::with_capacity(bytes + SIGNATURE.len() + 2);
        out.extend_from_slice(SIGNATURE);
        Self(out)
    }

    /// Begins a row of so many fields, which must follow.
    pub fn row(&mut self, fields: i16) -> &mut Self {
        self.0.extend_from_slice(&fields.to_be_bytes());
        self
    }

    pub fn int8(&mut self, value: i64) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    pub fn float8(&mut self, value: Option<f64>) -> &mut Self {
        match value {
            Some(value) => self.field(&value.to_be_bytes()),
            None => self.null(),
        }
    }

    pub fn timestamptz(&mut self, value: UnixMicros) -> &mut Self {
        self.int8(value.micros_since(POSTGRES_EPOCH))
    }

    /// Must hold no U+0000.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.field(value.as_bytes())
    }

    pub fn jsonb(&mut self, value: &impl serde::Serialize) -> &mut Self {
        let start = self.0.len();
        self.0.extend_from_slice(&[0, 0, 0, 0, 1]);
        serde_json::to_writer(&mut self.0, value).expect("a Vec takes everything, and payloads hold no maps with odd keys");
        let length = i32::try_from(self.0.len() - start - 4).expect("a payload is a few kilobytes");
        self.0[start..start + 4].copy_from_slice(&length.to_be_bytes());
        self
    }

    pub fn null(&mut self) -> &mut Self {
        self.0.extend_from_slice(&(-1_i32).to_be_bytes());
        self
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&(-1_i16).to_be_bytes());
        self.0
    }

    fn field(&mut self, bytes: &[u8]) -> &mut Self {
        let length = i32::try_from(bytes.len()).expect("a field is a few kilobytes");
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }
}
