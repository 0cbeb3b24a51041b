use std::time::Duration;

/// What connections may cost. Every limit is a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of one request, head and body together. Past it the caller gets `RequestTooLarge`. Default 32 MiB: two
    /// photographs of 10 MB in base64, percent-encoded, and then some.
    pub max_request: usize,
    /// Most memory of all requests together that are being read or handled, each byte of a request counting twice, as it came
    /// and decoded. Past it callers get `ServiceUnavailable`. Default 512 MiB.
    pub max_buffered: usize,
    /// Most connections at once; further ones wait to be accepted. Default 1024.
    pub max_connections: usize,
    /// Longest time between two requests of a connection. Default 75 s.
    pub idle: Duration,
    /// Longest time without a byte, in either direction, while a request or an answer is under way. Default 20 s.
    pub stall: Duration,
    /// Longest time from a request's first byte to its last. Default 120 s.
    pub request: Duration,
    /// Longest time that a shutdown waits for requests under way. Default 30 s.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_request: 32 << 20,
            max_buffered: 512 << 20,
            max_connections: 1024,
            idle: Duration::from_secs(75),
            stall: Duration::from_secs(20),
            request: Duration::from_secs(120),
            drain: Duration::from_secs(30),
        }
    }
}
