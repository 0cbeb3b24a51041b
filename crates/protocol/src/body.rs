//! Bodies in chunks (RFC 9112, section 7.1).

use thiserror::Error;

/// Longest line of a chunk's size with its extensions, and of a trailer field, in bytes.
const MAX_LINE: usize = 4096;
/// Most bytes of all trailer fields, which are read and dropped.
const MAX_TRAILERS: usize = 16 * 1024;

/// A body that breaks the chunk format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChunkError {
    /// A chunk's size is no hexadecimal number, or does not end where it should.
    #[error("malformed chunk")]
    Malformed,
    /// A chunk's size line or the trailer fields are too long.
    #[error("a chunk's size line or the trailer fields are too long")]
    TooLong,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing more can be read before more bytes arrive.
    NeedMore,
    /// Drop `skip` bytes; then `data` bytes of the body follow.
    Data {
        /// Bytes of framing before the data.
        skip: usize,
        /// Bytes of data that have arrived; more of the chunk may follow.
        data: usize,
    },
    /// Drop `skip` bytes; the body has ended.
    End {
        /// Bytes of framing up to the end.
        skip: usize,
    },
}

/// Takes chunks apart. Keeps no bytes: [`step`](Self::step) says what stands at the front of the caller's buffer.
#[derive(Debug, Default)]
pub struct Chunks {
    state: State,
    trailer_bytes: usize,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    AwaitSize,
    AwaitData(u64),
    AwaitDataEnd,
    AwaitTrailer,
    Done,
}

impl Chunks {
    /// Looks at the front of `buffer`, from which the caller has dropped what earlier steps named.
    pub fn step(&mut self, buffer: &[u8]) -> Result<Step, ChunkError> {
        let mut at = 0;
        loop {
            let rest = &buffer[at..];
            match self.state {
                State::AwaitSize => match line(rest)? {
                    None => return Ok(self.skipped(at)),
                    Some((content, length)) => {
                        let size = parse_size(content)?;
                        at += length;
                        self.state = if size == 0 { State::AwaitTrailer } else { State::AwaitData(size) };
                    }
                },
                State::AwaitData(left) => {
                    let data = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    if data == 0 {
                        return Ok(self.skipped(at));
                    }
                    let left = left - data as u64;
                    self.state = if left == 0 { State::AwaitDataEnd } else { State::AwaitData(left) };
                    return Ok(Step::Data { skip: at, data });
                }
                State::AwaitDataEnd => match rest {
                    [b'\r', b'\n', ..] => {
                        at += 2;
                        self.state = State::AwaitSize;
                    }
                    [] | [b'\r'] => return Ok(self.skipped(at)),
                    _ => return Err(ChunkError::Malformed),
                },
                State::AwaitTrailer => match line(rest)? {
                    None => return Ok(self.skipped(at)),
                    Some((content, length)) => {
                        at += length;
                        self.trailer_bytes += length;
                        if self.trailer_bytes > MAX_TRAILERS {
                            return Err(ChunkError::TooLong);
                        }
                        if content.is_empty() {
                            self.state = State::Done;
                        }
                    }
                },
                State::Done => return Ok(Step::End { skip: at }),
            }
        }
    }

    /// What was read so far has changed the state and must be dropped, though no data follows yet.
    fn skipped(&self, at: usize) -> Step {
        if at == 0 { Step::NeedMore } else { Step::Data { skip: at, data: 0 } }
    }
}

/// The first line without its CR LF, and its length with it.
fn line(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, ChunkError> {
    let window = &bytes[..bytes.len().min(MAX_LINE)];
    match memchr::memchr(b'\n', window) {
        Some(at) => {
            let content = window[..at].strip_suffix(b"\r").ok_or(ChunkError::Malformed)?;
            Ok(Some((content, at + 1)))
        }
        None if bytes.len() >= MAX_LINE => Err(ChunkError::TooLong),
        None => Ok(None),
    }
}

fn parse_size(line: &[u8]) -> Result<u64, ChunkError> {
    let digits = line.split(|&b| b == b';').next().unwrap_or_default().trim_ascii_end();
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
    text.and_then(|text| u64::from_str_radix(text, 16).ok()).ok_or(ChunkError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    type BodyAndRest = (Vec<u8>, Vec<u8>);

    /// Feeds `wire` in pieces of `piece` bytes; the body, and what is left behind its end.
    fn decode(wire: &[u8], piece: usize) -> Result<Option<BodyAndRest>, ChunkError> {
        let mut chunks = Chunks::default();
        let (mut buffer, mut body) = (Vec::new(), Vec::new());
        for part in wire.chunks(piece) {
            buffer.extend_from_slice(part);
            loop {
                match chunks.step(&buffer)? {
                    Step::NeedMore => break,
                    Step::Data { skip, data } => {
                        body.extend_from_slice(&buffer[skip..skip + data]);
                        buffer.drain(..skip + data);
                    }
                    Step::End { skip } => {
                        buffer.drain(..skip);
                        return Ok(Some((body, buffer)));
                    }
                }
            }
        }
        Ok(None)
    }

    #[test]
    fn chunks_in_pieces_of_every_size() {
        let wire = b"4\r\nWiki\r\n6;name=value\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\n";
        for piece in 1..=wire.len() {
            let (body, rest) = decode(wire, piece).unwrap().expect("the end is there");
            assert_eq!((body.as_slice(), rest.len()), (&b"Wikipedia in \r\n\r\nchunks."[..], 0), "pieces of {piece}");
        }
        assert_eq!(decode(&wire[..20], 7), Ok(None));
    }

    #[test]
    fn what_follows_stays() {
        let (_, rest) = decode(b"1\r\na\r\n0\r\n\r\nGET /", 100).unwrap().unwrap();
        assert_eq!(rest, b"GET /");
    }

    #[test]
    fn malformed_chunks() {
        for wire in [&b"x\r\n"[..], b"\r\n", b"-1\r\n", b"1\nab", b"1\r\nabc", b"11111111111111111\r\n", b"+5\r\n"] {
            assert_eq!(decode(wire, 100), Err(ChunkError::Malformed), "{wire:?}");
        }
        assert_eq!(decode(&[b'1'; 5000], 5000), Err(ChunkError::TooLong));
        let endless = [&b"0\r\n"[..], &b"A: b\r\n".repeat(4000)].concat();
        assert_eq!(decode(&endless, 100), Err(ChunkError::TooLong));
    }
}
