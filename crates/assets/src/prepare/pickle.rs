//! A reader for the few pickles that PyTorch's old file format is made of.
//!
//! A pickle is a program for a stack machine, and the full language can call any Python function. This reader knows the
//! operations that state dictionaries use, builds plain values, and calls nothing: the only functions that a pickle may name
//! are [`Global`]s, and what they make is data. Everything else is refused. Format: Python's `pickletools`, protocol 2.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::PrepareError;

/// Most operations of a pickle; those of the two models have under 14,000. Each can nest a value one deeper, and a deep value
/// takes stack to drop.
const MAX_OPERATIONS: usize = 20_000;

/// What may be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    FloatStorage,
    LongStorage,
}

/// A value on the stack.
#[derive(Clone, Debug)]
pub(super) enum Value {
    None,
    /// `True` or `False`; no weight depends on which.
    Bool,
    Int(i64),
    /// An integer of more than 64 bits, such as the file's magic number, little-endian.
    Long(Rc<[u8]>),
    Text(Rc<str>),
    Tuple(Rc<[Value]>),
    List(Rc<RefCell<Vec<Value>>>),
    Dict(Rc<RefCell<Vec<(Value, Value)>>>),
    Global(Global),
    /// A storage named from outside: what stands in its tuple.
    Persistent(Rc<[Value]>),
    /// `_rebuild_tensor_v2` applied to its arguments.
    Tensor(Rc<[Value]>),
    Mark,
}

/// Reads one pickle from `bytes` at `*at` and moves `*at` behind it.
pub(super) fn load(bytes: &[u8], at: &mut usize) -> Result<Value, PrepareError> {
    let mut machine = Machine { bytes, at: *at, stack: Vec::new(), memo: HashMap::new() };
    let value = machine.run()?;
    *at = machine.at;
    Ok(value)
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value>,
    memo: HashMap<u32, Value>,
}

