//! Faces in pictures: detection, alignment, embedding, anti-spoofing.
//!
//! Measures and does not judge: no threshold about a person stands here, and no file is read but the models'. Load
//! [`FaceModels`] once; each worker takes a [`Workbench`] of it and looks at one picture after the other.

mod align;
mod antispoof;
mod area;
mod crop;
mod detect;
mod embed;
mod geometry;
mod linear;
mod models;
mod nms;
mod pixels;
mod yunet;

pub use align::{ALIGNED_SIDE, align};
pub use antispoof::LiveProbabilities;
pub use detect::largest;
pub use embed::Embedding;
pub use geometry::{Face, Landmarks, Point, Rect};
pub use models::{FaceError, FaceModels, LoadError, ModelFiles, Workbench, WorkbenchLease};
