//! The ONNX graph of a MiniFASNet, built from the names and shapes of its weights.
//!
//! Architecture (Silent-Face-Anti-Spoofing, `src/model_lib/MiniFASNet.py`): conv1 (stride 2), conv2_dw, conv_23 (stride 2),
//! conv_3 (4 residual blocks), conv_34 (2), conv_4 (6), conv_45 (2), conv_5 (2), conv_6_sep, conv_6_dw (5x5, linear), linear,
//! batch norm, prob. A block is a 1x1 convolution, a depthwise 3x3, a linear 1x1, then, where its weights exist,
//! squeeze-and-excitation, then, if residual, the shortcut. Every convolution has a batch norm, all but the linear ones a
//! PReLU. Batch norms are folded into the weights before them.

use std::collections::BTreeMap;

use rten_onnx::onnx::{
    AttributeProto, AttributeType, DataType, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    TensorShapeProto, TypeProto, TypeProtoTensor, ValueInfoProto,
};

use super::PrepareError;
use super::tensor::Constant;

/// The epsilon of PyTorch's batch norms.
const EPSILON: f64 = 1e-5;
/// Stages: the block that halves the picture, the stage behind it, the number of its residual blocks.
const STAGES: [(&str, &str, usize); 3] = [("conv_23", "conv_3", 4), ("conv_34", "conv_4", 6), ("conv_45", "conv_5", 2)];
/// Side of the input in pixels.
const SIDE: i64 = 80;

/// The model: input `input` 1x3x80x80, output `output` 1x3 logits.
pub(super) fn to_onnx(state: &BTreeMap<String, Constant>) -> Result<ModelProto, PrepareError> {
    let mut graph = Builder { state, graph: GraphProto::default() };
    let mut x = graph.convolution("input", "conv1", 2, 1, true)?;
    x = graph.convolution(&x, "conv2_dw", 1, 1, true)?;
    for (down, stage, count) in STAGES {
        x = graph.block(&x, down, 2, false)?;
        for index in 0..count {
            x = graph.block(&x, &format!("{stage}.model.{index}"), 1, true)?;
        }
    }
    x = graph.convolution(&x, "conv_6_sep", 1, 0, true)?;
    x = graph.convolution(&x, "conv_6_dw", 1, 0, false)?;
    x = graph.node("Flatten", &[&x], vec![]);
    x = graph.dense(&x, "linear", Some("bn"))?;
    let last = graph.dense(&x, "prob", None)?;
    let mut graph = graph.graph;
    if let Some(node) = graph.node.last_mut() {
        debug_assert_eq!(node.output.first(), Some(&last));
        node.output = vec!["output".into()];
    }
    graph.input = vec![value_info("input", &[1, 3, SIDE, SIDE])];
    graph.output = vec![value_info("output", &[1, 3])];
    Ok(ModelProto {
        ir_version: Some(8),
        opset_import: vec![OperatorSetIdProto { version: Some(13), ..OperatorSetIdProto::default() }],
        producer_name: Some("shiren".into()),
        graph: Some(graph),
        ..ModelProto::default()
    })
}

struct Builder<'a> {
    state: &'a BTreeMap<String, Constant>,
    graph: GraphProto,
}

