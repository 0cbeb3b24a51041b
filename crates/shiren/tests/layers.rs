//! The order of the rooms: a crate may call only those after it (`docs/architecture.md`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use cargo_metadata::{DependencyKind, MetadataCommand};

/// From the socket's side to the stone. Test kits and tools may call everything and are called by nobody.
const ORDER: [&str; 12] = [
    "shiren",
    "shiren-server",
    "shiren-verify",
    "shiren-admit",
    "shiren-auth",
    "shiren-protocol",
    "shiren-decide",
    "shiren-face",
    "shiren-engine",
    "shiren-photo",
    "shiren-store",
    "shiren-assets",
];

#[test]
fn a_crate_calls_only_those_after_it() {
    let metadata = MetadataCommand::new().exec().unwrap();
    let members = metadata.workspace_packages();
    for package in &members {
        let name = package.name.as_str();
        if name == "shiren-testkit" {
            continue;
        }
        let place = ORDER.iter().position(|&other| other == name);
        let place = place.unwrap_or_else(|| panic!("{name} has no place in the order"));
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            let ours = members.iter().any(|member| member.name.as_str() == dependency.name);
            if ours {
                let below = ORDER.iter().position(|&other| other == dependency.name);
                assert!(below.is_some_and(|below| below > place), "{name} calls {}", dependency.name);
            }
        }
    }
}

#[test]
fn sql_sockets_and_the_engine_have_one_home_each() {
    let metadata = MetadataCommand::new().exec().unwrap();
    for (library, homes) in [
        ("rusqlite", &["shiren-store"][..]),
        ("tokio-rustls", &["shiren-server"]),
        ("openvino", &["shiren-engine"]),
        ("mozjpeg", &["shiren-photo"]),
        ("rten-onnx", &["shiren-assets"]),
    ] {
        for package in metadata.workspace_packages() {
            let uses = package.dependencies.iter().any(|d| d.name == library && d.kind == DependencyKind::Normal);
            assert_eq!(uses, homes.contains(&package.name.as_str()), "{library} in {}", package.name);
        }
    }
}
