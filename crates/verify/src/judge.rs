use std::sync::Arc;
use std::time::Instant;

use shiren_decide::{
    Calibration, Cause, Evidence, FaceEvidence, LivenessEvidence, Obstacle, Policy, Role, Verdict, decide,
};
use shiren_face::{Face, FaceError, FaceModels, Workbench, largest};
use shiren_photo::{DecodeLimits, Photo, PhotoError, decode};
use shiren_store::Timings;

/// What it takes to judge two photographs: models, calibration, limits.
pub struct Judge {
    models: Arc<FaceModels>,
    calibration: Calibration,
    limits: DecodeLimits,
    model_pack: String,
}

/// A photograph with the face that was taken of it.
#[derive(Clone, Debug)]
pub struct Located {
    /// The upright photograph.
    pub photo: Photo,
    /// Its largest face, if it has one.
    pub face: Option<Face>,
    /// How many faces it has; none if it was not searched.
    pub faces: Option<usize>,
}

/// A verdict with what it was based on.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// How long each stage took; the queue is not known here.
    pub timings: Timings,
    /// The reference as far as it came.
    pub reference: Option<Located>,
    /// The probe as far as it came.
    pub probe: Option<Located>,
}

impl Judge {
    /// Puts a judge together. `model_pack` names the models in records.
    pub fn new(
        models: Arc<FaceModels>,
        calibration: Calibration,
        limits: DecodeLimits,
        model_pack: impl Into<String>,
    ) -> Self {
        Self { models, calibration, limits, model_pack: model_pack.into() }
    }

    /// The map from cosine to score.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Name, version, digest and arithmetic of the models.
    pub fn model_pack(&self) -> &str {
        &self.model_pack
    }

    /// The models, to measure single steps with.
    pub fn models(&self) -> &Arc<FaceModels> {
        &self.models
    }

    /// Judges two JPEGs. A photograph that cannot be judged is a verdict too; an error is the server's own fault.
    pub fn judge(&self, reference: &[u8], probe: &[u8], policy: &Policy) -> Result<Judgement, FaceError> {
        let jpeg = |role| Ok(if role == Role::Reference { reference } else { probe });
        let mut trail = Trail::default();
        let verdict = self.judge_with(jpeg, policy, &mut trail)?;
        let Trail { timings, reference, probe } = trail;
        Ok(Judgement { verdict, timings, reference, probe })
    }

    /// The same with photographs that still have to be made, `jpeg` being asked for each by its role. `trail` is kept up to
    /// the point of a fault.
    pub(crate) fn judge_with<B: AsRef<[u8]>>(
        &self,
        jpeg: impl Fn(Role) -> Result<B, Cause>,
        policy: &Policy,
        trail: &mut Trail,
    ) -> Result<Verdict, FaceError> {
        Ok(match self.measure(jpeg, policy, trail)? {
            Ok(evidence) => decide(evidence, &self.calibration, policy),
            Err(obstacle) => Verdict::from(obstacle),
        })
    }

    /// Decode, detect, align, embed and anti-spoof.
    fn measure<B: AsRef<[u8]>>(
        &self,
        jpeg: impl Fn(Role) -> Result<B, Cause>,
        policy: &Policy,
        trail: &mut Trail,
    ) -> Result<Result<Evidence, Obstacle>, FaceError> {
        let mut bench = self.models.workbench()?;

        // Both are decoded before either is searched: an unreadable probe is said even where the reference has no face.
        for role in [Role::Reference, Role::Probe] {
            let photo = timed(&mut trail.timings.decode, || {
                jpeg(role).and_then(|bytes| decode(bytes.as_ref(), self.limits).map_err(cause))
            });
            match photo {
                Ok(photo) => *trail.slot(role) = Some(Located { photo, face: None, faces: None }),
                Err(cause) => return Ok(Err(Obstacle { role, cause })),
            }
        }
        let Trail { timings, reference: Some(reference), probe: Some(probe) } = trail else {
            return Err(FaceError::Model("a photograph got lost".into()));
        };

        for (role, located) in [(Role::Reference, &mut *reference), (Role::Probe, &mut *probe)] {
            let found = timed(&mut timings.detect, || locate(&mut bench, located))?;
            let sufficient = match found {
                Some(face) => policy.require_size(role, &evidence_of(&face, &located.photo)),
                None => Err(Obstacle { role, cause: Cause::NoFace }),
            };
            if let Err(obstacle) = sufficient {
                return Ok(Err(obstacle));
            }
        }
        let (Some(reference_face), Some(probe_face)) = (reference.face, probe.face) else {
            return Err(FaceError::Model("a face got lost".into()));
        };

        let cosine = timed(&mut timings.embed, || {
            let reference = bench.embed(&reference.photo, &reference_face)?;
            let probe = bench.embed(&probe.photo, &probe_face)?;
            Ok::<_, FaceError>(reference.cosine(&probe))
        })?;
        let hindrance = policy.liveness_hindrance(&evidence_of(&probe_face, &probe.photo));
        let liveness = timed(&mut timings.antispoof, || match hindrance {
            Some(why) => Ok(LivenessEvidence::NotAssessed(why)),
            None => match bench.live_probabilities(&probe.photo, &probe_face) {
                Ok(probabilities) => Ok(LivenessEvidence::Probability(probabilities.mean())),
                Err(error @ (FaceError::NoSurroundings | FaceError::NotFinite(_))) => {
                    Ok(LivenessEvidence::NotAssessed(error.to_string()))
                }
                Err(error) => Err(error),
            },
        })?;
        Ok(Ok(Evidence { cosine, liveness }))
    }
}

/// What is known so far, kept also when the way ends early.
#[derive(Default)]
pub(crate) struct Trail {
    pub(crate) timings: Timings,
    reference: Option<Located>,
    probe: Option<Located>,
}

impl Trail {
    fn slot(&mut self, role: Role) -> &mut Option<Located> {
        match role {
            Role::Reference => &mut self.reference,
            Role::Probe => &mut self.probe,
        }
    }
}

fn locate(bench: &mut Workbench, located: &mut Located) -> Result<Option<Face>, FaceError> {
    let faces = bench.detect(&located.photo)?;
    located.faces = Some(faces.len());
    located.face = largest(&faces).copied();
    Ok(located.face)
}

fn evidence_of(face: &Face, photo: &Photo) -> FaceEvidence {
    let (width, height) = (photo.width(), photo.height());
    FaceEvidence {
        size: face.size(),
        inside: face.part_inside(width, height),
        surroundings: face.surroundings(width, height),
    }
}

fn cause(error: PhotoError) -> Cause {
    match error {
        PhotoError::NotJpeg(what) => Cause::NotJpeg(what),
        PhotoError::Truncated => Cause::Truncated,
        PhotoError::TooManyPixels { width, height, limit } => Cause::TooManyPixels { width, height, limit },
        PhotoError::Damaged(what) => Cause::Damaged(what),
    }
}

/// Runs `work` and adds the microseconds that it took to `total`.
fn timed<T>(total: &mut i64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *total += i64::try_from(start.elapsed().as_micros()).unwrap_or(i64::MAX);
    result
}
