use std::collections::{HashMap, HashSet};

use rten_onnx::onnx::{ModelProto, NodeProto, TensorProto};

use super::PrepareError;
use super::tensor::{Constant, elements, integers, name_of, shape_of};

/// Folds every constant `DequantizeLinear` of a model to f32, and every `Reshape` of a constant, and drops graph inputs that
/// are initialisers or that no node reads any more.
///
/// `y = (x - zero_point) * scale` (ONNX operator `DequantizeLinear`, version 21); scale and zero point are one number, or one
/// a channel along `axis`, or one a block of `block_size` along `axis`. OpenVINO refuses a block size with a scale of one
/// element, and ONNX Runtime refuses both models of the default pack before folding.
pub(super) fn fold_dequantize(model: &mut ModelProto) -> Result<(), PrepareError> {
    let graph = model.graph.as_mut().ok_or_else(|| PrepareError::Onnx("it has no graph".into()))?;
    let mut constants: HashMap<String, TensorProto> =
        graph.initializer.drain(..).map(|tensor| (name_of(&tensor).to_owned(), tensor)).collect();
    let mut order: Vec<String> = Vec::new();
    let mut kept = Vec::new();
    for node in graph.node.drain(..) {
        let folded = match node.op_type.as_deref() {
            Some("DequantizeLinear") => dequantize(&node, &constants)?,
            Some("Reshape") => reshape(&node, &constants)?,
            _ => None,
        };
        match (folded, node.output.first()) {
            (Some(tensor), Some(output)) => {
                constants.insert(output.clone(), tensor);
            }
            _ => {
                order.extend(node.input.iter().cloned());
                kept.push(node);
            }
        }
    }
    graph.node = kept;
    graph.input.retain(|input| {
        let name = input.name.as_deref().unwrap_or_default();
        !constants.contains_key(name) && order.iter().any(|used| used == name)
    });
    // In the order of use, so that the same model always gives the same bytes.
    let mut seen = HashSet::new();
    for name in order.into_iter().filter(|name| seen.insert(name.clone())) {
        if let Some(mut tensor) = constants.remove(&name) {
            tensor.name = Some(name);
            graph.initializer.push(tensor);
        }
    }
    Ok(())
}

fn attribute(node: &NodeProto, name: &str) -> Option<i64> {
    node.attribute.iter().find(|a| a.name.as_deref() == Some(name)).and_then(|a| a.i)
}

fn dequantize(node: &NodeProto, constants: &HashMap<String, TensorProto>) -> Result<Option<TensorProto>, PrepareError> {
    let constant = |index: usize| node.input.get(index).and_then(|name| constants.get(name));
    let (Some(x), Some(scale)) = (constant(0), constant(1)) else { return Ok(None) };
    let (x, scale) = (Constant::read(x)?, Constant::read(scale)?);
    let zero = match node.input.get(2).filter(|name| !name.is_empty()) {
        None => None,
        Some(_) => Some(Constant::read(constant(2).ok_or_else(|| unsupported(node, "its zero point varies"))?)?),
    };
    if zero.as_ref().is_some_and(|zero| zero.shape != scale.shape) {
        return Err(unsupported(node, "scale and zero point differ in shape"));
    }
    let index = scale_index(node, &x.shape, &scale.shape)?;
    let data = x
        .data
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let block = index(at);
            (value - zero.as_ref().map_or(0.0, |zero| zero.data[block])) * scale.data[block]
        })
        .collect();
    Ok(Some(Constant { shape: x.shape, data }.to_proto("")))
}

/// For the place of a number in `x` (row-major), the place of its scale.
fn scale_index(
    node: &NodeProto,
    shape: &[usize],
    scale_shape: &[usize],
) -> Result<impl Fn(usize) -> usize + use<>, PrepareError> {
    let rank = shape.len() as i64;
    let axis = attribute(node, "axis").unwrap_or(1);
    let axis = if axis < 0 { axis + rank } else { axis };
    let block = attribute(node, "block_size").unwrap_or(0).max(0) as usize;
    let single = elements(scale_shape) == Some(1);
    if single {
        return Ok(ScaleIndex { inner: 1, length: 1, per_block: 1, blocks: 1, along_all: false, single }.into_fn());
    }
    let Some(&length) = usize::try_from(axis).ok().and_then(|axis| shape.get(axis)) else {
        return Err(unsupported(node, "its axis lies outside the shape"));
    };
    let axis = axis as usize;
    let inner: usize = shape[axis + 1..].iter().product();
    let (per_block, blocks, along_all) = match block {
        0 => (1, length, false),
        block => (block, length.div_ceil(block), true),
    };
    let mut expected = if along_all { shape.to_vec() } else { vec![length] };
    if along_all {
        expected[axis] = blocks;
    }
    if scale_shape != expected {
        return Err(unsupported(node, &format!("a scale of {scale_shape:?} for a tensor of {shape:?}")));
    }
    Ok(ScaleIndex { inner, length, per_block, blocks, along_all, single }.into_fn())
}

struct ScaleIndex {
    /// Numbers behind the axis.
    inner: usize,
    /// Length of the axis.
    length: usize,
    /// Places along the axis that share a scale.
    per_block: usize,
    /// Scales along the axis.
    blocks: usize,
    /// Whether the scale has the other axes too (block-wise) or only this one (per channel).
    along_all: bool,
    single: bool,
}

