use shiren_photo::Photo;

use crate::models::Workbench;
use crate::pixels::{ChannelOrder, Region, write_planar};
use crate::yunet::SIDE;
use crate::{Face, FaceError, Point, Rect, area, linear, nms, yunet};

/// Intersection over union above which two detections are one face.
const OVERLAP_LIMIT: f32 = 0.3;

/// One way of showing a picture to the detector.
struct Look {
    /// Length in the model's input of the picture's longer side.
    long_side: usize,
    /// Whether the picture stands in the middle of the input, with its edge pixels continued outwards, or in the top left
    /// corner with black beside it.
    centred: bool,
}

/// The looks, in order; the next one is taken while no face of fitting size has been found.
///
/// The detector was trained for faces of 10 to 300 pixels, and on faces with something around them. The first look shows
/// the picture as large as it goes. A face that fills the frame is too large for it and has no surroundings: the second
/// and third look give it both. What a later look finds is better placed than what an earlier one found too large: on the
/// development pictures (`docs/models.md`) this brings the FNMR at an FMR of 1e-3 from 10.8 to 6.4 % on ORL and from 5.0 to
/// 0 % on the stills.
const LOOKS: [Look; 3] = [
    Look { long_side: SIDE, centred: false },
    Look { long_side: SIDE / 2, centred: true },
    Look { long_side: SIDE / 4, centred: true },
];

/// Intersection over union from which two looks show the same face.
const SAME_FACE: f32 = 0.3;

/// Longest side of a face, in pixels of the model's input, that the detector was trained for.
const OVERSIZED: f32 = 300.0;

impl Workbench {
    /// All faces in a picture, best score first; none is not an error. Coordinates are pixels of the picture.
    pub fn detect(&mut self, photo: &Photo) -> Result<Vec<Face>, FaceError> {
        let mut best: Vec<Face> = Vec::new();
        for look in &LOOKS {
            let faces = self.look(photo, look)?;
            let Some(found) = largest(&faces) else { continue };
            // Another face than the one that is too large is no better sight of it: that would judge somebody else.
            if largest(&best).is_some_and(|before| before.bounds.overlap(&found.bounds) < SAME_FACE) {
                continue;
            }
            let scale = look.long_side as f32 / photo.width().max(photo.height()) as f32;
            let fits = found.bounds.width.max(found.bounds.height) * scale <= OVERSIZED;
            best = faces;
            if fits {
                break;
            }
        }
        Ok(best)
    }

    fn look(&mut self, photo: &Photo, look: &Look) -> Result<Vec<Face>, FaceError> {
        let (width, height) = (photo.width(), photo.height());
        let scale = look.long_side as f64 / width.max(height) as f64;
        let shrink = |side: usize| ((side as f64 * scale) as usize).max(1);
        let (small_width, small_height) = (shrink(width), shrink(height));
        let small = if scale < 1.0 {
            area::shrink(photo, small_width, small_height)
        } else {
            let whole = Region { x: 0, y: 0, width, height };
            linear::sample(photo, whole, small_width, small_height)
        };
        let (left, top) = if look.centred { ((SIDE - small_width) / 2, (SIDE - small_height) / 2) } else { (0, 0) };

        let input = self.detector.input()?;
        input.fill(0.0);
        write_planar(input, (SIDE, SIDE), &small, small_width, (left, top), ChannelOrder::Bgr);
        if look.centred {
            for plane in input.chunks_exact_mut(SIDE * SIDE) {
                continue_edges(plane, (left, top), (small_width, small_height));
            }
        }
        self.detector.run()?;
        let faces = nms::suppress(yunet::faces(&self.detector)?, OVERLAP_LIMIT);

        let back = |p: Point| Point {
            x: ((f64::from(p.x) - left as f64) / scale) as f32,
            y: ((f64::from(p.y) - top as f64) / scale) as f32,
        };
        Ok(faces.into_iter().map(|face| map_face(face, scale, back)).collect())
    }
}

fn map_face(face: Face, scale: f64, back: impl Fn(Point) -> Point) -> Face {
    let corner = back(Point { x: face.bounds.x, y: face.bounds.y });
    let length = |n: f32| (f64::from(n) / scale) as f32;
    let bounds =
        Rect { x: corner.x, y: corner.y, width: length(face.bounds.width), height: length(face.bounds.height) };
    Face { score: face.score, bounds, landmarks: face.landmarks.map(back) }
}

/// Repeats the outermost pixels of the picture in a square plane up to the plane's edges.
fn continue_edges(plane: &mut [f32], (left, top): (usize, usize), (width, height): (usize, usize)) {
    for row in plane.chunks_exact_mut(SIDE).skip(top).take(height) {
        let (first, last) = (row[left], row[left + width - 1]);
        row[..left].fill(first);
        row[left + width..].fill(last);
    }
    let (first, last) = (top * SIDE, (top + height - 1) * SIDE);
    for row in 0..top {
        plane.copy_within(first..first + SIDE, row * SIDE);
    }
    for row in top + height..SIDE {
        plane.copy_within(last..last + SIDE, row * SIDE);
    }
}

/// The face with the largest box; of two equal ones the better detection.
pub fn largest(faces: &[Face]) -> Option<&Face> {
    faces.iter().max_by(|a, b| a.bounds.area().total_cmp(&b.bounds.area()).then_with(|| a.score.total_cmp(&b.score)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Landmarks;

    #[test]
    fn the_largest_face_wins_over_the_best_score() {
        let face = |score, width| Face {
            score,
            bounds: Rect { x: 0.0, y: 0.0, width, height: 10.0 },
            landmarks: Landmarks::default(),
        };
        assert_eq!(largest(&[face(0.99, 10.0), face(0.7, 12.0)]).unwrap().score, 0.7);
        assert_eq!(largest(&[face(0.7, 10.0), face(0.9, 10.0)]).unwrap().score, 0.9);
        assert!(largest(&[]).is_none());
    }

    #[test]
    fn edges_continue_outwards() {
        let mut plane = vec![0.0; SIDE * SIDE];
        plane[10 * SIDE + 20..10 * SIDE + 22].copy_from_slice(&[1.0, 2.0]);
        plane[11 * SIDE + 20..11 * SIDE + 22].copy_from_slice(&[3.0, 4.0]);
        continue_edges(&mut plane, (20, 10), (2, 2));
        let at = |x: usize, y: usize| plane[y * SIDE + x];
        assert_eq!((at(0, 0), at(639, 0), at(0, 639), at(639, 639)), (1.0, 2.0, 3.0, 4.0));
        assert_eq!((at(5, 10), at(639, 11), at(21, 3)), (1.0, 4.0, 2.0));
    }
}
