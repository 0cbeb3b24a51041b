use std::path::Path;
use std::sync::Mutex;

use openvino::{CompiledModel, ElementType, InferRequest, InferenceError, Tensor};
use thiserror::Error;

use crate::EngineError;

/// One compiled model with a single f32 input.
pub struct Network {
    name: String,
    // Creating a request takes `&mut`; it happens once per worker, never while a photograph waits.
    compiled: Mutex<CompiledModel>,
    outputs: Vec<String>,
    input_len: usize,
}

/// An inference that failed.
#[derive(Debug, Error)]
pub enum RunError {
    /// The input does not have the model's size.
    #[error("the input of {network} has {found} numbers, the model takes {expected}")]
    InputLength {
        /// The model.
        network: String,
        /// Numbers given.
        found: usize,
        /// Numbers needed.
        expected: usize,
    },
    /// OpenVINO reported an error.
    #[error("inference of {network} failed: {reason}")]
    Inference {
        /// The model.
        network: String,
        /// OpenVINO's words.
        reason: String,
    },
}

impl Network {
    pub(crate) fn new(
        compiled: CompiledModel,
        path: &Path,
        input: [usize; 4],
        outputs: &[&str],
    ) -> Result<Self, EngineError> {
        let describe =
            |e: InferenceError| EngineError::Model { step: "inspect", path: path.to_owned(), reason: e.to_string() };
        let shape_error = |found: String| EngineError::Shape {
            path: path.to_owned(),
            found,
            expected: format!("one input of f32 {input:?}"),
        };
        let count = compiled.get_input_size().map_err(describe)?;
        if count != 1 {
            return Err(shape_error(format!("{count} inputs")));
        }
        let node = compiled.get_input_by_index(0).map_err(describe)?;
        let element = node.get_element_type().map_err(describe)?;
        let shape = node.get_shape().map_err(describe)?;
        let dimensions: Vec<usize> = shape.get_dimensions().iter().map(|&d| d as usize).collect();
        if element != ElementType::F32 || dimensions != input {
            return Err(shape_error(format!("an input of {element:?} {dimensions:?}")));
        }
        // By name and not by number: one output may have several names, of which the engine shows any.
        for output in outputs {
            compiled.get_output_by_name(output).map_err(|e| EngineError::Shape {
                path: path.to_owned(),
                found: format!("no output {output} ({e})"),
                expected: format!("the outputs {outputs:?}"),
            })?;
        }
        let outputs = outputs.iter().map(|&name| name.to_owned()).collect();
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        Ok(Self { name, compiled: Mutex::new(compiled), outputs, input_len: input.iter().product() })
    }

    /// A new infer request with tensors of its own.
    pub fn session(&self) -> Result<Session, RunError> {
        let failed = |e: InferenceError| RunError::Inference { network: self.name.clone(), reason: e.to_string() };
        let mut compiled = self.compiled.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let request = compiled.create_infer_request().map_err(failed)?;
        let input = request.get_input_tensor().map_err(failed)?;
        let outputs =
            self.outputs.iter().map(|name| request.get_tensor(name)).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        Ok(Session { network: self.name.clone(), request, input, outputs, input_len: self.input_len })
    }
}

/// One infer request: an input to fill, a run, and outputs to read. For one thread at a time.
pub struct Session {
    network: String,
    request: InferRequest,
    input: Tensor,
    outputs: Vec<Tensor>,
    input_len: usize,
}

impl Session {
    /// The input, to be filled before [`run`](Self::run); it keeps what the last run left.
    pub fn input(&mut self) -> Result<&mut [f32], RunError> {
        let (network, expected) = (&self.network, self.input_len);
        let slice = self
            .input
            .get_data_mut::<f32>()
            .map_err(|e| RunError::Inference { network: network.clone(), reason: e.to_string() })?;
        if slice.len() != expected {
            return Err(RunError::InputLength { network: network.clone(), found: slice.len(), expected });
        }
        Ok(slice)
    }

    /// Runs the model on what [`input`](Self::input) holds, in the calling thread's time.
    pub fn run(&mut self) -> Result<(), RunError> {
        self.request.infer().map_err(|e| RunError::Inference { network: self.network.clone(), reason: e.to_string() })
    }

    /// What the last run gave, row-major: `index` counts the outputs as they were named when the model was compiled.
    pub fn output(&self, index: usize) -> Result<&[f32], RunError> {
        let failed = |reason: String| RunError::Inference { network: self.network.clone(), reason };
        let tensor = self.outputs.get(index).ok_or_else(|| failed(format!("there is no output {index}")))?;
        tensor.get_data::<f32>().map_err(|e| failed(e.to_string()))
    }
}
