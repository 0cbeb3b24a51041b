//! What end-to-end tests need: the assets, a server as a process of its own, and a client that signs and speaks HTTP/1 by
//! hand, so that tests decide about every byte. Everything panics on trouble: it serves tests only.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "for tests only")]

mod call;
mod client;
mod samples;
mod server;

pub use call::{Call, Place};
pub use client::{Answer, Client};
pub use samples::{assets_folder, photo, sample};
pub use server::Server;
