use serde::Deserialize;
use thiserror::Error;

/// One point of the map: at this cosine similarity, this score.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Knot {
    /// Cosine similarity of two embeddings, -1 to 1.
    pub cosine: f32,
    /// Score, 0 to 100.
    pub score: f32,
}

/// The map from cosine similarity to the score that callers see: monotone and piecewise linear.
///
/// A score carries a meaning (`shared/protocol.md` section 5 of the project's specification): 60 stands for a false match
/// rate (FMR) of 1e-2, 80 for 1e-3, 90 for 1e-4, 95 for 1e-5; 0 at or below the mean of impostor pairs, 100 for the same
/// picture. A cosine alone means something else with every model, so a calibration belongs to one model pack.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "RawCalibration")]
pub struct Calibration {
    version: String,
    knots: Vec<Knot>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCalibration {
    version: String,
    knots: Vec<Knot>,
}

/// Why a list of knots is no calibration.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum CalibrationError {
    /// Fewer than two knots.
    #[error("a calibration needs at least two knots, this one has {0}")]
    TooFew(usize),
    /// A knot does not lie above and to the right of the one before it.
    #[error("knot {index} (cosine {cosine}, score {score}) does not rise above the one before it")]
    NotRising {
        /// Position of the knot, from 0.
        index: usize,
        /// Its cosine.
        cosine: f32,
        /// Its score.
        score: f32,
    },
    /// The scores do not run from 0 to 100.
    #[error("the first score must be 0 and the last 100, not {first} and {last}")]
    Range {
        /// First score.
        first: f32,
        /// Last score.
        last: f32,
    },
}

impl TryFrom<RawCalibration> for Calibration {
    type Error = CalibrationError;

    fn try_from(raw: RawCalibration) -> Result<Self, Self::Error> {
        Calibration::new(raw.version, raw.knots)
    }
}

impl Calibration {
    /// Makes a calibration of knots in rising order, from score 0 to score 100.
    pub fn new(version: impl Into<String>, knots: Vec<Knot>) -> Result<Self, CalibrationError> {
        let (Some(first), Some(last)) = (knots.first(), knots.last()) else {
            return Err(CalibrationError::TooFew(0));
        };
        if knots.len() < 2 {
            return Err(CalibrationError::TooFew(knots.len()));
        }
        if first.score != 0.0 || last.score != 100.0 {
            return Err(CalibrationError::Range { first: first.score, last: last.score });
        }
        for (index, pair) in knots.windows(2).enumerate() {
            // Negated, so that a NaN is refused too.
            if !(pair[1].cosine > pair[0].cosine && pair[1].score > pair[0].score) {
                let Knot { cosine, score } = pair[1];
                return Err(CalibrationError::NotRising { index: index + 1, cosine, score });
            }
        }
        Ok(Self { version: version.into(), knots })
    }

    /// Name of this calibration; records hold it, so that an old score can be read with the map that made it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The score, 0 to 100, of a cosine similarity. Below the first knot 0, above the last 100; a NaN scores 0.
    pub fn score(&self, cosine: f32) -> f32 {
        let right = self.knots.partition_point(|knot| knot.cosine <= cosine);
        match (right.checked_sub(1).and_then(|left| self.knots.get(left)), self.knots.get(right)) {
            (Some(a), Some(b)) => {
                let part = (cosine - a.cosine) / (b.cosine - a.cosine);
                a.score + part * (b.score - a.score)
            }
            (Some(last), None) => last.score,
            (None, _) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knots(points: &[(f32, f32)]) -> Vec<Knot> {
        points.iter().map(|&(cosine, score)| Knot { cosine, score }).collect()
    }

    #[test]
    fn scores_between_and_beyond_the_knots() {
        let map = Calibration::new("t", knots(&[(0.0, 0.0), (0.3, 60.0), (0.4, 80.0), (1.0, 100.0)])).unwrap();
        for (cosine, score) in
            [(-1.0, 0.0), (0.0, 0.0), (0.15, 30.0), (0.3, 60.0), (0.35, 70.0), (0.7, 90.0), (1.0, 100.0), (1.1, 100.0)]
        {
            assert!((map.score(cosine) - score).abs() < 1e-4, "{cosine} gives {}", map.score(cosine));
        }
        assert_eq!(map.score(f32::NAN), 0.0);
    }

    #[test]
    fn refuses_knots_that_do_not_rise() {
        assert_eq!(Calibration::new("t", vec![]), Err(CalibrationError::TooFew(0)));
        assert!(matches!(
            Calibration::new("t", knots(&[(0.0, 0.0), (0.5, 60.0), (0.4, 80.0), (1.0, 100.0)])),
            Err(CalibrationError::NotRising { index: 2, .. })
        ));
        assert!(matches!(
            Calibration::new("t", knots(&[(0.0, 0.0), (f32::NAN, 60.0), (1.0, 100.0)])),
            Err(CalibrationError::NotRising { index: 1, .. })
        ));
        assert!(matches!(
            Calibration::new("t", knots(&[(0.0, 10.0), (1.0, 100.0)])),
            Err(CalibrationError::Range { .. })
        ));
    }
}
