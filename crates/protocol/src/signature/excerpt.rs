use std::collections::VecDeque;

use sha2::{Digest, Sha256};

/// Longest string that is shown whole, in bytes.
const WHOLE: usize = 4096;
/// Bytes shown of the head and of the tail of a longer one.
const PART: usize = 1024;

/// Collects what an error message shows of a string to sign: all of it up to 4 KiB, else its head, its tail and its SHA-256.
/// With photographs such a string is megabytes long; this keeps a few kilobytes of it whatever its length.
#[derive(Default)]
pub struct Excerpt {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    length: usize,
    digest: Sha256,
}

impl Excerpt {
    /// Takes the next part of the string.
    pub fn push(&mut self, part: &[u8]) {
        self.length += part.len();
        self.digest.update(part);
        let room = WHOLE - self.head.len();
        self.head.extend_from_slice(&part[..part.len().min(room)]);
        self.tail.extend(&part[part.len().saturating_sub(PART)..]);
        self.tail.drain(..self.tail.len().saturating_sub(PART));
    }

    /// The string as a message shows it.
    pub fn finish(self) -> String {
        if self.length <= WHOLE {
            return String::from_utf8_lossy(&self.head).into_owned();
        }
        let tail: Vec<u8> = self.tail.into();
        format!(
            "{}...({} bytes, SHA-256 {})...{}",
            String::from_utf8_lossy(&self.head[..PART]),
            self.length,
            hex::encode(self.digest.finalize()),
            String::from_utf8_lossy(&tail)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_up_to_four_kibibytes() {
        let mut excerpt = Excerpt::default();
        excerpt.push(&[b'a'; 4000]);
        excerpt.push(&[b'b'; 96]);
        assert_eq!(excerpt.finish(), "a".repeat(4000) + &"b".repeat(96));
    }

    #[test]
    fn head_tail_and_digest_beyond() {
        let mut excerpt = Excerpt::default();
        for _ in 0..10 {
            excerpt.push(&[b'a'; 500]);
        }
        excerpt.push(b"end");
        let text = excerpt.finish();
        assert!(text.starts_with(&("a".repeat(1024) + "...(5003 bytes, SHA-256 ")), "{text}");
        assert!(text.ends_with(&(")...".to_owned() + &"a".repeat(1021) + "end")), "{text}");
        let digest = hex::encode(Sha256::digest("a".repeat(5000) + "end"));
        assert!(text.contains(&digest));
    }
}
