use std::path::{Path, PathBuf};
use std::sync::Mutex;

use openvino::{Core, DeviceType, RwPropertyKey};
use thiserror::Error;

use crate::Network;

/// Arithmetic of the CPU plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Precision {
    /// IEEE 754 single precision, on every machine the same within rounding. The default.
    #[default]
    F32,
    /// bfloat16 where the CPU multiplies it natively; elsewhere the plugin falls back to f32.
    Bf16,
}

impl Precision {
    /// The name that OpenVINO and the records use.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
        }
    }
}

/// How the engine spreads over the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeOptions {
    /// Inferences that run at once, each on one thread. OpenVINO's own default is every core for one inference, which
    /// makes concurrent requests fight.
    pub parallel: usize,
    /// Arithmetic.
    pub precision: Precision,
}

impl RuntimeOptions {
    /// One inference at a time on one thread, in f32.
    pub fn single_thread() -> Self {
        Self { parallel: 1, precision: Precision::F32 }
    }
}

/// Why the engine could not be set up.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The shared library could not be loaded.
    #[error("cannot load OpenVINO from {path}: {reason}")]
    Load {
        /// The library's file.
        path: PathBuf,
        /// The loader's words.
        reason: String,
    },
    /// OpenVINO refused a setting.
    #[error("OpenVINO refuses the setting {key}={value}: {reason}")]
    Setting {
        /// Name of the property.
        key: String,
        /// Its value.
        value: String,
        /// OpenVINO's words.
        reason: String,
    },
    /// A model could not be read or compiled.
    #[error("cannot {step} the model {path}: {reason}")]
    Model {
        /// What was tried.
        step: &'static str,
        /// The model's file.
        path: PathBuf,
        /// OpenVINO's words.
        reason: String,
    },
    /// A model's shape is not the one that its use needs.
    #[error("the model {path} has {found}, expected {expected}")]
    Shape {
        /// The model's file.
        path: PathBuf,
        /// What the file says.
        found: String,
        /// What is needed.
        expected: String,
    },
}

/// A loaded OpenVINO runtime with its settings.
pub struct Runtime {
    // The C core is not thread-safe for compiling; compiling happens at start only, so one lock costs nothing.
    core: Mutex<Core>,
}

impl Runtime {
    /// Loads `libopenvino_c.so.*` from `library` and sets the CPU plugin up.
    pub fn load(library: &Path, options: RuntimeOptions) -> Result<Self, EngineError> {
        let load_error = |reason: String| EngineError::Load { path: library.to_owned(), reason };
        openvino_sys::library::load_from(library).map_err(load_error)?;
        let mut core = Core::new().map_err(|e| load_error(e.to_string()))?;
        let parallel = options.parallel.max(1).to_string();
        let settings = [
            (RwPropertyKey::HintInferencePrecision, options.precision.name()),
            (RwPropertyKey::InferenceNumThreads, parallel.as_str()),
            (RwPropertyKey::NumStreams, parallel.as_str()),
        ];
        for (key, value) in settings {
            core.set_property(&DeviceType::CPU, &key, value).map_err(|e| EngineError::Setting {
                key: key.as_ref().to_owned(),
                value: value.to_owned(),
                reason: e.to_string(),
            })?;
        }
        Ok(Self { core: Mutex::new(core) })
    }

    /// Compiles an ONNX model with one input, checks its input's shape against `input` (N, C, H, W), and looks the named
    /// outputs up.
    pub fn compile(&self, path: &Path, input: [usize; 4], outputs: &[&str]) -> Result<Network, EngineError> {
        let model_error = |step| {
            move |e: openvino::InferenceError| EngineError::Model { step, path: path.to_owned(), reason: e.to_string() }
        };
        let mut core = self.core.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let model = core.read_model_from_file(&path.to_string_lossy(), "").map_err(model_error("read"))?;
        let compiled = core.compile_model(&model, DeviceType::CPU).map_err(model_error("compile"))?;
        Network::new(compiled, path, input, outputs)
    }
}
