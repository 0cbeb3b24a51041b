use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use thiserror::Error;

use crate::percent;

/// Most parameters of a request; the SDKs send under 20. Without an end, a request of many empty ones would cost thirty times
/// its size.
const MAX_PARAMS: usize = 512;

/// More than 512 parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("more than {MAX_PARAMS} parameters")]
pub struct TooManyParams;

/// The parameters of a request: the union of its query string and its form, decoded, sorted by name.
///
/// Where a name occurs more than once, the first occurrence wins, the query before the form; the others are neither used nor
/// signed. Values are bytes: whether they are UTF-8 is asked where text is needed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params {
    pairs: Vec<(Bytes, Bytes)>,
}

impl Params {
    /// Decodes a query string and a form body. Values without an escape share the memory of what they came in.
    pub fn parse(query: &Bytes, form: &Bytes) -> Result<Self, TooManyParams> {
        let mut pairs: Vec<(Bytes, Bytes)> = Vec::new();
        for source in [query, form] {
            for part in source.split(|&byte| byte == b'&').filter(|part| !part.is_empty()) {
                let (name, value) = match memchr::memchr(b'=', part) {
                    Some(at) => (&part[..at], &part[at + 1..]),
                    None => (part, &part[part.len()..]),
                };
                if pairs.len() == MAX_PARAMS {
                    return Err(TooManyParams);
                }
                pairs.push((decode(source, name), decode(source, value)));
            }
        }
        // Stable, so that of equal names the first one sent comes first and is the one that stays.
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, first| later.0 == first.0);
        Ok(Self { pairs })
    }

    /// The value of a parameter; none if it was not sent.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        let found = self.pairs.binary_search_by(|(other, _)| (**other).cmp(name.as_bytes()));
        found.ok().map(|at| &self.pairs[at].1)
    }

    /// All parameters, sorted by the bytes of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl fmt::Debug for Params {
    // Values hold photographs and signatures, which do not belong into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = self.iter().map(|(name, value)| (String::from_utf8_lossy(name), value.len()));
        f.debug_map().entries(lengths).finish()
    }
}

fn decode(source: &Bytes, text: &[u8]) -> Bytes {
    match percent::decode(text) {
        Cow::Borrowed(same) => source.slice_ref(same),
        Cow::Owned(decoded) => decoded.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_and_form_are_one_and_the_first_wins() {
        let query = Bytes::from_static(b"b=1&a=x+y&b=2&&flag");
        let form = Bytes::from_static(b"c=%E5%AE%9E&a=other&empty=");
        let params = Params::parse(&query, &form).unwrap();
        let pairs: Vec<_> = params.iter().collect();
        let expected: [(&[u8], &[u8]); 5] =
            [(b"a", b"x y"), (b"b", b"1"), (b"c", "实".as_bytes()), (b"empty", b""), (b"flag", b"")];
        assert_eq!(pairs, expected);
        assert_eq!(params.get("a").map(|v| &**v), Some(&b"x y"[..]));
        assert_eq!(params.get("A"), None);
        assert_eq!(format!("{params:?}"), r#"{"a": 3, "b": 1, "c": 3, "empty": 0, "flag": 0}"#);
    }

    #[test]
    fn many_parameters_are_refused() {
        let many = |count: usize| Bytes::from("a&".repeat(count));
        assert!(Params::parse(&many(300), &many(212)).is_ok());
        assert_eq!(Params::parse(&many(300), &many(213)), Err(TooManyParams));
    }
}
