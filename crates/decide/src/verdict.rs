use crate::{Calibration, Obstacle, Policy};

/// What was measured on both photographs.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Cosine similarity of the two embeddings, -1 to 1.
    pub cosine: f32,
    /// What anti-spoofing said of the probe.
    pub liveness: LivenessEvidence,
}

/// What is known of one photograph's face before it is embedded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceEvidence {
    /// Shorter side of the face's box in pixels of the upright photograph.
    pub size: f32,
    /// Part of the box that lies inside the photograph, 0 to 1.
    pub inside: f32,
    /// Size of the photograph as a multiple of the box, in the tighter direction: 1 where the box fills the photograph.
    pub surroundings: f32,
}

/// What anti-spoofing measured.
#[derive(Clone, Debug, PartialEq)]
pub enum LivenessEvidence {
    /// Mean of the models' live probabilities, 0 to 1.
    Probability(f32),
    /// Nothing was measured, and why not.
    NotAssessed(String),
}

/// The answer of anti-spoofing: three answers, since "do not know" is neither of the two others.
#[derive(Clone, Debug, PartialEq)]
pub enum Liveness {
    /// A person before the camera, with the live probability.
    Live(f32),
    /// A print, a screen or another attack, with the live probability.
    Spoof(f32),
    /// Could not be assessed, and why.
    NotAssessed(String),
}

impl Liveness {
    /// The live probability, 0 to 1, where one was measured.
    pub fn probability(&self) -> Option<f32> {
        match self {
            Liveness::Live(p) | Liveness::Spoof(p) => Some(*p),
            Liveness::NotAssessed(_) => None,
        }
    }
}

/// How a verification ended, with the reason.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Same person, and live.
    Passed,
    /// The score is below the pass mark.
    BelowPassMark,
    /// The probe is an attack, whatever the similarity.
    SpoofAttack,
    /// Whether the probe is live could not be told.
    LivenessNotAssessed,
    /// A photograph could not be judged.
    Obstacle(Obstacle),
    /// The resource code is not configured.
    UnknownResourceCode,
    /// The server's own fault.
    ServerFault,
}

impl Outcome {
    /// The outcome's name in records, logs and metrics.
    pub fn name(&self) -> &'static str {
        use crate::{Cause, Role};
        match self {
            Outcome::Passed => "passed",
            Outcome::BelowPassMark => "below_pass_mark",
            Outcome::SpoofAttack => "spoof_attack",
            Outcome::LivenessNotAssessed => "liveness_not_assessed",
            Outcome::UnknownResourceCode => "unknown_resource_code",
            Outcome::ServerFault => "server_fault",
            Outcome::Obstacle(Obstacle { role, cause }) => match (role, cause) {
                (Role::Reference, Cause::NoFace) => "reference_no_face",
                (Role::Probe, Cause::NoFace) => "probe_no_face",
                (Role::Reference, Cause::FaceTooSmall { .. }) => "reference_face_too_small",
                (Role::Probe, Cause::FaceTooSmall { .. }) => "probe_face_too_small",
                (Role::Reference, _) => "reference_unreadable",
                (Role::Probe, _) => "probe_unreadable",
            },
        }
    }

    /// Whether both photographs were judged, so that the answer is about the person and not about the pictures.
    pub fn is_judged(&self) -> bool {
        matches!(self, Outcome::Passed | Outcome::BelowPassMark | Outcome::SpoofAttack)
    }
}

/// The answer about two photographs.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// Score, 0 to 100; none where no two faces were compared: a missing similarity is not a similarity of 0.
    pub score: Option<f32>,
    /// Cosine similarity behind the score.
    pub cosine: Option<f32>,
    /// The answer of anti-spoofing; none where the probe's face was not found.
    pub liveness: Option<Liveness>,
}

impl Verdict {
    /// Whether the person is who the document says, and live.
    pub fn passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }

    /// A verdict about which nothing was measured.
    pub fn unmeasured(outcome: Outcome) -> Self {
        Self { outcome, score: None, cosine: None, liveness: None }
    }
}

impl From<Obstacle> for Verdict {
    fn from(obstacle: Obstacle) -> Self {
        Verdict::unmeasured(Outcome::Obstacle(obstacle))
    }
}

/// The verdict on what was measured.
///
/// An attack decides first, then a liveness that could not be assessed, then the score: a high similarity never excuses a
/// print, since a print of the right person is what an attacker would hold up.
pub fn decide(evidence: Evidence, calibration: &Calibration, policy: &Policy) -> Verdict {
    let score = calibration.score(evidence.cosine);
    let liveness = match evidence.liveness {
        LivenessEvidence::Probability(p) if p.is_nan() => Liveness::NotAssessed("the models gave no number".into()),
        LivenessEvidence::Probability(p) if p >= policy.live_threshold => Liveness::Live(p),
        LivenessEvidence::Probability(p) => Liveness::Spoof(p),
        LivenessEvidence::NotAssessed(why) => Liveness::NotAssessed(why),
    };
    let outcome = match &liveness {
        Liveness::Spoof(_) => Outcome::SpoofAttack,
        Liveness::NotAssessed(_) => Outcome::LivenessNotAssessed,
        Liveness::Live(_) if score >= policy.pass_mark => Outcome::Passed,
        Liveness::Live(_) => Outcome::BelowPassMark,
    };
    Verdict { outcome, score: Some(score), cosine: Some(evidence.cosine), liveness: Some(liveness) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Knot;

    fn verdict(cosine: f32, liveness: LivenessEvidence) -> Verdict {
        let map = Calibration::new(
            "t",
            vec![
                Knot { cosine: 0.0, score: 0.0 },
                Knot { cosine: 0.4, score: 80.0 },
                Knot { cosine: 1.0, score: 100.0 },
            ],
        );
        decide(Evidence { cosine, liveness }, &map.unwrap(), &Policy::default())
    }

    #[test]
    fn passes_at_the_marks_and_fails_below() {
        assert!(verdict(0.4, LivenessEvidence::Probability(0.40)).passed());
        assert_eq!(verdict(0.39, LivenessEvidence::Probability(0.40)).outcome, Outcome::BelowPassMark);
        assert_eq!(verdict(0.9, LivenessEvidence::Probability(0.399)).outcome, Outcome::SpoofAttack);
    }

    #[test]
    fn unknown_liveness_is_its_own_answer() {
        let unknown = verdict(0.9, LivenessEvidence::NotAssessed("cut by the frame".into()));
        assert_eq!(unknown.outcome, Outcome::LivenessNotAssessed);
        assert!(!unknown.passed());
        assert_eq!(unknown.liveness.and_then(|l| l.probability()), None);
        assert_eq!(verdict(0.9, LivenessEvidence::Probability(f32::NAN)).outcome, Outcome::LivenessNotAssessed);
    }

    #[test]
    fn an_obstacle_has_no_score() {
        let obstacle = Obstacle { role: crate::Role::Probe, cause: crate::Cause::NoFace };
        let verdict = Verdict::from(obstacle);
        assert_eq!((verdict.score, verdict.passed(), verdict.outcome.name()), (None, false, "probe_no_face"));
    }
}
