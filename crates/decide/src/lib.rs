//! From what was measured on two photographs to a verdict with its reason.
//!
//! Pure: no clock, no file, no model. [`Evidence`] holds the measurements or the [`Obstacle`] that prevented them,
//! [`Policy`] the thresholds, [`Calibration`] the meaning of a similarity, and [`decide`] turns them into a [`Verdict`].

mod calibration;
mod obstacle;
mod policy;
mod verdict;

pub use calibration::{Calibration, CalibrationError, Knot};
pub use obstacle::{Base64Fault, Cause, Obstacle, Role};
pub use policy::{Policy, PolicyError};
pub use verdict::{Evidence, FaceEvidence, Liveness, LivenessEvidence, Outcome, Verdict, decide};
