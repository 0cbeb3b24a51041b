//! Makes of a model, as its package holds it, the file that the engine reads. Deterministic: the results are pinned.

mod fold;
mod minifasnet;
mod pickle;
mod tensor;
mod torch_state;

use rten_onnx::onnx::ModelProto;
use thiserror::Error;

use crate::manifest::Recipe;

/// Why a model could not be prepared.
#[derive(Debug, Error)]
pub enum PrepareError {
    /// The file is no ONNX model, or cannot be written as one.
    #[error("not an ONNX model: {0}")]
    Onnx(String),
    /// The model uses something that the preparation does not know.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// The pickle holds something other than a dictionary of tensors, or is cut short.
    #[error("refused pickle at byte {at}: {reason}")]
    Pickle {
        /// Where.
        at: usize,
        /// What is wrong.
        reason: String,
    },
    /// The weights are not those of a MiniFASNet.
    #[error("not a MiniFASNet: {0}")]
    Architecture(String),
}

/// Applies a recipe to a file's contents.
pub(crate) fn prepare(recipe: Recipe, contents: Vec<u8>) -> Result<Vec<u8>, PrepareError> {
    match recipe {
        Recipe::Copy => Ok(contents),
        Recipe::FoldDequantize => {
            let mut model = ModelProto::parse_buf(&contents).map_err(|e| PrepareError::Onnx(format!("{e:?}")))?;
            fold::fold_dequantize(&mut model)?;
            write(&model)
        }
        Recipe::ConvertMinifasnet => write(&minifasnet::to_onnx(&torch_state::read(&contents)?)?),
    }
}

/// Name that prepared graphs bear.
const GRAPH_NAME: &[u8] = b"shiren";

/// The model's bytes.
///
/// ONNX demands that a graph has a name, which the crate's `GraphProto` lacks. Protocol buffers merge a message field that
/// occurs twice, so a second `graph` (field 7 of the model) that holds only a `name` (field 2) supplies it.
fn write(model: &ModelProto) -> Result<Vec<u8>, PrepareError> {
    let mut bytes = model.write_buf().map_err(|e| PrepareError::Onnx(format!("{e:?}")))?;
    let length = GRAPH_NAME.len() as u8;
    bytes.extend([7 << 3 | 2, length + 2, 2 << 3 | 2, length]);
    bytes.extend(GRAPH_NAME);
    Ok(bytes)
}
