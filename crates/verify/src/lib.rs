//! One verification, from two photographs to a verdict, and from an admitted call to its record.

mod base64;
mod execute;
mod judge;
mod pack;

pub use execute::{Recorded, ResourceCodes, Verifier};
pub use judge::{Judge, Judgement, Located};
pub use pack::{PackError, load_judge};
