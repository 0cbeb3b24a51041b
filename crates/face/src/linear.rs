use shiren_photo::Photo;

use crate::pixels::Region;

/// Scales `region` of a picture to `width` x `height` by sampling between the four nearest pixels, whatever the factor: no
/// pixel outside the region counts. `INTER_LINEAR` of OpenCV, on which the anti-spoof models were trained, aliasing included.
/// Returns 8-bit RGB rows.
pub(crate) fn sample(photo: &Photo, region: Region, width: usize, height: usize) -> Vec<u8> {
    let columns = places(region.x, region.width, width);
    let rows = places(region.y, region.height, height);
    let rgb = photo.rgb();
    let stride = photo.width() * 3;
    let mut out = Vec::with_capacity(width * height * 3);
    for row in &rows {
        let (upper, lower) = (&rgb[row.low * stride..], &rgb[row.high * stride..]);
        for column in &columns {
            let (left, right) = (column.low * 3, column.high * 3);
            for channel in 0..3 {
                let between = |line: &[u8]| {
                    let (a, b) = (f32::from(line[left + channel]), f32::from(line[right + channel]));
                    a + (b - a) * column.part
                };
                let (a, b) = (between(upper), between(lower));
                out.push((a + (b - a) * row.part).round() as u8);
            }
        }
    }
    out
}

/// Where a new pixel's centre lies between two old ones, along one axis.
struct Place {
    low: usize,
    high: usize,
    /// Share of `high`, 0 to 1.
    part: f32,
}

fn places(start: usize, from: usize, to: usize) -> Vec<Place> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|index| {
            let centre = ((index as f64 + 0.5) * scale - 0.5).clamp(0.0, (from - 1) as f64);
            let low = centre as usize;
            Place { low: start + low, high: start + (low + 1).min(from - 1), part: (centre - low as f64) as f32 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_region_counts() {
        let photo = Photo::from_rgb(4, 1, vec![0, 0, 0, 100, 100, 100, 200, 200, 200, 100, 100, 100]).unwrap();
        let right = Region { x: 2, y: 0, width: 2, height: 1 };
        let same = sample(&photo, right, 2, 1);
        assert_eq!([same[0], same[3]], [200, 100]);
        let wide = sample(&photo, right, 4, 1);
        assert_eq!([wide[0], wide[3], wide[6], wide[9]], [200, 175, 125, 100]);
        let whole = Region { x: 0, y: 0, width: 4, height: 1 };
        let half = sample(&photo, whole, 2, 2);
        assert_eq!([half[0], half[3], half[6], half[9]], [50, 150, 50, 150]);
        let one = Region { x: 1, y: 0, width: 1, height: 1 };
        assert_eq!(sample(&photo, one, 2, 2), [100; 12]);
    }
}
