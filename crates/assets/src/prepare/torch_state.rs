//! State dictionaries in PyTorch's old (non-zip) file format: three pickles (magic number, protocol version, system), one of
//! the dictionary with persistent ids for storages, one of the storages' keys, then for each key its element count (i64) and
//! its numbers, little-endian. Source: `torch/serialization.py`, `_legacy_save`.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::rc::Rc;

use super::PrepareError;
use super::pickle::{self, Global, Value};
use super::tensor::{Constant, elements};

/// `0x1950a86a20f9469cfc6c`, little-endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// The f32 tensors of a file by name, without the `module.` that parallel training puts before each. Integer tensors (batch
/// counters) are left out.
pub(super) fn read(bytes: &[u8]) -> Result<BTreeMap<String, Constant>, PrepareError> {
    let mut at = 0;
    match pickle::load(bytes, &mut at)? {
        Value::Long(magic) if *magic == MAGIC => {}
        _ => return Err(PrepareError::Pickle { at: 0, reason: "not a PyTorch file of the old format".into() }),
    }
    pickle::load(bytes, &mut at)?;
    pickle::load(bytes, &mut at)?;
    let refuse = |at: usize, reason: &str| PrepareError::Pickle { at, reason: reason.to_owned() };
    let Value::Dict(entries) = pickle::load(bytes, &mut at)? else {
        return Err(refuse(at, "the state is no dictionary"));
    };
    let Value::List(keys) = pickle::load(bytes, &mut at)? else {
        return Err(refuse(at, "the storage keys are no list"));
    };
    let mut views = Vec::new();
    for (name, value) in entries.borrow().iter() {
        match (name, value) {
            (Value::Text(name), Value::Tensor(arguments)) => {
                let view = View::of(arguments).ok_or_else(|| refuse(at, "a tensor of unknown make"))?;
                views.push((name.strip_prefix("module.").unwrap_or(name).to_owned(), view));
            }
            _ => return Err(refuse(at, "an entry that is no tensor")),
        }
    }
    let sizes: HashMap<Rc<str>, usize> =
        views.iter().map(|(_, view)| (view.storage.clone(), view.element_size())).collect();
    let mut storages: HashMap<Rc<str>, &[u8]> = HashMap::new();
    for key in keys.borrow().iter() {
        let Value::Text(key) = key else { return Err(refuse(at, "a storage key that is no text")) };
        let size = *sizes.get(key).ok_or_else(|| refuse(at, "a storage that no tensor uses"))?;
        let count = bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map(i64::from_le_bytes);
        let count = count.and_then(|count| usize::try_from(count).ok());
        let data = count
            .and_then(|count| count.checked_mul(size))
            .and_then(|length| bytes.get(at + 8..(at + 8).checked_add(length)?))
            .ok_or_else(|| refuse(at, "a storage is cut short"))?;
        storages.insert(key.clone(), data);
        at += 8 + data.len();
    }
    let floats = views.into_iter().filter(|(_, view)| view.kind == Global::FloatStorage);
    floats
        .map(|(name, view)| {
            let storage = storages.get(&view.storage).ok_or_else(|| refuse(at, "a storage is missing"))?;
            let tensor = view.read(storage).ok_or_else(|| refuse(at, "a tensor reaches beyond its storage"))?;
            Ok((name, tensor))
        })
        .collect()
}

/// A tensor as a view of a storage: `_rebuild_tensor_v2(storage, offset, size, stride, …)`.
struct View {
    kind: Global,
    storage: Rc<str>,
    offset: usize,
    shape: Vec<usize>,
}

impl View {
    /// None unless the tensor is contiguous and of a known kind.
    fn of(arguments: &[Value]) -> Option<Self> {
        let [Value::Persistent(id), Value::Int(offset), Value::Tuple(shape), Value::Tuple(stride), ..] = arguments
        else {
            return None;
        };
        let [Value::Text(tag), Value::Global(kind), Value::Text(storage), ..] = &**id else { return None };
        let shape = integers(shape)?;
        let mut dense = 1;
        let mut contiguous = vec![0; shape.len()];
        for (stride, length) in contiguous.iter_mut().zip(&shape).rev() {
            *stride = dense;
            dense = length.checked_mul(dense)?;
        }
        let usable = &**tag == "storage"
            && matches!(kind, Global::FloatStorage | Global::LongStorage)
            && integers(stride)? == contiguous;
        usable.then_some(())?;
        Some(Self { kind: *kind, storage: storage.clone(), offset: usize::try_from(*offset).ok()?, shape })
    }

    fn element_size(&self) -> usize {
        if self.kind == Global::FloatStorage { 4 } else { 8 }
    }

    fn read(self, storage: &[u8]) -> Option<Constant> {
        let count = elements(&self.shape)?;
        let start = self.offset.checked_mul(4)?;
        let bytes = storage.get(start..start.checked_add(count.checked_mul(4)?)?)?;
        let data = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        Some(Constant { shape: self.shape, data })
    }
}

fn integers(values: &[Value]) -> Option<Vec<usize>> {
    values
        .iter()
        .map(|value| match value {
            Value::Int(n) => usize::try_from(*n).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_pytorch_file() {
        assert!(read(b"").is_err());
        assert!(read(b"\x80\x02K\x01.").unwrap_err().to_string().contains("not a PyTorch file"));
        assert!(read(b"PK\x03\x04").is_err());
    }
}
