use serde::Serialize;

use crate::GatewayError;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Service<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a str>,
    message: &'a str,
    request_id: &'a str,
    code: u16,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Gateway<'a> {
    request_id: &'a str,
    host_id: &'a str,
    code: String,
    message: String,
    recommend: &'static str,
}

pub(super) fn service(request_id: &str, code: u16, message: &str, data: Option<&str>) -> Vec<u8> {
    write(&Service { data, message, request_id, code })
}

pub(super) fn gateway(request_id: &str, host_id: &str, error: &GatewayError) -> Vec<u8> {
    let (code, message, recommend) = (error.code(), error.to_string(), error.recommend());
    write(&Gateway { request_id, host_id, code, message, recommend })
}

fn write(value: &impl Serialize) -> Vec<u8> {
    // Strings and integers only: there is nothing that could fail.
    serde_json::to_vec(value).unwrap_or_default()
}
