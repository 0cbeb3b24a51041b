/// Where the progress of obtaining assets is shown. Called from one thread at a time.
pub trait Progress: Sync {
    /// Something that takes time without a measure, such as waiting for another process.
    fn note(&self, text: &str);
    /// Something begins that takes `total` bytes.
    fn begin(&self, what: &str, total: u64);
    /// Of what has begun, so many bytes are there.
    fn position(&self, done: u64);
    /// It has ended.
    fn end(&self);
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn note(&self, _text: &str) {}
    fn begin(&self, _what: &str, _total: u64) {}
    fn position(&self, _done: u64) {}
    fn end(&self) {}
}
