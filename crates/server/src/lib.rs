//! Sockets to answers: listener, TLS, connections, and the way of one request through the house.
//!
//! No SQL and no pixels here. HTTP/1 is read by this crate and `shiren-protocol` instead of a framework, because the
//! requests of most SDKs have request lines of megabytes; `docs/architecture.md` tells the decision.

mod answer;
mod budget;
mod connection;
mod limits;
mod listener;
mod reader;
mod service;
mod tls;

pub use limits::Limits;
pub use listener::{Listener, run};
pub use service::{Service, ServiceSettings};
pub use tls::{DevelopmentCertificate, TlsError, server_config};