impl Builder<'_> {
    fn weight(&self, name: &str) -> Result<&Constant, PrepareError> {
        self.state.get(name).ok_or_else(|| PrepareError::Architecture(format!("there are no weights {name}")))
    }

    fn has(&self, name: &str) -> bool {
        self.state.contains_key(name)
    }

    fn constant(&mut self, name: &str, value: &Constant) -> String {
        self.graph.initializer.push(value.to_proto(name));
        name.to_owned()
    }

    fn node(&mut self, op: &str, inputs: &[&str], attribute: Vec<AttributeProto>) -> String {
        let output = format!("t{}", self.graph.node.len());
        self.graph.node.push(NodeProto {
            op_type: Some(op.into()),
            name: Some(output.clone()),
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: vec![output.clone()],
            attribute,
            ..NodeProto::default()
        });
        output
    }

    /// Weights of `rows` times something, and a bias, with the batch norm `norm` folded in:
    /// `gamma (w x - mean) / sqrt(var + epsilon) + beta`.
    fn folded(&self, weight: &Constant, norm: &str) -> Result<(Constant, Constant), PrepareError> {
        let part = |name: &str| self.weight(&format!("{norm}.{name}"));
        let (gamma, beta) = (part("weight")?, part("bias")?);
        let (mean, variance) = (part("running_mean")?, part("running_var")?);
        let rows = weight.shape.first().copied().unwrap_or(0);
        if rows == 0 || weight.data.is_empty() || [gamma, beta, mean, variance].iter().any(|v| v.data.len() != rows) {
            return Err(PrepareError::Architecture(format!("{norm} does not fit its weights")));
        }
        let mut folded = weight.clone();
        let mut bias = Vec::with_capacity(rows);
        let per_row = folded.data.len() / rows;
        for (row, values) in folded.data.chunks_exact_mut(per_row).enumerate() {
            let scale = f64::from(gamma.data[row]) / (f64::from(variance.data[row]) + EPSILON).sqrt();
            for value in values {
                *value = (f64::from(*value) * scale) as f32;
            }
            bias.push((f64::from(beta.data[row]) - f64::from(mean.data[row]) * scale) as f32);
        }
        Ok((folded, Constant { shape: vec![rows], data: bias }))
    }

    /// A convolution with the batch norm `norm`.
    fn normed_convolution(
        &mut self,
        x: &str,
        weight: &str,
        norm: &str,
        stride: i64,
        pad: i64,
    ) -> Result<String, PrepareError> {
        let raw = self.weight(weight)?;
        let [rows, per_group, height, width] = raw.shape[..] else {
            return Err(PrepareError::Architecture(format!("{weight} has the shape {:?}", raw.shape)));
        };
        // Depthwise convolutions, and only they, have one input channel a row.
        let groups = if per_group == 1 { rows } else { 1 };
        let (folded, bias) = self.folded(raw, norm)?;
        let w = self.constant(weight, &folded);
        let b = self.constant(&format!("{norm}.folded"), &bias);
        let attributes = vec![
            integers("kernel_shape", &[height as i64, width as i64]),
            integers("strides", &[stride, stride]),
            integers("pads", &[pad; 4]),
            integer("group", groups as i64),
        ];
        Ok(self.node("Conv", &[x, &w, &b], attributes))
    }

    fn convolution(
        &mut self,
        x: &str,
        name: &str,
        stride: i64,
        pad: i64,
        activated: bool,
    ) -> Result<String, PrepareError> {
        let y = self.normed_convolution(x, &format!("{name}.conv.weight"), &format!("{name}.bn"), stride, pad)?;
        if !activated {
            return Ok(y);
        }
        let slope_name = format!("{name}.prelu.weight");
        let mut slope = self.weight(&slope_name)?.clone();
        slope.shape = vec![slope.data.len(), 1, 1];
        let slope = self.constant(&slope_name, &slope);
        Ok(self.node("PRelu", &[&y, &slope], vec![]))
    }

    fn block(&mut self, x: &str, name: &str, stride: i64, residual: bool) -> Result<String, PrepareError> {
        let mut y = self.convolution(x, &format!("{name}.conv"), 1, 0, true)?;
        y = self.convolution(&y, &format!("{name}.conv_dw"), stride, 1, true)?;
        y = self.convolution(&y, &format!("{name}.project"), 1, 0, false)?;
        let squeeze = format!("{name}.se_module");
        if residual && self.has(&format!("{squeeze}.fc1.weight")) {
            let mut s = self.node("GlobalAveragePool", &[&y], vec![]);
            for (layer, norm, activation) in [("fc1", "bn1", "Relu"), ("fc2", "bn2", "Sigmoid")] {
                let weight = format!("{squeeze}.{layer}.weight");
                s = self.normed_convolution(&s, &weight, &format!("{squeeze}.{norm}"), 1, 0)?;
                s = self.node(activation, &[&s], vec![]);
            }
            y = self.node("Mul", &[&y, &s], vec![]);
        }
        if residual {
            y = self.node("Add", &[x, &y], vec![]);
        }
        Ok(y)
    }

    /// A fully connected layer, `weight` of outputs times inputs.
    fn dense(&mut self, x: &str, name: &str, norm: Option<&str>) -> Result<String, PrepareError> {
        let weight_name = format!("{name}.weight");
        let raw = self.weight(&weight_name)?.clone();
        let transposed = vec![integer("transB", 1)];
        match norm {
            Some(norm) => {
                let (folded, bias) = self.folded(&raw, norm)?;
                let w = self.constant(&weight_name, &folded);
                let b = self.constant(&format!("{norm}.folded"), &bias);
                Ok(self.node("Gemm", &[x, &w, &b], transposed))
            }
            None => {
                let w = self.constant(&weight_name, &raw);
                Ok(self.node("Gemm", &[x, &w], transposed))
            }
        }
    }
}

fn integer(name: &str, value: i64) -> AttributeProto {
    let (name, i, r#type) = (Some(name.into()), Some(value), Some(AttributeType::INT));
    AttributeProto { name, i, r#type, ..AttributeProto::default() }
}

fn integers(name: &str, values: &[i64]) -> AttributeProto {
    let (name, ints, r#type) = (Some(name.into()), values.to_vec(), Some(AttributeType::INTS));
    AttributeProto { name, ints, r#type, ..AttributeProto::default() }
}

fn value_info(name: &str, shape: &[i64]) -> ValueInfoProto {
    let dim = shape.iter().map(|&d| Dimension { dim_value: Some(d), dim_param: None }).collect();
    let tensor_type = Some(TypeProtoTensor { elem_type: Some(DataType::FLOAT), shape: Some(TensorShapeProto { dim }) });
    ValueInfoProto { name: Some(name.into()), r#type: Some(TypeProto { tensor_type, ..TypeProto::default() }) }
}
