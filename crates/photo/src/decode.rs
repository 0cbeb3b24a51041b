use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mozjpeg::{ColorSpace, Decompress, Marker};
use thiserror::Error;

use crate::{Photo, kind, markers, orient};

/// Most scans of a picture. Progressive pictures have about ten; each scan lets a few bytes cost a pass over all pixels.
const MAX_SCANS: usize = 100;
/// Most scans times pixels: twelve scans of a picture of 50 megapixels.
const MAX_SCANNED_PIXELS: u64 = 600_000_000;

/// What a photograph may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The most pixels, width times height. A picture takes three bytes a pixel while it is looked at, six while it is turned
    /// upright, and up to fifteen while a progressive CMYK one is decoded (nine without CMYK).
    pub max_pixels: u64,
}

impl Default for DecodeLimits {
    /// 50 megapixels: 150 MB while a picture is looked at, 750 MB at worst while it is decoded.
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
    /// The decoder gave up. Holds its words. What libjpeg only warns of, such as data that ends early in a file that is closed by
    /// an end marker all the same, is not noticed: it decodes to grey.
    #[error("the JPEG is damaged: {0}")]
    Damaged(String),
}

/// Decodes a JPEG (baseline or progressive; grey, YCbCr, RGB, CMYK or YCCK) to an upright picture.
///
/// The EXIF orientation is applied. Nothing is allocated for pixels before the header's size has passed `limits`. The decoder
/// is libjpeg-turbo's, to the bit, since the project's reference figures were made with it: a few pixels that are one level
/// off move the cosine of two faces by up to 0.025.
pub fn decode(bytes: &[u8], limits: DecodeLimits) -> Result<Photo, PhotoError> {
    if !bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Err(PhotoError::NotJpeg(kind::describe(bytes)));
    }
    let layout = markers::layout(bytes);
    // The library reports fatal errors by unwinding with a text, without a panic message; it shares nothing with other calls.
    let unwound = catch_unwind(AssertUnwindSafe(|| read(bytes, limits, layout)));
    let result = unwound.unwrap_or_else(|payload| {
        let words = payload.downcast_ref::<String>().map_or("the decoder gave up", String::as_str);
        Err(PhotoError::Damaged(words.to_owned()))
    });
    match result {
        // A file that was cut inside its header fails with words about its tables: say the simpler truth.
        Err(PhotoError::Damaged(_)) if !layout.complete => Err(PhotoError::Truncated),
        other => other,
    }
}

fn read(bytes: &[u8], limits: DecodeLimits, layout: markers::Layout) -> Result<Photo, PhotoError> {
    let damaged = |error: io::Error| PhotoError::Damaged(error.to_string());
    let decoder =
        Decompress::with_markers(&[Marker::APP(EXIF), Marker::APP(ADOBE)]).from_mem(bytes).map_err(damaged)?;
    let (width, height) = decoder.size();
    if width as u64 * height as u64 > limits.max_pixels {
        let (width, height) = (width as u32, height as u32);
        return Err(PhotoError::TooManyPixels { width, height, limit: limits.max_pixels });
    }
    if !layout.complete {
        return Err(PhotoError::Truncated);
    }
    let scanned = layout.scans as u64 * width as u64 * height as u64;
    if layout.scans > MAX_SCANS || scanned > MAX_SCANNED_PIXELS {
        return Err(PhotoError::Damaged(format!("{} scans are too many for {width}x{height}", layout.scans)));
    }
    let segment = |app, prefix: &[u8]| {
        let mut found = decoder.markers().filter(|marker| marker.marker == Marker::APP(app));
        found.find_map(|marker| marker.data.strip_prefix(prefix).map(<[u8]>::to_vec))
    };
    let exif = segment(EXIF, b"Exif\0\0");
    let inverted = segment(ADOBE, b"Adobe").is_some();
    let rgb = match decoder.color_space() {
        ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK => {
            let mut started = decoder.to_colorspace(ColorSpace::JCS_CMYK).map_err(damaged)?;
            from_cmyk(&started.read_scanlines::<u8>().map_err(damaged)?, inverted)
        }
        _ => decoder.rgb().and_then(|mut started| started.read_scanlines::<u8>()).map_err(damaged)?,
    };
    orient::upright(width, height, rgb, exif.as_deref())
        .ok_or_else(|| PhotoError::Damaged(format!("its pixels are not {width}x{height} in RGB")))
}

