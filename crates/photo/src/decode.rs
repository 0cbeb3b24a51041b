use thiserror::Error;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::{Photo, kind, markers, orient};

/// What a photograph may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The most pixels, width times height. A picture takes three bytes a pixel while it is looked at.
    pub max_pixels: u64,
}

impl Default for DecodeLimits {
    /// 50 megapixels: 150 MB while it is looked at.
    fn default() -> Self {
        Self { max_pixels: 50_000_000 }
    }
}

/// Why bytes are no photograph.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PhotoError {
    /// Another kind of file, or none. Holds what it looks like.
    #[error("not a JPEG: {0}")]
    NotJpeg(String),
    /// No end-of-image marker: the file was cut.
    #[error("the JPEG is truncated")]
    Truncated,
    /// More pixels than the limit; found out from the header alone.
    #[error("{width}x{height} pixels, more than the limit of {limit} pixels")]
    TooManyPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The limit.
        limit: u64,
    },
    /// The decoder gave up. Holds its words.
    #[error("the JPEG is damaged: {0}")]
    Damaged(String),
}

/// Decodes a JPEG (baseline or progressive; grey, YCbCr, RGB, CMYK or YCCK) to an upright picture.
///
/// The EXIF orientation is applied. Nothing is allocated for pixels before the header's size has passed `limits`.
pub fn decode(bytes: &[u8], limits: DecodeLimits) -> Result<Photo, PhotoError> {
    if !bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Err(PhotoError::NotJpeg(kind::describe(bytes)));
    }
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    // A file that was cut inside its header fails here already, with words about its tables: say the simpler truth.
    let complete = markers::reaches_end(bytes);
    let failed = |reason: String| if complete { PhotoError::Damaged(reason) } else { PhotoError::Truncated };
    decoder.decode_headers().map_err(|e| failed(e.to_string()))?;
    let info = decoder.info().ok_or_else(|| failed("it has no header".into()))?;
    if u64::from(info.width) * u64::from(info.height) > limits.max_pixels {
        let (width, height) = (info.width.into(), info.height.into());
        return Err(PhotoError::TooManyPixels { width, height, limit: limits.max_pixels });
    }
    if !complete {
        return Err(PhotoError::Truncated);
    }
    let rgb = decoder.decode().map_err(|e| failed(e.to_string()))?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    orient::upright(width, height, rgb, decoder.exif().map(Vec::as_slice))
        .ok_or_else(|| failed(format!("its pixels are not {width}x{height} in RGB")))
}

#[cfg(test)]
mod tests {
    use image::ExtendedColorType;
    use image::codecs::jpeg::JpegEncoder;

    use super::*;

    /// A picture that is red above and blue below, left half darker.
    fn jpeg(width: u32, height: u32, color: ExtendedColorType) -> Vec<u8> {
        let channels = usize::from(color.bits_per_pixel()) / 8;
        let mut pixels = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let light = if x < width / 2 { 120 } else { 250 };
                let rgb = if y < height / 2 { [light, 0, 0] } else { [0, 0, light] };
                pixels.extend_from_slice(&rgb[..channels]);
            }
        }
        let mut out = Vec::new();
        JpegEncoder::new_with_quality(&mut out, 95).encode(&pixels, width, height, color).unwrap();
        out
    }

    /// Puts an EXIF segment that holds nothing but an orientation behind the start-of-image marker.
    fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let tiff = [&b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[orientation], &[0; 6]].concat();
        let body = [&b"Exif\0\0"[..], &tiff].concat();
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xFF, 0xE1], &length, &body, &jpeg[2..]].concat()
    }

    fn pixel(photo: &Photo, x: usize, y: usize) -> [u8; 3] {
        let at = (y * photo.width() + x) * 3;
        photo.rgb()[at..at + 3].try_into().unwrap()
    }

    #[test]
    fn orientation_6_turns_the_top_to_the_right() {
        let stored = jpeg(40, 20, ExtendedColorType::Rgb8);
        let upright = decode(&stored, DecodeLimits::default()).unwrap();
        assert_eq!((upright.width(), upright.height()), (40, 20));
        assert!(pixel(&upright, 30, 4)[0] > 200);
        let turned = decode(&with_orientation(&stored, 6), DecodeLimits::default()).unwrap();
        assert_eq!((turned.width(), turned.height()), (20, 40));
        // Stored top (red) becomes the right side; stored right half (bright) the bottom.
        assert!(pixel(&turned, 15, 30)[0] > 200, "{:?}", pixel(&turned, 15, 30));
        assert!(pixel(&turned, 4, 30)[2] > 200, "{:?}", pixel(&turned, 4, 30));
    }

    #[test]
    fn grey_becomes_rgb() {
        let photo = decode(&jpeg(17, 9, ExtendedColorType::L8), DecodeLimits::default()).unwrap();
        assert_eq!((photo.width(), photo.height()), (17, 9));
        let [r, g, b] = pixel(&photo, 15, 1);
        assert!(r == g && g == b && r > 200);
    }

    #[test]
    fn every_cut_is_an_error() {
        let whole = jpeg(64, 48, ExtendedColorType::Rgb8);
        for length in 3..whole.len() {
            let error = decode(&whole[..length], DecodeLimits::default()).unwrap_err();
            assert_eq!(error, PhotoError::Truncated, "cut to {length} of {} bytes", whole.len());
        }
    }

    #[test]
    fn a_huge_header_is_refused_before_its_pixels() {
        let mut bomb = jpeg(16, 16, ExtendedColorType::Rgb8);
        let frame = bomb.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        bomb[frame + 5..frame + 9].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
        let error = decode(&bomb, DecodeLimits::default()).unwrap_err();
        assert_eq!(error, PhotoError::TooManyPixels { width: 30_000, height: 30_000, limit: 50_000_000 });
    }

    #[test]
    fn other_files_are_named() {
        assert_eq!(
            decode(b"\x89PNG\r\n\x1a\n....", DecodeLimits::default()).unwrap_err().to_string(),
            "not a JPEG: it is a PNG"
        );
        assert_eq!(decode(b"", DecodeLimits::default()).unwrap_err().to_string(), "not a JPEG: it is empty");
    }

    #[test]
    fn one_pixel_is_a_picture() {
        let photo = decode(&jpeg(1, 1, ExtendedColorType::Rgb8), DecodeLimits::default()).unwrap();
        assert_eq!((photo.width(), photo.height()), (1, 1));
    }
}
