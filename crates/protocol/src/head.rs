//! Request heads of HTTP/1, with request lines of any length.
//!
//! All four examples of the service's document put both photographs into the URL, so request lines of megabytes are normal here, while
//! `http::Uri`, and with it hyper and axum, ends at 65,534 bytes. [`End`] finds a head's end in a growing buffer, looking at
//! each byte once; [`Head::parse`] reads it with `httparse`, whose tokeniser has no such limit. See `docs/architecture.md`.

use std::fmt;

use bytes::Bytes;
use thiserror::Error;

/// Most header fields of a request; the SDKs send under 20.
const MAX_HEADERS: usize = 100;

/// Looks for the empty line that ends a head, in a buffer that grows.
#[derive(Debug, Default)]
pub struct End {
    searched: usize,
}

impl End {
    /// Whether nothing has been searched yet.
    pub fn is_at_start(&self) -> bool {
        self.searched == 0
    }

    /// Length of the head with its empty line, once `buffer` holds all of it. To be called with the same buffer, longer each
    /// time.
    pub fn find(&mut self, buffer: &[u8]) -> Option<usize> {
        while let Some(found) = memchr::memchr(b'\n', &buffer[self.searched..]) {
            let newline = self.searched + found;
            let behind = &buffer[newline + 1..];
            // Too little behind the newline to tell: the next call begins with it again.
            if behind.is_empty() || behind == b"\r" {
                self.searched = newline;
                return None;
            }
            if behind[0] == b'\n' {
                return Some(newline + 2);
            }
            if behind.starts_with(b"\r\n") {
                return Some(newline + 3);
            }
            self.searched = newline + 1;
        }
        self.searched = buffer.len();
        None
    }
}

/// How a request's body is delimited (RFC 9112, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes; none without a `Content-Length`.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// A request head.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    /// The method, as sent.
    pub method: String,
    /// The path, without the query; `/` for an absolute-form target without a path.
    pub path: String,
    /// The query string, undecoded, without `?`. Shares the head's memory.
    pub query: Bytes,
    /// How the body is delimited.
    pub framing: Framing,
    /// Whether the connection stays open after the answer.
    pub keep_alive: bool,
    /// Whether the client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
    /// Whether the body is `application/x-www-form-urlencoded`.
    pub has_form: bool,
    /// Bytes of the whole head, which stay in memory as long as the query does.
    pub length: usize,
    /// The `Host` field or the authority of an absolute-form target.
    pub host: String,
}

/// A head that is no HTTP/1 request. The connection ends with the answer, since where the next request begins is not known.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeadError {
    /// Not HTTP, or broken. Holds the parser's words.
    #[error("malformed request head: {0}")]
    Malformed(String),
    /// A header field that decides where the body ends is ambiguous, as in request smuggling (RFC 9112, section 11.2).
    #[error("ambiguous body length: {0}")]
    Framing(&'static str),
}

impl Head {
    /// Reads a complete head, which ends with its empty line.
    pub fn parse(bytes: &Bytes) -> Result<Self, HeadError> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let status = request.parse(bytes).map_err(|e| HeadError::Malformed(e.to_string()))?;
        let (httparse::Status::Complete(_), Some(method), Some(target), Some(version)) =
            (status, request.method, request.path, request.version)
        else {
            return Err(HeadError::Malformed("it is not complete".into()));
        };
        let target = Target::of(target);
        let mut fields = Fields::default();
        for header in request.headers.iter() {
            fields.take(header.name, header.value)?;
        }
        let framing = match (fields.chunked, fields.length) {
            (true, Some(_)) => return Err(HeadError::Framing("both Content-Length and Transfer-Encoding")),
            (true, None) if version == 0 => return Err(HeadError::Framing("chunks in HTTP/1.0")),
            (true, None) => Framing::Chunked,
            (false, length) => Framing::Length(length.unwrap_or(0)),
        };
        Ok(Self {
            method: method.to_owned(),
            path: target.path.to_owned(),
            query: bytes.slice_ref(target.query.as_bytes()),
            framing,
            keep_alive: if version == 0 { fields.keep_alive } else { !fields.close },
            expects_continue: version == 1 && fields.expects_continue,
            has_form: fields.has_form,
            length: bytes.len(),
            host: target.authority.map_or(fields.host, str::to_owned),
        })
    }
}

impl fmt::Debug for Head {
    // The query holds photographs and a signature, which do not belong into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({} {:?}, {} bytes, {:?})", self.method, self.path, self.length, self.framing)
    }
}

/// A request target taken apart.
struct Target<'a> {
    authority: Option<&'a str>,
    path: &'a str,
    query: &'a str,
}

