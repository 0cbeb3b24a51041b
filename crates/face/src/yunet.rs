//! YuNet 2023mar (Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023; OpenCV Zoo).
//!
//! Input 1x3x640x640, BGR, 0 to 255. Twelve outputs: for each of the strides 8, 16 and 32, one row a cell of the grid, row by
//! row, `cls` (1), `obj` (1), `bbox` (4) and `kps` (10). The decoding is that of OpenCV's `FaceDetectorYN`.

use shiren_engine::{RunError, Session};

use crate::{Face, Landmarks, Point, Rect};

/// Side of the square input in pixels.
pub(crate) const SIDE: usize = 640;
/// Least score of a face, `sqrt(cls * obj)`; the threshold that the project's reference figures were measured with.
const SCORE_THRESHOLD: f32 = 0.6;
const STRIDES: [usize; 3] = [8, 16, 32];

/// The outputs, in the order in which [`faces`] reads them: four for each stride.
pub(crate) const OUTPUTS: [&str; 12] = [
    "cls_8", "obj_8", "bbox_8", "kps_8", "cls_16", "obj_16", "bbox_16", "kps_16", "cls_32", "obj_32", "bbox_32",
    "kps_32",
];

/// Reads all cells above the threshold after a run; coordinates are pixels of the model's input.
pub(crate) fn faces(session: &Session) -> Result<Vec<Face>, RunError> {
    let mut faces = Vec::new();
    for (index, stride) in STRIDES.into_iter().enumerate() {
        let output = |kind: usize| session.output(index * 4 + kind);
        let (cls, obj, bbox, kps) = (output(0)?, output(1)?, output(2)?, output(3)?);
        let cells = cls.iter().zip(obj).zip(bbox.chunks_exact(4).zip(kps.chunks_exact(10)));
        for (cell, ((cls, obj), (bbox, kps))) in cells.enumerate() {
            let score = (cls.clamp(0.0, 1.0) * obj.clamp(0.0, 1.0)).sqrt();
            // A NaN compares false and is left out with the low scores.
            if score > SCORE_THRESHOLD {
                faces.push(decode_cell(score, bbox, kps, cell, stride));
            }
        }
    }
    Ok(faces)
}

/// One cell: centre and landmarks are offsets from the cell's corner in strides, width and height the logarithms of their
/// lengths in strides.
fn decode_cell(score: f32, bbox: &[f32], kps: &[f32], cell: usize, stride: usize) -> Face {
    let columns = SIDE / stride;
    let (column, row) = ((cell % columns) as f32, (cell / columns) as f32);
    let stride = stride as f32;
    let place = |dx: f32, dy: f32| Point { x: (column + dx) * stride, y: (row + dy) * stride };
    let centre = place(bbox[0], bbox[1]);
    let (width, height) = (bbox[2].exp() * stride, bbox[3].exp() * stride);
    let mut landmarks = Landmarks::default();
    for (landmark, offset) in landmarks.iter_mut().zip(kps.chunks_exact(2)) {
        *landmark = place(offset[0], offset[1]);
    }
    let bounds = Rect { x: centre.x - width / 2.0, y: centre.y - height / 2.0, width, height };
    Face { score, bounds, landmarks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_decodes_from_its_corner() {
        // Second row, third column of stride 32.
        let face = decode_cell(0.9, &[0.5, 0.25, 0.0, 2f32.ln()], &[0., 0., 1., 0., 0., 1., 1., 1., 0.5, 0.5], 22, 32);
        assert_eq!(face.bounds.width, 32.0);
        assert!((face.bounds.height - 64.0).abs() < 1e-4);
        assert!((face.bounds.x - (2.5 * 32.0 - 16.0)).abs() < 1e-4);
        assert!((face.bounds.y - (1.25 * 32.0 - 32.0)).abs() < 1e-3);
        assert_eq!(face.landmarks[3], Point { x: 96.0, y: 64.0 });
    }
}