/// Number of the application segment that holds EXIF (CIPA DC-008, section 4.7.2).
const EXIF: u8 = 1;
/// Number of the application segment by which Adobe's programs say how they store CMYK.
const ADOBE: u8 = 14;

/// CMYK to RGB without a profile: the light that four inks on top of each other let through. Adobe's programs store the light
/// instead of the ink.
fn from_cmyk(cmyk: &[u8], inverted: bool) -> Vec<u8> {
    let light = |value: u8| u16::from(if inverted { value } else { 255 - value });
    cmyk.chunks_exact(4)
        .flat_map(|inks| {
            let black = light(inks[3]);
            [inks[0], inks[1], inks[2]].map(|ink| ((light(ink) * black + 127) / 255) as u8)
        })
        .collect()
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

    /// A picture of 32x16 of one colour, made by the library that decodes it, in a colour space and mode of its own.
    fn uniform(space: ColorSpace, pixel: &[u8], progressive: bool) -> Vec<u8> {
        let mut encoder = mozjpeg::Compress::new(space);
        encoder.set_size(32, 16);
        encoder.set_quality(95.0);
        if progressive {
            encoder.set_progressive_mode();
        }
        let mut started = encoder.start_compress(Vec::new()).unwrap();
        started.write_scanlines(&pixel.repeat(32 * 16)).unwrap();
        started.finish().unwrap()
    }

    #[test]
    fn cmyk_and_progressive_files() {
        // As Adobe's programs store it, 255 is no ink: this is a pure green.
        let cmyk = uniform(ColorSpace::JCS_CMYK, &[0, 255, 0, 255], false);
        assert!(cmyk.windows(5).any(|bytes| bytes == b"Adobe"));
        let [r, g, b] = pixel(&decode(&cmyk, DecodeLimits::default()).unwrap(), 16, 8);
        assert!(r < 5 && g > 250 && b < 5, "{r} {g} {b}");
        let progressive = uniform(ColorSpace::JCS_RGB, &[200, 100, 50], true);
        assert!(markers::layout(&progressive).scans > 1);
        let [r, g, b] = pixel(&decode(&progressive, DecodeLimits::default()).unwrap(), 16, 8);
        assert!(r.abs_diff(200) < 4 && g.abs_diff(100) < 4 && b.abs_diff(50) < 4, "{r} {g} {b}");
    }

    #[test]
    fn a_picture_of_too_many_scans_is_refused() {
        let progressive = uniform(ColorSpace::JCS_RGB, &[200, 100, 50], true);
        let scan = progressive.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        let (head, scans) = progressive.split_at(scan);
        let scans = &scans[..scans.len() - 2];
        let many = [head, &scans.repeat(60), &[0xFF, 0xD9]].concat();
        let error = decode(&many, DecodeLimits::default()).unwrap_err();
        assert!(error.to_string().contains("scans are too many for 32x16"), "{error}");
    }

    #[test]
    fn inks_become_light() {
        assert_eq!(from_cmyk(&[255, 0, 128, 255], true), [255, 0, 128]);
        assert_eq!(from_cmyk(&[0, 255, 127, 0], false), [255, 0, 128]);
        assert_eq!(from_cmyk(&[255, 255, 255, 0], true), [0, 0, 0]);
    }

    #[test]
    fn one_pixel_is_a_picture() {
        let photo = decode(&jpeg(1, 1, ExtendedColorType::Rgb8), DecodeLimits::default()).unwrap();
        assert_eq!((photo.width(), photo.height()), (1, 1));
    }
}
