//! AIS sentences for tests, written without the decoders' help.

/// The fields of a message, (bits, value) each, as one AIVDM sentence on channel A, without a line end.
pub fn sentence(fields: &[(u32, u64)]) -> String {
    let bits: Vec<u8> = fields.iter().flat_map(|&(width, value)| (0..width).rev().map(move |i| (value >> i & 1) as u8)).collect();
    let armor = |six: &[u8]| {
        let code = six.iter().fold(0, |code, bit| code << 1 | bit);
        char::from(if code < 40 { code + 48 } else { code + 56 })
    };
    let body = format!("AIVDM,1,1,,A,{},0", bits.chunks(6).map(armor).collect::<String>());
    format!("!{body}*{:02X}", body.bytes().fold(0, |sum, b| sum ^ b))
}
