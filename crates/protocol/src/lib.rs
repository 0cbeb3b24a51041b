//! The RPC API on the wire: bytes to meaning, and meaning to bytes.
//!
//! No socket, no clock of its own, no key, no face. A request's way: [`head`] finds and reads the request head, [`body`]
//! takes chunks apart, [`Params`] decodes query and form, [`Unverified`] is the call with its signature still to be checked,
//! [`FaceVerify`] what it asks for, [`Refusal`] and [`Reply`] what it gets.

pub mod body;
mod face_verify;
pub mod head;
mod params;
mod percent;
mod refusal;
mod reply;
mod ret_code;
pub mod signature;
mod unverified;

pub use face_verify::{FaceVerify, ServiceError};
pub use params::{Params, TooManyParams};
pub use percent::percent_encode;
pub use refusal::{GatewayError, Refusal};
pub use reply::{Format, Reply, RequestId};
pub use ret_code::{Language, RetCode, data_json};
pub use unverified::{Unverified, format_timestamp, parse_timestamp};
