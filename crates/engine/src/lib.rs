//! Runs ONNX models on OpenVINO's CPU plugin. Knows tensors, not faces.
//!
//! [`Runtime`] loads the shared library from the asset folder, [`Network`] is one compiled model, [`Session`] one infer
//! request of it, to be used by one thread at a time. Nothing here is `unsafe`: the `openvino` crate wraps the C API, and
//! its one trap, `Tensor::set_shape` (it returns a second owner of the same pointer), is not called.

mod cpu;
mod network;
mod runtime;

pub use cpu::{CpuError, check_cpu};
pub use network::{Network, RunError, Session};
pub use runtime::{EngineError, Precision, Runtime, RuntimeOptions};