impl Machine<'_> {
    fn refuse<T>(&self, reason: impl Into<String>) -> Result<T, PrepareError> {
        Err(PrepareError::Pickle { at: self.at, reason: reason.into() })
    }

    fn take(&mut self, length: usize) -> Result<&[u8], PrepareError> {
        match self.at.checked_add(length).filter(|&end| end <= self.bytes.len()) {
            Some(end) => {
                let start = std::mem::replace(&mut self.at, end);
                Ok(&self.bytes[start..end])
            }
            None => self.refuse("it is cut short"),
        }
    }

    fn byte(&mut self) -> Result<u8, PrepareError> {
        Ok(self.take(1)?[0])
    }

    fn u32(&mut self) -> Result<u32, PrepareError> {
        let b = self.take(4)?;
        Ok(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    fn text(&mut self, length: usize) -> Result<Rc<str>, PrepareError> {
        match std::str::from_utf8(self.take(length)?) {
            Ok(text) => Ok(text.into()),
            Err(_) => self.refuse("text that is not UTF-8"),
        }
    }

    fn line(&mut self) -> Result<Rc<str>, PrepareError> {
        match self.bytes[self.at..].iter().position(|&b| b == b'\n') {
            Some(length) => {
                let line = self.text(length)?;
                self.at += 1;
                Ok(line)
            }
            None => self.refuse("a name without an end"),
        }
    }

    fn pop(&mut self) -> Result<Value, PrepareError> {
        match self.stack.pop() {
            Some(value) => Ok(value),
            None => self.refuse("an empty stack"),
        }
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value>, PrepareError> {
        match self.stack.iter().rposition(|value| matches!(value, Value::Mark)) {
            Some(mark) => {
                let values = self.stack.split_off(mark + 1);
                self.stack.pop();
                Ok(values)
            }
            None => self.refuse("no mark on the stack"),
        }
    }

    fn run(&mut self) -> Result<Value, PrepareError> {
        for _ in 0..MAX_OPERATIONS {
            match self.byte()? {
                0x80 => match self.byte()? {
                    2 => {}
                    other => return self.refuse(format!("protocol {other}, expected 2")),
                },
                b'.' => return self.pop(),
                b'(' => self.stack.push(Value::Mark),
                b'N' => self.stack.push(Value::None),
                0x88 | 0x89 => self.stack.push(Value::Bool),
                b'K' => {
                    let value = self.byte()?.into();
                    self.stack.push(Value::Int(value));
                }
                b'M' => {
                    let b = self.take(2)?;
                    let value = u16::from_le_bytes([b[0], b[1]]).into();
                    self.stack.push(Value::Int(value));
                }
                b'J' => {
                    let value = self.u32()?.cast_signed().into();
                    self.stack.push(Value::Int(value));
                }
                0x8a => {
                    let length = self.byte()?.into();
                    let value = self.take(length)?.into();
                    self.stack.push(Value::Long(value));
                }
                b'X' => {
                    let length = self.u32()? as usize;
                    let text = self.text(length)?;
                    self.stack.push(Value::Text(text));
                }
                b')' => self.stack.push(Value::Tuple(Rc::new([]))),
                b't' => {
                    let values = self.pop_to_mark()?;
                    self.stack.push(Value::Tuple(values.into()));
                }
                0x85 => self.tuple(1)?,
                0x86 => self.tuple(2)?,
                0x87 => self.tuple(3)?,
                b'}' => self.stack.push(Value::Dict(Rc::default())),
                b']' => self.stack.push(Value::List(Rc::default())),
                b'e' => {
                    let values = self.pop_to_mark()?;
                    match self.stack.last() {
                        Some(Value::List(list)) => list.borrow_mut().extend(values),
                        _ => return self.refuse("APPENDS on something that is no list"),
                    }
                }
                b's' => {
                    let value = self.pop()?;
                    let key = self.pop()?;
                    self.set_items(vec![key, value])?;
                }
                b'u' => {
                    let items = self.pop_to_mark()?;
                    self.set_items(items)?;
                }
                b'q' => {
                    let slot = self.byte()?.into();
                    self.memoize(slot)?;
                }
                b'r' => {
                    let slot = self.u32()?;
                    self.memoize(slot)?;
                }
                b'h' => {
                    let slot = self.byte()?.into();
                    self.recall(slot)?;
                }
                b'j' => {
                    let slot = self.u32()?;
                    self.recall(slot)?;
                }
                b'c' => {
                    let (module, name) = (self.line()?, self.line()?);
                    let global = match (&*module, &*name) {
                        ("collections", "OrderedDict") => Global::OrderedDict,
                        ("torch._utils", "_rebuild_tensor_v2") => Global::RebuildTensor,
                        ("torch", "FloatStorage") => Global::FloatStorage,
                        ("torch", "LongStorage") => Global::LongStorage,
                        _ => return self.refuse(format!("it names {module}.{name}")),
                    };
                    self.stack.push(Value::Global(global));
                }
                b'R' => {
                    let arguments = self.pop()?;
                    let function = self.pop()?;
                    let made = match (function, arguments) {
                        (Value::Global(Global::OrderedDict), Value::Tuple(none)) if none.is_empty() => {
                            Value::Dict(Rc::default())
                        }
                        (Value::Global(Global::RebuildTensor), Value::Tuple(arguments)) => Value::Tensor(arguments),
                        _ => return self.refuse("it calls something that may not be called"),
                    };
                    self.stack.push(made);
                }
                b'Q' => match self.pop()? {
                    Value::Tuple(id) => self.stack.push(Value::Persistent(id)),
                    _ => return self.refuse("a persistent id that is no tuple"),
                },
                // The state of an OrderedDict: PyTorch keeps version numbers there, which no weight depends on.
                b'b' => {
                    self.pop()?;
                    if !matches!(self.stack.last(), Some(Value::Dict(_))) {
                        return self.refuse("BUILD on something that is no dictionary");
                    }
                }
                other => return self.refuse(format!("operation 0x{other:02x} is not allowed")),
            }
        }
        self.refuse(format!("more than {MAX_OPERATIONS} operations"))
    }

    fn tuple(&mut self, length: usize) -> Result<(), PrepareError> {
        let Some(start) = self.stack.len().checked_sub(length) else {
            return self.refuse("an empty stack");
        };
        let values = self.stack.split_off(start);
        self.stack.push(Value::Tuple(values.into()));
        Ok(())
    }

    fn set_items(&mut self, items: Vec<Value>) -> Result<(), PrepareError> {
        match self.stack.last() {
            Some(Value::Dict(dict)) if items.len().is_multiple_of(2) => {
                let mut items = items.into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    dict.borrow_mut().push((key, value));
                }
                Ok(())
            }
            _ => self.refuse("SETITEMS on something that is no dictionary"),
        }
    }

    fn memoize(&mut self, slot: u32) -> Result<(), PrepareError> {
        match self.stack.last() {
            Some(value) => {
                self.memo.insert(slot, value.clone());
                Ok(())
            }
            None => self.refuse("an empty stack"),
        }
    }

    fn recall(&mut self, slot: u32) -> Result<(), PrepareError> {
        match self.memo.get(&slot) {
            Some(value) => {
                self.stack.push(value.clone());
                Ok(())
            }
            None => self.refuse(format!("nothing was kept in slot {slot}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(program: &[u8]) -> String {
        load(program, &mut 0).unwrap_err().to_string()
    }

    #[test]
    fn refuses_whatever_could_run() {
        assert!(refusal(b"\x80\x02cos\nsystem\n(X\x02\x00\x00\x00idtR.").contains("it names os.system"));
        assert!(refusal(b"\x80\x02ctorch\nFloatStorage\n)R.").contains("may not be called"));
        assert!(refusal(b"\x80\x02(i").contains("operation 0x69 is not allowed"));
        assert!(refusal(b"\x80\x04.").contains("protocol 4"));
        let deep = [&b"\x80\x02)"[..], &[0x85; 100_000], b"."].concat();
        assert!(refusal(&deep).contains("more than 20000 operations"));
    }

    #[test]
    fn every_cut_is_refused() {
        let whole = b"\x80\x02}q\x00(X\x01\x00\x00\x00aK\x05X\x01\x00\x00\x00bM\x01\x02u.";
        for length in 0..whole.len() {
            assert!(load(&whole[..length], &mut 0).is_err(), "cut to {length}");
        }
        let mut at = 0;
        let Value::Dict(dict) = load(whole, &mut at).unwrap() else { panic!("no dictionary") };
        assert_eq!((dict.borrow().len(), at), (2, whole.len()));
        assert!(matches!(dict.borrow()[1].1, Value::Int(513)));
    }
}
