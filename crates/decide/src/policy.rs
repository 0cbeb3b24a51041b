use thiserror::Error;

use crate::{Cause, FaceEvidence, Obstacle, Role};

/// The thresholds of a verdict. Every number that decides about a person stands here, and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Least score, 0 to 100, at which two faces count as one person. Default 80: a false match rate of 1e-3 by the
    /// calibration.
    pub pass_mark: f32,
    /// Least mean live probability, 0 to 1, at which the probe counts as live. Default 0.40: the point at which the mean of
    /// the three default models had BPCER 1.1 % and APCER 1.1 % (`docs/models.md`).
    pub live_threshold: f32,
    /// Least length in pixels of the shorter side of a face's box. Default 32: alignment magnifies smaller faces more than
    /// three times, to the 112 pixels of the embedding.
    pub min_face_pixels: f32,
    /// Least part of the face's box, 0 to 1, that must lie inside the photograph for liveness to be assessed. Default 0.7:
    /// the anti-spoof models look at the surroundings of a face, and a face that the frame cuts has none.
    pub min_face_inside: f32,
    /// Least size of the photograph as a multiple of the face's box, in the tighter direction, for liveness to be assessed.
    /// Default 1.2: down to 1.4 the anti-spoof models tell live from attack on the development pictures, while at 0.9 to 1.05
    /// they call every one of 40 genuine stills an attack, having no surroundings to look at.
    pub min_surroundings: f32,
}

/// A threshold outside its range.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error("{name} is {value}, it must lie from {low} to {high}")]
pub struct PolicyError {
    /// Name of the threshold.
    pub name: &'static str,
    /// What was given.
    pub value: f32,
    /// Least value allowed.
    pub low: f32,
    /// Greatest value allowed.
    pub high: f32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            pass_mark: 80.0,
            live_threshold: 0.40,
            min_face_pixels: 32.0,
            min_face_inside: 0.7,
            min_surroundings: 1.2,
        }
    }
}

impl Policy {
    /// Checks every threshold against its range.
    pub fn validate(&self) -> Result<(), PolicyError> {
        let ranges = [
            ("pass_mark", self.pass_mark, 0.0, 100.0),
            ("live_threshold", self.live_threshold, 0.0, 1.0),
            ("min_face_pixels", self.min_face_pixels, 1.0, 10_000.0),
            ("min_face_inside", self.min_face_inside, 0.0, 1.0),
            ("min_surroundings", self.min_surroundings, 0.0, 100.0),
        ];
        for (name, value, low, high) in ranges {
            if !(low..=high).contains(&value) {
                return Err(PolicyError { name, value, low, high });
            }
        }
        Ok(())
    }

    /// Whether a face is large enough for its embedding to mean anything.
    pub fn require_size(&self, role: Role, face: &FaceEvidence) -> Result<(), Obstacle> {
        if face.size >= self.min_face_pixels {
            return Ok(());
        }
        Err(Obstacle { role, cause: Cause::FaceTooSmall { found: face.size, needed: self.min_face_pixels } })
    }

    /// Why the liveness of a face could not be assessed, if it could not.
    pub fn liveness_hindrance(&self, face: &FaceEvidence) -> Option<String> {
        if face.inside < self.min_face_inside {
            let (found, needed) = (face.inside * 100.0, self.min_face_inside * 100.0);
            return Some(format!("only {found:.0} % of the face lies inside the picture, at least {needed:.0} % must"));
        }
        if face.surroundings < self.min_surroundings {
            let (found, needed) = (face.surroundings, self.min_surroundings);
            return Some(format!("the picture is {found:.2} times as large as the face, it must be {needed:.2} times"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_have_ranges() {
        assert_eq!(Policy::default().validate(), Ok(()));
        let wrong = Policy { live_threshold: f32::NAN, ..Policy::default() };
        assert!(wrong.validate().unwrap_err().to_string().starts_with("live_threshold is NaN"));
        let cut = FaceEvidence { size: 20.0, inside: 0.5, surroundings: 2.0 };
        assert!(Policy::default().require_size(Role::Probe, &cut).is_err());
        assert!(Policy::default().liveness_hindrance(&cut).is_some_and(|why| why.contains("50 %")));
        let whole = FaceEvidence { size: 32.0, inside: 0.7, surroundings: 1.2 };
        assert_eq!(Policy::default().require_size(Role::Probe, &whole), Ok(()));
        assert_eq!(Policy::default().liveness_hindrance(&whole), None);
        let filling = FaceEvidence { surroundings: 1.19, ..whole };
        assert!(Policy::default().liveness_hindrance(&filling).is_some_and(|why| why.contains("1.19 times")));
        assert!(Policy { pass_mark: 101.0, ..Policy::default() }.validate().is_err());
    }
}
