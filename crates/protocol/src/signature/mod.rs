//! Signatures of requests: the string to sign, and the check.

mod excerpt;
pub mod v1;

pub use excerpt::Excerpt;
