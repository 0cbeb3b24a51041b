use std::cell::RefCell;

use rten_onnx::onnx::{DataType, TensorProto};

use super::PrepareError;

/// A constant tensor of f32, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constant {
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<f32>,
}

impl Constant {
    /// Reads a float or 8-bit integer tensor; the integers become floats of the same value.
    pub(crate) fn read(tensor: &TensorProto) -> Result<Self, PrepareError> {
        let shape = shape_of(tensor)?;
        let raw = tensor.raw_data.as_ref().map(RefCell::borrow).filter(|raw| !raw.is_empty());
        let data: Vec<f32> = match (tensor.data_type, raw) {
            (Some(DataType::FLOAT), Some(raw)) => {
                raw.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
            }
            (Some(DataType::FLOAT), None) => tensor.float_data.clone(),
            (Some(DataType::INT8), Some(raw)) => raw.iter().map(|&b| f32::from(b as i8)).collect(),
            (Some(DataType::UINT8), Some(raw)) => raw.iter().map(|&b| f32::from(b)).collect(),
            (Some(DataType::INT8 | DataType::UINT8), None) => tensor.int32_data.iter().map(|&v| v as f32).collect(),
            (other, _) => {
                let kind = other.map_or_else(|| "no type".to_owned(), |kind| kind.to_string());
                return Err(PrepareError::Unsupported(format!("{} is a constant of {kind}", name_of(tensor))));
            }
        };
        if Some(data.len()) != elements(&shape) {
            return Err(PrepareError::Onnx(format!(
                "{} has {} numbers for the shape {shape:?}",
                name_of(tensor),
                data.len()
            )));
        }
        Ok(Self { shape, data })
    }

    /// The tensor of that name in ONNX's words.
    pub(crate) fn to_proto(&self, name: &str) -> TensorProto {
        TensorProto {
            dims: self.shape.iter().map(|&d| d as i64).collect(),
            data_type: Some(DataType::FLOAT),
            raw_data: Some(RefCell::new(self.data.iter().flat_map(|v| v.to_le_bytes()).collect())),
            name: Some(name.to_owned()),
            ..TensorProto::default()
        }
    }
}

/// How many numbers a tensor of that shape has; none if they cannot be counted.
pub(crate) fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |count, &d| count.checked_mul(d))
}

/// The shape, with every dimension checked to be none below zero.
pub(crate) fn shape_of(tensor: &TensorProto) -> Result<Vec<usize>, PrepareError> {
    tensor
        .dims
        .iter()
        .map(|&d| {
            usize::try_from(d).map_err(|_| PrepareError::Onnx(format!("{} has a dimension of {d}", name_of(tensor))))
        })
        .collect()
}

/// The numbers of an int64 tensor.
pub(crate) fn integers(tensor: &TensorProto) -> Option<Vec<i64>> {
    if tensor.data_type != Some(DataType::INT64) {
        return None;
    }
    match tensor.raw_data.as_ref().map(RefCell::borrow).filter(|raw| !raw.is_empty()) {
        Some(raw) => Some(
            raw.chunks_exact(8).map(|b| i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])).collect(),
        ),
        None => Some(tensor.int64_data.clone()),
    }
}

pub(crate) fn name_of(tensor: &TensorProto) -> &str {
    tensor.name.as_deref().unwrap_or("a tensor without a name")
}
