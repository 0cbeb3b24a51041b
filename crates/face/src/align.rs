use shiren_photo::Photo;

use crate::{Landmarks, Point};

/// Side in pixels of an aligned face.
pub const ALIGNED_SIDE: usize = 112;

/// Where the five landmarks lie in an aligned face of 112x112: the template of ArcFace (Deng et al., "ArcFace: Additive
/// Angular Margin Loss for Deep Face Recognition", CVPR 2019; the numbers are those of its published code).
const TEMPLATE: Landmarks = [
    Point { x: 38.2946, y: 51.6963 },
    Point { x: 73.5318, y: 51.5014 },
    Point { x: 56.0252, y: 71.7366 },
    Point { x: 41.5493, y: 92.3655 },
    Point { x: 70.7299, y: 92.2041 },
];

/// A rotation, uniform scaling and shift: `x' = a x - b y + tx`, `y' = b x + a y + ty`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Similarity {
    a: f64,
    b: f64,
    tx: f64,
    ty: f64,
}

impl Similarity {
    /// The similarity without reflection that brings landmarks nearest to the template, by least squares.
    ///
    /// Umeyama, "Least-Squares Estimation of Transformation Parameters Between Two Point Patterns", IEEE TPAMI 13(4), 1991.
    /// In the plane his singular value decomposition comes down to two sums. None if all landmarks are one point.
    fn to_template(landmarks: &Landmarks) -> Option<Self> {
        let mean = |points: &Landmarks| {
            let n = points.len() as f64;
            let sum = points.iter().fold((0.0, 0.0), |(x, y), p| (x + f64::from(p.x), y + f64::from(p.y)));
            (sum.0 / n, sum.1 / n)
        };
        let (from_x, from_y) = mean(landmarks);
        let (to_x, to_y) = mean(&TEMPLATE);
        let (mut along, mut across, mut spread) = (0.0, 0.0, 0.0);
        for (from, to) in landmarks.iter().zip(&TEMPLATE) {
            let (fx, fy) = (f64::from(from.x) - from_x, f64::from(from.y) - from_y);
            let (gx, gy) = (f64::from(to.x) - to_x, f64::from(to.y) - to_y);
            along += fx * gx + fy * gy;
            across += fx * gy - fy * gx;
            spread += fx * fx + fy * fy;
        }
        let (a, b) = (along / spread, across / spread);
        let usable = a.is_finite() && b.is_finite() && (a * a + b * b) > 0.0;
        usable.then_some(Self { a, b, tx: to_x - (a * from_x - b * from_y), ty: to_y - (b * from_x + a * from_y) })
    }

    /// Where a point goes.
    fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        (self.a * x - self.b * y + self.tx, self.b * x + self.a * y + self.ty)
    }

    /// The transform that undoes this one.
    fn inverse(&self) -> Self {
        let norm = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / norm, -self.b / norm);
        Self { a, b, tx: -(a * self.tx - b * self.ty), ty: -(b * self.tx + a * self.ty) }
    }
}

/// The aligned face: 112x112 RGB, sampled bilinearly; what lies outside the picture is black. None if the landmarks are
/// degenerate.
pub fn align(photo: &Photo, landmarks: &Landmarks) -> Option<Photo> {
    let back = Similarity::to_template(landmarks)?.inverse();
    let mut out = vec![0u8; ALIGNED_SIDE * ALIGNED_SIDE * 3];
    for (row, line) in out.chunks_exact_mut(ALIGNED_SIDE * 3).enumerate() {
        for (column, pixel) in line.chunks_exact_mut(3).enumerate() {
            // Pixel indices, not pixel centres, as the reference (OpenCV's warpAffine) has it.
            let (x, y) = back.apply(column as f64, row as f64);
            pixel.copy_from_slice(&sample(photo, x, y));
        }
    }
    Photo::from_rgb(ALIGNED_SIDE, ALIGNED_SIDE, out)
}

/// The colour between four pixels; pixels outside the picture count as black.
fn sample(photo: &Photo, x: f64, y: f64) -> [u8; 3] {
    let (width, height) = (photo.width(), photo.height());
    // Negated, so that a NaN is outside too.
    if !(x > -1.0 && y > -1.0 && x < width as f64 && y < height as f64) {
        return [0; 3];
    }
    let (left, top) = (x.floor(), y.floor());
    let (right_part, bottom_part) = ((x - left) as f32, (y - top) as f32);
    let (left, top) = (left as isize, top as isize);
    let rgb = photo.rgb();
    let pixel = |x: isize, y: isize| -> [f32; 3] {
        let inside = x >= 0 && y >= 0 && x < width as isize && y < height as isize;
        if !inside {
            return [0.0; 3];
        }
        let at = (y as usize * width + x as usize) * 3;
        [f32::from(rgb[at]), f32::from(rgb[at + 1]), f32::from(rgb[at + 2])]
    };
    let (a, b) = (pixel(left, top), pixel(left + 1, top));
    let (c, d) = (pixel(left, top + 1), pixel(left + 1, top + 1));
    std::array::from_fn(|channel| {
        let upper = a[channel] + (b[channel] - a[channel]) * right_part;
        let lower = c[channel] + (d[channel] - c[channel]) * right_part;
        (upper + (lower - upper) * bottom_part).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_template_comes_back() {
        let (sin, cos) = 0.4f32.sin_cos();
        let moved = TEMPLATE
            .map(|p| Point { x: 3.0 * (cos * p.x - sin * p.y) + 17.0, y: 3.0 * (sin * p.x + cos * p.y) - 40.0 });
        let found = Similarity::to_template(&moved).unwrap();
        for (from, to) in moved.iter().zip(&TEMPLATE) {
            let (from, to) = ((f64::from(from.x), f64::from(from.y)), (f64::from(to.x), f64::from(to.y)));
            let back = found.apply(from.0, from.1);
            assert!((back.0 - to.0).abs() < 1e-3 && (back.1 - to.1).abs() < 1e-3, "{back:?} is not {to:?}");
            let there = found.inverse().apply(to.0, to.1);
            assert!((there.0 - from.0).abs() < 1e-2 && (there.1 - from.1).abs() < 1e-2);
        }
    }

    #[test]
    fn one_point_five_times_has_no_direction() {
        assert_eq!(Similarity::to_template(&[Point { x: 5.0, y: 5.0 }; 5]), None);
    }

    #[test]
    fn the_template_itself_copies_the_picture() {
        let pixels: Vec<u8> = (0..112 * 112 * 3).map(|i| (i % 251) as u8).collect();
        let photo = Photo::from_rgb(112, 112, pixels).unwrap();
        assert_eq!(align(&photo, &TEMPLATE).unwrap(), photo);
    }

    #[test]
    fn outside_is_black() {
        let photo = Photo::from_rgb(2, 2, vec![200; 12]).unwrap();
        assert_eq!(sample(&photo, -0.5, 0.0), [100; 3]);
        assert_eq!(sample(&photo, 5.0, 0.0), [0; 3]);
        assert_eq!(sample(&photo, f64::NAN, 0.0), [0; 3]);
    }
}
