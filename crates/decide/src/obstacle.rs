use std::fmt;

use thiserror::Error;

/// Which of the two photographs is meant.
///
/// Terms of ISO/IEC 2382-37: the *reference* is the enrolled sample (the document's portrait), the *probe* is the sample
/// that is compared with it (the live photograph). The wire names them `refFaceContent` and `authFaceContent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The portrait on the identity document, `refFaceContent`.
    Reference,
    /// The person in front of the camera, `authFaceContent`.
    Probe,
}

impl Role {
    /// The name of the photograph on the wire; error messages use it, because it is the name that a caller knows.
    pub fn field(self) -> &'static str {
        match self {
            Role::Reference => "refFaceContent",
            Role::Probe => "authFaceContent",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field())
    }
}

/// What keeps a text from being base64 (RFC 4648, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Base64Fault {
    /// It begins like a `data:` URL.
    #[error("the prefix before the comma (data:image/jpeg;base64,) must be left out")]
    DataPrefix,
    /// It is broken into lines.
    #[error("line breaks must be left out, the first is at character {at}")]
    LineBreak {
        /// Place of the first one, from 0.
        at: usize,
    },
    /// A character of another alphabet, or a length that no base64 has.
    #[error("a character or the length is not of base64")]
    Other,
}

/// Why a photograph could not be judged.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Cause {
    /// The text is not base64.
    #[error("not base64: {0}")]
    NotBase64(Base64Fault),
    /// The bytes are not a JPEG. Holds what they look like.
    #[error("not a JPEG: {0}")]
    NotJpeg(String),
    /// The JPEG ends before its last pixel.
    #[error("the JPEG is truncated")]
    Truncated,
    /// The JPEG breaks the format's rules. Holds the decoder's words.
    #[error("the JPEG is damaged: {0}")]
    Damaged(String),
    /// More pixels than the limit allows; refused before any is decoded.
    #[error("{width}x{height} pixels, more than the limit of {limit} pixels")]
    TooManyPixels {
        /// Width in pixels, as the file's header says.
        width: u32,
        /// Height in pixels, as the file's header says.
        height: u32,
        /// The most pixels that are accepted.
        limit: u64,
    },
    /// The detector found no face at any scale.
    #[error("no face found")]
    NoFace,
    /// The largest face is too small for its embedding to mean anything.
    #[error("face too small: {found:.0} pixels across, at least {needed:.0} are needed")]
    FaceTooSmall {
        /// Shorter side of the face's box, in pixels of the upright photograph.
        found: f32,
        /// The least that the policy accepts, in the same unit.
        needed: f32,
    },
}

impl Cause {
    /// Whether the photograph could not even be turned into pixels (the wire's `PROCESSING`), as against a readable
    /// picture without a usable face.
    pub fn is_unreadable(&self) -> bool {
        !matches!(self, Cause::NoFace | Cause::FaceTooSmall { .. })
    }
}

/// A photograph that could not be judged, and why: `authFaceContent: no face found`.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{role}: {cause}")]
pub struct Obstacle {
    /// The photograph.
    pub role: Role,
    /// What is wrong with it.
    pub cause: Cause,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_obstacle_names_the_photo_and_the_cause() {
        let obstacle = Obstacle { role: Role::Probe, cause: Cause::NoFace };
        assert_eq!(obstacle.to_string(), "authFaceContent: no face found");
        let obstacle = Obstacle { role: Role::Reference, cause: Cause::FaceTooSmall { found: 21.4, needed: 32.0 } };
        assert_eq!(obstacle.to_string(), "refFaceContent: face too small: 21 pixels across, at least 32 are needed");
    }
}
