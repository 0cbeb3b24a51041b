/// A part of a picture on whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// Which colour comes first in a model's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelOrder {
    Rgb,
    Bgr,
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
}
