//! Percent-encoding: decoding of query strings and forms, encoding for signatures (RFC 3986, section 2).

use std::borrow::Cow;

/// Decodes a name or a value of a query string or an `application/x-www-form-urlencoded` body: `+` is a space, `%XX` a byte.
/// A `%` that no two hexadecimal digits follow stands for itself, as the WHATWG URL standard has it.
pub(crate) fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr2(b'%', b'+', text) else { return Cow::Borrowed(text) };
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut next = Some(first);
    while let Some(at) = next {
        out.extend_from_slice(&rest[..at]);
        let (byte, length) = match (rest[at], rest.get(at + 1).and_then(hex), rest.get(at + 2).and_then(hex)) {
            (b'+', _, _) => (b' ', 1),
            (_, Some(high), Some(low)) => (high << 4 | low, 3),
            _ => (b'%', 1),
        };
        out.push(byte);
        rest = &rest[at + length..];
        next = memchr::memchr2(b'%', b'+', rest);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

fn hex(digit: &u8) -> Option<u8> {
    char::from(*digit).to_digit(16).map(|value| value as u8)
}

/// Bytes that stay as they are: `A-Z a-z 0-9 - _ . ~`.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = is_unreserved(byte as u8);
        byte += 1;
    }
    table
};

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Encodes `text` once, into `sink`: unreserved bytes stay, every other becomes `%XX` with capital digits.
fn encode(text: &[u8], sink: &mut impl FnMut(&[u8])) {
    encode_with(text, sink, |byte| [b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
}

/// `text` percent-encoded for a query string or a form: unreserved bytes stay, every other becomes `%XX`.
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode(text.as_bytes(), &mut |part| out.push_str(&String::from_utf8_lossy(part)));
    out
}

/// Encodes `text` twice in one pass, as the v1 string to sign needs it: the `%` of the first encoding becomes `%25`.
pub(crate) fn encode_twice(text: &[u8], sink: &mut impl FnMut(&[u8])) {
    encode_with(text, sink, |byte| [b'%', b'2', b'5', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
}

fn encode_with<const N: usize>(text: &[u8], sink: &mut impl FnMut(&[u8]), escape: impl Fn(u8) -> [u8; N]) {
    let mut start = 0;
    for (at, &byte) in text.iter().enumerate() {
        if !UNRESERVED[usize::from(byte)] {
            if start < at {
                sink(&text[start..at]);
            }
            sink(&escape(byte));
            start = at + 1;
        }
    }
    if start < text.len() {
        sink(&text[start..]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(text, &mut |part| out.extend_from_slice(part));
        out
    }

    #[test]
    fn decodes_what_clients_send() {
        for (text, plain) in [
            ("abc", "abc"),
            ("a+b%20c", "a b c"),
            ("%2B%2f%3D", "+/="),
            ("%E5%AE%9E%E4%BA%BA", "实人"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("", ""),
        ] {
            assert_eq!(decode(text.as_bytes()), plain.as_bytes(), "{text}");
        }
    }

    #[test]
    fn encodes_by_rfc_3986() {
        assert_eq!(encoded(b"a b*c~d-e_f.g/+=&"), b"a%20b%2Ac~d-e_f.g%2F%2B%3D%26");
        assert_eq!(encoded("实".as_bytes()), b"%E5%AE%9E");
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let encoded = encoded(&bytes);
            prop_assert_eq!(&*decode(&encoded), &bytes[..]);
        }

        #[test]
        fn twice_in_one_pass_is_twice(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut once = Vec::new();
            encode_twice(&bytes, &mut |part| once.extend_from_slice(part));
            prop_assert_eq!(once, encoded(&encoded(&bytes)));
        }
    }
}
