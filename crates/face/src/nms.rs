use crate::Face;

/// Non-maximum suppression: of faces that overlap by more than `limit` (intersection over union) only the one with the
/// highest score stays. The result is sorted by falling score.
pub(crate) fn suppress(mut faces: Vec<Face>, limit: f32) -> Vec<Face> {
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.iter().all(|better| better.bounds.overlap(&face.bounds) <= limit) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Landmarks, Rect};

    #[test]
    fn keeps_the_best_of_each_group() {
        let face = |score, x| Face {
            score,
            bounds: Rect { x, y: 0.0, width: 10.0, height: 10.0 },
            landmarks: Landmarks::default(),
        };
        let kept = suppress(vec![face(0.7, 1.0), face(0.9, 0.0), face(0.8, 30.0)], 0.3);
        let scores: Vec<f32> = kept.iter().map(|f| f.score).collect();
        assert_eq!(scores, [0.9, 0.8]);
    }
}
