//! Passive anti-spoofing from one picture, by three models whose live probabilities are averaged.
//!
//! Each is a MiniFASNet (Silent-Face-Anti-Spoofing, Minivision 2020): it looks at a face with its surroundings, BGR, 0 to
//! 255, and gives three numbers whose softmax holds the probability of a live person at one place.

use shiren_photo::Photo;

use crate::models::Workbench;
use crate::pixels::{ChannelOrder, write_planar};
use crate::{Face, FaceError, crop, linear};

/// Each model's output.
pub(crate) const OUTPUT: &str = "output";

/// What one anti-spoof model takes and gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AntiSpoofSpec {
    /// Factor by which the face's box is widened.
    pub(crate) scale: f64,
    /// Side of the square input in pixels.
    pub(crate) side: usize,
    /// Which of the three outputs means live.
    pub(crate) live_output: usize,
}

/// `fr_liveness` of Faceplugin, MiniFASNetV2 and MiniFASNetV1SE, in this order.
pub(crate) const SPECS: [AntiSpoofSpec; 3] = [
    AntiSpoofSpec { scale: 2.7, side: 128, live_output: 0 },
    AntiSpoofSpec { scale: 2.7, side: 80, live_output: 1 },
    AntiSpoofSpec { scale: 4.0, side: 80, live_output: 1 },
];

/// The live probability of each model, 0 to 1, in the order of `docs/models.md`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveProbabilities(pub [f32; SPECS.len()]);

impl LiveProbabilities {
    /// The fused live probability: the mean. Alone, the models err on different pictures (`docs/models.md`).
    pub fn mean(&self) -> f32 {
        self.0.iter().sum::<f32>() / self.0.len() as f32
    }
}

impl Workbench {
    /// How likely each model holds a face to be a person before the camera and not a print or a screen.
    pub fn live_probabilities(&mut self, photo: &Photo, face: &Face) -> Result<LiveProbabilities, FaceError> {
        let mut probabilities = [0.0; SPECS.len()];
        for ((session, spec), probability) in self.antispoof.iter_mut().zip(SPECS).zip(&mut probabilities) {
            let region = crop::surroundings(photo.width(), photo.height(), &face.bounds, spec.scale)
                .ok_or(FaceError::NoSurroundings)?;
            let patch = linear::sample(photo, region, spec.side, spec.side);
            let input = session.input()?;
            write_planar(input, (spec.side, spec.side), &patch, spec.side, (0, 0), ChannelOrder::Bgr);
            session.run()?;
            *probability =
                softmax(session.output(0)?, spec.live_output).ok_or(FaceError::NotFinite("live probability"))?;
        }
        Ok(LiveProbabilities(probabilities))
    }
}

/// The softmax of `logits` at `index`; none if it is not a number.
fn softmax(logits: &[f32], index: usize) -> Option<f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|v| (v - highest).exp()).sum();
    let part = (logits.get(index)? - highest).exp() / sum;
    part.is_finite().then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_by_hand() {
        let logits = [1000.0, 1000.0 + 3f32.ln(), f32::NEG_INFINITY];
        assert!((softmax(&logits, 1).unwrap() - 0.75).abs() < 1e-4);
        assert_eq!(softmax(&logits, 3), None);
        assert_eq!(softmax(&[f32::NAN, 0.0, 0.0], 0), None);
    }

    #[test]
    fn the_mean_fuses() {
        assert!((LiveProbabilities([0.9, 0.6, 0.3]).mean() - 0.6).abs() < 1e-6);
    }
}
