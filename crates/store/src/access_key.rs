use std::fmt;

use rand::distr::{Alphanumeric, SampleString};
use time::OffsetDateTime;

/// Length of an id's random part: 95 bits.
const ID_LENGTH: usize = 16;
/// Length of a secret: 178 bits, more than the 160 of HMAC-SHA1's output.
const SECRET_LENGTH: usize = 30;
/// What ids begin with, so that people and secret scanners know one when they see it.
const ID_PREFIX: &str = "SHIREN";

/// The secret half of an access key. It is kept in plain text, since HMAC needs it so; it is never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

impl KeySecret {
    /// A secret that exists already.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn random() -> Self {
        // `rand::rng` is a cryptographic generator seeded by the operating system.
        Self(Alphanumeric.sample_string(&mut rand::rng(), SECRET_LENGTH))
    }

    /// The secret itself, for signing and for showing it once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(hidden)")
    }
}

/// A pair of id and secret with which a caller signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// Public half, sent with every request.
    pub id: String,
    /// Secret half, never sent.
    pub secret: KeySecret,
    /// For people: whose it is.
    pub label: String,
    /// Whether it is let in.
    pub enabled: bool,
    /// When it was made.
    pub created: OffsetDateTime,
}

impl AccessKey {
    pub(crate) fn random(label: &str, created: OffsetDateTime) -> Self {
        let id = format!("{ID_PREFIX}{}", Alphanumeric.sample_string(&mut rand::rng(), ID_LENGTH));
        Self { id, secret: KeySecret::random(), label: label.to_owned(), enabled: true, created }
    }
}
