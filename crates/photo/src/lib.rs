//! JPEG bytes to upright pictures. Knows no models.

mod decode;
mod kind;
mod markers;
mod orient;

pub use decode::{DecodeLimits, PhotoError, decode};

/// An upright picture: 8-bit RGB, rows from the top, pixels from the left, three bytes a pixel, no padding (HWC).
///
/// Colours are those of the file, taken as sRGB; an embedded ICC profile is not applied.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Photo {
    /// Wraps pixels; none if their number is not `width * height * 3` or a side is zero.
    pub fn from_rgb(width: usize, height: usize, rgb: Vec<u8>) -> Option<Self> {
        let expected = width.checked_mul(height)?.checked_mul(3)?;
        (expected > 0 && rgb.len() == expected).then_some(Self { width, height, rgb })
    }

    /// Width in pixels, at least 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels, at least 1.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels, `3 * width * height` bytes.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

impl std::fmt::Debug for Photo {
    // A person's face does not belong into a log, so the pixels are left out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Photo({}x{})", self.width, self.height)
    }
}
