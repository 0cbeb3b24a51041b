use fast_image_resize::images::{ImageRef, TypedImage};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use shiren_photo::Photo;

use crate::FaceError;

/// A part of a picture on whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// How a picture is brought to another size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resampling {
    /// The mean over the area that each new pixel covers, for making smaller; `INTER_AREA` of OpenCV.
    Area,
    /// Between the four nearest pixels, whatever the factor; `INTER_LINEAR` of OpenCV. The anti-spoof models were trained on
    /// pictures made smaller in this way, aliasing included.
    Linear,
}

/// Which colour comes first in a model's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelOrder {
    Rgb,
    Bgr,
}

/// Scales `region` of a picture to `width` x `height`, 8-bit RGB rows.
pub(crate) fn resize(
    resizer: &mut Resizer,
    photo: &Photo,
    region: Region,
    (width, height): (usize, usize),
    how: Resampling,
) -> Result<Vec<u8>, FaceError> {
    let failed = |e: &dyn std::fmt::Display| FaceError::Resize(e.to_string());
    let side = |n: usize| u32::try_from(n).map_err(|e| failed(&e));
    let source =
        ImageRef::new(side(photo.width())?, side(photo.height())?, photo.rgb(), fast_image_resize::PixelType::U8x3)
            .map_err(|e| failed(&e))?;
    let source = source.typed_image::<U8x3>().ok_or_else(|| failed(&"not three bytes a pixel"))?;
    let mut out = vec![0; width * height * 3];
    let mut target = TypedImage::<U8x3>::from_buffer(side(width)?, side(height)?, &mut out).map_err(|e| failed(&e))?;
    let algorithm = match how {
        Resampling::Area => ResizeAlg::Convolution(FilterType::Box),
        Resampling::Linear => ResizeAlg::Interpolation(FilterType::Bilinear),
    };
    let options = ResizeOptions::new().resize_alg(algorithm).crop(
        region.x as f64,
        region.y as f64,
        region.width as f64,
        region.height as f64,
    );
    resizer.resize_typed(&source, &mut target, &options).map_err(|e| failed(&e))?;
    Ok(out)
}

/// Writes `width`-pixel rows of 8-bit RGB into a planar f32 input (three planes of `plane_width` columns), the values 0 to
/// 255 as they are, with the top left corner at `(left, top)`. What is not covered keeps its old value.
pub(crate) fn write_planar(
    input: &mut [f32],
    (plane_width, plane_height): (usize, usize),
    rgb: &[u8],
    width: usize,
    (left, top): (usize, usize),
    order: ChannelOrder,
) {
    let plane = plane_width * plane_height;
    let channels = match order {
        ChannelOrder::Rgb => [0, 1, 2],
        ChannelOrder::Bgr => [2, 1, 0],
    };
    for (target, channel) in input.chunks_exact_mut(plane).zip(channels) {
        for (row, pixels) in target.chunks_exact_mut(plane_width).skip(top).zip(rgb.chunks_exact(width * 3)) {
            for (value, pixel) in row[left..].iter_mut().zip(pixels.chunks_exact(3)) {
                *value = f32::from(pixel[channel]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_hold_the_channels_in_order() {
        let rgb = [1, 2, 3, 4, 5, 6];
        let mut input = [0.0; 3 * 3 * 2];
        write_planar(&mut input, (3, 2), &rgb, 2, (1, 1), ChannelOrder::Bgr);
        assert_eq!(input, [0., 0., 0., 0., 3., 6., 0., 0., 0., 0., 2., 5., 0., 0., 0., 0., 1., 4.]);
    }

    #[test]
    fn area_averages_and_linear_samples() {
        let photo = Photo::from_rgb(4, 1, vec![0, 0, 0, 100, 100, 100, 200, 200, 200, 100, 100, 100]).unwrap();
        let whole = Region { x: 0, y: 0, width: 4, height: 1 };
        let mut resizer = Resizer::new();
        let area = resize(&mut resizer, &photo, whole, (2, 1), Resampling::Area).unwrap();
        assert_eq!([area[0], area[3]], [50, 150]);
        let right = Region { x: 2, y: 0, width: 2, height: 1 };
        let same = resize(&mut resizer, &photo, right, (2, 1), Resampling::Linear).unwrap();
        assert_eq!([same[0], same[3]], [200, 100]);
    }
}
