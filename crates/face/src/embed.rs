use shiren_photo::Photo;

use crate::models::Workbench;
use crate::pixels::{ChannelOrder, write_planar};
use crate::{ALIGNED_SIDE, Face, FaceError, align};

/// The model's output.
pub(crate) const OUTPUT: &str = "fc1";

/// A face as a direction in 128 dimensions, of length 1.
///
/// SFace (Zhong et al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition", IEEE TIP 2021): input
/// 1x3x112x112, RGB, 0 to 255; the graph normalises by itself.
#[derive(Clone, PartialEq)]
pub struct Embedding(Vec<f32>);

impl Embedding {
    /// Brings a model's output to length 1; none if it has no length.
    fn normalised(raw: &[f32]) -> Option<Self> {
        let length = raw.iter().map(|v| v * v).sum::<f32>().sqrt();
        (length.is_finite() && length > 0.0).then(|| Self(raw.iter().map(|v| v / length).collect()))
    }

    /// Cosine similarity, -1 to 1.
    pub fn cosine(&self, other: &Embedding) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum::<f32>().clamp(-1.0, 1.0)
    }
}

impl std::fmt::Debug for Embedding {
    // An embedding is biometric data: it does not belong into a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Embedding({} dimensions)", self.0.len())
    }
}

impl Workbench {
    /// Aligns a face and embeds it.
    pub fn embed(&mut self, photo: &Photo, face: &Face) -> Result<Embedding, FaceError> {
        let aligned = align(photo, &face.landmarks).ok_or(FaceError::Landmarks)?;
        self.embed_aligned(&aligned)
    }

    /// Embeds an aligned face of 112x112.
    pub fn embed_aligned(&mut self, aligned: &Photo) -> Result<Embedding, FaceError> {
        let input = self.embedder.input()?;
        write_planar(input, (ALIGNED_SIDE, ALIGNED_SIDE), aligned.rgb(), ALIGNED_SIDE, (0, 0), ChannelOrder::Rgb);
        self.embedder.run()?;
        Embedding::normalised(self.embedder.output(0)?).ok_or(FaceError::NotFinite("embedding"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_of_directions() {
        let a = Embedding::normalised(&[3.0, 0.0]).unwrap();
        let b = Embedding::normalised(&[1.0, 1.0]).unwrap();
        assert!((a.cosine(&b) - 0.5f32.sqrt()).abs() < 1e-6);
        assert!(Embedding::normalised(&[0.0, 0.0]).is_none());
        assert!(Embedding::normalised(&[f32::NAN, 1.0]).is_none());
    }
}