impl ScaleIndex {
    fn into_fn(self) -> impl Fn(usize) -> usize {
        move |at| {
            if self.single {
                return 0;
            }
            let behind = at % self.inner;
            let along = at / self.inner % self.length;
            let before = at / self.inner / self.length;
            let block = along / self.per_block;
            if self.along_all { (before * self.blocks + block) * self.inner + behind } else { block }
        }
    }
}

fn reshape(node: &NodeProto, constants: &HashMap<String, TensorProto>) -> Result<Option<TensorProto>, PrepareError> {
    let constant = |index: usize| node.input.get(index).and_then(|name| constants.get(name));
    let (Some(tensor), Some(target)) = (constant(0), constant(1)) else { return Ok(None) };
    let old = shape_of(tensor)?;
    let wanted = integers(target).ok_or_else(|| unsupported(node, "its shape is not of int64"))?;
    let total = elements(&old).and_then(|total| i64::try_from(total).ok());
    let total = total.ok_or_else(|| unsupported(node, "its tensor is too large"))?;
    let mut shape: Vec<i64> = Vec::with_capacity(wanted.len());
    for (axis, &d) in wanted.iter().enumerate() {
        // 0 keeps the old dimension, -1 takes what is left (ONNX operator Reshape).
        shape.push(if d == 0 { old.get(axis).map_or(0, |&d| d as i64) } else { d });
    }
    let product = |dims: &[i64]| dims.iter().filter(|&&d| d != -1).try_fold(1i64, |count, &d| count.checked_mul(d));
    let known = product(&shape).filter(|&known| known > 0);
    for d in shape.iter_mut().filter(|d| **d == -1) {
        *d = total / known.unwrap_or(1);
    }
    if product(&shape) != Some(total) {
        return Err(unsupported(node, &format!("{old:?} does not reshape to {wanted:?}")));
    }
    Ok(Some(TensorProto { dims: shape, ..tensor.clone() }))
}

fn unsupported(node: &NodeProto, what: &str) -> PrepareError {
    let name = node.name.as_deref().or(node.output.first().map(String::as_str)).unwrap_or("a node without a name");
    PrepareError::Unsupported(format!("{name}: {what}"))
}

#[cfg(test)]
mod tests {
    use rten_onnx::onnx::{AttributeProto, DataType, GraphProto, ValueInfoProto};

    use super::*;

    fn int8(name: &str, dims: &[i64], data: &[i8]) -> TensorProto {
        TensorProto {
            dims: dims.to_vec(),
            data_type: Some(DataType::INT8),
            raw_data: Some(std::cell::RefCell::new(data.iter().map(|&v| v as u8).collect())),
            name: Some(name.into()),
            ..TensorProto::default()
        }
    }

    fn folded(x: TensorProto, scale: Constant, zero: TensorProto, attributes: &[(&str, i64)]) -> Constant {
        let node = |op: &str, input: &[&str], output: &str| NodeProto {
            op_type: Some(op.into()),
            input: input.iter().map(|&s| s.into()).collect(),
            output: vec![output.into()],
            ..NodeProto::default()
        };
        let mut dequantize = node("DequantizeLinear", &["x", "s", "z"], "y");
        for (name, value) in attributes {
            let name = Some((*name).to_owned());
            dequantize.attribute.push(AttributeProto { name, i: Some(*value), ..AttributeProto::default() });
        }
        let value = |name: &str| ValueInfoProto { name: Some(name.into()), ..ValueInfoProto::default() };
        let mut model = ModelProto {
            graph: Some(GraphProto {
                node: vec![dequantize, node("Add", &["in", "y"], "out")],
                initializer: vec![x, scale.to_proto("s"), zero],
                input: vec![value("in"), value("x"), value("stale")],
                ..GraphProto::default()
            }),
            ..ModelProto::default()
        };
        fold_dequantize(&mut model).unwrap();
        let graph = model.graph.unwrap();
        assert_eq!((graph.node.len(), graph.input.len(), graph.initializer.len()), (1, 1, 1));
        Constant::read(&graph.initializer[0]).unwrap()
    }

    #[test]
    fn one_scale_for_all() {
        let scale = Constant { shape: vec![], data: vec![0.5] };
        let y = folded(int8("x", &[2, 2], &[-4, 2, 6, 8]), scale, int8("z", &[], &[2]), &[("block_size", 64)]);
        assert_eq!(y.data, [-3.0, 0.0, 2.0, 3.0]);
    }

    #[test]
    fn a_scale_a_channel() {
        let scale = Constant { shape: vec![2], data: vec![1.0, 10.0] };
        let x = int8("x", &[2, 3], &[1, 2, 3, 4, 5, 6]);
        let y = folded(x, scale, int8("z", &[2], &[0, 1]), &[("axis", 0)]);
        assert_eq!(y.data, [1.0, 2.0, 3.0, 30.0, 40.0, 50.0]);
    }

    #[test]
    fn a_scale_a_block_with_a_short_last_one() {
        // Axis 1 of length 3 in blocks of 2: scales of shape [2, 2].
        let scale = Constant { shape: vec![2, 2], data: vec![1.0, 10.0, 100.0, 1000.0] };
        let x = int8("x", &[2, 3], &[1, 2, 3, 4, 5, 6]);
        let y = folded(x, scale, int8("z", &[2, 2], &[0, 0, 0, 0]), &[("axis", 1), ("block_size", 2)]);
        assert_eq!(y.data, [1.0, 2.0, 30.0, 400.0, 500.0, 6000.0]);
    }
}
