use image::metadata::Orientation;

use crate::Photo;

/// Turns decoded pixels upright by the EXIF orientation (CIPA DC-008, tag 0x0112); without one they are upright already.
///
/// `rgb` holds `width * height` pixels of three bytes.
pub(crate) fn upright(width: usize, height: usize, rgb: Vec<u8>, exif: Option<&[u8]>) -> Option<Photo> {
    let orientation = exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms);
    if orientation == Orientation::NoTransforms {
        return Photo::from_rgb(width, height, rgb);
    }
    let buffer = image::RgbImage::from_raw(u32::try_from(width).ok()?, u32::try_from(height).ok()?, rgb)?;
    let mut picture = image::DynamicImage::ImageRgb8(buffer);
    picture.apply_orientation(orientation);
    let picture = picture.into_rgb8();
    Photo::from_rgb(picture.width() as usize, picture.height() as usize, picture.into_raw())
}