impl<'a> Target<'a> {
    /// Origin-form `/path?query`, or absolute-form `http://host/path?query`, which every server must take (RFC 9112,
    /// section 3.2.2).
    fn of(target: &'a str) -> Self {
        let scheme = ["http://", "https://"]
            .into_iter()
            .find(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
        let (authority, rest) = match scheme.map(|scheme| &target[scheme.len()..]) {
            Some(rest) => {
                let end = memchr::memchr2(b'/', b'?', rest.as_bytes()).unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, target),
        };
        // A fragment is not sent by rule; `split_once` by memchr, since the query may be megabytes long.
        let (path, query) = match memchr::memchr(b'?', rest.as_bytes()) {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (rest, &rest[rest.len()..]),
        };
        Self { authority, path: if path.is_empty() { "/" } else { path }, query }
    }
}

/// The header fields that matter.
#[derive(Default)]
struct Fields {
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
    has_form: bool,
    host: String,
}

impl Fields {
    fn take(&mut self, name: &str, value: &[u8]) -> Result<(), HeadError> {
        let text = String::from_utf8_lossy(value);
        let text = text.trim();
        let has_token = |token: &str| text.split(',').any(|part| part.trim().eq_ignore_ascii_case(token));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => {
                let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                let length = text.parse().ok().filter(|_| digits);
                let length = length.ok_or(HeadError::Framing("Content-Length is not a number"))?;
                if self.length.is_some_and(|other| other != length) {
                    return Err(HeadError::Framing("two Content-Length fields that differ"));
                }
                self.length = Some(length);
            }
            "transfer-encoding" => {
                if self.chunked || !text.eq_ignore_ascii_case("chunked") {
                    return Err(HeadError::Framing("a Transfer-Encoding other than chunked"));
                }
                self.chunked = true;
            }
            "connection" => {
                self.close |= has_token("close");
                self.keep_alive |= has_token("keep-alive");
            }
            "expect" => self.expects_continue = text.eq_ignore_ascii_case("100-continue"),
            "content-type" => {
                let kind = text.split(';').next().unwrap_or_default().trim();
                self.has_form = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded");
            }
            "host" => self.host = text.to_owned(),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Head, HeadError> {
        Head::parse(&Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn the_end_is_found_however_the_bytes_arrive() {
        let text = b"GET /?a=b HTTP/1.1\r\nHost: x\r\n\r\nrest";
        for step in 1..text.len() {
            let mut end = End::default();
            let mut found = None;
            let mut length = 0;
            while found.is_none() && length < text.len() {
                length = (length + step).min(text.len());
                found = end.find(&text[..length]);
            }
            assert_eq!(found, Some(text.len() - 4), "in steps of {step}");
        }
        assert_eq!(End::default().find(b"GET / HTTP/1.1\n\nx"), Some(16));
    }

    #[test]
    fn a_request_line_of_sixteen_megabytes() {
        let value = "a".repeat(16 << 20);
        let head = parse(&format!("POST /?p={value} HTTP/1.1\r\nHost: h:1\r\nContent-Length: 0\r\n\r\n")).unwrap();
        assert_eq!((head.query.len(), head.path.as_str(), head.host.as_str()), ((16 << 20) + 2, "/", "h:1"));
        assert!(head.keep_alive && !head.expects_continue);
    }

    #[test]
    fn absolute_form_and_old_http() {
        let head = parse("GET HTTP://saf.example:80?x=1 HTTP/1.0\r\n\r\n").unwrap();
        assert_eq!((head.path.as_str(), &*head.query, head.host.as_str()), ("/", &b"x=1"[..], "saf.example:80"));
        assert!(!head.keep_alive);
        assert!(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").unwrap().keep_alive);
        assert!(!parse("GET / HTTP/1.1\r\nConnection: foo, close\r\n\r\n").unwrap().keep_alive);
    }

    #[test]
    fn ambiguous_lengths_are_refused() {
        for fields in [
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Content-Length: +5",
            "Content-Length: 5, 5",
            "Content-Length: ",
            "Content-Length: 99999999999999999999",
        ] {
            let error = parse(&format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n")).unwrap_err();
            assert!(matches!(error, HeadError::Framing(_)), "{fields}: {error}");
        }
        assert!(parse("POST / HTTP/1.1\r\nContent-Length: 5\r\n Content-Length: 6\r\n\r\n").is_err());
        assert!(matches!(parse("\x16\x03\x01\r\n\r\n"), Err(HeadError::Malformed(_))));
    }

    #[test]
    fn what_the_body_is() {
        let head = parse(
            "POST / HTTP/1.1\r\nContent-Type: Application/X-WWW-Form-Urlencoded; charset=utf-8\r\n\
             Expect: 100-Continue\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n",
        )
        .unwrap();
        assert!(head.has_form && head.expects_continue);
        assert_eq!(head.framing, Framing::Length(7));
        assert_eq!(parse("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap().framing, Framing::Chunked);
    }
}
