use shiren_photo::Photo;

/// Makes a picture smaller: each new pixel is the mean over the area that it covers, parts of pixels counting in part.
///
/// `INTER_AREA` of OpenCV, with which the project's reference figures were made. The box filters of resizing crates weigh
/// whole pixels only, which moves the detector's boxes by up to two pixels and the anti-spoof probabilities by up to 0.08.
///
/// `width` and `height` are at most those of the picture and at least 1. Returns 8-bit RGB rows.
pub(crate) fn shrink(photo: &Photo, width: usize, height: usize) -> Vec<u8> {
    let columns = spans(photo.width(), width);
    let rows = spans(photo.height(), height);
    let stride = photo.width() * 3;
    let mut line = vec![0f32; stride];
    let mut out = Vec::with_capacity(width * height * 3);
    for row in &rows {
        line.fill(0.0);
        let sources = photo.rgb().chunks_exact(stride).skip(row.first).zip(&row.weights);
        for (source, &weight) in sources {
            for (sum, &value) in line.iter_mut().zip(source) {
                *sum += weight * f32::from(value);
            }
        }
        for column in &columns {
            let mut sum = [0f32; 3];
            let pixels = line[column.first * 3..].chunks_exact(3).zip(&column.weights);
            for (pixel, &weight) in pixels {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += weight * value;
                }
            }
            out.extend(sum.map(|value| value.round_ties_even() as u8));
        }
    }
    out
}

/// The old pixels, along one axis, that a new one covers, with their shares, which add up to 1.
struct Span {
    first: usize,
    weights: Vec<f32>,
}

fn spans(from: usize, to: usize) -> Vec<Span> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|index| {
            let (start, end) = (index as f64 * scale, ((index + 1) as f64 * scale).min(from as f64));
            let first = start as usize;
            let last = (end.ceil() as usize).clamp(first + 1, from);
            let share = |pixel: usize| (end.min((pixel + 1) as f64) - start.max(pixel as f64)).max(0.0);
            let weights = (first..last).map(|pixel| (share(pixel) / scale) as f32).collect();
            Span { first, weights }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: usize, height: usize, values: &[u8]) -> Photo {
        let rgb = values.iter().flat_map(|&v| [v, v, v]).collect();
        Photo::from_rgb(width, height, rgb).unwrap()
    }

    #[test]
    fn parts_of_pixels_count_in_part() {
        // Three pixels to two: each new one covers one and a half.
        let out = shrink(&grey(3, 1, &[0, 90, 240]), 2, 1);
        assert_eq!([out[0], out[3]], [30, 190]);
        let out = shrink(&grey(1, 3, &[0, 90, 240]), 1, 2);
        assert_eq!([out[0], out[3]], [30, 190]);
    }

    #[test]
    fn the_same_size_is_a_copy_and_one_pixel_the_mean() {
        let photo = grey(3, 2, &[1, 2, 3, 4, 5, 9]);
        assert_eq!(shrink(&photo, 3, 2), photo.rgb());
        assert_eq!(shrink(&photo, 1, 1), [4; 3]);
    }

    #[test]
    fn shares_add_up_to_one() {
        for (from, to) in [(900, 640), (7, 3), (4000, 1), (641, 640), (50_001, 320)] {
            let spans = spans(from, to);
            for span in &spans {
                let sum: f32 = span.weights.iter().sum();
                assert!((sum - 1.0).abs() < 1e-4 && span.first + span.weights.len() <= from, "{from} to {to}: {sum}");
            }
        }
    }
}
